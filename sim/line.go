package sim

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/vault"
	"github.com/stele-health/stele/wire"
)

// line is how somebody reaches a member: a network that loses questions and
// answers, delays and doubles them, and a member that may lie.
type line struct {
	w    *world
	from string
	life *life // of the member that asks; nil for a wallet
	to   *site
}

// silence is how long whoever hears nothing waits at most.
const silence = 20 * time.Second

// serve is what a member does with a question.
type serve func(ctx context.Context, l *life, in proto.Message) ([]proto.Message, error)

// ask puts a question to the member and returns its answers. To lose the
// question and to lose the answer are two faults: they differ in whether it was done.
func (n line) ask(ctx context.Context, method string, in proto.Message, do serve) ([]proto.Message, error) {
	w := n.w
	r := w.dice.of("%s asks %s of %s", n.from, method, n.to.name)
	nothing := stele.E(method, stele.KindUnreachable, n.to.name+" did not answer", nil)
	if n.life != nil && n.life.dead.Load() {
		return nil, nothing
	}
	sleep(ctx, time.Duration(r.IntN(8))*time.Millisecond)
	lost := w.strike(r, 14, "a question lost") || w.cut(n)
	if w.strike(r, 14, "a question late") {
		sleep(ctx, time.Duration(r.IntN(6000))*time.Millisecond)
	}
	if lost {
		sleep(ctx, silence)
		return nil, nothing
	}
	if n.to.alive() == nil { // nobody listens on its port
		return nil, nothing
	}
	if method == "PutCopy" && n.to.lies.Load() && w.strike(r, 3, "a lie: stored, it says") {
		return []proto.Message{&wire.PutCopyResponse{}}, nil
	}
	type result struct {
		answers []proto.Message
		err     error
	}
	came := make(chan result, 1)
	go func() { // whoever asks may go away; the member goes on
		answers, err := n.serve(context.WithoutCancel(ctx), in, do)
		came <- result{answers, err}
	}()
	often := 14
	if method == "Release" {
		often = 3 // what was permitted once is asked for again
	}
	if w.strike(r, often, "a question doubled") {
		delay := time.Duration(r.IntN(2000)) * time.Millisecond
		if r.IntN(2) == 0 {
			// Some come when no key is released under an opening any more, after 300 s.
			delay = time.Duration(r.IntN(400)) * time.Second
		}
		w.later(delay, func() { _, _ = n.serve(context.Background(), in, do) })
	}
	var got result
	select {
	case got = <-came:
	case <-ctx.Done():
		return nil, stele.E(method, stele.KindUnreachable, "no answer in time", ctx.Err())
	}
	// The hard case: it was done, and who asked does not know. Asked again, it must not be done
	// twice.
	if w.strike(r, 14, "an answer lost") || w.cut(n) {
		sleep(ctx, silence)
		return nil, nothing
	}
	sleep(ctx, time.Duration(r.IntN(8))*time.Millisecond)
	if n.life != nil && n.life.dead.Load() {
		return nil, nothing
	}
	if n.to.lies.Load() && !w.calm.Load() {
		got.answers, got.err = w.lie(r, n, method, got.answers, got.err)
	}
	return got.answers, got.err
}

// serve has the member's process answer, once. What it answers after its power
// has gone, nobody hears.
func (n line) serve(ctx context.Context, in proto.Message, do serve) ([]proto.Message, error) {
	nothing := stele.E("ask "+n.to.name, stele.KindUnreachable, "the member is down", nil)
	l := n.to.alive()
	if l == nil {
		return nil, nothing
	}
	l.calls.Add(1)
	defer l.calls.Done()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	// Cloned both ways: what one process changes in its own memory another never sees.
	answers, err := do(ctx, l, proto.Clone(in))
	if l.dead.Load() {
		return nil, nothing
	}
	if err != nil {
		return nil, crossing(err)
	}
	for i, a := range answers {
		answers[i] = proto.Clone(a)
	}
	return answers, nil
}

