package proof

import (
	"bytes"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/types"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// lightVectors are headers with their commits, and from which point of trust
// each is to be believed. The fields stand in docs/protocol.md.
type lightVectors struct {
	About       string        `json:"about"`
	Genesis     string        `json:"genesis"`
	Fingerprint stele.Digest  `json:"fingerprint"`
	Blocks      []lightVector `json:"blocks"`
	Checks      []lightCheck  `json:"checks"`
}

type lightVector struct {
	Name           string           `json:"name"`
	SignedHeader   vectortest.Hex   `json:"signed_header"`
	Validators     vectortest.Hex   `json:"validators"`
	HeaderHash     vectortest.Hex   `json:"header_hash"`
	ValidatorsHash vectortest.Hex   `json:"validators_hash"`
	SignBytes      []vectortest.Hex `json:"sign_bytes"` // by validator; empty where absent
	Height         int64            `json:"height"`
	TimeNS         int64            `json:"time_ns,string"`
	AppHash        stele.Digest     `json:"app_hash"`
	Signed         int64            `json:"signed"`
	Power          int64            `json:"power"`
}

type lightCheck struct {
	What string `json:"what"`
	From string `json:"from"` // "genesis", or a block's name
	To   string `json:"to"`
	OK   bool   `json:"ok"`
}

// powered makes validators of given powers.
func powered(powers map[string]int64, names ...string) *voters {
	v := &voters{keys: map[string]crypto.PrivKey{}}
	var list []*types.Validator
	for _, n := range names {
		key := ed25519.GenPrivKeyFromSecret([]byte(n))
		v.keys[string(key.PubKey().Address())] = key
		list = append(list, types.NewValidator(key.PubKey(), powers[n]))
	}
	v.set = types.NewValidatorSet(list)
	return v
}

func makeLightVectors(t *testing.T) *lightVectors {
	first := powered(map[string]int64{"anna": 10, "ben": 20, "cleo": 30, "dan": 10}, "anna", "ben", "cleo", "dan")
	second := powered(map[string]int64{"anna": 10, "ben": 20, "eve": 25, "finn": 10}, "anna", "ben", "eve", "finn")
	third := powered(map[string]int64{"gil": 1, "hana": 1, "ivo": 1}, "gil", "hana", "ivo")
	genesis := first.genesis(t, nil)
	g, err := ReadGenesis(genesis)
	if err != nil {
		t.Fatal(err)
	}
	v := &lightVectors{About: "Headers of CometBFT v0.40 with commits and validators. Bytes are hexadecimal.", Genesis: string(genesis), Fingerprint: g.Fingerprint}
	trusted := map[string]Trusted{"genesis": g.Trusted}
	add := func(name string, lb *types.LightBlock, change func(*wire.LightBlock)) {
		light := encoded(t, lb)
		if change != nil {
			change(light)
		}
		b := lightVector{
			Name: name, SignedHeader: light.SignedHeader, Validators: light.Validators, HeaderHash: vectortest.Hex(lb.Hash()),
			ValidatorsHash: lb.ValidatorSet.Hash(), Height: lb.Height, TimeNS: lb.Time.UnixNano(), AppHash: stele.Digest(lb.AppHash),
			Power: lb.ValidatorSet.TotalVotingPower(), SignBytes: []vectortest.Hex{},
		}
		for i, s := range lb.Commit.Signatures {
			b.SignBytes = append(b.SignBytes, nil)
			if s.BlockIDFlag != types.BlockIDFlagAbsent {
				b.SignBytes[i] = lb.Commit.VoteSignBytes(lb.ChainID, int32(i))
			}
			if s.BlockIDFlag == types.BlockIDFlagCommit {
				b.Signed += lb.ValidatorSet.Validators[i].VotingPower
			}
		}
		if next, _, err := TrustBlock(testChain, light); err == nil {
			trusted[name] = next
		}
		v.Blocks = append(v.Blocks, b)
	}
	check := func(what, from, to string, ok bool) {
		v.Checks = append(v.Checks, lightCheck{what, from, to, ok})
	}
	app := stele.Digest{1, 2, 3}
	head := func(v *voters, height int64, next *voters) *types.Header { return v.header(height, app, next) }

	add("1", first.sign(t, head(first, 1, first), ""), nil)
	add("4", first.sign(t, head(first, 4, second), ""), nil)
	add("5", second.sign(t, head(second, 5, second), ""), nil)
	add("9", second.sign(t, head(second, 9, third), ""), nil)
	add("10", third.sign(t, head(third, 10, third), ""), nil)
	check("the first block, signed by the genesis' validators", "genesis", "1", true)
	check("later, the same validators", "genesis", "4", true)
	check("next, with the validators that the header before names", "4", "5", true)
	check("other validators; 30 of 70 of the known power signed too", "genesis", "5", true)
	check("the same, from a header", "1", "9", true)
	check("next, with validators nobody has seen, but named", "9", "10", true)
	check("validators of whom none is known", "5", "10", false)
	check("older, the same validators", "4", "1", true)
	check("older, other validators", "5", "4", false)
	check("the block itself", "5", "5", true)

	add("6", second.sign(t, head(second, 6, second), ""), nil)
	add("7: exactly two thirds", powered(map[string]int64{"anna": 10, "ben": 10, "eve": 10}, "anna", "ben", "eve").twoOfThree(t, app), nil)
	voted := func(how string) *types.LightBlock { return second.sign(t, head(second, 6, second), how) }
	add("6: the smallest absent", voted(how(second, "anna", 'a')), nil)
	add("6: the smallest for nil", voted(how(second, "anna", 'n')), nil)
	add("6: the largest absent", voted(how(second, "eve", 'a')), nil)
	check("all signed", "5", "6", true)
	check("55 of 65 signed, one absent", "5", "6: the smallest absent", true)
	check("55 of 65 signed, one for no block", "5", "6: the smallest for nil", true)
	check("40 of 65 signed: two thirds or less", "5", "6: the largest absent", false)
	check("two of three signed: two thirds exactly", "genesis", "7: exactly two thirds", false)

	wrong := voted(how(second, "anna", 'n'))
	for i := range wrong.Commit.Signatures {
		if wrong.Commit.Signatures[i].BlockIDFlag == types.BlockIDFlagNil {
			wrong.Commit.Signatures[i].Signature[3] ^= 1
		}
	}
	add("6: a wrong signature for nil", wrong, nil)
	check("enough signed; the vote for no block is wrong", "5", "6: a wrong signature for nil", false)
	late := voted("")
	late.Commit.Signatures[0].Timestamp = late.Commit.Signatures[0].Timestamp.Add(time.Nanosecond)
	add("6: a vote's time altered", late, nil)
	check("a vote's time altered", "5", "6: a vote's time altered", false)
	other := head(second, 6, second)
	other.AppHash = bytes.Repeat([]byte{9}, 32)
	add("6: another story", second.sign(t, other, ""), nil)
	check("another header of the same height", "6", "6: another story", false)
	early := head(second, 6, second)
	early.Time = testStart.Add(5 * time.Second)
	add("6: no later than 5", second.sign(t, early, ""), nil)
	check("the time does not rise", "5", "6: no later than 5", false)
	stray := head(second, 6, second)
	stray.ChainID = "another"
	add("6: of another chain", second.sign(t, stray, ""), nil)
	check("of another chain", "5", "6: of another chain", false)
	forged := voted("")
	add("6: its validators replaced", forged, func(l *wire.LightBlock) {
		l.Validators = encoded(t, first.sign(t, head(first, 6, first), "")).Validators
	})
	check("the validators are not the header's", "5", "6: its validators replaced", false)
	add("6: written otherwise", voted(""), func(l *wire.LightBlock) { l.SignedHeader = append(l.SignedHeader, 0x18, 0x01) })
	check("the bytes hold an unknown field", "5", "6: written otherwise", false)

	for _, c := range v.Checks {
		from, ok := trusted[c.From]
		if !ok {
			t.Fatalf("nothing is trusted at %s", c.From)
		}
		for _, b := range v.Blocks {
			if b.Name != c.To {
				continue
			}
			if _, err := from.Check(&wire.LightBlock{SignedHeader: b.SignedHeader, Validators: b.Validators}); (err == nil) != c.OK {
				t.Errorf("%s: %v", c.What, err)
			}
		}
	}
	return v
}

// twoOfThree is a block of height 7 that two of three equal validators signed.
func (v *voters) twoOfThree(t *testing.T, app stele.Digest) *types.LightBlock {
	return v.sign(t, v.header(7, app, v), "cca")
}

// how says how one validator votes by its name, the others for the block.
func how(v *voters, name string, flag byte) string {
	address := ed25519.GenPrivKeyFromSecret([]byte(name)).PubKey().Address()
	out := []byte{}
	for _, val := range v.set.Validators {
		if bytes.Equal(val.Address, address) {
			out = append(out, flag)
		} else {
			out = append(out, 'c')
		}
	}
	return string(out)
}

// logVectors are proofs of logs and entries.
type logVectors struct {
	About   string        `json:"about"`
	Genesis string        `json:"genesis"`
	Logs    []logVector   `json:"logs"`
	Entries []entryVector `json:"entries"`
}

type logVector struct {
	What    string           `json:"what"`
	Subject stele.Subject    `json:"subject"`
	Kept    keptVector       `json:"kept"`
	Proof   vectortest.Hex   `json:"proof"`          // a LogProof
	More    []vectortest.Hex `json:"more,omitempty"` // the pages that follow
	OK      bool             `json:"ok"`
	After   keptVector       `json:"after"`
}

type keptVector struct {
	Size  uint64           `json:"size"`
	Root  vectortest.Hex   `json:"root"`
	Peaks []vectortest.Hex `json:"peaks"`
}

type entryVector struct {
	What    string         `json:"what"`
	Proof   vectortest.Hex `json:"proof"` // an EntryProof
	OK      bool           `json:"ok"`
	Subject stele.Subject  `json:"subject"`
	Seq     uint64         `json:"seq"`
}

func keptOf(k Kept) keptVector {
	out := keptVector{Size: k.Size, Peaks: []vectortest.Hex{}}
	if k.Size > 0 {
		out.Root = k.Root[:]
	}
	for _, p := range k.Peaks {
		out.Peaks = append(out.Peaks, p[:])
	}
	return out
}

func makeLogVectors(t *testing.T) *logVectors {
	v := fourVoters()
	out := &logVectors{About: "Proofs that a log is complete, from the beginning and from where a wallet stopped, and of single entries. Bytes are hexadecimal.",
		Genesis: string(v.genesis(t, nil))}
	trusted := v.trusted(t)
	book, patient := patientBook(0)
	old := []Kept{{}}
	step := func(what string, kept Kept, height int64, change func(*wire.LogProof)) Kept {
		light := v.block(t, height+1, book.appHash(), v)
		p := book.log(t, 2, kept.Size, height, light)
		if change != nil {
			change(p)
		}
		log, err := CheckLog(trusted, patient, kept, p)
		out.Logs = append(out.Logs, logVector{What: what, Subject: patient, Kept: keptOf(kept), Proof: wire.Marshal(p), OK: err == nil, After: keptOf(log.Kept)})
		if (err == nil) != (change == nil) {
			t.Errorf("%s: %v", what, err)
		}
		return log.Kept
	}
	for i := range 5 {
		book.grant(i)
	}
	old = append(old, step("the whole log", Kept{}, 100, nil))
	for i := range 6 {
		book.grant(5 + i)
	}
	old = append(old, step("a step, by the peaks that the wallet kept", old[1], 200, nil))
	rooted := old[1]
	rooted.Peaks = nil
	step("the same step, by its consistency proof", rooted, 200, nil)
	step("nothing new", old[2], 200, nil)
	step("an event left out", old[1], 200, func(p *wire.LogProof) { p.Events = p.Events[1:] })
	step("two events changed places", old[1], 200, func(p *wire.LogProof) { p.Events[0], p.Events[1] = p.Events[1], p.Events[0] })
	step("an event altered", old[1], 200, func(p *wire.LogProof) { p.Events[0][9] ^= 1 })
	step("a shorter log", old[2], 200, func(p *wire.LogProof) { *p = *book.log(t, 2, 0, 200, p.Light); p.Head.Size-- })
	step("another log's head", Kept{}, 200, func(p *wire.LogProof) { p.Head = book.head(t, 1, 200) })
	step("the head's state is not the header's", old[1], 200, func(p *wire.LogProof) { p.Head.Height++ })
	lied := old[1]
	lied.Root[0] ^= 1
	lied.Peaks = nil
	step("the log no longer begins with what the wallet kept", lied, 200, func(*wire.LogProof) {})

	light := v.block(t, 201, book.appHash(), v)
	paged := func(what string, kept Kept, n int, change func([]*wire.LogProof)) {
		list := pages(t, book, 2, kept.Size, 200, light, n)
		if change != nil {
			change(list)
		}
		w := logVector{What: what, Subject: patient, Kept: keptOf(kept), Proof: wire.Marshal(list[0])}
		log, err := CheckLog(trusted, patient, kept, list[0])
		for _, p := range list[1:] {
			w.More = append(w.More, wire.Marshal(p))
			if err == nil {
				log, err = log.Continue(p)
			}
		}
		if w.OK, w.After = err == nil, keptOf(log.Kept); (err == nil) != (change == nil) {
			t.Errorf("%s: %v", what, err)
		}
		out.Logs = append(out.Logs, w)
	}
	paged("the whole log in pages of five", Kept{}, 5, nil)
	paged("a step in pages of four", old[1], 4, nil)
	paged("the same step in pages, by its consistency proof", rooted, 4, nil)
	paged("a page that leaves its last event out", Kept{}, 5, func(l []*wire.LogProof) { l[1].Events = l[1].Events[:4] })
	paged("a page with an event altered", Kept{}, 5, func(l []*wire.LogProof) { l[1].Events[2][9] ^= 1 })
	paged("a page with no way ahead", Kept{}, 5, func(l []*wire.LogProof) { l[0].Ahead = nil })
	paged("a page without events", Kept{}, 5, func(l []*wire.LogProof) { l[1].Events = nil })
	paged("two pages changed places", Kept{}, 4, func(l []*wire.LogProof) { l[1], l[2] = l[2], l[1] })
	paged("a last page with a way ahead", Kept{}, 5, func(l []*wire.LogProof) { l[2].Ahead = [][]byte{make([]byte, 32)} })
	entry := func(what string, seq int, change func(*wire.EntryProof)) {
		p := book.entry(t, 2, seq, 200, light)
		if change != nil {
			change(p)
		}
		_, err := CheckEntry(trusted, p)
		out.Entries = append(out.Entries, entryVector{what, wire.Marshal(p), err == nil, patient, p.Seq})
		if (err == nil) != (change == nil) {
			t.Errorf("%s: %v", what, err)
		}
	}
	entry("an entry", 4, nil)
	entry("the first entry", 0, nil)
	entry("another place", 4, func(p *wire.EntryProof) { p.Seq = 5 })
	entry("another event", 4, func(p *wire.EntryProof) { p.Event = book.events[2][5] })
	entry("a path too long", 4, func(p *wire.EntryProof) { p.Path = append(p.Path, make([]byte, 32)) })
	return out
}

// TestLightVectors: the file is what this code computes.
func TestLightVectors(t *testing.T) { vectortest.Reproduced(t, "light.json", makeLightVectors(t)) }

// TestLogVectors: the file is what this code computes.
func TestLogVectors(t *testing.T) { vectortest.Reproduced(t, "logs.json", makeLogVectors(t)) }
