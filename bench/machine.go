package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// Machine is what figures were measured on. What an operating system does not
// tell is empty.
type Machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"` // that this process may use
	Memory uint64  `json:"memory"`
	OS     string  `json:"os"`
	Go     string  `json:"go"`
	Fsync  float64 `json:"fsync_ms"` // median of appending 4 KiB and syncing, where the figures' files lie
}

// ThisMachine looks at the machine and measures its disk in a folder ("": where
// temporary files go).
func ThisMachine(folder string) (Machine, error) {
	fsync, err := fsyncTime(folder)
	if err != nil {
		return Machine{}, err
	}
	memory, _ := strconv.ParseUint(strings.Fields(procLine("/proc/meminfo", "MemTotal") + " 0")[0], 10, 64)
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease") // Linux only
	return Machine{
		CPU: cmp.Or(procLine("/proc/cpuinfo", "model name"), runtime.GOARCH), Cores: runtime.GOMAXPROCS(0), Memory: memory << 10,
		OS: strings.TrimSpace(runtime.GOOS + " " + string(bytes.TrimSpace(release))), Go: runtime.Version(), Fsync: Milliseconds(fsync),
	}, nil
}

// String is the line that stands above figures.
func (m Machine) String() string {
	memory := "memory unknown"
	if m.Memory > 0 {
		memory = fmt.Sprintf("%.0f GB", float64(m.Memory)/1e9)
	}
	return fmt.Sprintf("%s, %d cores, %s, %s, %s, fsync %.2f ms", m.CPU, m.Cores, memory, m.OS, m.Go, m.Fsync)
}

// procLine reads the value of the first line with a key from a file of Linux's
// /proc, or "".
func procLine(path, key string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// fsyncTime is how long it takes until 4 KiB more of a file are durable.
func fsyncTime(folder string) (time.Duration, error) {
	file, err := os.CreateTemp(folder, "stele-bench-fsync-")
	if err != nil {
		return 0, stele.E("bench", stele.KindOther, "no file to try the disk with", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	block, times := make([]byte, 4096), make([]time.Duration, 101)
	for i := range times {
		start := time.Now()
		if _, err := file.Write(block); err != nil {
			return 0, stele.E("bench", stele.KindOther, "the disk takes nothing", err)
		}
		if err := file.Sync(); err != nil {
			return 0, stele.E("bench", stele.KindOther, "the disk takes nothing", err)
		}
		times[i] = time.Since(start)
	}
	return Quantile(times, 0.5), nil
}
