package labels

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// A reader goes through one resource: every coding and every text, wherever it
// stands, for a claim that names a diagnosis is as telling as the Condition.
type reader struct {
	p          *Policy
	resolve    Resolver
	explain    bool
	root       fhir.Value
	typ        string
	kinds      kinds  // of codes in its type
	of         string // the type of the resource that is read: its own, or of one that it contains
	vocabulary string // of what kind the concepts are that are read, "" for none
	found      set
	security   set // what the source's own marks say
	strict     set // PDS of R and V, until something says why
	reasons    []Reason
	path       []byte
	text       []byte  // folded, used again
	odd        bool    // a word in it is of mixed scripts
	naming     bool    // what is read is a name
	matches    []match // used again
	depth      int     // of references followed
	packets    []packet
	around     Around // what it came with
	unread     string // where something stands that cannot be read, beside the attachments that classify asks for
	unreadAs   string // what it is
	layers     int    // of texts within texts
}

// A packet is an attachment that was looked into.
type packet struct {
	at    int
	whole bool // its words and codes are all that it holds
}

// because adds to the label.
func (rd *reader) because(kind Kind, is set, path, found string, row *Row) {
	if is == 0 {
		return
	}
	rd.found |= is
	if !rd.explain || len(rd.reasons) >= maxReasons || row != nil && slices.ContainsFunc(rd.reasons, func(r Reason) bool { return r.Row == row && r.Path == path }) {
		return
	}
	rd.reasons = append(rd.reasons, Reason{kind, is.list(), path, found, row})
}

func (rd *reader) gather(root fhir.Value, typ string) {
	rd.root, rd.typ, rd.of, rd.vocabulary = root, typ, typ, ""
	rd.kinds = kindsOf[rd.typ]
	rd.path = append(rd.path[:0], rd.typ...)
	if rd.typ == "MolecularSequence" {
		rd.because(ByType, setOf(stele.GDIS), "", "a sequence of genes", nil)
	}
	rd.meta()
	rd.walk(rd.root, nil)
	rd.meanings()
	if rd.found&^rd.strict == 0 || rd.strict&veryRestricted != 0 {
		rd.because(BySecurity, rd.strict&^veryRestricted, rd.typ, "the source calls it confidential, and nothing says what for", nil)
	}
}

// maxReasons is how many an explanation lists.
const maxReasons = 1000

// veryRestricted marks V, which counts whatever else is found.
const veryRestricted set = 1 << 15

// meta reads what the source itself says of a record, and of the document that it tells of.
func (rd *reader) meta() {
	meta := rd.root.Member("meta")
	for c := range meta.Member("tag").All() {
		rd.words(c.Member("display").Bytes())
		rd.words(c.Member("code").Bytes())
	}
	for c := range meta.Member("security").All() {
		rd.marked(c.Member("code").Bytes(), c.Member("display").Bytes(), ".meta.security")
		rd.words(c.Member("display").Bytes())
	}
	for _, m := range rd.around.Marks {
		rd.marked([]byte(m.Code), []byte(m.Display), " in a Bundle's meta.security")
	}
	switch rd.typ {
	case "Composition":
		rd.marked(rd.root.Member("confidentiality").Bytes(), nil, ".confidentiality")
	case "DocumentReference":
		for l := range rd.root.Member("securityLabel").All() {
			coded := false
			for c := range l.Member("coding").All() {
				coded = true
				rd.marked(c.Member("code").Bytes(), c.Member("display").Bytes(), ".securityLabel")
			}
			if !coded {
				rd.marked(nil, l.Member("text").Bytes(), ".securityLabel")
			}
		}
	}
	if rd.strict&veryRestricted != 0 {
		rd.security |= setOf(stele.Unclassified)
	}
}

// marked reads one mark of the source. What is not known is taken for a sensitivity:
// whoever marks a record means something by it.
func (rd *reader) marked(code, words []byte, path string) {
	pds := setOf(stele.Unclassified)
	mark := strings.ToUpper(strings.TrimSpace(string(code)))
	row := rd.p.shipped.exact["security"][mark]
	is := setOf(stele.Sensitivity(mark))
	switch {
	case mark == "" && len(words) == 0:
		return
	case mark == "R":
		rd.strict |= pds
		return
	case mark == "V":
		rd.strict |= pds | veryRestricted
		return
	case is != 0:
	case row != nil:
		is = row.says
	default:
		is = pds
	}
	rd.security |= is
	rd.because(BySecurity, is, rd.typ+path, mark, row)
}

