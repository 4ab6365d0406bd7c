package ledger

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Snapshot hands out the state as of a height: no file, but the events up to
// there, in the order in which they happened, read from a frozen state. It calls
// begin with their number, then each with the bytes of one event after the other,
// which are the caller's to keep. It ends with the first error of either. Blocks
// go on meanwhile. It fails with KindBusy when that block is not there yet.
func (l *Ledger) Snapshot(height int64, begin func(events uint64) error, each func(event []byte) error) error {
	return l.use(nil, func(f *frozen) error {
		if height < 0 || f.at.leaves == 0 || height > f.at.height {
			return stele.E("take snapshot", stele.KindBusy, "that block is not here yet", nil).WithHint("ask again, or ask another member")
		}
		if err := begin(f.at.events - eventsAfter(f.state, height)); err != nil {
			return err
		}
		var err error
		var ref wire.EventRef
		f.state.Scan([]byte{prefixBlock}, numbers(prefixBlock, uint64(height)+1), func(_, value []byte) bool {
			if err = wire.Decode(value, &ref); err == nil {
				err = each(eventBytes(f.state, ref.Leaf, ref.Seq))
			}
			return err == nil
		})
		return err
	})
}

// eventsAfter counts the events above a height.
func eventsAfter(s Reader, height int64) (n uint64) {
	s.Scan(numbers(prefixBlock, uint64(height)+1), []byte{prefixBlock + 1}, func(_, _ []byte) bool {
		n++
		return true
	})
	return n
}
