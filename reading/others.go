package reading

import (
	"context"

	"github.com/stele-health/stele"
)

// others is a question that is under way while a chart is opened: which other charts are the same
// person's.
type others struct {
	done   chan struct{} // closed when it is answered
	stop   context.CancelFunc
	charts []stele.Subject
	err    error
}

// askOthers asks it beside the release: who reads the chart waits for the slower of the two, and not
// for one after the other.
func (o *open) askOthers(ctx context.Context) *others {
	g := o.w.AsGiven(*o.held)
	if o.activation != nil {
		g = o.w.AsActivated(*o.activation)
	}
	q := &others{done: make(chan struct{})}
	ctx, q.stop = context.WithCancel(ctx)
	go func() {
		defer close(q.done)
		defer q.stop()
		q.charts, q.err = o.w.OtherCharts(ctx, g)
	}()
	return q
}

// OtherCharts lists the charts that are the same person's beside this one, in the order of their
// bytes: what lies there is not in it. It waits for what was asked while this one was opened,
// seconds at most, and fails where too few answered in time: then it is not known. Of the owner's own
// chart it lists none.
func (c *Chart) OtherCharts() ([]stele.Subject, error) {
	if c.others == nil {
		return nil, nil
	}
	<-c.others.done
	return c.others.charts, c.others.err
}
