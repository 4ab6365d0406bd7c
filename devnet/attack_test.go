package devnet_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// A lying member: the parts of a wallet's network that tests put in the place of
// its first member's.

type lyingLedger struct {
	members.Ledger
	keys map[stele.Subject]*wire.Device
	log  *wire.LogProof
}

func (l lyingLedger) Keys(ctx context.Context, s stele.Subject) ([]*wire.Device, error) {
	if d := l.keys[s]; d != nil {
		return []*wire.Device{d}, nil
	}
	return l.Ledger.Keys(ctx, s)
}

func (l lyingLedger) Log(ctx context.Context, request *wire.Signed) (*wire.LogProof, error) {
	if l.log != nil {
		return l.log, nil
	}
	return l.Ledger.Log(ctx, request)
}

type lyingDirectory struct {
	members.Directory
	card *wire.Signed
	key  *wire.Signed
}

func (l lyingDirectory) FindCards(ctx context.Context, in *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	if l.card == nil {
		return l.Directory.FindCards(ctx, in)
	}
	return &wire.FindCardsResponse{Cards: []*wire.Signed{l.card}}, nil
}

func (l lyingDirectory) TakeKey(context.Context, *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error) {
	return &wire.TakeKeyResponse{Card: l.card, Key: l.key}, nil
}

type lyingVault struct {
	members.Vault
	bend func([]*wire.FolioItem) []*wire.FolioItem
}

func (l lyingVault) ListOwn(ctx context.Context, in *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	out, err := l.Vault.ListOwn(ctx, in)
	if err == nil {
		out.Folios = l.bend(out.Folios)
	}
	return out, err
}

func (l lyingVault) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	out, err := l.Vault.ListFolios(ctx, in)
	if err == nil {
		out.Folios = l.bend(out.Folios)
	}
	return out, err
}

// TestLaw3OneMemberCannotPutItsKeyInAnothersPlace: the patient's own member says
// that the doctor's key is another, shows a card signed with it and by its
// issuer, and keeps the one-time keys. The grant must not go to it.
func TestLaw3OneMemberCannotPutItsKeyInAnothersPlace(t *testing.T) {
	p := town.patient(t, "Ida Falk")
	d := town.doctor(t, "Dr Roe Target", town.Names()[1])
	thief, thiefSeal := wire.NewEd25519(), must1(seal.NewSealKey())
	subject, evil := d.Subject(), town.org(t, town.Names()[0])
	evilDirectory := evil.Subject()
	card := &wire.Card{
		Chain: p.Consortium().Chain, Subject: subject[:], Name: "Dr Roe Target", Kind: "practitioner", SealKey: thiefSeal.Public(),
		ExpiresMs: time.Now().Add(time.Hour).UnixMilli(),
	}
	oneTime := &wire.OneTimeKey{Chain: p.Consortium().Chain, Subject: subject[:], Key: wire.NewEd25519().Public(), Directory: evilDirectory[:]}
	i := slices.IndexFunc(p.Network.Members, func(m members.Member) bool { return m.Subject == evil.Subject() })
	p.Network.Members[0], p.Network.Members[i] = p.Network.Members[i], p.Network.Members[0]
	m := &p.Network.Members[0]
	m.Ledger = lyingLedger{Ledger: m.Ledger, keys: map[stele.Subject]*wire.Device{subject: {Signing: thief.Public()}}}
	m.Directory = lyingDirectory{m.Directory, wire.Sign(wire.TagCard, card, thief, evil.Keyring().Signer()), wire.Sign(wire.TagOneTimeKey, oneTime, thief)}

	found, err := p.Find(t.Context(), "Dr Roe Target")
	must(t, err)
	if string(found.Card.SealKey) == string(thiefSeal.Public()) {
		t.Fatal("the wallet believed the forged card")
	}

	// The true card with one more signature on it is a true card; the key that
	// comes with it is not.
	found.Signed.Signatures = append(found.Signed.Signatures, wire.SignBytes(wire.TagCard, found.Signed.Body, thief).Signatures...)
	found.Member = *m
	if _, _, err := p.Give(t.Context(), found, readGrant(stele.Allergies)); stele.KindOf(err) != stele.KindProof {
		t.Errorf("the directory's key instead of the doctor's: %v, want a failed proof", err)
	}
}

// TestR26TwoOfOneNameAreNotChosenBetween: a member may give a card with a name
// that looks like another's; a grant to "the" holder of that name is then not
// given to either.
func TestR26TwoOfOneNameAreNotChosenBetween(t *testing.T) {
	p := town.patient(t, "Ida Falk")
	town.doctor(t, "Dr Double", town.Names()[1])
	town.doctor(t, "Dr Double", town.Names()[0])
	if _, err := p.Find(t.Context(), "Dr Double"); stele.KindOf(err) != stele.KindUsage {
		t.Errorf("%v, want a question back", err)
	}
}

