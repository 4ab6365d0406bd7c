package wiretest

import (
	"math"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Chance draws numbers, as a rand.Rand of math/rand/v2 does.
type Chance interface{ IntN(n int) int }

// Bend spoils some fields of a message, at any depth: other lengths, extremes,
// nothing at all.
func Bend(r Chance, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !m.Has(f) {
			continue
		}
		if f.Message() != nil && !f.IsList() {
			Bend(r, m.Mutable(f).Message())
		}
		if f.IsList() && f.Message() != nil {
			for j := range m.Get(f).List().Len() {
				Bend(r, m.Mutable(f).List().Get(j).Message())
			}
		}
		if r.IntN(6) != 0 {
			continue
		}
		switch {
		case f.IsList() || f.Message() != nil || r.IntN(4) == 0:
			m.Clear(f)
		case f.Kind() == protoreflect.BytesKind:
			raw := make([]byte, []int{0, 1, 15, 16, 17, 19, 20, 21, 31, 32, 33, 1216}[r.IntN(12)])
			copy(raw, m.Get(f).Bytes())
			m.Set(f, protoreflect.ValueOfBytes(raw))
		case f.Kind() == protoreflect.Int64Kind:
			m.Set(f, protoreflect.ValueOfInt64([]int64{math.MinInt64, -1, 0, 1, math.MaxInt64}[r.IntN(5)]))
		case f.Kind() == protoreflect.Uint32Kind:
			m.Set(f, protoreflect.ValueOfUint32([]uint32{0, 1, 2, 3, 300_000, math.MaxUint32}[r.IntN(6)]))
		}
	}
}
