package contract_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// TestScripts runs testdata: each line under "block +2s" is a transaction, the
// result is its verdict, and what contracts did by themselves comes last. Times
// count from the genesis, except an expiry, which counts from the block.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var s *script
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "found" {
				n := 1
				d.MaybeScanArgs(t, "members", &n)
				s = found(t, n)
				return fmt.Sprintf("%d members\n", n)
			}
			s.town.T = t
			return s.run(d)
		})
	})
}

type script struct {
	town  *ledgertest.Town
	store *ledger.Memory
	names map[string]string // ids, subjects and keys → names
	drawn map[string][]byte // ids by name, as last drawn for an owner
	saved map[string][]byte // transactions by name

	listed struct { // status lists in the block that is being written, by issuer
		height int64
		lines  map[string]uint64
	}
}

func found(t testing.TB, n int) *script {
	s := &script{store: ledger.NewMemory(), names: map[string]string{}, drawn: map[string][]byte{}, saved: map[string][]byte{}}
	s.town = ledgertest.Found(t, n, s.store, contract.All(), wire.Check)
	for _, m := range s.town.Members {
		s.subject(m)
	}
	self := stele.SubjectOf(s.town.Genesis)
	s.names[string(self[:])] = "consortium"
	return s
}

func (s *script) subject(name string) []byte {
	id := ledgertest.Subject(name)
	s.names[string(id[:])] = name
	return id[:]
}

// id is the id that a name has.
func (s *script) id(name string) []byte {
	if id, ok := s.drawn[name]; ok {
		return id
	}
	return ledgertest.ID(name)
}

// draw gives a name an id of an owner.
func (s *script) draw(name string, owner []byte) []byte {
	id := ledgertest.IDOf(name, owner)
	s.names[string(id)], s.drawn[name] = name, id
	return id
}

// signer is the key of a name; a member's node's is that of "member1/node".
func signer(name string) wire.Signer {
	return ledgertest.Signer(strings.Replace(name, "/node", "'s node", 1))
}

func (s *script) key(name string) *wire.PublicKey {
	k := signer(name).Public()
	s.names[string(k.Key)] = name
	return k
}

func (s *script) run(d *datadriven.TestData) string {
	switch d.Cmd {
	case "block":
		return s.block(d.CmdArgs[0].Key, d.Input)
	case "log":
		return s.log(d.CmdArgs[0].Key)
	case "prove":
		first := 0
		if len(d.CmdArgs) > 1 {
			first, _ = strconv.Atoi(d.CmdArgs[1].Vals[0])
		}
		return s.prove(d.CmdArgs[0].Key, uint64(first))
	case "grant":
		g, err := state.Ledger{Ledger: s.town.Ledger}.Grant(stele.ID(s.id(d.CmdArgs[0].Key)))
		if err != nil {
			return err.Error() + "\n"
		}
		return fmt.Sprintf("%v of %s, %v, %d uses\n", g.Action, s.names[string(g.Subject[:])], g.Status, g.Uses)
	case "keys":
		k, err := state.Ledger{Ledger: s.town.Ledger}.Subject(ledgertest.Subject(d.CmdArgs[0].Key))
		if err != nil {
			return err.Error() + "\n"
		}
		var names []string
		for _, key := range k.Signing {
			names = append(names, s.names[key.Key])
		}
		for _, key := range k.Seal { // of the devices that only sign there is none
			if len(key) == 0 {
				names = append(names, "and a seal key of no bytes")
			}
		}
		return strings.Join(names, " ") + "\n"
	case "beside":
		others, err := state.Ledger{Ledger: s.town.Ledger}.Beside(ledgertest.Subject(d.CmdArgs[0].Key))
		if err != nil {
			return err.Error() + "\n"
		}
		var names []string
		for _, other := range others {
			names = append(names, s.names[string(other[:])])
		}
		return cmp.Or(strings.Join(names, " "), "none") + "\n"
	case "issuers":
		run, err := s.town.Ledger.Consortium()
		if err != nil {
			return err.Error() + "\n"
		}
		var out strings.Builder
		for _, i := range run.CredentialIssuers {
			fmt.Fprintf(&out, "%s by %s: %v in %v\n", s.names[string(i.Subject[:])], s.names[string(i.Certificate[:])], i.Kinds, i.Jurisdictions)
		}
		return cmp.Or(out.String(), "none\n")
	case "status":
		list, err := state.Ledger{Ledger: s.town.Ledger}.StatusList(ledgertest.Subject(d.CmdArgs[0].Key))
		if err != nil {
			return err.Error() + "\n"
		}
		return fmt.Sprintf("%d, %v, %s\n", list.Epoch, list.Posted.Sub(ledgertest.Begin), list.Hash.String()[:8])
	case "kept":
		n := 0
		s.scan([]byte("do"), []byte("dp"), func(_, _ []byte) { n++ })
		return fmt.Sprintf("%d transactions remembered\n", n)
	}
	return "what is " + d.Cmd + "?\n"
}

