package chain

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	cometconfig "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/tempfile"
	"github.com/cometbft/cometbft/privval"

	"github.com/stele-health/stele"
)

// A mark is the newest height that a validator signed at, kept outside the chain's
// folder. Whoever puts an older chain into place puts back the memory of what was signed,
// too; the mark stays, and the validator is silent up to it: what it signed there is not
// known any more. It has moved on where the others have.
type mark struct {
	path   string // of a file with the number; empty: none is kept
	height int64
	silent bool // the memory is older than the mark
}

var errOlder = errors.New("this validator signed at later heights than its chain remembers; silent up to the newest of them")

// keepMark has the signer keep its mark in path and holds its memory against it. A signer
// that has no memory at all knows that, and is silent otherwise; see hush.
func (s *signer) keepMark(path string) (err error) {
	if path == "" {
		return nil
	}
	s.mark.path = path
	s.mark.height, err = MarkedAt(path)
	s.mark.silent = s.hush == nil && s.last.Height < s.mark.height
	return err
}

// dare fails while the signer has to be silent at a height.
func (m *mark) dare(height int64) error {
	if m.silent && height <= m.height {
		return errOlder
	}
	return nil
}

// raise has the mark follow what was signed, written as the memory is. It comes after the memory, so that it is
// never ahead of it, and before the signature leaves.
func (m *mark) raise(height int64) error {
	if m.path == "" || height <= m.height {
		return nil
	}
	if err := tempfile.WriteFileAtomic(m.path, fmt.Appendln(nil, height), 0o600); err != nil {
		return fmt.Errorf("the height of what is signed can't be kept: %w", err)
	}
	m.height, m.silent = height, false
	return nil
}

// MarkedAt reads a validator's mark (Config.Mark): the newest height that it signed at, 0
// where there is none. It fails with KindOther when the file can't be read.
func MarkedAt(path string) (height int64, err error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err == nil {
		height, err = strconv.ParseInt(strings.TrimSuffix(string(raw), "\n"), 10, 64)
	}
	if err == nil && height < 0 {
		err = errors.New("no height is below 0")
	}
	if err != nil {
		return 0, stele.E("start chain", stele.KindOther, "the height that this validator signed last can't be read: "+path, err).
			WithHint("write the newest height of the chain into it, or a later one: the validator is silent up to there")
	}
	return height, nil
}

// SignedAt returns the height that the memory in a chain's folder says was signed last, 0
// where there is none. It fails with KindOther when it can't be read.
func SignedAt(folder string) (int64, error) {
	path := filepath.Join(folder, cometconfig.DefaultDataDir, cometconfig.DefaultPrivValStateName)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	var last privval.FilePVLastSignState
	if err == nil {
		err = recall(raw, &last)
	}
	if err != nil {
		return 0, unreadable(err)
	}
	return last.Height, nil
}

func unreadable(err error) error {
	return stele.E("start chain", stele.KindOther, "the memory of what this validator signed can't be read", err).
		WithHint("restore priv_validator_state.json; without it this validator might sign twice")
}
