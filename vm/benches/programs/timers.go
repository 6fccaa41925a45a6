package main

import (
	"fmt"
	"time"
)

func work(id int, result chan<- int) {
	seed := id + 1
	for i := 0; i < 10; i++ {
		seed = seed * 16807 % 2147483647
		time.Sleep(time.Duration(float64(seed) / 2147483647 * float64(10*time.Millisecond)))
	}
	result <- seed % 1000
}

func main() {
	results := make(chan int, 1000)
	for id := 0; id < 100_000; id++ {
		go work(id, results)
	}
	sum := 0
	for i := 0; i < 100_000; i++ {
		sum += <-results
	}
	fmt.Println(sum)
}