// liar makes one member's vault lie to a wallet.
func liar(s *client.Session, bend func([]*wire.FolioItem) []*wire.FolioItem) {
	for i := range s.Network.Members {
		if m := &s.Network.Members[i]; m.Name == town.Name(town.Names()[0]) {
			honest := m.Vault
			if v, ok := honest.(lyingVault); ok {
				honest = v.Vault
			}
			m.Vault = lyingVault{honest, bend}
		}
	}
}

// TestLaw3PatientAlwaysOpensHerOwn: one vault that spoils envelopes keeps nothing
// from her.
func TestLaw3PatientAlwaysOpensHerOwn(t *testing.T) {
	at := town.Names()[0]
	p := town.patient(t, "Ida Falk", at)
	town.deliver(t, at, p, note("a1", stele.Allergies, "2026-01-02"), note("m1", stele.Medications, "2026-01-02"))
	for name, bend := range map[string]func(*wire.FolioItem){
		"none":    func(f *wire.FolioItem) { f.Envelopes = nil },
		"damaged": func(f *wire.FolioItem) { f.Envelopes[0].Sealed[40] ^= 1 },
	} {
		liar(p, func(items []*wire.FolioItem) []*wire.FolioItem {
			for _, f := range items {
				bend(f)
			}
			return items
		})
		chart, err := p.Charts.OpenOwn(t.Context())
		if err != nil || len(chart.Records) != 2 {
			t.Errorf("%s: %v, %v", name, chart, err)
		}
	}
}

// TestLaw3OneVaultCannotCloseAChart: neither with capsules that do not check nor
// with folios that were never anchored.
func TestLaw3OneVaultCannotCloseAChart(t *testing.T) {
	at := town.Names()[0]
	p := town.patient(t, "Ida Falk", at)
	d := town.doctor(t, "Dr Open", at)
	town.deliver(t, at, p, note("a1", stele.Allergies, "2026-01-02"), note("m1", stele.Medications, "2026-01-02"))
	grant(t, p, d, readGrant(stele.Allergies, stele.Medications))
	committee := d.Consortium().Committee.Key
	for name, bend := range map[string]func([]*wire.FolioItem) []*wire.FolioItem{
		"damaged capsules": func(items []*wire.FolioItem) []*wire.FolioItem {
			for _, f := range items {
				f.Capsule[50] ^= 1
			}
			return items
		},
		"capsules of another key": func(items []*wire.FolioItem) []*wire.FolioItem {
			for _, f := range items {
				head, subject := new(wire.FolioHead), p.Subject()
				must(t, wire.Decode(f.Head, head))
				label := wire.CapsuleLabelBytes(d.Consortium().Chain, committee, subject, head, wire.FolioDigest(f.Head))
				f.Capsule = must1(threshold.Encrypt(committee, label, new([32]byte)))
			}
			return items
		},
		"a folio never anchored": func(items []*wire.FolioItem) []*wire.FolioItem {
			fake, head, subject, id := proto.CloneOf(items[0]), new(wire.FolioHead), p.Subject(), stele.NewID()
			must(t, wire.Decode(fake.Head, head))
			head.Folio = id[:]
			fake.Head = wire.Marshal(head)
			label := wire.CapsuleLabelBytes(d.Consortium().Chain, committee, subject, head, wire.FolioDigest(fake.Head))
			fake.Capsule = must1(threshold.Encrypt(committee, label, new([32]byte)))
			return append([]*wire.FolioItem{fake}, items...)
		},
	} {
		liar(d, bend)
		// Whoever lists a capsule first has it tried first: an honest vault may; and whoever
		// lists when all has been read is not listened to.
		told := name == "capsules of another key"
		for try := 0; try == 0 || try < 5 && !told; try++ {
			chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
			if err != nil || len(chart.Records) != 2 {
				t.Fatalf("%s: %v, %v", name, chart, err)
			}
			told = told || len(chart.Faults) > 0
		}
		if !told {
			t.Errorf("%s: nobody is blamed for it", name)
		}
	}
}

// TestLaw6AMemberCannotHideTheNewestEntries: a true but older log does not pass
// for the newest, and never takes the place of what was seen.
func TestLaw6AMemberCannotHideTheNewestEntries(t *testing.T) {
	at := town.Names()[0]
	p := town.patient(t, "Ida Falk", at)
	before, err := p.Log(t.Context())
	must(t, err)
	town.deliver(t, at, p, note("a1", stele.Allergies, "2026-01-02"))
	after, err := p.Log(t.Context())
	must(t, err)
	if after.Size <= before.Size {
		t.Fatal("nothing was added to the log")
	}
	seen := p.State().Head
	p.Network.Members[0].Ledger = lyingLedger{Ledger: p.Network.Members[0].Ledger, log: &wire.LogProof{First: seen.Size, Head: before.Proof.Head, Light: before.Proof.Light}}
	now, err := p.Log(t.Context())
	if err != nil || now.Size < after.Size || p.State().Head.Height < seen.Height {
		t.Errorf("%d entries, want %d; head at %d, was %d; %v", now.Size, after.Size, p.State().Head.Height, seen.Height, err)
	}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
