package main

import (
	"fmt"
	"runtime"
)

func turn(n int, done chan<- int) {
	for i := 0; i < n; i++ {
		runtime.Gosched()
	}
	done <- n
}

func main() {
	done := make(chan int)
	go turn(5_000_000, done)
	go turn(5_000_000, done)
	fmt.Println(<-done + <-done)
}
