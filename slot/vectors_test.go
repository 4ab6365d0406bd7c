package slot_test

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	. "github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// slotVectors are documents, what they mean and allow, and envelopes of them. The fields stand
// in docs/protocol/services.md.
type slotVectors struct {
	About     string           `json:"about"`
	Documents []documentVector `json:"documents"`
	Askings   []askingVector   `json:"askings"`
	Labels    []labelVector    `json:"labels"`
	Folios    []folioVector    `json:"folios"`
	Capsules  []capsulesVector `json:"capsules"`
	Sealed    []sealedVector   `json:"sealed"`
}

type documentVector struct {
	What     string         `json:"what"`
	Document vectortest.Hex `json:"document"`
	Slot     *meaning       `json:"slot"` // null: refused
	Says     string         `json:"says,omitempty"`
}

type meaning struct {
	Nothing     bool                `json:"nothing"`
	Categories  []stele.Category    `json:"categories"` // that are opened
	Sensitivity []stele.Sensitivity `json:"sensitivity"`
	Roles       []string            `json:"roles"`
	Facilities  []string            `json:"facilities"`
	Excluded    []stele.Subject     `json:"excluded"`

	Restrictions int    `json:"restrictions"`
	Restricts    string `json:"restricts,omitempty"` // in sentences
}

// folioVector is a folio, and whether a document restricts it.
type folioVector struct {
	Document    int                 `json:"document"`
	Folio       stele.Digest        `json:"folio"`
	Category    stele.Category      `json:"category"`
	Sensitivity []stele.Sensitivity `json:"sensitivity"`
	Year        int                 `json:"year"`
	Source      stele.Subject       `json:"source"`
	Restricted  bool                `json:"restricted"`
	Emergency   bool                `json:"in_emergencies"` // restricted then

	Handle vectortest.Hex `json:"handle"` // of a record in it
	Record []bool         `json:"record"` // whether that is, and then
	Beside bool           `json:"beside"` // it needs a capsule of its own
}

// capsulesVector are capsules that go with a slot, how its document names them, and how many records they
// are of; null: refused.
type capsulesVector struct {
	What   string         `json:"what"`
	Raw    vectortest.Hex `json:"raw"`
	Digest vectortest.Hex `json:"digest"`
	Count  *int           `json:"count"`
}

type askingVector struct {
	Document     int           `json:"document"`
	Who          stele.Subject `json:"who"`
	Organisation stele.Subject `json:"organisation"`
	Role         string        `json:"role"`
	Facility     string        `json:"facility"`
	Why          Reason        `json:"why"` // empty: permitted
}

type labelVector struct {
	Document    int                 `json:"document"`
	Category    stele.Category      `json:"category"`
	Sensitivity []stele.Sensitivity `json:"sensitivity"`
	Why         Reason              `json:"why"`
}

type sealedVector struct {
	Seed       vectortest.Hex `json:"seed"`
	Member     stele.Subject  `json:"member"`
	Subject    stele.Subject  `json:"subject"`
	Salt       vectortest.Hex `json:"salt"`
	Commitment vectortest.Hex `json:"commitment"`
	Document   int            `json:"document"`
	Envelope   vectortest.Hex `json:"envelope"`
}

// all writes a list out, also an empty one.
func all[T any](list []T) []T { return append([]T{}, list...) }

func document(what string, m *wire.EmergencySlot) documentVector { return bare(what, wire.Marshal(m)) }

func bare(what string, raw []byte) documentVector {
	d := documentVector{What: what, Document: raw}
	if s, err := Read(raw); err == nil {
		d.Slot = &meaning{s.Nothing, all(s.Opens()), all(s.Sensitivity), all(s.Roles), all(s.Facilities), all(s.Excluded),
			len(s.Restrictions), strings.Join(s.SayRestrictions(stele.Subject.String), "\n")}
		d.Says = strings.Join(s.Say(stele.Subject.String), "\n")
	}
	return d
}

