package vault

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// lies are copies that a member can make up of what it holds: all have the root that
// was anchored.
var lies = map[string]func(*world, *wire.Submission) *wire.Submission{
	"another capsule": func(_ *world, sub *wire.Submission) *wire.Submission {
		sub.Folios[0].Capsule = []byte("a capsule that opens nothing")
		return sub
	},
	"no envelopes": func(_ *world, sub *wire.Submission) *wire.Submission {
		sub.Folios[0].Envelopes = nil
		return sub
	},
	"another grant": func(w *world, sub *wire.Submission) *wire.Submission {
		id := stele.NewID()
		return w.resign(sub, w.writeKey, func(h *wire.SubmissionHead) { h.Grant = id[:] })
	},
	"a stranger's signature": func(_ *world, sub *wire.Submission) *wire.Submission {
		sub.Head = wire.SignBytes(wire.TagSubmission, sub.Head.Body, wire.NewEd25519())
		return sub
	},
}

// TestLaw8ALyingCopyMendsNothing: what is damaged is served and repaired from a true
// copy, whoever else offers one first.
func TestLaw8ALyingCopyMendsNothing(t *testing.T) {
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3, 2)
			sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 50))
			before, err := w.v(0).index.get(idOf(sub))
			if err != nil {
				t.Fatal(err)
			}
			first := w.v(0).ranked(idOf(sub), stele.Subject{})[0].(*line)
			first.lie = func(s *wire.Submission) *wire.Submission { return lie(w, s) }
			spoilFile(t, w.segmentPath(0, sub), int(before.Meta)+40)
			w.readable(0, sub)
			for _, f := range w.fsck(0, true) {
				if f.From == first.who.String() {
					t.Errorf("repaired from the liar: %v", f)
				}
			}
			after, err := w.v(0).index.get(idOf(sub))
			if err != nil || after.Content != before.Content || after.Grant != before.Grant {
				t.Errorf("another submission lies there now: %v", err)
			}
			if found := w.fsck(0, false); len(found) > 0 {
				t.Errorf("it is still damaged: %v", found)
			}
			w.readable(0, sub)
		})
	}
}

// TestLaw8NoHolderKeepsTheTrueCopyOut: a member that gets a copy learns of the delivery
// before it is anchored, and hands the others one that opens nothing. The source has
// signed for every capsule and envelope.
func TestLaw8NoHolderKeepsTheTrueCopyOut(t *testing.T) {
	w := newWorld(t, 3, 2)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 1, 50))
	hand := func(from int, sub *wire.Submission) error {
		raw := wire.Marshal(sub)
		sum := sha256.Sum256(raw)
		_, err := w.v(2).PutCopy(context.Background(), &wire.PutCopyRequest{Submission: raw, Request: w.v(from).request(w.sites[2].line, &wire.MemberRequest{
			Ask: &wire.MemberRequest_PutCopy{PutCopy: &wire.PutCopy{Digest: sum[:]}},
		})})
		return err
	}
	kind(t, hand(1, lies["another capsule"](w, proto.CloneOf(sub))), stele.KindInvalid)
	kind(t, hand(1, lies["no envelopes"](w, proto.CloneOf(sub))), stele.KindInvalid)
	if err := hand(0, sub); err != nil {
		t.Errorf("the home's copy: %v", err)
	}
	if out := w.mustPut(0, sub); len(out.Copies) != 2 {
		t.Errorf("%d copies", len(out.Copies))
	}
	w.anchor(sub)
	if err := hand(1, sub); err != nil {
		t.Errorf("what is anchored, from a holder: %v", err)
	}
}