// block runs a block: transactions, and lines "parcel …" that begin another one.
func (s *script) block(after, input string) string {
	done, labels := s.write(after, input)
	return s.report(done, labels)
}

// write runs a block and returns the lines that its verdicts answer.
func (s *script) write(after, input string) (done stele.Executed, labels []string) {
	wait, err := time.ParseDuration(strings.TrimPrefix(after, "+"))
	if err != nil {
		s.town.T.Fatal(err)
	}
	now := s.town.Time.Add(wait)
	type pack struct {
		how line
		txs [][]byte
	}
	packs := []pack{{how: line{opts: map[string]string{}}}}
	for text := range strings.Lines(input) {
		l := parse(strings.TrimSpace(text))
		if l.verb == "parcel" {
			packs = append(packs, pack{how: l})
			continue
		}
		last := &packs[len(packs)-1]
		for i := range l.times() {
			last.txs = append(last.txs, s.transaction(l, now, i))
		}
		if last.how.good() {
			labels = append(labels, l.text)
		}
	}
	var parcels [][]byte
	for _, p := range packs {
		if len(p.txs) > 0 {
			parcels = append(parcels, s.parcel(p.how, p.txs))
		}
	}
	return s.town.Block(wait, parcels...), labels
}

func (s *script) report(done stele.Executed, labels []string) string {
	var out strings.Builder
	if len(done.Verdicts) == len(labels) {
		for i, v := range done.Verdicts {
			fmt.Fprintf(&out, "%s: %s\n", labels[i], s.verdict(v))
		}
	} else {
		counts := map[string]int{}
		var order []string
		for _, v := range done.Verdicts {
			text := s.verdict(v)
			if v.Err == nil {
				text = strings.Fields(text)[0]
			}
			if counts[text]++; counts[text] == 1 {
				order = append(order, text)
			}
		}
		for _, text := range order {
			fmt.Fprintf(&out, "%d × %s\n", counts[text], text)
		}
	}
	alone := 0
	s.events(s.town.Height, func(e *wire.Event) {
		if len(e.Tx) != 0 {
			return
		}
		if alone++; alone <= 3 {
			fmt.Fprintf(&out, "by itself: %s\n", s.say(e))
		}
	})
	if alone > 3 {
		fmt.Fprintf(&out, "by itself: %d in all\n", alone)
	}
	if out.Len() == 0 {
		return "nothing\n"
	}
	return out.String()
}

func (s *script) verdict(v stele.Verdict) string {
	if v.Err != nil {
		var e *stele.Error // without its cause, in whose text protobuf puts a random space
		if !errors.As(v.Err, &e) {
			s.town.T.Fatalf("not one of our errors: %v", v.Err)
		}
		return fmt.Sprintf("no, %v: %s: %s", e.Kind, e.Op, e.Text)
	}
	var e wire.Event
	if err := wire.Decode(v.Outcome.Event, &e); err != nil {
		s.town.T.Fatal(err)
	}
	first := ""
	if v.Outcome.Height != s.town.Height {
		first = fmt.Sprintf(" (the first answer, of block %d)", v.Outcome.Height)
	}
	return fmt.Sprintf("%s [%s %d]%s", s.say(&e), s.names[string(e.Subject)], v.Outcome.Seq, first)
}

