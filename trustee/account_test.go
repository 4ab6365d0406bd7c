package trustee

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

func page(t testing.TB, w *town, i int, since uint64) *wire.DetailsResponse {
	t.Helper()
	res, err := w.trustees[i].Details(context.Background(), ownRequest(w, i, w.patient, since))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// checkReceipt checks a receipt under the root that the book holds.
func checkReceipt(t testing.TB, w *town, r *wire.ReceiptProof) {
	t.Helper()
	if len(r.Batch) == 0 {
		t.Fatal("the receipt was not posted")
	}
	post := w.book.posts[stele.ID(r.Batch)]
	if post == nil || post.Count != r.Count {
		t.Fatalf("the batch on the ledger is %v", post)
	}
	var path []stele.Digest
	for _, d := range r.Path {
		path = append(path, stele.Digest(d))
	}
	hash := wire.Hash(wire.TagReceipt, r.Receipt.Body)
	if err := merkle.VerifyInclusion(merkle.LeafHash(hash[:]), uint64(r.Index), uint64(r.Count), path, stele.Digest(post.Root)); err != nil {
		t.Error(err)
	}
}

func TestR6ReceiptsArePostedAndProved(t *testing.T) {
	w := newTown(t)
	for range 5 {
		mustRelease(t, w.open(nil, nil), 0)
	}
	for _, r := range page(t, w, 0, 0).Receipts {
		if len(r.Batch) != 0 || r.Entry != nil {
			t.Fatal("a receipt is said to be posted that was not")
		}
	}
	w.trustees[0].cfg.Posting = func(_ context.Context, batch stele.ID) (*wire.EntryProof, error) {
		return &wire.EntryProof{Event: batch[:]}, nil
	}
	if err := w.trustees[0].Post(context.Background()); err != nil {
		t.Fatal(err)
	}
	mustRelease(t, w.open(nil, nil), 0)
	if err := w.trustees[0].Post(context.Background()); err != nil {
		t.Fatal(err)
	}
	res := page(t, w, 0, 0)
	if len(res.Receipts) != 6 || len(res.Details) != 6 || len(w.book.posts) != 2 {
		t.Fatalf("%d receipts, %d details, %d postings", len(res.Receipts), len(res.Details), len(w.book.posts))
	}
	for _, r := range res.Receipts {
		checkReceipt(t, w, r)
		if string(r.Entry.GetEvent()) != string(r.Batch) {
			t.Error("the entry's proof is another batch's")
		}
		var receipt wire.Receipt
		if err := wire.Decode(r.Receipt.Body, &receipt); err != nil {
			t.Fatal(err)
		}
		if _, ok := w.book.Accesses[stele.ID(receipt.Request)]; !ok {
			t.Error("a receipt without an access on the ledger")
		}
	}
}

func TestLaw8ReceiptsSurviveRestartsAndSilence(t *testing.T) {
	w := newTown(t)
	reopen := func() {
		t.Helper()
		if err := w.trustees[0].Close(); err != nil {
			t.Fatal(err)
		}
		var err error
		if w.trustees[0], err = Open(w.configs[0]); err != nil {
			t.Fatal(err)
		}
	}
	mustRelease(t, w.open(nil, nil), 0)
	w.book.down = true
	if err := w.trustees[0].Post(context.Background()); stele.KindOf(err) != stele.KindUnreachable {
		t.Fatalf("posting into silence: %v", err)
	}
	if r := page(t, w, 0, 0).Receipts[0]; len(r.Batch) != 0 {
		t.Error("a receipt is said to be posted that only waits to be")
	}
	reopen()
	mustRelease(t, w.open(nil, nil), 0)

	// The ledger takes the first batch, but the answer is lost; then the
	// transaction expires.
	w.book.down, w.book.deaf = false, true
	_ = w.trustees[0].Post(context.Background())
	w.book.deaf = false
	reopen()
	w.pass(10*time.Minute, true)
	if err := w.trustees[0].Post(context.Background()); err != nil {
		t.Fatal(err)
	}
	res := page(t, w, 0, 0)
	if len(res.Receipts) != 2 || len(w.book.posts) != 2 {
		t.Fatalf("%d receipts in %d postings, want each once", len(res.Receipts), len(w.book.posts))
	}
	for _, r := range res.Receipts {
		checkReceipt(t, w, r)
	}
}

func TestReceiptsArePostedByThemselves(t *testing.T) {
	w := newTown(t, func(c *Config) { c.Batch = 10 * time.Millisecond })
	mustRelease(t, w.open(nil, nil), 0)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if r := page(t, w, 0, 0).Receipts; len(r) == 1 && len(r[0].Batch) > 0 {
			w.book.Lock()
			defer w.book.Unlock()
			checkReceipt(t, w, r[0])
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the receipt was not posted")
		}
	}
}

