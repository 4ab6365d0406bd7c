package member

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// Identity is what a member is made of, kept in its folder, readable by its
// operator only.
type Identity struct {
	Name     string        `json:"name"`
	Kind     string        `json:"kind"` // hospital, clinic, laboratory, pharmacy, patients, other
	Subject  stele.Subject `json:"subject"`
	Document []byte        `json:"key_document"` // of the organisation's subject
	Secret   []byte        `json:"secret"`       // 32 bytes; every key of the node is derived from it
	Shares   [][]byte      `json:"shares"`       // of the committee key, one an epoch; each names its own
	Listen   string        `json:"listen"`       // host:port of the services
	Peer     string        `json:"peer"`         // host:port for other nodes
}

// NewIdentity makes an identity with fresh secrets and no share yet.
func NewIdentity(name, kind string, document []byte) Identity {
	id := Identity{Name: name, Kind: kind, Subject: stele.SubjectOf(document), Document: document, Secret: make([]byte, 32)}
	rand.Read(id.Secret)
	return id
}

// Node returns the key that signs parcels and requests between members.
func (id Identity) Node() wire.Signer { return wire.Ed25519FromSeed(id.derive("node")) }

// Trustee returns the key that signs receipts.
func (id Identity) Trustee() wire.Signer { return wire.Ed25519FromSeed(id.derive("trustee")) }

// Validator returns the seed of the consensus key.
func (id Identity) Validator() chain.Seed { return id.derive("validator") }

// Network returns the seed of the key that other nodes know this one by.
func (id Identity) Network() chain.Seed { return id.derive("network") }

// SealKey returns the key that other founders' subshares are sealed to, and what patients say
// of emergencies.
func (id Identity) SealKey() *seal.SealKey {
	seed := id.derive("seal")
	key, err := seal.SealKeyFromSeed(seed[:])
	if err != nil {
		panic("member: " + err.Error()) // only for seeds of another length
	}
	return key
}

// Address returns where the member is found, signed by its node: url is the
// services' public address, peer the node's, host:port. A pinned address is
// served under the member's own TLS key.
func (id Identity) Address(name, url, peer string, pinned bool) *wire.Signed {
	a := &wire.MemberAddress{Subject: id.Subject[:], Name: name, Kind: id.Kind, Url: url, Peer: chain.Peer(id.Network(), peer)}
	if pinned {
		pin := id.Pin()
		a.Pin = pin[:]
	}
	return wire.Sign(wire.TagAddress, a, id.Node())
}

// Card returns the member's card for the founding of a network, signed by its
// node and by its organisation.
func (id Identity) Card(network string, address *wire.Signed, organisation wire.Signer) *wire.Signed {
	m := id.Genesis(0)
	m.SealKey = nil // the card has it beside
	return founding.NewCard(&wire.Founder{
		Network: network, Member: m, Address: address, SealKey: id.SealKey().Public(),
	}, id.Node(), organisation)
}

// PeerAddress returns where other nodes reach this one.
func (id Identity) PeerAddress() string { return chain.Peer(id.Network(), id.Peer) }

// Genesis returns what the genesis says of the member.
func (id Identity) Genesis(share uint32) *wire.Member {
	return &wire.Member{
		KeyDocument: id.Document, Kind: id.Kind, Node: id.Node().Public(), Trustee: id.Trustee().Public(), Share: share,
		Validator: chain.ValidatorKey(id.Validator()), Power: 10, SealKey: id.SealKey().Public(),
	}
}

func (id Identity) derive(use string) [32]byte {
	key, err := hkdf.Key(sha256.New, id.Secret, nil, "stele.v1.member."+use, 32)
	if err != nil {
		panic("member: " + err.Error()) // only for lengths that are too large
	}
	return [32]byte(key)
}

// shares reads the member's shares. It fails with KindInvalid.
func (id Identity) shares() (held threshold.Shares, err error) {
	for _, raw := range id.Shares {
		share, err := threshold.ParseShare(raw)
		if err != nil {
			return nil, err
		}
		held = append(held, share)
	}
	return held, nil
}

// lacks reports whether the member should hold a share that it does not.
func (id Identity) lacks(c stele.Consortium) bool {
	held, _ := id.shares() // read before; none else
	named := slices.ContainsFunc(c.Members, func(m stele.Member) bool { return m.Subject == id.Subject && m.Share != 0 })
	return named && held.Of(c.Committee.Epoch) == nil
}

// IdentityFile is the identity's place in a member's folder.
const IdentityFile = "member.json"

// Save writes the identity into a folder, in one step: what stood there before
// is there whole or the new one is.
func (id Identity) Save(folder string) error {
	raw, err := json.MarshalIndent(id, "", "  ")
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err == nil {
		err = regular.Replace(filepath.Join(folder, IdentityFile), raw)
	}
	if err != nil {
		return stele.E("save member", stele.KindOther, "the member's secrets cannot be written", err)
	}
	return nil
}

// atRest is an identity as files hold it: those of old held one share, the founding's.
type atRest struct {
	Identity
	Share []byte `json:"share"`
}

// LoadIdentity reads the identity of a folder. It fails with KindNotFound where
// there is none.
func LoadIdentity(folder string) (id Identity, err error) {
	raw, err := regular.Read(filepath.Join(folder, IdentityFile), 1<<20)
	if errors.Is(err, os.ErrNotExist) {
		return id, stele.E("load member", stele.KindNotFound, "there is no member in "+folder, err).
			WithHint("stele member init makes one")
	}
	if err == nil {
		read := atRest{}
		err = json.Unmarshal(raw, &read)
		id = read.Identity
		if len(read.Share) > 0 {
			id.Shares = append([][]byte{read.Share}, id.Shares...)
		}
	}
	if err == nil && len(id.Secret) != 32 {
		err = errors.New("the secret is not 32 bytes")
	}
	if err == nil && id.Subject != stele.SubjectOf(id.Document) {
		err = errors.New("the key document is another subject's")
	}
	if err != nil {
		return id, stele.E("load member", stele.KindInvalid, "the member's secrets can't be read: "+filepath.Join(folder, IdentityFile), err).
			WithHint("put the backup of that file back: it is the member")
	}
	return id, nil
}