// say describes an event in a line.
func (s *script) say(e *wire.Event) string {
	name := func(raw []byte) string { return s.names[string(raw)] }
	since := func(ms int64) time.Duration { return time.UnixMilli(ms).Sub(ledgertest.Begin) }
	switch m := e.Event.(type) {
	case *wire.Event_ConsortiumFounded:
		return "founded"
	case *wire.Event_SubjectCreated:
		if of := name(m.SubjectCreated.Member); of != "" {
			return fmt.Sprintf("enrolled by %s as leaf %d", of, m.SubjectCreated.Leaf)
		}
		return fmt.Sprintf("created as leaf %d", m.SubjectCreated.Leaf)
	case *wire.Event_SubjectClaimed:
		return "claimed by " + name(m.SubjectClaimed.Device.Signing.Key) + ", seen by " + name(m.SubjectClaimed.Member)
	case *wire.Event_KeysRotated:
		return fmt.Sprintf("rotated %s to %s", name(m.KeysRotated.Old.Key), name(m.KeysRotated.Device.Signing.Key))
	case *wire.Event_DeviceAdded:
		return "added " + name(m.DeviceAdded.Device.Signing.Key)
	case *wire.Event_GrantGiven:
		g := m.GrantGiven
		return fmt.Sprintf("gave %s to %s, %v from %v to %v, uses %d", name(g.Grant), name(g.Grantee.Key),
			stele.Action(g.Action), since(g.NotBeforeMs), since(g.EndMs), g.MaxUses) + under(name(g.Delegation)) + together(name, g.Members)
	case *wire.Event_GrantRevoked:
		return "revoked " + name(m.GrantRevoked.Grant) + under(name(m.GrantRevoked.Delegation)) + together(name, [][]byte{m.GrantRevoked.Member}) +
			map[bool]string{true: ", given back"}[m.GrantRevoked.Returned]
	case *wire.Event_DelegationEnding:
		return fmt.Sprintf("%s will end at %v", name(m.DelegationEnding.Grant), since(m.DelegationEnding.EndMs))
	case *wire.Event_GrantEnded:
		return "ended " + name(m.GrantEnded.Grant)
	case *wire.Event_AccessPermitted:
		a := m.AccessPermitted
		return fmt.Sprintf("permitted %s under %s, use %d, until %v", name(a.Request), name(a.Grant), a.Use, since(a.UntilMs))
	case *wire.Event_AccessRefused:
		return fmt.Sprintf("refused %s under %s: %v", name(m.AccessRefused.Request), name(m.AccessRefused.Grant), m.AccessRefused.Refusal)
	case *wire.Event_ReceiptsPosted:
		return fmt.Sprintf("posted %s, %d receipts", name(m.ReceiptsPosted.Batch), m.ReceiptsPosted.Count)
	case *wire.Event_IssuerAdmitted:
		i := m.IssuerAdmitted.Issuer
		return fmt.Sprintf("admitted %s by %s for %v in %v", name(i.Subject), name(i.Certificate), wire.CredentialKinds(i.Kinds), i.Jurisdictions)
	case *wire.Event_IssuerDismissed:
		return fmt.Sprintf("dismissed %s by %s", name(m.IssuerDismissed.Subject), name(m.IssuerDismissed.Certificate))
	case *wire.Event_StatusListPosted:
		return fmt.Sprintf("posted list %d", m.StatusListPosted.Epoch)
	case *wire.Event_GlassBroken:
		g := m.GlassBroken
		return fmt.Sprintf("broke glass %s by %s for %s, until %v, review by %v", name(g.Activation), name(g.Grantee.Key), name(g.Member), since(g.UntilMs), since(g.ReviewByMs))
	case *wire.Event_EmergencyEnded:
		return map[bool]string{false: "ended ", true: "ended early "}[m.EmergencyEnded.Early] + name(m.EmergencyEnded.Activation)
	case *wire.Event_EmergencyReviewed:
		r := m.EmergencyReviewed
		return fmt.Sprintf("reviewed %s: %v%s", name(r.Activation), r.Outcome, map[bool]string{true: ", late"}[r.Late])
	case *wire.Event_SubjectsMerged:
		return "merged into " + name(m.SubjectsMerged.Into) + together(name, m.SubjectsMerged.Members)
	case *wire.Event_MergeUndone:
		return "parted from " + name(m.MergeUndone.Into) + together(name, m.MergeUndone.Members)
	case *wire.Event_ChangeAnnounced:
		c := m.ChangeAnnounced
		return fmt.Sprintf("%s announced %s: %s, at %v", name(c.By.Key), name(c.Change), change(name, c.What), since(c.UntilMs))
	case *wire.Event_ChangeStopped:
		if m.ChangeStopped.By == nil {
			return "stopped " + name(m.ChangeStopped.Change)
		}
		return name(m.ChangeStopped.By.Key) + " vetoed " + name(m.ChangeStopped.Change)
	case *wire.Event_ChangeMade:
		return "made " + name(m.ChangeMade.Change) + ": " + change(name, m.ChangeMade.What)
	case *wire.Event_DeviceFrozen:
		f := m.DeviceFrozen
		return name(f.By.Key) + map[bool]string{false: " froze ", true: " thawed "}[f.Thawed] + name(f.Device.Key)
	case *wire.Event_GuardianSpoke:
		g := m.GuardianSpoke
		said := fmt.Sprintf("%s, of kind %d, %s", name(g.Guardian.Key), g.Kind, wants(name, g.Word))
		if g.Enough {
			said += ", which is enough"
		}
		if g.UntilMs != 0 {
			said += fmt.Sprintf(": at %v", since(g.UntilMs))
		}
		return said
	case *wire.Event_RecoveryStopped:
		if m.RecoveryStopped.By == nil {
			return "recovery stopped"
		}
		return "recovery vetoed by " + name(m.RecoveryStopped.By.Key)
	case *wire.Event_SubjectRecovered:
		return "recovered by " + name(m.SubjectRecovered.Device.Signing.Key)
	case *wire.Event_MergeNoted:
		return fmt.Sprintf("told of %s, turn %d, in the log of %s", name(m.MergeNoted.From), m.MergeNoted.Turn, name(e.Subject))
	case *wire.Event_Anchored:
		return fmt.Sprintf("anchored %s under %s", name(m.Anchored.Submission), name(m.Anchored.Grant))
	}
	about := e.About()
	return strings.TrimSpace(about.Kind + " " + name(about.Object()))
}

