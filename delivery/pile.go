package delivery

import (
	"time"

	"github.com/stele-health/stele"
)

// pile is what waits for one subject.
type pile struct {
	arrivals []arrival
	bytes    int
}

func (p *pile) add(a arrival) {
	p.arrivals = append(p.arrivals, a)
	p.bytes += len(a.record.JSON)
}

func (p *pile) records() []Incoming {
	out := make([]Incoming, len(p.arrivals))
	for i, a := range p.arrivals {
		out[i] = a.record
	}
	return out
}

func (p *pile) prints() [][16]byte {
	out := make([][16]byte, 0, 2*len(p.arrivals))
	for _, a := range p.arrivals {
		out = append(out, a.kept.Print)
		if a.kept.called != [16]byte{} {
			out = append(out, a.kept.called)
		}
	}
	return out
}

func (p *pile) frame(subject stele.Subject, submission stele.ID, made time.Time) frame {
	f := frame{Subject: subject, Submission: submission, Made: made}
	for _, a := range p.arrivals {
		f.add(a.kept)
	}
	return f
}

func (p *pile) full() bool { return len(p.arrivals) >= maxBatchRecords || p.bytes >= maxBatchBytes }

// parts cuts a pile into deliveries. What is of a file that is all or nothing
// stays together, and so do a record and the withdrawal of what it replaces: the
// one never takes effect without the other.
func (p *pile) parts() (parts []*pile) {
	if len(p.arrivals) <= maxBatchRecords && p.bytes <= maxBatchBytes {
		return []*pile{p}
	}
	for i, a := range p.arrivals {
		together := i > 0 && (a.with || a.whole != 0 && p.arrivals[i-1].whole == a.whole && a.file == p.arrivals[i-1].file)
		last := len(parts) - 1
		if last < 0 || !together && (len(parts[last].arrivals) >= maxBatchRecords || parts[last].bytes+len(a.record.JSON) > maxBatchBytes) {
			parts, last = append(parts, new(pile)), last+1
		}
		parts[last].add(a)
	}
	return parts
}
