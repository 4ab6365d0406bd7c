package api

import (
	"context"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// Prover makes proofs against the newest state whose app hash stands in a final
// header. The light block is added here. The ledger room satisfies it.
type Prover interface {
	// ProveLog returns a page of a log, without a header; see ledger.Ledger.
	ProveLog(subject stele.Subject, first, until uint64) (*wire.LogProof, error)
	// LogSize returns how long a log is at the newest block, which may be
	// longer than what can be proved.
	LogSize(subject stele.Subject) uint64
	// ProveEntry fails with KindBusy while the entry is newer than what can
	// be proved, and with KindNotFound.
	ProveEntry(tx stele.Digest) (*wire.EntryProof, error)
	// ProveBatch proves the posting of a batch of receipts, as ProveEntry.
	ProveBatch(batch stele.ID) (*wire.EntryProof, error)
	// Beside returns the other subjects that are the same person.
	Beside(subject stele.Subject) ([]stele.Subject, error)
	// Late reports whether the death is recorded of whose chart a claim would take over, or KindDenied.
	Late(subject stele.Subject, claim *wire.Signed) (bool, error)
	// Spoke returns the anchor of a delivery to a chart, and the keys of whoever spoke for
	// its source when it was made, or KindNotFound.
	Spoke(source, chart stele.Subject, submission stele.ID) (*wire.Anchored, []stele.PublicKey, error)
	// Counts returns how many logs and events there are.
	Counts() (logs, events uint64)
	// Position returns the newest height and the app hash of its state.
	Position() (height int64, appHash stele.Digest, err error)
}

// Chain is what the Ledger service needs of the member's consensus node.
type Chain interface {
	stele.Submitter
	// Light returns a header with commit and validators. KindNotFound while
	// there is none.
	Light(height int64) (*wire.LightBlock, error)
	// Blocks returns at most limit blocks below the height before, newest
	// first; 0 begins with the newest.
	Blocks(before int64, limit int) ([]*Block, error)
	// Watch calls each for every new block until ctx ends or each fails.
	Watch(ctx context.Context, each func(*Block) error) error
}

// NodeConfig is what a Node is made of.
type NodeConfig struct {
	Ledger      stele.Ledger
	Prover      Prover
	Chain       Chain
	Network     string // chain id
	Member      stele.Subject
	Name        string        // the member's, for screens
	Fingerprint [32]byte      // SHA-256 of the genesis
	Snapshots   Snapshots     // nil: none are served
	Oldest      func() int64  // height of the oldest block kept; nil: 0
	Validators  func() uint32 // how many vote; nil: as many as members
	Clock       func() time.Time
}

// Node is the Ledger service of a member. It is safe for concurrent use.
type Node struct {
	NodeConfig
	door    *own.Door
	members *own.MemberDoor

	watching watchers

	mu      sync.Mutex
	serving map[stele.Subject]bool // members that a snapshot is being sent to
}

var _ Ledger = (*Node)(nil)

const (
	provableWithin = time.Second // how long Entry waits for the next header
	lookEvery      = 5 * time.Millisecond
	maxBlocks      = 100
)

// NewNode joins a member's ledger and chain. A nil Clock is time.Now.
func NewNode(c NodeConfig) *Node {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Node{
		NodeConfig: c, door: own.NewDoor(c.Ledger, c.Network, c.Member),
		members: own.NewMemberDoor(c.Ledger.Consortium, c.Network, c.Member), serving: map[stele.Subject]bool{},
	}
}

// Status says where the node stands.
func (n *Node) Status(context.Context, *StatusRequest) (*StatusResponse, error) {
	consortium, err := n.Ledger.Consortium()
	if err != nil {
		return nil, err
	}
	_, appHash, err := n.Prover.Position()
	if err != nil {
		return nil, err
	}
	newest := n.Ledger.Newest()
	out := &StatusResponse{
		Chain: n.Network, Height: newest.Height, TimeMs: newest.Time.UnixMilli(), AppHash: appHash[:],
		Members: uint32(len(consortium.Members)), Validators: uint32(len(consortium.Members)),
		Threshold: uint32(consortium.Committee.Threshold), Trustees: uint32(len(consortium.Committee.Shares)),
		Member: n.Member.String(), Name: n.Name, Fingerprint: n.Fingerprint[:],
	}
	out.Subjects, out.Events = n.Prover.Counts()
	if n.Validators != nil {
		out.Validators = n.Validators()
	}
	if n.Oldest != nil {
		out.Oldest = n.Oldest()
	}
	return out, nil
}

// Submit hands in a transaction; see stele.Submitter.
func (n *Node) Submit(ctx context.Context, in *SubmitRequest) (*SubmitResponse, error) {
	if len(in.GetTransaction()) == 0 {
		return nil, stele.E("submit", stele.KindInvalid, "the request holds no transaction", nil)
	}
	o, err := n.Chain.Submit(ctx, in.Transaction)
	if err != nil {
		return nil, err
	}
	return &SubmitResponse{Subject: o.Subject[:], Height: o.Height, Seq: o.Seq, TimeMs: o.Time.UnixMilli(), Event: o.Event}, nil
}

// Subject returns a subject's current keys; where a delivery is asked for, those that could sign it; and whether a claim
// comes after the death, where one is shown.
func (n *Node) Subject(_ context.Context, in *SubjectRequest) (*SubjectResponse, error) {
	subject, err := stele.ParseSubject(in.Did)
	if err != nil {
		return nil, err
	}
	keys, err := n.Ledger.Subject(subject)
	if err != nil {
		return nil, err
	}
	out := &SubjectResponse{Did: in.Did, Created: keys.Created, Turn: keys.Turn}
	if len(in.Submission) != 0 {
		if out.Anchor, keys, err = n.spoke(subject, in); err != nil {
			return nil, err
		}
	}
	if in.Claim != nil {
		if out.Died, err = n.Prover.Late(subject, in.Claim); err != nil {
			return nil, err
		}
	}
	out.Devices = Devices(keys)
	return out, nil
}

// spoke returns the anchor that is asked for, and the keys of whoever spoke for a source then.
func (n *Node) spoke(source stele.Subject, in *SubjectRequest) (*wire.Anchored, stele.Keys, error) {
	chart, err := stele.SubjectFrom(in.Chart)
	if err != nil {
		return nil, stele.Keys{}, err
	}
	submission, err := stele.IDFrom(in.Submission)
	if err != nil {
		return nil, stele.Keys{}, err
	}
	anchor, signing, err := n.Prover.Spoke(source, chart, submission)
	return anchor, stele.Keys{Signing: signing}, err
}

// Devices writes keys as a wallet reads them. The vocabulary does not say which
// signature key and which seal key belong to one device; a wallet does not need
// it.
func Devices(keys stele.Keys) []*wire.Device {
	devices := make([]*wire.Device, max(len(keys.Signing), len(keys.Seal)))
	for i := range devices {
		devices[i] = &wire.Device{}
		if i < len(keys.Signing) {
			devices[i].Signing = wire.FromKey(keys.Signing[i])
		}
		if i < len(keys.Seal) {
			devices[i].SealSuite, devices[i].SealKey = wire.SuiteSeal, keys.Seal[i]
		}
	}
	return devices
}

// Blocks lists blocks, newest first.
func (n *Node) Blocks(_ context.Context, in *BlocksRequest) (*BlocksResponse, error) {
	limit := min(in.Limit, maxBlocks)
	if limit == 0 {
		limit = 20
	}
	if in.Before < 0 {
		return nil, stele.E("list blocks", stele.KindInvalid, "a height is not negative", nil)
	}
	blocks, err := n.Chain.Blocks(in.Before, int(limit))
	return &BlocksResponse{Blocks: blocks}, err
}

// Light returns a header with commit and validators.
func (n *Node) Light(_ context.Context, in *LightRequest) (*LightResponse, error) {
	if in.Height < 0 {
		return nil, stele.E("read header", stele.KindInvalid, "a height is not negative", nil)
	}
	height := in.Height
	if height == 0 {
		height = n.Ledger.Newest().Height
	}
	light, err := n.Chain.Light(height)
	return &LightResponse{Light: light}, err
}

// Log returns a page of a subject's log with its proof, to the subject and to
// auditors whom the consortium named; the consortium's own to everyone. It waits a
// moment for the header that proves the newest entries; a page that follows needs
// none.
func (n *Node) Log(ctx context.Context, in *LogRequest) (*LogResponse, error) {
	consortium, err := n.Ledger.Consortium()
	if err != nil {
		return nil, err
	}
	if in.GetRequest() == nil {
		return n.log(ctx, own.Request{Subject: consortium.Subject, Since: in.GetSince(), Until: in.GetUntil()})
	}
	ask, err := n.door.Check(n.Clock(), in.GetRequest(), consortium.Auditors...)
	if err != nil {
		return nil, err
	}
	return n.log(ctx, ask)
}

func (n *Node) log(ctx context.Context, ask own.Request) (_ *LogResponse, err error) {
	var proof *wire.LogProof
	if ask.Until != 0 {
		proof, err = n.Prover.ProveLog(ask.Subject, ask.Since, ask.Until)
		return &LogResponse{Proof: proof}, err
	}
	err = n.untilProvable(ctx, func() (err error) {
		p, err := n.Prover.ProveLog(ask.Subject, ask.Since, 0)
		if err == nil {
			p.Light, err = n.proving(p.Head)
		}
		if stele.KindOf(err) == stele.KindNotFound && n.Prover.LogSize(ask.Subject) > 0 {
			return stele.E("prove", stele.KindBusy, "the log is newer than what can be proved", nil).WithHint("ask again")
		}
		if err != nil {
			return err
		}
		// Whoever was told that a write is final finds it in the log.
		if proof = p; n.Prover.LogSize(ask.Subject) > p.Head.GetSize() {
			return stele.E("prove", stele.KindBusy, "the newest entries are still to be proved", nil).WithHint("ask again")
		}
		return nil
	})
	if proof != nil {
		err = nil // on a chain that stands still: what can be proved
	}
	return &LogResponse{Proof: proof}, err
}

// Entry returns one event with its proof, to whoever knows the transaction's
// id. It waits for the block that proves it.
func (n *Node) Entry(ctx context.Context, in *EntryRequest) (*EntryResponse, error) {
	tx, err := stele.DigestFrom(in.Transaction)
	if err != nil {
		return nil, err
	}
	proof, err := n.entry(ctx, func() (*wire.EntryProof, error) { return n.Prover.ProveEntry(tx) })
	return &EntryResponse{Proof: proof}, err
}

// Grant says where a grant stands. Who asks knows the patient, the key and, from the
// document and its salt, the commitment: the answer tells nothing of grants to others. Of the person's other charts, and
// of their death, it tells as long as the grant stands; of an emergency's death afterwards, too.
func (n *Node) Grant(_ context.Context, in *GrantRequest) (*GrantResponse, error) {
	id, err := stele.IDFrom(in.Grant)
	if err != nil {
		return nil, err
	}
	g, err := n.Ledger.Grant(id)
	if err != nil {
		return nil, err
	}
	if string(in.Subject) != string(g.Subject[:]) || in.Action != uint32(g.Action) || wire.ValidKey(in.Grantee) != nil ||
		wire.Key(in.Grantee) != g.Grantee || string(in.Commitment) != string(g.Commitment[:]) {
		return nil, stele.E("read grant", stele.KindNotFound, "no such grant on the ledger", nil)
	}
	out := &GrantResponse{Status: uint32(g.Status), EndMs: g.End.UnixMilli(), Review: g.Review, Returned: g.Returned}
	stands := g.Status == stele.GrantActive || g.Status == stele.GrantUsedUp
	out.Died = g.Died && (stands || g.Emergency && g.Status == stele.GrantEnded) // what ended in a day may have by the death
	if stands {
		others, err := n.Prover.Beside(g.Subject)
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			out.Beside = append(out.Beside, other[:])
		}
	}
	if g.Emergency {
		out.ReviewByMs, out.Uses = g.ReviewBy.UnixMilli(), g.Uses
	}
	return out, nil
}

