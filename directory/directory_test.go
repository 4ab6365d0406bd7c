package directory

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// book is as much of a ledger as a directory asks for.
type book struct {
	members []stele.Member
	stele.Ledger
	subjects map[stele.Subject]stele.Keys
	issuers  []stele.PublicKey
	admitted []stele.CredentialIssuer
	posted   map[stele.Subject]stele.StatusList
}

func (b *book) StatusList(s stele.Subject) (stele.StatusList, error) {
	if l, ok := b.posted[s]; ok {
		return l, nil
	}
	return stele.StatusList{}, stele.E("read", stele.KindNotFound, "no such status list", nil)
}

func (b *book) Subject(s stele.Subject) (stele.Keys, error) {
	if k, ok := b.subjects[s]; ok {
		return k, nil
	}
	return stele.Keys{}, stele.E("read", stele.KindNotFound, "no such subject", nil)
}

func (b *book) Consortium() (stele.Consortium, error) {
	return stele.Consortium{Chain: "town-1", Issuers: b.issuers, CredentialIssuers: b.admitted, Members: b.members}, nil
}

type place struct {
	t      testing.TB
	cfg    Config
	book   *book
	issuer wire.Ed25519
	now    time.Time
	*Directory
}

func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{t: t, issuer: wire.NewEd25519(), now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	p.book = &book{subjects: map[stele.Subject]stele.Keys{}, issuers: []stele.PublicKey{wire.Key(p.issuer.Public())}}
	p.cfg = Config{Folder: t.TempDir(), Ledger: p.book, Chain: "town-1", Member: ourMember, Clock: func() time.Time { return p.now }}
	p.reopen()
	t.Cleanup(func() { p.Close() })
	return p
}

func (p *place) reopen() {
	p.t.Helper()
	if p.Directory != nil {
		if err := p.Close(); err != nil {
			p.t.Fatal(err)
		}
	}
	var err error
	if p.Directory, err = Open(p.cfg); err != nil {
		p.t.Fatal(err)
	}
}

type holder struct {
	subject stele.Subject
	key     wire.Ed25519
	card    *wire.Card
}

func (p *place) holder(name, role string) holder {
	h := holder{stele.SubjectOf([]byte(name)), wire.NewEd25519(), nil}
	p.book.subjects[h.subject] = stele.Keys{Subject: h.subject, Signing: []stele.PublicKey{wire.Key(h.key.Public())}}
	h.card = &wire.Card{Chain: "town-1", Subject: h.subject[:], Name: name, Kind: "practitioner", Role: role, ExpiresMs: p.now.Add(time.Hour * 24).UnixMilli()}
	return h
}

func (h holder) signed(signers ...wire.Signer) *wire.Signed {
	return wire.Sign(wire.TagCard, h.card, signers...)
}

// ourMember is whose directory is tested.
var ourMember = stele.SubjectOf([]byte("member"))

func (h holder) oneTime(from, count int) (keys []*wire.Signed) {
	for i := range count {
		var seed [32]byte
		copy(seed[:], fmt.Sprint(h.card.Name, from+i))
		keys = append(keys, wire.Sign(wire.TagOneTimeKey, &wire.OneTimeKey{
			Chain: "town-1", Subject: h.subject[:], Index: uint32(from + i), Key: wire.Ed25519FromSeed(seed).Public(), Directory: ourMember[:],
		}, h.key))
	}
	return keys
}

func (p *place) register(h holder, keys ...*wire.Signed) uint32 {
	p.t.Helper()
	res, err := p.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, p.issuer), Keys: keys})
	if err != nil {
		p.t.Fatal(err)
	}
	return res.Keys
}

func (p *place) find(query string) string {
	p.t.Helper()
	res, err := p.FindCards(context.Background(), &wire.FindCardsRequest{Query: query})
	if err != nil {
		p.t.Fatal(err)
	}
	var names []string
	for _, signed := range res.Cards {
		var card wire.Card
		if err := wire.Decode(signed.Body, &card); err != nil {
			p.t.Fatal(err)
		}
		names = append(names, card.Name)
	}
	return strings.Join(names, ", ")
}

