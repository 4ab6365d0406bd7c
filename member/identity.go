package member

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/chain"
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
	Share    []byte        `json:"share"`        // of the committee key
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

// PeerAddress returns where other nodes reach this one.
func (id Identity) PeerAddress() string { return chain.Peer(id.Network(), id.Peer) }

// Genesis returns what the genesis says of the member.
func (id Identity) Genesis(share uint32) *wire.Member {
	return &wire.Member{
		KeyDocument: id.Document, Kind: id.Kind, Node: id.Node().Public(), Trustee: id.Trustee().Public(), Share: share,
		Validator: chain.ValidatorKey(id.Validator()), Power: 10,
	}
}

func (id Identity) derive(use string) [32]byte {
	key, err := hkdf.Key(sha256.New, id.Secret, nil, "stele.v1.member."+use, 32)
	if err != nil {
		panic("member: " + err.Error()) // only for lengths that are too large
	}
	return [32]byte(key)
}

func (id Identity) share() (*threshold.Share, error) { return threshold.ParseShare(id.Share) }

// identityFile is the identity's place in a member's folder.
const identityFile = "member.json"

// Save writes the identity into a folder.
func (id Identity) Save(folder string) error {
	raw, err := json.MarshalIndent(id, "", "  ")
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, identityFile), raw, 0o600)
	}
	if err != nil {
		return stele.E("save member", stele.KindOther, "", err)
	}
	return nil
}

// LoadIdentity reads the identity of a folder.
func LoadIdentity(folder string) (id Identity, err error) {
	raw, err := os.ReadFile(filepath.Join(folder, identityFile))
	if err == nil {
		err = json.Unmarshal(raw, &id)
	}
	if err != nil {
		return id, stele.E("load member", stele.KindInvalid, "the member's folder is not usable", err)
	}
	return id, nil
}
