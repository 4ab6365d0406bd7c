package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// Asked is what the person who imports said besides.
type Asked struct {
	// Subject is whose the files are: the person of a file whose Patient is in no
	// link, or who names nobody. It overrides nothing that a record says itself.
	Subject stele.Subject
	// Organisation is who imports. Its own log is no patient's chart: nobody who is
	// named is ever it, and where it is the Subject only what names nobody, and
	// mentions no patient, is its.
	Organisation stele.Subject
	// Called are Patients ("Patient/1", or with their server) that are not in the
	// files and are the subject. Without it, the only person whom all files name is, when no
	// Patient is in them and nothing is known of that name.
	Called []string
	// Elsewhere reports whether a Patient of that name is known to be somebody
	// else than the subject; nil knows nothing.
	Elsewhere func(name string) bool
	// Same are Patients ("Patient/1", or a number of theirs) confirmed to be whom
	// they are linked to, although something says otherwise; and records that are
	// confirmed to be of whom they name, although they lean on another's.
	Same []string
	// Delivered returns, of the names of records ("Observation/1", as they are called
	// here, or "urn:uuid:…"), into whose charts they were delivered; nil knows
	// nothing.
	Delivered func(names map[string]bool) map[string][]stele.Subject
	// Strays returns, of the names of records on which a person's records lean, those
	// that were delivered from here and stand in the charts of others alone; nil knows
	// nothing.
	Strays func(leaning map[stele.Subject]map[string]bool) map[stele.Subject]map[string]bool
	// Empty reports whether nobody has claimed a chart, and nothing that was delivered from here stands in it;
	// nil knows of none.
	Empty func(stele.Subject) bool
	// Key makes ids for resources of a transaction that have none, and for those of
	// other servers.
	Key [32]byte
	// Server is of which server the files are that show none.
	Server string
}

// A Survey is what the files of one import hold, as far as whose it is depends
// on it.
type Survey struct {
	table index
	asked Asked
	files []*File

	byURL    map[string][]*node
	byName   map[string][]*node
	byNumber map[string][]*node  // "Practitioner sys|1"
	several  map[string]bool     // names that several servers have, as far as it was asked
	others   map[string]bool     // names that are another patient's, as far as it was asked
	homes    map[string][]int32  // of who is named: the servers on which records name them
	systems  map[string][]string // of numbers, see confirm.go

	bases    []string         // of servers, see servers.go; the first is the one that is not known
	shown    []string         // as they are written
	byBase   map[string]int32 // their places, by how they are written
	foreign  []bool
	binaries map[string]bool            // of other servers, by what they are called here
	before   map[string][]stele.Subject // who has what is referred to and not in the files
}

// NewSurvey starts with an organisation's link table.
func NewSurvey(t *Table, a Asked) *Survey {
	empty := func(name string) bool { return strings.TrimSpace(name) == "" } // what has no name is not confirmed by none
	a.Same, a.Called = slices.DeleteFunc(slices.Clone(a.Same), empty), slices.DeleteFunc(slices.Clone(a.Called), empty)
	return &Survey{table: newIndex(t, a.Organisation), asked: a, others: map[string]bool{}}
}

// ownLog reports whether the files are for the organisation's own log.
func (s *Survey) ownLog() bool {
	return !s.asked.Subject.IsZero() && s.asked.Subject == s.asked.Organisation
}

// File adds a file. Files may be filled by different goroutines at once, each by
// one; adding them is for one goroutine.
func (s *Survey) File() *File {
	f := &File{survey: s, number: len(s.files), known: map[target]int32{}, words: map[string]string{}}
	s.files = append(s.files, f)
	return f
}

