package members

import (
	"context"
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Member is a member of the consortium as a wallet meets it. None of its answers
// is believed without proof.
type Member struct {
	Subject stele.Subject
	Name    string
	Kind    string

	Ledger    Ledger
	Directory Directory
	Vault     Vault
	Trustee   Trustee
	Emergency Emergency
	Notices   Notices

	Close func() // gives up the connections that no call uses; may be nil
}

// Ledger is a member's node.
type Ledger interface {
	stele.Submitter
	// Height returns the newest final height of the node.
	Height(ctx context.Context) (int64, error)
	// Keys returns a subject's current keys.
	Keys(ctx context.Context, subject stele.Subject) ([]*wire.Device, error)
	// Turn returns how often a subject was merged into another and parted: odd while it is, and
	// then the other's keys speak for it.
	Turn(ctx context.Context, subject stele.Subject) (uint32, error)
	// Late reports whether the death is recorded of whose chart a claim would take over, to who shows one that
	// the slip's key signed.
	Late(ctx context.Context, subject stele.Subject, claim *wire.Signed) (bool, error)
	// Spoke returns the anchor of a delivery to a chart, and the devices of whoever spoke for its
	// source when it was made, with their signature keys of now; or KindNotFound.
	Spoke(ctx context.Context, source, chart stele.Subject, submission stele.ID) (*wire.Anchored, []*wire.Device, error)
	// Log returns a log with its proof; request is an OwnRequest.
	Log(ctx context.Context, request *wire.Signed) (*wire.LogProof, error)
	// WatchLog calls each with the length of a log as it grows, and now and then while it
	// does not, until ctx ends, each fails, or the member ends it; request is an OwnRequest.
	WatchLog(ctx context.Context, request *wire.Signed, each func(size uint64) error) error
	// Consortium returns a page of the consortium's own log, as Log does.
	Consortium(ctx context.Context, since, until uint64) (*wire.LogProof, error)
	// Entry returns an event by its transaction's id, with its proof.
	Entry(ctx context.Context, tx stele.Digest) (*wire.EntryProof, error)
	// Grant returns g with where it stands, if the ledger has one that is as g says: its
	// subject, action, key and commitment; or KindNotFound.
	Grant(ctx context.Context, g stele.Grant) (stele.Grant, error)
	// Light returns a header with commit and validators; 0 is the newest.
	Light(ctx context.Context, height int64) (*wire.LightBlock, error)
}

// Directory is where a member's people are found and get their post.
type Directory interface {
	Register(context.Context, *wire.RegisterRequest) (*wire.RegisterResponse, error)
	FindCards(context.Context, *wire.FindCardsRequest) (*wire.FindCardsResponse, error)
	TakeKey(context.Context, *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error)
	Deliver(context.Context, *wire.DeliverRequest) (*wire.DeliverResponse, error)
	Collect(context.Context, *wire.CollectRequest) (*wire.CollectResponse, error)
	Ask(context.Context, *wire.AskRequest) (*wire.AskResponse, error)
	Asked(context.Context, *wire.AskedRequest) (*wire.AskedResponse, error)
	PutStatusList(context.Context, *wire.PutStatusListRequest) (*wire.PutStatusListResponse, error)
	GetStatusList(context.Context, *wire.GetStatusListRequest) (*wire.GetStatusListResponse, error)
	PutSlot(context.Context, *wire.PutSlotRequest) (*wire.PutSlotResponse, error)
}

// Vault is a member's store of sealed records.
type Vault interface {
	PutSubmission(context.Context, *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error)
	ListFolios(context.Context, *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error)
	ListOwn(context.Context, *wire.ListOwnRequest) (*wire.ListOwnResponse, error)
	PutEnvelopes(context.Context, *wire.PutEnvelopesRequest) (*wire.PutEnvelopesResponse, error)
	// GetRecords calls each once for every folio, in the order asked.
	GetRecords(ctx context.Context, r *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error
}

// Trustee is a member's holder of a share.
type Trustee interface {
	Release(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error)
	Details(context.Context, *wire.DetailsRequest) (*wire.DetailsResponse, error)
	View(context.Context, *wire.ViewRequest) (*wire.ViewResponse, error)
}

// Emergency is a member's desk for charts that its people open in an emergency.
type Emergency interface {
	Activate(context.Context, *wire.ActivateRequest) (*wire.ActivateResponse, error)
	ListActivations(context.Context, *wire.ListActivationsRequest) (*wire.ListActivationsResponse, error)
}

// Notices is where a member's people say where they want to be told that something happened.
type Notices interface {
	SetNotices(context.Context, *wire.SetNoticesRequest) (*wire.SetNoticesResponse, error)
	ShowNotices(context.Context, *wire.ShowNoticesRequest) (*wire.ShowNoticesResponse, error)
}

// Network is the members that a wallet knows, the own one first.
type Network struct {
	Genesis []byte   // CometBFT genesis document, JSON
	Members []Member // as the network file has them: where to begin. Who asks them asks All

	// Dial makes the members who run the network now, those that are where they were as
	// they are; nil: the members stay.
	Dial func(now *wire.Consortium) ([]Member, error)

	mu      sync.RWMutex
	now     []Member // nil while Members are
	silents silents
}

// All lists the members as the consortium was last followed. The list is not to be changed.
func (n *Network) All() []Member {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.now != nil {
		return n.now
	}
	return n.Members
}

// Follow takes up who runs the network now: who moved, or has another TLS key, is dialled
// anew, who came is asked too, who left no more. What is being asked goes on. It fails with
// the error of Dial, and everything stays.
func (n *Network) Follow(now *wire.Consortium) error {
	if n.Dial == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	all, err := n.Dial(now)
	if err == nil {
		n.now = all
	}
	return err
}