func TestDetailsAreTheSubjectsOnly(t *testing.T) {
	w := newTown(t)
	mustRelease(t, w.open(nil, nil), 0)
	ask := func(r *wire.DetailsRequest) error {
		_, err := w.trustees[0].Details(context.Background(), r)
		return err
	}
	good := ownRequest(w, 0, w.patient, 0)
	if err := ask(good); err != nil {
		t.Fatal(err)
	}
	if stele.KindOf(ask(good)) != stele.KindDenied {
		t.Error("a request passed twice")
	}
	if stele.KindOf(ask(ownRequest(w, 1, w.patient, 0))) != stele.KindDenied {
		t.Error("a request made for another member passed")
	}
	impostor := w.patient
	impostor.sign = w.thief.sign
	if stele.KindOf(ask(ownRequest(w, 0, impostor, 0))) != stele.KindDenied {
		t.Error("a thief's key passed")
	}
	old := ownRequest(w, 0, w.patient, 0)
	w.pass(6*time.Minute, true)
	if stele.KindOf(ask(old)) != stele.KindDenied {
		t.Error("an old request passed")
	}
	if res, err := w.trustees[0].Details(context.Background(), ownRequest(w, 0, w.thief, 0)); err != nil || len(res.Details) != 0 || len(res.Receipts) != 0 {
		t.Errorf("the thief found %v (%v)", res, err)
	}
}

// grantless asks without any grant, signed by the card's holder or by another.
func grantless(w *town, o *opening, signer wire.Signer) error {
	read := &wire.ReadRequest{
		Chain: chainID, Audience: w.members[0][:], Subject: w.patient.subject[:], Detail: o.read.Detail, DetailSalt: o.read.DetailSalt,
		ReaderKey: o.reader.Public(), AtMs: w.now().UnixMilli(),
	}
	_, err := w.trustees[0].Release(context.Background(), &wire.ReleaseRequest{Request: wire.Sign(wire.TagRead, read, signer)})
	return err
}

func TestAttemptsWithoutGrantReachThePatient(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	same(t, grantless(w, o, w.doctor.sign))
	got := details(w, 0)
	if len(got) != 1 || got[0].Released || got[0].Why != "there was no grant" || len(got[0].Detail) == 0 {
		t.Fatalf("the patient finds %v", got)
	}
	same(t, grantless(w, o, w.thief.sign))
	if got := details(w, 0); len(got) != 2 || !strings.Contains(got[1].Why, "did not sign") {
		t.Fatalf("the patient finds %v", got)
	}
	// For an unknown patient, or without a card, nothing is kept.
	w.trustees[0].kept()
	rows := w.trustees[0].shelf.last
	delete(w.book.Subjects, w.patient.subject)
	same(t, grantless(w, o, w.doctor.sign))
	if w.trustees[0].kept(); w.trustees[0].shelf.last != rows {
		t.Error("something was kept for nobody")
	}
}

