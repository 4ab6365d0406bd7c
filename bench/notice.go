package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/notify"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// notices measures how soon a person is told outside the network: from the moment that her wallet
// submits a grant until the mail server has the letter. That is more than from the block on, which
// comes in between. Each of them is told once: who was told just now rests.
func notices(ctx context.Context, r *Run) error {
	letters, relay, err := mailServer(ctx)
	if err != nil {
		return err
	}
	n, err := devnet.Start(ctx, devnet.Config{Home: filepath.Join(r.Home, "net"), Members: 4, Relay: notify.Relay{Address: relay, From: "notices@example.org"}, Log: r.Log})
	if err != nil {
		return err
	}
	s := r.stageOn(n.Home, n.Network)
	s.devnet = n
	defer s.close()
	var took []time.Duration
	for i := range r.Size(8, 32) {
		p, err := s.person(ctx, wallet.Patient)
		if err != nil {
			return err
		}
		if err := p.SetNotices(ctx, p.Network.All()[0], &wire.NoticeTarget{Email: fmt.Sprintf("person%d@example.org", i)}, []string{notify.Granted}); err != nil {
			return err
		}
		to, err := p.Find(ctx, p.Network.All()[1].Name)
		if err != nil {
			return err
		}
		began := time.Now()
		if _, _, err := p.Give(ctx, to, wallet.DirectCareWrite(p.Clock().Add(time.Hour))); err != nil {
			return err
		}
		select {
		case at := <-letters:
			took = append(took, at.Sub(began))
		case <-time.After(time.Minute):
			return stele.E("measure notices", stele.KindUnreachable, "no notice came within a minute", nil)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	slices.Sort(took)
	r.Report("median", took[len(took)/2].Seconds(), "s", nil)
	r.Report("slowest", took[len(took)-1].Seconds(), "s", AtMost(2))
	return nil
}

// mailServer takes letters on this machine, and tells when.
func mailServer(ctx context.Context) (<-chan time.Time, string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", stele.E("measure notices", stele.KindOther, "", err)
	}
	context.AfterFunc(ctx, func() { l.Close() })
	letters := make(chan time.Time, 1000)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go takeLetter(c, letters)
		}
	}()
	return letters, l.Addr().String(), nil
}

// takeLetter is as much of SMTP as one letter needs.
func takeLetter(c net.Conn, letters chan<- time.Time) {
	defer c.Close()
	in, inside := bufio.NewScanner(c), false
	answer := func(text string) { _, _ = fmt.Fprint(c, text+"\r\n") }
	for answer("220 here"); in.Scan(); {
		switch line := in.Text(); {
		case inside && line == ".":
			inside = false
			letters <- time.Now()
			answer("250 taken")
		case inside:
		case strings.HasPrefix(line, "DATA"):
			inside = true
			answer("354 go on")
		default:
			answer("250 ok")
		}
	}
}
