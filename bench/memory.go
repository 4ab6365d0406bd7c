package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/sample"
)

// memory measures what a member of a network of one takes in memory when it has nothing to
// do, after it has taken so many resources. The member is a process of its own:
// stele devnet --members 1. Go collects garbage every two minutes where nobody
// allocates; one such collection is waited for in full size, none is asked for.
func memory(ctx context.Context, r *Run) error {
	resources := r.Size(5_000, 100_000)
	c, err := r.child(ctx, filepath.Join(r.Home, "net"))
	if err != nil {
		return err
	}
	defer c.end()
	rate, delivered, err := c.fill(ctx, r, resources)
	if err != nil {
		return err
	}
	r.Say("%s resources delivered; waiting until the member has been idle for a while", grouped(int64(delivered)))
	if err := c.idle(ctx, r.Full); err != nil {
		return err
	}
	rss, err := c.resident()
	if err != nil {
		return err
	}
	r.Report("resources", float64(delivered), "", nil)
	r.Report("import rate meanwhile", rate, "/s", nil)
	r.Report("resident, idle", float64(rss)/1e6, "MB", AtMost(300))
	r.Report("heap in use after the last collection", float64(c.heap()), "MB", nil)
	return nil
}

// child is a member in a process of its own.
type child struct {
	home string
	cmd  *exec.Cmd
	done chan error

	mu    sync.Mutex
	live  int       // MB that the last collection left
	at    time.Time // of it
	other []string  // what else it said
}

// child starts a network of one member and waits until it answers.
func (r *Run) child(ctx context.Context, home string) (*child, error) {
	const op = "start a member"
	c := &child{home: home, done: make(chan error, 1)}
	c.cmd = exec.Command(r.Program, "devnet", "--members", "1", "--home", home)
	c.cmd.Env = append(os.Environ(), "GODEBUG=gctrace=1") // tells of each collection, changes none
	stderr, err := c.cmd.StderrPipe()
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		return nil, stele.E(op, stele.KindOther, "the stele program can't be started", err)
	}
	go func() {
		c.listen(stderr)
		c.done <- c.cmd.Wait()
	}()
	for deadline := time.Now().Add(30 * time.Second); ; {
		if _, err := devnet.Control(home); err == nil {
			return c, nil
		}
		select {
		case err := <-c.done:
			return nil, stele.E(op, stele.KindOther, "the member ended: "+strings.Join(c.other, "; "), err)
		case <-ctx.Done():
			c.end()
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
			if time.Now().After(deadline) {
				c.end()
				return nil, stele.E(op, stele.KindUnreachable, "the member did not answer within 30 s", nil)
			}
		}
	}
}

// collected is a line of Go's about a collection: the heap at its start, at its end and
// what of it is live.
var collected = regexp.MustCompile(`^gc \d+ .* \d+->\d+->(\d+) MB`)

func (c *child) listen(stderr io.Reader) {
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		m := collected.FindStringSubmatch(lines.Text())
		c.mu.Lock()
		if m != nil {
			c.live, _ = strconv.Atoi(m[1])
			c.at = time.Now()
		} else if len(c.other) < 20 {
			c.other = append(c.other, lines.Text())
		}
		c.mu.Unlock()
	}
}

func (c *child) heap() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live
}

// idle waits: a few seconds, or until Go has collected by itself and given back
// what it had not used for a while.
func (c *child) idle(ctx context.Context, long bool) error {
	start, end := time.Now(), time.Now().Add(5*time.Second)
	if long {
		end = start.Add(150 * time.Second)
	}
	for time.Now().Before(end) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-c.done:
			c.done <- err
			return errors.Join(errors.New("the member ended"), err)
		case <-time.After(time.Second):
		}
	}
	return nil
}

// resident is how much of the member's memory is in the machine's, as Linux says.
func (c *child) resident() (uint64, error) {
	line := procLine(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid), "VmRSS")
	kB, err := strconv.ParseUint(strings.TrimSuffix(line, " kB"), 10, 64)
	if err != nil {
		return 0, stele.E("measure memory", stele.KindOther, "this system does not say how much memory a process takes", err).
			WithHint("this figure needs Linux")
	}
	return kB << 10, nil
}

func (c *child) end() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(20 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// fill imports made-up charts until the member holds at least so many
// resources: those of several people into the chart of each of 40 patients,
// since a directory hands out an organisation's keys at a measured pace.
func (c *child) fill(ctx context.Context, r *Run, resources int) (rate float64, delivered int, err error) {
	network, err := netfile.Read(filepath.Join(c.home, netfile.Name))
	if err != nil {
		return 0, 0, err
	}
	s := r.stageOn(c.home, network)
	defer s.close()
	hospital, err := s.organisation("hospital-a")
	if err != nil {
		return 0, 0, err
	}
	const each = 40 // patients, and charts in one go
	patients, err := s.enrol(ctx, hospital, each)
	if err != nil {
		return 0, 0, err
	}
	var spent time.Duration
	for made := 0; delivered < resources; made += each {
		files, err := r.write(made, each)
		if err != nil {
			return 0, 0, err
		}
		start := time.Now()
		got, err := importFiles(ctx, hospital, patients, files)
		spent, delivered = spent+time.Since(start), delivered+got
		if err != nil {
			return 0, 0, err
		}
	}
	return Rate(delivered, spent), delivered, nil
}

// write writes n made-up charts, from one on, in place of those before.
func (r *Run) write(from, n int) (files []string, err error) {
	folder := filepath.Join(r.Home, "charts")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	for i := range n {
		path := filepath.Join(folder, sample.FileName(i, sample.Options{}))
		if err := os.WriteFile(path, sample.Patient(1, from+i, sample.Options{}), 0o644); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}