// crossing is what of an error crosses the wire. Kind, text and hint do; what it wraps does
// not, and no wallet may depend on that.
func crossing(err error) error {
	return stele.E("ask", stele.KindOf(err), err.Error(), nil).WithHint(stele.HintOf(err))
}

// unary asks a question with one answer.
func unary[Q, A proto.Message](ctx context.Context, n line, method string, in Q, do func(context.Context, *life, Q) (A, error)) (A, error) {
	var none A
	answers, err := n.ask(ctx, method, in, func(ctx context.Context, l *life, in proto.Message) ([]proto.Message, error) {
		a, err := do(ctx, l, in.(Q))
		return []proto.Message{a}, err
	})
	if err != nil {
		return none, err
	}
	if len(answers) != 1 {
		return none, stele.E(method, stele.KindOther, "no answer", nil)
	}
	return answers[0].(A), nil
}

// nodeLine is a member's node, far away.
type nodeLine struct{ line }

var _ api.Ledger = nodeLine{}

func (n nodeLine) Status(ctx context.Context, in *api.StatusRequest) (*api.StatusResponse, error) {
	return unary(ctx, n.line, "Status", in, func(ctx context.Context, l *life, in *api.StatusRequest) (*api.StatusResponse, error) {
		return l.door.Status(ctx, in)
	})
}

func (n nodeLine) Submit(ctx context.Context, in *api.SubmitRequest) (*api.SubmitResponse, error) {
	out, err := unary(ctx, n.line, "Submit", in, func(ctx context.Context, l *life, in *api.SubmitRequest) (*api.SubmitResponse, error) {
		return l.door.Submit(ctx, in)
	})
	if err == nil {
		n.w.acknowledged(n.to, out)
	}
	return out, err
}

func (n nodeLine) Subject(ctx context.Context, in *api.SubjectRequest) (*api.SubjectResponse, error) {
	return unary(ctx, n.line, "Subject", in, func(ctx context.Context, l *life, in *api.SubjectRequest) (*api.SubjectResponse, error) {
		return l.door.Subject(ctx, in)
	})
}

func (n nodeLine) Light(ctx context.Context, in *api.LightRequest) (*api.LightResponse, error) {
	return unary(ctx, n.line, "Light", in, func(ctx context.Context, l *life, in *api.LightRequest) (*api.LightResponse, error) {
		return l.door.Light(ctx, in)
	})
}

func (n nodeLine) Log(ctx context.Context, in *api.LogRequest) (*api.LogResponse, error) {
	return unary(ctx, n.line, "Log", in, func(ctx context.Context, l *life, in *api.LogRequest) (*api.LogResponse, error) {
		return l.door.Log(ctx, in)
	})
}

func (n nodeLine) Entry(ctx context.Context, in *api.EntryRequest) (*api.EntryResponse, error) {
	return unary(ctx, n.line, "Entry", in, func(ctx context.Context, l *life, in *api.EntryRequest) (*api.EntryResponse, error) {
		return l.door.Entry(ctx, in)
	})
}

func (n nodeLine) Grant(ctx context.Context, in *api.GrantRequest) (*api.GrantResponse, error) {
	return unary(ctx, n.line, "Grant", in, func(ctx context.Context, l *life, in *api.GrantRequest) (*api.GrantResponse, error) {
		return l.door.Grant(ctx, in)
	})
}

func (n nodeLine) Blocks(context.Context, *api.BlocksRequest) (*api.BlocksResponse, error) {
	return &api.BlocksResponse{}, nil
}

// Snapshot fails: members restore before they run, and nobody does here.
func (n nodeLine) Snapshot(context.Context, *api.SnapshotRequest, func(*api.SnapshotPart) error) error {
	return stele.E("take snapshot", stele.KindUnreachable, "the line carries no snapshots", nil)
}

func (n nodeLine) Watch(ctx context.Context, _ *api.WatchRequest, _ func(*api.Block) error) error {
	<-ctx.Done()
	return ctx.Err()
}

