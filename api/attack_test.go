package api

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestLaw8RequestsTogetherCannotExhaustMemory: anybody may begin large requests;
// together they hold a bounded number of bytes, and give them back.
func TestLaw8RequestsTogetherCannotExhaustMemory(t *testing.T) {
	held, read, leave := newShares(1000), make(chan error, 3), make(chan bool)
	h := bounded(held, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
		<-leave
	}))
	done := make(chan bool)
	send := func() error {
		go func() {
			r := httptest.NewRequest(http.MethodPost, TrusteeReleaseProcedure, bytes.NewReader(make([]byte, 600)))
			r.RemoteAddr = "127.0.0.1:1"
			h.ServeHTTP(httptest.NewRecorder(), r)
			done <- true
		}()
		return <-read
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if send() == nil {
		t.Error("two requests hold more than all may")
	}
	for range 2 {
		leave <- true
		<-done
	}
	if n := held.bytes.Load(); n != 0 {
		t.Errorf("%d bytes are still counted", n)
	}
	if err := send(); err != nil {
		t.Errorf("after the others have left: %v", err)
	}
	leave <- true
	<-done
}
