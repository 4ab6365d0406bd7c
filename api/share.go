package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
)

// What strangers share, they share by address: one that takes too much is slowed
// down alone.
const (
	// maxInFlight is how many bytes of requests are held at once, whoever sends
	// them: anybody may begin a large one, and a member that runs out of memory
	// takes its validator and its trustee along.
	maxInFlight = 1 << 30

	perAddress  = maxInFlight / 4 // bytes held for one address
	maxConns    = 512             // connections of one address, idle or not
	maxCalls    = 500             // calls of one address at once
	maxWatches  = 32              // of them, streams without an end
	maxLogs     = 256             // of them, patients who watch their logs, of one house
	maxRate     = 1000            // calls a second
	maxBurst    = 4000
	places      = 1 << 14          // addresses told apart
	slowestSend = 60 * time.Second // the patience of a member
)

// shares are what is in use now, altogether and by address. Addresses fall into a
// fixed number of places by a keyed hash: the table cannot be filled.
type shares struct {
	most     int64
	patience time.Duration // for one piece of an answer to be taken
	bytes    atomic.Int64
	answers  atomic.Int64
	salt     [16]byte
	rates    *own.Paces
	of       []share
}

type share struct{ bytes, answers, calls, watches, logs atomic.Int64 }

func newShares(most int64) *shares {
	s := &shares{most: most, patience: slowestSend, rates: own.NewPaces(time.Second/maxRate, maxBurst, places), of: make([]share, places)}
	rand.Read(s.salt[:])
	return s
}

// origin is the address that a connection counts to: of IPv6 the 48 bits that one
// party is given. here says that it is this machine's own, or none at all.
func origin(remote string) (address netip.Addr, here bool) {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	address, err = netip.ParseAddr(host)
	address = address.Unmap().WithZone("")
	if err != nil || address.IsLoopback() {
		return netip.Addr{}, true
	}
	if address.Is6() {
		if p, err := address.Prefix(48); err == nil {
			address = p.Addr()
		}
	}
	return address, false
}

// caller names the address of a request. This machine is the zero Caller: a server in front of the member speaks
// for everybody, and limits what it lets through itself.
func (s *shares) caller(remote string) stele.Caller {
	address, here := origin(remote)
	if here {
		return stele.Caller{}
	}
	raw := address.As16()
	sum := sha256.Sum256(append(s.salt[:len(s.salt):len(s.salt)], raw[:]...))
	return stele.Caller(sum[:16])
}

// begin lets a call in, or says why not. done ends it.
func (s *shares) begin(c stele.Caller, path string, now time.Time) (mine *share, done func(), err error) {
	if c == (stele.Caller{}) {
		return nil, func() {}, nil
	}
	mine = &s.of[binary.BigEndian.Uint64(c[:])%uint64(len(s.of))]
	calls, streams, open, most := mine.calls.Add(1), (*atomic.Int64)(nil), int64(0), int64(0)
	switch path {
	case LedgerWatchProcedure:
		streams, most = &mine.watches, maxWatches
	case LedgerWatchLogProcedure:
		streams, most = &mine.logs, maxLogs
	}
	if streams != nil {
		open = streams.Add(1)
	}
	done = func() {
		mine.calls.Add(-1)
		if streams != nil {
			streams.Add(-1)
		}
	}
	if calls > maxCalls || open > most || !s.rates.Allow(now, 1, c[:]) {
		done()
		return nil, nil, stele.E("", stele.KindBusy, "too many calls from this address", nil).WithHint("try again in a minute")
	}
	return mine, done, nil
}

// bounded limits what a request may send, how long it may take to send it, and how
// long its caller may take to receive each piece of the answer.
func bounded(s *shares, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := s.caller(r.RemoteAddr)
		mine, done, err := s.begin(caller, r.URL.Path, time.Now())
		if err != nil {
			answer(w, r, err)
			return
		}
		defer done()
		// JSON writes bytes in base64; a message's own limit is checked after.
		most := inJSON(budgetOfPath(r.URL.Path).bytes)
		body := &counted{ReadCloser: http.MaxBytesReader(w, r.Body, int64(most)), all: s, mine: mine}
		defer body.release()
		call, over := context.WithCancel(r.Context())
		defer over()
		r = r.WithContext(stele.WithCaller(call, caller))
		r.Body = body
		control := http.NewResponseController(w)
		if limit := timeLimit(r.URL.Path); limit > 0 {
			_ = control.SetReadDeadline(time.Now().Add(limit))
			defer func() { _ = control.SetReadDeadline(time.Time{}) }()
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(timely{w, control, s, mine}, r)
	})
}

// counted counts what is read of a request until the request is over.
type counted struct {
	io.ReadCloser
	all  *shares
	mine *share // nil: this machine's
	n    atomic.Int64
}

// Read fails when all requests together hold too much, or those of one address.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	over := c.all.bytes.Add(int64(n)) > c.all.most
	if c.mine != nil && c.mine.bytes.Add(int64(n)) > min(perAddress, c.all.most/4) {
		over = true
	}
	if over {
		return 0, connect.NewError(connect.CodeResourceExhausted, errors.New("the member is busy"))
	}
	return n, err
}

func (c *counted) release() {
	n := c.n.Swap(0)
	c.all.bytes.Add(-n)
	if c.mine != nil {
		c.mine.bytes.Add(-n)
	}
}

// timely cuts off a caller that asked and does not take the answer: what serves it
// may be one of few, and the answer lies in memory meanwhile.
type timely struct {
	http.ResponseWriter
	control *http.ResponseController
	all     *shares
	mine    *share // nil: this machine's
}

func (t timely) Write(p []byte) (int, error) {
	if !t.hold(2 * int64(len(p))) { // as it goes out, and as it was made
		// The call must break: an answer without a body is an answer, too.
		panic(http.ErrAbortHandler)
	}
	defer t.letGo(2 * int64(len(p)))
	_ = t.control.SetWriteDeadline(time.Now().Add(t.all.patience))
	defer func() { _ = t.control.SetWriteDeadline(time.Time{}) }()
	return t.ResponseWriter.Write(p)
}

// hold counts the memory of an answer on its way, and reports whether there is room for
// it: altogether, and of one address. One that is alone has what it needs.
func (t timely) hold(n int64) bool {
	all, mine := t.all.answers.Add(n), n
	if t.mine != nil {
		mine = t.mine.answers.Add(n)
	}
	if all > max(n, t.all.most) || mine > max(n, min(perAddress, t.all.most/4)) {
		t.letGo(n)
		return false
	}
	return true
}

func (t timely) letGo(n int64) {
	t.all.answers.Add(-n)
	if t.mine != nil {
		t.mine.answers.Add(-n)
	}
}

// Flush sends what was written.
func (t timely) Flush() { _ = t.FlushError() }

// FlushError is Flush, and tells.
func (t timely) FlushError() error {
	_ = t.control.SetWriteDeadline(time.Now().Add(t.all.patience))
	defer func() { _ = t.control.SetWriteDeadline(time.Time{}) }()
	return t.control.Flush()
}

// Unwrap is for http.ResponseController.
func (t timely) Unwrap() http.ResponseWriter { return t.ResponseWriter }
