package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/contract/access"
	"github.com/stele-health/stele/contract/consortium"
	"github.com/stele-health/stele/contract/emergency"
	"github.com/stele-health/stele/contract/grants"
	"github.com/stele-health/stele/contract/identity"
	"github.com/stele-health/stele/contract/issuers"
	"github.com/stele-health/stele/directory"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/trustee"
	"github.com/stele-health/stele/vault"
	"github.com/stele-health/stele/wire"
)

// protocolPage is docs/protocol.md with its chapters, and the same with its line breaks
// as spaces.
func protocolPage(t *testing.T) (page, flowing string) {
	t.Helper()
	for _, file := range []string{"protocol", "protocol/wire", "protocol/ledger", "protocol/sealing", "protocol/reading", "protocol/delivery", "protocol/export", "protocol/services"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "docs", file+".md"))
		if err != nil {
			t.Fatal(err)
		}
		page += string(raw) + "\n"
	}
	return page, strings.Join(strings.Fields(page), " ")
}

// local are the tags of what never leaves a machine: keys that a member and a
// wallet derive from their seeds, the blocks of a vault's files.
var local = map[string]bool{"stele.v1.member.": true, "stele.v1.wallet.": true, "stele.v1.book\x00": true, "stele.v1.vault.block": true}

// TestProtocolPageHasEveryTag: each tag in the code stands on the page, and each
// on the page in the code.
func TestProtocolPageHasEveryTag(t *testing.T) {
	page, _ := protocolPage(t)
	inCode := map[string]bool{}
	err := filepath.WalkDir(filepath.Join("..", ".."), func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil && strings.HasPrefix(text, "stele.v1.") && !strings.Contains(text, " ") {
					inCode[text] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(inCode) < 30 {
		t.Fatalf("only %d tags found; does this test still read the code?", len(inCode))
	}
	for tag := range inCode {
		if local[tag] {
			continue
		}
		short, committee := strings.CutPrefix(tag, "stele.v1.threshold.")
		switch {
		case committee && !regexp.MustCompile(`T\(`+regexp.QuoteMeta(short)+`[,)]`).MatchString(page):
			t.Errorf("the page has no T(%s, …)", short)
		case !committee && !strings.Contains(page, tag):
			t.Errorf("the page does not have %s", tag)
		}
	}
	for _, m := range regexp.MustCompile("`(stele\\.v1\\.[a-z.-]+[a-z])`").FindAllStringSubmatch(page, -1) {
		if !inCode[m[1]] {
			t.Errorf("the page has %s, which the code does not", m[1])
		}
	}
}

// TestProtocolPageHasEveryMessageNumber: the table of messages and events has the
// numbers of wire/ledger.proto, and all of them.
func TestProtocolPageHasEveryMessageNumber(t *testing.T) {
	page, _ := protocolPage(t)
	messages, events := map[string]string{}, map[string]string{}
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.ReplaceAll(line, "`", ""), "|")
		if len(cells) != 7 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if _, err := strconv.Atoi(cells[5]); err != nil {
			continue
		}
		if events[cells[4]] = cells[5]; cells[2] != "" {
			messages[cells[1]] = cells[2]
		}
	}
	numbers := func(m protoreflect.ProtoMessage, oneof protoreflect.Name) map[string]string {
		out := map[string]string{}
		fields := m.ProtoReflect().Descriptor().Oneofs().ByName(oneof).Fields()
		for i := range fields.Len() {
			out[string(fields.Get(i).Message().Name())] = fmt.Sprint(fields.Get(i).Number())
		}
		return out
	}
	for what, pair := range map[string][2]map[string]string{
		"messages": {messages, numbers(&wire.Transaction{}, "message")}, "events": {events, numbers(&wire.Event{}, "event")},
	} {
		if fmt.Sprint(pair[0]) != fmt.Sprint(pair[1]) {
			t.Errorf("%s on the page: %v\nin wire/ledger.proto: %v", what, pair[0], pair[1])
		}
	}
}

