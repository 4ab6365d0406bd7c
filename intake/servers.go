package intake

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// An id is one server's: what two laboratories both call Observation/2001 are two
// records (FHIR R4 § Resource.id: unique within one server). A chart knows type
// and id of a source only. So the ids of the organisation's own server, which it has
// said is its own, are kept, with those of files that do not show theirs; and what any
// other server calls Observation/2001 has another id here, made of server, type and id
// under the wallet's key. It is the same in every import, and so are references to
// it. Nothing is taken for the organisation's own because it came first: whoever sends
// a file would choose. An id that is a UUID is nobody else's, and is kept.

// serverOf finds a server by its base; 0 is the one that is not known.
func (s *Survey) serverOf(base string) int32 {
	if base == "" || base[0] == '.' || base[0] == '/' { // a path is one on any server
		return 0
	}
	at, known := s.byBase[base]
	if !known {
		short := Server(base)
		if at = int32(slices.Index(s.bases, short)); at < 0 {
			at = int32(len(s.bases))
			s.bases, s.shown = append(s.bases, short), append(s.shown, base)
		}
		s.byBase[base] = at
	}
	return at
}

// Server is the base of a FHIR server without what may differ between two ways to
// write it: the scheme, case, the port that goes without saying.
func Server(base string) string {
	scheme, rest, _ := strings.Cut(base, "://")
	host, path, _ := strings.Cut(rest, "/")
	host = strings.ToLower(host)
	switch strings.ToLower(scheme) {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	default:
		return strings.TrimSuffix(base, "/")
	}
	return strings.TrimSuffix(host+"/"+path, "/")
}

// serve finds of which server each entry is: its fullUrl's, its request's, else the only one that
// its Bundle shows, else, where that shows none, the one that was named. A Bundle shows
// the servers of its entries' fullUrls, or, where they have none, what it was asked of,
// else what the entry, or the Bundle, shows in which it stands.
func (s *Survey) serve() {
	s.byBase, s.bases, s.shown = map[string]int32{}, []string{""}, []string{""}
	asked := s.serverOf(s.asked.Server)
	for _, known := range append(slices.Clone(s.table.Own), s.asked.Called...) {
		base, name := fhir.Base(known)
		if name == "" {
			base = known
		}
		s.serverOf(base)
	}
	for _, same := range s.asked.Same {
		base, _ := fhir.Base(same)
		s.serverOf(base)
	}
	for _, f := range s.files {
		only := map[int]int32{} // by Bundle; 0 for several
		shows := func(bundle int) (int32, bool) {
			for at := range f.out(bundle) {
				if server, some := only[at]; some {
					return server, true
				}
				if server := s.serverOf(fhir.AskedBase(f.around[at].Self)); server != 0 {
					return server, true
				}
				if base, _ := fhir.Base(f.around[at].FullURL); base != "" {
					return s.serverOf(base), true
				}
			}
			return 0, false
		}
		for _, n := range f.nodes {
			base, _ := fhir.Base(n.url)
			if n.server = cmp.Or(s.serverOf(base), s.serverOf(n.asks)); n.server == 0 {
				continue
			}
			if at, some := only[n.bundle]; some && at != n.server {
				only[n.bundle] = 0
			} else {
				only[n.bundle] = n.server
			}
		}
		for _, n := range f.nodes {
			if n.server != 0 {
				continue
			}
			server, some := shows(n.bundle)
			n.server = cmp.Or(server, asked)
			n.amid = n.server == 0 && some
		}
		for _, t := range f.targets {
			base, _ := fhir.Base(t.to)
			if asks, typ, _, _ := conditional(t.to); typ != "" {
				base = asks
			}
			s.serverOf(base)
		}
	}
	s.tellForeign()
	s.adopt()
}

// tellForeign says whose records have ids of their own here.
func (s *Survey) tellForeign() {
	s.foreign = make([]bool, len(s.bases))
	for i := 1; i < len(s.bases); i++ {
		s.foreign[i] = s.table.Foreign(s.bases[i])
	}
	for _, f := range s.files {
		f.abroad = make([]bool, len(f.targets))
		for i, t := range f.targets {
			base, _ := fhir.Base(t.to)
			f.abroad[i] = s.foreign[s.serverOf(base)]
		}
	}
}

// adopt takes files that show no server for those of the one on which all their Patients are
// named, where one of these is in them, or, where they hold none, is known by that address.
// Not where one that is in them was delivered before by a file that showed none, either, or
// is known by a number that counts on the organisation's own server only: then its id is the
// organisation's own, and the server's is another.
func (s *Survey) adopt() {
	of, named := s.namedOnOne()
	here, own := map[string]bool{}, false
	s.unshown(func(n *node) {
		if n.person != nil && n.id != "" {
			here[n.name()], own = true, own || slices.ContainsFunc(n.person.numbers, s.table.ownAlone)
		}
	})
	maps.DeleteFunc(named, func(name string, _ bool) bool {
		return !here[name] && (len(here) > 0 || !s.knows(of, name))
	})
	if len(named) == 0 || own || len(here) > 0 && s.asked.Delivered != nil && len(s.asked.Delivered(named)) > 0 {
		return
	}
	s.unshown(func(n *node) { n.server = of })
}

