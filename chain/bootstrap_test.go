package chain

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	cometed "github.com/cometbft/cometbft/crypto/ed25519"
	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
	comet "github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// headers returns a height's header and the next two, when they are there.
func (m *member) headers(height int64) (out [3]*wire.LightBlock) {
	m.net.t.Helper()
	m.wait(height + 2)
	for i := range out {
		var err error
		if out[i], err = m.node.Light(height + int64(i)); err != nil {
			m.net.t.Fatal(err)
		}
	}
	return out
}

// restore makes a stopped member's folder anew from another's state, as a
// restore does: the application's state, and the engine's from headers.
func (m *member) restore(from *member) int64 {
	t := m.net.t
	t.Helper()
	if err := os.RemoveAll(m.folder); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(from.folder, "tally"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(m.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.folder, "tally"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	height := openTally(t, m.folder, nil).state.Height
	if err := Bootstrap(m.folder, m.net.genesis, from.headers(height)); err != nil {
		t.Fatal(err)
	}
	return height
}

// A node whose state was brought from elsewhere follows blocks from there, votes,
// and goes on after restarts, also one before its first block.
func TestBootstrappedNodeFollowsAndVotes(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	net.start()
	restored, other := net.members[3], net.members[0]
	for range 20 {
		other.must(net.tx("ok"))
	}
	restored.stop()
	go other.submit(net.tx("ok")) // blocks above the state that is taken
	height := restored.restore(other)
	peers := restored.config.Peers
	restored.config.Peers = nil
	for range 2 { // nobody to get a block from
		restored.start()
		if b := restored.node.Newest(); b.Height != height || b.Time.IsZero() {
			t.Fatalf("stands at %v, want height %d", b, height)
		}
		restored.stop()
	}
	if oldest, newest, state, err := Stored(restored.folder); oldest != 0 || newest != 0 || state != height || err != nil {
		t.Fatalf("holds %d to %d, state %d: %v", oldest, newest, state, err)
	}
	restored.config.Peers = peers
	restored.start()
	for end := time.Now().Add(45 * time.Second); signed(t, other.node, other.must(net.tx("ok")).Height) != 4; {
		if time.Now().After(end) {
			t.Fatal("the restored member does not vote")
		}
	}
	net.agree(other.node.Newest().Height)
	if oldest := restored.node.Oldest(); oldest != height+1 {
		t.Errorf("its oldest block is %d, want %d", oldest, height+1)
	}
	restored.stop()
	restored.start()
	restored.wait(other.must(net.tx("ok")).Height)
	net.agree(other.node.Newest().Height)
}

// What the headers of a restore say must hang together and belong to the genesis.
func TestLaw6BootstrapRefusesHeadersThatDoNotBelong(t *testing.T) {
	t.Parallel()
	net, stranger := newNetwork(t, 4), newNetwork(t, 1)
	net.start()
	stranger.start()
	m := net.members[0]
	for range 8 {
		m.must(net.tx("ok"))
		stranger.members[0].must(stranger.tx("ok"))
	}
	good, later, strange := m.headers(3), m.headers(5), stranger.members[0].headers(3)
	edit := func(i int, change func(*cometproto.SignedHeader)) [3]*wire.LightBlock {
		out := good
		var h cometproto.SignedHeader
		if err := h.Unmarshal(good[i].SignedHeader); err != nil {
			t.Fatal(err)
		}
		change(&h)
		raw, err := h.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		out[i] = &wire.LightBlock{SignedHeader: raw, Validators: good[i].Validators}
		return out
	}
	for name, headers := range map[string][3]*wire.LightBlock{
		"another chain":    strange,
		"not in a row":     {good[0], good[1], later[1]},
		"backwards":        {good[2], good[1], good[0]},
		"one thrice":       {good[0], good[0], good[0]},
		"one of a strange": {good[0], strange[1], good[2]},
		"another app hash": edit(1, func(h *cometproto.SignedHeader) { h.Header.AppHash[0] ^= 1 }),
		"a bad signature":  edit(0, func(h *cometproto.SignedHeader) { last(h).Signature[5] ^= 1 }),
		"another time":     edit(0, func(h *cometproto.SignedHeader) { h.Header.Time = h.Header.Time.Add(time.Second) }),
		"no header":        {good[0], {}, good[2]},
	} {
		folder := t.TempDir()
		if err := Bootstrap(folder, net.genesis, headers); err == nil || stele.KindOf(err) != stele.KindProof {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(folder); len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
	folder := t.TempDir()
	if err := Bootstrap(folder, net.genesis, good); err != nil {
		t.Fatal(err)
	}
	if err := Bootstrap(folder, net.genesis, good); stele.KindOf(err) != stele.KindExists {
		t.Errorf("twice into one folder: %v", err)
	}
}

// last returns the last signature of a commit that is one.
func last(h *cometproto.SignedHeader) *cometproto.CommitSig {
	for i := len(h.Commit.Signatures) - 1; ; i-- {
		if s := &h.Commit.Signatures[i]; len(s.Signature) > 0 {
			return s
		}
	}
}

// Whose turn it is to propose is computed as the engine does, block by block.
func TestTurnsRepeat(t *testing.T) {
	for _, powers := range [][]int64{{10}, {10, 10, 10, 10}, {1, 2, 3}, {7, 11, 13, 1}, {10, 1000}, {30, 20, 50, 40, 10, 60, 70}} {
		doc := &comet.GenesisDoc{InitialHeight: 1}
		var list []*comet.Validator
		for i, p := range powers {
			key := cometed.GenPrivKeyFromSecret([]byte{byte(i)}).PubKey()
			doc.Validators = append(doc.Validators, comet.GenesisValidator{PubKey: key, Power: p})
			list = append(list, comet.NewValidator(key, p))
		}
		set := comet.NewValidatorSet(list)
		for height := int64(1); height < 3000; height++ {
			got, want := validatorsAt(doc, height), set
			for i := range want.Validators {
				if got.Validators[i].ProposerPriority != want.Validators[i].ProposerPriority || !bytes.Equal(got.GetProposer().Address, want.GetProposer().Address) {
					t.Fatalf("powers %v, height %d: %v, want %v", powers, height, got, want)
				}
			}
			set.IncrementProposerPriority(1)
		}
	}
}

// Old blocks go, as many as were not asked to be kept and no more, and the node
// goes on after a restart.
func TestOldBlocksArePruned(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	m.config.Keep = minKeep
	m.config.Genesis = withEvidence(t, net.genesis, 50, time.Millisecond)
	net.start()
	height := int64(0)
	for height < 2*minKeep+pruneStep+20 {
		height = m.must(net.tx("ok")).Height
	}
	oldest, newest := m.node.Oldest(), m.node.Newest().Height
	if oldest <= pruneStep || newest-oldest < minKeep || newest-oldest > minKeep+2*pruneStep {
		t.Errorf("holds %d to %d", oldest, newest)
	}
	if _, err := m.node.Light(oldest - 1); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("a pruned header: %v", err)
	}
	if _, err := m.node.Light(oldest); err != nil {
		t.Errorf("the oldest header: %v", err)
	}
	if list, err := m.node.Blocks(oldest+2, 10); len(list) != 2 || err != nil {
		t.Errorf("%d blocks listed below %d: %v", len(list), oldest+2, err)
	}
	m.stop()
	m.start()
	if m.must(net.tx("ok")).Height <= height || m.node.Oldest() != oldest {
		t.Errorf("after a restart: oldest %d, want %d", m.node.Oldest(), oldest)
	}
}

// withEvidence changes how long a genesis wants blocks kept as evidence.
func withEvidence(t *testing.T, genesis []byte, blocks int64, age time.Duration) []byte {
	t.Helper()
	doc, err := readGenesis(genesis)
	if err != nil {
		t.Fatal(err)
	}
	doc.ConsensusParams.Evidence.MaxAgeNumBlocks, doc.ConsensusParams.Evidence.MaxAgeDuration = blocks, age
	doc.ConsensusParams.Evidence.MaxBytes = 1 << 10
	var out []byte
	if out, err = genesisJSON(doc); err != nil || !json.Valid(out) {
		t.Fatal(err)
	}
	return out
}

// What may still be evidence is kept, however little is asked for.
func TestEvidenceIsNotPruned(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	m.config.Keep = minKeep
	net.start()
	for height := int64(0); height < 2*minKeep+pruneStep; {
		height = m.must(net.tx("ok")).Height
	}
	if oldest := m.node.Oldest(); oldest != 1 {
		t.Errorf("blocks below %d are gone within the hour", oldest)
	}
}
