// Package town is a consortium of four in one process, for tests: the real ledger with its
// contracts over memory, signed headers, and each member's real vault, trustee and
// directory. There is no consensus and no network. Stories of wallets are told in it in
// milliseconds, and members lie where a test has them lie.
package town

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/directory"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
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
	Asked   atomic.Int64  // how many questions for keys came
	Lazy    bool          // blocks are proved by the next heartbeat only
	Still   bool          // and there is none
	Ahead   time.Duration // by which blocks are later than the clock here

	mu     sync.Mutex // one block after the other
	Blocks []time.Time
	Hashes []stele.Digest // app hash by height
	voters []ed25519.PrivKey
	nodes  []wire.Ed25519

	trustees []*trustee.Trustee
	Closes   []func() error
}

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
	g := &wire.Genesis{Chain: w.Chain, TimeMs: time.Now().UnixMilli()}
	committee, shares, err := threshold.Ceremony{Chain: w.Chain, Epoch: 1, Threshold: 3, Members: 4}.Rehearse()
	w.Must(err)
	w.Shares = shares
	g.Committee = &wire.Committee{Suite: wire.SuiteCommittee, Epoch: 1, Threshold: 3, Key: committee.Key, Shares: committee.Shares}
	held := map[string]*wallet.Wallet{}
	for i, name := range w.Names {
		held[name] = w.NewFile(name, wallet.Organisation)
		w.voters = append(w.voters, ed25519.GenPrivKeyFromSecret([]byte(name)))
		w.nodes, w.Keys = append(w.nodes, wire.NewEd25519()), append(w.Keys, wire.NewEd25519())
		g.Issuers = append(g.Issuers, held[name].Signer().Public())
		g.Members = append(g.Members, &wire.Member{
			KeyDocument: held[name].KeyDocument(), Kind: "hospital", Node: w.nodes[i].Public(), Trustee: w.Keys[i].Public(),
			Share: uint32(i + 1), Validator: w.voters[i].PubKey().Bytes(), Power: 1,
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
	v, err := vault.Open(w.T.Context(), vault.Config{
		Folder: "vault", FS: fs, Ledger: w.ledger, Member: subject, Chain: w.Chain, Signer: w.nodes[i], Copies: func(int) int { return 1 },
		Peers: w.peers, Retry: time.Hour,
	})
	w.Must(err)
	tr, err := trustee.Open(trustee.Config{
		Folder: "trustee", FS: fs, Ledger: w.ledger, Submitter: n, Chain: w.Chain, Member: subject, Share: threshold.Shares{share}.Of, Signer: w.Keys[i],
		Nap: time.Sleep, Posting: n.posting,
	})
	w.Must(err)
	d, err := directory.Open(directory.Config{Folder: "directory", FS: fs, Ledger: w.ledger, Chain: w.Chain, Member: subject, Names: named})
	w.Must(err)
	w.trustees = append(w.trustees, tr)
	w.Closes = append(w.Closes, v.Close, tr.Close, d.Close)
	return members.Member{
		Subject: subject, Name: name, Kind: "hospital",
		Ledger: n, Directory: lineD{w, name, d}, Vault: LineV{w, name, v}, Trustee: lineT{w, name, tr},
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

// node is a member's node: all of them share the one ledger.
type node struct {
	w       *Town
	name    string
	subject stele.Subject
	door    *own.Door
}

func (n node) Submit(_ context.Context, tx []byte) (stele.Outcome, error) {
	if err := n.w.up(n.name); err != nil {
		return stele.Outcome{}, err
	}
	if outcome, err := n.w.ledger.Admit(tx); err != nil {
		return stele.Outcome{}, err
	} else if outcome != nil {
		return *outcome, nil
	}
	verdict := n.w.WriteBlock(tx)[0]
	if !n.w.Lazy {
		n.w.WriteBlock() // which proves it
	}
	return verdict.Outcome, verdict.Err
}

func (n node) Height(context.Context) (int64, error) {
	return n.w.ledger.Newest().Height, n.w.up(n.name)
}

func (n node) Keys(_ context.Context, subject stele.Subject) ([]*wire.Device, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	n.w.Asked.Add(1)
	keys, err := n.w.ledger.Subject(subject)
	if err != nil {
		return nil, err
	}
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
	return devices, nil
}

func (n node) Log(_ context.Context, request *wire.Signed) (*wire.LogProof, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	ask, err := n.door.Check(time.Now(), request)
	if err != nil {
		return nil, err
	}
	return n.log(ask.Subject, ask.Since, ask.Until)
}

func (n node) Consortium(_ context.Context, since, until uint64) (*wire.LogProof, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	c, err := n.w.ledger.Consortium()
	if err != nil {
		return nil, err
	}
	return n.log(c.Subject, since, until)
}

func (n node) log(subject stele.Subject, since, until uint64) (*wire.LogProof, error) {
	p, err := n.w.ledger.ProveLog(subject, since, until)
	if err == nil && p.Head != nil {
		p.Light, err = n.w.LightOf(p.Head.Height + 1)
	}
	return p, err
}

func (n node) Entry(_ context.Context, tx stele.Digest) (*wire.EntryProof, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	p, err := n.w.ledger.ProveEntry(tx)
	if err == nil {
		p.Light, err = n.w.LightOf(p.Head.Height + 1)
	}
	return p, err
}

func (n node) Grant(_ context.Context, g stele.Grant) (stele.GrantStatus, error) {
	if err := n.w.up(n.name); err != nil {
		return 0, err
	}
	known, err := n.w.ledger.Grant(g.ID)
	if err == nil && (known.Subject != g.Subject || known.Action != g.Action || known.Grantee != g.Grantee || known.Commitment != g.Commitment) {
		err = stele.E("read grant", stele.KindNotFound, "no such grant", nil)
	}
	return known.Status, err
}

func (n node) posting(_ context.Context, batch stele.ID) (*wire.EntryProof, error) {
	p, err := n.w.ledger.ProveBatch(batch)
	if err == nil {
		p.Light, err = n.w.LightOf(p.Head.Height + 1)
	}
	return p, err
}

func (n node) Light(_ context.Context, height int64) (*wire.LightBlock, error) {
	if err := n.w.up(n.name); err != nil {
		return nil, err
	}
	return n.w.LightOf(height)
}

// up fails when a member is down.
func (w *Town) up(name string) error {
	if w.Down[name] {
		return stele.E("dial", stele.KindUnreachable, "the member is down", nil)
	}
	return nil
}

// LineV, lineT and lineD are the lines to a member's rooms: dead when it is down.
type LineV struct {
	w    *Town
	name string
	*vault.Vault
}

func call[Q, A any](w *Town, name string, ctx context.Context, q Q, f func(context.Context, Q) (A, error)) (a A, err error) {
	if err := w.up(name); err != nil {
		return a, err
	}
	return f(ctx, q)
}

func (l LineV) PutSubmission(ctx context.Context, q *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.PutSubmission)
}
func (l LineV) PutCopy(ctx context.Context, q *wire.PutCopyRequest) (*wire.PutCopyResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.PutCopy)
}
func (l LineV) ListFolios(ctx context.Context, q *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.ListFolios)
}
func (l LineV) ListOwn(ctx context.Context, q *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	return call(l.w, l.name, ctx, q, l.Vault.ListOwn)
}
func (l LineV) GetRecords(ctx context.Context, q *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	if err := l.w.up(l.name); err != nil {
		return err
	}
	return l.Vault.GetRecords(ctx, q, each)
}

type lineT struct {
	w    *Town
	name string
	*trustee.Trustee
}

func (l lineT) Release(ctx context.Context, q *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return call(l.w, l.name, ctx, q, l.Trustee.Release)
}
func (l lineT) Details(ctx context.Context, q *wire.DetailsRequest) (*wire.DetailsResponse, error) {
	return call(l.w, l.name, ctx, q, l.Trustee.Details)
}

type lineD struct {
	w    *Town
	name string
	*directory.Directory
}

func (l lineD) Register(ctx context.Context, q *wire.RegisterRequest) (*wire.RegisterResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.Register)
}
func (l lineD) FindCards(ctx context.Context, q *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.FindCards)
}
func (l lineD) TakeKey(ctx context.Context, q *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.TakeKey)
}
func (l lineD) Deliver(ctx context.Context, q *wire.DeliverRequest) (*wire.DeliverResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.Deliver)
}
func (l lineD) Collect(ctx context.Context, q *wire.CollectRequest) (*wire.CollectResponse, error) {
	return call(l.w, l.name, ctx, q, l.Directory.Collect)
}

