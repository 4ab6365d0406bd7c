package sample

import (
	"encoding/base64"
	"strconv"
)

// pen appends JSON. It puts commas by looking at the last byte written, so
// callers only name members in order; whoever opens an object closes it.
type pen struct{ b []byte }

func (p *pen) sep() {
	if n := len(p.b); n > 0 {
		switch p.b[n-1] {
		case '{', '[', ':', '\n':
			return
		}
		p.b = append(p.b, ',')
	}
}

func (p *pen) key(k string) {
	p.sep()
	p.b = append(p.b, '"')
	p.b = append(p.b, k...)
	p.b = append(p.b, '"', ':')
}

// obj opens an object, as a member when k is not empty.
func (p *pen) obj(k string) { p.open(k, '{') }

// arr opens an array.
func (p *pen) arr(k string) { p.open(k, '[') }

func (p *pen) open(k string, c byte) {
	if k != "" {
		p.key(k)
	} else {
		p.sep()
	}
	p.b = append(p.b, c)
}

// shut closes what the characters say, "}]}" for instance.
func (p *pen) shut(closers string) { p.b = append(p.b, closers...) }

func (p *pen) str(k, v string) {
	p.key(k)
	p.quote(v)
}

// item appends a string to an array.
func (p *pen) item(v string) {
	p.sep()
	p.quote(v)
}

func (p *pen) quote(v string) {
	const digits = "0123456789abcdef"
	p.b = append(p.b, '"')
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '"' || c == '\\':
			p.b = append(p.b, '\\', c)
		case c < ' ':
			p.b = append(p.b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			p.b = append(p.b, c)
		}
	}
	p.b = append(p.b, '"')
}

func (p *pen) num(k string, v int) {
	p.key(k)
	p.b = appendInt(p.b, int64(v))
}

func (p *pen) yes(k string, v bool) {
	p.key(k)
	p.b = strconv.AppendBool(p.b, v)
}

// decimal writes v / 10^scale with exactly scale decimals.
func (p *pen) decimal(k string, v int64, scale int) {
	p.key(k)
	p.b = appendDecimal(p.b, v, scale)
}

func appendDecimal(b []byte, v int64, scale int) []byte {
	if v < 0 {
		b = append(b, '-')
		v = -v
	}
	unit := int64(pow10(scale))
	b = appendInt(b, v/unit)
	if scale == 0 {
		return b
	}
	b = append(b, '.')
	return appendPadded(b, int(v%unit), scale)
}

func appendInt(b []byte, v int64) []byte { return strconv.AppendInt(b, v, 10) }

func (p *pen) date(k string, d day) {
	p.key(k)
	p.b = append(p.b, '"')
	p.b = d.append(p.b)
	p.b = append(p.b, '"')
}

// moment writes a FHIR dateTime to the second with the zone of the place, which
// is a FHIR instant too.
func (p *pen) moment(k string, d day, minute int, zone string) {
	p.key(k)
	p.b = append(p.b, '"')
	p.b = d.append(p.b)
	p.b = append(p.b, 'T')
	p.b = appendPadded(p.b, minute/60, 2)
	p.b = append(p.b, ':')
	p.b = appendPadded(p.b, minute%60, 2)
	p.b = append(p.b, ":00"...)
	p.b = append(p.b, zone...)
	p.b = append(p.b, '"')
}

func (p *pen) base64(k string, text []byte) {
	p.key(k)
	p.b = append(p.b, '"')
	p.b = base64.StdEncoding.AppendEncode(p.b, text)
	p.b = append(p.b, '"')
}

func (p *pen) uuid(k string, id uuid) {
	p.key(k)
	p.b = append(p.b, '"')
	p.b = id.append(p.b)
	p.b = append(p.b, '"')
}

// ref writes a reference to another entry of the same Bundle.
func (p *pen) ref(k string, id uuid) {
	p.obj(k)
	p.key("reference")
	p.b = append(p.b, "\"urn:uuid:"...)
	p.b = id.append(p.b)
	p.b = append(p.b, '"', '}')
}

func (p *pen) coding(c concept) {
	p.obj("")
	p.str("system", c.system)
	p.str("code", c.code)
	if c.display != "" {
		p.str("display", c.display)
	}
	p.shut("}")
}

// concept writes a CodeableConcept of one coding with the display as its text.
func (p *pen) concept(k string, c concept) {
	p.obj(k)
	p.arr("coding")
	p.coding(c)
	p.shut("]")
	if c.display != "" {
		p.str("text", c.display)
	}
	p.shut("}")
}

// concepts writes an array of one CodeableConcept.
func (p *pen) concepts(k string, c concept) {
	p.arr(k)
	p.concept("", c)
	p.shut("]")
}

// uuid names an entry. It is drawn from the seed, not from a clock or a random
// source, and carries the version and variant bits of RFC 9562 version 8
// (custom).
type uuid struct{ hi, lo uint64 }

func newUUID(space, name uint64) uuid {
	hi := mix(space ^ mix(name))
	lo := mix(hi ^ space)
	return uuid{hi&^0xf000 | 0x8000, lo&^(3<<62) | 2<<62}
}

func (u uuid) append(b []byte) []byte {
	const digits = "0123456789abcdef"
	for i := 0; i < 32; i++ {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b = append(b, '-')
		}
		half := u.hi
		if i >= 16 {
			half = u.lo
		}
		b = append(b, digits[half>>(60-4*(i%16))&15])
	}
	return b
}
