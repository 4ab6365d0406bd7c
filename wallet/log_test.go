package wallet_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// asks has all members of a session answer through a pagedLedger.
func asks(s *client.Session, l town.PagedLedger) {
	for i := range s.Network.Members {
		l := l
		if inner, ok := s.Network.Members[i].Ledger.(town.PagedLedger); ok {
			l.Ledger = inner.Ledger
		} else {
			l.Ledger = s.Network.Members[i].Ledger
		}
		s.Network.Members[i].Ledger = l
	}
}

// TestReadingOnCostsWhatIsNew: a wallet is sent each event once, and tells the same
// log whether it kept its copy, lost it, or found it damaged.
func TestReadingOnCostsWhatIsNew(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		sent := 0
		asks(p, town.PagedLedger{Sent: &sent})
		before := w.All(p)
		w.Gives(p, d, stele.Allergies)
		sent = 0
		after := w.All(p)
		if len(after) != len(before)+1 || sent != 1 {
			t.Errorf("%d events after %d; %d were sent, want the new one", len(after), len(before), sent)
		}
		sent = 0
		if w.All(p); sent != 0 {
			t.Errorf("%d events were sent again", sent)
		}
		same := func(what string, want int) {
			t.Helper()
			sent = 0
			if got := w.All(p); !slices.EqualFunc(got, after, bytes.Equal) {
				t.Errorf("%s: another log", what)
			}
			if sent != want {
				t.Errorf("%s: %d events were sent, want %d", what, sent, want)
			}
		}
		path := p.LogPath()
		whole, err := os.ReadFile(path)
		w.Must(err)
		w.Must(os.Remove(path))
		same("the copy is lost", len(after))
		w.Must(os.Truncate(path, int64(len(whole)/2)))
		same("the copy is cut", len(after))
		ended, err := os.ReadFile(path)
		w.Must(err)
		ended[p.State().Head.Copy.End-3] ^= 1
		w.Must(os.WriteFile(path, ended, 0o600))
		same("the copy ends otherwise", len(after))
		torn, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		w.Must(err)
		_, err = torn.WriteString("half of what a wallet wrote whose process was killed")
		w.Must(errors.Join(err, torn.Close()))
		same("the copy has a torn tail", 0)
		w.Gives(p, d, stele.Medications)
		sent = 0
		if got := w.All(p); len(got) != len(after)+1 || sent != 1 {
			t.Errorf("after a torn tail: %d events, %d sent", len(got), sent)
		}
		after = w.All(p)

		raw, err := os.ReadFile(path)
		w.Must(err)
		raw[20] ^= 1
		w.Must(os.WriteFile(path, raw, 0o600))
		account, err := p.Log(t.Context())
		w.Must(err)
		if _, err := account.All(); err == nil {
			t.Error("a damaged copy was read")
		}
		same("the copy was damaged", len(after))
	})
}

// TestLaw6TheCopyIsHeldToWhatWasSeen: an older copy, or another wallet's, is not
// taken for this one.
func TestLaw6TheCopyIsHeldToWhatWasSeen(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.All(p)
		path := p.LogPath()
		old, err := os.ReadFile(path)
		w.Must(err)
		w.Gives(p, d, stele.Allergies)
		want := w.All(p)
		w.Must(os.WriteFile(path, old, 0o600))
		if got := w.All(p); !slices.EqualFunc(got, want, bytes.Equal) {
			t.Error("an older copy passed for the log")
		}
	})
}

// TestALongLogIsReadInPages: one page after the other, from any member, whoever
// falls silent or lies in between.
func TestALongLogIsReadInPages(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		for range 7 {
			w.Gives(p, d, stele.Allergies)
		}
		want := w.All(p)
		for _, page := range []int{1, 2, 3, 5} {
			asked := 0
			w.Must(os.Remove(p.LogPath()))
			asks(p, town.PagedLedger{Town: w, Page: page, Asked: &asked})
			if got := w.All(p); !slices.EqualFunc(got, want, bytes.Equal) || asked != (len(want)+page-1)/page {
				t.Errorf("pages of %d: %d events in %d pages, want %d events", page, len(got), asked, len(want))
			}
		}
		w.Must(os.Remove(p.LogPath()))
		n := 0
		asks(p, town.PagedLedger{Town: w, Page: 2, Lie: func(p *wire.LogProof) {
			if n++; n%3 == 0 { // every third answer is a lie
				p.Events[0] = append(slices.Clone(p.Events[0]), 0)
			}
		}})
		if got := w.All(p); !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("members that lie now and then: %d events", len(got))
		}
	})
}

