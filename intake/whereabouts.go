package intake

import "github.com/stele-health/stele/fhir"

// Under what the records of the files are found: fullUrl, name and number.

// address is under what a record may be referred to as a whole: its fullUrl, or,
// without one, the UUID that is its id. What is exported from a chart has lost its
// fullUrls, and a UUID is nobody else's.
func (n *node) address() string {
	if n.url == "" && OfItself(n.id) {
		return "urn:uuid:" + n.id
	}
	return n.url
}

// astray reports whether fullUrl and id of a resource are not of one, as they have to
// be (FHIR R4 § Bundle.entry.fullUrl): nobody knows what a reference to it means.
func (n *node) astray() bool {
	_, name := fhir.Base(n.url)
	return name != "" && n.id != "" && name != n.name()
}

// index notes where everything is.
func (s *Survey) index() {
	all := 0
	for _, f := range s.files {
		all += len(f.nodes)
	}
	s.byURL, s.byName, s.byNumber = make(map[string][]*node, all), make(map[string][]*node, all), map[string][]*node{}
	s.homes, s.several = map[string][]int32{}, map[string]bool{}
	for _, f := range s.files {
		f.byPlace = make(map[alias][]*node, 2*len(f.nodes))
		f.byURL, f.byName, f.found, f.about = make(map[string][]*node, len(f.nodes)), make(map[string][]*node, len(f.nodes)), map[place]answer{}, map[int][]string{}
		for _, n := range f.nodes {
			if n.nothing {
				continue
			}
			if url := n.address(); url != "" {
				at := alias{n.bundle, "as " + url}
				f.byPlace[at] = append(f.byPlace[at], n)
				f.byURL[url], s.byURL[url] = append(f.byURL[url], n), append(s.byURL[url], n)
			}
			if n.id != "" {
				name := n.name()
				at := alias{n.bundle, name}
				f.byPlace[at] = append(f.byPlace[at], n)
				f.byName[name], s.byName[name] = append(f.byName[name], n), append(s.byName[name], n)
			}
			for _, number := range n.numbers {
				if key := s.key(n.typ, number, n.server); n.person == nil || s.table.sure(number) && !outlived(number, n.numbers) {
					s.byNumber[key] = append(s.byNumber[key], n)
				}
				if fhir.IsAssigned(number.System) { // who leaves out who assigned it may mean this one
					number.System = ""
					key := s.key(n.typ, number, n.server)
					s.byNumber[key] = append(s.byNumber[key], n)
				}
			}
		}
		s.bear(f)
	}
}

// bear notes on which servers records name whom they name.
func (s *Survey) bear(f *File) {
	for _, n := range f.nodes {
		for _, p := range n.points {
			if p.to < 0 || p.role < fhir.Names {
				continue
			}
			if server, name := s.absolute(n, f.targets[p.to].to); name != "" {
				s.homes[name] = adds(s.homes[name], server)
			}
		}
	}
}
