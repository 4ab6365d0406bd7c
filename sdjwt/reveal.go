package sdjwt

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A disclosure is a salt, the name of a claim (none for an element of a list) and a value
// (RFC 9901 §4.2).
type disclosure struct {
	encoded string // as it stands in the token
	name    string
	element bool
	value   any

	path   string      // where it stands, once it is placed: see [Token.Paths]
	within *disclosure // in whose value it stands; nil for the payload
	placed bool
}

// parseDisclosure reads a disclosure; the array around its value is one level more.
func parseDisclosure(encoded string) (*disclosure, error) {
	raw, err := decode64(encoded)
	if err != nil {
		return nil, err
	}
	v, err := parseJSON(raw, maxDepth+1)
	if err != nil {
		return nil, err
	}
	parts, _ := v.([]any)
	if len(parts) < 2 || len(parts) > 3 {
		return nil, invalid("a disclosure is not of two or three parts")
	}
	d := &disclosure{encoded: encoded, element: len(parts) == 2, value: parts[len(parts)-1]}
	_, salted := parts[0].(string)
	named := d.element
	if !d.element {
		d.name, named = parts[1].(string)
	}
	if !salted || !named {
		return nil, invalid("a disclosure has no salt or no name")
	}
	if reserved(d.name) {
		return nil, invalid("a disclosure has a name that is reserved")
	}
	return d, nil
}

// newDisclosure draws a salt for a claim, or, without a name, for an element of a list.
func newDisclosure(value any, name ...string) *disclosure {
	parts := []any{newSalt()}
	for _, n := range name {
		parts = append(parts, n)
	}
	return &disclosure{encoded: encode64(marshal(append(parts, value)))}
}

// digest is what stands in the payload instead of the disclosure (RFC 9901 §4.2.3).
func (d *disclosure) digest() string {
	hash := sha256.Sum256([]byte(d.encoded))
	return encode64(hash[:])
}

// reserved reports whether a name carries digests, and so can name no claim.
func reserved(name string) bool { return name == "_sd" || name == "..." || name == "_sd_alg" }

// A revealing puts disclosures where their digests stand (RFC 9901 §7.1, 3 to 5).
type revealing struct {
	given map[string]*disclosure // by digest
	seen  map[string]bool        // digests that were met
}

// reveal returns a copy of the payload with disclosures in their places and without digests.
// It places each disclosure, or fails.
func reveal(payload map[string]any, disclosures []*disclosure) (map[string]any, error) {
	r := revealing{given: map[string]*disclosure{}, seen: map[string]bool{}}
	for _, d := range disclosures {
		if _, twice := r.given[d.digest()]; twice {
			return nil, invalid("a disclosure stands twice")
		}
		r.given[d.digest()] = d
	}
	if alg, there := payload["_sd_alg"]; there && alg != "sha-256" {
		return nil, invalid("digests are of another kind than SHA-256")
	}
	signed := maps.Clone(payload)
	delete(signed, "_sd_alg") // anywhere else the name is refused
	out, err := r.object(signed, place{depth: 1})
	if err != nil {
		return nil, err
	}
	for _, d := range disclosures {
		if !d.placed {
			return nil, invalid("a disclosure's digest is not in the credential")
		}
	}
	return out, nil
}

// A place is where a value stands.
type place struct {
	path   string
	depth  int         // 1 for the payload
	within *disclosure // nil outside of any
}

// at is the place of a member or an element of what stands at p.
func (p place) at(name string) place {
	if strings.ContainsAny(name, "~/") { // RFC 6901
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
	}
	if p.depth > 1 {
		name = p.path + "/" + name
	}
	return place{path: name, depth: p.depth + 1, within: p.within}
}

func (r *revealing) value(v any, p place) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return r.object(v, p)
	case []any:
		return r.list(v, p)
	}
	return v, nil
}

func (r *revealing) object(o map[string]any, p place) (map[string]any, error) {
	if p.depth > maxDepth {
		return nil, invalid("it is nested too deeply")
	}
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if name == "_sd" {
			continue
		}
		if reserved(name) {
			return nil, invalid("a reserved name stands where it must not")
		}
		v, err := r.value(o[name], p.at(name))
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	if digests, there := o["_sd"]; there {
		return out, r.members(out, digests, p)
	}
	return out, nil
}

// members adds to an object what its _sd stands for, as far as it is disclosed.
func (r *revealing) members(out map[string]any, digests any, p place) error {
	list, ok := digests.([]any)
	if !ok {
		return invalid("_sd is no list of digests")
	}
	for _, digest := range list {
		d, err := r.meet(digest)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if _, there := out[d.name]; there || d.element {
			return invalid("a disclosure is for a claim that is there already, or for none")
		}
		if out[d.name], err = r.place(d, p.at(d.name)); err != nil {
			return err
		}
	}
	return nil
}

func (r *revealing) list(l []any, p place) (any, error) {
	if p.depth > maxDepth {
		return nil, invalid("it is nested too deeply")
	}
	out := []any{}
	for i, v := range l {
		here := p.at(strconv.Itoa(i))
		o, _ := v.(map[string]any)
		digest, hidden := o["..."]
		if !hidden {
			v, err := r.value(v, here)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
			continue
		}
		if len(o) != 1 {
			return nil, invalid("a reserved name stands where it must not")
		}
		d, err := r.meet(digest)
		if err != nil {
			return nil, err
		}
		if d == nil {
			continue
		}
		if !d.element {
			return nil, invalid("a disclosure of a claim stands for an element")
		}
		if v, err = r.place(d, here); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// meet returns the disclosure of a digest, nil where it is not disclosed or a decoy. No
// digest may be met twice.
func (r *revealing) meet(v any) (*disclosure, error) {
	digest, _ := v.(string)
	if raw, err := decode64(digest); err != nil || len(raw) != sha256.Size {
		return nil, invalid("a digest is none of SHA-256")
	}
	if r.seen[digest] {
		return nil, invalid("a digest stands twice")
	}
	r.seen[digest] = true
	return r.given[digest], nil
}

// place puts a disclosure where its digest stood, and what is disclosed in its value there.
func (r *revealing) place(d *disclosure, p place) (any, error) {
	d.path, d.within, d.placed = p.path, p.within, true
	p.within = d
	return r.value(d.value, p)
}

// hides reports whether a value has digests in it.
func hides(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if reserved(name) || hides(member) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hides)
	}
	return false
}
