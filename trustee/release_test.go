package trustee

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/steletest"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

func mustRelease(t testing.TB, o *opening, i int) *wire.Released {
	t.Helper()
	r, err := o.ask(i)
	if err != nil {
		t.Fatalf("trustee %d refused: %v (%s)", i, err, lastWhy(o.w, i))
	}
	return r
}

// refused fails unless the trustee refused, exactly as always, and for the
// reason that begins with why.
func refused(t testing.TB, w *town, err error, i int, why string) {
	t.Helper()
	same(t, err)
	if got := lastWhy(w, i); !strings.HasPrefix(got, why) {
		t.Fatalf("refused because %q, want %q", got, why)
	}
}

func same(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("released")
	}
	e, ok := errors.AsType[*stele.Error](err)
	if !ok || *e != *refusal {
		t.Fatalf("refused as %#v, want the one refusal", err)
	}
}

// lastWhy opens the newest detail as the patient does.
func lastWhy(w *town, i int) string {
	details := details(w, i)
	if len(details) == 0 {
		return ""
	}
	return details[len(details)-1].Why
}

func ownRequest(w *town, i int, p person, since uint64) *wire.DetailsRequest {
	nonce := stele.NewID()
	return &wire.DetailsRequest{Request: wire.Sign(wire.TagOwn, &wire.OwnRequest{
		Chain: chainID, Audience: w.members[i][:], Subject: p.subject[:], AtMs: w.now().UnixMilli(), Nonce: nonce[:], Since: since,
	}, p.sign)}
}

func details(w *town, i int) []*wire.Detail {
	w.t.Helper()
	var all []*wire.Detail
	for since, first := uint64(0), true; first || since > 0; first = false {
		res, err := w.trustees[i].Details(context.Background(), ownRequest(w, i, w.patient, since))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, d := range res.Details {
			raw, err := w.patient.seal.Open(seal.TagAccount, wire.DetailContext(w.members[i], stele.ID(d.Id)), d.Sealed)
			if err != nil {
				w.t.Fatal(err)
			}
			m := new(wire.Detail)
			if err := wire.Decode(raw, m); err != nil {
				w.t.Fatal(err)
			}
			all = append(all, m)
		}
		since = res.Next
	}
	return all
}

func TestReleaseOpensTheChart(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	batch, _, _ := o.batch()
	var parts []*threshold.Verified
	for i := range 3 {
		r := mustRelease(t, o, i)
		v, err := batch.VerifyPartials(i+1, o.context(i), r.Partials, r.Proof)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, v)
	}
	keys, err := batch.Combine(parts...)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range keys {
		if seal.Key(k) != w.submission.keys[i] {
			t.Errorf("folio %d opened to another key", i)
		}
	}
}

func TestLaw1NoReleaseWithoutTheEvent(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	delete(w.book.Accesses, o.access.Request)
	_, err := o.ask(0)
	refused(t, w, err, 0, "the opening is not on the ledger")
	w.book.Accesses[o.access.Request] = o.access
	mustRelease(t, o, 0)
}

func TestLaw1NoReleaseThatWasNotRecorded(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	released := mustRelease(t, o, 0)
	got := details(w, 0)
	if len(got) != 1 || !got[0].Released || got[0].Records != 9 || len(got[0].Labels) != 2 || !proto.Equal(got[0].Receipt, released.Receipt) {
		t.Fatalf("the patient finds %v", got)
	}
}

func TestLaw1RecordSurvivesPowerLossAfterTheRelease(t *testing.T) {
	disk := vfs.NewCrashableMem()
	w := newTown(t, func(c *Config) {
		if c.Share(1).Index() == 1 {
			c.FS, c.Folder = disk, "trustee"
		}
	})
	o := w.open(nil, nil)
	mustRelease(t, o, 0)
	after := disk.CrashClone(vfs.CrashCloneCfg{}) // loses all that was not synced
	if err := w.trustees[0].Close(); err != nil {
		t.Fatal(err)
	}
	w.configs[0].FS = after
	var err error
	if w.trustees[0], err = Open(w.configs[0]); err != nil {
		t.Fatal(err)
	}
	if got := details(w, 0); len(got) != 1 || !got[0].Released {
		t.Fatalf("after the power cut the patient finds %d details", len(got))
	}
	if err := w.trustees[0].Post(context.Background()); err != nil || len(w.book.posts) != 1 {
		t.Fatalf("the receipt was not posted after the power cut: %v", err)
	}
}

