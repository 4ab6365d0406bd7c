package api

import (
	"context"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
)

// Snapshots hands out the state as of a height; the ledger room satisfies it.
type Snapshots interface {
	// Snapshot calls begin with the number of events up to a height, then each
	// with one after the other. It fails with KindBusy when the height is not
	// reached yet.
	Snapshot(height int64, begin func(events uint64) error, each func(event []byte) error) error
}

const (
	maxSnapshots = 16        // served at once, one to a member: each holds an old state of the store
	partEvents   = 1000      // in one part of a snapshot
	partBytes    = 256 << 10 // or so many bytes
)

// serve takes a member's place among those that are served. One member holds one:
// who asks and does not take the answer keeps nobody else away, and is cut off
// when a part is not taken in time (see timely).
func (n *Node) serve(member stele.Subject) (done func(), err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.serving[member]:
		return nil, stele.E("serve snapshot", stele.KindBusy, "a snapshot is being sent to this member already", nil).
			WithHint("wait for it, or ask another member")
	case len(n.serving) >= maxSnapshots:
		return nil, stele.E("serve snapshot", stele.KindBusy, "others are being served", nil).WithHint("ask another member, or again in a few minutes")
	}
	n.serving[member] = true
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.serving, member)
	}, nil
}

// Snapshot streams the events up to a block to another member. The state that
// they are read from is held until the call ends, and not longer than two hours.
// It fails with KindDenied for who is no member, and with KindBusy.
func (n *Node) Snapshot(ctx context.Context, in *SnapshotRequest, each func(*SnapshotPart) error) error {
	const op = "serve snapshot"
	member, ask, err := n.members.Check(n.Clock(), in.GetRequest())
	if err != nil {
		return err
	}
	take := ask.GetTakeSnapshot()
	if take == nil || n.Snapshots == nil {
		return own.NotAMember()
	}
	done, err := n.serve(member)
	if err != nil {
		return err
	}
	defer done()
	part, size := &SnapshotPart{}, 0
	send := func() error {
		if err := ctx.Err(); err != nil {
			return stele.E(op, stele.KindUnreachable, "the call has ended", err)
		}
		err := each(part)
		part, size = &SnapshotPart{}, 0
		return err
	}
	begin := func(events uint64) error { part.Events = events; return nil }
	err = n.Snapshots.Snapshot(take.Height, begin, func(event []byte) error {
		part.Event, size = append(part.Event, event), size+len(event)
		if len(part.Event) < partEvents && size < partBytes {
			return nil
		}
		return send()
	})
	if err == nil && (len(part.Event) > 0 || part.Events > 0) {
		err = send()
	}
	return err
}
