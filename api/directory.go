package api

import (
	"context"

	"github.com/stele-health/stele/wire"
)

// People is a directory without the network document. The directory room
// satisfies it.
type People interface {
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
	GetSlot(context.Context, *wire.GetSlotRequest) (*wire.GetSlotResponse, error)
}

// DirectoryOf is the Directory service over a directory and a source of the
// network document, which may change as members come and go.
func DirectoryOf(people People, network func() *wire.Network) Directory {
	return directoryRoom{people, network}
}

type directoryRoom struct {
	People
	network func() *wire.Network
}

// Network returns what a wallet needs to start.
func (d directoryRoom) Network(context.Context, *NetworkRequest) (*NetworkResponse, error) {
	return &NetworkResponse{Network: d.network()}, nil
}