// walk reads a value, which stands under a key: nil for the resource itself.
func (rd *reader) walk(v fhir.Value, key []byte) {
	switch {
	case v.IsText():
		rd.say(v, manners[string(key)], string(key) == "div")
	case v.IsArray():
		n := 0
		for c := range v.All() {
			at := rd.down("[", n, nil)
			rd.walk(c, key)
			rd.path = rd.path[:at]
			n++
		}
	case v.IsObject():
		outer, within, vocabulary := rd.kinds, rd.of, rd.vocabulary
		rd.kinds = rd.kindsIn(v, key)
		rd.of, rd.vocabulary = rd.vocabularyIn(v, key)
		var system, code, contentType, payload, address fhir.Value
		only := nested[string(key)]
		for c := range v.All() {
			k := c.KeyBytes()
			switch string(k) {
			case "system":
				system = c
			case "code":
				code = c
			case "contentType":
				contentType = c
			case "data":
				payload = c
			case "url":
				address = c
			}
			if only != nil && !slices.Contains(only, string(k)) {
				continue
			}
			at := rd.down(".", 0, k)
			if c.IsText() {
				rd.say(c, mannerOf(string(key), string(k)), string(k) == "div")
			} else {
				rd.walk(c, k)
			}
			rd.path = rd.path[:at]
		}
		if code.IsText() && (system.Exists() || codingKeys[string(key)]) {
			rd.coding(system.Bytes(), code.Bytes())
		}
		if only == nil && (contentType.IsText() || (payload.Exists() || address.Exists()) && attachmentKeys[string(key)]) {
			whole := rd.attachment(v)
			rd.packets = append(rd.packets, packet{v.Index(), whole})
			if !whole && !rd.asked(key) {
				rd.unread, rd.unreadAs = string(rd.path), unreadAttachment
			}
		}
		rd.kinds, rd.of, rd.vocabulary = outer, within, vocabulary
	}
}

// kindsIn are the kinds of codes in a value: of a resource within another those of its own
// type, as when it is classified.
func (rd *reader) kindsIn(v fhir.Value, key []byte) kinds {
	switch string(key) {
	case "contained", "resource":
		if typ := v.Member("resourceType"); typ.IsText() {
			return kindsOf[string(typ.Bytes())]
		}
	}
	return rd.kinds
}

// asked reports whether classify asks for the attachments under a key itself.
func (rd *reader) asked(key []byte) bool {
	switch rd.typ {
	case "Binary":
		return key == nil
	case "DocumentReference":
		return string(key) == "attachment"
	case "DiagnosticReport":
		return string(key) == "presentedForm"
	}
	return false
}

// codingKeys are where a coding may stand without a system.
var codingKeys = map[string]bool{"coding": true, "valueCoding": true, "class": true, "modality": true, "type": true}

// down adds a step to the path, where somebody wants to know it, and returns
// where the path ended before.
func (rd *reader) down(sign string, n int, key []byte) (at int) {
	at = len(rd.path)
	if !rd.explain {
		return at
	}
	rd.path = append(rd.path, sign...)
	if sign == "[" {
		rd.path = append(strconv.AppendInt(rd.path, int64(n), 10), ']')
	} else {
		rd.path = append(rd.path, key...)
	}
	return at
}

// coding reads a code: its rows, and its letters as words where its system is not
// known.
func (rd *reader) coding(system, code []byte) {
	if len(code) == 0 {
		return
	}
	c, _ := rd.eachRow(system, code, func(r *Row) {
		if rd.explain {
			rd.because(ByCode, r.says, string(rd.path), strings.TrimSpace(string(system)+" "+string(code)), r)
			return
		}
		rd.found |= r.says
	})
	if c == unknownSystem {
		rd.words(code) // "HIVAB"
	}
}

// eachRow calls hit for the rows that a code meets, in the shipped and in the
// organisation's own tables, and tells what is known of its system.
func (rd *reader) eachRow(system, code []byte, hit func(*Row)) (c coverage, found bool) {
	uri, text := string(system), plainCode(code)
	table, c := rd.p.shipped.system(uri)
	own := rd.p.own
	if own != nil && c == unknownSystem {
		table, c = own.system(uri)
	}
	if table != "" {
		c, found = rd.p.shipped.read(table, c, text, hit)
		if own != nil { // whose codes may be in other letters
			found = own.code(table, text, hit) || text != string(code) && own.code(table, string(code), hit) || found
		}
	}
	if c == unknownSystem {
		found = rd.p.shipped.guess(text, rd.kinds, hit) || found
	}
	return c, found
}

// toMeanings are references to where a record's meaning stands.
var toMeanings = []string{
	"medicationReference", "ingredient.itemReference", "codeReference", "result", "hasMember", "device", "suspectEntity.instance",
	"itemReference", "suppliedItem.itemReference",
}

// meanings reads what a record refers to for its meaning. What is contained was
// read with the record itself.
func (rd *reader) meanings() {
	if rd.resolve == nil || rd.depth >= 2 {
		return
	}
	for _, path := range toMeanings {
		for v := range rd.root.At(path) {
			ref := v.Member("reference").Bytes()
			if len(ref) == 0 || ref[0] == '#' {
				continue
			}
			for _, r := range rd.resolve(string(ref)) {
				rd.inherit(r, path)
			}
		}
	}
}

// inherit reads a resource to which a path leads, and returns its reader.
func (rd *reader) inherit(r *fhir.Resource, path string) *reader {
	there := rd.below()
	there.gather(r.Root(), r.Type())
	rd.adopt(there, rd.typ+"."+path+" -> ")
	return there
}

// below is a reader for a resource that this one holds, or leads to.
func (rd *reader) below() *reader {
	return &reader{p: rd.p, resolve: rd.resolve, explain: rd.explain, depth: rd.depth + 1}
}

// adopt takes what was found there; place says in the reasons how one comes there.
func (rd *reader) adopt(there *reader, place string) {
	rd.found |= there.found
	for _, why := range there.reasons {
		why.Path = place + why.Path
		rd.reasons = append(rd.reasons, why)
	}
}
