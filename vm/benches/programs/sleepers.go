package main

import (
	"fmt"
	"time"
)

func nap(result chan<- int) {
	time.Sleep(2 * time.Second)
	result <- 1
}

func main() {
	results := make(chan int, 1000)
	for i := 0; i < 1_000_000; i++ {
		go nap(results)
	}
	sum := 0
	for i := 0; i < 1_000_000; i++ {
		sum += <-results
	}
	fmt.Println(sum)
}