// makeVectors computes everything from fixed inputs. Envelopes that still open are taken over
// from old: they are another each time.
func makeVectors(t *testing.T, old *slotVectors) *slotVectors {
	v := &slotVectors{About: "Bytes are hexadecimal. Envelopes are for opening only.", Documents: []documentVector{
		document("nothing said", new(wire.EmergencySlot)),
		document("nobody may", &wire.EmergencySlot{Nothing: true}),
		document("much", &wire.EmergencySlot{Categories: []string{"allergies", "results"}, Sensitivity: []string{"HIV", "PSY"}, Roles: []string{"emergency-doctor", "surgeon"},
			Facilities: []string{"emergency-department"}, Excluded: [][]byte{bob[:]}}),
		document("nobody may, and more", &wire.EmergencySlot{Nothing: true, Roles: []string{"surgeon"}}),
		document("out of order", &wire.EmergencySlot{Categories: []string{"results", "allergies"}}),
		document("twice", &wire.EmergencySlot{Sensitivity: []string{"HIV", "HIV"}}),
		document("an unknown category", &wire.EmergencySlot{Categories: []string{"all"}}),
		document("an unknown sensitivity", &wire.EmergencySlot{Sensitivity: []string{"XYZ"}}),
		document("a role that is no code", &wire.EmergencySlot{Roles: []string{"Surgeon"}}),
		document("somebody of 19 bytes", &wire.EmergencySlot{Excluded: [][]byte{bob[:19]}}),
		bare("an unknown field", []byte{0x78, 1}),
		bare("false, written out", []byte{0x08, 0}),
		document("restricted", restrictedEverything()),
		document("restricted, and nothing in an emergency", &wire.EmergencySlot{Nothing: true, Restrictions: restrictedEverything().Restrictions[:1]}),
		document("a restriction of nothing", &wire.EmergencySlot{Restrictions: []*wire.Restriction{{Warning: "w", Language: "en", AtMs: 1}}}),
		document("a restriction without a warning", &wire.EmergencySlot{Restrictions: []*wire.Restriction{{Categories: []string{"results"}, Language: "en", AtMs: 1}}}),
		document("a period backwards", &wire.EmergencySlot{Restrictions: []*wire.Restriction{{FromYear: 2025, ToYear: 2024, Warning: "w", Language: "en", AtMs: 1}}}),
		document("of a record, and of a label", &wire.EmergencySlot{Restrictions: []*wire.Restriction{{
			Records: restrictedEverything().Restrictions[1].Records, Categories: []string{"results"}, Warning: "w", Language: "en", AtMs: 1,
		}}}),
	}}
	v.Folios = folios(t, v.Documents)
	for i := range 3 {
		s, err := Read(v.Documents[i].Document)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []Asking{
			{alice, lakeview, "surgeon", "emergency-department"}, {bob, lakeview, "surgeon", "emergency-department"}, {alice, bob, "surgeon", "emergency-department"},
			{alice, lakeview, "nurse", "emergency-department"}, {alice, lakeview, "surgeon", "clinic"},
		} {
			v.Askings = append(v.Askings, askingVector{i, a.Who, a.Organisation, a.Role, a.Facility, s.Allows(a)})
		}
		for _, l := range []stele.Label{
			{Category: stele.Allergies}, {Category: stele.Summary}, {Category: stele.Results}, {Category: stele.Results, Sensitivity: []stele.Sensitivity{stele.HIV}},
			{Category: stele.Allergies, Sensitivity: []stele.Sensitivity{stele.HIV, stele.SUD}},
		} {
			v.Labels = append(v.Labels, labelVector{i, l.Category, all(l.Sensitivity), s.Covers(l)})
		}
		v.Sealed = append(v.Sealed, sealing(t, v.Documents[i].Document, i, old))
	}
	v.Capsules = capsules()
	return v
}