func TestCardsAreFound(t *testing.T) {
	p := newPlace(t)
	p.register(p.holder("Dr Jun Watanabe", "doctor"))
	okafor := p.holder("Dr Amara Okafor", "doctor")
	p.register(okafor)
	p.register(p.holder("Élise Dubois", "nurse"))
	p.reopen()
	for query, want := range map[string]string{
		"":                      "Dr Amara Okafor, Dr Jun Watanabe, Élise Dubois",
		"okafor":                "Dr Amara Okafor",
		"DOCTOR  jun":           "Dr Jun Watanabe",
		"élise":                 "Élise Dubois",
		"doctor nurse":          "",
		okafor.subject.String(): "Dr Amara Okafor",
	} {
		if got := p.find(query); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	p.now = p.now.Add(25 * time.Hour)
	if got := p.find(""); got != "" {
		t.Errorf("expired cards are found: %s", got)
	}
}

func TestRegisterTakesOnlyWhatHolds(t *testing.T) {
	p := newPlace(t)
	h, other := p.holder("Dr Amara Okafor", "doctor"), p.holder("Dr Jun Watanabe", "doctor")
	stranger := wire.NewEd25519()
	foreign := h
	foreign.card = &wire.Card{Chain: "town-2", Subject: h.subject[:], Name: "x", ExpiresMs: h.card.ExpiresMs}
	expired := h
	expired.card = &wire.Card{Chain: "town-1", Subject: h.subject[:], Name: "x", ExpiresMs: p.now.UnixMilli()}
	for name, in := range map[string]*wire.RegisterRequest{
		"nothing":            {},
		"no issuer":          {Card: h.signed(h.key)},
		"no holder":          {Card: h.signed(p.issuer)},
		"strange issuer":     {Card: h.signed(h.key, stranger)},
		"another network":    {Card: foreign.signed(h.key, p.issuer)},
		"expired":            {Card: expired.signed(h.key, p.issuer)},
		"another's key":      {Card: h.signed(h.key, p.issuer), Keys: other.oneTime(0, 1)},
		"key signed by none": {Card: h.signed(h.key, p.issuer), Keys: []*wire.Signed{{Body: h.oneTime(0, 1)[0].Body}}},
		"too many keys":      {Card: h.signed(h.key, p.issuer), Keys: make([]*wire.Signed, MaxKeys+1)},
	} {
		if _, err := p.Register(context.Background(), in); err == nil {
			t.Errorf("%s was registered", name)
		}
	}
	if got := p.find(""); got != "" {
		t.Errorf("registered %s", got)
	}
}

func TestAnOldCardDoesNotReplaceANewerOne(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	old := h.signed(h.key, p.issuer)
	h.card.ExpiresMs += 1000
	p.register(h)
	if _, err := p.Register(context.Background(), &wire.RegisterRequest{Card: old}); stele.KindOf(err) != stele.KindExists {
		t.Errorf("an old card came back: %v", err)
	}
	// After the holder's key was rotated the listed card holds no longer, and
	// any valid one may take its place.
	h.key = wire.NewEd25519()
	p.book.subjects[h.subject] = stele.Keys{Subject: h.subject, Signing: []stele.PublicKey{wire.Key(h.key.Public())}}
	h.card.ExpiresMs -= 500
	p.register(h)
}

func TestR10OneTimeKeysGoOutOnce(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	if n := p.register(h, h.oneTime(0, 40)...); n != 40 {
		t.Fatalf("%d keys held", n)
	}
	if n := p.register(h, h.oneTime(0, 40)...); n != 40 {
		t.Fatalf("%d keys held after registering again", n)
	}
	var mu sync.Mutex
	seen := map[string]bool{}
	take := func() {
		res, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: h.subject[:]})
		if err != nil {
			t.Error(err)
			return
		}
		var k wire.OneTimeKey
		if err := wire.Decode(res.Key.Body, &k); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if seen[string(k.Key.Key)] {
			t.Error("a key went out twice")
		}
		seen[string(k.Key.Key)] = true
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(take)
	}
	wg.Wait()
	p.reopen()
	// Registering taken keys again, or the same key under another index,
	// brings none back.
	again := wire.Sign(wire.TagOneTimeKey, &wire.OneTimeKey{Chain: "town-1", Subject: h.subject[:], Index: 999, Key: keyOf(t, h.oneTime(3, 1)[0]), Directory: ourMember[:]}, h.key)
	if n := p.register(h, append(h.oneTime(0, 40), again)...); n != 20 {
		t.Fatalf("%d keys held, want 20", n)
	}
	for range 20 {
		take()
	}
	if _, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: h.subject[:]}); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("out of keys: %v", err)
	}
	nobody := stele.SubjectOf([]byte("nobody"))
	if _, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: nobody[:]}); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("nobody's key: %v", err)
	}
}

