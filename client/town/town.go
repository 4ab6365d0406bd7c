// Package town is a consortium of four in one process, for tests: the real ledger with its
// contracts over memory, signed headers, and each member's real vault, trustee and
// directory. There is no consensus and no network. Stories of wallets are told in it in
// milliseconds, and members lie where a test has them lie.
package town

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/breakglass"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/directory"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/trustee"
	"github.com/stele-health/stele/vault"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Town is a consortium of four in one process: the real ledger with its
// contracts over memory, signed headers, and each member's real vault, trustee
// and directory. There is no consensus and no network: a transaction has its
// block at once. It lives in a bubble where waiting takes no time, so that a
// whole story runs in milliseconds. Members lie where a test has them lie (bend).
type Town struct {
	T       *testing.T
	folder  string
	Chain   string
	Genesis []byte // CometBFT's document
	ledger  *state.Ledger
	Names   []string
	Orgs    map[string]*client.Session
	Members []members.Member // honest, in the order of names
	people  int
	Keys    []wire.Ed25519 // trustees'
	Shares  []*threshold.Share
	Down    map[string]bool
	Apart   bool          // members hand each other no slots
	Asked   atomic.Int64  // how many questions for keys came
	Lazy    bool          // blocks are proved by the next heartbeat only
	Still   bool          // and there is none
	Ahead   time.Duration // by which blocks are later than the clock here

	mu     sync.Mutex // one block after the other
	Blocks []time.Time
	Hashes []stele.Digest // app hash by height
	voters []ed25519.PrivKey
	nodes  []wire.Ed25519
	seals  []*seal.SealKey

	trustees []*trustee.Trustee
	Closes   []func() error
}

// Node returns the node key of a member.
func (w *Town) Node(name string) wire.Signer { return w.nodes[slices.Index(w.Names[:], name)] }

// Ledger is the ledger that all members share.
func (w *Town) Ledger() stele.Ledger { return w.ledger }

// kinds are what kind of member each is.
var kinds = map[string]string{"Northside": "hospital", "Lakeview": "hospital", "Elm": "clinic", "Patients": "patients"}

const Passphrase = "open sesame"

// In runs a story in a town of its own.
func In(t *testing.T, story func(t *testing.T, w *Town)) {
	t.Helper()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, folder)
		defer w.close()
		story(t, w)
	})
}

func newTown(t *testing.T, folder string) *Town {
	w := &Town{
		T: t, folder: folder, Chain: "town", Names: []string{"Northside", "Lakeview", "Elm", "Patients"}, Orgs: map[string]*client.Session{},
		Down: map[string]bool{},
	}
	g := &wire.Genesis{Chain: w.Chain, TimeMs: time.Now().UnixMilli(), Terms: new(wire.Terms)}
	committee, shares, err := threshold.Ceremony{Chain: w.Chain, Epoch: 1, Threshold: 3, Members: 4}.Rehearse()
	w.Must(err)
	w.Shares = shares
	g.Committee = &wire.Committee{Suite: wire.SuiteCommittee, Epoch: 1, Threshold: 3, Key: committee.Key, Shares: committee.Shares}
	held := map[string]*wallet.Wallet{}
	for i, name := range w.Names {
		held[name] = w.NewFile(name, wallet.Organisation)
		sealKey, err := seal.NewSealKey()
		w.Must(err)
		w.seals = append(w.seals, sealKey)
		w.voters = append(w.voters, ed25519.GenPrivKeyFromSecret([]byte(name)))
		w.nodes, w.Keys = append(w.nodes, wire.NewEd25519()), append(w.Keys, wire.NewEd25519())
		g.Issuers = append(g.Issuers, held[name].Keyring().Signer().Public())
		g.Members = append(g.Members, &wire.Member{
			KeyDocument: held[name].Keyring().KeyDocument(), Kind: kinds[name], Node: w.nodes[i].Public(), Trustee: w.Keys[i].Public(),
			Share: uint32(i + 1), Validator: w.voters[i].PubKey().Bytes(), Power: 1,
			SealKey: sealKey.Public(),
		})
	}
	w.found(g)
	subjects := map[stele.Subject]string{}
	for _, name := range w.Names {
		subjects[held[name].Subject()] = name
	}
	for i, name := range w.Names {
		w.Members = append(w.Members, w.joins(i, name, held[name].Subject(), shares[i], subjects))
	}
	for _, name := range w.Names {
		s := w.Session(held[name])
		w.Orgs[name] = s
		_, err := s.Join(w.T.Context())
		w.Must(err)
	}
	for _, name := range w.Names {
		w.Must(w.Orgs[name].Enlist(w.T.Context(), w.Orgs[name].Session, wallet.Profile{Facility: "hospital", Until: time.Now().AddDate(1, 0, 0)}))
	}
	beat, beaten := make(chan struct{}), make(chan struct{})
	w.Closes = append(w.Closes, func() error { close(beat); <-beaten; return nil })
	go func() { // a block every ten seconds at least
		defer close(beaten)
		for {
			select {
			case <-beat:
				return
			case <-time.After(8 * time.Second):
				if !w.Still {
					w.WriteBlock()
				}
			}
		}
	}()
	return w
}

