package directory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// TestR44OneAddressFillsNoBox: 256 packages filled a doctor's box. One address
// leaves an eighth at most; others still find room, and this machine does.
func TestR44OneAddressFillsNoBox(t *testing.T) {
	p := newPlace(t)
	h, other := p.holder("Dr Amara Okafor", "doctor"), p.holder("Dr Jun Watanabe", "doctor")
	p.register(h)
	p.register(other)
	leave := func(from stele.Caller, to holder, size int) error {
		_, err := p.Deliver(stele.WithCaller(context.Background(), from), &wire.DeliverRequest{To: to.subject[:], Sealed: make([]byte, size)})
		return err
	}
	loud, quiet := stele.Caller{1}, stele.Caller{2}
	fill := func(size int) (n int) {
		for range MaxBox {
			err := leave(loud, h, size)
			if stele.KindOf(err) == stele.KindBusy && err != nil {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	if n := fill(stele.MaxPackage); n != callerBytes/stele.MaxPackage {
		t.Errorf("one address left %d large packages, its share is %d", n, callerBytes/stele.MaxPackage)
	}
	for _, c := range []struct {
		from stele.Caller
		to   holder
	}{{quiet, h}, {stele.Caller{}, h}, {loud, other}} {
		if err := leave(c.from, c.to, 4000); err != nil {
			t.Errorf("somebody else, or to somebody else: %v", err)
		}
	}
	p.now = p.now.Add(30 * 24 * time.Hour)
	if n := fill(10); n < callerBox-1 || n > callerBox {
		t.Errorf("one address left %d small packages, its share is %d", n, callerBox)
	}
}

// TestR44OneAddressTakesNotAllKeys: a stranger took sixty keys at once, and
// nobody's grant had one.
func TestR44OneAddressTakesNotAllKeys(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h, h.oneTime(0, 200)...)
	take := func(from stele.Caller) error {
		_, err := p.TakeKey(stele.WithCaller(context.Background(), from), &wire.TakeKeyRequest{Subject: h.subject[:]})
		return err
	}
	n := 0
	for take(stele.Caller{1}) == nil {
		n++
	}
	if n != callerTakes {
		t.Errorf("one address took %d keys, want %d", n, callerTakes)
	}
	for _, other := range []stele.Caller{{2}, {}} {
		if err := take(other); err != nil {
			t.Errorf("somebody else: %v", err)
		}
	}
}

// fat is the largest slot that there is.
func (p *place) fat(h holder, n byte) *wire.SealedSlot {
	m := p.sealed(h, n)
	m.Capsules = make([]byte, slot.MaxCapsulesLen)
	for i := range slot.MaxOthers {
		s := stele.SubjectOf([]byte{byte(i), 9})
		if len(p.book.members) < slot.MaxOthers {
			p.book.members = append(p.book.members, stele.Member{Subject: s})
		}
		m.Others = append(m.Others, &wire.SlotEnvelope{Member: s[:], Envelope: envelope(n)})
	}
	return m
}

func (p *place) putFrom(from stele.Caller, m *wire.SealedSlot, signer wire.Signer) error {
	_, err := p.PutSlot(stele.WithCaller(context.Background(), from), &wire.PutSlotRequest{Slot: wire.Sign(wire.TagSlot, m, signer)})
	return err
}

// TestR44MadeUpPeoplesSlotsFillNoDirectory: each of a hundred people that a stranger made up had three slots of 225 KB
// kept, 64 MiB in five minutes. One address has a bound; who comes from elsewhere has room, and so do this machine and the
// member that enrols many.
func TestR44MadeUpPeoplesSlotsFillNoDirectory(t *testing.T) {
	p := newPlace(t)
	kept := 0
	for i := range 100 {
		h := p.holder(fmt.Sprint("made up ", i), "")
		keys := p.book.subjects[h.subject]
		keys.Emergency = stele.Digest{1}
		p.book.subjects[h.subject] = keys
		for n := byte(1); n <= 3; n++ {
			p.now = p.now.Add(time.Second)
			if err := p.putFrom(stele.Caller{1}, p.fat(h, n), h.key); err != nil && stele.KindOf(err) != stele.KindBusy {
				t.Fatal(err)
			}
		}
	}
	for _, row := range []byte{rowSlot, rowSlotOther} {
		_ = p.scan([]byte{row}, func(_, v []byte) bool { kept += len(v); return true })
	}
	if most := callerSlots + int(300*time.Second/callerSlotEvery); kept < callerSlots/4*3 || kept > most {
		t.Errorf("of one address %d bytes are kept, its share is %d", kept, most)
	}
	ada := p.holder("Ada Quill", "")
	if err := p.putFrom(stele.Caller{2}, p.fat(ada, 1), ada.key); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	member, pia := p.holder("Northside", ""), p.holder("Pia Paper", "")
	p.book.subjects[pia.subject] = stele.Keys{Subject: pia.subject, Enrolled: member.subject, Emergency: stele.Digest{1}}
	if err := p.putFrom(stele.Caller{1}, p.fat(pia, 1), member.key); err != nil {
		t.Errorf("a member of whom it enrolled: %v", err)
	}
	p.brings = own.NewPaces(callerSlotEvery, 1, callerPlaces)
	if err := p.putFrom(stele.Caller{}, p.fat(ada, 1), ada.key); err != nil {
		t.Errorf("this machine: %v", err)
	}
}

// TestR44MadeUpPeopleUseUpNobodysSlot: people share places by chance; one address that made up as many as there are places
// used up most of them. All is a 64th of what it is.
func TestR44MadeUpPeopleUseUpNobodysSlot(t *testing.T) {
	p := newPlace(t)
	p.slots = own.NewPaces(slotEvery, slotBurst, slotPlaces/64)
	p.brings = own.NewPaces(callerSlotEvery, callerSlots/64, callerPlaces)
	for i := range slotPlaces / 64 {
		h := p.holder(fmt.Sprint("made up ", i), "")
		for range slotBurst {
			if err := p.putFrom(stele.Caller{1}, p.sealed(h, 1), h.key); err != nil && stele.KindOf(err) != stele.KindBusy {
				t.Fatal(err)
			}
		}
	}
	refused := 0
	for i := range 100 {
		h := p.holder(fmt.Sprint("patient ", i), "")
		if p.putFrom(stele.Caller{2, byte(i)}, p.sealed(h, 1), h.key) != nil {
			refused++
		}
	}
	if refused > 5 {
		t.Errorf("%d of 100 patients cannot bring what they say", refused)
	}
}

// floods uses up what an address may bring, to the last byte.
func (p *place) floods(from stele.Caller) {
	for _, n := range []int{1 << 16, 1} {
		for p.brings.Allow(p.now, n, from[:]) {
		}
	}
}

// TestR44StrangersAtOnesAddressKeepNobodyFromSayingWhatOpens: a ward's patients are behind one address, and whoever made up
// people there used it up. Who has a slot here since yesterday brings one a day all the same: one, of no more than
// some capsules; what another member handed over was counted nowhere.
func TestR44StrangersAtOnesAddressKeepNobodyFromSayingWhatOpens(t *testing.T) {
	p := newPlace(t)
	p.book.members = []stele.Member{{Subject: ourMember}}
	ward := stele.Caller{7}
	ada, big, twice, given := p.holder("Ada Quill", ""), p.holder("Bo Lark", ""), p.holder("Cy Reed", ""), p.holder("Di Moss", "")
	for _, h := range []holder{ada, big, twice} {
		if err := p.putFrom(ward, p.sealed(h, 1), h.key); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.keepFetched(given.subject, stele.Digest{1}, &wire.GetSlotResponse{Envelope: envelope(1)}); err != nil {
		t.Fatal(err)
	}
	puts := func(what string, h holder, n byte, capsules int, taken bool) {
		t.Helper()
		m := p.sealed(h, n)
		m.Capsules = make([]byte, capsules)
		if err := p.putFrom(ward, m, h.key); taken && err != nil || !taken && stele.KindOf(err) != stele.KindBusy || p.has(h, n) != taken {
			t.Errorf("%s: %v", what, err)
		}
	}
	p.now = p.now.Add(freeEvery - time.Minute)
	p.floods(ward)
	puts("not a day after the last", ada, 2, 0, false)
	p.now = p.now.Add(time.Minute)
	p.floods(ward)
	puts("a day after", ada, 2, freeCapsules, true)
	puts("the second of the day", ada, 3, 0, false)
	puts("more than is free", big, 2, freeCapsules+slot.EnvelopeLen, false)
	puts("that was handed over", given, 2, 0, false)
	puts("who brought nothing before", p.holder("Eve Fox", ""), 2, 0, false)
	p.now = p.now.Add(freeEvery)
	p.floods(ward)
	puts("a day later", ada, 4, 0, true)
	puts("whoever brought nothing yesterday", twice, 2, 0, true)
}

// TestR44WhatIsFreeHasABound: one address has its share, and people that are made up there take no more of the disk by
// what they bring on the days after.
func TestR44WhatIsFreeHasABound(t *testing.T) {
	p := newPlace(t)
	const share = 1 << 20
	p.brings = own.NewPaces(callerSlotEvery, share, callerPlaces)
	p.fat(p.holder("whoever", ""), 1) // sixteen members
	var made []holder
	for n := 0; n < 300; n++ {
		h := p.holder(fmt.Sprint("made up ", n), "")
		if p.putFrom(stele.Caller{1}, p.sealed(h, 1), h.key) == nil {
			made = append(made, h)
		}
	}
	for n := byte(2); n <= 4; n++ {
		p.now = p.now.Add(freeEvery)
		for _, h := range made {
			m := p.fat(h, n)
			m.Capsules = m.Capsules[:freeCapsules]
			if err := p.putFrom(stele.Caller{}, m, h.key); err != nil { // so that none of it is of the share
				t.Fatal(err)
			}
		}
	}
	kept := 0
	for _, row := range []byte{rowSlot, rowSlotOther} {
		_ = p.scan([]byte{row}, func(_, v []byte) bool { kept += len(v); return true })
	}
	if kept < share/2 || kept > share {
		t.Errorf("of %d people %d bytes are kept, an address has %d", len(made), kept, share)
	}
}
