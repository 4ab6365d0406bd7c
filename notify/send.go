package notify

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

const (
	sendTimeout = 5 * time.Second // for all of one try
	maxSending  = 256             // notices on their way to targets that took the last one, or are new
	maxFailing  = 32              // and to those that did not: who names targets that hang holds up others of the kind
	maxHost     = 4               // of them, to one host
	maxRelay    = 16              // and to the member's own relay
	retryFirst  = 15 * time.Second
	retryLast   = time.Hour

	// To one e-mail address, whoever named it: somebody may name a stranger's.
	mailBurst = 4
	mailEvery = 15 * time.Minute

	// To one host of webhooks: of a service that takes them for many people.
	hostBurst = 1000
	hostEvery = 50 * time.Millisecond
)

// outgoing is a notice that leaves, and for whom.
type outgoing struct {
	to     stele.Subject
	host   string
	lane   int
	notice notice
	target *wire.NoticeTarget
}

// leave lets notices leave until ctx ends.
func (d *Desk) leave(ctx context.Context) {
	for {
		due, next := d.due()
		for _, o := range due {
			d.working.Go(func() { d.try(ctx, o) })
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-d.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// due takes what may leave now, as far as there is room, and says when to look again.
func (d *Desk) due() (due []outgoing, next time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Clock()
	next = time.Minute
	for s, p := range d.queue {
		if p.leaving {
			continue
		}
		if wait := p.waits.Next.Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		lane, most, host := 0, maxSending, maxHost
		if p.failed {
			lane, most = 1, maxFailing
		}
		if p.host == byMail {
			host = maxRelay
		}
		if d.lanes[lane] >= most || d.busy[p.host] >= host { // one that ends wakes us
			continue
		}
		m, err := d.said(s)
		if err != nil || m == nil || m.Target == nil { // nobody to tell; what can't be read is tried again
			next = min(next, retryFirst)
			continue
		}
		p.leaving = true
		d.busy[p.host]++
		d.lanes[lane]++
		due = append(due, outgoing{s, p.host, lane, *p.waits, m.Target})
	}
	return due, next
}

// try sends a notice once, and keeps what became of it.
func (d *Desk) try(ctx context.Context, o outgoing) {
	attempt, cancel := context.WithTimeout(ctx, sendTimeout)
	err := d.send(attempt, o)
	cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.awake()
	if d.busy[o.host]--; d.busy[o.host] == 0 {
		delete(d.busy, o.host)
	}
	d.lanes[o.lane]--
	p := d.people[o.to]
	if p == nil || p.waits == nil { // taken away meanwhile
		return
	}
	p.leaving, p.failed = false, err != nil
	if ctx.Err() != nil {
		return // it is sent again after the next start
	}
	now := d.cfg.Clock()
	again := p.waits.ID != o.notice.ID // something happened while it left: that is told, too
	switch {
	case err == nil:
		d.told.Add(1)
		d.took.Observe(now.Sub(o.notice.Since))
		p.lastLeft = now
		if again {
			p.waits.Next = now.Add(restFor)
		} else {
			d.waiting(o.to, nil)
		}
	case now.Sub(o.notice.Since) > keepFor:
		d.dropped.Add(1)
		if !again {
			d.waiting(o.to, nil)
		}
	default:
		d.failed.Add(1)
		p.waits.Tries = o.notice.Tries + 1
		p.waits.Next = now.Add(backoff(p.waits.Tries))
		p.waits.Since = o.notice.Since
	}
	if err := d.keep(o.to, p.waits, err == nil, now); err != nil {
		_ = d.fault("keep notices", err)
	}
}

// keep writes what waits for somebody now, nil for nothing. d.mu is held.
func (d *Desk) keep(to stele.Subject, waits *notice, told bool, now time.Time) error {
	b := d.db.NewBatch()
	defer b.Close()
	if told {
		b.Set(rowOf(rowLast, to), number(now.UnixMilli()), nil)
	}
	if waits == nil {
		b.Delete(rowOf(rowNotice, to), nil)
		return b.Commit(pebble.Sync)
	}
	raw, err := json.Marshal(waits)
	if err != nil {
		return err
	}
	b.Set(rowOf(rowNotice, to), raw, nil)
	return b.Commit(pebble.Sync)
}

// backoff is how long after so many tries the next one is, within a quarter.
func backoff(tries int) time.Duration {
	wait := min(retryFirst<<min(tries-1, 10), retryLast)
	return wait - wait/8 + rand.N(wait/4)
}

// mailbox names whose an e-mail address is, as far as it shows: mail servers take a name in capitals,
// and with anything behind a plus sign, for the same one.
func mailbox(email string) string {
	local, domain, _ := strings.Cut(strings.ToLower(email), "@")
	name, _, _ := strings.Cut(local, "+")
	return name + "@" + domain
}

// send tells one target once. It fails when nobody took it.
func (d *Desk) send(ctx context.Context, o outgoing) error {
	const op = "send notice"
	now := d.cfg.Clock()
	if o.target.Email != "" {
		if !d.mail.Allow(now, 1, []byte(mailbox(o.target.Email))) {
			return stele.E(op, stele.KindBusy, "this address has been told of late", nil)
		}
		return d.cfg.Relay.send(ctx, d.cfg.Dial, o.target.Email, o.notice.ID, now)
	}
	if !d.post.Allow(now, 1, []byte(o.host)) {
		return stele.E(op, stele.KindBusy, "this host is told too often", nil)
	}
	return d.webhook(ctx, o.target, o.notice.ID, now)
}
