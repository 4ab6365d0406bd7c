package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// endless is a member that lists what never was, for ever.
type endless struct {
	Peer
	asked int
}

func (e *endless) ListCopies(_ context.Context, in *wire.ListCopiesRequest) (*wire.ListCopiesResponse, error) {
	e.asked++
	out := &wire.ListCopiesResponse{}
	for i := range listPage {
		var id stele.ID
		binary.BigEndian.PutUint64(id[:], uint64(e.asked))
		binary.BigEndian.PutUint64(id[8:], uint64(i))
		out.Submissions = append(out.Submissions, id[:])
	}
	return out, nil
}

// TestLaw8AListWithoutAnEndKeepsNoVaultEmpty: of one member that lists what it does not
// have, others refill a vault all the same, and the check ends.
func TestLaw8AListWithoutAnEndKeepsNoVaultEmpty(t *testing.T) {
	w := newWorld(t, 4, 1)
	var subs []*wire.Submission
	for i := range 12 {
		subs = append(subs, w.delivered(0, plainFolio(stele.Results, int32(2000+i), 1, 40)))
	}
	w.close(0)
	for _, part := range []string{"segments", "keys", "index", "fetched", "LOCK"} {
		if err := os.RemoveAll(filepath.Join(w.sites[0].folder, part)); err != nil {
			t.Fatal(err)
		}
	}
	w.open(0)
	v, liar := w.v(0), &endless{Peer: w.sites[1].line}
	v.cfg.Peers = func() []Peer { return []Peer{liar, w.sites[2].line, w.sites[3].line, w.sites[1].line} }
	for _, repair := range []bool{false, true} {
		liar.asked = 0
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		missing, left := 0, 0
		if err := v.Fsck(ctx, repair, func(p *wire.FsckProgress) error {
			switch f := p.Finding; {
			case f == nil:
			case strings.Contains(f.What, "does not give"):
				left++
			default:
				missing++
			}
			return ctx.Err()
		}); err != nil {
			t.Fatalf("after %d pages of the liar's and %d findings: %v", liar.asked, missing, err)
		}
		cancel()
		if missing < len(subs) || missing > len(subs)+listPage || left != 1 || liar.asked > 2 {
			t.Errorf("repair %v: %d findings, %d lists left, %d pages of the liar's", repair, missing, left, liar.asked)
		}
	}
	w.readable(0, subs...)
}

// TestLaw8WhoListsWhatItDoesNotGiveHidesNothing: what one member lists first and keeps
// back is had of another.
func TestLaw8WhoListsWhatItDoesNotGiveHidesNothing(t *testing.T) {
	w := newWorld(t, 4, 2)
	var subs []*wire.Submission
	for i := range 3 * maxUngiven {
		subs = append(subs, w.delivered(0, plainFolio(stele.Results, int32(2000+i), 1, 40)))
	}
	for _, sub := range subs {
		r, err := w.v(0).index.get(idOf(sub))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.v(0).index.drop(r.id()), w.v(0).removeFiles(context.Background(), r.File)); err != nil {
			t.Fatal(err)
		}
	}
	v := w.v(0)
	v.cfg.Peers = func() []Peer { return []Peer{mean{w.sites[1].line}, w.sites[2].line, w.sites[3].line} }
	if found := w.fsck(0, false); len(found) > len(subs)+1 { // two others list each
		t.Errorf("%d findings of %d that are missing", len(found), len(subs))
	}
	left := 0
	for _, f := range w.fsck(0, true) {
		switch {
		case strings.Contains(f.What, "does not give"):
			left++
		case !f.Repaired:
			t.Errorf("not repaired: %v", f)
		}
	}
	if left != 1 {
		t.Errorf("what others gave was counted for who gave nothing: %d lists were left", left)
	}
	w.readable(0, subs...)
}

// mean is a member that lists its copies and gives none.
type mean struct{ Peer }

func (mean) GetCopy(context.Context, *wire.GetCopyRequest) (*wire.GetCopyResponse, error) {
	return nil, stele.E("get copy", stele.KindNotFound, "no such submission for this member", nil)
}