// capsules are encoded capsules, good and bad.
func capsules() (all []capsulesVector) {
	of := func(b byte) []byte { h := sha256.Sum256([]byte{b}); return h[:] }
	capsule := func(handle byte) *wire.RecordCapsule {
		return &wire.RecordCapsule{Handle: bytes.Repeat([]byte{handle}, 16), Capsule: bytes.Repeat([]byte{handle}, threshold.CapsuleLen)}
	}
	first, second := of(1), of(2)
	if bytes.Compare(first, second) > 0 {
		first, second = second, first
	}
	long := capsule(1)
	long.Capsule = append(long.Capsule, 0)
	for what, m := range map[string]*wire.SlotCapsules{
		"none":                {},
		"three":               {Folios: []*wire.FolioCapsules{{Folio: first, Records: []*wire.RecordCapsule{capsule(1), capsule(2)}}, {Folio: second, Records: []*wire.RecordCapsule{capsule(1)}}}},
		"a folio of none":     {Folios: []*wire.FolioCapsules{{Folio: first}}},
		"a folio twice":       {Folios: []*wire.FolioCapsules{{Folio: first, Records: []*wire.RecordCapsule{capsule(1)}}, {Folio: first, Records: []*wire.RecordCapsule{capsule(2)}}}},
		"folios out of order": {Folios: []*wire.FolioCapsules{{Folio: second, Records: []*wire.RecordCapsule{capsule(1)}}, {Folio: first, Records: []*wire.RecordCapsule{capsule(1)}}}},
		"a record twice":      {Folios: []*wire.FolioCapsules{{Folio: first, Records: []*wire.RecordCapsule{capsule(1), capsule(1)}}}},
		"a capsule too long":  {Folios: []*wire.FolioCapsules{{Folio: first, Records: []*wire.RecordCapsule{long}}}},
		"a folio of 31 bytes": {Folios: []*wire.FolioCapsules{{Folio: first[:31], Records: []*wire.RecordCapsule{capsule(1)}}}},
		"a handle of 15":      {Folios: []*wire.FolioCapsules{{Folio: first, Records: []*wire.RecordCapsule{{Handle: make([]byte, 15), Capsule: capsule(1).Capsule}}}}},
	} {
		raw := wire.Marshal(m)
		digest := wire.SlotCapsulesDigest(raw)
		v := capsulesVector{What: what, Raw: raw, Digest: digest[:]}
		if c, err := ReadCapsules(raw); err == nil {
			n := 0
			for _, records := range c {
				n += len(records)
			}
			v.Count = &n
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b capsulesVector) int { return strings.Compare(a.What, b.What) })
	return all
}

// restrictedEverything restricts in every way that there is.
func restrictedEverything() *wire.EmergencySlot {
	warned := func(r *wire.Restriction) *wire.Restriction {
		r.Warning, r.Language, r.AtMs = "stele.restrict.1", "en", 1_764_493_200_000
		return r
	}
	folio, handle, whole := sha256.Sum256([]byte("folio")), sha256.Sum256([]byte("handle")), sha256.Sum256([]byte("whole"))
	return &wire.EmergencySlot{Capsules: whole[:], Roles: []string{"surgeon"}, Restrictions: []*wire.Restriction{
		warned(&wire.Restriction{Categories: []string{"medications", "results"}, Sources: [][]byte{bob[:]}, FromYear: 2020, ToYear: 2024, InEmergencies: true}),
		warned(&wire.Restriction{Records: []*wire.RestrictedRecord{{Folio: folio[:], Handle: handle[:16]}}}),
		warned(&wire.Restriction{Sensitivity: []string{"HIV", "PSY"}}),
		warned(&wire.Restriction{FromYear: 2026}),
		warned(&wire.Restriction{Records: []*wire.RestrictedRecord{{Folio: whole[:], Handle: handle[:16]}}, WholeFolios: true, InEmergencies: true}),
	}}
}