// under says by which delegation something was done.
func under(delegation string) string {
	if delegation == "" {
		return ""
	}
	return " under " + delegation
}

// together says which members did something.
func together(name func([]byte) string, members [][]byte) (out string) {
	for i, m := range members {
		if name(m) != "" {
			out += []string{" by ", " and "}[min(i, 1)] + name(m)
		}
	}
	return out
}

// log prints a subject's log.
func (s *script) log(name string) string {
	var out strings.Builder
	subject := ledgertest.Subject(name)
	if _, err := (state.Ledger{Ledger: s.town.Ledger}).Subject(subject); err != nil {
		return err.Error() + "\n"
	}
	s.all(func(e *wire.Event) {
		if stele.Subject(e.Subject) == subject {
			fmt.Fprintf(&out, "%d/%d %v %s\n", e.Height, e.Index, time.UnixMilli(e.TimeMs).Sub(ledgertest.Begin), s.say(e))
		}
	})
	return out.String()
}

func (s *script) scan(from, to []byte, visit func(key, value []byte)) {
	snapshot := s.store.Snapshot()
	defer snapshot.Close()
	snapshot.Scan(from, to, func(key, value []byte) bool { visit(key, value); return true })
}

// events visits a block's events in their order.
func (s *script) events(height int64, visit func(*wire.Event)) {
	s.all(func(e *wire.Event) {
		if e.Height == height {
			visit(e)
		}
	})
}

// all visits all events in the order in which they happened.
func (s *script) all(visit func(*wire.Event)) {
	none := func(uint64) error { return nil }
	var events []*wire.Event
	if err := s.town.Ledger.Snapshot(s.town.Height, none, func(raw []byte) error {
		e := new(wire.Event)
		if err := wire.Decode(raw, e); err != nil {
			return err
		}
		events = append(events, e)
		return nil
	}); err != nil {
		s.town.T.Fatal(err)
	}
	slices.SortFunc(events, func(a, b *wire.Event) int {
		return cmp.Or(cmp.Compare(a.Height, b.Height), cmp.Compare(a.Index, b.Index))
	})
	for _, e := range events {
		visit(e)
	}
}

// line is one line of a script: a verb, a name, options.
type line struct {
	text, verb, name string
	opts             map[string]string
}

func parse(text string) line {
	l := line{text: text, opts: map[string]string{}}
	for i, word := range strings.Fields(text) {
		k, v, isOpt := strings.Cut(word, "=")
		switch {
		case i == 0:
			l.verb = word
		case i == 1 && !isOpt && l.verb != "parcel":
			l.name = word
		default:
			l.opts[k] = v
		}
	}
	return l
}

func (l line) has(opt string) bool { _, ok := l.opts[opt]; return ok }
func (l line) good() bool          { return len(l.opts) == 0 || l.opts["by"] != "" && len(l.opts) == 1 }
func (l line) number(opt string, otherwise int) int {
	if n, err := strconv.Atoi(l.opts[opt]); err == nil {
		return n
	}
	return otherwise
}
func (l line) times() int { return l.number("times", 1) }

func (l line) after(opt string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(strings.TrimPrefix(l.opts[opt], "+")); err == nil {
		return d
	}
	return otherwise
}