func keyOf(t testing.TB, signed *wire.Signed) *wire.PublicKey {
	t.Helper()
	var k wire.OneTimeKey
	if err := wire.Decode(signed.Body, &k); err != nil {
		t.Fatal(err)
	}
	return k.Key
}

func TestKeysAreNotEmptiedAtOnce(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h, h.oneTime(0, 200)...)
	taken := 0
	for range 150 {
		_, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: h.subject[:]})
		if err == nil {
			taken++
		} else if stele.KindOf(err) != stele.KindBusy {
			t.Fatal(err)
		}
	}
	if taken != takeBurst {
		t.Errorf("%d taken at once, want %d", taken, takeBurst)
	}
	if _, err := p.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, p.issuer), Keys: h.oneTime(200, 900)}); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("more than a thousand keys: %v", err)
	}
	if held := p.register(h, h.oneTime(200, MaxKeys-200+taken)...); held != MaxKeys {
		t.Errorf("%d keys are held, want %d", held, MaxKeys)
	}
	if _, err := p.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, p.issuer), Keys: h.oneTime(2*MaxKeys, 1)}); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("a thousand and one keys: %v", err)
	}
}

func (p *place) collect(h holder, since uint64) ([]*wire.Delivery, error) {
	nonce := stele.NewID()
	res, err := p.Collect(context.Background(), &wire.CollectRequest{Request: wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: "town-1", Audience: p.cfg.Member[:], Subject: h.subject[:], AtMs: p.now.UnixMilli(), Nonce: nonce[:], Since: since,
	}, h.key)})
	return res.GetDeliveries(), err
}

// TestPostArrivesAfterABackupWasPutBack: numbers go on from an earlier one then, and the
// holder has collected up to a later one.
func TestPostArrivesAfterABackupWasPutBack(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h)
	for i := range 3 {
		if _, err := p.Deliver(context.Background(), &wire.DeliverRequest{To: h.subject[:], Sealed: fmt.Append(nil, "package ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, since := range []uint64{80, math.MaxUint64} {
		got, err := p.collect(h, since)
		if err != nil || len(got) != 3 || got[2].Number != 3 {
			t.Errorf("after %d: %d packages, %v", since, len(got), err)
		}
	}
	if got, err := p.collect(h, 3); err != nil || len(got) != 0 {
		t.Errorf("after 3: %d packages, %v", len(got), err)
	}
	if got, err := p.collect(h, 80); err != nil || len(got) != 3 {
		t.Errorf("again after 80: %d packages, %v", len(got), err)
	}
}

func TestPostIsKeptUntilCollected(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	deliver := func(text string) error {
		_, err := p.Deliver(context.Background(), &wire.DeliverRequest{To: h.subject[:], Sealed: []byte(text)})
		return err
	}
	if err := deliver("x"); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("delivered to somebody who is not registered: %v", err)
	}
	p.register(h)
	for i := range 3 {
		if err := deliver(fmt.Sprint("package ", i)); err != nil {
			t.Fatal(err)
		}
	}
	p.reopen()
	got, err := p.collect(h, 0)
	if err != nil || len(got) != 3 || string(got[2].Sealed) != "package 2" || got[0].Number >= got[1].Number {
		t.Fatalf("collected %v, %v", got, err)
	}
	if got, err := p.collect(h, got[1].Number); err != nil || len(got) != 1 || string(got[0].Sealed) != "package 2" {
		t.Errorf("collected on %v, %v", got, err)
	}
	thief := h
	thief.key = wire.NewEd25519()
	if _, err := p.collect(thief, 0); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a thief collected: %v", err)
	}
	for _, sealed := range []string{"", strings.Repeat("x", stele.MaxPackage+1)} {
		if err := deliver(sealed); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("a package of %d bytes: %v", len(sealed), err)
		}
	}
}

func TestFullBoxMakesRoomOnlyOfWhatArrived(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h)
	deliver := func() error {
		_, err := p.Deliver(context.Background(), &wire.DeliverRequest{To: h.subject[:], Sealed: make([]byte, stele.MaxPackage)})
		return err
	}
	// Who says that everything to come has arrived is believed of nothing.
	if _, err := p.collect(h, 1<<40); err != nil {
		t.Fatal(err)
	}
	count := 0
	for ; deliver() == nil; count++ {
	}
	if want := maxBoxBytes / stele.MaxPackage; count != want {
		t.Fatalf("the box holds %d packages, want %d", count, want)
	}
	if err := deliver(); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("a full box: %v", err)
	}
	// Pages: everything comes, in order, without a gap.
	var last uint64
	pages, all := 0, 0
	for {
		got, err := p.collect(h, last)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		for _, d := range got {
			if d.Number != last+1 {
				t.Fatalf("number %d after %d", d.Number, last)
			}
			last = d.Number
		}
		pages, all = pages+1, all+len(got)
	}
	if all != count || pages < 2 {
		t.Errorf("collected %d in %d pages", all, pages)
	}
	if err := deliver(); err != nil {
		t.Fatalf("after collecting: %v", err)
	}
	if got, err := p.collect(h, last); err != nil || len(got) != 1 || got[0].Number != last+1 {
		t.Errorf("the newest is %v, %v", got, err)
	}
}