// TestLaw8WhoseCopiesAreHalfDamagedIsAskedToItsEnd: a list is left for what is not given
// only where little else is.
func TestLaw8WhoseCopiesAreHalfDamagedIsAskedToItsEnd(t *testing.T) {
	w := newWorld(t, 2, 1)
	many := 3 * maxUngiven
	for i := range many {
		sub := w.delivered(0, plainFolio(stele.Results, int32(2000+i), 1, 40))
		r, err := w.v(0).index.get(idOf(sub))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.v(0).index.drop(r.id()), w.v(0).removeFiles(context.Background(), r.File)); err != nil {
			t.Fatal(err)
		}
	}
	half := &halved{Peer: w.sites[1].line}
	w.v(0).cfg.Peers = func() []Peer { return []Peer{half} }
	repaired := 0
	for _, f := range w.fsck(0, true) {
		if f.Repaired {
			repaired++
		}
	}
	if repaired != many/2 {
		t.Errorf("%d of %d were had of who gives every other", repaired, many)
	}
}

// halved is a member that gives every other copy.
type halved struct {
	Peer
	asked int
}

func (h *halved) GetCopy(ctx context.Context, in *wire.GetCopyRequest) (*wire.GetCopyResponse, error) {
	if h.asked++; h.asked%2 == 0 {
		return mean{}.GetCopy(ctx, in)
	}
	return h.Peer.GetCopy(ctx, in)
}

// TestLaw8AListGoesOn: a full page has another after it, and one that repeats itself is
// malformed.
func TestLaw8AListGoesOn(t *testing.T) {
	w := newWorld(t, 2, 1)
	l := &list{of: &endless{Peer: w.sites[1].line}}
	if ids, more, err := w.v(0).listed(context.Background(), l); len(ids) != listPage || !more || err != nil {
		t.Errorf("a full page: %d, more %v, %v", len(ids), more, err)
	}
	l.of = &endless{Peer: w.sites[1].line, asked: 0} // the same page again
	l.after = bytes.Clone(l.after)
	if ids, more, err := w.v(0).listed(context.Background(), l); len(ids) != 0 || more || stele.KindOf(err) != stele.KindProof {
		t.Errorf("the same page again: %d, more %v, %v", len(ids), more, err)
	}
	l.of = stuck{w.sites[1].line}
	l.after = nil
	if ids, more, err := w.v(0).listed(context.Background(), l); len(ids) != 1 || more || stele.KindOf(err) != stele.KindProof {
		t.Errorf("one id, again and again: %d, more %v, %v", len(ids), more, err)
	}
}

// stuck is a member whose pages list one submission again and again.
type stuck struct{ Peer }

func (stuck) ListCopies(context.Context, *wire.ListCopiesRequest) (*wire.ListCopiesResponse, error) {
	out, id := &wire.ListCopiesResponse{}, stele.ID{1}
	for range listPage {
		out.Submissions = append(out.Submissions, id[:])
	}
	return out, nil
}

// TestR44NobodyElseUsesUpASourcesDay: a member that holds a copy sends it again and
// again; what is there already takes no room.
func TestR44NobodyElseUsesUpASourcesDay(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 100_000))
	raw := wire.Marshal(sub)
	sum := sha256.Sum256(raw)
	v := w.v(0)
	v.strangers = own.NewPaces(24*time.Hour, 1<<20, 1) // none comes back
	for range 20 {
		if _, err := v.PutCopy(context.Background(), &wire.PutCopyRequest{Submission: raw, Request: w.v(1).request(w.sites[0].line, &wire.MemberRequest{
			Ask: &wire.MemberRequest_PutCopy{PutCopy: &wire.PutCopy{Digest: sum[:]}},
		})}); err != nil {
			t.Fatal(err)
		}
	}
	w.mustPut(0, w.submission(0, plainFolio(stele.Results, 2025, 1, 100_000)))
}

// TestR44ARefillTakesWhatWasAnchored: what a member says should be here costs its
// source's day, unless it was anchored: then it had its day when it came.
func TestR44ARefillTakesWhatWasAnchored(t *testing.T) {
	w := newWorld(t, 2, 1)
	kept, open := w.delivered(0, plainFolio(stele.Results, 2024, 1, 50)), w.submission(0, plainFolio(stele.Results, 2025, 1, 50))
	w.mustPut(0, open)
	w.close(0)
	if err := os.RemoveAll(filepath.Join(w.sites[0].folder, "segments")); err != nil {
		t.Fatal(err)
	}
	w.open(0)
	for _, sub := range []*wire.Submission{kept, open} {
		if err := w.v(0).index.drop(idOf(sub)); err != nil && stele.KindOf(err) != stele.KindNotFound {
			t.Fatal(err)
		}
	}
	w.v(0).strangers = own.NewPaces(24*time.Hour, 1, 1)
	w.fsck(0, true)
	w.readable(0, kept)
	if _, err := w.v(0).index.get(idOf(open)); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("what was never anchored is there again: %v", err)
	}
}