// transaction makes the bytes of a line's transaction, the i-th of its kind.
func (s *script) transaction(l line, now time.Time, i int) []byte {
	if l.verb == "again" {
		return s.saved[l.name]
	}
	if l.verb == "garbage" {
		return []byte("this is no transaction")
	}
	if i > 0 {
		l.name = fmt.Sprintf("%s%d", l.name, i)
	}
	tx, signers := s.message(l)
	tx.Chain, tx.ExpiresMs = l.opts["chain"], now.Add(l.after("expires", time.Minute)).UnixMilli()
	if by, ok := l.opts["by"]; ok {
		signers = nil
		for _, name := range strings.Split(by, ",") {
			signers = append(signers, signer(name))
		}
	}
	if l.has("nonce") {
		tx.Nonce = make([]byte, l.number("nonce", 16))
	}
	raw := s.twist(l, s.town.Tx(tx, signers...))
	s.saved[l.name] = raw
	if l.has("as") {
		s.saved[l.opts["as"]] = raw
	}
	return raw
}

// twist breaks a signed transaction in the ways a script asks for.
func (s *script) twist(l line, raw []byte) []byte {
	var signed wire.Signed
	if err := wire.Decode(raw, &signed); err != nil {
		s.town.T.Fatal(err)
	}
	sig := signed.Signatures[0]
	switch {
	case l.has("tamper"):
		signed.Body[len(signed.Body)-1] ^= 1
	case l.has("wrong"):
		sig.Signature[5] ^= 1
	case l.has("suite"):
		sig.Key.Suite = uint32(l.number("suite", 0))
	case l.has("unsigned"):
		signed.Signatures = nil
	case l.has("twice"):
		signed.Signatures = append(signed.Signatures, sig)
	case l.has("unknown"): // a field that no version has, in the body, signed
		body := protowire.AppendBytes(protowire.AppendTag(signed.Body, 999, protowire.BytesType), []byte("free text"))
		signed = *wire.SignBytes(wire.TagTransaction, body, ledgertest.Signer(l.opts["by"]))
	case l.has("pad"):
		sig.Signature = append(sig.Signature, make([]byte, l.number("pad", 0))...)
	default:
		return raw
	}
	return wire.Marshal(&signed)
}