// TestASmallPackageDoesNotOvertake: what does not fit an answer is not passed by what
// does, or the number of that would say that both arrived.
func TestASmallPackageDoesNotOvertake(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h)
	sizes := slices.Repeat([]int{stele.MaxPackage}, maxPage/stele.MaxPackage-1)
	for _, size := range append(sizes, stele.MaxPackage/2, stele.MaxPackage, 1) { // of the last two only the small one fits
		if _, err := p.Deliver(context.Background(), &wire.DeliverRequest{To: h.subject[:], Sealed: make([]byte, size)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := p.collect(h, 0)
	if err != nil || len(got) != len(sizes)+1 {
		t.Fatalf("%d packages came: %v", len(got), err)
	}
	for i, d := range got {
		if d.Number != uint64(i+1) {
			t.Errorf("package %d comes in place %d", d.Number, i+1)
		}
	}
}

func TestOpenNeedsEverything(t *testing.T) {
	if _, err := Open(Config{}); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("opened nothing: %v", err)
	}
}

// TestR26IssuerSpeaksForItsOwnPeopleOnly: another member's issuer can't list
// somebody as one of the clinic's.
func TestR26IssuerSpeaksForItsOwnPeopleOnly(t *testing.T) {
	p := newPlace(t)
	clinic, h := p.holder("City Clinic", ""), p.holder("Dr Okafor", "doctor")
	h.card.Organisation = clinic.subject[:]
	register := func(signers ...wire.Signer) error {
		_, err := p.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(signers...)})
		return err
	}
	if err := register(h.key, p.issuer); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("another member's issuer: %v, want denied", err)
	}
	if err := register(h.key, p.issuer, clinic.key); err != nil {
		t.Errorf("with the clinic's own signature: %v", err)
	}
}

// TestR10AKeyIsHandedOutByOneDirectoryOnly: whoever was handed a key can't have it handed
// out again at another member's directory.
func TestR10AKeyIsHandedOutByOneDirectoryOnly(t *testing.T) {
	here, there := newPlace(t), newPlace(t)
	h := here.holder("Dr Amara Okafor", "doctor")
	there.book.subjects[h.subject] = here.book.subjects[h.subject]
	there.cfg.Member = stele.SubjectOf([]byte("another member"))
	there.reopen()
	keys := h.oneTime(0, 1)
	here.register(h, keys...)
	there.issuer = here.issuer
	there.book.issuers = here.book.issuers
	if _, err := there.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, here.issuer), Keys: keys}); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("another directory took it: %v", err)
	}
	if _, err := there.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, here.issuer)}); err != nil {
		t.Errorf("the card alone: %v", err)
	}
}

// TestR10KeysOfTheLastReleaseGoAndTheirHolderHearsOfIt: they name no directory, so any
// might hand them out again. When their holder asks how many there are, they are none, and
// new ones go out.
func TestR10KeysOfTheLastReleaseGoAndTheirHolderHearsOfIt(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h)
	for i := range 3 {
		key := wire.Sign(wire.TagOneTimeKey, &wire.OneTimeKey{
			Chain: "town-1", Subject: h.subject[:], Index: uint32(i), Key: wire.NewEd25519().Public(),
		}, h.key)
		if err := p.db.Set(numbered(rowKey, h.subject, uint64(i+1)), wire.Marshal(key), nil); err != nil {
			t.Fatal(err)
		}
	}
	if held := p.register(h); held != 0 {
		t.Errorf("%d keys are held, want none", held)
	}
	fresh := h.oneTime(0, 2)
	if held := p.register(h, fresh...); held != 2 {
		t.Errorf("%d keys are held, want 2", held)
	}
	got, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: h.subject[:]})
	if err != nil || !bytes.Equal(got.Key.Body, fresh[0].Body) {
		t.Errorf("handed out: %v, %v", got, err)
	}
}