// found founds the ledger and writes the genesis document.
func (w *Town) found(g *wire.Genesis) {
	var err error
	w.ledger, err = contract.Open(ledger.NewMemory(), wire.Check)
	w.Must(err)
	w.Closes = append(w.Closes, func() error { w.ledger.Close(); return nil })
	raw := wire.Marshal(g)
	hash, err := w.ledger.Found(raw)
	w.Must(err)
	w.Hashes, w.Blocks = []stele.Digest{hash}, []time.Time{time.UnixMilli(g.TimeMs).UTC()}
	doc := types.GenesisDoc{GenesisTime: w.Blocks[0], ChainID: w.Chain, InitialHeight: 1}
	for _, v := range w.set().Validators {
		doc.Validators = append(doc.Validators, types.GenesisValidator{PubKey: v.PubKey, Power: v.VotingPower})
	}
	doc.AppState, _ = json.Marshal(base64.StdEncoding.EncodeToString(raw))
	w.Genesis, err = cmtjson.Marshal(doc)
	w.Must(err)
	w.WriteBlock()
	w.WriteBlock()
}

func (w *Town) set() *types.ValidatorSet {
	var list []*types.Validator
	for _, k := range w.voters {
		list = append(list, types.NewValidator(k.PubKey(), 1))
	}
	return types.NewValidatorSet(list)
}

// joins starts a member's rooms.
func (w *Town) joins(i int, name string, subject stele.Subject, share *threshold.Share, named map[stele.Subject]string) members.Member {
	fs := vfs.NewMem()
	n := node{w, name, subject, own.NewDoor(w.ledger, w.Chain, subject)}
	d, err := directory.Open(directory.Config{Folder: "directory", FS: fs, Ledger: w.ledger, Chain: w.Chain, Member: subject, Names: func() map[stele.Subject]string { return named },
		Others: directory.Others{Peers: func() []directory.Peer { return w.directories(subject) }, Signer: w.nodes[i], Opens: slot.Box{Key: w.seals[i], Member: subject}.Opens},
	})
	w.Must(err)
	slots := &directory.Opened{Box: slot.Box{Key: w.seals[i], Member: subject, Envelope: d.Slot, Beside: d.Beside}}
	v, err := vault.Open(w.T.Context(), vault.Config{
		Folder: "vault", FS: fs, Ledger: w.ledger, Member: subject, Chain: w.Chain, Signer: w.nodes[i], Copies: func(int) int { return 1 },
		Peers: w.peers, Retry: time.Hour, Slots: slots,
	})
	w.Must(err)
	tr, err := trustee.Open(trustee.Config{
		Folder: "trustee", FS: fs, Ledger: w.ledger, Submitter: n, Chain: w.Chain, Member: subject, Share: threshold.Shares{share}.Of, Signer: w.Keys[i],
		Nap: time.Sleep, Posting: n.posting, Slots: slots, SealKey: w.seals[i],
	})
	w.Must(err)
	desk, err := breakglass.Open(breakglass.Config{
		Folder: "emergencies", FS: fs, Ledger: w.ledger, Chain: w.Chain, Member: subject, Signer: w.nodes[i], AlarmUser: 5, AlarmFacility: 40,
	})
	w.Must(err)
	w.trustees = append(w.trustees, tr)
	w.Closes = append(w.Closes, v.Close, tr.Close, d.Close, desk.Close)
	return members.Member{
		Subject: subject, Name: name, Kind: kinds[name],
		Ledger: n, Directory: lineD{w, name, d}, Vault: LineV{w, name, v}, Trustee: lineT{w, name, tr}, Emergency: lineE{w, name, desk},
	}
}

// peer is a member's vault as other vaults reach it.
type peer struct {
	LineV
	subject stele.Subject
}

func (p peer) Subject() stele.Subject { return p.subject }

func (w *Town) peers() (peers []vault.Peer) {
	for _, m := range w.Members {
		peers = append(peers, peer{m.Vault.(LineV), m.Subject})
	}
	return peers
}

// shelf is a member's directory as other directories reach it.
type shelf struct {
	lineD
	subject stele.Subject
}

func (s shelf) Subject() stele.Subject { return s.subject }

