package light

import (
	"context"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// LogSource gives pages of the consortium's own log, unchecked, as a member does: the
// events from since on, under the newest head for until 0, else under that of so many.
type LogSource func(ctx context.Context, since, until uint64) (*wire.LogProof, error)

// Consortium reads who ran the network when: the consortium's whole log, from one source,
// under a header that the client has followed. It returns the height up to which the log
// tells. It fails with KindProof for a log that does not check, and with the source's
// errors.
func (c *Client) Consortium(ctx context.Context, source LogSource) (proof.History, int64, error) {
	subject, err := stele.SubjectFrom(c.founding.Consortium.GetSubject())
	if err != nil {
		return nil, 0, stele.E("read consortium", stele.KindProof, "the genesis is not a Stele network's", err)
	}
	p, err := source(ctx, 0, 0)
	if err != nil {
		return nil, 0, err
	}
	header, err := c.Header(ctx, p.GetHead().GetHeight()+1)
	if err != nil {
		return nil, 0, err
	}
	history, log := c.founding.History(), proof.Log{}
	for log, err = proof.CheckLogUnder(header, subject, proof.Kept{}, p); err == nil; log, err = log.Continue(p) {
		for _, e := range log.Events {
			history = history.Apply(e.Event)
		}
		if log.Whole() {
			return history, log.Head.Height, nil
		}
		if p, err = source(ctx, log.Kept.Size, log.Head.Size); err != nil {
			break
		}
	}
	return nil, 0, err
}