func TestR1AccessOfAnotherChainOrUnfinalBlock(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	o.read.Chain = "town-2"
	_, err := o.ask(0)
	refused(t, w, err, 0, "") // another network's request is not kept: nobody was identified
	o.read.Chain = chainID

	ahead := o.access
	ahead.Height = w.book.Block.Height + 1
	w.book.Accesses[o.access.Request] = ahead
	_, err = o.ask(0)
	refused(t, w, err, 0, "the opening is not in a final block")
}

func TestR1RequestsForAnotherTrusteeAreRefused(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	o.read.Audience, o.read.AtMs = w.members[1][:], w.now().UnixMilli()
	_, err := o.send(0, wire.Sign(wire.TagRead, &o.read, o.grantee, o.w.doctor.sign))
	same(t, err)
	if _, err := o.send(1, wire.Sign(wire.TagRead, &o.read, o.grantee, o.w.doctor.sign)); err != nil {
		t.Fatal(err)
	}
}

func TestLaw2RevokedGrantOpensNothing(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	mustRelease(t, o, 0)
	g := w.book.Grants[o.grant.ID]
	g.Status = stele.GrantRevoked
	w.book.Grants[o.grant.ID] = g
	_, err := o.ask(0)
	refused(t, w, err, 0, "the grant was taken back")
}

func TestR2RevocationDuringTheReleaseCounts(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	reads := 0
	w.book.OnNewest = func() {
		// The last look before the release goes out comes after the work.
		if reads++; reads > 2 {
			w.book.Lock()
			g := w.book.Grants[o.grant.ID]
			g.Status = stele.GrantRevoked
			w.book.Grants[o.grant.ID] = g
			w.book.Unlock()
		}
	}
	_, err := o.ask(0)
	w.book.OnNewest = nil
	refused(t, w, err, 0, "the grant was taken back")
}

func TestLaw2StaleNodeRefusesEverything(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	w.pass(31*time.Second, false)
	_, err := o.ask(0)
	refused(t, w, err, 0, "the member's node was behind")
	w.pass(0, true)
	r := mustRelease(t, o, 0)
	var receipt wire.Receipt
	if _, err := wire.Open(wire.TagReceipt, r.Receipt, &receipt); err != nil || receipt.Height != w.book.Block.Height {
		t.Errorf("the receipt names height %d (%v), want %d", receipt.Height, err, w.book.Block.Height)
	}
}

func TestR2EndIsJudgedByTheLaterClock(t *testing.T) {
	w := newTown(t)
	short := func(g *consent.Grant) { g.End = w.now().Add(20 * time.Second) }
	o := w.open(short, nil)
	mustRelease(t, o, 0)
	w.pass(20*time.Second, false) // the chain stands still, our clock does not
	_, err := o.ask(0)
	refused(t, w, err, 0, "the grant has ended")

	w = newTown(t)
	o = w.open(short, nil)
	w.book.Block.Time = w.now().Add(20 * time.Second) // our clock is slow
	_, err = o.ask(0)
	refused(t, w, err, 0, "the grant has ended")
}

