package api

import (
	"context"
	"log/slog"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// Rooms are what a member serves. A nil room is not served.
type Rooms struct {
	Ledger    Ledger
	Directory Directory
	Vault     Vault
	Trustee   members.Trustee // releases what its own ledger shows
	Emergency members.Emergency
	Admin     Admin
	Devnet    Devnet
	Notices   members.Notices

	// AdminToken opens Admin, as "Authorization: Bearer". Empty opens it to
	// nobody.
	AdminToken string

	// Log hears of panics and internal failures: the procedure, the kind and
	// where it happened, never a request. nil: none.
	Log *slog.Logger

	// Observe is told of every call: the procedure, which is one of this
	// package's, what it failed with, if it did, and how long it took. nil:
	// nobody counts.
	Observe func(procedure string, kind stele.Kind, failed bool, took time.Duration)
}

// Ledger is a member's node; see service Ledger in api.proto.
type Ledger interface {
	Status(context.Context, *StatusRequest) (*StatusResponse, error)
	Submit(context.Context, *SubmitRequest) (*SubmitResponse, error)
	Subject(context.Context, *SubjectRequest) (*SubjectResponse, error)
	Blocks(context.Context, *BlocksRequest) (*BlocksResponse, error)
	Light(context.Context, *LightRequest) (*LightResponse, error)
	Log(context.Context, *LogRequest) (*LogResponse, error)
	Entry(context.Context, *EntryRequest) (*EntryResponse, error)
	Grant(context.Context, *GrantRequest) (*GrantResponse, error)
	// Watch calls each for every new block until ctx ends or each fails.
	Watch(ctx context.Context, in *WatchRequest, each func(*Block) error) error
	// WatchLog calls each as service Ledger says, until ctx ends or each fails.
	WatchLog(ctx context.Context, in *WatchLogRequest, each func(*LogGrown) error) error
	// Snapshot calls each with one part after the other.
	Snapshot(ctx context.Context, in *SnapshotRequest, each func(*SnapshotPart) error) error
}

// Directory knows the member's people and keeps their post.
type Directory interface {
	members.Directory
	GetSlot(context.Context, *wire.GetSlotRequest) (*wire.GetSlotResponse, error) // between members
	Network(context.Context, *NetworkRequest) (*NetworkResponse, error)
}

// Vault keeps sealed records, and copies of other members'.
type Vault interface {
	members.Vault
	PutCopy(context.Context, *wire.PutCopyRequest) (*wire.PutCopyResponse, error)
	GetCopy(context.Context, *wire.GetCopyRequest) (*wire.GetCopyResponse, error)
	ListCopies(context.Context, *wire.ListCopiesRequest) (*wire.ListCopiesResponse, error)
}

// Admin is for the member's own operator.
type Admin interface {
	VaultStatus(context.Context, *VaultStatusRequest) (*wire.VaultStatus, error)
	// Fsck calls each as it goes on.
	Fsck(ctx context.Context, in *FsckRequest, each func(*wire.FsckProgress) error) error
}

// Devnet runs and stops the members of a network in one process.
type Devnet interface {
	Members(context.Context, *DevnetMembersRequest) (*DevnetMembersResponse, error)
	Switch(context.Context, *DevnetSwitchRequest) (*DevnetSwitchResponse, error)
}
