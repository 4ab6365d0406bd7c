package processes

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Member is one member of a network, whether its process runs or not. Its
// methods are safe for concurrent use.
type Member struct {
	Short, Name            string
	Folder                 string
	Services, Peers, Admin string // host:port
	network                *Network
	place                  Place

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{} // closed when the process has ended
}

// LogFile is, in a member's folder, what its processes said, one after another.
const LogFile = "process.log"

// Run runs the command line in the member's home until it ends.
func (m *Member) Run(ctx context.Context, args ...string) error {
	_, err := m.Output(ctx, args...)
	return err
}

// Output runs the command line in the member's home and returns its stdout.
func (m *Member) Output(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, m.network.Config.Binary, args...)
	cmd.Env = m.network.environment(m)
	var out, words strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil {
		return out.String(), stele.E("run stele "+strings.Join(args[:min(2, len(args))], " ")+" at "+m.Short, stele.KindOther, strings.TrimSpace(words.String()), err)
	}
	return out.String(), nil
}

// Start starts the member's process. It does not wait; see Ready. env adds to
// the process's environment.
func (m *Member) Start(env ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running() {
		return stele.E("start member", stele.KindExists, m.Short+" runs already", nil)
	}
	log, err := os.OpenFile(filepath.Join(m.Folder, LogFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	level := m.network.Config.Log
	if level == "" {
		level = "info"
	}
	command := []string{m.network.Config.Binary, "member", "start", "--log-level", level}
	if m.place.Namespace != "" {
		command = append([]string{"ip", "netns", "exec", m.place.Namespace}, command...) // becomes the command, with its number
	}
	m.process = exec.Command(command[0], command[1:]...)
	m.process.Env = append(m.network.environment(m), env...)
	m.process.Stdout, m.process.Stderr = log, log
	m.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // no orphans where a test is killed
	if err := m.process.Start(); err != nil {
		m.process = nil
		return err
	}
	ended, process := make(chan struct{}), m.process
	m.ended = ended
	go func() {
		_ = process.Wait() // ExitCode tells
		close(ended)
	}()
	return nil
}

func (m *Member) running() bool {
	if m.process == nil {
		return false
	}
	select {
	case <-m.ended:
		return false
	default:
		return true
	}
}

// Running reports whether the member's process runs, paused or not.
func (m *Member) Running() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.running()
}

// Ended returns a channel that is closed when the newest process has ended; nil
// when none was ever started.
func (m *Member) Ended() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended
}

// ExitCode returns what the newest process ended with: -1 while it runs or after
// a signal ended it.
func (m *Member) ExitCode() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil || m.running() {
		return -1
	}
	return m.process.ProcessState.ExitCode()
}

// PID returns the process's number, 0 when none runs.
func (m *Member) PID() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.running() {
		return 0
	}
	return m.process.Process.Pid
}

// Signal sends a signal to the member's process: SIGSTOP pauses it, SIGCONT lets
// it go on.
func (m *Member) Signal(s syscall.Signal) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.running() {
		return stele.E("signal member", stele.KindNotFound, m.Short+" does not run", nil)
	}
	return m.process.Process.Signal(s)
}

// Kill ends the process with SIGKILL and waits until it is gone. A member that
// does not run is no error.
func (m *Member) Kill() error {
	_ = m.Signal(syscall.SIGKILL)
	return m.wait(10 * time.Second)
}

// Stop asks the process to end with SIGTERM and waits. One that does not within
// half a minute is killed, which is an error, as is an exit code other than 0.
func (m *Member) Stop() error {
	if !m.Running() {
		return nil
	}
	_ = m.Signal(syscall.SIGCONT) // a paused one would not hear
	_ = m.Signal(syscall.SIGTERM)
	if err := m.wait(30 * time.Second); err != nil {
		_ = m.Kill()
		return err
	}
	if code := m.ExitCode(); code != 0 {
		return stele.E("stop member", stele.KindOther, fmt.Sprintf("%s ended with exit code %d; its log ends:\n%s", m.Short, code, m.tail()), nil)
	}
	return nil
}

func (m *Member) wait(limit time.Duration) error {
	ended := m.Ended()
	if ended == nil {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-time.After(limit):
		return stele.E("stop member", stele.KindUnreachable, m.Short+" has not ended within "+limit.String(), nil)
	}
}

// Ready waits until the member says that it is of use: /readyz.
func (m *Member) Ready(ctx context.Context) error {
	last := "no answer"
	for {
		select {
		case <-ctx.Done():
			return stele.E("start member", stele.KindUnreachable, m.Short+" is not ready: "+last, ctx.Err())
		case <-m.Ended():
			return stele.E("start member", stele.KindOther, m.Short+" has ended; its log ends:\n"+m.tail(), nil)
		case <-time.After(50 * time.Millisecond):
		}
		code, text, err := m.Probe(ctx, "/readyz")
		if err == nil && code == http.StatusOK {
			return nil
		}
		if err == nil {
			last = strings.TrimSpace(text)
		}
	}
}

// Probe asks the member's admin listener: /livez, /readyz or /metrics.
func (m *Member) Probe(ctx context.Context, path string) (code int, text string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.Admin+path, nil)
	if err != nil {
		return 0, "", err
	}
	client := http.DefaultClient
	if m.place.Namespace != "" {
		client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: m.place.dial}}
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(raw), err
}

// Dial returns a client of the member, as the network file says to reach it.
func (m *Member) Dial(options ...api.Option) (*api.Client, error) {
	return api.DialMember(m.Address(), options...)
}

// Address is the member's address in the network file.
func (m *Member) Address() *wire.MemberAddress {
	for _, a := range m.network.File.Members {
		if a.Name == m.Name {
			return a
		}
	}
	return nil
}

// Status asks the member where its node stands.
func (m *Member) Status(ctx context.Context) (*api.StatusResponse, error) {
	c, err := m.Dial()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Ledger.Status(ctx, &api.StatusRequest{})
}

// Session opens the organisation's wallet on the network. Close it.
func (m *Member) Session() (*client.Session, error) {
	return m.network.Session(filepath.Join(m.Folder, "wallets", m.Short+wallet.Suffix))
}

// Log returns what the member's processes have said so far.
func (m *Member) Log() string {
	raw, _ := os.ReadFile(filepath.Join(m.Folder, LogFile)) // nothing was said yet
	return string(raw)
}

func (m *Member) tail() string {
	const most = 4000
	log := m.Log()
	return log[max(0, len(log)-most):]
}
