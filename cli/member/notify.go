package member

import (
	"net"
	"strconv"
	"time"
)

// notifier tells systemd how the process is, over the socket that it named
// (sd_notify(3)). Without systemd it does nothing.
type notifier struct {
	socket string
	every  time.Duration // how often a sign of life is wanted; 0: never
}

// newNotifier reads what systemd says. Signs of life come twice as often as it wants one, as
// sd_watchdog_enabled(3) advises.
func newNotifier(env func(string) string) notifier {
	n := notifier{socket: env("NOTIFY_SOCKET")}
	if µs, err := strconv.ParseInt(env("WATCHDOG_USEC"), 10, 64); err == nil && µs > 0 {
		n.every = time.Duration(µs) * time.Microsecond / 2
	}
	return n
}

func (n notifier) ready()    { n.send("READY=1") }
func (n notifier) stopping() { n.send("STOPPING=1") }

// watch gives signs of life while alive answers, until stopped is closed. A
// member that hangs gives none, and systemd restarts it.
func (n notifier) watch(stopped <-chan struct{}, alive func() bool) {
	if n.socket == "" || n.every == 0 {
		return
	}
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
			if alive() {
				n.send("WATCHDOG=1")
			}
		}
	}
}

// send tells systemd, and nobody where that fails: a member must not stop for it.
func (n notifier) send(state string) {
	if n.socket == "" {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"}) // "@" names an abstract one
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Write([]byte(state))
}