func TestR2OtherStatesOfTheGrant(t *testing.T) {
	w0 := newTown(t).now()
	for why, change := range map[string]func(*stele.Grant){
		"there was no grant":                        func(g *stele.Grant) { g.Subject = stele.SubjectOf([]byte("x")) },
		"the grant is not for reading":              func(g *stele.Grant) { g.Action = stele.ActionWrite },
		"the grant has ended":                       func(g *stele.Grant) { g.End = w0.Add(-time.Minute) }, // the document says later
		"the grant has not begun":                   func(g *stele.Grant) { g.NotBefore = g.NotBefore.Add(2 * time.Hour) },
		"the grant is not in force":                 func(g *stele.Grant) { g.Status = 9 },
		"the request was not signed by the grantee": func(g *stele.Grant) { g.Grantee = wire.Key(wire.NewEd25519().Public()) },
	} {
		w := newTown(t)
		o := w.open(nil, nil)
		g := o.grant
		change(&g)
		w.book.Grants[g.ID] = g
		_, err := o.ask(0)
		refused(t, w, err, 0, why)
	}
	w := newTown(t)
	o := w.open(nil, nil)
	g := o.grant
	g.Status = stele.GrantUsedUp // by this very access
	w.book.Grants[g.ID] = g
	mustRelease(t, o, 0)
}

func TestR3AccessAfterItsWindow(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	w.pass(5*time.Minute, true)
	mustRelease(t, o, 0)
	w.pass(time.Millisecond, true)
	_, err := o.ask(0)
	refused(t, w, err, 0, "the opening's time had run out")
}

func TestR3WindowIsJudgedByTheLaterClock(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	w.book.Block.Time = w.now().Add(5*time.Minute + time.Millisecond) // our clock is slow
	_, err := o.ask(0)
	refused(t, w, err, 0, "the opening's time had run out")
}

func TestR3AccessWithAnotherReaderKey(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	other, err := seal.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	o.read.ReaderKey = other.Public()
	_, err = o.ask(0)
	refused(t, w, err, 0, "the opening is for another reader key")
}

func TestR3ReplayedRequestIsSealedToTheFirstReader(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	mustRelease(t, o, 0)
	request := wire.Sign(wire.TagRead, &o.read, o.grantee, o.w.doctor.sign)
	w.pass(6*time.Minute, true)
	_, err := o.send(0, request)
	same(t, err)
	// An access replayed by a second reader, with another key of their own,
	// is TestR3AccessWithAnotherReaderKey; one under another grant:
	second := w.open(nil, nil)
	second.read.Request = o.read.Request
	_, err = second.ask(0)
	refused(t, w, err, 0, "the opening on the ledger is another one")
}

func TestLaw3FewerThanThresholdOpenNothing(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	batch, _, _ := o.batch()
	var parts []*threshold.Verified
	for i := range 2 {
		r := mustRelease(t, o, i)
		v, err := batch.VerifyPartials(i+1, o.context(i), r.Partials, r.Proof)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, v)
	}
	if _, err := batch.Combine(parts...); err == nil {
		t.Fatal("two of three opened the chart")
	}
}

func TestR5PartialsFitNoOtherRequest(t *testing.T) {
	w := newTown(t)
	o, second := w.open(nil, nil), w.open(nil, nil)
	r := mustRelease(t, o, 0)
	batch, _, _ := o.batch()
	if _, err := batch.VerifyPartials(1, second.context(0), r.Partials, r.Proof); err == nil {
		t.Error("partials hold for another request, grant and reader")
	}
	if _, err := batch.VerifyPartials(2, o.context(1), r.Partials, r.Proof); err == nil {
		t.Error("partials hold for another trustee")
	}
}

