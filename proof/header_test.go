package proof

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

var someHash = stele.Digest{1, 2, 3}

func wantProof(t *testing.T, what string, err error) {
	t.Helper()
	if stele.KindOf(err) != stele.KindProof {
		t.Errorf("%s: %v", what, err)
	}
}

func TestLaw6HeaderNeedsMoreThanTwoThirds(t *testing.T) {
	v := newVoters("a", "b", "c")
	trusted := v.trusted(t)
	light := v.block(t, 7, someHash, v)
	h, err := trusted.Check(light)
	if err != nil {
		t.Fatal(err)
	}
	if h.AppHash != someHash || h.Height != 7 || h.Signed != 30 || h.Power != 30 || h.Chain != testChain {
		t.Errorf("header says %+v", h)
	}
	for how, good := range map[string]bool{"ccc": true, "acc": false, "ncc": false, "aac": false, "nnn": false} {
		_, err := trusted.Check(encoded(t, v.sign(t, v.header(7, someHash, v), how)))
		if good != (err == nil) {
			t.Errorf("votes %s: %v", how, err)
		}
		if !good {
			wantProof(t, how, err)
		}
	}
	four := fourVoters()
	if _, err := four.trusted(t).Check(encoded(t, four.sign(t, four.header(7, someHash, four), "ccac"))); err != nil {
		t.Errorf("three of four: %v", err)
	}
	if _, err := four.trusted(t).Check(encoded(t, four.sign(t, four.header(7, someHash, four), "cccn"))); err != nil {
		t.Errorf("three of four and one vote for nil: %v", err)
	}
}

