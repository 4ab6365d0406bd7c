package delivery

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
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
	Names      []string // "AllergyIntolerance/a9", of one version "AllergyIntolerance/a9/_history/2", or handles
	All        bool     // everything delivered to the patient from here
	Submission stele.ID // everything of one submission
	Reason     string
}

// Withdrawn says what was taken back.
type Withdrawn struct {
	Names []string
	Newer []string // what they are called of which a newer version stands, and counts
	Older []string // what they are called of which older ones went, too, as nothing older comes back
	Delivered
}

// Withdraw takes back what this organisation delivered into a patient's chart. It
// needs the patient's write grant, as a delivery does. It fails with KindNotFound
// when nothing of a name was delivered from here, or all of it is withdrawn.
func (d *Desk) Withdraw(ctx context.Context, subject stele.Subject, w Withdrawal) (Withdrawn, error) {
	const op = "withdraw"
	if strings.TrimSpace(w.Reason) == "" {
		return Withdrawn{}, stele.E(op, stele.KindUsage, "why is it withdrawn?", nil).WithHint("give --reason; the patient reads it")
	}
	seen, err := d.delivered()
	if err == nil {
		err = d.settle(ctx, seen)
	}
	if err != nil {
		return Withdrawn{}, err
	}
	m, err := d.recall(subject)
	if err != nil {
		return Withdrawn{}, err
	}
	all, err := m.chosen(w, d.w.Links().Own())
	if err != nil {
		return Withdrawn{}, err
	}
	p, done := new(pile), Withdrawn{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		these, standing := all[name], m.standing(name)
		targets := []string{name}
		switch {
		case !slices.Contains(these, newest(standing)): // the name would take back that, too
			targets = handlesIn(these)
			done.Newer = append(done.Newer, these[0].told())
		case len(these) < len(standing): // nothing older comes back
			these = standing
			done.Older = append(done.Older, these[0].told())
		}
		d.withdraw(p, subject, targets, these, w.Reason)
		done.Names = append(done.Names, name)
	}
	if len(p.arrivals) == 0 {
		return Withdrawn{}, stele.E(op, stele.KindNotFound, NothingStands, nil).WithHint(listsThem)
	}
	done.Delivered, err = d.deliverParts(ctx, seen, subject, p)
	return done, err
}

// newest is what counts of a name.
func newest(standing []*kept) *kept {
	last := standing[0]
	for _, k := range standing[1:] {
		if k.newer(last) {
			last = k
		}
	}
	return last
}

// chosen is what a withdrawal names, by the name of each.
func (m *memory) chosen(w Withdrawal, table *intake.Table) (map[string][]*kept, error) {
	all := map[string][]*kept{}
	add := func(name string, these ...*kept) {
		for _, k := range these {
			if !slices.Contains(all[name], k) {
				all[name] = append(all[name], k)
			}
		}
	}
	for name, these := range m.byName {
		for _, k := range stand(these) {
			if name == k.name() && (w.All || k.submission == w.Submission && !w.Submission.IsZero()) {
				add(name, k)
			}
		}
	}
	for _, name := range w.Names {
		of, version, one := strings.Cut(name, "/_history/")
		called, err := m.meant(of, table)
		if err != nil {
			return nil, err
		}
		these := m.standing(called)
		if one {
			these = slices.DeleteFunc(these, func(k *kept) bool { return k.Version.said() != version })
		}
		if len(these) == 0 {
			return nil, standsNone(name).WithHint(listsThem)
		}
		add(called, these...)
	}
	return all, nil
}

const listsThem = "stele withdraw --list --patient … lists what was delivered, as far as this wallet remembers it; what an earlier release delivered, or a wallet that lost its memory, is imported again with the status that it has now"

// NothingStands says that nothing can be withdrawn from a chart.
const NothingStands = "of what this wallet remembers having delivered there nothing stands"

func standsNone(name string) *stele.Error {
	return stele.E("withdraw", stele.KindNotFound, "this wallet remembers nothing called "+name+" that stands in that chart", nil)
}

