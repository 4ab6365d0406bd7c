package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// relay is a mail server on this machine that keeps what it is given.
func relay(t *testing.T) (address string, letters chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	letters = make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c, letters)
		}
	}()
	return l.Addr().String(), letters
}

func serve(c net.Conn, letters chan string) { serveTLS(c, letters, nil) }

// serveTLS is serve with STARTTLS, where there is a certificate.
func serveTLS(c net.Conn, letters chan string, certificate *tls.Config) {
	defer c.Close()
	in, said := bufio.NewReader(c), ""
	fmt.Fprint(c, "220 here\r\n")
	for data := false; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		said += line
		switch verb := strings.ToUpper(strings.TrimSpace(line)); {
		case data && line == ".\r\n":
			data = false
			letters <- said
			fmt.Fprint(c, "250 taken\r\n")
		case data:
		case strings.HasPrefix(verb, "DATA"):
			data = true
			fmt.Fprint(c, "354 go on\r\n")
		case strings.HasPrefix(verb, "EHLO") && certificate != nil:
			fmt.Fprint(c, "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n")
		case strings.HasPrefix(verb, "STARTTLS"):
			fmt.Fprint(c, "220 go on\r\n")
			safe := tls.Server(c, certificate)
			c, in, said = safe, bufio.NewReader(safe), "" // what was said in the clear is not asked for below
		case strings.HasPrefix(verb, "AUTH"):
			fmt.Fprint(c, "235 welcome\r\n")
		case strings.HasPrefix(verb, "QUIT"):
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

// TestAnEmailTellsNothing but that something happened, and goes to one address, however many name
// it, and however they write it: a stranger whose address was named gets a handful.
func TestAnEmailTellsNothing(t *testing.T) {
	b := newBell(t)
	b.Close()
	address, letters := relay(t)
	b.cfg.Relay = Relay{Address: address, From: "notices@example.org"}
	b.cfg.Dial = nil
	b.open()
	n := mailBurst + 2
	var events []*wire.Event
	for i := range n {
		s := b.somebody(fmt.Sprint("person ", i))
		written := []string{"ana@example.com", "ANA@example.com", "ana+" + fmt.Sprint(i) + "@Example.com"}[i%3]
		b.set(s, func(m *wire.Notices) { m.Target = &wire.NoticeTarget{Email: written} })
		events = append(events, opened(s, stele.NewID()))
	}
	b.ledger.block(events...)
	b.follow()
	for range mailBurst {
		select {
		case letter := <-letters:
			for _, want := range []string{"MAIL FROM:<notices@example.org>", "Subject: " + Subject + "\r\n", "\r\n\r\n" + Text + "\r\n"} {
				if !strings.Contains(letter, want) {
					t.Errorf("no %q in %s", want, letter)
				}
			}
			if !strings.Contains(strings.ToLower(letter), "rcpt to:<ana") || strings.Count(letter, "RCPT") != 1 || strings.Contains(letter, "did:stele") {
				t.Error(letter)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no letter")
		}
	}
	for f := b.Figures(); f.Told+f.Failed < uint64(n); f = b.Figures() {
		time.Sleep(time.Millisecond)
	}
	if f := b.Figures(); f.Told != mailBurst || len(letters) != 0 {
		t.Errorf("%+v, %d more", f, len(letters))
	}
}

// TestARelayElsewhereHearsAllOverTLS: password, address and letter; one whose certificate is
// another's hears nothing.
func TestARelayElsewhereHearsAllOverTLS(t *testing.T) {
	b := newBell(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	letters := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveTLS(c, letters, &tls.Config{Certificates: b.hook.TLS.Certificates})
		}
	}()
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
	}
	r := Relay{Address: "example.com:587", From: "notices@example.org", User: "u", Password: "hidden", Roots: b.cfg.Roots}
	if err := r.send(t.Context(), dial, "ana@example.com", "x", time.Now()); err != nil {
		t.Fatal(err)
	}
	if letter := <-letters; !strings.Contains(letter, "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00u\x00hidden"))) || !strings.Contains(letter, Text) {
		t.Error(letter)
	}
	r.Address = "another.example:587"
	if err := r.send(t.Context(), dial, "ana@example.com", "x", time.Now()); err == nil || len(letters) != 0 {
		t.Errorf("%v, %d letters", err, len(letters))
	}
}

// TestARelayWithoutTLSIsOnThisMachine: elsewhere nothing is said to it.
func TestARelayWithoutTLSIsOnThisMachine(t *testing.T) {
	address, letters := relay(t)
	r := Relay{Address: "mail.example.org:25", From: "notices@example.org", User: "u", Password: "hidden"}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	if err := r.send(t.Context(), dial, "ana@example.com", "x", time.Now()); err == nil || len(letters) != 0 {
		t.Errorf("%v, %d letters", err, len(letters))
	}
}

// TestR44AHookThatHangsHoldsUpItsOwn people alone.
func TestR44AHookThatHangsHoldsUpItsOwn(t *testing.T) {
	b := newBell(t)
	b.Close()
	hangs, inner := make(chan struct{}), b.cfg.Resolve
	defer close(hangs)
	b.cfg.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
		if host != "example.com" {
			select {
			case <-hangs:
			case <-ctx.Done():
			}
			return nil, ctx.Err()
		}
		return inner(ctx, host)
	}
	b.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }
	b.open()
	var events []*wire.Event
	for i := range 50 {
		s := b.somebody(fmt.Sprint("hangs ", i))
		b.set(s, func(m *wire.Notices) { m.Target.Webhook = "https://hangs.example/" })
		events = append(events, opened(s, stele.NewID()))
	}
	b.ledger.block(events...)
	b.follow()
	elena := b.somebody("elena")
	b.set(elena, nil)
	b.ledger.block(opened(elena, stele.NewID()))
	began := time.Now()
	b.follow()
	b.rings("beside hooks that hang")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	b.mu.Lock()
	if n := b.busy["hangs.example"]; n != maxHost {
		t.Errorf("%d are on their way to one host", n)
	}
	b.mu.Unlock()
}
