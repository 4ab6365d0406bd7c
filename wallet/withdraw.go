package wallet

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// A withdrawal is a record itself: a FHIR Provenance of the activity DELETE whose
// targets are what its source takes back. Whoever tells the chart honours it for
// records of the same source only.

// HandleSystem is the identifier system by which a withdrawal names a record by
// its handle: one delivery, not all of a name.
const HandleSystem = "urn:stele:handle"

const dataOperation = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"

// Withdrawal says what is taken back.
type Withdrawal struct {
	Names      []string // "AllergyIntolerance/a9", or handles
	All        bool     // everything delivered to the patient from here
	Submission stele.ID // everything of one submission
	Reason     string
}

// Withdrawn says what was taken back.
type Withdrawn struct {
	Names []string
	Delivered
}

// Withdraw takes back what this organisation delivered into a patient's chart. It
// needs the patient's write grant, as a delivery does. It fails with KindNotFound
// when nothing of a name was delivered from here, or all of it is withdrawn.
func (s *Session) Withdraw(ctx context.Context, subject stele.Subject, w Withdrawal) (Withdrawn, error) {
	const op = "withdraw"
	if strings.TrimSpace(w.Reason) == "" {
		return Withdrawn{}, stele.E(op, stele.KindUsage, "why is it withdrawn?", nil).WithHint("give --reason; the patient reads it")
	}
	seen, err := s.delivered()
	if err == nil {
		err = s.settle(ctx, seen)
	}
	if err != nil {
		return Withdrawn{}, err
	}
	m, err := s.recall(subject)
	if err != nil {
		return Withdrawn{}, err
	}
	names := w.Names
	for name, these := range m.byName {
		for _, k := range these {
			if name == k.name() && !k.withdrawn && len(k.Withdraws) == 0 && (w.All || k.submission == w.Submission && !w.Submission.IsZero()) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	p := new(pile)
	for _, name := range names {
		standing := m.standing(name)
		if len(standing) == 0 {
			return Withdrawn{}, stele.E(op, stele.KindNotFound, "nothing called "+name+" stands in that chart from here", nil).
				WithHint("stele withdraw --list --patient … lists what was delivered")
		}
		s.withdraw(p, subject, []string{name}, standing, w.Reason)
	}
	if len(p.arrivals) == 0 {
		return Withdrawn{}, stele.E(op, stele.KindNotFound, "nothing that was delivered there from here stands", nil)
	}
	d, err := s.deliverUnder(ctx, seen, subject, p)
	return Withdrawn{names, d}, err
}

// Stands lists what this organisation delivered to a patient and has not
// withdrawn, by name.
func (s *Session) Stands(subject stele.Subject) ([]Standing, error) {
	m, err := s.recall(subject)
	if err != nil {
		return nil, err
	}
	var out []Standing
	for name, these := range m.byName {
		for _, k := range these {
			if name == k.name() && !k.withdrawn && len(k.Withdraws) == 0 {
				out = append(out, Standing{Name: name, Version: k.Version, When: k.When, Category: k.Category, Submission: k.submission})
			}
		}
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return strings.Compare(a.Name+"\x00"+a.Version+a.Submission.String(), b.Name+"\x00"+b.Version+b.Submission.String())
	})
	return out, nil
}

// Standing is a record that was delivered and not withdrawn.
type Standing struct {
	Name       string // "Observation/1"; its handle when it has no id
	Version    string
	When       string
	Category   stele.Category
	Submission stele.ID
}

// withdraw puts withdrawals of records onto a pile: one for each label and date
// that they stand under, so that whoever finds one of them finds its withdrawal.
func (s *Session) withdraw(p *pile, subject stele.Subject, targets []string, records []*kept, reason string) {
	places := map[string]*kept{}
	for _, k := range records {
		if places[k.place()] == nil {
			places[k.place()] = k
			p.add(s.withdrawal(subject, targets, k, reason))
		}
	}
}

// withdrawal makes one, labelled as a record is.
func (s *Session) withdrawal(subject stele.Subject, targets []string, like *kept, reason string) arrival {
	type reference struct {
		Reference  string            `json:"reference,omitempty"`
		Identifier map[string]string `json:"identifier,omitempty"`
	}
	var to []reference
	for _, t := range targets {
		if strings.Contains(t, "/") {
			to = append(to, reference{Reference: t})
		} else {
			to = append(to, reference{Identifier: map[string]string{"system": HandleSystem, "value": t}})
		}
	}
	id := stele.NewID()
	who := reference{Identifier: map[string]string{"system": "urn:ietf:rfc:3986", "value": s.Subject().String()}}
	body := struct {
		ResourceType string           `json:"resourceType"`
		ID           string           `json:"id"`
		Target       []reference      `json:"target"`
		Recorded     string           `json:"recorded"`
		Reason       []map[string]any `json:"reason,omitempty"`
		Activity     map[string]any   `json:"activity"`
		Agent        []map[string]any `json:"agent"`
	}{
		"Provenance", id.String(), to, s.Clock().UTC().Format(time.RFC3339), nil,
		map[string]any{"coding": []map[string]string{{"system": dataOperation, "code": "DELETE"}}},
		[]map[string]any{{"who": who}},
	}
	if reason != "" {
		body.Reason = []map[string]any{{"text": reason}}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic("wallet: " + err.Error()) // of texts and maps of texts
	}
	a := arrival{file: -1, subject: subject, record: Incoming{
		JSON: raw, Type: "Provenance", When: like.When, Category: like.Category, Sensitivity: like.Sensitivity, Year: like.Year,
		Handle: stele.NewID(), ID: id.String(),
	}}
	a.kept = keptOf(a.record, "", s.fingerprint(subject, raw))
	a.kept.Withdraws = targets
	return a
}

// deletion is a DELETE of a file.
type deletion struct {
	file  int
	where string
	name  string
	to    []stele.Subject
	here  bool // in the charts of to alone
}

// delete notes a DELETE: what it takes back is withdrawn when everything else is
// delivered.
func (p *part) deletion(e fhir.Entry, v intake.Verdict, where string) (refused string) {
	if why := p.refuse(where, e.Issues); why != "" {
		return why
	}
	switch {
	case v.Refused != "":
		p.reject(where + ": DELETE: " + v.Refused)
		return v.Refused
	case v.Newer:
		p.warn(where + ": DELETE " + v.Deletes + ": the file holds a newer version, which stays")
	default:
		p.now.deletes = append(p.now.deletes, deletion{file: p.file, where: where, name: v.Deletes, to: v.To})
	}
	return ""
}

// deletesBy notes what a Provenance of a file says was deleted. It goes into the chart
// as it is, but stands under its own label, where not everybody reads it who reads
// what it takes back.
func (p *part) deletesBy(r *fhir.Resource, to []stele.Subject, where string) {
	if r.Type() != "Provenance" || !slices.Contains(r.All("activity.coding.code"), "DELETE") || !slices.Contains(r.All("activity.coding.system"), dataOperation) {
		return
	}
	for _, ref := range r.All("target.reference") {
		if _, name := fhir.Base(ref); name != "" && !strings.Contains(ref, "/_history/") {
			p.now.deletes = append(p.now.deletes, deletion{file: p.file, where: where, name: name, to: to, here: true})
		}
	}
}

// takeBack withdraws what the files delete, from every chart into which it was
// delivered from here.
func (im *importing) takeBack(ctx context.Context) error {
	if len(im.deletes) == 0 {
		return nil
	}
	names := map[string]bool{}
	for _, d := range im.deletes {
		names[d.name] = true
	}
	found, err := im.s.whoHas(names)
	if err != nil {
		return err
	}
	back := map[stele.Subject]*pile{}
	for _, d := range im.deletes {
		subjects := found[d.name]
		if d.here {
			subjects = slices.DeleteFunc(slices.Clone(subjects), func(s stele.Subject) bool { return !slices.Contains(d.to, s) })
			if len(subjects) == 0 {
				continue
			}
		}
		if im.o.Dry && !d.here {
			for _, subject := range d.to {
				subjects = append(subjects, subject)
			}
		}
		if len(subjects) == 0 {
			im.count(d.file, func(i *Imported) { i.Known++ })
			continue // never delivered from here, or withdrawn already
		}
		for _, subject := range subjects {
			if back[subject] == nil {
				back[subject] = new(pile)
			}
			m, err := im.s.recall(subject)
			if err != nil {
				return err
			}
			im.s.withdraw(back[subject], subject, []string{d.name}, m.standing(d.name), "")
		}
		found[d.name] = slices.DeleteFunc(found[d.name], func(s stele.Subject) bool { return slices.Contains(subjects, s) }) // a second DELETE has nothing left
		im.count(d.file, func(i *Imported) { i.Withdrawn++ })
	}
	for _, subject := range sorted(back) {
		if im.o.Dry || len(back[subject].arrivals) == 0 {
			continue
		}
		if _, err := im.s.deliverUnder(ctx, im.seen, subject, back[subject]); err != nil {
			return err
		}
	}
	return nil
}

func sorted(piles map[stele.Subject]*pile) []stele.Subject {
	var out []stele.Subject
	for subject := range piles {
		out = append(out, subject)
	}
	slices.SortFunc(out, func(a, b stele.Subject) int { return strings.Compare(string(a[:]), string(b[:])) })
	return out
}