// ---------------------------------------------------------------------- people

// NewFile makes a wallet file.
func (w *Town) NewFile(name string, kind wallet.Kind) *wallet.Wallet {
	w.people++
	held, err := wallet.Create(filepath.Join(w.folder, fmt.Sprintf("%03d%s", w.people, wallet.Suffix)), Passphrase, pebblestore.Folders{}, wallet.Options{Kind: kind, Name: name, WorkFactor: 1})
	w.Must(err)
	return held
}

// Session puts a wallet to work, its own member first.
func (w *Town) Session(held *wallet.Wallet) *client.Session {
	g, err := proof.ReadGenesis(w.Genesis)
	w.Must(err)
	n := &members.Network{Genesis: w.Genesis, Members: slices.Clone(w.Members)}
	slices.SortStableFunc(n.Members, func(a, b members.Member) int {
		switch {
		case a.Subject == held.Subject():
			return -1
		case b.Subject == held.Subject():
			return 1
		}
		return 0
	})
	return client.Of(&wallet.Session{Wallet: held, Network: n, History: g.History(), Clock: time.Now})
}

// NewPerson makes somebody with a subject on the ledger.
func (w *Town) NewPerson(name string, kind wallet.Kind) *client.Session {
	s := w.Session(w.NewFile(name, kind))
	w.Closes = append(w.Closes, s.Close)
	_, err := s.Join(w.T.Context())
	w.Must(err)
	return s
}

