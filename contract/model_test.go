package contract_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// step draws one random transaction of a run, a line in the script's language.
func step(r *rapid.T, now time.Duration, i int) string {
	pick := func(what string, n int) int { return rapid.IntRange(0, n-1).Draw(r, what) }
	subject, key := fmt.Sprintf("s%d", pick("subject", 5)), fmt.Sprintf("k%d", pick("key", 2))
	grant, fresh := fmt.Sprintf("g%d", pick("grant", 12)), fmt.Sprintf("n%d", pick("id", 60))
	switch device := []string{subject, "d0", "d1", "d2"}[pick("by device", 4)]; pick("verb", 37) {
	case 32:
		what := []string{"guardians=yes needed=2", "guardians=yes", "guardians=none", "guardians=yes needed=5", "remove=" + []string{subject, "d0", "d1"}[pick("remove", 3)]}[pick("change", 5)]
		return fmt.Sprintf("announce c%d of=%s device=%s %s", pick("change id", 6), subject, device, what)
	case 33:
		return fmt.Sprintf("veto c%d device=%s", pick("change id", 6), device)
	case 34:
		return fmt.Sprintf("%s d%d of=%s device=%s", []string{"freeze", "thaw"}[pick("thaw", 2)], pick("device", 3), subject, device)
	case 35:
		word := []string{"", " recover=n0", " recover=n0 alone=yes", " recover=d2", " freeze=d0", " thaw=d0", fmt.Sprintf(" stop=c%d", pick("change id", 6))}[pick("word", 7)]
		return fmt.Sprintf("speak g%d of=%s%s", 1+pick("guardian", 5), subject, word)
	case 36:
		return fmt.Sprintf("halt %s device=%s", subject, device)
	case 24:
		return fmt.Sprintf("enrol %s at=%s", subject, []string{"member1", "member2", "s0"}[pick("at", 3)])
	case 25:
		return fmt.Sprintf("claim %s key=d%d seen=%s seal=%s", subject, pick("device", 3), []string{"member1", "member2", "s1"}[pick("seen", 3)], []string{"yes", "order"}[pick("seal", 2)])
	case 26:
		action, end := []string{"read", "write", "delegate"}[pick("action", 3)], now+time.Duration(pick("days", 120)*pick("long", 2))*24*time.Hour
		return fmt.Sprintf("give %s of=%s to=%s action=%s end=+%v by=%s", grant, subject, key, action, end, []string{"member1,member2", "member1", "member2," + subject}[pick("by", 3)])
	case 29, 30:
		into := fmt.Sprintf("s%d", pick("into", 5))
		both := strings.TrimSuffix(into+","+subject, ","+into)
		return fmt.Sprintf("merge %s into=%s by=%s", subject, into, []string{"member1,member2", both, "member1,member2," + into, "member1," + into}[pick("by", 4)])
	case 31:
		return fmt.Sprintf("part %s by=%s", subject, []string{"member1,member2", "member1", fmt.Sprintf("s%d", pick("side", 5))}[pick("by", 3)])
	case 27, 28:
		return fmt.Sprintf("%s %s under=d%d by=%s,%s", []string{"die", "live"}[pick("died", 2)], subject, pick("delegation", 4), key, []string{"member1/node", "member1/node", "member2/node", "s1"}[pick("node", 4)])
	case 0:
		return "subject " + subject
	case 20: // somebody acts for a subject, for a moment or for a time that is told of before its end
		end := now + time.Duration(pick("days", 300)*pick("long", 2))*24*time.Hour + time.Duration(pick("end", 90))*time.Second
		return fmt.Sprintf("give d%d of=%s to=%s action=delegate nbf=+%v end=+%v", pick("delegation", 4), subject, key, max(now-time.Duration(pick("nbf", 3)-1)*time.Second, 0), end)
	case 21, 22: // and gives grants, and more delegations
		action, name := []string{"read", "write", "delegate"}[pick("action", 3)], []string{grant, fmt.Sprintf("d%d", pick("given", 4))}[pick("which", 2)]
		return fmt.Sprintf("give %s of=%s to=k%d action=%s end=+%v under=d%d by=%s", name, subject, pick("to", 2), action, now+time.Duration(pick("end", 90))*time.Second, pick("delegation", 4), key)
	case 23:
		switch name := []string{grant, fmt.Sprintf("d%d", pick("given", 4))}[pick("which", 2)]; pick("what", 3) {
		case 0:
			return fmt.Sprintf("open %s grant=%s by=%s", fresh, name, key)
		case 1:
			return fmt.Sprintf("revoke %s by=%s", name, []string{subject, key}[pick("holder", 2)])
		default:
			return fmt.Sprintf("revoke %s under=d%d by=%s", name, pick("delegation", 4), key)
		}
	case 1, 2:
		action := []string{"read", "write"}[pick("write", 2)]
		nbf := max(now+time.Duration(pick("nbf", 20)-10)*time.Second, 0)
		end := now + time.Duration(pick("end", 90))*time.Second
		return fmt.Sprintf("give %s of=%s to=%s action=%s nbf=+%v end=+%v uses=%d", grant, subject, key, action, nbf, end, pick("uses", 4))
	case 3:
		return fmt.Sprintf("revoke %s by=%s", grant, []string{subject, subject, "member1", key}[pick("by", 4)])
	case 4:
		return fmt.Sprintf("anchor %s grant=%s by=%s", fresh, grant, key)
	case 5:
		return "receipts " + fresh
	case 6:
		return fmt.Sprintf("device %s key=d%d", subject, pick("device", 3))
	case 8:
		by := []string{"member1,member2", "member1,member2,s1", "member1", "member2," + subject}[pick("by", 4)]
		in := []string{"GB", "GB,US-CA", "US-CA,GB", "gb"}[pick("in", 4)]
		return fmt.Sprintf("admit %s cert=c%d kinds=%d in=%s by=%s", subject, pick("cert", 3), pick("kinds", 5), in, by)
	case 9:
		return fmt.Sprintf("dismiss %s cert=c%d", subject, pick("cert", 3))
	case 10:
		return fmt.Sprintf("list %s epoch=%d", subject, pick("epoch", 5))
	case 11, 12:
		return fmt.Sprintf("break e%d of=%s for=%s to=%s", pick("activation", 12), subject, []string{"member1", "member2", "s1"}[pick("for", 3)], []string{key, "er", "member1"}[pick("to", 3)])
	case 13:
		return fmt.Sprintf("end e%d by=%s", pick("activation", 12), []string{"er", "member1", "member2", key, subject}[pick("by", 5)])
	case 14, 15:
		return fmt.Sprintf("review e%d by=%s outcome=%d", pick("activation", 12), []string{"er", "member1", "s0", "s1", subject, "member2,er"}[pick("by", 6)], pick("outcome", 6))
	case 16:
		return fmt.Sprintf("slot %s", []string{subject, "member1"}[pick("of", 2)])
	case 17:
		return fmt.Sprintf("open %s grant=e%d by=%s", fresh, pick("activation", 12), []string{"er", key}[pick("by", 2)])
	case 7:
		return fmt.Sprintf("rotate %s new=d%d", subject, pick("device", 3))
	}
	return fmt.Sprintf("open %s grant=%s by=%s as=t%d", fresh, grant, key, i)
}