// stolen are the ways of asking for a folio in a place where it does not
// belong.
func TestR5MovedCapsuleIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		why  string
		bend func(w *town, o *opening)
	}{
		"anchored for another subject": {"a folio was never anchored for this patient", func(w *town, o *opening) {
			o.refs = w.anchor(w.thief.subject, w.label(stele.Allergies)).refs
		}},
		"re-anchored under the reader's own subject": {"a capsule is not what its place says", func(w *town, o *opening) {
			// The thief's folio is anchored, word for word, for the patient
			// whose chart the reader may open.
			stolen := w.anchor(w.thief.subject, w.label(stele.Allergies))
			a := w.book.Anchors[stolen.id]
			a.Subject = w.patient.subject
			w.book.Anchors[stolen.id] = a
			o.refs = stolen.refs
		}},
		"another folio's capsule": {"a capsule is not what its place says", func(w *town, o *opening) {
			o.refs[0].Capsule = o.refs[1].Capsule
		}},
		"never anchored": {"a folio was never anchored", func(w *town, o *opening) {
			delete(w.book.Anchors, w.submission.id)
		}},
		"another submission": {"a folio is not in the submission it was said to be in", func(w *town, o *opening) {
			other := w.anchor(w.patient.subject, w.label(stele.Allergies), w.label(stele.Allergies), w.label(stele.Allergies))
			o.refs[0].Submission = other.id[:]
		}},
		"a head with a friendlier label": {"a folio is not in the submission it was said to be in", func(w *town, o *opening) {
			sud := w.anchor(w.patient.subject, w.label(stele.Problems, "SUD"))
			var head wire.FolioHead
			if err := wire.Decode(sud.refs[0].Head, &head); err != nil {
				panic(err)
			}
			salt, raw := seal.NewSalt(), wire.Marshal(w.label(stele.Allergies))
			commitment := seal.Commit(salt, seal.TagLabel, raw)
			head.LabelCommitment = commitment[:]
			sud.refs[0].Head, sud.refs[0].Label = wire.Marshal(&head), &wire.LabelOpening{Label: raw, Salt: salt[:]}
			o.refs = sud.refs
		}},
		"a friendlier label": {"a label is not the folio's", func(w *town, o *opening) {
			sud := w.anchor(w.patient.subject, w.label(stele.Problems, "SUD"))
			sud.refs[0].Label = o.refs[0].Label
			o.refs = sud.refs
		}},
		"one bad among good": {"a capsule is not what its place says", func(w *town, o *opening) {
			o.refs[2].Capsule = bytes.Clone(o.refs[2].Capsule)
			o.refs[2].Capsule[40] ^= 1
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			o := w.open(nil, nil)
			c.bend(w, o)
			_, err := o.ask(0)
			refused(t, w, err, 0, c.why)
		})
	}
}

func TestR5ReanchoredFolioOpensNothingForItsThief(t *testing.T) {
	// The thief owns a subject, grants themself everything, and anchors the
	// patient's stolen folio there. The ledger cannot know better.
	w := newTown(t)
	stolen := w.submission
	anchor := w.book.Anchors[stolen.id]
	anchor.Subject = w.thief.subject
	mine := stele.NewID()
	anchor.Submission = mine
	w.book.Anchors[mine] = anchor
	for _, ref := range stolen.refs {
		ref.Submission = mine[:]
	}
	patient := w.patient
	w.patient = w.thief // the thief is patient and reader
	o := w.open(func(g *consent.Grant) {
		g.Patient.Subject, g.Signed.By.Subject = w.thief.subject, w.thief.subject
	}, nil)
	_, err := o.ask(0)
	refused(t, w, err, 0, "a capsule is not what its place says")
	w.patient = patient
}

func TestR7MalformedCapsulesAndEmptyRequests(t *testing.T) {
	for name, bend := range map[string]func(o *opening){
		"identity point": func(o *opening) {
			c := bytes.Clone(o.refs[0].Capsule)
			clear(c[34:66])
			o.refs[0].Capsule = c
		},
		"chosen point": func(o *opening) {
			// u of another capsule: a point of the caller's choosing, for which
			// the caller cannot prove to know the randomness under this label.
			c := bytes.Clone(o.refs[0].Capsule)
			copy(c[34:66], o.refs[1].Capsule[34:66])
			o.refs[0].Capsule = c
		},
		"cut short": func(o *opening) { o.refs[0].Capsule = o.refs[0].Capsule[:100] },
		"none":      func(o *opening) { o.refs = nil },
		"too many": func(o *opening) {
			for len(o.refs) <= MaxCapsules {
				o.refs = append(o.refs, o.refs[0])
			}
		},
		"unknown suite": func(o *opening) {
			c := bytes.Clone(o.refs[0].Capsule)
			c[1]++
			o.refs[0].Capsule = c
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			o := w.open(nil, nil)
			bend(o)
			_, err := o.ask(0)
			same(t, err)
		})
	}
}

