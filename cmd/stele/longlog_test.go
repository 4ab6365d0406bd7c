package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

var (
	entries = flag.Int("entries", 10_000, "of the log that TestALogOfAnyLengthIsRead reads")
	toldOf  = flag.Int("told", 1_000, "of them, the newest, of which the trustee tells who asked")
)

// library is a network of one member whose ledger holds one patient's long log. Its
// events are made up and folded, as a restore does; nothing else is.
type library struct {
	t       *testing.T
	home    string
	genesis *wire.Genesis
	raw     []byte // of the genesis
	voter   ed25519.PrivKey
	ledger  *state.Ledger
	light   *wire.LightBlock
	at      int64 // height of the newest state
	app     stele.Digest
	patient stele.Subject
	trustee wire.Ed25519
	card    *wire.Signed // of who opened
	sealTo  []byte
	first   int // opening of which the trustee tells
	rows    []*wire.DetailsResponse
}

const libraryTown = "library"

// TestALogOfAnyLengthIsRead reads a long log whole, in a process of its own, and
// then from the kept head. With -entries 1000000 it measures what
// docs/performance.md says.
func TestALogOfAnyLengthIsRead(t *testing.T) {
	l := newLibrary(t, *entries)
	run := func(args ...string) (lines int, took time.Duration, memory int64) {
		t.Helper()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(filepath.Join(t.TempDir(), "stele"), args...)
		if err := os.Link(self, cmd.Path); err != nil {
			if err = os.Symlink(self, cmd.Path); err != nil {
				t.Fatal(err)
			}
		}
		cmd.Env = append(os.Environ(), "STELE_PASSPHRASE=open sesame", "STELE_HOME="+l.home)
		var words strings.Builder
		cmd.Stderr = &words
		out := &counter{}
		cmd.Stdout = out
		began := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		for {
			select {
			case err := <-done:
				if err != nil {
					t.Fatalf("%v: %s", err, words.String())
				}
				return out.lines, time.Since(began), memory
			case <-time.After(20 * time.Millisecond):
				memory = max(memory, mostMemory(cmd.Process.Pid))
			}
		}
	}
	want := *entries + 2 // creation and grant
	for _, c := range []struct {
		args []string
		want int // less than 0: at least; 0: what a screen takes
	}{
		{[]string{"wallet", "log", "--json"}, want + 1}, // read from a member, and what was proved
		{[]string{"wallet", "log", "--json"}, want + 1}, // from the copy
		{[]string{"wallet", "log", "--all"}, -want},
		{[]string{"wallet", "log"}, 0},
		{[]string{"wallet", "log", "--summary"}, 0},
		{[]string{"ledger", "log", "--json"}, want},
	} {
		l.beat()
		lines, took, memory := run(append(c.args, "--as", "patient")...)
		t.Logf("stele %s: %d lines in %v, %d MB at most", strings.Join(c.args, " "), lines, took.Round(time.Millisecond), memory>>20)
		if c.want > 0 && lines != c.want || lines < -c.want || c.want == 0 && lines > 200 {
			t.Errorf("%v: %d lines, want %d", c.args, lines, c.want)
		}
		if took > time.Minute || memory > 200<<20 {
			t.Errorf("%v: a log of %d entries took %v and %d MB", c.args, *entries, took, memory>>20)
		}
	}
	l.beat()
	w, err := wallet.Open(filepath.Join(l.home, "wallets", "patient.wallet"), "open sesame", pebblestore.Folders{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	network, err := netfile.Read(filepath.Join(l.home, netfile.Name))
	if err != nil {
		t.Fatal(err)
	}
	if w.State().Consortium.Asked.IsZero() {
		t.Error("no command followed the consortium's log")
	}
	s, err := cli.Connect(w, network)
	if err != nil {
		t.Fatal(err)
	}
	best := time.Hour
	for range 5 {
		began := time.Now()
		account, err := s.Log(t.Context())
		if err != nil || account.Size != uint64(want) {
			t.Fatalf("%v, %v", account, err)
		}
		best = min(best, time.Since(began))
	}
	t.Logf("from the kept head: %v", best.Round(10*time.Microsecond))
	if best > 100*time.Millisecond {
		t.Errorf("from the kept head it took %v", best)
	}
}

// mostMemory is the most that a process had in memory so far, where the system tells
// (Linux); what its parent had does not count.
func mostMemory(pid int) int64 {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, _ := strings.Cut(string(raw), "VmHWM:")
	kB, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.SplitN(after, "\n", 2)[0], "kB")), 10, 64)
	return kB << 10
}