// A File is one file of a Survey.
type File struct {
	of      string // see Of
	survey  *Survey
	number  int
	nodes   []*node // by entry
	targets []target
	known   map[target]int32 // their places in targets
	words   map[string]string

	byURL   map[string][]*node
	byName  map[string][]*node
	byPlace map[alias][]*node // by Bundle, and name or fullUrl
	found   map[place]answer
	about   map[int][]string      // the people that it is about, by Bundle; 0 for all of it
	only    map[int]stele.Subject // who is the only one
	torn    bool                  // a part of it could not be read
	others  bool                  // it is of another person than the one who was named
	abroad  []bool                // which of its targets are other servers'

	temporary map[alias]string    // names that stand for others, see settle.go
	around    map[int]fhir.Around // the entries of its Bundles
}

// node is one entry: what it is called and where it points.
type node struct {
	file     *File
	index    int
	outlives []*node   // of a DELETE: what comes after it, and stays
	kind     fhir.Kind // and its type
	bundle   int       // the innermost Bundle that it stands in
	typ      string
	id       string // as delivered, or as its address, or fullUrl, tells it
	url      string // fullUrl
	asks     string // base of the server that its request asks; "" where that is not shown
	post     bool   // a server would name it: a POST, a document
	posted   bool   // by a POST of a transaction or a batch
	version  string // meta.versionId
	updated  string // meta.lastUpdated
	print    uint64 // of the JSON, to see that a file is the same when it is read again
	numbers  []Number
	person   *person   // of a Patient
	within   []*person // contained Patients, by the pointers that lead to them
	wrong    *Reason   // with what it is called, or contains: then it is nobody's
	points   []pointer

	made       bool   // settled is made of what it says, see make
	once       bool   // it is to be created only where there is none yet
	replaces   string // the version that it is to replace, and no other
	answered   string // its version by its server's answer
	answeredAt string // and when that was made
	sought     bool   // settled is made of the search by which its server finds it
	settled    string // the id that it gets; "" leaves it as it is
	was        string // the id that it has on its server, where that is not the one here
	server     int32
	amid       bool // it shows no server, beside several in its Bundle
	deletes    bool // a DELETE of typ/id
	takesBack  bool // a Provenance of what was deleted
	loose      int  // references that lead to nothing, by fullUrl
	nothing    bool // an entry without a resource that can be read

	verdict
}

// pointer is a reference: its place among the file's targets, and what it says.
type pointer struct {
	to       int32 // -1 leads to within[inside]
	inside   int32
	role     fhir.Role
	personal bool
	leans    bool   // see across.go
	party    bool   // to who has a part in it
	about    bool   // whose patient is the record's, though it does not name one: a Provenance's target
	focus    bool   // of a section of a document: what stands there is about somebody else
	section  int32  // the focus of the section in which it stands: its place among the targets, and one; 0 for none
	rest     bool   // to a contained Patient to whom nothing refers
	words    string // of a reference to something contained
}

// target is a reference as written.
type target struct{ to, typ, system, value, kinds, display string }

// name is "Patient/1" as it was delivered, "" without an id.
func (n *node) name() string { return typeAndID(n.typ, n.id) }

func typeAndID(typ, id string) string {
	if id == "" {
		return ""
	}
	return typ + "/" + id
}

// Take notes an entry. The resource is not kept.
func (f *File) Take(e fhir.Entry) {
	n := &node{file: f, index: len(f.nodes), bundle: e.Bundle, url: f.word(e.FullURL)}
	f.nodes, n.kind = append(f.nodes, n), e.Within
	r := e.Resource
	if n.nothing = r == nil; n.nothing {
		f.torn = f.torn || e.Err != nil
		if strings.EqualFold(e.Method, "DELETE") {
			n.delete(e)
		}
		return
	}
	n.typ, n.id, n.asks = f.word(r.Type()), r.ID(), f.word(fhir.AskedBase(e.URL))
	post := strings.EqualFold(e.Method, "POST")
	n.posted = post && (e.Within == "transaction" || e.Within == "batch")
	n.post = post || e.Method == "" && e.Within.AllOrNothing()
	n.print = printOf(r.JSON)
	n.version, n.updated = f.word(r.Path("meta.versionId")), f.word(r.Path("meta.lastUpdated"))
	n.takesBack = n.typ == "Provenance" && slices.Contains(r.All("activity.coding.code"), "DELETE")
	n.settle(r, e)
	n.conditions(e)
	if n.typ == "Patient" {
		n.person = read(r.JSON, r.System, f.survey.table.stands)
		n.person.problem, n.numbers = n.wrong, n.person.numbers
	} else {
		n.numbers = identifiers(r)
	}
	f.point(n, r)
	f.searches(n, e.IfNoneExist)
	if _, query, is := strings.Cut(e.URL, "?"); is {
		f.searches(n, query)
	}
}

