package trustee

import (
	"syscall"
	"time"
)

// nap sleeps for less than a few milliseconds, to about 0.1 ms. It holds a
// thread meanwhile.
func nap(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&ts, nil) // woken early, the caller asks again
}