func (n nodeLine) WatchLog(ctx context.Context, _ *api.WatchLogRequest, _ func(*api.LogGrown) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// directoryLine is a member's directory, far away.
type directoryLine struct{ line }

func (n directoryLine) Register(ctx context.Context, in *wire.RegisterRequest) (*wire.RegisterResponse, error) {
	return unary(ctx, n.line, "Register", in, func(ctx context.Context, l *life, in *wire.RegisterRequest) (*wire.RegisterResponse, error) {
		return l.dir.Register(ctx, in)
	})
}

func (n directoryLine) FindCards(ctx context.Context, in *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	return unary(ctx, n.line, "FindCards", in, func(ctx context.Context, l *life, in *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
		return l.dir.FindCards(ctx, in)
	})
}

func (n directoryLine) TakeKey(ctx context.Context, in *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error) {
	return unary(ctx, n.line, "TakeKey", in, func(ctx context.Context, l *life, in *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error) {
		return l.dir.TakeKey(ctx, in)
	})
}

func (n directoryLine) Deliver(ctx context.Context, in *wire.DeliverRequest) (*wire.DeliverResponse, error) {
	return unary(ctx, n.line, "Deliver", in, func(ctx context.Context, l *life, in *wire.DeliverRequest) (*wire.DeliverResponse, error) {
		return l.dir.Deliver(ctx, in)
	})
}

func (n directoryLine) Collect(ctx context.Context, in *wire.CollectRequest) (*wire.CollectResponse, error) {
	return unary(ctx, n.line, "Collect", in, func(ctx context.Context, l *life, in *wire.CollectRequest) (*wire.CollectResponse, error) {
		return l.dir.Collect(ctx, in)
	})
}

func (n directoryLine) Ask(ctx context.Context, in *wire.AskRequest) (*wire.AskResponse, error) {
	return unary(ctx, n.line, "Ask", in, func(ctx context.Context, l *life, in *wire.AskRequest) (*wire.AskResponse, error) {
		return l.dir.Ask(ctx, in)
	})
}

func (n directoryLine) Asked(ctx context.Context, in *wire.AskedRequest) (*wire.AskedResponse, error) {
	return unary(ctx, n.line, "Asked", in, func(ctx context.Context, l *life, in *wire.AskedRequest) (*wire.AskedResponse, error) {
		return l.dir.Asked(ctx, in)
	})
}

func (n directoryLine) PutStatusList(ctx context.Context, in *wire.PutStatusListRequest) (*wire.PutStatusListResponse, error) {
	return unary(ctx, n.line, "PutStatusList", in, func(ctx context.Context, l *life, in *wire.PutStatusListRequest) (*wire.PutStatusListResponse, error) {
		return l.dir.PutStatusList(ctx, in)
	})
}

func (n directoryLine) GetStatusList(ctx context.Context, in *wire.GetStatusListRequest) (*wire.GetStatusListResponse, error) {
	return unary(ctx, n.line, "GetStatusList", in, func(ctx context.Context, l *life, in *wire.GetStatusListRequest) (*wire.GetStatusListResponse, error) {
		return l.dir.GetStatusList(ctx, in)
	})
}

func (n directoryLine) PutSlot(ctx context.Context, in *wire.PutSlotRequest) (*wire.PutSlotResponse, error) {
	return unary(ctx, n.line, "PutSlot", in, func(ctx context.Context, l *life, in *wire.PutSlotRequest) (*wire.PutSlotResponse, error) {
		return l.dir.PutSlot(ctx, in)
	})
}

// trusteeLine is a member's trustee, far away. The court hears of what leaves it.
type trusteeLine struct{ line }

func (n trusteeLine) Release(ctx context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return unary(ctx, n.line, "Release", in, func(ctx context.Context, l *life, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
		before := l.ledger.Newest().Height
		clock := l.m.clock()
		out, err := l.trust.Release(ctx, in)
		if err == nil && !l.dead.Load() {
			l.m.w.released(l, in, before, clock)
			r := l.m.w.dice.of("after a release by %s", l.m.name)
			if l.m.w.strike(r, 5, "a power loss right after a release") {
				l.m.w.later(0, func() { l.powerLoss(r) })
			}
		}
		return out, err
	})
}

func (n trusteeLine) Details(ctx context.Context, in *wire.DetailsRequest) (*wire.DetailsResponse, error) {
	return unary(ctx, n.line, "Details", in, func(ctx context.Context, l *life, in *wire.DetailsRequest) (*wire.DetailsResponse, error) {
		return l.trust.Details(ctx, in)
	})
}

func (n trusteeLine) View(ctx context.Context, in *wire.ViewRequest) (*wire.ViewResponse, error) {
	return unary(ctx, n.line, "View", in, func(ctx context.Context, l *life, in *wire.ViewRequest) (*wire.ViewResponse, error) {
		return l.trust.View(ctx, in)
	})
}

// vaultLine is a member's vault, far away: for wallets and for other vaults.
type vaultLine struct{ line }

var _ vault.Peer = vaultLine{}

func (n vaultLine) Subject() stele.Subject { return n.to.subject }

// peers are the other members' vaults as one process reaches them.
func (m *site) peers(l *life) []vault.Peer {
	var out []vault.Peer
	for _, o := range m.w.members {
		if o != m {
			out = append(out, vaultLine{line{m.w, m.name, l, o}})
		}
	}
	return out
}

func (n vaultLine) PutSubmission(ctx context.Context, in *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	return unary(ctx, n.line, "PutSubmission", in, func(ctx context.Context, l *life, in *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
		return l.vault.PutSubmission(ctx, in)
	})
}

func (n vaultLine) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	return unary(ctx, n.line, "ListFolios", in, func(ctx context.Context, l *life, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
		return l.vault.ListFolios(ctx, in)
	})
}