// counter counts lines.
type counter struct{ lines int }

func (c *counter) Write(p []byte) (int, error) {
	c.lines += strings.Count(string(p), "\n")
	return len(p), nil
}

func newLibrary(t *testing.T, n int) *library {
	l := &library{t: t, home: t.TempDir(), voter: ed25519.GenPrivKeyFromSecret([]byte(libraryTown))}
	make := func(name string, kind wallet.Kind) *wallet.Wallet {
		w, err := wallet.Create(filepath.Join(l.home, "wallets", name+wallet.Suffix), "open sesame", pebblestore.Folders{}, wallet.Options{Kind: kind, Name: "Ada Long", WorkFactor: 2})
		l.must(err)
		l.must(w.Close())
		w, err = wallet.Open(filepath.Join(l.home, "wallets", name+wallet.Suffix), "open sesame", pebblestore.Folders{})
		l.must(err)
		t.Cleanup(func() { w.Close() })
		return w
	}
	org, patient := make("org", wallet.Organisation), make("patient", wallet.Patient)
	l.patient = patient.Subject()
	document := patient.Keyring().KeyDocument()
	l.sealTo, l.first, l.trustee = patient.Keyring().SealKey().Public(), max(0, n-*toldOf), wire.NewEd25519()
	member := org.Subject()
	l.card = wire.Sign(wire.TagCard, &wire.Card{
		Chain: libraryTown, Subject: member[:], Organisation: member[:], Name: "Dr Often", Kind: "organisation", SealKey: org.Keyring().SealKey().Public(),
		ExpiresMs: time.Now().AddDate(1, 0, 0).UnixMilli(),
	}, org.Keyring().Signer())
	l.must(patient.Close()) // the test's process reads it
	committee, _, err := threshold.Ceremony{Chain: libraryTown, Epoch: 1, Threshold: 1, Members: 1}.Rehearse()
	l.must(err)
	node := wire.NewEd25519()
	l.genesis = &wire.Genesis{
		Chain: libraryTown, TimeMs: time.Now().Add(-time.Hour).UnixMilli(),
		Committee: &wire.Committee{Suite: wire.SuiteCommittee, Epoch: 1, Threshold: 1, Key: committee.Key, Shares: committee.Shares},
		Issuers:   []*wire.PublicKey{org.Keyring().Signer().Public()},
		Members: []*wire.Member{{
			KeyDocument: org.Keyring().KeyDocument(), Kind: "hospital", Node: node.Public(), Trustee: l.trustee.Public(), Share: 1,
			Validator: l.voter.PubKey().Bytes(), Power: 10,
		}},
	}
	l.raw = wire.Marshal(l.genesis)
	l.fold(document, n)
	l.tell(n)
	l.serve(org.Subject(), node)
	return l
}

func (l *library) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// events makes up the whole ledger, log by log.
func (l *library) events(document []byte, n int, each func([]byte) error) error {
	consortium, org := stele.SubjectOf(l.raw), stele.SubjectOf(l.genesis.Members[0].KeyDocument)
	index := uint32(0)
	event := func(of stele.Subject, height int64, e *wire.Event) []byte {
		e.Version, e.Subject, e.Height, e.Index, e.TimeMs = wire.EventVersion, of[:], height, index, l.genesis.TimeMs+height
		index++
		return wire.EventBytes(e)
	}
	grant, digest := stele.ID{1, 2, 3}, func(i int, what byte) []byte {
		d := sha256.Sum256(binary.BigEndian.AppendUint64([]byte{what}, uint64(i)))
		return d[:]
	}
	for _, raw := range [][]byte{
		event(consortium, 0, &wire.Event{Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{Genesis: l.genesis}}}),
		event(org, 0, &wire.Event{Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{Leaf: 1, KeyDocument: l.genesis.Members[0].KeyDocument}}}),
		event(l.patient, 1, &wire.Event{Tx: digest(0, 't'), Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{Leaf: 2, KeyDocument: document}}}),
		event(l.patient, 1, &wire.Event{Tx: digest(1, 't'), Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{
			Grant: grant[:], Action: 1, Grantee: wire.Ed25519FromSeed([32]byte{7}).Public(), EndMs: l.genesis.TimeMs + 1e10, Commitment: digest(2, 'c')}}}),
	} {
		if err := each(raw); err != nil {
			return err
		}
	}
	for i := range n {
		request, commitment := digest(i, 'r')[:16], digest(i, 'd')
		if i >= l.first {
			salt := seal.Salt(digest(i, 's'))
			d := seal.Commit(salt, seal.TagDetail, l.detail(request))
			commitment = d[:]
		}
		if err := each(event(l.patient, int64(2+i/500), &wire.Event{Tx: digest(i+2, 't'), Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{
			Request: request, Grant: grant[:], DetailCommitment: commitment, ReaderKeyHash: digest(i, 'k'), UntilMs: l.genesis.TimeMs + 1e9, Use: uint32(i + 1)}}})); err != nil {
			return err
		}
	}
	return nil
}

