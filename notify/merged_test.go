package notify

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// merges has one's keys speak for another, and tells of it in both logs.
func (b *bell) merges(from, into stele.Subject) {
	b.ledger.into[from] = into
	b.ledger.block(&wire.Event{Subject: from[:], Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{Into: into[:], Commitment: make([]byte, 32)}}})
	b.ledger.block(&wire.Event{Subject: into[:], Event: &wire.Event_MergeNoted{MergeNoted: &wire.MergeNoted{From: from[:], Turn: 1}}})
}

func (b *bell) parts(from, into stele.Subject) {
	delete(b.ledger.into, from)
	b.ledger.block(&wire.Event{Subject: from[:], Event: &wire.Event_MergeUndone{MergeUndone: &wire.MergeUndone{Into: into[:], Commitment: make([]byte, 32)}}})
}

// rested has the next notice of somebody leave at once.
func (b *bell) rested(s stele.Subject) {
	for f := b.Figures(); f.Waiting != 0; f = b.Figures() { // the last one's answer
		time.Sleep(time.Millisecond)
	}
	b.Desk.mu.Lock()
	defer b.Desk.mu.Unlock()
	b.Desk.people[s].lastLeft = time.Time{}
}

func broken(s stele.Subject) *wire.Event {
	return &wire.Event{Subject: s[:], Event: &wire.Event_GlassBroken{GlassBroken: &wire.GlassBroken{}}}
}

// silences has who speaks for a subject say that nothing is to be told.
func (b *bell) silences(s stele.Subject, key wire.Signer, after int64) {
	b.t.Helper()
	if _, err := b.SetNotices(b.t.Context(), b.said(s, func(m *wire.Notices) { m.Target = nil; m.AtMs += after }, key)); err != nil {
		b.t.Fatal(err)
	}
}

// TestWhoSpokeForAMergedChartSilencesItForTheTimeAlone: his word counts while the charts are merged; once they are
// parted, what its own keys said before does again, and she is told of the parting. So it is over a
// start of the member between.
func TestWhoSpokeForAMergedChartSilencesItForTheTimeAlone(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		t.Run(fmt.Sprintf("restarted %v", restarted), func(t *testing.T) {
			b := newBell(t)
			elena, stranger := b.somebody("elena"), b.somebody("stranger")
			b.set(elena, func(m *wire.Notices) { m.Kinds = nil })
			b.merges(elena, stranger)
			b.follow()
			b.rings("the merge")
			b.silences(elena, b.ledger.keys[stranger], 10)
			b.ledger.block(broken(elena))
			b.follow()
			b.silent("who speaks for the chart wants nothing")
			if restarted {
				b.Close()
				b.open()
				if f := b.Figures(); f.People != 0 {
					t.Errorf("after a start: %+v", f)
				}
				b.ledger.block(broken(elena))
				b.follow()
				b.silent("who speaks for the chart wants nothing, after a start")
				b.Close()
				b.parts(elena, stranger)
				b.open()
			} else {
				b.parts(elena, stranger)
				b.follow()
			}
			b.rings("the parting")
			if m, err := b.Desk.said(elena); err != nil || m.Target.GetWebhook() != hook().Webhook {
				t.Errorf("what counts is %v, %v", m, err)
			}
			if _, err := b.SetNotices(t.Context(), b.said(elena, func(m *wire.Notices) { m.Target = nil; m.AtMs += 100 }, b.ledger.keys[stranger])); stele.KindOf(err) != stele.KindDenied {
				t.Errorf("who spoke for it silences it once more: %v", err)
			}
			b.silences(elena, b.ledger.keys[elena], 20)
			if f := b.Figures(); f.People != 0 {
				t.Errorf("her own word is not the last: %+v", f)
			}
		})
	}
}

// TestWhoHasTwoChartsIsToldOfBoth: of what happens in a chart that is merged into hers, emergencies always,
// whichever came first, the merge or her word, and over a start; and no more once it is parted.
func TestWhoHasTwoChartsIsToldOfBoth(t *testing.T) {
	for _, first := range []string{"her word", "the merge", "a start"} {
		t.Run(first, func(t *testing.T) {
			b := newBell(t)
			elena, doe := b.somebody("elena"), b.somebody("doe")
			if first == "the merge" {
				b.merges(doe, elena)
				b.follow()
			}
			b.set(elena, func(m *wire.Notices) { m.Kinds = nil })
			if first == "her word" {
				b.ledger.into[doe] = elena
				b.ledger.block(&wire.Event{Subject: doe[:], Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{Into: elena[:], Commitment: make([]byte, 32)}}})
				b.follow()
				b.rings("the merge, as her other chart's log tells it")
			}
			if first == "a start" {
				b.ledger.into[doe] = elena
				b.Close()
				b.open()
			}
			b.rested(elena)
			b.ledger.block(delivered(doe))
			b.follow()
			b.silent("a delivery that she does not want to hear of")
			b.ledger.block(broken(doe))
			b.follow()
			b.rings("an emergency on her other chart")
			b.rested(elena)
			b.parts(doe, elena)
			b.ledger.block(broken(doe), delivered(doe))
			b.follow()
			b.silent("a chart that is not hers any more")
		})
	}
}

// TestHerOwnWordCountsAsSoonAsHerChartIsParted: also where the desk has not read of the parting yet.
func TestHerOwnWordCountsAsSoonAsHerChartIsParted(t *testing.T) {
	b := newBell(t)
	elena, stranger := b.somebody("elena"), b.somebody("stranger")
	b.merges(elena, stranger)
	b.follow()
	b.silences(elena, b.ledger.keys[stranger], 0)
	delete(b.ledger.into, elena)
	b.set(elena, nil)
	if m, err := b.Desk.said(elena); err != nil || m.Target == nil {
		t.Errorf("what counts is %v, %v", m, err)
	}
}

