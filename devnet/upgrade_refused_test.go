package devnet_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
)

// memberOf is one member of a devnet's folder.
func memberOf(t *testing.T, home, name string) member.Config {
	t.Helper()
	folder := filepath.Join(home, "members", name)
	id, err := member.LoadIdentity(folder)
	must(t, err)
	network, err := netfile.Read(filepath.Join(home, netfile.Name))
	must(t, err)
	return member.Config{Folder: folder, Identity: id, Network: network}
}

// inLedger changes rows of a member's old ledger.
func inLedger(t *testing.T, folder string, change func(*pebble.DB) error) {
	t.Helper()
	db, err := pebble.Open(filepath.Join(folder, "ledger"), &pebble.Options{FormatMajorVersion: pebble.FormatNewest, Logger: quiet{}})
	must(t, err)
	must(t, change(db))
	must(t, db.Close())
}

// row returns a copy of a row.
func row(db *pebble.DB, key []byte) ([]byte, error) {
	value, closer, err := db.Get(key)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return append([]byte(nil), value...), nil
}

// inRow changes a row of a ledger.
func inRow(key []byte, change func(row []byte)) func(*pebble.DB) error {
	return func(db *pebble.DB) error {
		raw, err := row(db, key)
		if err != nil {
			return err
		}
		change(raw)
		return db.Set(key, raw, pebble.Sync)
	}
}

// eventKey is the key of an event: of which log, and where in it.
func eventKey(leaf, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte{'E'}, leaf), seq)
}

// TestATakeOverOfWhatIsNotWholeIsRefused: what is wrong is said in a sentence of its own,
// with what helps, and the folder is left as it was.
func TestATakeOverOfWhatIsNotWholeIsRefused(t *testing.T) {
	position := []byte{'P'}
	whole := lastRelease(t)
	for name, c := range map[string]struct {
		spoil func(t *testing.T, m *member.Config)
		kind  stele.Kind
		text  string
		hint  string
	}{
		"a flipped bit in an event": {func(t *testing.T, m *member.Config) {
			inLedger(t, m.Folder, inRow(eventKey(5, 1), func(raw []byte) { raw[len(raw)-40] ^= 1 }))
		}, stele.KindProof, "the ledger in the folder is damaged", "--from-others"},
		"a log is missing": {func(t *testing.T, m *member.Config) {
			inLedger(t, m.Folder, func(db *pebble.DB) error { return db.DeleteRange(eventKey(6, 0), eventKey(7, 0), pebble.Sync) })
		}, stele.KindProof, "the ledger in the folder is damaged", "--from-others"},
		"the newest event is missing": {func(t *testing.T, m *member.Config) {
			inLedger(t, m.Folder, func(db *pebble.DB) error { return db.Delete(eventKey(5, 8), pebble.Sync) })
		}, stele.KindProof, "the ledger in the folder is damaged", "--from-others"},
		"another hash": {func(t *testing.T, m *member.Config) {
			inLedger(t, m.Folder, inRow(position, func(raw []byte) { raw[len(raw)-1] ^= 1 }))
		}, stele.KindProof, "is not the one that the chain goes on from", "--from-others"},
		"a ledger behind its chain": {func(t *testing.T, m *member.Config) {
			inLedger(t, m.Folder, inRow(position, func(raw []byte) { raw[15]-- }))
		}, stele.KindBusy, "and the chain at block", "start the last release once more"},
		"a newer release": {func(t *testing.T, m *member.Config) {
			inLedger(t, m.Folder, inRow(position, func(raw []byte) { raw[7] = 99 }))
		}, stele.KindInvalid, "neither of this release nor of the one before", "newer stele"},
		"another network": {func(t *testing.T, m *member.Config) {
			other := t.TempDir()
			n, err := devnet.Start(t.Context(), devnet.Config{Home: filepath.Join(other, "net"), Members: 1})
			must(t, err)
			m.Network = n.Network
			must(t, n.Stop())
		}, stele.KindInvalid, "another network's", "network file"},
		"a chain of today": {func(t *testing.T, m *member.Config) {
			must(t, os.Remove(filepath.Join(m.Folder, "chain", "data", "blockstore.db", "CURRENT")))
		}, stele.KindInvalid, "are of different releases", "backup"},
		"a chain without its state": {func(t *testing.T, m *member.Config) {
			must(t, os.RemoveAll(filepath.Join(m.Folder, "chain", "data", "state.db")))
		}, stele.KindOther, "can't be opened", "stele"},
		"no ledger": {func(t *testing.T, m *member.Config) {
			must(t, os.RemoveAll(filepath.Join(m.Folder, "ledger")))
		}, stele.KindNotFound, "there is no ledger", "--from-others"},
		"nothing": {func(t *testing.T, m *member.Config) {
			must(t, os.RemoveAll(filepath.Join(m.Folder, "ledger")))
			must(t, os.RemoveAll(filepath.Join(m.Folder, "chain")))
		}, stele.KindNotFound, "neither a ledger nor a chain", "start the member"},
		"a take-over of before": {func(t *testing.T, m *member.Config) {
			must(t, os.Mkdir(filepath.Join(m.Folder, "ledger.before"), 0o700))
		}, stele.KindExists, "ledger.before", "move it away"},
		"it runs": {func(t *testing.T, m *member.Config) {
			lock, err := vfs.Default.Lock(filepath.Join(m.Folder, "ledger", "LOCK"))
			must(t, err)
			t.Cleanup(func() { lock.Close() })
		}, stele.KindOther, "can't be opened", "is another stele running"},
	} {
		t.Run(name, func(t *testing.T) {
			home := filepath.Join(t.TempDir(), "net")
			must(t, os.CopyFS(home, os.DirFS(whole)))
			m := memberOf(t, home, "clinic")
			c.spoil(t, &m)
			before := sums(t, m.Folder, "")
			_, err := member.Upgrade(t.Context(), m, member.Upgrading{})
			wants(t, err, c.kind, "it")
			if !strings.Contains(err.Error(), c.text) || !strings.Contains(stele.HintOf(err), c.hint) {
				t.Errorf("%s\nhint: %s", explain(err), stele.HintOf(err))
			}
			wantSame(t, "a refused take-over", before, sums(t, m.Folder, ""))
		})
	}
}

