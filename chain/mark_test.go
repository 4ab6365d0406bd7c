package chain

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
)

// TestAValidatorWhoseMemoryWasPutBackSignsNothingTwice: whoever puts an older chain in
// place puts back what the validator remembers, too. It is silent at every height up to the
// newest that it signed at, after a second start as well, and speaks after it.
func TestAValidatorWhoseMemoryWasPutBackSignsNothingTwice(t *testing.T) {
	folder := t.TempDir()
	path, outside := filepath.Join(folder, "memory.json"), filepath.Join(folder, "mark")
	open := func() *signer {
		s, err := openSigner(Seed{1}, path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.keepMark(outside); err != nil {
			t.Fatal(err)
		}
		return s
	}
	sign := func(s *signer, height int64, block byte) error {
		hash := make([]byte, 32)
		hash[0] = block
		return s.SignVote("town", &cometproto.Vote{
			Type: cometproto.PrevoteType, Height: height, Timestamp: time.Unix(1_800_000_000, 0).UTC(),
			BlockID: cometproto.BlockID{Hash: hash, PartSetHeader: cometproto.PartSetHeader{Total: 1, Hash: hash}},
		})
	}
	s := open()
	s.hush = nil
	var old []byte
	for height := int64(1); height <= 8; height++ {
		if err := sign(s, height, 1); err != nil {
			t.Fatal(err)
		}
		if height == 3 {
			old, _ = os.ReadFile(path)
		}
	}
	again := open() // as it lies
	if err := sign(again, 8, 1); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = open()
		for height := int64(3); height <= 8; height++ {
			if err := sign(s, height, 2); !errors.Is(err, errOlder) {
				t.Errorf("it signs another block %d: %v", height, err)
			}
		}
	}
	if err := sign(s, 9, 2); err != nil {
		t.Errorf("what comes after: %v", err)
	}
	if at, err := MarkedAt(outside); at != 9 || err != nil {
		t.Errorf("it is marked at %d, %v", at, err)
	}
	for _, bad := range []string{"", "-1\n", "nine", "9 9"} {
		if err := os.WriteFile(outside, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if at, err := MarkedAt(outside); err == nil {
			t.Errorf("%q is read as %d", bad, at)
		}
	}
}
