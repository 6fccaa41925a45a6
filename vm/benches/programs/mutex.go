package main

import (
	"fmt"
	"runtime"
	"sync"
)

var count = 0

func work(lock *sync.Mutex, n int) {
	for i := 0; i < n; i++ {
		lock.Lock()
		seen := count
		runtime.Gosched()
		count = seen + 1
		lock.Unlock()
	}
}

func main() {
	var lock sync.Mutex
	var group sync.WaitGroup
	for i := 0; i < 1000; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			work(&lock, 1000)
		}()
	}
	group.Wait()
	fmt.Println(count)
}