// TestATakeOverThatWasCutShortIsDoneAnew: what it left is worth nothing while the last
// release can still run on the folder.
func TestATakeOverThatWasCutShortIsDoneAnew(t *testing.T) {
	home := lastRelease(t)
	m := memberOf(t, home, "clinic")
	for _, left := range []string{"upgrading/ledger/x", "upgraded/chain/data/priv_validator_state.json", "upgraded/ledger/000001.log"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(m.Folder, left)), 0o700))
		must(t, os.WriteFile(filepath.Join(m.Folder, left), []byte("old"), 0o600))
	}
	got, err := member.Upgrade(t.Context(), m, member.Upgrading{})
	must(t, err)
	if got.Already || got.Empty || got.Height == 0 {
		t.Errorf("%+v", got)
	}
	if exists(filepath.Join(m.Folder, "upgraded")) || exists(filepath.Join(m.Folder, "upgrading")) {
		t.Error("something is left over")
	}
	const signed = "priv_validator_state.json"
	wantSame(t, "what the validator signed", sums(t, filepath.Join(m.Folder, "chain.before"), signed), sums(t, filepath.Join(m.Folder, "chain"), signed))
}

// TestADevnetsTakeOverThatWasCutShortGoesOn: of three kinds of members, one is in place, of
// one the chain is and the ledger is not, and one was not begun.
func TestADevnetsTakeOverThatWasCutShortGoesOn(t *testing.T) {
	home := lastRelease(t)
	_, err := devnet.Upgrade(t.Context(), home, member.Upgrading{})
	must(t, err)
	half, back := filepath.Join(home, "members", "hospital-b"), filepath.Join(home, "members", "clinic")
	must(t, os.Mkdir(filepath.Join(half, "upgraded"), 0o700))
	must(t, os.Rename(filepath.Join(half, "ledger"), filepath.Join(half, "upgraded", "ledger")))
	must(t, os.Rename(filepath.Join(half, "ledger.before"), filepath.Join(half, "ledger")))
	for _, part := range []string{"chain", "ledger"} {
		must(t, os.RemoveAll(filepath.Join(back, part)))
		must(t, os.Rename(filepath.Join(back, part+".before"), filepath.Join(back, part)))
	}
	_, err = devnet.Start(t.Context(), devnet.Config{Home: home})
	wants(t, err, stele.KindUsage, "a start")
	_, err = devnet.Upgrade(t.Context(), home, member.Upgrading{Check: true})
	wants(t, err, stele.KindUsage, "a look")
	made, err := devnet.Upgrade(t.Context(), home, member.Upgrading{})
	must(t, err)
	for _, m := range made {
		if m.Already == (m.Name == "Elm Street Clinic") {
			t.Errorf("%+v", m)
		}
	}
	n, err := devnet.Start(t.Context(), devnet.Config{Home: home})
	must(t, err)
	must(t, n.Stop())
}

// TestAMemberWhoseOldLedgerIsDamagedTakesItFromTheOthers: it sets aside what it has, but
// for what its validator signed, and restores; so does one that is taken over later than
// the others, by blocks.
func TestAMemberWhoseOldLedgerIsDamagedTakesItFromTheOthers(t *testing.T) {
	home := lastRelease(t)
	_, err := devnet.Upgrade(t.Context(), home, member.Upgrading{})
	must(t, err)
	n, err := devnet.Start(t.Context(), devnet.Config{Home: home})
	must(t, err)
	w := &world{Network: n, organisations: map[string]*client.Session{}, folder: filepath.Join(t.TempDir(), "people")}
	defer w.close()
	w.awake(t)
	for _, damaged := range []bool{false, true} {
		w.run(t, "clinic", false)
		folder := w.Folder("clinic")
		for _, part := range []string{"chain", "ledger"} {
			must(t, os.RemoveAll(filepath.Join(folder, part)))
			must(t, os.CopyFS(filepath.Join(folder, part), os.DirFS(filepath.Join(folder, part+".before"))))
			must(t, os.RemoveAll(filepath.Join(folder, part+".before")))
		}
		must(t, os.Remove(filepath.Join(folder, "signed.txt"))) // as if it had not run since
		if damaged {
			inLedger(t, folder, inRow(eventKey(5, 1), func(raw []byte) { raw[0] ^= 1 }))
		}
		m := memberOf(t, home, "clinic")
		wants(t, member.Restore(t.Context(), m), stele.KindUsage, "a restore on a folder of the last release")
		got, err := member.Upgrade(t.Context(), m, member.Upgrading{FromOthers: damaged})
		must(t, err)
		if got.Empty != damaged {
			t.Errorf("%+v", got)
		}
		mara := w.wallet(t, "mara")
		w.mayWrite(t, mara, "hospital-b")
		w.run(t, "clinic", true)
		agree(t, w)
		if s := w.stands(t, "clinic"); damaged && s.Oldest <= got.Height {
			t.Errorf("it has blocks from %d on: it did not restore", s.Oldest)
		}
	}
}
