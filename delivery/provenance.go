package delivery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// A Provenance of activity DELETE takes back its targets, as a DELETE does.

// deletesBy notes what a Provenance of a file says was deleted, or why it cannot go on.
// It goes into the chart as it is, but stands under its own label, where not everybody
// reads it who reads what it takes back.
func (p *part) deletesBy(r *fhir.Resource, to []stele.Subject, at int, where string) (refused string) {
	switch is, other := deleting(r); {
	case !is:
		return ""
	case other != "":
		return "its activity is DELETE and " + other + ": which of them is not said"
	}
	stood := map[stele.Subject][16]byte{}
	for _, subject := range to {
		if print := p.desk.fingerprint(subject, r.JSON); p.seen.has(print) {
			stood[subject] = print
		}
	}
	base, strange := p.plan.Origin(p.file, at).Base, p.plan.Strange(p.file, at)
	var noted []deletion
	note := func(name, version string) {
		noted = append(noted, deletion{Deletion: intake.Deletion{Name: name, Called: name, Updated: r.Path("recorded")}, file: p.file, where: where, to: to, here: true, stood: stood, only: version, from: base})
	}
	for i := 0; r.Raw(fmt.Sprintf("target[%d]", i)) != nil; i++ {
		at := fmt.Sprintf("target[%d].", i)
		ref := r.Path(at + "reference")
		_, name := fhir.Base(ref)
		if strings.HasPrefix(ref, uuidPrefix) {
			name = ref
		}
		if name == "" && r.Path(at+"identifier.system") == HandleSystem { // the chart goes by it, too
			name = strings.ToLower(strings.TrimSpace(r.Path(at + "identifier.value")))
		}
		if name == "" {
			continue
		}
		if why := p.unshown(to, name, base, strange); why != "" {
			return why
		}
		_, version, _ := strings.Cut(ref, "/_history/")
		note(name, version)
	}
	p.now.deletes = append(p.now.deletes, noted...)
	return ""
}

// outlived names what a Provenance says was deleted before the version that a chart
// holds was made. There it might take that back: what came in an earlier delivery
// gives way to a withdrawal where its own time can't be believed.
func (p *part) outlived(r *fhir.Resource, to []stele.Subject) string {
	if is, _ := deleting(r); !is {
		return ""
	}
	d := deletion{Deletion: intake.Deletion{Updated: r.Path("recorded")}}
	for _, ref := range r.All("target.reference") {
		_, name := fhir.Base(ref)
		if name == "" || strings.Contains(ref, "/_history/") {
			continue
		}
		for _, subject := range to {
			if p.seen.has(p.desk.fingerprint(subject, r.JSON)) {
				continue // it is there already
			}
			if m, err := p.desk.recall(subject); err == nil && slices.ContainsFunc(m.standing(name), d.before) {
				return name
			}
		}
	}
	return ""
}

// unshown says why a Provenance of a server may not take back what stands, or comes with
// it, under a name: it is another server's, or showed none, and may be.
func (p *part) unshown(to []stele.Subject, name, base string, strange bool) string {
	others := func(of, where string) string {
		if p.ofTwo(base, of) || strange && of == "" && strings.Contains(name, "/") { // a UUID is nobody else's
			return fmt.Sprintf("it is %s's, and the server of %s in %s is %s; stele withdraw takes it back there", cmp.Or(base, "your own server"), name, where, cmp.Or(of, "not known"))
		}
		return ""
	}
	for _, of := range p.plan.Bases(name) {
		if why := others(of, "these files"); why != "" {
			return why
		}
	}
	for _, subject := range to {
		m, err := p.desk.recall(subject)
		if err != nil {
			return err.Error()
		}
		for _, k := range m.standing(m.named(name)) {
			if why := others(k.base, p.chart(subject)); why != "" {
				return why
			}
		}
	}
	return ""
}

// deleting reports whether a resource is a Provenance of activity DELETE, and of which
// other activity of HL7's it is, too.
func deleting(r *fhir.Resource) (is bool, other string) {
	if r.Type() != "Provenance" {
		return false, ""
	}
	for i := 0; ; i++ {
		at := fmt.Sprintf("activity.coding[%d]", i)
		switch code := r.Path(at + ".code"); {
		case r.Raw(at) == nil:
			return is, other
		case r.Path(at+".system") != dataOperation:
		case code == "DELETE":
			is = true
		default:
			other = code
		}
	}
}