// folios are folios on both sides of every border of what restrictedEverything says.
func folios(t *testing.T, documents []documentVector) (all []folioVector) {
	i := slices.IndexFunc(documents, func(d documentVector) bool { return d.What == "restricted" })
	s, err := Read(documents[i].Document)
	if err != nil {
		t.Fatal(err)
	}
	here, whole := stele.Digest(sha256.Sum256([]byte("folio"))), stele.Digest(sha256.Sum256([]byte("whole")))
	of := sha256.Sum256([]byte("handle"))
	handle := of[:16]
	for _, f := range []folioVector{
		{Category: stele.Results, Year: 2020, Source: bob}, {Category: stele.Results, Year: 2024, Source: bob}, {Category: stele.Results, Year: 2025, Source: bob},
		{Category: stele.Results, Year: 2019, Source: bob}, {Category: stele.Results, Year: 2022, Source: alice}, {Category: stele.Problems, Year: 2022, Source: bob},
		{Category: stele.Medications, Year: 0, Source: bob}, {Category: stele.Problems, Year: 0, Source: alice}, {Category: stele.Problems, Year: 2026, Source: alice},
		{Category: stele.Problems, Year: 2022, Source: alice, Folio: here}, {Category: stele.Problems, Year: 2022, Source: alice, Folio: here, Handle: handle},
		{Category: stele.Problems, Year: 2022, Source: alice, Folio: whole}, {Category: stele.Problems, Year: 2022, Source: alice, Sensitivity: []stele.Sensitivity{stele.PSY}},
		{Category: stele.Problems, Year: 2022, Source: alice, Sensitivity: []stele.Sensitivity{stele.ETH}},
	} {
		l := stele.Label{Category: f.Category, Sensitivity: f.Sensitivity, Year: f.Year, Source: f.Source}
		f.Document, f.Sensitivity = i, append([]stele.Sensitivity{}, f.Sensitivity...)
		f.Restricted, f.Emergency = s.Restricts(false, f.Folio, l), s.Restricts(true, f.Folio, l)
		of := Record{f.Folio, stele.ID{}}
		copy(of.Handle[:], f.Handle)
		f.Handle = of.Handle[:]
		f.Record, f.Beside = []bool{s.RestrictsRecord(false, of, l), s.RestrictsRecord(true, of, l)}, s.Beside(of)
		all = append(all, f)
	}
	return all
}

func sealing(t *testing.T, document []byte, i int, old *slotVectors) sealedVector {
	seed, salt := sha256.Sum256([]byte("stele.v1.vector slot seed")), sha256.Sum256([]byte{'s', byte(i)})
	key, err := seal.SealKeyFromSeed(seed[:])
	if err != nil {
		t.Fatal(err)
	}
	c := Commit(salt, document)
	e := sealedVector{seed[:], lakeview, alice, salt[:], c[:], i, nil}
	if i < len(old.Sealed) {
		e.Envelope = old.Sealed[i].Envelope
	}
	box := Box{Key: key, Member: lakeview, Envelope: func(stele.Subject, stele.Digest) ([]byte, error) { return e.Envelope, nil }}
	if _, err := box.Slot(alice, c); err != nil {
		t.Logf("envelope %d no longer opens: %v", i, err)
		if e.Envelope, err = Seal(key.Public(), lakeview, alice, salt, document); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// The file is what this code computes from the same inputs, and what it holds opens.
func TestVectorsAreReproduced(t *testing.T) {
	old := new(slotVectors)
	if !vectortest.Updating() {
		vectortest.Read(t, "slot.json", old)
	}
	v := makeVectors(t, old)
	vectortest.Reproduced(t, "slot.json", v)
	for _, e := range v.Sealed {
		if len(e.Envelope) != EnvelopeLen {
			t.Errorf("an envelope of %d bytes", len(e.Envelope))
		}
	}
}
