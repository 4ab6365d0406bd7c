package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/steletest"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// ran is what came of a command that ran in this process.
type ran struct {
	code     int
	out, err string
}

// run runs a command line in this process, for at most so long.
func run(t *testing.T, limit time.Duration, env map[string]string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var out, words steletest.Log
	m := cli.Main{Commands: commands, Args: args, In: strings.NewReader(""), Out: &out, Err: &words, Env: func(name string) string { return env[name] }}
	code := m.Run(ctx)
	return ran{code, out.String(), words.String()}
}

// leavesOf lists the commands that do something, by their paths.
func leavesOf(c *cobra.Command) (all []*cobra.Command) {
	for _, child := range c.Commands() {
		if child.Name() == "help" || child.Name() == "completion" {
			continue
		}
		all = append(all, leavesOf(child)...)
	}
	if len(c.Commands()) == 0 || c.Name() == "devnet" {
		all = append(all, c)
	}
	return all
}

func allCommands() []*cobra.Command {
	m := cli.Main{Commands: commands, In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }}
	return leavesOf(m.Root())
}

// TestEveryCommandSpeaksJSON: with --json each command prints objects, at least one
// a run that succeeds, and an error is one object on stderr. A command without a line
// here fails.
func TestEveryCommandSpeaksJSON(t *testing.T) {
	n := startDevnet(t)
	folder := t.TempDir()
	env := map[string]string{"STELE_HOME": n.Home}
	at := func(name string) string { return filepath.Join(folder, name) }
	did := func(name string) string {
		return strings.TrimSpace(run(t, time.Minute, env, "wallet", "show", "--as", name, "--did").out)
	}
	secret := map[string]string{"STELE_PASSPHRASE": "correct-horse-battery-staple"}
	if err := os.WriteFile(at("a.json"), []byte(`{"resourceType":"AllergyIntolerance","id":"a","patient":{"reference":"Patient/walk-p"},"recordedDate":"2020-02-03","code":{"text":"Peanut"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("own.txt"), []byte("source: our laboratory\nreviewed: 2026-11-01\nreviewer: Dr A\n\nsystem\thttp://elm.example/codes\telm whole\tour codes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type step struct {
		env  map[string]string
		args func() []string
	}
	line := func(args ...string) step { return step{env, func() []string { return args }} }
	with := func(env map[string]string, args ...string) step { return step{env, func() []string { return args }} }
	later := func(args func() []string) step { return step{env, args} }
	unclaimed := func(number string) string {
		for e := range objects(t, run(t, time.Minute, env, "patient", "find", number, "--json", "--as", "hospital-a").out) {
			return e["did"].(string)
		}
		return ""
	}
	grant := ""
	proposes := func(issuer, kind string) step {
		return later(func() []string {
			for by := range objects(t, run(t, time.Minute, env, "credential", "certificate", "--json", "--as", issuer).out) {
				return []string{"issuer", "propose", at(issuer), "--subject", by["subject"].(string), "--certificate", by["certificate"].(string), "--kind", kind, "--in", "GB", "--as", "hospital-a"}
			}
			return nil
		})
	}
	marks := func(verb string) step {
		return later(func() []string {
			for e := range objects(t, run(t, time.Minute, env, "credential", "list", "--json", "--as", "walkboard").out) {
				return []string{"credential", verb, fmt.Sprint(e["number"]), "--as", "walkboard"}
			}
			return nil
		})
	}
	steps := []step{
		line("version"), line("words"), line("words", "purposes"), line("bench", "--list"), line("config", "example"),
		line("sample", "--patients", "1", "--out", at("charts")), line("sample", "--story", "--out", at("story")), line("sample", "--story", "--ndjson"),
		line("wallet", "new", "walk", "--name", "Wal King"), line("wallet", "new", "walkdoc", "--name", "Dr Walk", "--practitioner", "--at", "clinic"),
		line("wallet", "join", "--as", "walk"), line("wallet", "show", "--as", "walk"), line("wallet", "card", "--as", "walk", "--save", at("card.pdf")), line("wallet", "check", "--as", "walk"), line("wallet", "restored", "--as", "walk"), line("wallet", "contacts", "--as", "walk"),
		line("wallet", "grant", "--as", "walk", "--to", "Elm Street Clinic", "--write", "--yes"), line("wallet", "grant", "--as", "walk", "--to", "Dr Walk", "--all", "--yes"),
		line("wallet", "grants", "--as", "walk"), line("wallet", "collect", "--as", "walkdoc"), line("wallet", "collect", "--as", "walkdoc"),
		later(func() []string {
			return []string{"patient", "enrol", "--as", "clinic", "--mrn", "WALK1", "--did", did("walk"), "--name", "Wal King"}
		}),
		later(func() []string {
			return []string{"patient", "link", "--as", "clinic", "--mrn", "WALK2", "--did", did("walk")}
		}),
		line("patient", "find", "WALK1", "--as", "clinic"), line("patient", "system", "add", "urn:walk", "--as", "clinic"), line("patient", "system", "list", "--as", "clinic"), line("patient", "system", "remove", "urn:walk", "--as", "clinic"),
		line("import", at("a.json"), "--as", "clinic", "--patient", "WALK1"),
		line("patient", "enrol", "--as", "hospital-a", "--unclaimed", "--unknown", "--mrn", "WALKU", "--slip", at("u.svg")), line("patient", "enrol", "--as", "hospital-a", "--unclaimed", "--mrn", "WALKV", "--name", "Wal Una", "--slip", at("v.svg")),
		line("patient", "enrol", "--as", "hospital-a", "--unclaimed", "--unknown", "--mrn", "WALKW", "--slip", at("w.svg")),
		line("patient", "propose", "WALKU", at("u.proposal"), "--write", "--to", "Northside Hospital", "--as", "hospital-a"), line("patient", "sign", at("u.proposal"), "--yes", "--as", "clinic"), line("patient", "submit", at("u.proposal"), "--as", "clinic"),
		line("patient", "merge", "WALKU", at("m.proposal"), "--into", "WALKV", "--reason", "it is she", "--as", "hospital-a"), line("patient", "sign", at("m.proposal"), "--yes", "--as", "clinic"), line("patient", "submit", at("m.proposal"), "--as", "clinic"),
		later(func() []string {
			return []string{"wallet", "merge", "propose", unclaimed("WALKW"), at("w.proposal"), "--reason", "it is me", "--as", "walk"}
		}),
		line("wallet", "merge", "sign", at("w.proposal"), "--yes", "--as", "hospital-a"), line("patient", "sign", at("w.proposal"), "--yes", "--as", "clinic"), line("wallet", "merge", "submit", at("w.proposal"), "--as", "walk"),
		line("patient", "part", "WALKU", at("p.proposal"), "--reason", "it is not", "--as", "hospital-a"),
		later(func() []string {
			return []string{"wallet", "claim", slipCode(t, at("v.svg")), "--out", at("v.claim"), "--name", "Wal Una", "--as", "walkuna"}
		}),
		line("patient", "vouch", at("v.claim"), "--yes", "--as", "hospital-b"), line("wallet", "claim", "--submit", at("v.claim"), "--as", "walkuna"), line("wallet", "reseal", "--as", "walkuna"),
		line("label", "explain", at("a.json")), line("label", "tables"), line("label", "check", at("own.txt")), line("label", "set", "--as", "clinic"),
		line("wallet", "timeline", "--as", "walk"), line("wallet", "summary", "--as", "walk"), line("wallet", "timeline", "--as", "walk", "--out", at("all.ndjson")), line("wallet", "record", "Peanut", "--as", "walk"),
		later(func() []string {
			return []string{"request", did("walk"), "--categories", "allergies", "--reason", "check", "--as", "walkdoc"}
		}),
		line("wallet", "requests", "--as", "walk"),
		line("wallet", "merge", "list", "--as", "walk"),
		later(func() []string {
			return []string{"wallet", "merge", "undo", unclaimed("WALKW"), "--reason", "it is not", "--yes", "--as", "walk"}
		}),
		later(func() []string {
			for e := range objects(t, run(t, time.Minute, env, "wallet", "requests", "--json", "--as", "walk").out) {
				return []string{"wallet", "answer", fmt.Sprint(e["request"]), "--all", "--yes", "--as", "walk"}
			}
			return nil
		}),
		line("wallet", "open", "Wal King", "--as", "walkdoc", "--reason", "check"), line("wallet", "log", "--as", "walk"), line("wallet", "watch", "--as", "walk"),
		line("wallet", "notices", "set", "--webhook", "https://hook.invalid/", "--as", "walk"), line("wallet", "notices", "show", "--as", "walk"), line("wallet", "notices", "none", "--as", "walk"), line("ledger", "log", "--as", "walk"),
		line("ledger", "event", "0", "--as", "walk"), line("ledger", "blocks", "-n", "2"), line("ledger", "watch", "-n", "1"), line("ledger", "status"),
		line("wallet", "new", "walkmum", "--name", "Mo King"), line("wallet", "join", "--at", "clinic", "--as", "walkmum"),
		line("delegate", "add", "--as", "walk", "--to", "Mo King", "--kind", "carer", "--all", "--for", "7d", "--yes"), line("wallet", "collect", "--as", "walkmum"),
		line("delegate", "list", "--as", "walk"), line("delegate", "list", "--as", "walkmum"),
		later(func() []string {
			for object := range objects(t, run(t, time.Minute, env, "delegate", "list", "--as", "walk", "--json").out) {
				return []string{"delegate", "end", object["grant"].(string), "--as", "walk", "--yes"}
			}
			return nil
		}),
		line("wallet", "export", at("walk.stele"), "--as", "walk"), line("verify", at("walk.stele")),
		later(func() []string {
			for object := range objects(t, run(t, time.Minute, env, "wallet", "grants", "--as", "walk", "--json").out) {
				if object["action"] == "read" {
					grant = object["grant"].(string)
				}
			}
			return []string{"wallet", "revoke", grant, "--as", "walk", "--yes"}
		}),
		later(func() []string {
			return []string{"patient", "link", "--as", "clinic", "--mrn", "WALK2", "--did", did("walkdoc"), "--name", "Walk, Dr", "--birth-date", "1970-05-01", "--move", "--reason", "typed wrong"}
		}),
		line("patient", "moves", "--as", "clinic"), line("patient", "unlink", "WALK2", "--as", "clinic"),
		line("wallet", "new", "walkboard", "--organisation", "--name", "Walk Board"), line("wallet", "new", "walkaccred", "--organisation", "--name", "Walk Accreditor"),
		proposes("walkboard", "licence"), line("issuer", "sign", at("walkboard"), "--yes", "--as", "hospital-b"), line("issuer", "sign", at("walkboard"), "--yes", "--as", "clinic"),
		line("issuer", "submit", at("walkboard"), "--as", "clinic"),
		proposes("walkaccred", "accreditation"), line("issuer", "sign", at("walkaccred"), "--yes", "--as", "hospital-b"), line("issuer", "sign", at("walkaccred"), "--yes", "--as", "clinic"),
		line("issuer", "submit", at("walkaccred"), "--as", "clinic"), line("issuer", "list", "--as", "walk"),
		line("credential", "issue", "accreditation", "--to", "Elm Street Clinic", "--facility", "clinic", "--in", "GB", "--as", "walkaccred"), line("wallet", "collect", "--as", "clinic"),
		line("credential", "issue", "licence", "--to", "Dr Walk", "--profession", "doctor", "--number", "7", "--in", "GB", "--as", "walkboard"),
		line("credential", "issue", "role", "--to", "Dr Walk", "--role", "doctor", "--as", "clinic"), line("wallet", "collect", "--as", "walkdoc"), line("credential", "show", "--as", "walkdoc"),
		line("credential", "verify", "--new"), later(func() []string {
			shown := run(t, time.Minute, env, "credential", "present", "licence", "--to", "Elm Street Clinic", "--nonce", "walk", "--disclose", "profession,name", "--as", "walkdoc")
			if err := os.WriteFile(at("shown"), []byte(shown.out), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"credential", "verify", at("shown"), "--nonce", "walk", "--as", "clinic"}
		}),
		line("credential", "present", "role", "--to", "Elm Street Clinic", "--nonce", "walk", "--as", "walkdoc"),
		later(func() []string {
			return []string{"breakglass", "open", did("walk"), "--reason", "check", "--as", "walkdoc"}
		}),
		line("breakglass", "list", "--as", "walkdoc"), line("breakglass", "end", "--as", "walkdoc"), later(func() []string {
			for o := range objects(t, run(t, time.Minute, env, "breakglass", "list", "--json", "--as", "clinic").out) {
				return []string{"breakglass", "review", o["activation"].(string), "--outcome", "justified", "--as", "clinic"}
			}
			return nil
		}),
		line("wallet", "new", "walkold", "--name", "Al King"), line("delegate", "add", "--as", "walkold", "--to", "Mo King", "--kind", "carer", "--all", "--for", "7d", "--yes"), line("wallet", "collect", "--as", "walkmum"),
		later(func() []string {
			return []string{"member", "death", "certify", did("walkold"), "--died", "2026-11", "--says", "check", "--out", at("walk.death"), "--as", "clinic"}
		}),
		line("delegate", "death", at("walk.death"), "--out", at("walk.record"), "--yes", "--as", "walkmum"), line("member", "death", "record", at("walk.record"), "--yes", "--as", "clinic"),
		line("wallet", "emergency", "show", "--as", "walk"), line("wallet", "emergency", "set", "--as", "walk", "--categories", "allergies", "--yes"), line("wallet", "emergency", "none", "--as", "walk", "--yes"),
		line("wallet", "restrict", "--categories", "allergies", "--yes", "--as", "walk"), line("wallet", "restrict", "list", "--as", "walk"), line("wallet", "restrict", "follow", "--yes", "--as", "walk"), line("wallet", "restrict", "lift", "1", "--yes", "--as", "walk"),
		line("credential", "list", "--as", "walkboard"), marks("suspend"), marks("reinstate"), marks("revoke"), line("credential", "post", "--as", "walkboard"),
		line("vault", "status", "--member", "clinic"), line("vault", "fsck", "--member", "clinic"),
		line("devnet", "status"), line("devnet", "stop", "clinic", "--only", "trustee"), line("devnet", "start", "clinic", "--only", "trustee"),
		with(secret, "member", "init", "walkm", "--home", at("m"), "--network", "walk-net", "--services", "127.0.0.1:17300", "--peers", "127.0.0.1:17301", "--admin", "127.0.0.1:17302"),
		with(secret, "member", "init", "other", "--home", at("o"), "--network", "walk-net"),
		with(secret, "member", "deal", "--home", at("o"), at("m/walkm.card")), with(secret, "member", "found", "--home", at("m")),
		with(nil, "config", "check", at("m/member.toml")), with(nil, "config", "print", at("m/member.toml")),
		line("credential", "certificate", "--as", "walkboard"),
		with(secret, "member", "start", "--home", at("m")), with(nil, "devnet", "--home", at("net"), "--members", "1"), with(nil, "member", "upgrade", "--home", at("net")),
	}
	elsewhere := map[string]string{
		"stele demo":           "its lines are held by TestTheStoryHolds",
		"stele member restore": "needs a network that keeps snapshots; devnet's restore tests run it",
		"stele withdraw":       "its own script runs it",
	}
	seen := map[string]bool{}
	for _, s := range steps {
		args := append(s.args(), "--json")
		limit := time.Minute
		if slices.Contains(args, "start") && args[0] == "member" || args[0] == "wallet" && args[1] == "watch" || args[0] == "devnet" && args[1] == "--home" {
			limit = 6 * time.Second // until told to stop
		}
		got := run(t, limit, s.env, args...)
		count := 0
		for range objects(t, got.out) {
			count++
		}
		if got.code != 0 || count == 0 {
			t.Errorf("stele %s: exit code %d, %d objects: %s", strings.Join(args, " "), got.code, count, got.err)
		}
		seen[pathOf(args)] = true
	}
	for _, c := range allCommands() {
		path := c.CommandPath()
		if !seen[path] && elsewhere[path] == "" {
			t.Errorf("%s has no line in this test", path)
		}
		// An error of each: a flag that does not exist, and an argument too many.
		for _, args := range [][]string{{"--nonsense"}, {"a", "b", "c", "d", "--home", at("empty")}} {
			args = append(append(strings.Fields(path)[1:], args...), "--json")
			got := run(t, 10*time.Second, nil, args...)
			last := strings.TrimSpace(got.err[strings.LastIndex(strings.TrimSpace(got.err), "\n")+1:])
			var object map[string]any
			if err := json.Unmarshal([]byte(last), &object); got.code == 0 || err != nil || object["error"] == "" || object["exit"] != float64(got.code) {
				t.Errorf("stele %s: exit code %d, on stderr %q", strings.Join(args, " "), got.code, got.err)
			}
		}
	}
}

// objects yields the objects of an output, one a line, and fails for anything else.
func objects(t *testing.T, out string) func(func(map[string]any) bool) {
	return func(yield func(map[string]any) bool) {
		for line := range strings.Lines(out) {
			var object map[string]any
			if err := json.Unmarshal([]byte(line), &object); err != nil {
				t.Errorf("%q is no JSON object: %v", line, err)
				return
			}
			if !yield(object) {
				return
			}
		}
	}
}

// pathOf is the command that a command line means.
func pathOf(args []string) string {
	m := cli.Main{Commands: commands, In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }}
	c, _, err := m.Root().Find(args)
	if err != nil {
		return ""
	}
	return c.CommandPath()
}

// hostile is what is planted: it erases, colours, begins a line, turns round, and hides.
const hostile = "Evil\x1b[2K\x1b[31m\nstele: all is well\r\u202egnol\u2066\u009b1m\u2028\U000e0041\x07"

// harmless fails when an output holds anything that a terminal obeys.
func harmless(t *testing.T, what string, got ran) {
	t.Helper()
	for name, text := range map[string]string{"stdout": got.out, "stderr": got.err} {
		for _, r := range text {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r >= 0xe0000 && r <= 0xe007f {
				t.Errorf("%s: %U on %s: %q", what, r, name, text)
				return
			}
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "stele: all is well") {
				t.Errorf("%s: what was planted begins a line on %s: %q", what, name, text)
				return
			}
		}
	}
}

// runsOn are commands that work for minutes or until they are stopped; they get what is
// planted in flags that they look at first.
var runsOn = []string{"stele bench", "stele demo"}

// TestR43NoCommandPrintsWhatIsObeyed: in every flag and argument of every command, in
// file names and files, in the network file, in wallets' names, in what a member
// answers: nothing that a terminal obeys comes out.
func TestR43NoCommandPrintsWhatIsObeyed(t *testing.T) {
	n := startDevnet(t)
	t.Chdir(t.TempDir())
	homes := map[string]string{"a good home": n.Home, "no home": "none" + strings.ReplaceAll(hostile, "/", ""), "a lying network file": lyingHome(t, n.Home), "members that lie": lyingMembers(t, n.Home)}
	for what, home := range homes {
		env := map[string]string{"STELE_HOME": home, "STELE_AS": "clinic"}
		if what == "no home" {
			env["STELE_AS"] = hostile
		}
		for _, c := range allCommands() {
			path := strings.Fields(c.CommandPath())[1:]
			if slices.Contains(runsOn, c.CommandPath()) {
				continue
			}
			lines := [][]string{{}, {hostile}, {hostile, hostile}}
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if kind := f.Value.Type(); f.Name != "home" && f.Name != "json" && kind != "bool" {
					lines = append(lines, []string{"--" + f.Name + "=" + hostile}, []string{hostile, "--" + f.Name + "=" + hostile, "--json"})
				}
			})
			for i, line := range lines {
				if what != "a good home" && i > 2 {
					break
				}
				args := append(slices.Clone(path), line...)
				if i%2 == 1 {
					args = append(args, "-v")
				}
				if c.CommandPath() == "stele devnet" || c.CommandPath() == "stele member start" {
					args = append(args, "--home", filepath.Join(t.TempDir(), "x"+strings.ReplaceAll(hostile, "/", "")))
				}
				harmless(t, what+": stele "+fmt.Sprintf("%q", args), run(t, 3*time.Second, env, args...))
			}
		}
	}
}

// lyingHome is a home whose network file names everything wrongly.
func lyingHome(t *testing.T, from string) string {
	home := t.TempDir()
	raw, err := os.ReadFile(filepath.Join(from, netfile.Name))
	if err != nil {
		t.Fatal(err)
	}
	bad := new(wire.Network)
	if err := protojson.Unmarshal(raw, bad); err != nil {
		t.Fatal(err)
	}
	bad.Chain = hostile
	for _, m := range bad.Members {
		m.Name, m.Kind, m.Url, m.Peer = hostile, hostile, "http://127.0.0.1:1/"+hostile, hostile
	}
	write(t, home, bad)
	copyWallets(t, from, home)
	return home
}

// lyingMembers is a home whose members answer everything with an error that holds what
// is planted.
func lyingMembers(t *testing.T, from string) string {
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Evil", "evil")
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": "permission_denied", "message": hostile})
	}))
	t.Cleanup(liar.Close)
	home := t.TempDir()
	good, err := netfile.Read(filepath.Join(from, netfile.Name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range good.Members {
		m.Url = liar.URL
	}
	write(t, home, good)
	copyWallets(t, from, home)
	return home
}

func write(t *testing.T, home string, n *wire.Network) {
	raw, err := protojson.Marshal(n)
	if err == nil {
		err = os.WriteFile(filepath.Join(home, netfile.Name), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func copyWallets(t *testing.T, from, home string) {
	if err := os.MkdirAll(filepath.Join(home, "wallets"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := copyBook(filepath.Join(from, "wallets", "clinic"+wallet.Suffix), filepath.Join(home, "wallets")); err != nil {
		t.Fatal(err)
	}
	evil := strings.ReplaceAll(hostile, "/", "")
	for name, file := range map[string]string{
		"passphrase": "passphrase", "wallets/clinic" + wallet.Suffix: "wallets/clinic" + wallet.Suffix,
		"wallets/clinic" + wallet.Suffix + " ": "wallets/" + evil + wallet.Suffix,
	} {
		raw, err := os.ReadFile(filepath.Join(from, strings.TrimSpace(name)))
		if err == nil {
			err = os.WriteFile(filepath.Join(home, file), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestR43RecordsAndReasonsAreHarmless: through the whole way of a record and of an
// opening, from a file to every screen that shows them.
func TestR43RecordsAndReasonsAreHarmless(t *testing.T) {
	n := startDevnet(t)
	env := map[string]string{"STELE_HOME": n.Home}
	folder := t.TempDir()
	evil := filepath.Join(folder, strings.ReplaceAll(hostile, "/", "")+".json")
	text, _ := json.Marshal(hostile)
	// The door for files refuses most controls in a resource; what it takes is planted.
	taken, _ := json.Marshal("Evil\nstele: all is well\u202egnol\u2066\u2028\U000e0041\u200f")
	resource := fmt.Sprintf(`{"resourceType":"AllergyIntolerance","id":"evil","patient":{"reference":"Patient/evil-p"},"recordedDate":"2020-02-03","code":{"text":%s},"note":[{"text":%s}]}`, taken, taken)
	broken := filepath.Join(folder, "broken"+strings.ReplaceAll(hostile, "/", "")+".json")
	for path, content := range map[string]string{evil: resource, broken: `{"resourceType":` + string(text) + `,"id":` + string(text) + `}` + hostile} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	do := func(want int, args ...string) ran {
		t.Helper()
		got := run(t, time.Minute, env, args...)
		harmless(t, fmt.Sprintf("%q", args), got)
		if want >= 0 && got.code != want {
			t.Errorf("%q: exit code %d: %s", args, got.code, got.err)
		}
		return got
	}
	do(0, "wallet", "new", "evil", "--name", "Ev Il")
	did := strings.TrimSpace(do(0, "wallet", "show", "--as", "evil", "--did").out)
	do(0, "wallet", "new", "evildoc", "--name", "Dr Evil", "--practitioner", "--at", "clinic")
	do(2, "wallet", "new", "worse", "--name", hostile)
	do(1, "wallet", "new", "worsedoc", "--name", "Dr Worse", "--practitioner", "--role", hostile, "--at", "clinic")
	do(0, "wallet", "grant", "--as", "evil", "--to", "Elm Street Clinic", "--write", "--yes")
	do(0, "wallet", "grant", "--as", "evil", "--to", "Dr Evil", "--all", "--yes")
	do(2, "patient", "enrol", "--as", "clinic", "--mrn", "EVIL"+hostile, "--name", hostile, "--did", did)
	do(0, "patient", "enrol", "--as", "clinic", "--mrn", "EVIL", "--name", hostile, "--did", did)
	do(0, "patient", "find", "--as", "clinic")
	do(0, "patient", "find", "--as", "clinic", "--json")
	do(-1, "import", evil, broken, folder, "--as", "clinic", "--patient", did)
	do(-1, "import", evil, broken, "--as", "clinic", "--patient", did, "--json", "-v")
	do(-1, "label", "explain", evil)
	for _, more := range [][]string{{}, {"--json"}} {
		do(-1, append([]string{"wallet", "open", "Ev Il", "--as", "evildoc", "--reason", hostile}, more...)...)
		do(0, append([]string{"wallet", "timeline", "--as", "evil", "--all"}, more...)...)
		do(-1, append([]string{"wallet", "record", "AllergyIntolerance/evil", "--as", "evil"}, more...)...)
		do(0, append([]string{"wallet", "log", "--as", "evil"}, more...)...)
		do(0, append([]string{"wallet", "grants", "--as", "evildoc", "--long"}, more...)...)
	}
	out := do(0, "wallet", "timeline", "--as", "evil", "--json").out
	if !strings.Contains(out, `\u202e`) || !strings.Contains(out, `\u2066`) {
		t.Errorf("JSON does not say what was delivered: %q", out)
	}
}

// TestR43APanicIsToldWithoutAStack: a fault of the program is an error like others.
func TestR43APanicIsToldWithoutAStack(t *testing.T) {
	faulty := func(*cli.Face) []*cobra.Command {
		return []*cobra.Command{{Use: "fault", RunE: func(*cobra.Command, []string) error { panic(hostile) }}}
	}
	for _, args := range [][]string{{"fault"}, {"fault", "-v"}, {"fault", "--json"}} {
		var words steletest.Log
		m := cli.Main{Commands: faulty, Args: args, In: strings.NewReader(""), Out: io.Discard, Err: &words, Env: func(string) string { return "" }}
		code := m.Run(t.Context())
		harmless(t, "a panic", ran{code, "", words.String()})
		if code != stele.KindOther.ExitCode() || !strings.Contains(words.String(), "a fault of stele itself") {
			t.Errorf("%q: %d, %q", args, code, words.String())
		}
	}
}

// TestStoppedIsSaidAsSuch: whatever a command was doing, it ends with 130 and says what
// it left.
func TestStoppedIsSaidAsSuch(t *testing.T) {
	n := startDevnet(t)
	env := map[string]string{"STELE_HOME": lyingMembersSilent(t, n.Home), "STELE_AS": "clinic"}
	for _, args := range [][]string{
		{"wallet", "log"}, {"wallet", "contacts"}, {"wallet", "timeline"}, {"wallet", "collect"}, {"wallet", "export", filepath.Join(t.TempDir(), "x.stele")},
		{"wallet", "revoke", "aaaaaaaaaaaaaaaaaaaaaaaaaa"}, {"wallet", "grant", "--to", "x", "--all", "--yes"}, {"ledger", "log"},
	} {
		got := run(t, 700*time.Millisecond, env, args...)
		if got.code != cli.ExitStopped || !strings.HasPrefix(got.err[strings.Index(got.err, "stele:"):], "stele: stopped\nhint: ") {
			t.Errorf("%q: %d, %q", args, got.code, got.err)
		}
		object := run(t, 700*time.Millisecond, env, append(args, "--json")...)
		if !strings.Contains(object.err, `"kind":"stopped"`) || object.code != cli.ExitStopped {
			t.Errorf("%q --json: %d, %q", args, object.code, object.err)
		}
	}
}

// TestWhatWasStoppedIsNotDone: a log that was told half, because the calls that prove it
// were stopped, ended with 0 and looked whole.
func TestWhatWasStoppedIsNotDone(t *testing.T) {
	if got := run(t, 0, nil, "words"); got.code != cli.ExitStopped || !strings.Contains(got.err, "\nstele: stopped\nhint: ") {
		t.Errorf("%d, %q", got.code, got.err)
	}
}

// TestOutputThatIsLostFails: with --json, too, and in the same words.
func TestOutputThatIsLostFails(t *testing.T) {
	for _, args := range [][]string{{"words"}, {"words", "--json"}, {"version", "--json"}} {
		var words steletest.Log
		m := cli.Main{Commands: commands, Args: args, In: strings.NewReader(""), Out: full{}, Err: &words, Env: func(string) string { return "" }}
		code := m.Run(t.Context())
		if told := words.String(); code != 1 || !strings.Contains(told, "the output can't be written: there is no room left") || !strings.Contains(told, "make room") {
			t.Errorf("%q: %d, %q", args, code, told)
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
}

// lyingMembersSilent is a home whose members never answer.
func lyingMembersSilent(t *testing.T, from string) string {
	done := make(chan struct{})
	mute := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(done); mute.Close() })
	home := t.TempDir()
	good, err := netfile.Read(filepath.Join(from, netfile.Name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range good.Members {
		m.Url = mute.URL
	}
	write(t, home, good)
	copyWallets(t, from, home)
	return home
}