// namedOnOne returns the only server on which what shows none names Patients, and which;
// none where there are several, or one is named without a server.
func (s *Survey) namedOnOne() (of int32, named map[string]bool) {
	named = map[string]bool{}
	one := true
	s.unshown(func(n *node) {
		for _, p := range n.points {
			if p.to < 0 {
				continue
			}
			base, name := fhir.Base(n.file.targets[p.to].to)
			if at := s.serverOf(base); strings.HasPrefix(name, "Patient/") {
				one = one && at != 0 && (of == 0 || at == of)
				of, named[name] = at, true
			}
		}
	})
	if !one {
		return 0, nil
	}
	return of, named
}

// unshown calls f for what shows no server.
func (s *Survey) unshown(f func(*node)) {
	for _, file := range s.files {
		for _, n := range file.nodes {
			if n.server == 0 {
				f(n)
			}
		}
	}
}

// knows reports whether a Patient is linked, or was said to be the one who was named, by its
// address on a server.
func (s *Survey) knows(server int32, name string) bool {
	called := func(c string) bool {
		base, one := fhir.Base(c)
		return one == name && base != "" && s.serverOf(base) == server
	}
	return len(s.table.findNamed(s.shown[server], name)) > 0 || slices.ContainsFunc(s.asked.Called, called)
}

// out are a Bundle and those in which it stands, from within.
func (f *File) out(bundle int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for at := bundle; at != 0 && yield(at); at = f.around[at].Outer {
		}
	}
}

// OfItself reports whether an id is nobody else's: a UUID, and none of the two that stand
// for none (RFC 9562 §§ 5.9, 5.10).
func OfItself(id string) bool {
	return uuidForm.MatchString(id) && strings.Trim(id, "0-") != "" && strings.Trim(id, "fF-") != ""
}

var uuidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)

// here is what is called here what a server calls "Observation/2001".
func (s *Survey) here(server int32, name string) string {
	typ, id, _ := strings.Cut(name, "/")
	if !s.foreign[server] || id == "" || OfItself(id) {
		return name
	}
	return typ + "/" + s.made("id of", s.bases[server], name)
}

// ours reports whether what a server, and files that show none, call the same is one: the
// organisation's own server.
func (s *Survey) ours(server int32) bool { return !s.foreign[server] }

// sameServer reports whether two entries are of one server.
func (s *Survey) sameServer(a, b *node) bool {
	return a.server == b.server || s.ours(a.server) && s.ours(b.server)
}

// move gives the records of other servers the ids that they have here.
func (s *Survey) move() {
	s.binaries = map[string]bool{}
	s.each(func(n *node) {
		id, name := n.idHere(), n.nameHere()
		if !s.foreign[n.server] || id == "" || n.temporary() || n.remade() && !n.sought && strings.HasPrefix(n.url, "urn:") {
			return
		}
		if n.sought { // what two servers find by one search are two
			n.settled = strings.TrimPrefix(s.here(n.server, name), n.typ+"/")
			return
		}
		if to := s.here(n.server, name); to != name {
			n.was, n.settled = id, strings.TrimPrefix(to, n.typ+"/")
			s.binaries[to] = n.typ == "Binary"
		}
	})
}

// remember asks, of what records are about and is not in the files, whose it was when
// it was delivered: a Provenance may come long after its target.
func (s *Survey) remember() {
	if s.asked.Delivered == nil {
		return
	}
	wanted := map[string]bool{}
	s.each(func(n *node) {
		if n.typ != "Provenance" { // of anything else an id that is not in the files is too little to go by
			return
		}
		for _, p := range n.points {
			if p.to < 0 || !p.personal {
				continue
			}
			if t := n.file.targets[p.to]; t.to != "" && t.typ != "Patient" && len(n.file.literal(n, t.to)) == 0 {
				if name := s.hereBy(n, t.to); name != "" {
					wanted[name] = true
				}
			}
		}
	})
	if len(wanted) > 0 {
		s.before = s.asked.Delivered(wanted)
	}
}

// hereBy is what a literal reference of a record is called here: "" where it shows
// neither type and id nor a UUID.
func (s *Survey) hereBy(n *node, ref string) string {
	if strings.HasPrefix(ref, "urn:uuid:") {
		return ref
	}
	base, name := fhir.Base(ref)
	if server := s.byBase[base]; base != "" {
		return s.here(server, name)
	}
	return s.here(n.server, name)
}

// earlier finds whose something is that was delivered before.
func (s *Survey) earlier(n *node, ref string) answer {
	switch found := s.before[s.hereBy(n, ref)]; len(found) {
	case 0:
		return answer{}
	case 1:
		return answer{person: true, subject: found[0]}
	}
	return answer{person: true, problem: because("it is about " + ref + ", which was delivered into several charts")}
}

// abroad returns what a reference of a record to another server, or of another
// server's record, becomes; "" when it stays. Any url that is no reference is one
// only where it leads to a Binary in the files: the definition of an extension has
// the form of a reference, too.
func (s *Survey) abroad(n *node, ref string, literal bool) string {
	base, name := fhir.Base(ref)
	server := s.byBase[base]
	if base == "" {
		server = n.server
	}
	if name == "" || !s.foreign[server] {
		return ""
	}
	to := s.here(server, name)
	if to == name || !literal && !s.binaries[to] {
		return ""
	}
	if _, version, ok := strings.Cut(ref, "/_history/"); ok {
		to += "/_history/" + version
	}
	return to
}