func TestMemberRequestsAreForMembersFreshAndOnce(t *testing.T) {
	w := newWorld(t, 3, 1)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 1, 50))
	raw := wire.Marshal(sub)
	sum := sha256.Sum256(raw)
	ask := func() *wire.MemberRequest {
		nonce := stele.NewID()
		return &wire.MemberRequest{
			Chain: chain, Audience: w.sites[1].subject[:], Member: w.sites[0].subject[:], AtMs: w.now().UnixMilli(), Nonce: nonce[:],
			Ask: &wire.MemberRequest_PutCopy{PutCopy: &wire.PutCopy{Digest: sum[:]}},
		}
	}
	put := func(s *wire.Signed) error {
		_, err := w.v(1).PutCopy(context.Background(), &wire.PutCopyRequest{Request: s, Submission: raw})
		return err
	}
	for name, spoil := range map[string]func(*wire.MemberRequest){
		"another chain":    func(m *wire.MemberRequest) { m.Chain = "x" },
		"another audience": func(m *wire.MemberRequest) { m.Audience = w.sites[2].subject[:] },
		"another member":   func(m *wire.MemberRequest) { m.Member = w.sites[2].subject[:] },
		"too old":          func(m *wire.MemberRequest) { m.AtMs -= (5*time.Minute + time.Second).Milliseconds() },
		"of the future":    func(m *wire.MemberRequest) { m.AtMs += (5*time.Minute + time.Second).Milliseconds() },
		"no nonce":         func(m *wire.MemberRequest) { m.Nonce = nil },
		"another digest":   func(m *wire.MemberRequest) { m.GetPutCopy().Digest[0] ^= 1 },
		"another ask": func(m *wire.MemberRequest) {
			m.Ask = &wire.MemberRequest_ListCopies{ListCopies: &wire.ListCopies{}}
		},
	} {
		sumCopy := sum
		m := ask()
		m.GetPutCopy().Digest = sumCopy[:]
		spoil(m)
		if err := put(wire.Sign(wire.TagMember, m, w.sites[0].key)); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	kind(t, put(wire.Sign(wire.TagMember, ask(), wire.NewEd25519())), stele.KindDenied)
	kind(t, put(wire.Sign(wire.TagOwn, ask(), w.sites[0].key)), stele.KindDenied)
	good := wire.Sign(wire.TagMember, ask(), w.sites[0].key)
	if err := put(good); err != nil {
		t.Fatal(err)
	}
	kind(t, put(good), stele.KindDenied)
}

func TestCopiesGoOnlyToThoseWhoShouldHoldThem(t *testing.T) {
	w := newWorld(t, 4, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 50))
	id := idOf(sub)
	var holder, stranger *site
	for _, s := range w.sites[1:] {
		if _, err := s.vault.index.get(id); err == nil {
			holder = s
		} else {
			stranger = s
		}
	}
	get := func(from *site, of *site) (int, error) {
		list, _, err := from.vault.listed(context.Background(), &list{of: of.line})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = from.vault.fetch(context.Background(), id, nil, []Peer{of.line})
		return len(list), err
	}
	if n, err := get(holder, w.sites[0]); n != 1 || err != nil {
		t.Errorf("holder from home: %d, %v", n, err)
	}
	if n, err := get(w.sites[0], holder); n != 1 || err != nil {
		t.Errorf("home from holder: %d, %v", n, err)
	}
	if n, err := get(stranger, w.sites[0]); n != 0 || err == nil {
		t.Errorf("stranger from home: %d, %v", n, err)
	}
}

// TestR44ACopyIsCountedOnce: at home and where its copy is, a delivery takes as much of
// a stranger's day.
func TestR44ACopyIsCountedOnce(t *testing.T) {
	w := newWorld(t, 2, 1)
	for i := range w.sites {
		w.v(i).strangers = own.NewPaces(24*time.Hour, 1<<30, 1) // none comes back
	}
	w.mustPut(0, w.submission(0, plainFolio(stele.Results, 2024, 3, 20_000)))
	var left [2]int
	for i := range w.sites {
		for bit := 1 << 29; bit > 0; bit >>= 1 {
			if w.v(i).strangers.Allow(w.now(), bit, w.source[:]) {
				left[i] += bit
			}
		}
	}
	if left[0] != left[1] || left[0] > 1<<30-20_000 {
		t.Errorf("%d bytes are left at home, and %d where its copy is", left[0], left[1])
	}
}
