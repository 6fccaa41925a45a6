package main

import (
	"fmt"
	"runtime"
)

func deep(n int) int {
	if n == 0 {
		runtime.Gosched()
		return 0
	}
	return deep(n-1) + 1
}

func main() {
	sum := 0
	for i := 0; i < 3000; i++ {
		sum += deep(1000)
	}
	fmt.Println(sum)
}
