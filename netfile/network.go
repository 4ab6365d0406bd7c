package netfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/wire"
)

// Name is the network file's name in a folder.
const Name = "network.json"

// Write writes a network file. It holds no secret.
func Write(path string, n *wire.Network) error {
	raw, err := protojson.MarshalOptions{Multiline: true}.Marshal(n)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, append(raw, '\n'), 0o644)
	}
	if err != nil {
		return stele.E("write network", stele.KindOther, "the network file cannot be written: "+path, err)
	}
	return nil
}

// whichNetwork is what a network file is.
const whichNetwork = "it is the network.json that stele member found wrote, the same for everybody; ask a member for it"

// Read reads a network file and checks it (Check). It fails with
// KindNotFound, with KindInvalid for what is none, and with KindProof for one
// whose genesis or addresses are forged.
func Read(path string) (*wire.Network, error) {
	raw, err := regular.Read(path, 64<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, stele.E("read network", stele.KindNotFound, "there is no network file at "+path, err).
			WithHint("start a network with: stele devnet, or name one with --home FOLDER")
	}
	if err != nil {
		return nil, regular.Unread("read network", "the network file", path, err).WithHint(whichNetwork)
	}
	n := new(wire.Network)
	if err := protojson.Unmarshal(raw, n); err != nil {
		return nil, stele.E("read network", stele.KindInvalid, path+" is not a network file", err).WithHint(whichNetwork)
	}
	return n, Check(n)
}

// Check checks what a network file says against its genesis: the members
// have equal votes, each stands there once, under a name that is fit and that no
// other has, and each address is its member's own word: signed by the node key that
// the genesis names. Whoever trusts the genesis then trusts the names, the addresses,
// and the TLS keys that they pin. An unsigned address is taken on this machine only,
// where a devnet lives. It fails with KindProof and with KindInvalid.
func Check(n *wire.Network) error {
	const op = "check network"
	again := "get the network file again, from a member that you trust"
	g, err := proof.ReadGenesis(n.Genesis)
	if err == nil {
		err = g.CheckMembers()
	}
	if err != nil {
		return err
	}
	if n.Chain != g.Founding.Chain {
		return stele.E(op, stele.KindProof, "the network file names another chain than its genesis", nil).WithHint(again)
	}
	nodes, kinds, names := map[string]*wire.PublicKey{}, map[string]string{}, map[string]bool{}
	for _, m := range g.Founding.Members {
		subject := stele.SubjectOf(m.KeyDocument)
		nodes[string(subject[:])], kinds[string(subject[:])] = m.Node, m.Kind
	}
	for _, a := range n.Members {
		node := nodes[string(a.Subject)]
		if node == nil || kinds[string(a.Subject)] != a.Kind {
			return stele.E(op, stele.KindProof, "the network file lists somebody who is no member, is there twice, or is of another kind", nil).WithHint(again)
		}
		delete(nodes, string(a.Subject))
		if err := CheckAddress(a); err != nil {
			return err
		}
		if key := stele.NameKey(a.Name); names[key] {
			return stele.E(op, stele.KindInvalid, "two members have the same name, or names that look alike: "+a.Name, nil).WithHint(again)
		} else {
			names[key] = true
		}
		if err := checkSigned(a, node); err != nil {
			return stele.E(op, stele.KindProof, "the address of a member is not its own word: "+a.Url, err).WithHint(again)
		}
	}
	return nil
}

// checkSigned checks that a member's node has signed what an address shows.
func checkSigned(a *wire.MemberAddress, node *wire.PublicKey) error {
	if a.Signed == nil && wire.Loopback(a.Url) && len(a.Pin) == 0 {
		return nil
	}
	signed, err := ReadAddress(a.Signed, node)
	if err != nil {
		return err
	}
	shown := proto.CloneOf(a)
	if shown.Signed = nil; !proto.Equal(shown, signed) {
		return stele.E("", stele.KindProof, "it says another thing than its member signed", nil)
	}
	return nil
}