// TestLaw6ALogThatShrankOrChangedIsSaid: a head that two thirds signed and that
// contradicts what this wallet saw ends the reading, whatever other members say; a
// member that lies about pages is passed over.
func TestLaw6ALogThatShrankOrChangedIsSaid(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.All(p)
		seen := p.State().Head
		for what, change := range map[string]func(*wallet.Head){
			"it was longer":           func(h *wallet.Head) { h.Size, h.Copy = h.Size+5, wallet.Mark{} },
			"it was longer, and kept": func(h *wallet.Head) { h.Size += 5; h.Copy.Size += 5; h.Peaks = nil },
			"it was another":          func(h *wallet.Head) { h.Root[3] ^= 1 },
			"it was another, and lost": func(h *wallet.Head) {
				h.Root[3] ^= 1
				h.Copy = wallet.Mark{}
			},
		} {
			p.Edit(func(s *wallet.State) { s.Head = seen })
			p.Edit(func(s *wallet.State) { change(&s.Head) })
			_, err := p.Log(t.Context())
			w.Wants(err, stele.KindProof, what)
		}
		p.Edit(func(s *wallet.State) { s.Head = seen })
		asks(p, town.PagedLedger{Lie: func(l *wire.LogProof) { l.Events = nil }})
		w.Gives(p, d, stele.Allergies)
		_, err := p.Log(t.Context())
		w.Wants(err, stele.KindProof, "every member leaves the newest entry out")
		p.Network.Members[3].Ledger = p.Network.Members[3].Ledger.(town.PagedLedger).Ledger
		if got := w.All(p); uint64(len(got)) != seen.Size+1 {
			t.Errorf("one honest member is enough: %d events", len(got))
		}
	})
}

// TestMembersThatAreBehindTellNothingOld: when all that answer are behind what the
// wallet has seen, the account is what it has seen, with its time.
func TestMembersThatAreBehindTellNothingOld(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.All(p)
		var old *wire.LogProof
		asks(p, town.PagedLedger{Lie: func(l *wire.LogProof) { old = &wire.LogProof{First: l.First, Head: l.Head, Light: l.Light} }})
		w.All(p)
		w.Gives(p, d, stele.Allergies)
		time.Sleep(time.Minute)
		asks(p, town.PagedLedger{})
		now := w.All(p)
		asks(p, town.PagedLedger{Lie: func(l *wire.LogProof) { l.Events, l.Head, l.Light = nil, old.Head, old.Light }})
		if got := w.All(p); !slices.EqualFunc(got, now, bytes.Equal) {
			t.Errorf("%d events, want %d", len(got), len(now))
		}
		asks(p, town.PagedLedger{Absent: true})
		_, err := p.Log(t.Context())
		w.Wants(err, stele.KindUnreachable, "nobody answers")
	})
}

// TestLaw6TwoSignedHistoriesEndTheReading: one member shows a newer head that the
// validators signed and in which entries are missing. The others answer as ever; she
// is told all the same, since nobody but two thirds of the validators could make it.
func TestLaw6TwoSignedHistoriesEndTheReading(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Gives(p, d, stele.Allergies)
		w.All(p)
		seen, me := p.State().Head, p.Subject()
		w.WriteBlock()
		w.WriteBlock()
		at := int64(len(w.Blocks)) - 2
		root := stele.Digest{1, 2, 3}
		head := wire.HeadHash(me, seen.Size-1, root)
		true_ := w.Hashes[at]
		w.Hashes[at] = wire.AppHash(1, merkle.LeafHash(head[:]))
		light, err := w.LightOf(at + 1)
		w.Hashes[at] = true_
		w.Must(err)
		forked := town.PagedLedger{Ledger: p.Network.Members[0].Ledger, Lie: func(l *wire.LogProof) {
			*l = wire.LogProof{First: seen.Size, Light: light, Head: &wire.HeadProof{Subject: me[:], Leaves: 1, Size: seen.Size - 1, Root: root[:], Height: at}}
		}}
		p.Network.Members[0].Ledger = forked
		_, err = p.Log(t.Context())
		w.Wants(err, stele.KindProof, "a second history")
		if !errors.Is(err, proof.ErrRewritten) {
			t.Errorf("it is said otherwise: %v", err)
		}
	})
}