// TestLaw6AnyFlippedBitOfAHeaderIsCaught flips every bit of a signed header. One
// signature more than needed is there, so that a check that stops at two thirds
// would let some flips pass.
func TestLaw6AnyFlippedBitOfAHeaderIsCaught(t *testing.T) {
	v := fourVoters()
	trusted := v.trusted(t)
	light := encoded(t, v.sign(t, v.header(7, someHash, v), "cccn"))
	if _, err := trusted.Check(light); err != nil {
		t.Fatal(err)
	}
	for i := range light.SignedHeader {
		for bit := range 8 {
			bad := bytes.Clone(light.SignedHeader)
			bad[i] ^= 1 << bit
			if _, err := trusted.Check(&wire.LightBlock{SignedHeader: bad, Validators: light.Validators}); stele.KindOf(err) != stele.KindProof {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
		}
	}
	plain, err := plainValidators(light.Validators)
	if err != nil {
		t.Fatal(err)
	}
	for i := range plain {
		for bit := range 8 {
			bad := bytes.Clone(plain)
			bad[i] ^= 1 << bit
			// What no signature covers is caught by the form that a file has.
			if again, err := plainValidators(bad); err == nil && bytes.Equal(again, bad) {
				if _, err := trusted.Check(&wire.LightBlock{SignedHeader: light.SignedHeader, Validators: bad}); stele.KindOf(err) != stele.KindProof {
					t.Fatalf("bit %d of byte %d of the validators: %v", bit, i, err)
				}
			}
		}
	}
}

func TestHeaderOfAnotherChainIsRefused(t *testing.T) {
	v := fourVoters()
	h := v.header(7, someHash, v)
	h.ChainID = "other"
	_, err := v.trusted(t).Check(encoded(t, v.sign(t, h, "")))
	wantProof(t, "other chain", err)
	if stele.TextOf(err) != "the header is of another network" || stele.HintOf(err) == "" {
		t.Errorf("it does not say so: %v", err)
	}
	h = v.header(7, someHash, v)
	h.AppHash = []byte("short")
	_, err = v.trusted(t).Check(encoded(t, v.sign(t, h, "")))
	wantProof(t, "short app hash", err)
	_, err = Trusted{}.Check(v.block(t, 7, someHash, v))
	wantProof(t, "nothing trusted", err)
	_, err = v.trusted(t).Check(nil)
	wantProof(t, "no header", err)
}

func TestLaw6StrangersAreNotBelieved(t *testing.T) {
	v, strangers := fourVoters(), newVoters("x", "y", "z")
	_, err := v.trusted(t).Check(strangers.block(t, 7, someHash, strangers))
	wantProof(t, "strangers", err)
	_, err = v.trusted(t).Check(strangers.block(t, 1, someHash, strangers))
	wantProof(t, "strangers at the first height", err)

	// A header by our validators with the strangers' set beside it.
	light := v.block(t, 7, someHash, v)
	light.Validators = strangers.block(t, 7, someHash, strangers).Validators
	_, err = v.trusted(t).Check(light)
	wantProof(t, "exchanged validators", err)
}

func TestTrustFollowsChangingValidators(t *testing.T) {
	one := fourVoters()
	two := newVoters("anna", "ben", "cleo", "eve") // one changed
	three := newVoters("eve", "fay", "gil", "hal") // too many changed at once
	trusted := one.trusted(t)

	if _, err := trusted.Check(two.block(t, 50, someHash, two)); err != nil {
		t.Errorf("more than a third of the old power signed: %v", err)
	}
	_, err := trusted.Check(three.block(t, 50, someHash, three))
	wantProof(t, "none of the old validators signed", err)

	thirds, lone := newVoters("a", "b", "c"), newVoters("a", "x", "y")
	_, err = thirds.trusted(t).Check(lone.block(t, 50, someHash, lone))
	wantProof(t, "exactly a third of the old power signed", err)

	// Step by step: the header before names the next validators.
	at, _, err := trusted.Advance(one.block(t, 9, someHash, three))
	if err != nil {
		t.Fatal(err)
	}
	if at, _, err = at.Advance(three.block(t, 10, someHash, three)); err != nil {
		t.Fatalf("validators that the header before named: %v", err)
	}
	if _, err := at.Check(three.block(t, 90, someHash, three)); err != nil {
		t.Error(err)
	}
	_, err = at.Check(one.block(t, 5, someHash, one))
	wantProof(t, "older header of other validators", err)

	at, _, err = trusted.Advance(one.block(t, 9, someHash, one))
	if err != nil {
		t.Fatal(err)
	}
	_, err = at.Check(two.block(t, 10, someHash, two))
	wantProof(t, "validators that the header before did not name", err)
	if _, err := at.Check(one.block(t, 5, someHash, one)); err != nil {
		t.Errorf("older header of the same validators: %v", err)
	}
	_, err = at.Check(one.block(t, 9, stele.Digest{9}, one))
	wantProof(t, "second header of one height", err)
	if _, err := at.Check(one.block(t, 9, someHash, one)); err != nil {
		t.Errorf("the trusted header itself: %v", err)
	}
}

func TestTimeRunsForward(t *testing.T) {
	v := fourVoters()
	at, _, err := v.trusted(t).Advance(v.block(t, 9, someHash, v))
	if err != nil {
		t.Fatal(err)
	}
	later := v.header(12, someHash, v)
	later.Time = testStart
	_, err = at.Check(encoded(t, v.sign(t, later, "")))
	wantProof(t, "later header with an earlier time", err)
	earlier := v.header(3, someHash, v)
	earlier.Time = testStart.AddDate(0, 0, 1)
	_, err = at.Check(encoded(t, v.sign(t, earlier, "")))
	wantProof(t, "earlier header with a later time", err)
}

func TestTrustBlockChecksSignaturesAgain(t *testing.T) {
	v := fourVoters()
	light := v.block(t, 9, someHash, v)
	at, h, err := TrustBlock(testChain, light)
	if err != nil || h.Height != 9 || at.Height() != 9 {
		t.Fatal(err)
	}
	if _, err := at.Check(v.block(t, 20, someHash, v)); err != nil {
		t.Error(err)
	}
	bad := proto.CloneOf(light)
	bad.SignedHeader[len(bad.SignedHeader)-1] ^= 1
	_, _, err = TrustBlock(testChain, bad)
	wantProof(t, "kept block with a wrong signature", err)
	_, _, err = TrustBlock("other", light)
	wantProof(t, "kept block of another chain", err)
}

func TestHeaderInAnotherFormIsRefused(t *testing.T) {
	v := fourVoters()
	light := v.block(t, 9, someHash, v)
	light.SignedHeader = append(light.SignedHeader, 0xf8, 0x01, 0x01) // an unknown field
	_, err := v.trusted(t).Check(light)
	wantProof(t, "unknown field", err)

	sh := signedHeader(t, v.block(t, 9, someHash, v))
	sh.Commit.Signatures[1] = sh.Commit.Signatures[0] // one validator votes for two
	raw, err := sh.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.trusted(t).Check(&wire.LightBlock{SignedHeader: raw, Validators: light.Validators})
	wantProof(t, "one signature twice", err)
}

func TestGenesisOfStrangers(t *testing.T) {
	v := fourVoters()
	good := v.genesis(t, nil)
	if _, err := ReadGenesis(good); err != nil {
		t.Fatal(err)
	}
	key := `{"type":"tendermint/PubKeyEd25519","value":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`
	for name, doc := range map[string]string{
		"empty":         ``,
		"no validators": `{"chain_id":"x"}`,
		"no key":        `{"chain_id":"x","validators":[{"power":"10"}]}`,
		"negative":      `{"chain_id":"x","validators":[{"pub_key":` + key + `,"power":"-10"}]}`,
		"twice":         `{"chain_id":"x","validators":[{"pub_key":` + key + `,"power":"1"},{"pub_key":` + key + `,"power":"1"}]}`,
		"too much":      `{"chain_id":"x","validators":[{"pub_key":` + key + `,"power":"9223372036854775807"}]}`,
	} {
		_, err := ReadGenesis([]byte(doc))
		wantProof(t, name, err)
	}
}

func FuzzHeader(f *testing.F) {
	v := fourVoters()
	light := v.block(f, 9, someHash, v)
	f.Add(light.SignedHeader, light.Validators)
	f.Add([]byte(nil), []byte(nil))
	trusted := v.trusted(f)
	f.Fuzz(func(t *testing.T, header, validators []byte) {
		if _, err := trusted.Check(&wire.LightBlock{SignedHeader: header, Validators: validators}); err != nil {
			wantProof(t, "hostile bytes", err)
		} else if !bytes.Equal(header, light.SignedHeader) {
			t.Error("a header was believed that nobody signed")
		}
	})
}

func FuzzGenesis(f *testing.F) {
	f.Add(fourVoters().genesis(f, nil))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if _, err := ReadGenesis(doc); err != nil {
			wantProof(t, "hostile genesis", err)
		}
	})
}
