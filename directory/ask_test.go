package directory

import (
	"fmt"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// asks makes a request of a holder for a patient, changed before it is signed.
func (p *place) asks(from holder, to stele.Subject, change func(*wire.AccessPost), signers ...wire.Signer) *wire.AskRequest {
	envelope := make([]byte, stele.RequestSize+seal.EnvelopeOverhead)
	id := stele.NewID()
	copy(envelope, id[:])
	post := &wire.AccessPost{Chain: "town-1", Audience: ourMember[:], To: to[:], From: from.subject[:], Sealed: [][]byte{envelope}, AtMs: p.now.UnixMilli()}
	if change != nil {
		change(post)
	}
	if len(signers) == 0 {
		signers = []wire.Signer{from.key}
	}
	return &wire.AskRequest{Post: wire.Sign(wire.TagAsk, post, signers...), Card: from.signed(from.key, p.issuer)}
}

func (p *place) ask(from holder, to stele.Subject) error {
	_, err := p.Ask(p.t.Context(), p.asks(from, to, nil))
	return err
}

// patient is somebody on the ledger without a card.
func (p *place) patient(name string) holder {
	h := p.holder(name, "")
	h.card = nil
	return h
}

// box reads a patient's requests, those after since.
func (p *place) box(h holder, since uint64) []*wire.Asked {
	p.t.Helper()
	nonce := stele.NewID()
	out, err := p.Asked(p.t.Context(), &wire.AskedRequest{Request: wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: "town-1", Audience: ourMember[:], Subject: h.subject[:], AtMs: p.now.UnixMilli(), Nonce: nonce[:], Since: since,
	}, h.key)})
	if err != nil {
		p.t.Fatal(err)
	}
	return out.Asked
}

// TestARequestLiesInThePatientsBox until it is a month old, and nobody else reads it; the same
// again is one.
func TestARequestLiesInThePatientsBox(t *testing.T) {
	p := newPlace(t)
	doctor, elena := p.holder("Dr Okafor", "doctor"), p.patient("elena")
	first := p.asks(doctor, elena.subject, nil)
	for range 3 {
		if _, err := p.Ask(t.Context(), first); err != nil {
			t.Fatal(err)
		}
	}
	p.reopen()
	box := p.box(elena, 0)
	if len(box) != 1 || string(box[0].Ask.Post.Body) != string(first.Post.Body) || box[0].Number != 1 {
		t.Fatalf("%d requests", len(box))
	}
	if err := p.ask(doctor, elena.subject); err != nil {
		t.Fatal(err)
	}
	if box := p.box(elena, 1); len(box) != 1 || box[0].Number != 2 {
		t.Errorf("after the first: %d", len(box))
	}
	if box := p.box(elena, 99); len(box) != 2 {
		t.Errorf("after one that was never given: %d", len(box))
	}
	if box := p.box(p.patient("peter"), 0); len(box) != 0 {
		t.Error("another's requests are read")
	}
	p.now = p.now.Add(keepAsked)
	if box := p.box(elena, 0); len(box) != 0 {
		t.Errorf("a month later: %d", len(box))
	}
	p.reopen()
	rows := 0
	if err := p.scan([]byte{rowAsked}, func(_, _ []byte) bool { rows++; return true }); err != nil || rows != 0 {
		t.Errorf("%d rows are left, %v", rows, err)
	}
}