func TestNobodyFillsTheDiskWithAttempts(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	kept := func() uint64 { w.trustees[0].kept(); return w.trustees[0].shelf.last }
	for range 2 * askerMinute {
		same(t, grantless(w, o, w.doctor.sign))
	}
	if kept() != askerMinute {
		t.Fatalf("%d kept in a minute, want %d", kept(), askerMinute)
	}
	for kept() < askerDay {
		before := kept()
		w.pass(time.Minute, true)
		for range askerMinute {
			same(t, grantless(w, o, w.doctor.sign))
		}
		if kept() == before {
			break
		}
	}
	w.pass(time.Minute, true)
	same(t, grantless(w, o, w.doctor.sign))
	if kept() != askerDay {
		t.Fatalf("%d kept in a day, want %d", kept(), askerDay)
	}
	all := details(w, 0)
	if !strings.Contains(all[len(all)-1].Why, "further refused attempts") {
		t.Error("the last one does not say that more came")
	}
	// Those that the card's holder did not sign have room of their own, and
	// the next day there is room again.
	same(t, grantless(w, o, w.thief.sign))
	if kept() != askerDay+1 {
		t.Error("a doubtful attempt was crowded out")
	}
	w.pass(24*time.Hour, true)
	same(t, grantless(w, o, w.doctor.sign))
	if kept() != askerDay+2 {
		t.Error("nothing was kept on the next day")
	}
	if dropped := w.trustees[0].Stats().Dropped; dropped < askerMinute {
		t.Errorf("%d counted as not kept", dropped)
	}
}

// TestR44OneGrantFillsNoTrustee: of one access 16 MiB are kept, and of all that one card opens 256 MiB at once and in
// a day, however many grants and accesses it has: 60 at once and 4,320 a day of one grant (contract/state). Another's
// card has room.
func TestR44OneGrantFillsNoTrustee(t *testing.T) {
	w := newTown(t)
	tr, now, kept := w.trustees[0], w.now(), 0
	reads := func(who string, at time.Time) *asking.Reading {
		card := stele.SubjectOf([]byte(who))
		return &asking.Reading{Request: stele.NewID(), Now: at, Card: &asking.Card{Says: &wire.Card{Subject: card[:]}, Issuer: wire.Key(w.issuer.Public())}}
	}
	const statement = 8 * (32 << 10) // 32 of an access, each for 8 devices
	for i := range 60 + 3*60*24 {
		r := reads("card", now.Add(time.Duration(max(0, i-60))*20*time.Second))
		for range 32 {
			if tr.keeps(r, stele.Caller{}, statement, r.Now.Add(time.Minute)) {
				kept += statement
			}
		}
	}
	if kept < holderDay || kept > 2*holderDay+statement {
		t.Errorf("of one card, in one day, one trustee keeps %d MiB", kept>>20)
	}
	if r := reads("another", now.Add(24*time.Hour)); !tr.keeps(r, stele.Caller{}, accessBytes, r.Now.Add(time.Minute)) {
		t.Error("another's card has no room")
	}
}

// TestR44MadeUpPeopleFillNoTrustee: 400 whose cards one issuer signed had 99 GiB kept of charts that it made up, too, in a
// moment; and so had as many who came as patients and opened their own. Another issuer's people have room, and those of
// another address, and this machine's.
func TestR44MadeUpPeopleFillNoTrustee(t *testing.T) {
	w := newTown(t)
	tr, now := w.trustees[0], w.now()
	keeps := func(who int, issuer stele.PublicKey, from byte) bool {
		subject := stele.SubjectOf([]byte{byte(who), byte(who >> 8), from})
		r := &asking.Reading{Request: stele.NewID(), Now: now, Card: &asking.Card{Says: &wire.Card{Subject: subject[:]}, Issuer: issuer}}
		return tr.keeps(r, stele.Caller{from}, accessBytes, now.Add(time.Minute))
	}
	fill := func(issuer stele.PublicKey, from byte) (kept int) {
		for who := range 400 {
			for range holderDay / accessBytes {
				if keeps(who, issuer, from) {
					kept += accessBytes
				}
			}
		}
		return kept
	}
	if kept := fill(wire.Key(w.issuer.Public()), 1); kept != issuedDay {
		t.Errorf("of one issuer's people %d MiB are kept", kept>>20)
	}
	// A holder shares a place in memory with one of those who used theirs up by chance, and so does each of eight hardly ever.
	room := func(issuer stele.PublicKey, from byte) bool {
		return slices.ContainsFunc([]int{400, 401, 402, 403, 404, 405, 406, 407}, func(who int) bool { return keeps(who, issuer, from) })
	}
	if !room(wire.Key(wire.NewEd25519().Public()), 1) {
		t.Error("another issuer's people have no room")
	}
	if kept := fill(stele.PublicKey{}, 2); kept != selfDay {
		t.Errorf("of one address' patients %d MiB are kept", kept>>20)
	}
	if !room(stele.PublicKey{}, 3) {
		t.Error("another address' patient has no room")
	}
	if kept := fill(stele.PublicKey{}, 0); kept <= selfDay {
		t.Errorf("of this machine's patients %d MiB are kept", kept>>20)
	}
}

