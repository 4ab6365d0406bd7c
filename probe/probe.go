package probe

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/stele-health/stele"
)

// Member is what the probes ask of a running member. Its methods answer at once
// and may be called at any time.
type Member interface {
	// Alive reports whether the member's parts answer at all.
	Alive() bool
	// Wanting says why the member is of no use to others now; nothing when it
	// is ready.
	Wanting() []string
	// Figures are the member's counts and sizes now.
	Figures() []Figure
}

// Listen opens the admin listener. It fails with KindInvalid for an address that
// other machines reach.
func Listen(address string) (net.Listener, error) {
	const op = "open admin listener"
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, stele.E(op, stele.KindInvalid, "the admin address is not on loopback: "+address, err).
			WithHint("probes and metrics are for this machine: admin.listen = \"127.0.0.1:7302\"")
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, CannotListen(op, "admin", address, err)
	}
	return l, nil
}

// CannotListen says why an address of member.toml, the listen of that section, can't be
// listened on, and what to do.
func CannotListen(op, section, address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		hint := "where two members run on one machine, each is made with addresses of its own: stele member init NAME --services HOST:PORT --peers HOST:PORT --admin HOST:PORT"
		if section == "admin" { // the others stand in the network file, where everybody looks for them
			hint = "where two run, each has one of its own: listen under [admin] in member.toml"
		}
		return stele.E(op, stele.KindOther, "the address "+address+" is taken", err).WithHint("is another stele running on this machine? end it; " + hint)
	}
	return stele.E(op, stele.KindOther, "nobody can listen on "+address+" here", err).
		WithHint("it is to be an address of this machine, with a port that this user may open: listen under [" + section + "] in member.toml")
}

// Handler answers the probes.
func Handler(m Member) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		if !m.Alive() {
			say(w, http.StatusServiceUnavailable, "a part of the member does not answer")
			return
		}
		say(w, http.StatusOK, "alive")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if wanting := m.Wanting(); len(wanting) > 0 {
			say(w, http.StatusServiceUnavailable, strings.Join(wanting, "\n"))
			return
		}
		say(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", metrics(m))
	return mux
}

func say(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text+"\n") // the asker may have gone
}

// Serve answers on a listener until ctx ends. It returns nil after that.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	err := server.Serve(l)
	if ctx.Err() != nil {
		return nil
	}
	return stele.E("serve probes", stele.KindOther, "the admin listener has failed", err)
}