// Posting proves the posting of a batch of receipts, for the member's trustee.
func (n *Node) Posting(ctx context.Context, batch stele.ID) (*wire.EntryProof, error) {
	return n.entry(ctx, func() (*wire.EntryProof, error) { return n.Prover.ProveBatch(batch) })
}

func (n *Node) entry(ctx context.Context, prove func() (*wire.EntryProof, error)) (proof *wire.EntryProof, err error) {
	err = n.untilProvable(ctx, func() (err error) {
		if proof, err = prove(); err == nil {
			proof.Light, err = n.proving(proof.Head)
		}
		return err
	})
	return proof, err
}

// proving returns the header that proves a head. The ledger may know a block a
// moment before the chain tells of it.
func (n *Node) proving(head *wire.HeadProof) (*wire.LightBlock, error) {
	light, err := n.Chain.Light(head.GetHeight() + 1)
	if stele.KindOf(err) == stele.KindNotFound {
		err = stele.E("prove", stele.KindBusy, "the header is still to come", err).WithHint("ask again")
	}
	return light, err
}

// untilProvable asks again while the answer is KindBusy, for up to a
// second: the block that proves the last one is on its way. A node that is
// behind says KindBusy after that, and wallets ask the next one.
func (n *Node) untilProvable(ctx context.Context, ask func() error) error {
	ctx, cancel := context.WithTimeout(ctx, provableWithin)
	defer cancel()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		err := ask()
		if err == nil || stele.KindOf(err) != stele.KindBusy {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-look.C:
		}
	}
}

// Watch streams blocks as they become final.
func (n *Node) Watch(ctx context.Context, _ *WatchRequest, each func(*Block) error) error {
	return n.Chain.Watch(ctx, each)
}