// message makes a line's message and says who signs when the line does not.
func (s *script) message(l line) (*wire.Transaction, []wire.Signer) {
	tx, opt := new(wire.Transaction), func(key, otherwise string) string {
		if v, ok := l.opts[key]; ok {
			return v
		}
		return otherwise
	}
	digest := func(what string) []byte {
		if l.opts[what] == "text" {
			return text(32)
		}
		return ledgertest.Bytes(what+l.name, l.number(what, 32))
	}
	device := func(name string) *wire.Device {
		d := &wire.Device{Signing: s.key(name)}
		if l.has("seal") {
			d.SealSuite, d.SealKey = wire.SuiteSeal, ledgertest.SealKey(name)
		}
		switch l.opts["seal"] {
		case "text":
			copy(d.SealKey[1184:], text(32))
		case "order":
			copy(d.SealKey[1184:], make([]byte, 32))
		case "large":
			d.SealKey[0], d.SealKey[1] = 0x01, 0x0d // 3,329
		}
		return d
	}
	by := func(names ...string) (out []wire.Signer) {
		for _, n := range names {
			s.key(n)
			out = append(out, signer(n))
		}
		return out
	}
	id := func(name string, owner []byte) []byte {
		if l.opts["id"] == "text" {
			return text(16)
		}
		if another, ok := strings.CutPrefix(l.opts["id"], "of:"); ok { // a grant or a subject
			if owner = s.drawn[another]; owner == nil {
				owner = s.subject(another)
			}
			return ledgertest.IDOf(name, owner)
		}
		return s.draw(name, owner)[:l.number("id", 16)]
	}
	switch l.verb {
	case "subject":
		s.subject(l.name)
		tx.Message = &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: ledgertest.Document(l.name), Emergency: digest("slot")}}
		return tx, by(l.name)
	case "enrol": // whose key is the slip's
		s.subject(l.name)
		document := ledgertest.Document(l.name)
		if l.has("seal") || l.has("second") {
			doc := &wire.KeyDocument{Devices: []*wire.Device{device(l.name)}, Salt: ledgertest.Bytes("salt", 16)}
			if l.has("second") {
				doc.Devices = append(doc.Devices, &wire.Device{Signing: s.key(l.opts["second"])})
			}
			document = wire.Marshal(doc)
		}
		tx.Message = &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{
			KeyDocument: document, Emergency: digest("slot"), Member: s.subject(opt("at", "member1")),
		}}
		return tx, by(l.name, opt("at", "member1"))
	case "claim":
		tx.Message = &wire.Transaction_ClaimSubject{ClaimSubject: &wire.ClaimSubject{Subject: s.subject(l.name), Device: device(opt("key", "phone"))}}
		return tx, by(l.name, opt("key", "phone"), opt("seen", "member2"))
	case "device":
		tx.Message = &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: s.subject(l.name), Device: device(l.opts["key"])}}
		return tx, by(l.name, l.opts["key"])
	case "rotate":
		old := opt("old", l.name)
		tx.Message = &wire.Transaction_RotateKeys{RotateKeys: &wire.RotateKeys{Subject: s.subject(l.name), Old: s.key(old), Device: device(l.opts["new"])}}
		return tx, by(old, l.opts["new"])
	case "give":
		action := map[string]uint32{"read": 1, "write": 2, "delegate": 3, "huge": 257}[opt("action", "read")]
		grantee := s.key(opt("to", "doctor"))
		grantee.Suite = uint32(l.number("keysuite", 1))
		subject := s.subject(opt("of", "ann"))
		tx.Message = &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
			Grant: id(l.name, subject), Subject: subject, Action: action, Grantee: grantee,
			NotBeforeMs: ledgertest.Begin.Add(l.after("nbf", 0)).UnixMilli(), EndMs: ledgertest.Begin.Add(l.after("end", time.Hour)).UnixMilli(),
			MaxUses: uint32(l.number("uses", 0)), Commitment: digest("commitment"), Delegation: s.under(l),
		}}
		return tx, by(opt("of", "ann"))
	case "revoke":
		tx.Message = &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: s.id(l.name), Delegation: s.under(l)}}
		return tx, by("ann")
	case "open":
		grant := s.id(opt("grant", "g"))
		tx.Message = &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
			Request: id(l.name, grant), Grant: grant, DetailCommitment: digest("detail"), ReaderKeyHash: digest("reader"),
			WindowMs: uint32(l.after("window", 5*time.Minute).Milliseconds()),
		}}
		return tx, by("doctor")
	case "anchor":
		grant := s.id(opt("grant", "w"))
		tx.Message = &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
			Submission: id(l.name, grant), Grant: grant, Root: digest("root"),
			SourceCommitment: digest("source"), CountCommitment: digest("count"),
		}}
		return tx, by("doctor")
	case "receipts":
		tx.Message = &wire.Transaction_PostReceipts{PostReceipts: &wire.PostReceipts{
			Batch: id(l.name, s.subject(opt("of", "member1"))), Root: digest("root"), Count: uint32(l.number("n", 3)),
		}}
		return tx, []wire.Signer{ledgertest.Signer("member1's trustee")}
	case "admit":
		issuer := &wire.CredentialIssuer{
			Subject: s.subject(l.name), Certificate: s.certificate(l), Kinds: uint32(l.number("kinds", 3)), Jurisdictions: codes(opt("in", "GB")),
		}
		tx.Message = &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: issuer}}
		if l.has("nothing") {
			tx.GetAdmitIssuer().Issuer = nil
		}
		return tx, by(s.town.Members...)
	case "dismiss":
		tx.Message = &wire.Transaction_DismissIssuer{DismissIssuer: &wire.DismissIssuer{Subject: s.subject(l.name), Certificate: s.certificate(l)}}
		return tx, by(s.town.Members...)
	case "list":
		tx.Message = &wire.Transaction_PostStatusList{PostStatusList: &wire.PostStatusList{
			Subject: s.subject(opt("of", l.name)), Epoch: s.epoch(l, opt("of", l.name)), Hash: digest("hash"),
		}}
		return tx, by(opt("of", l.name))
	case "slot":
		tx.Message = &wire.Transaction_SetEmergency{SetEmergency: &wire.SetEmergency{Subject: s.subject(l.name), Commitment: digest("commitment")}}
		return tx, by(l.name)
	case "break":
		subject, grantee := s.subject(opt("of", "ann")), s.key(opt("to", "er of "+l.name))
		grantee.Suite = uint32(l.number("keysuite", 1))
		tx.Message = &wire.Transaction_BreakGlass{BreakGlass: &wire.BreakGlass{
			Activation: id(l.name, subject), Subject: subject, Member: s.subject(opt("for", "member1")), Grantee: grantee, DetailCommitment: digest("detail"),
		}}
		return tx, by(opt("to", "er of "+l.name), opt("for", "member1")+"/node")
	case "end":
		tx.Message = &wire.Transaction_EndEmergency{EndEmergency: &wire.EndEmergency{Activation: s.id(l.name)}}
		return tx, by("er of " + l.name)
	case "review":
		tx.Message = &wire.Transaction_ReviewEmergency{ReviewEmergency: &wire.ReviewEmergency{
			Activation: s.id(l.name), Outcome: wire.Review(l.number("outcome", 1)), Commitment: digest("commitment"),
		}}
		return tx, by("ann")
	case "die", "live":
		d := &wire.RecordDeath{Subject: s.subject(l.name), Member: s.subject(opt("for", "member1")), Delegation: s.under(l), Commitment: digest("commitment"), AsOf: s.town.Height + 1 + int64(l.number("asof", 0))}
		tx.Message = &wire.Transaction_RecordDeath{RecordDeath: d}
		if l.verb == "live" {
			tx.Message = &wire.Transaction_UndoDeath{UndoDeath: &wire.UndoDeath{Subject: d.Subject, Member: d.Member, Delegation: d.Delegation, Commitment: d.Commitment, AsOf: d.AsOf}}
		}
		return tx, by(opt("to", "mother"), opt("for", "member1")+"/node")
	case "merge":
		tx.Message = &wire.Transaction_MergeSubjects{MergeSubjects: &wire.MergeSubjects{From: s.subject(l.name), Into: s.subject(l.opts["into"]), Commitment: digest("commitment")}}
		return tx, by("member1", "member2", l.opts["into"])
	case "part":
		tx.Message = &wire.Transaction_UndoMerge{UndoMerge: &wire.UndoMerge{From: s.subject(l.name), Commitment: digest("commitment")}}
		return tx, by("member1", "member2")
	case "announce":
		subject := s.subject(opt("of", "ann"))
		m := &wire.AnnounceChange{Change: id(l.name, subject), Subject: subject, By: s.key(opt("device", opt("of", "ann")))}
		if key, ok := l.opts["remove"]; ok {
			m.What = &wire.Change{Change: &wire.Change_Remove{Remove: s.key(key)}}
		}
		if l.has("guardians") {
			m.What = &wire.Change{Change: &wire.Change_Guardians{Guardians: new(wire.Guardians)}}
			if l.opts["guardians"] != "none" {
				g, _ := s.circle(l.opts["guardians"], uint32(l.number("needed", 3)), l.after("wait", 72*time.Hour))
				g.Root, g.Number = g.Root[:l.number("root", 32)], uint32(l.number("number", int(g.Number)))
				if l.opts["root"] == "text" {
					g.Root = text(32)
				}
				m.What.GetGuardians().Root, m.What.GetGuardians().Number, m.What.GetGuardians().Needed, m.What.GetGuardians().WaitMs = g.Root, g.Number, g.Needed, g.WaitMs
			}
		}
		tx.Message = &wire.Transaction_AnnounceChange{AnnounceChange: m}
		return tx, by(opt("device", opt("of", "ann")))
	case "veto":
		tx.Message = &wire.Transaction_VetoChange{VetoChange: &wire.VetoChange{Change: s.id(l.name), By: s.key(opt("device", "ann"))}}
		return tx, by(opt("device", "ann"))
	case "freeze", "thaw":
		tx.Message = &wire.Transaction_FreezeDevice{FreezeDevice: &wire.FreezeDevice{
			Subject: s.subject(opt("of", "ann")), Device: s.key(l.name), By: s.key(opt("device", "ann")), Thaw: l.verb == "thaw"}}
		return tx, by(opt("device", "ann"))
	case "speak":
		m := s.guardian(l.name, opt("circle", circle))
		m.Subject = s.subject(opt("of", "ann"))
		if l.has("salt") {
			m.Salt = digest("salt")
		}
		m.Index += uint32(l.number("index", 0))
		m.Path = m.Path[:len(m.Path)-l.number("short", 0)]
		if key, ok := l.opts["recover"]; ok {
			if _, said := l.opts["seal"]; !said {
				l.opts["seal"] = "yes"
			} else if l.opts["seal"] == "no" {
				delete(l.opts, "seal")
			}
			m.Word = &wire.GuardianWord{Word: &wire.GuardianWord_Recover{Recover: device(key)}}
		}
		if key, ok := l.opts["freeze"]; ok {
			m.Word = &wire.GuardianWord{Word: &wire.GuardianWord_Freeze{Freeze: s.key(key)}}
		}
		if key, ok := l.opts["thaw"]; ok {
			m.Word = &wire.GuardianWord{Word: &wire.GuardianWord_Thaw{Thaw: s.key(key)}}
		}
		if change, ok := l.opts["stop"]; ok {
			m.Word = &wire.GuardianWord{Word: &wire.GuardianWord_Stop{Stop: s.id(change)}}
		}
		if l.has("nth") {
			_, shows := s.circle(opt("circle", circle), 0, 0)
			n := shows[l.number("nth", 0)]
			m.Guardian, m.Salt, m.Index, m.Path = n.Guardian, n.Salt, n.Index, n.Path
		}
		tx.Message = &wire.Transaction_SpeakAsGuardian{SpeakAsGuardian: m}
		if key := l.opts["recover"]; key != "" && key != l.name && !l.has("alone") { // the new key signs, too
			return tx, by(l.name, key)
		}
		return tx, by(l.name)
	case "halt":
		tx.Message = &wire.Transaction_VetoRecovery{VetoRecovery: &wire.VetoRecovery{Subject: s.subject(l.name), By: s.key(opt("device", l.name))}}
		return tx, by(opt("device", l.name))
	case "silence":
		return tx, by("ann")
	}
	s.town.T.Fatalf("no such line: %s", l.text)
	return nil, nil
}