func TestR23PurposeMustBeTheGrants(t *testing.T) {
	for _, purpose := range []string{"", "CURIOSITY", string(stele.Payment), string(stele.EmergencyTreatment)} {
		w := newTown(t)
		o := w.open(nil, func(d *wire.AccessDetail) { d.Purpose = purpose })
		_, err := o.ask(0)
		refused(t, w, err, 0, string(consent.DenyPurpose))
	}
}

func TestR24ResearchNeverUnderTreatment(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, func(d *wire.AccessDetail) { d.Purpose = string(stele.Research) })
	_, err := o.ask(0)
	refused(t, w, err, 0, string(consent.DenyPurpose))
	o = w.open(func(g *consent.Grant) { g.Purposes = []stele.Purpose{stele.Research} }, func(d *wire.AccessDetail) { d.Purpose = string(stele.Research) })
	mustRelease(t, o, 0)
}

func TestScopeIsTheGrantsAndTheAskings(t *testing.T) {
	w := newTown(t)
	o := w.open(func(g *consent.Grant) { g.Categories = []stele.Category{stele.Allergies} }, nil)
	_, err := o.ask(0)
	refused(t, w, err, 0, string(consent.DenyCategory))
	o.refs = w.submission.refs[:1]
	mustRelease(t, o, 0)

	o = w.open(nil, func(d *wire.AccessDetail) { d.Categories = []string{"medications"} })
	_, err = o.ask(0)
	refused(t, w, err, 0, "the category was not asked for")
	o.refs = w.submission.refs[1:]
	mustRelease(t, o, 0)

	o = w.open(nil, nil)
	o.refs = w.anchor(w.patient.subject, w.label(stele.Medications, "HIV")).refs
	_, err = o.ask(0)
	refused(t, w, err, 0, string(consent.DenySensitivity))
}

func TestLabelsAreReadStrictly(t *testing.T) {
	w := newTown(t)
	for name, l := range map[string]*wire.Label{
		"unknown sensitivity": w.label(stele.Allergies, "XYZ"),
		"unsorted":            w.label(stele.Allergies, "SUD", "HIV"),
		"doubled":             w.label(stele.Allergies, "HIV", "HIV"),
		"unknown category":    w.label("horoscopes"),
		"no source":           {Category: "allergies", Year: 2026},
	} {
		o := w.open(nil, nil)
		o.refs = w.anchor(w.patient.subject, l).refs
		_, err := o.ask(0)
		refused(t, w, err, 0, "a label is malformed")
		_ = name
	}
}

func TestCardMustHold(t *testing.T) {
	w := newTown(t)
	card := func(c *wire.Card, signers ...wire.Signer) func(*wire.AccessDetail) {
		return func(d *wire.AccessDetail) { d.Card = wire.Sign(wire.TagCard, c, signers...) }
	}
	good := w.open(nil, nil).card
	change := func(f func(*wire.Card)) *wire.Card {
		c := proto.Clone(good).(*wire.Card)
		f(c)
		return c
	}
	stranger := wire.NewEd25519()
	for name, d := range map[string]func(*wire.AccessDetail){
		"no card":             func(d *wire.AccessDetail) { d.Card = nil },
		"not by an issuer":    card(good, w.doctor.sign),
		"not by the holder":   card(good, w.issuer),
		"by a strange issuer": card(good, w.doctor.sign, stranger),
		"another network":     card(change(func(c *wire.Card) { c.Chain = "x" }), w.doctor.sign, w.issuer),
		"unknown holder":      card(change(func(c *wire.Card) { c.Subject = make([]byte, 20) }), w.doctor.sign, w.issuer),
		"expired":             card(change(func(c *wire.Card) { c.ExpiresMs = w.now().UnixMilli() }), w.doctor.sign, w.issuer),
		"somebody else": func(d *wire.AccessDetail) {
			card(change(func(c *wire.Card) { c.Subject = w.thief.subject[:] }), w.thief.sign, w.issuer)(d)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.open(nil, d).ask(0)
			same(t, err)
		})
	}
}

