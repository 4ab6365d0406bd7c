package delivery

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/wallet/wallettest"
)

// pilesOf are piles of an import that reaches no network.
func pilesOf(t *testing.T, w *Desk, o ImportOptions) *piles {
	im := &importing{
		desk: w, o: o, became: became{done: make([]Imported, 3)}, surveyed: surveyed{plan: intake.NewSurvey(&intake.Table{}, intake.Asked{}).Decide()},
		seen: &deliveredSet{path: t.TempDir() + "/seen", known: map[[16]byte]struct{}{}},
	}
	p := newPiles(t.Context(), im)
	t.Cleanup(p.cancel)
	return p
}

func arrives(subject byte, id, json string) arrival {
	return arrival{subject: stele.Subject{subject}, entry: &counted{charts: 1}, record: Incoming{Type: "Observation", ID: id, JSON: []byte(json), Handle: stele.NewID()}}
}

// TestWhichPileGoes: one that is full, or the largest where all take too much room; none
// in a dry run.
func TestWhichPileGoes(t *testing.T) {
	w := newDesk(t)
	p := pilesOf(t, w, ImportOptions{})
	for i, json := range []string{"a", "bbb", "cc"} {
		if ready, fresh := p.take(arrives(byte(i+1), "o", json)); len(ready) != 0 || !fresh {
			t.Fatalf("%d piles go at once", len(ready))
		}
	}
	p.bytes += maxPiledUp
	ready, _ := p.take(arrives(1, "p", "d"))
	if len(ready) != 1 || ready[0].bytes != 3 || p.pending[stele.Subject{2}] != nil || p.bytes != maxPiledUp+4 {
		t.Errorf("not the largest goes: %d", len(ready))
	}
	p.bytes -= maxPiledUp
	p.pending[stele.Subject{3}].bytes = maxBatchBytes
	if ready, _ = p.take(arrives(3, "p", "e")); len(ready) != 1 || len(ready[0].arrivals) != 2 || len(p.pending) != 1 {
		t.Errorf("one that is full waits")
	}
	dry := pilesOf(t, w, ImportOptions{Dry: true})
	dry.bytes = 2 * maxPiledUp
	if ready, fresh := dry.take(arrives(1, "o", "a")); len(ready) != 0 || !fresh || len(dry.pending) != 0 || dry.done[0].Delivered != 1 {
		t.Errorf("a dry run has %d piles go", len(ready))
	}
}

// TestTheNameOfADeliveryIsNotedOnce, and none of what is of nobody by its type, but of medicines.
func TestTheNameOfADeliveryIsNotedOnce(t *testing.T) {
	p := pilesOf(t, newDesk(t), ImportOptions{})
	first := arrives(1, "o", "a")
	p.take(first)
	prints := p.pending[first.subject].prints()
	if len(prints) != 2 || prints[1] != p.desk.namePrint("Observation/o") {
		t.Fatalf("%d are noted of what is new", len(prints))
	}
	p.seen.known[prints[1]] = struct{}{}
	p.remove(first.subject)
	p.take(arrives(1, "o", "b"))
	if n := len(p.pending[first.subject].prints()); n != 1 {
		t.Errorf("%d are noted of what has its name there", n)
	}
	for typ, want := range map[string]int{"Practitioner": 1, "Medication": 2} {
		of := arrives(2, "m"+typ, typ)
		of.record.Type = typ
		p.take(of)
		if n := len(p.remove(of.subject).prints()); n != want {
			t.Errorf("%d are noted of a %s, want %d", n, typ, want)
		}
	}
}