// under is the delegation that a line names, or none.
func (s *script) under(l line) []byte {
	if !l.has("under") {
		return nil
	}
	return s.id(l.opts["under"])
}

// certificate is the hash of a line's certificate: "cert" names it, "certificate" spoils it.
func (s *script) certificate(l line) []byte {
	if l.opts["certificate"] == "text" {
		return text(32)
	}
	cert := l.opts["cert"]
	if cert == "" {
		cert = l.name
	}
	raw := ledgertest.Bytes("certificate "+cert, l.number("certificate", 32))
	s.names[string(raw)] = "certificate " + cert
	return raw
}

// codes are the jurisdictions of a line: "GB,US-CA", or "#7" for the seventh that there is.
func codes(in string) []string {
	if n, err := strconv.Atoi(strings.TrimPrefix(in, "#")); err == nil {
		return []string{"ZZ-" + strings.ToUpper(strconv.FormatInt(int64(n), 36))}
	}
	return strings.FieldsFunc(in, func(r rune) bool { return r == ',' })
}

// epoch is a line's, or the next one: after those of the same block that come before it.
func (s *script) epoch(l line, of string) uint64 {
	if l.has("epoch") {
		return uint64(l.number("epoch", 0))
	}
	if s.listed.height != s.town.Height {
		s.listed.height, s.listed.lines = s.town.Height, map[string]uint64{}
	}
	s.listed.lines[of]++
	list, _ := state.Ledger{Ledger: s.town.Ledger}.StatusList(ledgertest.Subject(of)) // of none: epoch 0
	return list.Epoch + s.listed.lines[of]
}

