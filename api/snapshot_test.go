package api

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestR44OneMemberHoldsOneSnapshot: two idle connections held both places.
func TestR44OneMemberHoldsOneSnapshot(t *testing.T) {
	n := &Node{serving: map[stele.Subject]bool{}}
	idle, other := stele.SubjectOf([]byte("idle")), stele.SubjectOf([]byte("other"))
	done, err := n.serve(idle)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := n.serve(idle); stele.KindOf(err) != stele.KindBusy {
			t.Errorf("one member holds two places: %v", err)
		}
	}
	leave, err := n.serve(other)
	if err != nil {
		t.Errorf("another member: %v", err)
	} else {
		leave()
	}
	done()
	if done, err = n.serve(idle); err != nil {
		t.Errorf("after it has left: %v", err)
	}
	done()
	for i := range maxSnapshots {
		if _, err := n.serve(stele.SubjectOf([]byte{byte(i)})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.serve(other); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("more than %d at once: %v", maxSnapshots, err)
	}
}

// TestR44WhoDoesNotTakeTheAnswerIsCutOff: a caller who asks for much and reads
// nothing holds its place for as long as one piece may take, and no longer; one
// who waits for what is not there yet is left alone.
func TestR44WhoDoesNotTakeTheAnswerIsCutOff(t *testing.T) {
	s := newShares(1 << 20)
	s.patience = 200 * time.Millisecond
	ended := make(chan error, 1)
	h := bounded(s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == LedgerWatchProcedure {
			time.Sleep(3 * s.patience)
			_, err := w.Write([]byte("late"))
			ended <- errors.Join(err, http.NewResponseController(w).Flush())
			return
		}
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				ended <- err
				return
			}
		}
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go Serve(ctx, l, h)
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: p, TLSClientConfig: &tls.Config{}}}
	defer client.CloseIdleConnections()
	get := func(path string) *http.Response {
		res, err := client.Post("http://"+l.Addr().String()+path, "application/proto", nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	idle := get(LedgerSnapshotProcedure)
	defer idle.Body.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it ended well")
		}
	case <-time.After(20 * s.patience):
		t.Fatal("a caller that takes nothing holds its place")
	}
	waiting := get(LedgerWatchProcedure)
	defer waiting.Body.Close()
	if text, err := io.ReadAll(waiting.Body); err != nil || string(text) != "late" {
		t.Errorf("who waited got %q, %v", text, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
