package devnet_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/disktest"
	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

// lastRelease unpacks the folder of a devnet that the last release left (see
// testdata/last-release.sh), on ports that are free now.
func lastRelease(t *testing.T) string {
	t.Helper()
	home := disktest.Unzip(t, "testdata/last-release.zip")
	var moved []string
	for port := range 8 {
		l, err := listen()
		must(t, err)
		defer l.Close()
		moved = append(moved, fmt.Sprintf("127.0.0.1:%d", 7300+port), l.Addr().String())
	}
	files, err := filepath.Glob(filepath.Join(home, "members", "*", member.IdentityFile))
	must(t, err)
	for _, path := range append(files, filepath.Join(home, netfile.Name)) {
		raw, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, []byte(strings.NewReplacer(moved...).Replace(string(raw))), 0o600))
	}
	return home
}

// sums are the hashes of the files under a folder whose path holds a word.
func sums(t *testing.T, folder, word string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(path, word) {
			return err
		}
		raw, err := os.ReadFile(path)
		out[path[len(folder):]] = fmt.Sprintf("%x", sha256.Sum256(raw))
		return err
	}))
	return out
}

func wantSame(t *testing.T, what string, before, after map[string]string) {
	t.Helper()
	if len(before) != len(after) {
		t.Errorf("%s: %d files became %d", what, len(before), len(after))
	}
	for path, sum := range before {
		if after[path] != sum {
			t.Errorf("%s: %s was changed or is gone", what, path)
		}
	}
}

// leftAt is the day after the folder was made.
var leftAt = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// wallet opens one of the wallets in the devnet's folder. Once its owner was away for
// over a year somebody names the newest block.
func (w *world) wallet(t *testing.T, name string) *client.Session {
	t.Helper()
	s := w.org(t, name)
	if s.Session.Begin.Height > 0 || time.Since(leftAt) < light.TrustFor-48*time.Hour {
		return s
	}
	stands := w.stands(t, "clinic")
	block, err := w.node(t, "clinic").Ledger.Light(t.Context(), &api.LightRequest{Height: stands.Height})
	must(t, err)
	_, header, err := steleproof.TrustBlock(stands.Chain, block.Light)
	must(t, err)
	s.Session.Begin = light.Start{Height: header.Height, Hash: header.Hash}
	return s
}

// awake opens all wallets of the folder that the tests use.
func (w *world) awake(t *testing.T) {
	t.Helper()
	for _, name := range []string{"hospital-a", "hospital-b", "clinic", "patients", "elena", "sule", "mara", "okafor", "haddad"} {
		w.wallet(t, name)
	}
}