// TestR44WhoOpensTheirOwnChartCountsForTheirAddress: by what is released to them, and by what they say they looked at.
func TestR44WhoOpensTheirOwnChartCountsForTheirAddress(t *testing.T) {
	w := newTown(t)
	tr := w.trustees[0]
	tr.selves = own.NewPaces(time.Hour, 1, 1) // no address has any room
	o := w.open(func(g *consent.Grant) {
		g.Actor = consent.Actor{Kind: consent.Practitioner, Party: consent.Party{Subject: w.patient.subject, Name: "Mira Holm"}}
		g.Purposes = []stele.Purpose{stele.PatientRequest}
	}, func(d *wire.AccessDetail) {
		d.Card, d.Purpose = asking.SelfCard(chainID, w.patient.subject, w.now().Add(time.Hour), w.patient.sign), string(stele.PatientRequest)
	})
	o.read.Audience, o.read.AtMs = w.members[0][:], w.now().UnixMilli()
	for from, want := range map[stele.Caller]stele.Kind{{1}: stele.KindDenied, {}: 0} {
		ctx := stele.WithCaller(t.Context(), from)
		_, err := tr.Release(ctx, &wire.ReleaseRequest{Request: wire.Sign(wire.TagRead, &o.read, o.grantee, w.patient.sign), Capsules: o.refs})
		if stele.KindOf(err) != want {
			t.Errorf("a release to %x: %v", from[0], err)
		}
		_, err = tr.View(ctx, &wire.ViewRequest{
			Viewed: wire.Sign(wire.TagViewed, &wire.Viewed{
				Chain: chainID, Subject: w.patient.subject[:], Request: o.read.Request, AtMs: w.now().UnixMilli(), Records: 1 + uint32(from[0]),
			}, o.grantee, w.patient.sign), Detail: o.read.Detail, DetailSalt: o.read.DetailSalt,
		})
		if stele.KindOf(err) != want {
			t.Errorf("a statement of %x: %v", from[0], err)
		}
	}
}

// TestACapsuleOfARecordThatNobodyBroughtIsRefused: a vault may make any up for a folio; one whose handle is none is
// refused, too, whatever the folio's label is.
func TestACapsuleOfARecordThatNobodyBroughtIsRefused(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	folio := o.refs[0]
	single := func(handle []byte) *wire.CapsuleRef {
		ref := proto.Clone(folio).(*wire.CapsuleRef)
		ref.Handle = handle
		var key [32]byte
		committee := w.book.Network.Committee.Key
		var id stele.ID
		copy(id[:], handle)
		var err error
		ref.Capsule, err = threshold.Encrypt(committee, wire.RecordLabelBytes(chainID, committee, w.patient.subject, wire.FolioDigest(folio.Head), id, stele.ID{}), &key)
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	one := stele.NewID()
	o.refs = []*wire.CapsuleRef{folio, single(one[:])}
	if _, err := o.ask(0); stele.KindOf(err) != stele.KindDenied || !strings.Contains(details(w, 0)[0].Why, "brought") {
		t.Errorf("a record's capsule that was made up: %v, %q", err, details(w, 0)[0].Why)
	}
	o.refs = []*wire.CapsuleRef{folio, single([]byte("short"))}
	if _, err := o.ask(0); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a handle that is none: %v", err)
	}
}

func TestReleasesUnderOneAccessAreLimited(t *testing.T) {
	var r releases
	id, now := stele.NewID(), time.Now()
	for range accessTimes {
		if !r.allow(id, 1, now.Add(time.Minute), now) {
			t.Fatal("refused too early")
		}
	}
	if r.allow(id, 1, now.Add(time.Minute), now) {
		t.Error("released without end")
	}
	fat := stele.NewID()
	if !r.allow(fat, accessBytes, now.Add(time.Minute), now) || r.allow(fat, 1, now.Add(time.Minute), now) {
		t.Error("what is kept of one access has another bound")
	}
	for range 10_000 {
		r.allow(stele.NewID(), 1, now, now.Add(time.Second))
	}
	if len(r.of) > 5000 || r.allow(id, 1, now, now) {
		t.Errorf("%d remembered, or the open one forgotten", len(r.of))
	}
}

