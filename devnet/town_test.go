package devnet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wallet"
)

// world is a running devnet with its organisations' wallets open.
type world struct {
	*devnet.Network
	organisations map[string]*client.Session
	folder        string // of people's wallets
	people        int
}

// town is the devnet of four members that all tests share which break nothing.
var town *world

func TestMain(m *testing.M) {
	if home := os.Getenv(childHome); home != "" {
		writeUntilKilled(home)
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	home, err := os.MkdirTemp("", "stele-town-")
	if err == nil {
		defer os.RemoveAll(home)
		town, err = start(home, 4, nil)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer town.close()
	return m.Run()
}

func start(home string, members int, log io.Writer) (*world, error) {
	c := devnet.Config{Home: filepath.Join(home, "net"), Members: members}
	if log != nil {
		c.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	n, err := devnet.Start(context.Background(), c)
	if err != nil {
		return nil, err
	}
	w := &world{Network: n, organisations: map[string]*client.Session{}, folder: filepath.Join(home, "people")}
	return w, nil
}

// newWorld starts a devnet of its own for a test that breaks it.
func newWorld(t *testing.T, members int) *world {
	t.Helper()
	w, err := start(t.TempDir(), members, nil)
	must(t, err)
	t.Cleanup(func() { w.close() })
	return w
}

func (w *world) close() {
	for _, o := range w.organisations {
		o.Close()
	}
	w.organisations = map[string]*client.Session{}
	_ = w.Stop()
}

// session puts an open wallet to work.
func (w *world) session(held *wallet.Wallet) (*client.Session, error) {
	n, err := client.Dial(w.Network.Network, held.Subject())
	if err != nil {
		return nil, err
	}
	return client.Open(held, n)
}

// org returns the session of a member's own wallet.
func (w *world) org(t testing.TB, name string) *client.Session {
	t.Helper()
	if s := w.organisations[name]; s != nil {
		return s
	}
	passphrase, err := devnet.Passphrase(w.Home)
	must(t, err)
	held, err := wallet.Open(filepath.Join(w.Home, "wallets", name+wallet.Suffix), passphrase, pebblestore.Folders{})
	must(t, err)
	s, err := w.session(held)
	must(t, err)
	w.organisations[name] = s
	return s
}

// person makes somebody with a wallet and a subject on the ledger.
func (w *world) person(t testing.TB, name string, kind wallet.Kind) *client.Session {
	t.Helper()
	w.people++
	path := filepath.Join(w.folder, fmt.Sprintf("%04d%s", w.people, wallet.Suffix))
	held, err := wallet.Create(path, "open sesame", pebblestore.Folders{}, wallet.Options{Kind: kind, Name: name, WorkFactor: devnet.WorkFactor})
	must(t, err)
	t.Cleanup(func() { held.Close() })
	s, err := w.session(held)
	must(t, err)
	_, err = s.Join(t.Context())
	must(t, err)
	return s
}

// patient makes a patient who lets hospitals write.
func (w *world) patient(t testing.TB, name string, hospitals ...string) *client.Session {
	t.Helper()
	p := w.person(t, name, wallet.Patient)
	for _, h := range hospitals {
		w.mayWrite(t, p, h)
	}
	return p
}

func (w *world) mayWrite(t testing.TB, p *client.Session, hospital string) wallet.Given {
	t.Helper()
	to, err := p.Find(t.Context(), w.Name(hospital))
	must(t, err)
	given, _, err := p.Give(t.Context(), to, wallet.DirectCareWrite(time.Now().AddDate(10, 0, 0)))
	must(t, err)
	_, err = w.org(t, hospital).Collect(t.Context())
	must(t, err)
	return given
}

// doctor makes a practitioner with a card that a member vouches for.
func (w *world) doctor(t testing.TB, name, at string) *client.Session {
	t.Helper()
	d := w.person(t, name, wallet.Practitioner)
	must(t, d.Enlist(t.Context(), w.org(t, at).Session, wallet.Profile{
		Role: "doctor", Organisation: w.org(t, at).Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
	}))
	return d
}

// reading are the terms of an ordinary read grant.
func readGrant(categories ...stele.Category) wallet.Terms {
	return wallet.Terms{
		Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: categories, End: time.Now().Add(24 * time.Hour),
	}
}

// grant gives a grant and has it collected.
func grant(t testing.TB, p, to *client.Session, terms wallet.Terms) wallet.Given {
	t.Helper()
	contact, err := p.Find(t.Context(), to.Subject().String())
	must(t, err)
	given, _, err := p.Give(t.Context(), contact, terms)
	must(t, err)
	fresh, err := to.Collect(t.Context())
	must(t, err)
	if n := len(fresh); n != 1 {
		t.Fatalf("%d grants were delivered, want 1", n)
	}
	return given
}

var followUp = reading.Question{Purpose: stele.Treatment, Reason: "follow-up"}

// deliver has a member deliver records that no file brings.
func (w *world) deliver(t testing.TB, at string, p *client.Session, records ...delivery.Incoming) delivery.Delivered {
	t.Helper()
	h := w.org(t, at)
	held, err := h.HeldWriteGrant(p.Subject())
	must(t, err)
	d, err := h.Delivery.Deliver(t.Context(), held, records)
	must(t, err)
	return d
}

// note is a small record with a label.
func note(id string, category stele.Category, when string, sensitivity ...stele.Sensitivity) delivery.Incoming {
	year := 0
	if len(when) >= 4 {
		fmt.Sscanf(when[:4], "%d", &year)
	}
	return delivery.Incoming{
		JSON: fmt.Appendf(nil, `{"resourceType":"Basic","id":%q,"code":{"text":"note"}}`, id),
		Type: "Basic", When: when, Category: category, Sensitivity: sensitivity, Year: year,
	}
}

// ids returns the sorted ids of a chart's records, one word.
func ids(chart *reading.Chart) string {
	var out []string
	for _, r := range chart.Records {
		var named struct{ ID string }
		_ = json.Unmarshal(r.JSON, &named)
		out = append(out, named.ID)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// story tells a chart.
func story(chart *reading.Chart) timeline.Story {
	items := make([]timeline.Item, len(chart.Records))
	for i, r := range chart.Records {
		items[i] = timeline.Item{Record: r.JSON, Label: r.Label, Handle: r.Handle, Source: r.Label.Source, Proof: r.Submission}
	}
	return timeline.Tell(items, timeline.Options{Kinds: stele.Categories()})
}

func importAt(t testing.TB, h *client.Session, p stele.Subject, file []byte) (delivery.Imported, error) {
	t.Helper()
	return h.Delivery.Import(t.Context(), bytes.NewReader(file), delivery.ImportOptions{Subject: p})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(explain(err))
	}
}

// wants fails unless err is of a kind.
func wants(t testing.TB, err error, kind stele.Kind, what string) {
	t.Helper()
	switch {
	case err == nil:
		t.Fatalf("%s was let through", what)
	case stele.KindOf(err) != kind:
		t.Fatalf("%s failed with %s, want %s: %s", what, stele.KindOf(err), kind, explain(err))
	}
}

// explain tells an error with its causes.
func explain(err error) string {
	out := err.Error()
	for at := errors.Unwrap(err); at != nil; at = errors.Unwrap(at) {
		out += "\n  because " + at.Error()
	}
	return out
}

// charts returns the folder of real charts, or skips.
func charts(t testing.TB) string {
	t.Helper()
	if home := os.Getenv("STELE_DATA"); home != "" {
		return filepath.Join(home, "fhir")
	}
	at, err := os.Getwd()
	must(t, err)
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		if dir := filepath.Join(at, "shared", "data", "fhir"); exists(dir) {
			return dir
		}
	}
	t.Skip("no shared/data above this folder; name it with STELE_DATA")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
