package main

import "fmt"

func produce(ch chan<- int, n int, sign int) {
	for i := 0; i < n; i++ {
		ch <- i * sign
	}
}

func main() {
	const n = 500_000
	up, down := make(chan int, 1), make(chan int, 1)
	go produce(up, n, 2)
	go produce(down, n, -1)
	sum := 0
	for i := 0; i < 2*n; i++ {
		select {
		case x := <-up:
			sum += x
		case x := <-down:
			sum += x
		}
	}
	fmt.Println(sum)
}