// TestChartsThatNobodyIsToldOfAreNotKept: most people name no target, and are merged as others are.
func TestChartsThatNobodyIsToldOfAreNotKept(t *testing.T) {
	b := newBell(t)
	elena, doe := b.somebody("elena"), b.somebody("doe")
	b.merges(doe, elena)
	b.follow()
	if len(b.Desk.beside) != 0 {
		t.Errorf("kept are %v", b.Desk.beside)
	}
}

// TestMadeUpPeopleLeaveRoomForOthers: whoever makes up people, each with a hook at one host or an address
// of one mail server, or all from one network address, takes a part of the places and no more; who has one keeps
// it, may change it, and gives it back.
func TestMadeUpPeopleLeaveRoomForOthers(t *testing.T) {
	b := newBell(t)
	b.Desk.most, b.Desk.mostOfHost = 8, 2
	b.Desk.cfg.Relay = Relay{Address: "mail:25", From: "n@example.org"}
	n := int64(0)
	take := func(name string, target *wire.NoticeTarget, from byte) error {
		s := stele.SubjectOf([]byte(name))
		if _, known := b.ledger.keys[s]; !known {
			b.somebody(name)
		}
		n++
		_, err := b.SetNotices(stele.WithCaller(t.Context(), stele.Caller{from}), b.said(s, func(m *wire.Notices) { m.Target = target; m.AtMs += n }, b.ledger.keys[s]))
		return err
	}
	at := func(url string) *wire.NoticeTarget { return &wire.NoticeTarget{Webhook: url, Secret: secret} }
	taken := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	busy := func(what string, err error) {
		t.Helper()
		if stele.KindOf(err) != stele.KindBusy {
			t.Errorf("%s: %v", what, err)
		}
	}
	taken("the first of a host", take("a", at("https://attacker.example/1"), 1))
	taken("the second", take("b", at("https://ATTACKER.example:8443/2"), 1))
	busy("the third", take("c", at("https://attacker.example/3"), 1))
	taken("a change at the same host", take("b", at("https://attacker.example/4"), 1))
	taken("the first of a mail server", take("d", &wire.NoticeTarget{Email: "x@mail.example"}, 1))
	taken("the second", take("e", &wire.NoticeTarget{Email: "y@Mail.example"}, 1))
	busy("the third", take("c", &wire.NoticeTarget{Email: "z@mail.example"}, 1))
	busy("a move to a host that is full", take("d", at("https://attacker.example/5"), 1))
	taken("another host", take("c", at("https://other.example/"), 1))
	taken("a place that is given back", take("a", nil, 1))
	taken("is another's", take("f", at("https://attacker.example/6"), 1))
	b.Close()
	b.open() // counted anew
	b.Desk.most, b.Desk.mostOfHost = 8, 2
	b.Desk.cfg.Relay = Relay{Address: "mail:25", From: "n@example.org"}
	busy("after a start", take("g", at("https://attacker.example/7"), 2))

	b.Desk.most, b.Desk.mostOfHost = 10*newBurst, 10*newBurst
	for i := range newBurst + 1 {
		err := take(strconv.Itoa(i), at("https://example.com/"+strconv.Itoa(i)), 3)
		if i < newBurst {
			taken("from one address", err)
		} else {
			busy("from one address, one more", err)
		}
	}
	taken("who has a place, from there", take("0", at("https://example.com/new"), 3))
	taken("from another address", take("g", at("https://example.com/g"), 4))
	b.Desk.most = len(b.Desk.people)
	busy("where all are taken", take("h", at("https://example.com/h"), 5))
}

// TestWhoIsMergedIsNotToldOfTheOthersChart: it may be a stranger's.
func TestWhoIsMergedIsNotToldOfTheOthersChart(t *testing.T) {
	b := newBell(t)
	elena, stranger := b.somebody("elena"), b.somebody("stranger")
	b.set(elena, nil)
	b.merges(elena, stranger)
	b.follow()
	b.rings("the merge")
	b.rested(elena)
	b.ledger.block(broken(stranger), opened(stranger, stele.NewID()))
	b.follow()
	b.silent("what happens in the stranger's chart")
	b.ledger.block(broken(elena))
	b.follow()
	b.rings("what happens in her own")
}

// TestWhoSpokeForAMergedChartUsesUpNothingOfItsOwners: parted, its owner says where she is told.
func TestWhoSpokeForAMergedChartUsesUpNothingOfItsOwners(t *testing.T) {
	b := newBell(t)
	elena, stranger := b.somebody("elena"), b.somebody("stranger")
	b.merges(elena, stranger)
	b.follow()
	taken := 0
	for i := range 2 * setBurst {
		if _, err := b.SetNotices(t.Context(), b.said(elena, func(m *wire.Notices) { m.AtMs += int64(i + 1) }, b.ledger.keys[stranger])); err == nil {
			taken++
		}
	}
	b.parts(elena, stranger)
	b.follow()
	_, err := b.SetNotices(t.Context(), b.said(elena, func(m *wire.Notices) { m.AtMs += 1000 }, b.ledger.keys[elena]))
	if err != nil || taken != setBurst {
		t.Errorf("who spoke for it changed it %d times; parted, its owner's first: %v", taken, err)
	}
}
