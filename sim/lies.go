package sim

import (
	"math/rand/v2"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
)

// lie is what a lying member makes of an honest answer: nothing, an older one to
// the same question, one with a changed bit, one with something left out, a
// refusal, an error. It does not lie about PutSubmission: that a home's word is
// true no wallet can tell at once, and docs/security.md says so.
func (w *world) lie(r *rand.Rand, n line, method string, answers []proto.Message, err error) ([]proto.Message, error) {
	if method == "PutSubmission" {
		return answers, err
	}
	key := n.from + " " + n.to.name + " " + method
	w.mu.Lock()
	older := w.said[key]
	if err == nil {
		w.said[key] = slices.Clone(answers)
	}
	w.mu.Unlock()
	if r.IntN(2) == 0 || err != nil {
		return answers, err
	}
	how := r.IntN(6)
	if (method == "GetRecords" || method == "Log") && r.IntN(2) == 0 {
		how = 4 // what a member would rather not show
	}
	switch how {
	case 0:
		w.note("a lie: nothing")
		for i, a := range answers {
			answers[i] = a.ProtoReflect().New().Interface()
		}
	case 1:
		if older != nil {
			w.note("a lie: an older answer")
			out := make([]proto.Message, len(older))
			for i, a := range older {
				out[i] = proto.Clone(a)
			}
			return out, nil
		}
	case 2, 3:
		w.note("a lie: a changed bit")
		for i, a := range answers {
			if answers[i] = flip(r, a); answers[i] == nil {
				return nil, stele.E(method, stele.KindOther, "rubbish", nil)
			}
		}
	case 4:
		w.note("a lie: something left out")
		for _, a := range answers {
			leaveOut(r, a)
		}
	case 5:
		w.note("a lie: refused")
		kinds := []stele.Kind{stele.KindDenied, stele.KindNotFound, stele.KindBusy, stele.KindOther, stele.KindProof, stele.KindInvalid, stele.KindExists}
		return nil, stele.E(method, kinds[r.IntN(len(kinds))], "no", nil)
	}
	return answers, nil
}

// flip changes a bit of a message's bytes; nil when that leaves no message.
func flip(r *rand.Rand, m proto.Message) proto.Message {
	raw, err := proto.Marshal(m)
	if err != nil || len(raw) == 0 {
		return m
	}
	raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
	out := m.ProtoReflect().New().Interface()
	if proto.Unmarshal(raw, out) != nil {
		return nil
	}
	return out
}

// leaveOut drops an element of one of a message's lists, at any depth; of lists
// at its top more often the last.
func leaveOut(r *rand.Rand, m proto.Message) {
	lists := listsIn(m.ProtoReflect())
	if len(lists) == 0 {
		return
	}
	list := lists[r.IntN(len(lists))]
	if r.IntN(2) == 0 {
		list = lists[0]
	}
	at := list.Len() - 1
	if r.IntN(2) == 0 {
		at = r.IntN(list.Len())
	}
	for j := at; j+1 < list.Len(); j++ {
		list.Set(j, list.Get(j+1))
	}
	list.Truncate(list.Len() - 1)
}

// listsIn returns the lists of a message that are not empty, outer ones first.
func listsIn(m protoreflect.Message) (lists []protoreflect.List) {
	var inner []protoreflect.List
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case !m.Has(f):
		case f.IsList():
			lists = append(lists, m.Mutable(f).List())
		case f.Message() != nil:
			inner = append(inner, listsIn(m.Mutable(f).Message())...)
		}
	}
	return append(lists, inner...)
}