// TestRandomRuns writes random blocks and holds, at each: every event, every
// refusal and the app hash are the model's; a block executed twice has one hash;
// every log and entry is proved. At the end, the same blocks on a fresh store, and on
// nodes that were opened again or restored, have the same app hash at every height. Room sim runs the same model wilder
// and longer; here a failure shrinks.
func TestRandomRuns(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := found(t, 2)
		m, err := ledgertest.NewModel(s.town.Genesis)
		if err != nil {
			t.Fatal(err)
		}
		var sent [][]byte // transactions with events of recent blocks
		for range rapid.IntRange(2, 12).Draw(r, "blocks") {
			wait := time.Duration(rapid.IntRange(0, 40).Draw(r, "wait")) * time.Second
			if rapid.IntRange(0, 5).Draw(r, "long") == 0 { // up to an emergency's end, or its review
				wait += time.Duration([]int{1, 2, 3, 140}[rapid.IntRange(0, 3).Draw(r, "days")]) * 24 * time.Hour
			}
			now := s.town.Time.Add(wait).Sub(ledgertest.Begin)
			var texts []string
			var txs [][]byte
			for i := range rapid.IntRange(0, 25).Draw(r, "transactions") {
				text := step(r, now, i)
				txs, texts = append(txs, s.transaction(parse(text), ledgertest.Begin.Add(now), 0)), append(texts, text)
			}
			for i, again := range sent { // which get their first answers
				txs, texts = append(txs, again), append(texts, fmt.Sprint("again ", i))
			}
			m.Begin(s.town.Height+1, s.town.Time.Add(wait).UnixMilli())
			done := runTwice(t, s, wait, txs)
			sent = compare(t, s, m, done.Verdicts, texts, txs)
			if done.AppHash != m.AppHash() {
				t.Fatalf("block %d has another app hash than the model's", s.town.Height)
			}
			proveAll(t, s)
		}
		replay(t, s.town)
		remember(t, s.town)
	})
}