// TestARequestThatLiesAboutWhoAsks, or for whom and when, is left nowhere.
func TestARequestThatLiesAboutWhoAsks(t *testing.T) {
	p := newPlace(t)
	doctor, other, elena := p.holder("Dr Okafor", "doctor"), p.holder("Dr Watanabe", "doctor"), p.patient("elena")
	for name, in := range map[string]*wire.AskRequest{
		"signed by another":      p.asks(doctor, elena.subject, nil, other.key),
		"signed by two":          p.asks(doctor, elena.subject, nil, doctor.key, other.key),
		"in another's name":      p.asks(doctor, elena.subject, func(a *wire.AccessPost) { a.From = other.subject[:] }),
		"for another member":     p.asks(doctor, elena.subject, func(a *wire.AccessPost) { a.Audience = other.subject[:] }),
		"on another network":     p.asks(doctor, elena.subject, func(a *wire.AccessPost) { a.Chain = "town-2" }),
		"of yesterday":           p.asks(doctor, elena.subject, func(a *wire.AccessPost) { a.AtMs -= 24 * 3600 * 1000 }),
		"of tomorrow":            p.asks(doctor, elena.subject, func(a *wire.AccessPost) { a.AtMs += 24 * 3600 * 1000 }),
		"to nobody":              p.asks(doctor, stele.SubjectOf([]byte("nobody")), nil),
		"to no subject":          p.asks(doctor, elena.subject, func(a *wire.AccessPost) { a.To = nil }),
		"no envelope":            p.asks(doctor, elena.subject, func(a *wire.AccessPost) { a.Sealed = nil }),
		"an envelope of its own": p.asks(doctor, elena.subject, func(a *wire.AccessPost) { a.Sealed[0] = a.Sealed[0][1:] }),
		"too many envelopes": p.asks(doctor, elena.subject, func(a *wire.AccessPost) {
			for range maxEnvelopes {
				a.Sealed = append(a.Sealed, a.Sealed[0])
			}
		}),
		"another's card":            {Post: p.asks(doctor, elena.subject, nil).Post, Card: other.signed(other.key, p.issuer)},
		"a card nobody vouches for": {Post: p.asks(doctor, elena.subject, nil).Post, Card: doctor.signed(doctor.key)},
		"no card":                   {Post: p.asks(doctor, elena.subject, nil).Post},
		"no post":                   {Card: doctor.signed(doctor.key, p.issuer)},
	} {
		if _, err := p.Ask(t.Context(), in); err == nil || stele.KindOf(err) == stele.KindOther {
			t.Errorf("%s: %v", name, err)
		}
	}
	if box := p.box(elena, 0); len(box) != 0 {
		t.Errorf("%d requests are left", len(box))
	}
}

// TestR44OneCardFloodsNobody: one patient is asked four times at once, and all together as
// often as a day's work needs.
func TestR44OneCardFloodsNobody(t *testing.T) {
	p := newPlace(t)
	doctor, other, elena := p.holder("Dr Okafor", "doctor"), p.holder("Dr Watanabe", "doctor"), p.patient("elena")
	until := func(from holder, to func() stele.Subject) (n int) {
		for n < 10*askBurst {
			switch err := p.ask(from, to()); stele.KindOf(err) {
			case stele.KindBusy:
				return n
			default:
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
		}
		return n
	}
	if n := until(doctor, func() stele.Subject { return elena.subject }); n != askToBurst {
		t.Errorf("one card asked one patient %d times", n)
	}
	if err := p.ask(other, elena.subject); err != nil {
		t.Errorf("another card: %v", err)
	}
	n := 0
	anybody := func() stele.Subject { n++; return p.patient(fmt.Sprint("patient ", n)).subject }
	if n := until(doctor, anybody); n != askBurst-askToBurst {
		t.Errorf("one card asked %d others", n)
	}
	p.now = p.now.Add(time.Hour)
	if n := until(doctor, anybody); n != 4 {
		t.Errorf("an hour later it asked %d", n)
	}
}

// TestR44NoCrowdFillsABox: however many of one organisation ask, whoever is of another has
// room; what was collected goes first, and nothing goes for one more of the crowd.
func TestR44NoCrowdFillsABox(t *testing.T) {
	p := newPlace(t)
	elena, hospital, clinic := p.patient("elena"), p.holder("hospital", ""), p.holder("clinic", "")
	of := func(organisation holder, name string) *wire.AskRequest {
		h := p.holder(name, "doctor")
		h.card.Organisation = organisation.subject[:]
		in := p.asks(h, elena.subject, nil)
		in.Card = h.signed(h.key, p.issuer, organisation.key)
		return in
	}
	ask := func(organisation holder, name string) error {
		_, err := p.Ask(t.Context(), of(organisation, name))
		return err
	}
	for i := range maxAsked {
		if err := ask(hospital, fmt.Sprint("crowd ", i)); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := ask(hospital, "one more"); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("one more of the crowd: %v", err)
	}
	if err := ask(clinic, "somebody else"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	box := p.box(elena, 0)
	if len(box) != maxAsked || box[0].Number != 1 || box[len(box)-1].Number != maxAsked+1 {
		t.Errorf("%d requests, %d to %d", len(box), box[0].Number, box[len(box)-1].Number)
	}
	p.box(elena, 3) // she has three
	for i := range 3 {
		if err := ask(hospital, fmt.Sprint("after ", i)); err != nil {
			t.Errorf("where she has collected: %v", err)
		}
	}
	if err := ask(hospital, "after all"); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("where she has not: %v", err)
	}
	// An issuer's people together.
	p.now = p.now.Add(40 * 24 * time.Hour)
	n := 0
	for ; n < 2*askIssuerBurst; n++ {
		if err := p.ask(p.holder(fmt.Sprint("made up ", n), "doctor"), p.patient(fmt.Sprint("p", n)).subject); err != nil {
			break
		}
	}
	if n != askIssuerBurst {
		t.Errorf("one issuer's made-up people asked %d times", n)
	}
}
