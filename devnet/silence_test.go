package devnet_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/steletest"
	"github.com/stele-health/stele/wire"
)

// needle is something about a person in one of the forms that give it away.
type needle struct {
	what string
	form []byte
}

// needles writes words in clear, hex, base64 at every offset, and as plain
// SHA-256 (raw, hex and base64 of the hash).
func needles(words []string) (out []needle) {
	add := func(what string, form []byte) { out = append(out, needle{what, form}) }
	for _, w := range words {
		raw := []byte(w)
		add(w+" in clear", raw)
		add(w+" in hex", []byte(hex.EncodeToString(raw)))
		for shift := range 3 { // the part of the encoding that does not depend on what stands around it
			code := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), raw...))
			from, to := (shift*8+5)/6, len(code)-1
			if shift == 0 {
				from = 0
			}
			if to-from >= 6 {
				add(w+" in base64", []byte(code[from:to]))
			}
		}
		sum := sha256.Sum256(raw)
		add("SHA-256 of "+w, sum[:])
		add("SHA-256 of "+w+" in hex", []byte(hex.EncodeToString(sum[:])))
		add("SHA-256 of "+w+" in base64", []byte(base64.StdEncoding.EncodeToString(sum[:])[:42]))
	}
	return out
}

func search(found map[string]string, where string, content []byte, wanted []needle) {
	lower := bytes.ToLower(content)
	for _, n := range wanted {
		if bytes.Contains(content, n.form) || strings.HasSuffix(n.what, "in clear") && bytes.Contains(lower, bytes.ToLower(n.form)) {
			found[n.what] = where
		}
	}
}

// scan reads every file below a folder as it is, and every key and value of
// every database, whose tables are compressed on disk.
func scan(t testing.TB, folder string, wanted []needle) (found map[string]string, files, rows int) {
	t.Helper()
	found = map[string]string{}
	must(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if manifests, _ := filepath.Glob(filepath.Join(path, "MANIFEST-*")); len(manifests) > 0 {
				rows += scanDatabase(t, path, func(row []byte) { search(found, path, row, wanted) })
			}
			return nil
		}
		raw, err := os.ReadFile(path)
		files++
		search(found, path, raw, wanted)
		return err
	}))
	return found, files, rows
}

func scanDatabase(t testing.TB, path string, each func([]byte)) (rows int) {
	t.Helper()
	db, err := pebble.Open(path, &pebble.Options{ReadOnly: true, Logger: quiet{}})
	must(t, err)
	defer db.Close()
	c, err := db.NewIter(nil)
	must(t, err)
	defer c.Close()
	for ok := c.First(); ok; ok = c.Next() {
		each(append(slices.Clone(c.Key()), c.Value()...))
		rows++
	}
	return rows
}

// TestR9LedgerTellsNoTales plays the story with planted people, then searches
// everything that is shared or may be read by all operators: the ledger and
// chain folders of every member (replicated to all) and all logs at debug level.
// Vault, trustee and directory folders are not searched: a vault holds labels
// and covers by design, a directory holds the cards of practitioners and
// organisations, and neither is replicated through consensus.
func TestR9LedgerTellsNoTales(t *testing.T) {
	var log steletest.Log
	home := t.TempDir()
	w, err := start(home, 2, &log)
	must(t, err)
	planted := []string{"Zyphoria", "Quandrix-Nebelhorn", "MRN-99887766", "1931-12-24", "73211009", "E11.9-planted", "LIC-5544332211", "Dr Oxlimatu", "perforated"}
	chart := `{"resourceType":"Patient","id":"z","identifier":[{"system":"urn:mrn","value":"MRN-99887766"}],"name":[{"family":"Zyphoria","given":["Quandrix-Nebelhorn"]}],"birthDate":"1931-12-24"}
{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/z"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"73211009"},{"code":"E11.9-planted"}],"text":"perforated"}}
{"resourceType":"Practitioner","id":"p","identifier":[{"value":"LIC-5544332211"}],"name":[{"text":"Dr Oxlimatu"}]}`
	p, d := w.patient(t, "Zyphoria Quandrix-Nebelhorn", "hospital-a"), w.doctor(t, "Dr Oxlimatu", "hospital-b")
	done, err := importAt(t, w.org(t, "hospital-a"), p.Subject(), []byte(chart))
	must(t, err)
	if done.Delivered != 3 {
		t.Fatalf("%+v", done)
	}
	_, err = d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "perforated MRN-99887766"})
	wants(t, err, stele.KindDenied, "an attempt")
	given := grant(t, p, d, readGrant(stele.Problems, stele.Demographics))
	opened, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Treatment, Reason: "perforated MRN-99887766"})
	must(t, err)
	if len(opened.Records) != 2 {
		t.Fatalf("%d records", len(opened.Records))
	}
	_, err = p.Revoke(t.Context(), given.Grant)
	must(t, err)
	time.Sleep(2500 * time.Millisecond) // for the receipts
	_, err = p.Account.Report(t.Context(), nil)
	must(t, err)
	w.close()

	wanted := needles(planted)
	for _, name := range w.Names() {
		for _, part := range []string{"ledger", "chain"} {
			folder := filepath.Join(w.Folder(name), part)
			found, files, rows := scan(t, folder, wanted)
			for what, where := range found {
				t.Errorf("%s stands in %s", what, where)
			}
			if files < 2 || rows < 20 {
				t.Errorf("%s: only %d files and %d rows", folder, files, rows)
			}
			t.Logf("%s/%s: %d files, %d rows", name, part, files, rows)
		}
	}
	found := map[string]string{}
	search(found, "the log", []byte(log.String()), wanted)
	if len(found) > 0 { // a run without faults may have no log at all
		t.Errorf("%d bytes of log, in them %v", len(log.String()), found)
	}

	// The scanner finds what is there.
	leaky := filepath.Join(home, "leaky")
	must(t, os.Mkdir(leaky, 0o700))
	must(t, os.WriteFile(filepath.Join(leaky, "leak"), []byte("xx"+base64.StdEncoding.EncodeToString([]byte("a Zyphoria b"))), 0o600))
	if leaked, _, _ := scan(t, leaky, needles([]string{"Zyphoria"})); leaked["Zyphoria in base64"] == "" {
		t.Error("the scanner is blind")
	}
}

