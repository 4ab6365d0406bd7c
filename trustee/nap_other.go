//go:build !linux

package trustee

import (
	"runtime"
	"time"
)

// nap lets about no time pass: the caller asks again, so that the processor
// waits in a loop.
func nap(time.Duration) { runtime.Gosched() }