// TestR38AnotherLabelIsWithdrawnWithItsRecord: the withdrawal of the older version goes
// with the newer one, whichever came first.
func TestR38AnotherLabelIsWithdrawnWithItsRecord(t *testing.T) {
	w := newDesk(t)
	version := func(n string, c stele.Category) arrival {
		a := arrives(1, "o", n)
		a.record.Version, a.record.Category = n, c
		return a
	}
	for what, c := range map[string]struct {
		first, second arrival
		older         string // whose withdrawal comes; "" for none
	}{
		"under one label":             {version("1", stele.Results), version("2", stele.Results), ""},
		"under another":               {version("1", stele.Results), version("2", stele.Vitals), "1"},
		"under another, turned about": {version("2", stele.Results), version("1", stele.Vitals), "1"},
	} {
		p := pilesOf(t, w, ImportOptions{})
		p.take(c.first)
		p.take(c.second)
		all := p.pending[stele.Subject{1}].arrivals
		if c.older == "" {
			if len(all) != 2 {
				t.Errorf("%s: %d go", what, len(all))
			}
			continue
		}
		older := c.first
		if c.older == c.second.record.Version {
			older = c.second
		}
		if last := all[len(all)-1]; len(all) != 3 || !last.with || last.record.Type != "Provenance" || last.kept.Withdraws[0] != older.record.Handle.String() || last.record.Category != older.record.Category {
			t.Errorf("%s: %d go, the last %+v", what, len(all), all[len(all)-1].record)
		}
	}
}

// TestOnePatientsTroubleIsItsFilesWhereAllOfItIsOfOne: where a subject was named, or what
// did not arrive goes whole, the file has failed; else its records have.
func TestOnePatientsTroubleIsItsFilesWhereAllOfItIsOfOne(t *testing.T) {
	w := newDesk(t)
	denied := stele.E("deliver", stele.KindDenied, "no grant", nil)
	for what, c := range map[string]struct {
		o     ImportOptions
		whole int
		err   error
		fails bool // the file
		ends  bool // the import
	}{
		"records of several":  {err: denied},
		"a subject was named": {o: ImportOptions{Subject: stele.Subject{1}}, err: denied, fails: true},
		"a transaction":       {whole: 3, err: denied, fails: true},
		"nobody answers":      {err: wallettest.ErrSilent, ends: true},
	} {
		p := pilesOf(t, w, c.o)
		a, other := arrives(1, "o", "a"), arrives(1, "p", "b")
		a.file, a.whole = 2, c.whole
		a.entry.file = 2
		p.trouble(&pile{arrivals: []arrival{other, a, {file: -1}}}, c.err)
		if failed := p.done[2].Err != nil; failed != c.fails || p.done[0].Err != nil && c.o.Subject.IsZero() {
			t.Errorf("%s: of its file %v, of the other %v", what, p.done[2].Err, p.done[0].Err)
		}
		if ends := p.failed() != nil; ends != c.ends || ends == (p.troubled[stele.Subject{1}] == endsDenied) || !ends && p.done[2].Denied != 1 {
			t.Errorf("%s: it ends %v, %+v", what, ends, p.troubled)
		}
	}
}

// TestTheFirstTroubleIsTold, which ended the import; the others follow from it.
func TestTheFirstTroubleIsTold(t *testing.T) {
	p := pilesOf(t, newDesk(t), ImportOptions{})
	p.stop(wallettest.ErrSilent)
	p.stop(context.Canceled)
	if err := p.finish(); !errors.Is(err, wallettest.ErrSilent) {
		t.Errorf("told is %v", err)
	}
}

// TestR38WhatComesBackDoesSoAtTheEnd, when no more of the files is to come.
func TestR38WhatComesBackDoesSoAtTheEnd(t *testing.T) {
	p := pilesOf(t, newDesk(t), ImportOptions{Dry: true})
	p.slots = semaphore.NewWeighted(maxAtWork)
	m := p.memory(stele.Subject{1})
	for _, json := range []string{"a", "b"} {
		k := p.print(arrives(1, "o", json)).kept
		k.submission = stele.ID{1}
		m.add(k)
		p.seen.known[k.Print] = struct{}{}
	}
	if !p.put(arrives(1, "o", "a")) || p.done[0].Delivered != 0 {
		t.Fatal("an older value is not waited with")
	}
	if err := p.finish(); err != nil || p.done[0].Delivered != 1 || len(p.done[0].Warnings) != 1 {
		t.Errorf("%+v, %v", p.done[0], err)
	}
}