func (l *library) detail(request []byte) []byte {
	return wire.Marshal(&wire.AccessDetail{Request: request, Subject: l.patient[:], Card: l.card, Purpose: "TREAT", Reason: "routine"})
}

// tell is what the trustee kept: of each opening its detail and its receipt.
func (l *library) tell(n int) {
	member := stele.SubjectOf(l.genesis.Members[0].KeyDocument)
	digest := func(i int, what byte) []byte {
		d := sha256.Sum256(binary.BigEndian.AppendUint64([]byte{what}, uint64(i)))
		return d[:]
	}
	to, err := seal.NewRecipient(l.sealTo)
	l.must(err)
	l.rows = make([]*wire.DetailsResponse, n-l.first)
	for i := range l.rows {
		at := l.first + i
		id, request := stele.ID(digest(at, 'i')), digest(at, 'r')[:16]
		receipt := wire.Sign(wire.TagReceipt, &wire.Receipt{
			Chain: libraryTown, Member: member[:], Share: 1, Epoch: 1, Request: request, Subject: l.patient[:], Height: int64(2 + at/500), TimeMs: l.genesis.TimeMs,
		}, l.trustee)
		sealed, err := to.Seal(seal.TagAccount, wire.DetailContext(member, id), wire.Marshal(&wire.Detail{
			Member: member[:], TimeMs: l.genesis.TimeMs, Released: true, Request: request, Detail: l.detail(request), DetailSalt: digest(at, 's'), Receipt: receipt,
		}))
		l.must(err)
		l.rows[i] = &wire.DetailsResponse{Details: []*wire.SealedDetail{{Id: id[:], Sealed: sealed}}, Receipts: []*wire.ReceiptProof{{Receipt: receipt}}}
	}
}

// Details makes library the trustee, as far as a patient asks it.
func (l *library) Details(_ context.Context, in *wire.DetailsRequest) (*wire.DetailsResponse, error) {
	ask := new(wire.OwnRequest)
	if err := wire.Decode(in.GetRequest().GetBody(), ask); err != nil {
		return nil, err
	}
	out := &wire.DetailsResponse{}
	for i := int(ask.Since); i < len(l.rows); i++ {
		if len(out.Details) == 500 {
			out.Next = uint64(i)
			break
		}
		out.Details, out.Receipts = append(out.Details, l.rows[i].Details...), append(out.Receipts, l.rows[i].Receipts...)
	}
	return out, nil
}

func (l *library) Release(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return nil, stele.E("release", stele.KindDenied, "no access", nil)
}

// fold folds the events into a ledger on disk and has the validator sign.
func (l *library) View(context.Context, *wire.ViewRequest) (*wire.ViewResponse, error) {
	return nil, stele.E("view", stele.KindDenied, "no", nil)
}

