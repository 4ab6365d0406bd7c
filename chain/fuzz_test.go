package chain

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/stele-health/stele"
)

// FuzzGenesis reads genesis documents: the state in one that is taken is what was
// put in, and what is none is KindInvalid.
func FuzzGenesis(f *testing.F) {
	seed := Seed{1}
	state := []byte("the application's genesis")
	good, err := Genesis("town", time.Unix(1_800_000_000, 0), []Validator{{Name: "a", Key: ValidatorKey(seed), Power: 10}}, state)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"chain_id":"x","app_state":"AAAA"}`))
	f.Add(bytes.Replace(good, []byte("pub_key\""), []byte("no_key\""), 1))
	f.Add(bytes.Replace(good, []byte(`"value": "`), []byte(`"value": "AAAA`), 1))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := genesisState(raw)
		if err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Fatalf("refused as %v: %v", stele.KindOf(err), err)
		}
		if bytes.Equal(raw, good) && !bytes.Equal(got, state) {
			t.Fatalf("the state became %q", got)
		}
	})
}

// FuzzSignerFile opens a validator's memory of what it signed last. It is refused
// with a hint, or it holds: the validator signs nothing at or below the height that
// it remembers twice.
func FuzzSignerFile(f *testing.F) {
	seed := Seed{1}
	path := filepath.Join(f.TempDir(), "state.json")
	s, err := openSigner(seed, path)
	if err != nil {
		f.Fatal(err)
	}
	s.hush = nil // its chain begins
	vote := func(height int64, hash byte) *cometproto.Vote {
		return &cometproto.Vote{
			Type: cometproto.PrevoteType, Height: height, Timestamp: time.Unix(1_800_000_000, 0),
			BlockID: cometproto.BlockID{Hash: bytes.Repeat([]byte{hash}, 32), PartSetHeader: cometproto.PartSetHeader{Total: 1, Hash: bytes.Repeat([]byte{hash}, 32)}},
		}
	}
	if err := s.SignVote("town", vote(1, 1)); err != nil {
		f.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(written)
	f.Add([]byte(`{}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"height":"9223372036854775807"}`))
	f.Add(bytes.Replace(written, []byte(`"height": "1"`), []byte(`"height": "5"`), 1))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(dir, "state.json")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := openSigner(seed, path)
		if err != nil {
			if stele.HintOf(err) == "" {
				t.Fatalf("no hint: %v", err)
			}
			return
		}
		if s.hush != nil {
			t.Fatal("a memory that is there is taken for none")
		}
		first := s.SignVote("town", vote(5, 1))
		if second := s.SignVote("town", vote(5, 2)); first == nil && second == nil {
			t.Fatal("signed two blocks of one height")
		}
		if err := s.SignVote("town", vote(1, 2)); err == nil {
			t.Fatal("signed below what it had signed")
		}
	})
}
