package probe

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/meter"
)

// patient is a member that says what it is told to.
type patient struct {
	dead    bool
	wanting []string
	figures []Figure
}

func (p *patient) Alive() bool       { return !p.dead }
func (p *patient) Wanting() []string { return p.wanting }
func (p *patient) Figures() []Figure { return p.figures }

func ask(t *testing.T, base, path string) (int, string) {
	t.Helper()
	answer, err := http.Get(base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(raw)
}

func serve(t *testing.T, m Member) string {
	t.Helper()
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, Handler(m)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// TestReadinessSaysWhatIsWanting: 200 or 503, and every reason on a line.
func TestReadinessSaysWhatIsWanting(t *testing.T) {
	m := &patient{}
	base := serve(t, m)
	for _, c := range []struct {
		path string
		dead bool
		why  []string
		code int
		text string
	}{
		{"/livez", false, []string{"the trustee is stopped"}, 200, "alive\n"},
		{"/livez", true, nil, 503, "a part of the member does not answer\n"},
		{"/readyz", false, nil, 200, "ready\n"},
		{"/readyz", false, []string{"the trustee is stopped", "no block"}, 503, "the trustee is stopped\nno block\n"},
		{"/nothing", false, nil, 404, "404 page not found\n"},
	} {
		m.dead, m.wanting = c.dead, c.why
		if code, text := ask(t, base, c.path); code != c.code || text != c.text {
			t.Errorf("%s: %d %q, want %d %q", c.path, code, text, c.code, c.text)
		}
	}
}

// TestMetricsAreReadAtEachScrape: in Prometheus' form, seconds and all.
func TestMetricsAreReadAtEachScrape(t *testing.T) {
	var h meter.Histogram
	h.Observe(3 * time.Millisecond)
	h.Observe(time.Minute)
	reading := h.Read()
	m := &patient{figures: []Figure{
		{Name: "stele_block_height", Help: "Height.", Value: 7},
		{Name: "stele_transactions_total", Help: "By verdict.", Rising: true, Value: 2, Labels: []Label{{"verdict", "written"}}},
		{Name: "stele_block_commit_seconds", Help: "Commit.", Of: &reading},
	}}
	base := serve(t, m)
	_, text := ask(t, base, "/metrics")
	for _, want := range []string{
		"# TYPE stele_block_height gauge", "stele_block_height 7", "# TYPE stele_transactions_total counter",
		`stele_transactions_total{verdict="written"} 2`, `stele_block_commit_seconds_bucket{le="0.0025"} 0`,
		`stele_block_commit_seconds_bucket{le="0.005"} 1`, `stele_block_commit_seconds_bucket{le="30"} 1`,
		`stele_block_commit_seconds_bucket{le="+Inf"} 2`, "stele_block_commit_seconds_count 2", "stele_block_commit_seconds_sum 60.003", "go_goroutines",
	} {
		if !strings.Contains(text, want+"\n") && !strings.Contains(text, want+" ") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	m.figures[0].Value = 8
	if _, text := ask(t, base, "/metrics"); !strings.Contains(text, "stele_block_height 8\n") {
		t.Error("the second scrape shows the first one's figures")
	}
}

// TestAdminListenerIsForThisMachineOnly: it does not open anywhere else.
func TestAdminListenerIsForThisMachineOnly(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.7:0", "example.org:0", "127.0.0.1"} {
		if l, err := Listen(address); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", address, err)
			if err == nil {
				l.Close()
			}
		}
	}
}

// TestAnAddressThatIsTakenNamesItsKey: where two members run on one machine, the hint says
// which line of member.toml to change; an address of elsewhere is not called taken.
func TestAnAddressThatIsTakenNamesItsKey(t *testing.T) {
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Listen(l.Addr().String())
	if hint := stele.HintOf(err); !strings.Contains(err.Error(), "is taken") || !strings.Contains(hint, "listen under [admin] in member.toml") {
		t.Errorf("%v, hint: %s", err, hint)
	}
	_, err = net.Listen("tcp", "192.0.2.7:7300")
	if err == nil {
		t.Skip("192.0.2.7 is this machine's")
	}
	if err = CannotListen("start", "services", "192.0.2.7:7300", err); strings.Contains(err.Error(), "taken") || !strings.Contains(stele.HintOf(err), "[services]") {
		t.Errorf("%v, hint: %s", err, stele.HintOf(err))
	}
}

// TestTakenAddressHasAHintThatCanBeFollowed: services and peers stand in the network file,
// so only the admin address is changed in member.toml.
func TestTakenAddressHasAHintThatCanBeFollowed(t *testing.T) {
	for section, changeable := range map[string]bool{"services": false, "peers": false, "admin": true} {
		hint := stele.HintOf(CannotListen("start", section, "127.0.0.1:7300", syscall.EADDRINUSE))
		if strings.Contains(hint, "member.toml") != changeable || strings.Contains(hint, "--services") == changeable {
			t.Errorf("%s: %s", section, hint)
		}
	}
}