// TestR10NothingOnTheLedgerLinksGrants: two grants to one doctor, two write
// grants to one hospital and their anchors share no key, commitment or id.
func TestR10NothingOnTheLedgerLinksGrants(t *testing.T) {
	p, q, d := mixed(t), mixed(t), town.doctor(t, "Dr Twice", "hospital-b")
	grant(t, p, d, readGrant(stele.Allergies))
	grant(t, p, d, readGrant(stele.Allergies))
	grant(t, q, d, readGrant(stele.Allergies))
	seen := map[string]string{}
	note := func(what string, value []byte) {
		if before := seen[string(value)]; before != "" && len(value) > 0 {
			t.Errorf("%s is also %s", what, before)
		}
		seen[string(value)] = what
	}
	known := map[string]bool{}
	for _, s := range []*client.Session{d, town.org(t, "hospital-a"), town.org(t, "hospital-b")} {
		subject := s.Subject()
		known[string(subject[:])], known[string(s.Keyring().Signer().Public().Key)] = true, true
	}
	for i, s := range []*client.Session{p, q} {
		for _, e := range events(t, s) {
			where := fmt.Sprintf("of patient %d, entry %d", i, e.Seq)
			if g := e.Event.GetGrantGiven(); g != nil {
				note("the grantee key "+where, g.Grantee.Key)
				note("the commitment "+where, g.Commitment)
				note("the grant "+where, g.Grant)
			}
			if a := e.Event.GetAnchored(); a != nil {
				note("the source "+where, a.SourceCommitment)
				note("the count "+where, a.CountCommitment)
				note("the root "+where, a.Root)
			}
			for word := range known {
				if bytes.Contains(e.Raw, []byte(word)) {
					t.Errorf("entry %d of patient %d names an organisation or practitioner", e.Seq, i)
				}
			}
		}
	}
}

// TestR6ReconciliationFindsAGap hides receipts and details of one trustee.
func TestR6ReconciliationFindsAGap(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Count", "hospital-b")
	grant(t, p, d, readGrant(stele.Allergies))
	chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	must(t, err)
	var report *account.Report
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(300 * time.Millisecond) {
		report, err = p.Account.Report(t.Context(), nil)
		must(t, err)
		if report.Pending == 0 || time.Now().After(deadline) {
			break
		}
	}
	if len(report.Gaps) > 0 || report.Pending > 0 || report.Receipts < 3 {
		t.Fatalf("gaps %v, %d pending, %d receipts", report.Gaps, report.Pending, report.Receipts)
	}
	if len(chart.Access.Receipts) < 3 {
		t.Errorf("the reader holds %d receipts", len(chart.Access.Receipts))
	}
	hidden := p
	for i, n := 0, 0; i < len(p.Network.Members) && report.Receipts-n >= 3; i++ {
		short := town.Names()[i]
		hidden = with(hidden, short, func(m *members.Member) {
			m.Trustee = trustee{Trustee: m.Trustee, details: func(r *wire.DetailsResponse) { n += len(r.Receipts); r.Receipts = nil }}
		})
		found, err := hidden.Account.Report(t.Context(), nil)
		must(t, err)
		n = report.Receipts - found.Receipts
		if found.Receipts < 3 && found.Receipts > 0 && len(found.Gaps) == 0 {
			t.Errorf("%d of %d receipts are hidden and nobody notices", n, report.Receipts)
		}
	}
}