// TestProtocolPageHasEverySuiteAndLimit: what the page says in numbers is what the
// code holds.
func TestProtocolPageHasEverySuiteAndLimit(t *testing.T) {
	_, page := protocolPage(t)
	n := func(v int) string { // with commas, as the page writes it
		s := fmt.Sprint(v)
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
		return s
	}
	for _, want := range []string{
		fmt.Sprintf("| capsule | %#04x |", threshold.SuiteCapsule), fmt.Sprintf("| dealing | %#04x |", threshold.SuiteDealing),
		fmt.Sprintf("| proof over partial decryptions | %#04x |", threshold.SuiteProof), fmt.Sprintf("| subshare | %#04x |", threshold.SuiteSubshare),
		fmt.Sprintf("| share | %#04x |", threshold.SuiteShare), fmt.Sprintf("| sealed record | %#04x |", seal.SuiteRecord),
		fmt.Sprintf("| wrapped record | %#04x |", seal.SuiteWrap), fmt.Sprintf("| envelope | %#04x |", seal.SuiteEnvelope),
		fmt.Sprintf("| %d | Ed25519, 32 |", wire.SuiteEd25519), fmt.Sprintf("| %d | P-256, 33:", wire.SuiteECDSAP256),
		fmt.Sprintf("`SealedRecord`, `Device.seal_suite` | %d |", wire.SuiteSeal), fmt.Sprintf("`CapsuleLabel` | %d |", wire.SuiteCommittee),
		fmt.Sprintf("`version` is %d", wire.EventVersion),
		fmt.Sprintf("a body and 1 to %d signatures; a transaction's may have %d", wire.MaxSignatures, wire.MaxTransactionSignatures),
		fmt.Sprintf("there are fewer than %d `GlassBroken`", emergency.MostInADay), fmt.Sprintf("longer than %.0f h and %.0f h", wire.EmergencyTerm.Hours(), wire.ReviewTerm.Hours()),
		fmt.Sprintf("there are 1 to %d jurisdictions", issuers.MaxJurisdictions), fmt.Sprintf("fewer than %d are", issuers.MaxIssuers),
		fmt.Sprintf("1. At most %d KiB (invalid). 2. `Signed` and `Parcel`", stele.MaxParcel>>10),
		fmt.Sprintf("at most %s transactions (invalid)", n(stele.MaxInParcel)),
		fmt.Sprintf("1. At most %d KiB (invalid). 2. `Signed` and `Transaction`", stele.MaxTransaction>>10),
		fmt.Sprintf("and at most %.0f minutes after it", ledger.MaxValidity.Minutes()),
		fmt.Sprintf("including the block's time, at most %s:", n(ledger.MaxDue)),
		fmt.Sprintf("there are 1 to %d members", consortium.MaxMembers),
		fmt.Sprintf("1 to %d devices", identity.MaxDevices), fmt.Sprintf("fewer than %d devices", identity.MaxDevices),
		fmt.Sprintf("at most 100 · %.0f days", grants.MaxTerm.Hours()/24/100),
		fmt.Sprintf("the window is 1 to %s ms", n(int(access.MaxWindow.Milliseconds()))),
		fmt.Sprintf("unless %d refusals of this grant", access.RefusalsPerMinute), fmt.Sprintf("or %d altogether", access.Refusals),
		fmt.Sprintf("A capsule is %d bytes", threshold.CapsuleLen), fmt.Sprintf("1 to %s capsules with their labels", n(threshold.MaxBatch)),
		fmt.Sprintf("one proof of %d bytes for all", threshold.ProofLen), fmt.Sprintf("n at most %s, where", n(threshold.MaxMembers)),
		fmt.Sprintf("It is %d bytes longer than the resource", seal.RecordOverhead), fmt.Sprintf("`Cover.size` + %d bytes", seal.RecordOverhead),
		fmt.Sprintf("public half has %s bytes", n(seal.PublicLen)),
		fmt.Sprintf("at most %s capsules; its chain", n(trustee.MaxCapsules)),
		fmt.Sprintf("all sealed records within %d MiB", vault.MaxBytes>>20),
		fmt.Sprintf("at most %s unused ones", n(directory.MaxKeys)), fmt.Sprintf("at most %d KiB (invalid) into the box", stele.MaxPackage>>10),
		fmt.Sprintf("A submission has at most %d MiB", api.MaxSubmission>>20),
		fmt.Sprintf("document has at most %d KiB, an access detail %d KiB, the reason in it %d KiB, a card %d KiB", stele.MaxDocument>>10, stele.MaxDetail>>10, stele.MaxReason>>10, stele.MaxCard>>10),
		fmt.Sprintf("(wording %s)", consent.CurrentWording), fmt.Sprintf("`language` | `%s` |", strings.Join(consent.Languages(), "`, `")),
		"Purposes: " + listed(stele.Purposes()) + ".", "Sensitivities: " + listed(stele.Sensitivities()) + ".",
		"Categories, in this order: " + listed(stele.Categories()) + ".",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say: %s", want)
		}
	}
	if stele.Fresh.Minutes() != 5 || strings.Count(page, "at most five minutes off") != 3 {
		t.Errorf("requests are fresh for %v; the page says five minutes %d times", stele.Fresh, strings.Count(page, "at most five minutes off"))
	}
	for k := stele.KindOther; k <= stele.KindLimit; k++ {
		if !strings.Contains(page, fmt.Sprintf("| `%v` | ", k)) {
			t.Errorf("the page does not have the kind %v", k)
		}
	}
}

func listed[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = "`" + string(v) + "`"
	}
	return strings.Join(out, ", ")
}

// TestProtocolPageExplainsEveryVector: and there is no other file.
func TestProtocolPageExplainsEveryVector(t *testing.T) {
	page, _ := protocolPage(t)
	files, err := os.ReadDir(filepath.Join("..", "..", "testdata", "vectors"))
	if err != nil {
		t.Fatal(err)
	}
	var there, told []string
	for _, f := range files {
		there = append(there, f.Name())
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([\\w.-]+)` \\|").FindAllStringSubmatch(page[strings.Index(page, "## 20."):], -1) {
		told = append(told, m[1])
	}
	slices.Sort(told)
	if !slices.Equal(there, told) {
		t.Errorf("vectors: %v; the page explains %v", there, told)
	}
}

// TestSecondImplementationAgrees runs second/ over the vectors, where node is and
// make second has fetched what it needs.
func TestSecondImplementationAgrees(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node")
	}
	dir := filepath.Join("..", "..", "second")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Skip("second/node_modules is missing: make second fetches it")
	}
	cmd := exec.Command(node, "check.mjs")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.HasSuffix(out, []byte("all hold\n")) {
		t.Errorf("%v\n%s", err, out)
	}
}