// NewPatient makes a patient who lets members write.
func (w *Town) NewPatient(name string, hospitals ...string) *client.Session {
	p := w.NewPerson(name, wallet.Patient)
	for _, h := range hospitals {
		_, _, err := p.Give(w.T.Context(), w.ContactOf(p, w.Orgs[h]), wallet.DirectCareWrite(time.Now().AddDate(5, 0, 0)))
		w.Must(err)
		_, err = w.Orgs[h].Collect(w.T.Context())
		w.Must(err)
	}
	return p
}

// NewDoctor makes a practitioner for whom a member vouches.
func (w *Town) NewDoctor(name, at string) *client.Session {
	d := w.NewPerson(name, wallet.Practitioner)
	w.Must(d.Enlist(w.T.Context(), w.Orgs[at].Session, wallet.Profile{
		Role: "doctor", Organisation: w.Orgs[at].Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
	}))
	return d
}

func (w *Town) ContactOf(of, to *client.Session) wallet.Contact {
	c, err := of.Find(w.T.Context(), to.Subject().String())
	w.Must(err)
	return c
}

// Terms are the terms of an ordinary read grant.
func Terms(categories ...stele.Category) wallet.Terms {
	return wallet.Terms{Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: categories, End: time.Now().Add(24 * time.Hour)}
}

// Gives gives a grant and has it collected.
func (w *Town) Gives(p, to *client.Session, categories ...stele.Category) wallet.Given {
	given, _, err := p.Give(w.T.Context(), w.ContactOf(p, to), Terms(categories...))
	w.Must(err)
	_, err = to.Collect(w.T.Context())
	w.Must(err)
	return given
}

// Delivers has a member deliver notes.
func (w *Town) Delivers(at string, p *client.Session, records ...delivery.Incoming) delivery.Delivered {
	held, err := w.Orgs[at].HeldWriteGrant(p.Subject())
	w.Must(err)
	d, err := w.Orgs[at].Deliver(w.T.Context(), held, records)
	w.Must(err)
	return d
}

// Note is a small record.
func Note(id string, category stele.Category, when string) delivery.Incoming {
	year := 0
	if len(when) >= 4 {
		_, _ = fmt.Sscanf(when[:4], "%d", &year)
	}
	return delivery.Incoming{
		JSON: fmt.Appendf(nil, `{"resourceType":"Basic","id":%q,"code":{"text":"note"}}`, id), Type: "Basic", When: when, Category: category, Year: year,
	}
}

// IDs returns the sorted ids of a chart's records.
func IDs(chart *reading.Chart) string {
	var out []string
	for _, r := range chart.Records {
		var named struct{ ID string }
		_ = json.Unmarshal(r.JSON, &named)
		out = append(out, named.ID)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

var FollowUp = reading.Question{Purpose: stele.Treatment, Reason: "follow-up"}

// Bend returns a session in which one member is another than it should be.
func Bend(s *client.Session, name string, change func(*members.Member)) *client.Session {
	network := &members.Network{Genesis: s.Network.Genesis, Members: slices.Clone(s.Network.Members)}
	for i := range network.Members {
		if network.Members[i].Name == name {
			change(&network.Members[i])
		}
	}
	return s.On(network)
}

// Post has all trustees put their receipts on the ledger.
func (w *Town) Post() {
	for _, t := range w.trustees {
		w.Must(t.Post(w.T.Context()))
	}
	w.WriteBlock()
}

func (w *Town) Must(err error) {
	w.T.Helper()
	if err != nil {
		out := err.Error()
		for at := errors.Unwrap(err); at != nil; at = errors.Unwrap(at) {
			out += "\n  because " + at.Error()
		}
		w.T.Fatal(out)
	}
}

// Wants fails unless err is of a kind.
func (w *Town) Wants(err error, kind stele.Kind, what string) {
	w.T.Helper()
	if err == nil || stele.KindOf(err) != kind {
		w.T.Errorf("%s: %v; want %v", what, err, kind)
	}
}

// Says reports whether one of the texts holds a part.
func Says(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, part) })
}

// Blames reports whether a fault of a member says something.
func Blames(c *reading.Chart, member, part string) bool {
	return slices.ContainsFunc(c.Faults, func(f reading.Fault) bool { return f.Member == member && strings.Contains(f.What, part) })
}