// TestLaw7NoInstitutionTakesAPatientOver tries to rotate her keys and to add a
// device, signed by every organisation's key and by the doctor's.
func TestLaw7NoInstitutionTakesAPatientOver(t *testing.T) {
	p, thief := mixed(t), town.org(t, "hospital-a")
	subject := p.Subject()
	device := &wire.Device{Signing: thief.Keyring().Signer().Public(), SealSuite: wire.SuiteSeal, SealKey: thief.Keyring().SealKey().Public()}
	before := entries(t, p)
	_, err := thief.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: subject[:], Device: device}}},
		thief.Keyring().Signer(), town.org(t, "hospital-b").Keyring().Signer())
	wants(t, err, stele.KindDenied, "a device added by two hospitals")
	_, err = thief.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_RotateKeys{RotateKeys: &wire.RotateKeys{
		Subject: subject[:], Old: p.Keyring().Signer().Public(), Device: device,
	}}}, thief.Keyring().Signer())
	wants(t, err, stele.KindDenied, "keys rotated by a hospital")
	if entries(t, p) != before {
		t.Error("her log grew")
	}
}

// TestHostileTransactionsLeaveNothing hands in through the API what no wallet
// would.
func TestHostileTransactionsLeaveNothing(t *testing.T) {
	p := town.patient(t, "Elena", "hospital-a")
	client, err := api.Dial(town.URL("clinic"))
	must(t, err)
	defer client.Close()
	subject := p.Subject()
	id := stele.NewIDOf(subject[:])
	good := func() *wire.Transaction {
		nonce := stele.NewID()
		return &wire.Transaction{
			Chain: p.Consortium().Chain, Nonce: nonce[:], ExpiresMs: time.Now().Add(time.Minute).UnixMilli(),
			Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
				Grant: id[:], Subject: subject[:], Action: 1, Grantee: p.Keyring().OneTime(900).Public(), NotBeforeMs: 1, EndMs: time.Now().Add(time.Hour).UnixMilli(),
				Commitment: make([]byte, 32),
			}},
		}
	}
	sign := func(f func(*wire.Transaction)) *wire.Signed {
		tx := good()
		f(tx)
		return wire.Sign(wire.TagTransaction, tx, p.Keyring().Signer())
	}
	nothing := func(*wire.Transaction) {}
	wrong := sign(nothing)
	wrong.Signatures[0].Signature[5] ^= 1
	suite := sign(nothing)
	suite.Signatures[0].Key.Suite = 99
	stranger := wire.Sign(wire.TagTransaction, good(), town.org(t, "hospital-a").Keyring().Signer())
	before := entries(t, p)
	for what, tx := range map[string]*wire.Signed{
		"nothing":            nil,
		"garbage":            {Body: []byte("garbage")},
		"no signature":       {Body: sign(nothing).Body},
		"wrong signature":    wrong,
		"unknown suite":      suite,
		"another's key":      stranger,
		"another kind":       wire.Sign(wire.TagOwn, good(), p.Keyring().Signer()),
		"another chain":      sign(func(tx *wire.Transaction) { tx.Chain = "elsewhere" }),
		"expired":            sign(func(tx *wire.Transaction) { tx.ExpiresMs = time.Now().Add(-time.Minute).UnixMilli() }),
		"expires too late":   sign(func(tx *wire.Transaction) { tx.ExpiresMs = time.Now().Add(time.Hour).UnixMilli() }),
		"short nonce":        sign(func(tx *wire.Transaction) { tx.Nonce = tx.Nonce[:15] }),
		"no message":         sign(func(tx *wire.Transaction) { tx.Message = nil }),
		"unknown action":     sign(func(tx *wire.Transaction) { tx.GetGiveGrant().Action = 77 }),
		"grantee of suite 9": sign(func(tx *wire.Transaction) { tx.GetGiveGrant().Grantee.Suite = 9 }),
		"oversized":          sign(func(tx *wire.Transaction) { tx.GetGiveGrant().Commitment = make([]byte, 64<<10) }),
		"very oversized":     sign(func(tx *wire.Transaction) { tx.GetGiveGrant().Commitment = make([]byte, 9<<20) }),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := client.Ledger.Submit(ctx, &api.SubmitRequest{Transaction: wire.Marshal(tx)})
		cancel()
		if k := stele.KindOf(err); err == nil || k != stele.KindInvalid && k != stele.KindDenied && k != stele.KindBusy {
			t.Errorf("%s: %v (%s)", what, err, stele.KindOf(err))
		}
	}
	if n := entries(t, p); n != before {
		t.Errorf("her log grew by %d", n-before)
	}
	tx := sign(nothing)
	first, err := client.Ledger.Submit(t.Context(), &api.SubmitRequest{Transaction: wire.Marshal(tx)})
	must(t, err)
	other, err := api.Dial(town.URL("hospital-b"))
	must(t, err)
	defer other.Close()
	for _, c := range []*api.Client{client, other} { // replayed, through another member too
		again, err := c.Ledger.Submit(t.Context(), &api.SubmitRequest{Transaction: wire.Marshal(tx)})
		must(t, err)
		if again.Height != first.Height || again.Seq != first.Seq {
			t.Errorf("a retry got %d/%d, the first answer was %d/%d", again.Height, again.Seq, first.Height, first.Seq)
		}
	}
	if n := entries(t, p); n != before+1 {
		t.Errorf("one transaction, replayed, made %d entries", n-before)
	}
}

// quiet is a database's log that nobody reads.
type quiet struct{}

func (quiet) Infof(string, ...any)      {}
func (quiet) Errorf(string, ...any)     {}
func (quiet) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
