package main

import "fmt"

func work(x int, result chan<- int) { result <- x * 2 }

func main() {
	sum := 0
	results := make(chan int, 1000)
	for i := 0; i < 2000; i++ {
		for j := 0; j < 1000; j++ {
			go work(j, results)
		}
		for j := 0; j < 1000; j++ {
			sum += <-results
		}
	}
	fmt.Println(sum)
}