func TestR2ChangedGrantDocument(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	wider := w.consent(func(g *consent.Grant) {
		g.ID, g.Grantee, g.Categories = o.grant.ID, o.grant.Grantee, []stele.Category{consent.AllCategories}
	})
	document, err := consent.Marshal(wider)
	if err != nil {
		t.Fatal(err)
	}
	o.read.Document = document
	_, err = o.ask(0)
	refused(t, w, err, 0, "the grant document shown is not the one on the ledger")

	// Committed to, but another grant's.
	o = w.open(nil, nil)
	other := w.open(nil, nil)
	g := o.grant
	g.Commitment = other.grant.Commitment
	w.book.Grants[g.ID] = g
	o.read.Document, o.read.DocumentSalt = other.read.Document, other.read.DocumentSalt
	_, err = o.ask(0)
	refused(t, w, err, 0, "the grant document is of another grant")
}

func TestChangedDetail(t *testing.T) {
	w := newTown(t)
	o, second := w.open(nil, nil), w.open(nil, nil)
	o.read.Detail, o.read.DetailSalt = second.read.Detail, second.read.DetailSalt
	_, err := o.ask(0)
	refused(t, w, err, 0, "the details shown are not those on the ledger")
	a := o.access
	a.Detail = second.access.Detail
	w.book.Accesses[a.Request] = a
	_, err = o.ask(0)
	refused(t, w, err, 0, "the details shown are of another opening")
}

func TestNothingReachesTheLog(t *testing.T) {
	var out steletest.Log
	w := newTown(t, quietly(&out))
	o := w.open(nil, nil)
	mustRelease(t, o, 0)
	g := w.book.Grants[o.grant.ID]
	g.Status = stele.GrantRevoked
	w.book.Grants[o.grant.ID] = g
	_, err := o.ask(0)
	same(t, err)
	w.book.down = true
	_ = w.trustees[0].Post(context.Background())
	w.trustees[0].cfg.Log.Info("the log works")
	text := out.String()
	if !strings.Contains(text, "the log works") {
		t.Fatal("nothing was logged at all")
	}
	for _, secret := range []string{"Mira", "Okafor", "reason-that-must-not-leak", w.patient.subject.Short(), w.doctor.subject.Short(), o.access.Request.Short()} {
		if strings.Contains(text, secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
	// Nor do names stand on the trustee's disk.
	w.trustees[0].shelf.db.Flush()
	err = filepath.WalkDir(w.configs[0].Folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, secret := range []string{"Mira", "Okafor", "reason-that-must-not-leak"} {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds %q in the clear", filepath.Base(path), secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReceiptSaysWhatWasReleased(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	r := mustRelease(t, o, 2)
	var receipt wire.Receipt
	keys, err := wire.Open(wire.TagReceipt, r.Receipt, &receipt)
	if err != nil || keys[0] != w.book.Network.Members[2].Trustee {
		t.Fatalf("receipt signed by %v (%v)", keys, err)
	}
	_, capsules, labels := o.batch()
	digest, hash := wire.CapsulesDigest(capsules, labels), sha256.Sum256(o.reader.Public())
	answer := wire.AnswerDigest(r.Partials, r.Proof)
	want := &wire.Receipt{
		Chain: chainID, Member: w.members[2][:], Share: 3, Epoch: 1, Request: o.read.Request, Subject: w.patient.subject[:], Grant: o.read.Grant,
		Height: 100, TimeMs: w.now().UnixMilli(), Capsules: digest[:], Count: 3, ReaderKeyHash: hash[:], Answer: answer[:],
	}
	if !proto.Equal(&receipt, want) {
		t.Errorf("receipt %v, want %v", &receipt, want)
	}
}
