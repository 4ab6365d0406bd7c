package town

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/keyring"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

// This file is who lives in a town, and what stories have them do.

// NewFile makes a wallet file.
func (w *Town) NewFile(name string, kind wallet.Kind) *wallet.Wallet {
	return w.NewFileOf(name, kind, nil)
}

// NewFileOf is NewFile, for whoever claims the chart of a slip.
func (w *Town) NewFileOf(name string, kind wallet.Kind, claims *keyring.Slip) *wallet.Wallet {
	w.people++
	held, err := wallet.Create(filepath.Join(w.folder, fmt.Sprintf("%03d%s", w.people, wallet.Suffix)), Passphrase, pebblestore.Folders{}, wallet.Options{Kind: kind, Name: name, WorkFactor: 1, Claims: claims})
	w.Must(err)
	return held
}

// Session puts a wallet to work, its own member first.
func (w *Town) Session(held *wallet.Wallet) *client.Session {
	g, err := proof.ReadGenesis(w.Genesis)
	w.Must(err)
	n := &members.Network{Genesis: w.Genesis, Members: slices.Clone(w.Members)}
	slices.SortStableFunc(n.Members, func(a, b members.Member) int {
		switch {
		case a.Subject == held.Subject():
			return -1
		case b.Subject == held.Subject():
			return 1
		}
		return 0
	})
	return client.Of(wallet.NewSession(held, n, g.History()))
}

// NewPerson makes somebody with a subject on the ledger.
func (w *Town) NewPerson(name string, kind wallet.Kind) *client.Session {
	s := w.Session(w.NewFile(name, kind))
	w.Closes = append(w.Closes, s.Close)
	_, err := s.Join(w.T.Context())
	w.Must(err)
	return s
}

// NewPatient makes a patient who lets members write.
func (w *Town) NewPatient(name string, hospitals ...string) *client.Session {
	p := w.NewPerson(name, wallet.Patient)
	for _, h := range hospitals {
		_, _, err := p.Give(w.T.Context(), w.ContactOf(p, w.Orgs[h]), wallet.DirectCareWrite(time.Now().AddDate(5, 0, 0)))
		w.Must(err)
		_, err = w.Orgs[h].Collect(w.T.Context())
		w.Must(err)
	}
	return p
}

// NewDoctor makes a practitioner for whom a member vouches.
func (w *Town) NewDoctor(name, at string) *client.Session {
	d := w.NewPerson(name, wallet.Practitioner)
	w.Must(d.Enlist(w.T.Context(), w.Orgs[at].Session, wallet.Profile{
		Role: "doctor", Organisation: w.Orgs[at].Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
	}))
	return d
}

func (w *Town) ContactOf(of, to *client.Session) wallet.Contact {
	c, err := of.Find(w.T.Context(), to.Subject().String())
	w.Must(err)
	return c
}

// Terms are the terms of an ordinary read grant.
func Terms(categories ...stele.Category) wallet.Terms {
	return wallet.Terms{Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: categories, End: time.Now().Add(24 * time.Hour)}
}

// Gives gives a grant and has it collected.
func (w *Town) Gives(p, to *client.Session, categories ...stele.Category) wallet.Given {
	given, _, err := p.Give(w.T.Context(), w.ContactOf(p, to), Terms(categories...))
	w.Must(err)
	_, err = to.Collect(w.T.Context())
	w.Must(err)
	return given
}

// Delivers has a member deliver notes.
func (w *Town) Delivers(at string, p *client.Session, records ...delivery.Incoming) delivery.Delivered {
	held, err := w.Orgs[at].HeldWriteGrant(p.Subject())
	w.Must(err)
	d, err := w.Orgs[at].Delivery.Deliver(w.T.Context(), held, records)
	w.Must(err)
	return d
}

// Note is a small record.
func Note(id string, category stele.Category, when string) delivery.Incoming {
	year := 0
	if len(when) >= 4 {
		_, _ = fmt.Sscanf(when[:4], "%d", &year)
	}
	return delivery.Incoming{
		JSON: fmt.Appendf(nil, `{"resourceType":"Basic","id":%q,"code":{"text":"note"}}`, id), Type: "Basic", When: when, Category: category, Year: year,
	}
}

// IDs returns the sorted ids of a chart's records.
func IDs(chart *reading.Chart) string {
	var out []string
	for _, r := range chart.Records {
		var named struct{ ID string }
		_ = json.Unmarshal(r.JSON, &named)
		out = append(out, named.ID)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

var FollowUp = reading.Question{Purpose: stele.Treatment, Reason: "follow-up"}

// Bend returns a session in which one member is another than it should be.
func Bend(s *client.Session, name string, change func(*members.Member)) *client.Session {
	network := &members.Network{Genesis: s.Network.Genesis, Members: slices.Clone(s.Network.Members)}
	for i := range network.Members {
		if network.Members[i].Name == name {
			change(&network.Members[i])
		}
	}
	on := wallet.NewSession(s.Wallet, network, s.History())
	on.Clock = s.Clock
	return client.Of(on)
}

// Post has all trustees put their receipts on the ledger.
func (w *Town) Post() {
	for _, t := range w.trustees {
		w.Must(t.Post(w.T.Context()))
	}
	w.WriteBlock()
}

func (w *Town) Must(err error) {
	w.T.Helper()
	if err != nil {
		out := err.Error()
		for at := errors.Unwrap(err); at != nil; at = errors.Unwrap(at) {
			out += "\n  because " + at.Error()
		}
		w.T.Fatal(out)
	}
}

// Wants fails unless err is of a kind.
func (w *Town) Wants(err error, kind stele.Kind, what string) {
	w.T.Helper()
	if err == nil || stele.KindOf(err) != kind {
		w.T.Errorf("%s: %v; want %v", what, err, kind)
	}
}

// Says reports whether one of the texts holds a part.
func Says(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, part) })
}

// Blames reports whether a fault of a member says something.
func Blames(c *reading.Chart, member, part string) bool {
	return slices.ContainsFunc(c.Faults, func(f reading.Fault) bool { return f.Member == member && strings.Contains(f.What, part) })
}