// meant finds what stands under a name: "Observation/1", or as it is called on its
// server, "https://lab.example/fhir/Observation/1". Without it a name is the organisation's
// own, else the only server's that has one of that id there. What showed no server is of the
// organisation's own.
func (m *memory) meant(name string, table *intake.Table) (called string, err error) {
	base, there := fhir.Base(name)
	if base == "" && len(m.standing(name)) > 0 {
		return name, nil
	}
	if base != "" {
		for _, k := range append(m.standing(there), stand(m.guests[there])...) {
			if intake.Server(k.base) == intake.Server(base) || !table.Foreign(k.base) && !table.Foreign(base) {
				return k.name(), nil
			}
		}
	}
	none := standsNone(name)
	if guests := stand(m.guests[name]); len(guests) > 0 {
		for _, k := range guests {
			if k.name() != guests[0].name() {
				return "", none.WithHint("two servers have one of that id; say which: " + guests[0].origin() + " or " + k.origin())
			}
		}
		return guests[0].name(), nil
	}
	return "", none.WithHint(listsThem)
}

// there is what the server of a record calls it where it has another id here, else "".
func (k *kept) there() string {
	if k.Was == "" {
		return ""
	}
	return k.Type + "/" + k.Was
}

// told is what a screen calls a record: as it is called on its server, where it has
// another id here.
func (k *kept) told() string {
	if k.Was == "" || k.base == "" {
		return k.name()
	}
	return k.origin()
}

// origin is what a record is called on its server, in full; "" when that is not
// known.
func (k *kept) origin() string {
	if k.base == "" || k.ID == "" {
		return ""
	}
	return k.base + "/" + k.Type + "/" + cmp.Or(k.Was, k.ID)
}

// withdrawing is the command that takes a record back from a chart.
func (d *Desk) withdrawing(name string, from stele.Subject) string {
	return "stele withdraw " + intake.Word(name) + " --patient " + d.asPatient(from) + " --reason \"…\""
}

// listing is the command that lists what may be taken back from a chart.
func (d *Desk) listing(of stele.Subject) string {
	return "stele withdraw --list --patient " + d.asPatient(of)
}

// asPatient is how commands call a patient: by a number, if she has one here.
func (d *Desk) asPatient(from stele.Subject) string {
	patient := from.String()
	links, _ := d.w.Links().Of(from) // where they can't be read, she is called by her DID
	for _, l := range links {
		if l.System != intake.PatientID {
			patient = l.Number
			break
		}
	}
	return intake.Word(patient)
}

// Standing lists what this organisation delivered to a patient and has not
// withdrawn, by name.
func (d *Desk) Standing(subject stele.Subject) ([]Standing, error) {
	m, err := d.recall(subject)
	if err != nil {
		return nil, err
	}
	var out []Standing
	for name, these := range m.byName {
		for _, k := range stand(these) {
			if name == k.name() {
				out = append(out, Standing{Name: name, Version: k.Version.said(), When: k.When, Category: k.Category, Submission: k.submission, Origin: k.origin()})
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
	Origin     string // what it is called on its server, "https://lab.example/fhir/Observation/1"; "" when that is not known
}

// withdraw puts withdrawals of records onto a pile: one for each label and date
// that they stand under, so that whoever finds one of them finds its withdrawal.
func (d *Desk) withdraw(p *pile, subject stele.Subject, targets []string, records []*kept, reason string) {
	places := map[string]*kept{}
	for _, k := range records {
		if places[k.place()] == nil {
			places[k.place()] = k
			p.add(d.withdrawal(subject, targets, k, reason))
		}
	}
}

// withdrawal makes one, labelled as a record is.
func (d *Desk) withdrawal(subject stele.Subject, targets []string, like *kept, reason string) arrival {
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
	who := reference{Identifier: map[string]string{"system": "urn:ietf:rfc:3986", "value": d.w.Subject().String()}}
	body := struct {
		ResourceType string           `json:"resourceType"`
		ID           string           `json:"id"`
		Target       []reference      `json:"target"`
		Recorded     string           `json:"recorded"`
		Reason       []map[string]any `json:"reason,omitempty"`
		Activity     map[string]any   `json:"activity"`
		Agent        []map[string]any `json:"agent"`
	}{
		"Provenance", id.String(), to, d.w.Clock().UTC().Format(time.RFC3339), nil,
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
	a.kept = keptOf(a.record, "", d.fingerprint(subject, raw))
	a.kept.Withdraws = targets
	return a
}
