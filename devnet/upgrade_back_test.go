package devnet_test

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
)

// TestWhatWasPutBackAfterARunIsNotTakenOverAgain: chain and ledger of before the take-over
// are put back at all members after these have run. Taken over once more, they would sign
// other blocks of heights that they have signed.
func TestWhatWasPutBackAfterARunIsNotTakenOverAgain(t *testing.T) {
	w := takenOver(t)
	mara := w.wallet(t, "mara")
	w.mayWrite(t, mara, "hospital-a")
	home := w.Home
	w.close()
	for _, name := range w.Names() {
		folder := w.Folder(name)
		for _, part := range []string{"chain", "ledger"} {
			must(t, os.RemoveAll(filepath.Join(folder, part)))
			must(t, os.Rename(filepath.Join(folder, part+".before"), filepath.Join(folder, part)))
		}
		before := sums(t, folder, "")
		for _, how := range []member.Upgrading{{Check: true}, {}} {
			_, err := member.Upgrade(t.Context(), memberOf(t, home, name), how)
			wants(t, err, stele.KindInvalid, "a take-over of what was put back")
			if !strings.Contains(stele.TextOf(err), "was signed") || strings.Contains(stele.HintOf(err), ".before") {
				t.Errorf("%s\nhint: %s", stele.TextOf(err), stele.HintOf(err))
			}
		}
		wantSame(t, "a refused take-over", before, sums(t, folder, ""))
	}
}

// TestATakeOverThatNeverBeganIsNotPutIntoPlaceLater: a take-over is killed when it is whole.
// The last release goes on, and later its chain is lost. What lies there is of the past, with
// what the validator had signed then.
func TestATakeOverThatNeverBeganIsNotPutIntoPlaceLater(t *testing.T) {
	home := lastRelease(t)
	m := memberOf(t, home, "clinic")
	in := func(parts ...string) string { return filepath.Join(append([]string{m.Folder}, parts...)...) }
	_, err := member.Upgrade(t.Context(), m, member.Upgrading{})
	must(t, err)
	must(t, os.Mkdir(in("upgraded"), 0o700))
	for _, part := range []string{"chain", "ledger"} {
		must(t, os.Rename(in(part), in("upgraded", part)))
		must(t, os.Rename(in(part+".before"), in(part)))
	}
	must(t, os.Rename(in("chain"), in("lost")))
	_, err = member.Upgrade(t.Context(), m, member.Upgrading{})
	wants(t, err, stele.KindInvalid, "a take-over of the past")
	if exists(in("chain")) {
		t.Error("an old chain is in place")
	}
	must(t, os.Rename(in("lost"), in("chain.before"))) // as a take-over that was killed a step later leaves it
	_, err = member.Upgrade(t.Context(), m, member.Upgrading{})
	must(t, err)
	if !exists(in("chain")) || exists(in("upgraded")) {
		t.Error("it does not go on")
	}
}

// TestAnotherGenesisThanTheLedgersIsRefused: neither a take-over, nor a look, nor a start
// goes by a network file whose genesis is not the one that the ledger was founded with,
// though the chain's name is the same.
func TestAnotherGenesisThanTheLedgersIsRefused(t *testing.T) {
	home := lastRelease(t)
	path := filepath.Join(home, netfile.Name)
	raw, err := os.ReadFile(path)
	must(t, err)
	var file map[string]any
	must(t, json.Unmarshal(raw, &file))
	document, err := base64.StdEncoding.DecodeString(file["genesis"].(string))
	must(t, err)
	later := strings.Replace(string(document), ".708Z", ".709Z", 1)
	var genesis map[string]any
	must(t, json.Unmarshal(document, &genesis))
	state, err := base64.StdEncoding.DecodeString(genesis["app_state"].(string))
	must(t, err)
	issuer := append(state, 0x2a, 0) // one more, empty, of what it lists; see wire.Genesis
	other := strings.Replace(string(document), genesis["app_state"].(string), base64.StdEncoding.EncodeToString(issuer), 1)
	for what, forged := range map[string]string{"a millisecond later": later, "one issuer more": other} {
		if forged == string(document) {
			t.Fatal("nothing is forged")
		}
		file["genesis"] = base64.StdEncoding.EncodeToString([]byte(forged))
		raw, err = json.Marshal(file)
		must(t, err)
		must(t, os.WriteFile(path, raw, 0o600))
		for _, how := range []member.Upgrading{{Check: true}, {}} {
			_, err = devnet.Upgrade(t.Context(), home, how)
			wants(t, err, stele.KindInvalid, what)
		}
	}
	file["genesis"] = base64.StdEncoding.EncodeToString(document)
	good, err := json.Marshal(file)
	must(t, err)
	must(t, os.WriteFile(path, good, 0o600))
	_, err = devnet.Upgrade(t.Context(), home, member.Upgrading{})
	must(t, err)
	must(t, os.WriteFile(path, raw, 0o600))
	c := memberOf(t, home, "clinic")
	c.Log = slog.New(slog.DiscardHandler)
	_, err = member.Start(t.Context(), c)
	wants(t, err, stele.KindInvalid, "a start")
}