func (l *library) fold(document []byte, n int) {
	logs, order := map[stele.Subject]*merkle.Frontier{}, []stele.Subject(nil)
	l.must(l.events(document, n, func(raw []byte) error {
		e := new(wire.Event)
		if err := wire.Decode(raw, e); err != nil {
			return err
		}
		f := logs[stele.Subject(e.Subject)]
		if f == nil {
			f = new(merkle.Frontier)
			logs[stele.Subject(e.Subject)], order = f, append(order, stele.Subject(e.Subject))
		}
		f.Append(merkle.LeafHash(raw))
		l.at = max(l.at, e.Height)
		return nil
	}))
	var heads []stele.Digest
	for _, s := range order {
		head := wire.HeadHash(s, logs[s].Size, logs[s].Root())
		heads = append(heads, merkle.LeafHash(head[:]))
	}
	app := wire.AppHash(uint64(len(heads)), merkle.Root(heads))
	db, err := store.OpenForRestore(filepath.Join(l.t.TempDir(), "ledger"), vfs.Default, slog.New(slog.DiscardHandler))
	l.must(err)
	l.t.Cleanup(func() { db.Close() })
	l.must(ledger.Restore(db, contract.All(), ledger.Head{Height: l.at, TimeMS: l.genesis.TimeMs + l.at, AppHash: app}, func(each func([]byte) error) error {
		return l.events(document, n, each)
	}, nil))
	l.ledger, err = contract.Open(db, wire.Check)
	l.must(err)
	l.t.Cleanup(l.ledger.Close)
	l.app = app
	l.beat()
}

// beat writes a block in which nothing happens, whose header proves what did.
func (l *library) beat() {
	l.sign(l.app)
	l.at++
	_, err := l.ledger.Execute(stele.Proposal{Height: l.at, Time: time.Now()})
	l.must(err)
	l.must(l.ledger.Commit())
}

// sign makes the header that proves the state of the newest height.
func (l *library) sign(app stele.Digest) {
	set := types.NewValidatorSet([]*types.Validator{types.NewValidator(l.voter.PubKey(), 10)})
	hash := func(s string) []byte { return tmhash.Sum([]byte(s)) }
	h := &types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol, App: 1}, ChainID: libraryTown, Height: l.at + 1, Time: time.Now().UTC(),
		LastBlockID:    types.BlockID{Hash: hash("last"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("parts")}},
		LastCommitHash: hash("commit"), DataHash: hash("data"), ValidatorsHash: set.Hash(), NextValidatorsHash: set.Hash(),
		ConsensusHash: hash("params"), AppHash: app[:], LastResultsHash: hash("results"), EvidenceHash: hash("evidence"), ProposerAddress: set.Validators[0].Address,
	}
	commit := &types.Commit{Height: h.Height, BlockID: types.BlockID{Hash: h.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash("p")}},
		Signatures: []types.CommitSig{{BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: set.Validators[0].Address, Timestamp: h.Time}}}
	var err error
	commit.Signatures[0].Signature, err = l.voter.Sign(commit.VoteSignBytes(libraryTown, 0))
	l.must(err)
	l.light, err = proof.EncodeLight(&types.LightBlock{SignedHeader: &types.SignedHeader{Header: h, Commit: commit}, ValidatorSet: set})
	l.must(err)
}

// The chain that the member's node has: one header.

func (l *library) Submit(context.Context, []byte) (stele.Outcome, error) {
	return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "a library takes nothing", nil)
}
func (l *library) Light(int64) (*wire.LightBlock, error)                     { return l.light, nil }
func (l *library) Blocks(int64, int) ([]*api.Block, error)                   { return nil, nil }
func (l *library) Watch(ctx context.Context, _ func(*api.Block) error) error { return nil }

// serve has a member answer for the ledger, and writes the network file.
func (l *library) serve(member stele.Subject, key wire.Signer) {
	doc := types.GenesisDoc{
		GenesisTime: time.UnixMilli(l.genesis.TimeMs).UTC(), ChainID: libraryTown, InitialHeight: 1,
		Validators: []types.GenesisValidator{{PubKey: l.voter.PubKey(), Power: 10}},
	}
	doc.AppState, _ = json.Marshal(base64.StdEncoding.EncodeToString(l.raw))
	genesis, err := cmtjson.Marshal(doc)
	l.must(err)
	node := api.NewNode(api.NodeConfig{Ledger: l.ledger, Prover: l.ledger, Chain: l, Network: libraryTown, Member: member, Name: "Library", Fingerprint: sha256.Sum256(genesis)})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	l.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = api.Serve(ctx, listener, api.Handler(api.Rooms{Ledger: node, Trustee: l})) })
	l.t.Cleanup(func() { cancel(); wg.Wait() })
	l.must(netfile.Write(filepath.Join(l.home, netfile.Name), &wire.Network{
		Chain: libraryTown, Genesis: genesis, Members: []*wire.MemberAddress{{
			Subject: member[:], Name: "Library", Kind: "hospital", Url: "http://" + listener.Addr().String(), Peer: fmt.Sprintf("%040x@127.0.0.1:1", 1),
		}},
	}))
}
