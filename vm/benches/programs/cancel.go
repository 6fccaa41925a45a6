package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

var ended int64

func work(ctx context.Context) {
	defer atomic.AddInt64(&ended, 1)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func main() {
	for i := 0; i < 300; i++ {
		var started, group sync.WaitGroup
		cancels := make([]context.CancelFunc, 1000)
		for j := range cancels {
			ctx, cancel := context.WithCancel(context.Background())
			cancels[j] = cancel
			started.Add(1)
			group.Add(1)
			go func() {
				defer group.Done()
				started.Done()
				work(ctx)
			}()
		}
		started.Wait()
		for _, cancel := range cancels {
			cancel()
		}
		group.Wait()
	}
	fmt.Println(ended)
}