func (w *Town) directories(but stele.Subject) (peers []directory.Peer) {
	for _, m := range w.Members {
		if m.Subject != but && !w.Apart {
			peers = append(peers, shelf{m.Directory.(lineD), m.Subject})
		}
	}
	return peers
}

func (w *Town) close() {
	for _, o := range w.Orgs {
		o.Close()
	}
	for _, c := range slices.Backward(w.Closes) {
		if err := c(); err != nil {
			w.T.Error(err)
		}
	}
}

// Sleep lets time pass in which there are no blocks, and writes one at its end: a day of
// heartbeats takes many seconds of the processor's.
func (w *Town) Sleep(d time.Duration) {
	w.Still = true
	time.Sleep(d)
	w.Still = false
	w.WriteBlock()
}

// WriteBlock writes a block of transactions with a header that all validators sign,
// and returns what became of each.
func (w *Town) WriteBlock(txs ...[]byte) []stele.Verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	nonce := binary.BigEndian.AppendUint64(make([]byte, 8), uint64(len(w.Blocks)))
	p := stele.Proposal{Height: int64(len(w.Blocks)), Time: time.Now().Add(w.Ahead).UTC().Truncate(time.Millisecond)}
	if last := w.Blocks[len(w.Blocks)-1]; !p.Time.After(last) {
		p.Time = last.Add(time.Millisecond)
	}
	if len(txs) > 0 {
		var member []byte
		w.Must(w.ledgerMember(&member))
		p.Parcels = [][]byte{wire.Marshal(wire.Sign(wire.TagParcel, &wire.Parcel{Chain: w.Chain, Member: member, Nonce: nonce, Transactions: txs}, w.nodes[0]))}
	}
	done, err := w.ledger.Execute(p)
	if err == nil {
		err = w.ledger.Commit()
	}
	w.Must(err)
	w.Blocks, w.Hashes = append(w.Blocks, p.Time), append(w.Hashes, done.AppHash)
	return done.Verdicts
}

// Decides has the consortium decide something: all members but the first sign it. It returns
// the height of the block, which is proved.
func (w *Town) Decides(message *wire.Transaction) int64 {
	id := stele.NewID()
	message.Chain, message.Nonce, message.ExpiresMs = w.Chain, id[:], time.Now().Add(time.Minute).UnixMilli()
	var signers []wire.Signer
	for _, name := range w.Names[1:] {
		signers = append(signers, w.Orgs[name].Keyring().Signer())
	}
	verdict := w.WriteBlock(wire.Marshal(wire.Sign(wire.TagTransaction, message, signers...)))[0]
	w.Must(verdict.Err)
	w.WriteBlock()
	return verdict.Outcome.Height
}

func (w *Town) ledgerMember(into *[]byte) error {
	c, err := w.ledger.Consortium()
	if err == nil {
		*into = c.Members[0].Subject[:]
	}
	return err
}

// LightOf returns a header; 0 is the newest.
func (w *Town) LightOf(height int64) (*wire.LightBlock, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if height == 0 {
		height = int64(len(w.Blocks)) - 1
	}
	if height < 1 || height >= int64(len(w.Blocks)) {
		return nil, stele.E("read header", stele.KindNotFound, "no such block", nil)
	}
	set := w.set()
	hash := func(s string) []byte { return tmhash.Sum(fmt.Appendf(nil, "%s %d", s, height)) }
	h := &types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol, App: 1}, ChainID: w.Chain, Height: height, Time: w.Blocks[height],
		LastBlockID:    types.BlockID{Hash: hash("last"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("parts")}},
		LastCommitHash: hash("commit"), DataHash: hash("data"), ValidatorsHash: set.Hash(), NextValidatorsHash: set.Hash(),
		ConsensusHash: hash("params"), AppHash: w.Hashes[height-1][:], LastResultsHash: hash("results"), EvidenceHash: hash("evidence"),
		ProposerAddress: set.Validators[0].Address,
	}
	commit := &types.Commit{Height: height, BlockID: types.BlockID{Hash: h.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("p")}}}
	for _, v := range set.Validators {
		commit.Signatures = append(commit.Signatures, types.CommitSig{BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: v.Address, Timestamp: h.Time})
	}
	for i, v := range set.Validators {
		k := slices.IndexFunc(w.voters, func(k ed25519.PrivKey) bool { return string(k.PubKey().Address()) == string(v.Address) })
		var err error
		if commit.Signatures[i].Signature, err = w.voters[k].Sign(commit.VoteSignBytes(w.Chain, int32(i))); err != nil {
			return nil, err
		}
	}
	return proof.EncodeLight(&types.LightBlock{SignedHeader: &types.SignedHeader{Header: h, Commit: commit}, ValidatorSet: set})
}
