package api

import (
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// A budget is what one message may hold: bytes as it travels, and parts when it is
// decoded (messages in it, and items of lists). A part costs some 200 bytes of
// memory at worst, whatever it took to send.
type budget struct{ bytes, parts int }

// Usual budgets.
var (
	question = budget{4 << 10, 48}  // ids, heights, a name; a signed request about oneself or between members
	short    = budget{64 << 10, 64} // an answer of a few fields
)

// MaxSubmission is the longest message to PutSubmission or PutCopy, in bytes.
const MaxSubmission = 256 << 20

// A signed request to read carries a grant document, an access detail, and a status list of
// each of three issuers.
var reading = budget{stele.MaxDocument + stele.MaxDetail + 3*stele.MaxStatusList + 16<<10, 64}

// budgets has a row for every message that crosses the wire. Each belongs to one
// procedure, so the message says which limits hold.
var budgets = map[string]budget{
	// Ledger
	"StatusRequest": question, "StatusResponse": short,
	"SubmitRequest": {32 << 10, 64}, "SubmitResponse": {256 << 10, 16},
	"SubjectRequest": question, "SubjectResponse": short.of(1024),
	"BlocksRequest": question, "BlocksResponse": short.of(256),
	"LightRequest": question, "LightResponse": {4 << 20, 4096},
	"LogRequest": question, "LogResponse": {6 << 20, 16 << 10}, // a page
	"WatchLogRequest": question, "LogGrown": question,
	"EntryRequest": question, "EntryResponse": {4 << 20, 8192},
	"GrantRequest": question, "GrantResponse": question,
	"WatchRequest": question, "Block": short,
	"SnapshotRequest": question, "SnapshotPart": {4 << 20, 4096},

	// Directory
	"NetworkRequest": question, "NetworkResponse": {4 << 20, 16 << 10},
	"RegisterRequest": {1 << 20, 8192}, "RegisterResponse": question, // a thousand one-time keys
	"FindCardsRequest": question, "FindCardsResponse": {3 << 20, 4096},
	"TakeKeyRequest": question, "TakeKeyResponse": short.of(128),
	"DeliverRequest": {stele.MaxPackage + 4<<10, 64}, "DeliverResponse": question,
	"CollectRequest": question, "CollectResponse": {6 << 20, 4096},
	"AskRequest": {64 << 10, 64}, "AskResponse": question,
	"AskedRequest": question, "AskedResponse": {6 << 20, 4096},
	"PutStatusListRequest": {stele.MaxStatusList + 4<<10, 8}, "PutStatusListResponse": question,
	"GetStatusListRequest": question, "GetStatusListResponse": {stele.MaxStatusList + 4<<10, 8},
	"PutSlotRequest": {512 << 10, 48}, "PutSlotResponse": question,
	"GetSlotRequest": question, "GetSlotResponse": {256 << 10, 8},

	// Notices
	"SetNoticesRequest": question, "SetNoticesResponse": question, "ShowNoticesRequest": question, "ShowNoticesResponse": question,

	// Vault
	"PutSubmissionRequest": {MaxSubmission, wire.MaxParts}, "PutSubmissionResponse": short.of(1024),
	"ListFoliosRequest": reading, "ListFoliosResponse": {MaxSubmission, 1 << 21},
	"ListOwnRequest": question, "ListOwnResponse": {MaxSubmission, 1 << 21},
	"GetRecordsRequest": {reading.bytes + 1<<20, 1 << 16}, "GetRecordsResponse": {MaxSubmission, 1 << 18},
	"PutCopyRequest": {MaxSubmission, 64}, "PutCopyResponse": question,
	"GetCopyRequest": question, "GetCopyResponse": {MaxSubmission, 16},
	"PutEnvelopesRequest": {512 << 10, 64}, "PutEnvelopesResponse": question,
	"ListCopiesRequest": question, "ListCopiesResponse": short.of(2048),

	// Trustee
	"ReleaseRequest": {8 << 20, 64 << 10}, "ReleaseResponse": {1 << 20, 16},
	"DetailsRequest": question, "DetailsResponse": {24 << 20, 128 << 10},
	"ViewRequest": {stele.MaxViewed + stele.MaxDetail + 4<<10, 4096}, "ViewResponse": question,

	// Emergency
	"ActivateRequest": {stele.MaxDetail + 3*stele.MaxCredential + 3*stele.MaxStatusList + 16<<10, 64}, "ActivateResponse": question,
	"ListActivationsRequest": question, "ListActivationsResponse": {4 << 20, 16 << 10},

	// Admin and Devnet
	"VaultStatusRequest": question, "VaultStatus": short,
	"FsckRequest": question, "FsckProgress": {1 << 20, 8192},
	"DevnetMembersRequest": question, "DevnetMembersResponse": {1 << 20, 4096},
	"DevnetSwitchRequest": question, "DevnetSwitchResponse": question,

	"Status": short, // how gRPC carries an error
}

func (b budget) of(parts int) budget { return budget{b.bytes, parts} }

// budgetOf returns the budget of a message; one that is in no list holds nothing
// (TestEveryMessageHasABudget).
func budgetOf(m proto.Message) budget { return budgets[string(m.ProtoReflect().Descriptor().Name())] }

// budgetOfSchema returns the budget of a procedure's requests.
func budgetOfSchema(schema any) budget {
	method, ok := schema.(protoreflect.MethodDescriptor)
	if !ok {
		return budget{}
	}
	return budgets[string(method.Input().Name())]
}

// budgetOfPath is budgetOfSchema by a procedure's path: "/stele.api.v1.Ledger/Status".
func budgetOfPath(path string) budget { return paths()[path] }

// paths are the budgets of requests by path.
var paths = sync.OnceValue(func() map[string]budget {
	out := map[string]budget{}
	services := File_api_api_proto.Services()
	for i := range services.Len() {
		methods := services.Get(i).Methods()
		for k := range methods.Len() {
			m := methods.Get(k)
			out["/"+string(services.Get(i).FullName())+"/"+string(m.Name())] = budgets[string(m.Input().Name())]
		}
	}
	return out
})

// largest is the largest answer of a service, in bytes.
func largest(service string) int {
	most := 0
	methods := File_api_api_proto.Services().ByName(protoreflect.Name(service)).Methods()
	for i := range methods.Len() {
		most = max(most, budgets[string(methods.Get(i).Output().Name())].bytes)
	}
	return most
}