// TestANetworkOfTheLastReleaseIsTakenOver: today's program refuses the folder and leaves
// it as it is; one command takes over all members; then the same chain goes on, its
// wallets are asked nothing, and everything that was there is there: the patient's chart,
// her account with what was refused, grants given before, post that waited. What there was
// lies beside it.
func TestANetworkOfTheLastReleaseIsTakenOver(t *testing.T) {
	home := lastRelease(t)
	before := sums(t, home, "")
	_, err := devnet.Start(t.Context(), devnet.Config{Home: home})
	wants(t, err, stele.KindUsage, "a start on a folder of the last release")
	if !strings.Contains(stele.HintOf(err), "stele member upgrade") {
		t.Errorf("the hint is %q", stele.HintOf(err))
	}
	looked, err := devnet.Upgrade(t.Context(), home, member.Upgrading{Check: true})
	must(t, err)
	wantSame(t, "a refused start and a look", before, sums(t, home, ""))

	made, err := devnet.Upgrade(t.Context(), home, member.Upgrading{})
	must(t, err)
	for i, m := range made {
		if m != looked[i] || m.Already || m.Height < 40 || m.Events == 0 {
			t.Errorf("made %+v, looked at %+v", m, looked[i])
		}
	}
	after := sums(t, home, "")
	for path, sum := range before {
		if path = strings.NewReplacer("/chain/", "/chain.before/", "/ledger/", "/ledger.before/").Replace(path); after[path] != sum {
			t.Errorf("%s was changed or is gone", path)
		}
	}
	again, err := devnet.Upgrade(t.Context(), home, member.Upgrading{})
	must(t, err)
	for _, m := range again {
		if !m.Already {
			t.Errorf("typed again: %+v", m)
		}
	}

	n, err := devnet.Start(t.Context(), devnet.Config{Home: home})
	must(t, err)
	w := &world{Network: n, organisations: map[string]*client.Session{}, folder: filepath.Join(t.TempDir(), "people")}
	defer w.close()
	w.awake(t)
	if s := w.stands(t, "clinic"); s.Height <= made[0].Height || s.Events != made[0].Events || s.Oldest == 0 || s.Oldest > made[0].Height {
		t.Errorf("it stands at block %d with %d events and blocks from %d; it was taken over at %d with %d", s.Height, s.Events, s.Oldest, made[0].Height, made[0].Events)
	}
	ownChartIsThere(t, w)
	grantsHoldAsBefore(t, w)
	newThingsWork(t, w)
	exportsVerify(t, w, home)
	for _, name := range w.Names() {
		if found := w.fsck(t, name, false); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
	agree(t, w)
}

// ownChartIsThere: chart and account of a patient of before.
func ownChartIsThere(t *testing.T, w *world) {
	elena := w.wallet(t, "elena")
	chart, err := elena.Charts.OpenOwn(t.Context())
	must(t, err)
	wantChart(t, "her own chart", chart, 4, w.org(t, "hospital-a").Subject())
	report, lines, err := elena.Account.ReportWhole(t.Context())
	must(t, err)
	opened, refused := 0, 0
	for _, l := range lines {
		switch {
		case l.Event == nil:
			refused++
		case l.Event.GetAccessPermitted() != nil && l.Released >= l.Needed:
			opened++
		}
	}
	if opened != 2 || refused != 1 || len(report.Gaps) > 0 || len(report.Silent) > 0 || report.Receipts != 6 || report.Pending != 0 {
		t.Errorf("%d openings, %d attempts; %+v", opened, refused, report)
	}
}

func wantChart(t *testing.T, what string, chart *reading.Chart, records int, source stele.Subject) {
	t.Helper()
	if len(chart.Records) != records || len(chart.Faults) > 0 || chart.Missing > 0 {
		t.Errorf("%s: %d records, want %d; faults %v, %d missing", what, len(chart.Records), records, chart.Faults, chart.Missing)
	}
	for _, r := range chart.Records {
		if r.Label.Source != source || r.Made.IsZero() {
			t.Errorf("%s: a record is told as from %v, made %v", what, r.Label.Source, r.Made)
		}
	}
}

// renewed gives a practitioner a new card: those of the folder run out one day.
func renewed(t *testing.T, w *world, name, at string) *client.Session {
	t.Helper()
	d := w.wallet(t, name)
	must(t, d.Enlist(t.Context(), w.org(t, at).Session, wallet.Profile{
		Role: "doctor", Organisation: w.org(t, at).Subject(), Facility: "hospital", Until: time.Now().AddDate(5, 0, 0),
	}))
	return d
}

// grantsHoldAsBefore: a grant that holds opens, one that was taken back or is used up does
// not, and one that waited in a directory arrives.
func grantsHoldAsBefore(t *testing.T, w *world) {
	if time.Now().After(time.Date(2031, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Skip("the grants in the folder have ended: make it anew with testdata/last-release.sh")
	}
	elena, sule := w.wallet(t, "elena").Subject(), w.wallet(t, "sule").Subject()
	okafor, haddad := renewed(t, w, "okafor", "hospital-b"), renewed(t, w, "haddad", "clinic")
	source := w.org(t, "hospital-a").Subject()
	chart, err := okafor.Charts.OpenChart(t.Context(), elena, followUp)
	must(t, err)
	wantChart(t, "a chart under a grant of before", chart, 4, source)
	_, err = okafor.Charts.OpenChart(t.Context(), sule, followUp)
	wants(t, err, stele.KindDenied, "an opening under a grant that was used up")
	_, err = haddad.Charts.OpenChart(t.Context(), elena, followUp)
	wants(t, err, stele.KindDenied, "an opening under a grant that was taken back")
	fresh, err := haddad.Collect(t.Context())
	must(t, err)
	if len(fresh) != 1 {
		t.Fatalf("%d grants waited, want 1", len(fresh))
	}
	chart, err = haddad.Charts.OpenChart(t.Context(), sule, followUp)
	must(t, err)
	wantChart(t, "a chart under a grant that waited", chart, 1, source)
	_, lines, err := w.wallet(t, "elena").Account.ReportWhole(t.Context())
	must(t, err)
	if last := lines[len(lines)-1]; last.Event.GetAccessRefused() == nil || last.Refused == 0 {
		t.Errorf("what was refused just now is told as %+v", last)
	}
}

// newThingsWork: a new grant, a new delivery, a new opening, by wallets of before.
func newThingsWork(t *testing.T, w *world) {
	mara, okafor := w.wallet(t, "mara"), w.wallet(t, "okafor")
	w.mayWrite(t, mara, "hospital-a")
	w.deliver(t, "hospital-a", mara, note("n1", stele.Allergies, "2026-11-30"))
	chart, err := mara.Charts.OpenOwn(t.Context())
	must(t, err)
	wantChart(t, "a new chart", chart, 1, w.org(t, "hospital-a").Subject())
	grant(t, mara, okafor, readGrant(stele.Allergies))
	chart, err = okafor.Charts.OpenChart(t.Context(), mara.Subject(), followUp)
	must(t, err)
	wantChart(t, "a new chart under a new grant", chart, 1, w.org(t, "hospital-a").Subject())
	for _, s := range []string{"hospital-a", "patients"} {
		if st := w.status(t, s); st.Waiting > 0 {
			t.Errorf("%s: %d submissions lack a copy", s, st.Waiting)
		}
	}
}

// exportsVerify: the file that was written before, and one that is written now.
func exportsVerify(t *testing.T, w *world, home string) {
	expect := steleproof.Expect{Fingerprint: sha256.Sum256(w.Network.Network.Genesis)}
	old, err := os.ReadFile(filepath.Join(home, "elena.export"))
	must(t, err)
	var fresh bytes.Buffer
	_, err = w.wallet(t, "elena").Account.Export(t.Context(), &fresh)
	must(t, err)
	for name, raw := range map[string][]byte{"old": old, "new": fresh.Bytes()} {
		report, err := steleproof.Verify(bytes.NewReader(raw), expect)
		must(t, err)
		if !report.OK() || report.Records != 4 || report.Subject != w.wallet(t, "elena").Subject() {
			t.Errorf("the %s export: %+v", name, report)
		}
	}
}

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