// word keeps one copy of a text that comes again and again, and lets go of the
// buffer that it was cut from.
func (f *File) word(w string) string {
	if w == "" {
		return ""
	}
	if kept, ok := f.words[w]; ok {
		return kept
	}
	w = strings.Clone(w)
	f.words[w] = w
	return w
}

func printOf(json []byte) uint64 {
	sum := sha256.Sum256(json)
	return binary.BigEndian.Uint64(sum[:])
}

// identifiers are those of a resource that is no Patient, for conditional
// references to it.
func identifiers(r *fhir.Resource) (numbers []Number) {
	for i := 0; ; i++ {
		at := fmt.Sprintf("identifier[%d]", i)
		if r.Raw(at) == nil {
			break
		}
		if value := r.Path(at + ".value"); value != "" {
			numbers = append(numbers, Number{System: r.System(at), Value: Clean(value)})
		}
	}
	return numbers
}

// Around notes what stands around the entries of the file's Bundles (fhir.Reader.Around).
func (f *File) Around(all map[int]fhir.Around) { f.around = all }

// Of says of which instant the file is, "" where nobody knows: two of one are of one export.
func (f *File) Of(instant string) { f.of = instant }

// Break notes that the file could not be read to its end.
func (f *File) Break() { f.torn = true }

// point notes where a resource points.
func (f *File) point(n *node, r *fhir.Resource) {
	inside := f.contained(n, r)
	pointers := r.Pointers()
	f.torn = f.torn || saysUnread(r, pointers)
	foci := focused(r)
	for _, p := range pointers {
		if id, local := strings.CutPrefix(p.To, "#"); local {
			f.pointWithin(n, inside, p, id)
			continue
		}
		t := target{f.word(p.To), f.word(p.Type), f.word(p.System), f.word(Clean(p.Value)), f.word(p.Kinds), ""}
		if p.Role >= fhir.Names {
			t.display = f.word(p.Display)
		}
		at := f.target(t)
		if _, query, is := strings.Cut(p.To, "?"); is && leans(p) {
			f.searches(n, query)
		}
		n.points = append(n.points, pointer{to: at, role: p.Role, personal: p.Personal(), leans: leans(p), party: p.Party(), about: aboutIt[p.Element], focus: p.Element == "Composition.section.focus"})
		if focus := foci[p.To]; focus != "" && p.Element == "Composition.section.entry" {
			n.points[len(n.points)-1].section = f.target(target{to: f.word(focus)}) + 1
		}
	}
	f.pointAtRest(n, inside)
}

// target is the place of a reference among the file's.
func (f *File) target(t target) int32 {
	at, ok := f.known[t]
	if !ok {
		at = int32(len(f.targets))
		f.targets, f.known[t] = append(f.targets, t), at
	}
	return at
}

// saysUnread reports whether a resource says whom it is about in a way that is not
// read: it is of a type that is not known, or the element is no reference.
func saysUnread(r *fhir.Resource, pointers []fhir.Pointer) bool {
	said := r.Raw("subject") != nil || r.Raw("patient") != nil
	return said && !slices.ContainsFunc(pointers, func(p fhir.Pointer) bool { return p.Role >= fhir.Names && !p.Inside })
}