func TestDetailsComeInPages(t *testing.T) {
	w := newTown(t)
	s := w.trustees[0].shelf
	big := make([]byte, pageBytes/4)
	for range 9 {
		if err := s.keep(w.patient.subject, []*wire.SealedDetail{{Sealed: big}}, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.keep(w.thief.subject, []*wire.SealedDetail{{Sealed: big}}, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	found, pages := 0, 0
	for since := uint64(0); ; pages++ {
		res := page(t, w, 0, since)
		found += len(res.Details)
		if since = res.Next; since == 0 {
			break
		}
	}
	if found != 9 || pages < 2 {
		t.Errorf("%d details in %d pages", found, pages+1)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	if _, err := Open(Config{}); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("opened nothing: %v", err)
	}
	w := newTown(t)
	if _, err := Open(w.configs[0]); err == nil {
		t.Error("one folder was opened twice")
	} else if e, ok := errors.AsType[*stele.Error](err); !ok || e.Text == "" {
		t.Errorf("said %v", err)
	}
}

// TestLaw8ABatchOfTheLastReleaseIsPostedUnderAnotherID: its id is none that the ledger
// takes now. What was posted before stays so; the receipts of what was not go into
// another batch, each once.
func TestLaw8ABatchOfTheLastReleaseIsPostedUnderAnotherID(t *testing.T) {
	for _, onLedger := range []bool{false, true} {
		w := newTown(t)
		tr := w.trustees[0]
		mustRelease(t, w.open(nil, nil), 0)
		mustRelease(t, w.open(nil, nil), 0)
		if _, err := tr.makeBatch(); err != nil {
			t.Fatal(err)
		}
		old := earlierBatch(t, tr)
		tr.cfg.Posting = func(_ context.Context, batch stele.ID) (*wire.EntryProof, error) {
			if batch == old && !onLedger {
				return nil, stele.E("prove", stele.KindNotFound, "no such batch", nil)
			}
			return &wire.EntryProof{Event: batch[:]}, nil
		}
		for range 2 {
			if err := tr.Post(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		res := page(t, w, 0, 0)
		if want := map[bool]int{false: 1, true: 0}[onLedger]; len(w.book.posts) != want || len(res.Receipts) != 2 {
			t.Fatalf("on the ledger %v: %d postings, want %d, and %d receipts", onLedger, len(w.book.posts), want, len(res.Receipts))
		}
		for _, r := range res.Receipts {
			if !onLedger { // the book here never saw the other
				checkReceipt(t, w, r)
			}
			if posted := string(r.Batch) == string(old[:]); posted != onLedger {
				t.Errorf("on the ledger %v: a receipt is told as of batch %x", onLedger, r.Batch)
			}
		}
	}
}

// earlierBatch gives a trustee's one batch an id of the last release, drawn at random.
func earlierBatch(t *testing.T, tr *Trustee) stele.ID {
	t.Helper()
	old, b := stele.NewID(), tr.shelf.db.NewBatch()
	defer b.Close()
	for _, kind := range []byte{rowMember, rowBatch, rowOpen} {
		if err := tr.shelf.scan([]byte{kind}, true, func(key, value []byte) bool {
			if kind == rowMember {
				b.Set(slices.Clone(key), slices.Concat(old[:], value[16:]), nil)
				return true
			}
			b.Delete(slices.Clone(key), nil)
			if kind == rowBatch {
				var leaves []stele.Digest
				for leaf := range slices.Chunk(value, 32) {
					leaves = append(leaves, stele.Digest(leaf))
				}
				b.Set(batchKey(rowBatch, old), value, nil)
				b.Set(batchKey(rowOpen, old), tr.transaction(old, leaves), nil)
			}
			return kind != rowOpen
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Commit(pebble.Sync); err != nil {
		t.Fatal(err)
	}
	return old
}