func (n vaultLine) ListOwn(ctx context.Context, in *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	return unary(ctx, n.line, "ListOwn", in, func(ctx context.Context, l *life, in *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
		return l.vault.ListOwn(ctx, in)
	})
}

func (n vaultLine) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	answers, err := n.ask(ctx, "GetRecords", in, func(ctx context.Context, l *life, in proto.Message) (out []proto.Message, err error) {
		err = l.vault.GetRecords(ctx, in.(*wire.GetRecordsRequest), func(r *wire.GetRecordsResponse) error {
			out = append(out, proto.Clone(r))
			return nil
		})
		return out, err
	})
	for _, a := range answers {
		if err := each(a.(*wire.GetRecordsResponse)); err != nil {
			return err
		}
	}
	return err
}

func (n vaultLine) PutEnvelopes(ctx context.Context, in *wire.PutEnvelopesRequest) (*wire.PutEnvelopesResponse, error) {
	return unary(ctx, n.line, "PutEnvelopes", in, func(ctx context.Context, l *life, in *wire.PutEnvelopesRequest) (*wire.PutEnvelopesResponse, error) {
		return l.vault.PutEnvelopes(ctx, in)
	})
}

func (n vaultLine) PutCopy(ctx context.Context, in *wire.PutCopyRequest) (*wire.PutCopyResponse, error) {
	return unary(ctx, n.line, "PutCopy", in, func(ctx context.Context, l *life, in *wire.PutCopyRequest) (*wire.PutCopyResponse, error) {
		return l.vault.PutCopy(ctx, in)
	})
}

func (n vaultLine) GetCopy(ctx context.Context, in *wire.GetCopyRequest) (*wire.GetCopyResponse, error) {
	return unary(ctx, n.line, "GetCopy", in, func(ctx context.Context, l *life, in *wire.GetCopyRequest) (*wire.GetCopyResponse, error) {
		return l.vault.GetCopy(ctx, in)
	})
}

func (n vaultLine) ListCopies(ctx context.Context, in *wire.ListCopiesRequest) (*wire.ListCopiesResponse, error) {
	return unary(ctx, n.line, "ListCopies", in, func(ctx context.Context, l *life, in *wire.ListCopiesRequest) (*wire.ListCopiesResponse, error) {
		return l.vault.ListCopies(ctx, in)
	})
}
