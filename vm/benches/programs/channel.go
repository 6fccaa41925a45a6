package main

import "fmt"

func produce(ch chan<- int, n int) {
	for i := 0; i < n; i++ {
		ch <- i
	}
	close(ch)
}

func main() {
	ch := make(chan int, 1)
	go produce(ch, 4_000_000)
	sum := 0
	for x := range ch {
		sum += x
	}
	fmt.Println(sum)
}