// text is n bytes that say something about somebody.
func text(n int) []byte {
	return bytes.Repeat([]byte("HIV positive, 7 June 1980. "), n/27+1)[:n]
}

// parcel packs transactions, in the ways a script asks for.
func (s *script) parcel(how line, txs [][]byte) []byte {
	raw := s.town.Parcel(txs...)
	var signed wire.Signed
	var p wire.Parcel
	if err := wire.Decode(raw, &signed); err != nil {
		s.town.T.Fatal(err)
	}
	if err := wire.Decode(signed.Body, &p); err != nil {
		s.town.T.Fatal(err)
	}
	node := signer("member1/node")
	if by := how.opts["by"]; by != "" {
		node = signer(by + "/node")
		p.Member = s.subject(by)
	}
	switch {
	case how.has("chain"):
		p.Chain = how.opts["chain"]
	case how.has("as"): // another's name over one's own signature
		p.Member = s.subject(how.opts["as"])
	case how.has("tamper"):
		return append(bytes.Clone(raw[:len(raw)-1]), raw[len(raw)-1]^1)
	case how.has("garbage"):
		return []byte("no parcel")
	case how.has("pad"):
		p.Nonce = make([]byte, how.number("pad", 0))
	}
	return wire.Marshal(wire.Sign(wire.TagParcel, &p, node))
}