// remember runs a town's blocks on nodes that remember unlike: one has been opened again
// before each block, one has folded the events of a snapshot, log by log, as a restore
// does. Each decides every block alike.
func remember(t *testing.T, w *ledgertest.Town) {
	t.Helper()
	open := func(store ledger.Store) *ledger.Ledger {
		l, err := ledger.New(store, contract.All(), wire.Check)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	write := func(what string, l *ledger.Ledger, i int) {
		if done := ledgertest.Write(t, l, w.Blocks[i]); done.AppHash != w.Hashes[i+1] {
			t.Fatalf("block %d has another app hash at a node that %s", i+1, what)
		}
	}
	store := ledger.NewMemory()
	l := open(store)
	if _, err := l.Found(w.Genesis); err != nil {
		t.Fatal(err)
	}
	restored := len(w.Blocks) / 2
	for i := range w.Blocks {
		l.Close()
		l = open(store)
		write("was opened again", l, i)
		if i+1 == restored {
			fresh, p := ledger.NewMemory(), w.Blocks[i]
			head := ledger.Head{Height: p.Height, TimeMS: p.Time.UnixMilli(), AppHash: w.Hashes[i+1]}
			if err := ledger.Restore(fresh, contract.All(), head, func(each func([]byte) error) error {
				return l.Snapshot(p.Height, func(uint64) error { return nil }, each)
			}, nil); err != nil {
				t.Fatal(err)
			}
			other := open(fresh)
			for j := restored; j < len(w.Blocks); j++ {
				write("was restored", other, j)
			}
			other.Close()
		}
	}
	l.Close()
}

// runTwice executes a block twice before it is committed.
func runTwice(t *testing.T, s *script, wait time.Duration, txs [][]byte) stele.Executed {
	t.Helper()
	parcel := s.town.Parcel(txs...)
	p := stele.Proposal{Height: s.town.Height + 1, Time: s.town.Time.Add(wait), Parcels: [][]byte{parcel}}
	once, err := s.town.Ledger.Execute(p)
	if err != nil {
		t.Fatal(err)
	}
	empty := p
	empty.Parcels = nil
	if _, err := s.town.Ledger.Execute(empty); err != nil {
		t.Fatal(err)
	}
	done := s.town.Block(wait, parcel)
	if done.AppHash != once.AppHash {
		t.Fatal("a block executed again has another app hash")
	}
	return done
}

// compare holds verdicts against the model and returns the transactions that
// made an event.
func compare(t *testing.T, s *script, m *ledgertest.Model, got []stele.Verdict, texts []string, txs [][]byte) (made [][]byte) {
	t.Helper()
	for i, v := range got {
		want := m.Transact(txs[i], true)
		if err := want.Agrees(v); err != nil {
			t.Fatalf("block %d at %v: %s\n%v", s.town.Height, s.town.Time.Sub(ledgertest.Begin), texts[i], err)
		}
		if v.Err == nil && v.Outcome.Height == s.town.Height {
			made = append(made, txs[i])
		}
	}
	return made
}

// proveAll checks the log of every subject, whole and from its middle, and each
// remembered transaction's entry, at the newest provable height.
func proveAll(t *testing.T, s *script) {
	t.Helper()
	w := s.town
	for i := range 5 {
		subject := ledgertest.Subject(fmt.Sprintf("s%d", i))
		p, err := w.Ledger.ProveLog(subject, 0, 0)
		if stele.KindOf(err) == stele.KindNotFound && err != nil {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := max(w.Height-1, 0); p.Head.Height != want {
			t.Fatalf("proved at %d, want %d", p.Head.Height, want)
		}
		if err := checkLog(w, subject, p); err != nil {
			t.Fatal(err)
		}
		for _, first := range []uint64{p.Head.Size / 2, p.Head.Size} {
			part, err := w.Ledger.ProveLog(subject, first, 0)
			if err == nil {
				err = checkLog(w, subject, part)
			}
			if err != nil {
				t.Fatalf("from %d of %d: %v", first, p.Head.Size, err)
			}
		}
	}
	s.scan([]byte("do"), []byte("dp"), func(key, _ []byte) {
		p, err := w.Ledger.ProveEntry(stele.Digest(key[2+8:]))
		age := int64(binary.BigEndian.Uint64(key[2:])) * ledger.MaxValidity.Milliseconds()
		switch stele.KindOf(err) {
		case stele.KindBusy: // of this very block
			return
		case stele.KindNotFound: // too old to be asked for, and not forgotten yet
			if age+ledger.MaxValidity.Milliseconds() < w.Time.UnixMilli()-ledger.MaxValidity.Milliseconds() {
				return
			}
		}
		if err == nil {
			err = checkEntry(w, stele.Subject(p.Head.Subject), p)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

// replay runs a town's blocks on a fresh store.
func replay(t *testing.T, w *ledgertest.Town) {
	t.Helper()
	l, err := ledger.New(ledger.NewMemory(), contract.All(), wire.Check)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	hash, err := l.Found(w.Genesis)
	if err != nil || hash != w.Hashes[0] {
		t.Fatalf("genesis: %v %v", hash, err)
	}
	for i, p := range w.Blocks {
		if done := ledgertest.Write(t, l, p); done.AppHash != w.Hashes[i+1] {
			t.Fatalf("block %d has another app hash when it is replayed", p.Height)
		}
	}
}

func TestReplayGivesTheSameAppHash(t *testing.T) {
	s := found(t, 1)
	s.block("+1s", "subject ann\nsubject bob\ngive g end=+10s\ngive w action=write")
	s.block("+1s", "open r1\nanchor a1\nreceipts b1\nopen r1")
	for range 5 {
		s.block("+5s", "open x\nopen y")
	}
	replay(t, s.town)
	s.town.Blocks[1].Time = s.town.Blocks[1].Time.Add(time.Millisecond)
	l, err := ledger.New(ledger.NewMemory(), contract.All(), wire.Check)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Found(s.town.Genesis); err != nil {
		t.Fatal(err)
	}
	ledgertest.Write(t, l, s.town.Blocks[0])
	if done := ledgertest.Write(t, l, s.town.Blocks[1]); done.AppHash == s.town.Hashes[2] {
		t.Error("a block at another time has the same app hash")
	}
}
