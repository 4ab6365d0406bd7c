package account_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// TestR6TheAccountNamesWhoLies has one trustee lie about what it released, in every
// way: the account names it, the export says the same to whoever checks it, and the
// true entry stays told by the others.
func TestR6TheAccountNamesWhoLies(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		w.Post()
		i := 1 // Lakeview's trustee released: it is the doctor's own
		member := w.Members[i].Subject
		signs := func(out *wire.DetailsResponse, key wire.Signer, change func(*wire.Receipt)) {
			r := new(wire.Receipt)
			w.Must(wire.Decode(out.Receipts[0].Receipt.Body, r))
			change(r)
			out.Receipts = append(out.Receipts, &wire.ReceiptProof{Receipt: wire.Sign(wire.TagReceipt, r, key)})
		}
		resigned := func(change func(*wire.Receipt)) func(*wire.DetailsResponse) {
			return func(out *wire.DetailsResponse) { signs(out, w.Keys[i], change) }
		}
		kept := func(change func(*wire.Detail)) func(*wire.DetailsResponse) {
			return func(out *wire.DetailsResponse) { town.Rewrite(p, member, out, change) }
		}
		for what, c := range map[string]struct {
			lie func(*wire.DetailsResponse)
			gap string // "": none
		}{
			"the truth":                        {func(*wire.DetailsResponse) {}, ""},
			"once more":                        {resigned(func(*wire.Receipt) {}), ""},
			"a receipt of an unknown opening":  {resigned(func(r *wire.Receipt) { r.Request = make([]byte, 16) }), "not in the log"},
			"a receipt from before":            {resigned(func(r *wire.Receipt) { r.Height = 1 }), "before the opening"},
			"a receipt of a later block":       {resigned(func(r *wire.Receipt) { r.Height += 500 }), ""},
			"and of an opening from there":     {resigned(func(r *wire.Receipt) { r.Height, r.Request = r.Height+500, make([]byte, 16) }), ""},
			"a receipt from the future":        {resigned(func(r *wire.Receipt) { r.Height += 10_000 }), "can't have been there"},
			"an opening from the future":       {resigned(func(r *wire.Receipt) { r.Height, r.Request = r.Height+10_000, make([]byte, 16) }), "can't have been there"},
			"a receipt of another chart":       {resigned(func(r *wire.Receipt) { r.Subject = make([]byte, 20) }), "another chart"},
			"a receipt of another network":     {resigned(func(r *wire.Receipt) { r.Chain = "village" }), "another chart or network"},
			"a receipt of another share":       {resigned(func(r *wire.Receipt) { r.Share = 1 }), "not its trustee's"},
			"a receipt of nobody":              {resigned(func(r *wire.Receipt) { r.Member = make([]byte, 20) }), "did not have then"},
			"a receipt by another's key":       {func(out *wire.DetailsResponse) { signs(out, w.Keys[0], func(*wire.Receipt) {}) }, "not signed by its trustee"},
			"no receipt at all":                {func(out *wire.DetailsResponse) { out.Receipts[0].Receipt = nil }, "receipt"},
			"a release without an entry":       {kept(func(d *wire.Detail) { d.Request, d.Receipt = make([]byte, 16), nil }), "not in the log"},
			"a release for no request":         {kept(func(d *wire.Detail) { d.Request, d.Receipt = nil, nil }), "no request"},
			"another request than the receipt": {kept(func(d *wire.Detail) { d.Request = make([]byte, 16) }), "another request"},
			"released on other words":          {kept(func(d *wire.Detail) { d.Detail = wire.Marshal(&wire.AccessDetail{Reason: "nothing"}) }), "other words"},
			"another salt":                     {kept(func(d *wire.Detail) { d.DetailSalt = make([]byte, 32) }), "other words"},
			"says more than can be read":       {kept(func(d *wire.Detail) { d.ProtoReflect().SetUnknown([]byte{0x98, 0x06, 1}) }), "can't be read"},
		} {
			said := town.Bend(p, "Lakeview", func(m *members.Member) { m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: c.lie} })
			report := w.Alike(what, said)
			if c.gap == "" && len(report.Gaps) > 0 || c.gap != "" && !town.Says(report.Gaps, c.gap) || slices.ContainsFunc(report.Gaps, func(g string) bool { return !strings.HasPrefix(g, "Lakeview: ") }) {
				t.Errorf("%s: gaps %q", what, report.Gaps)
			}
			at := slices.IndexFunc(report.Lines, func(l account.Line) bool { return l.Event.GetAccessPermitted() != nil })
			if line := report.Lines[at]; line.Card.GetName() != "Dr Okafor" || line.Detail.GetReason() != town.FollowUp.Reason || len(line.Members()) < 2 || line.Doubt != "" || line.Released != 3 {
				t.Errorf("%s: the entry is told as %v's by %v, of %d", what, line.Card, line.Members(), line.Released)
			}
		}
		hidden, err := town.LinesOf(t.Context(), town.Bend(p, "Lakeview", func(m *members.Member) {
			m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) { out.Receipts = nil }}
		}))
		w.Must(err)
		if len(hidden.Gaps) != 1 || !town.Says(hidden.Gaps, "Lakeview: hides a receipt") {
			t.Errorf("a receipt is hidden: gaps %q", hidden.Gaps)
		}
		// What another trustee kept or signed, handed out as its own.
		for what, gap := range map[string]string{"detail": "another trustee kept", "receipt": "another trustee's receipt"} {
			said := town.Bend(p, "Lakeview", func(m *members.Member) {
				m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
					other, err := w.Members[0].Trustee.Details(t.Context(), &wire.DetailsRequest{Request: p.OwnRequest(w.Members[0].Subject, 0)})
					w.Must(err)
					if what == "receipt" {
						out.Receipts = append(out.Receipts, other.Receipts...)
						return
					}
					d := proto.CloneOf(p.Account.OpenDetail(w.Members[0], other.Details[0]))
					town.Adds(p, member, out, d)
					town.RewriteLast(p, member, w.Members[0].Subject, out)
				}}
			})
			report, err := town.LinesOf(t.Context(), said)
			w.Must(err)
			if len(report.Gaps) != 1 || !town.Says(report.Gaps, gap) {
				t.Errorf("another's %s: gaps %q", what, report.Gaps)
			}
		}
	})
}

// TestR6RefusedAccessReleasesNothing: a release although the ledger refused.
func TestR6RefusedAccessReleasesNothing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		given := w.Gives(p, d, stele.Allergies)
		_, err := p.Revoke(t.Context(), given.Grant)
		w.Must(err)
		_, err = d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Wants(err, stele.KindDenied, "a grant that was taken back")
		report := w.Alike("refused", p)
		at := slices.IndexFunc(report.Lines, func(l account.Line) bool { return l.Event.GetAccessRefused() != nil })
		if len(report.Gaps) > 0 || at < 0 || report.Lines[at].Card.GetName() != "Dr Okafor" || len(report.Lines[at].Members()) != 4 {
			t.Fatalf("gaps %q, told %+v", report.Gaps, report.Lines)
		}
		said := town.Bend(p, "Lakeview", func(m *members.Member) {
			m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
				town.Rewrite(p, m.Subject, out, func(d *wire.Detail) { d.Released = true })
			}}
		})
		if report := w.Alike("released", said); !town.Says(report.Gaps, "although the ledger refused") {
			t.Errorf("gaps %q", report.Gaps)
		}
	})
}

// TestR24ThePatientLearnsWhatForItWasAsked: the ledger knows no purposes, and vaults
// refuse another one than the grant's before any trustee is asked. Who asked, and for
// what, is told to the patient all the same.
func TestR24ThePatientLearnsWhatForItWasAsked(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), reading.Question{Purpose: stele.Research, Reason: "a study"})
		w.Wants(err, stele.KindDenied, "research under a grant for treatment")
		report := w.Alike("refused", p)
		at := slices.IndexFunc(report.Lines, func(l account.Line) bool { return l.Event.GetAccessPermitted() != nil })
		if len(report.Gaps) > 0 || at < 0 || report.Lines[at].Released != 0 || report.Lines[at].Card.GetName() != "Dr Okafor" ||
			report.Lines[at].Detail.GetPurpose() != string(stele.Research) || report.Lines[at].Detail.GetReason() != "a study" {
			t.Errorf("gaps %q, told %+v", report.Gaps, report.Lines)
		}
	})
}

// TestR6AnOpeningThatFailedIsNoGap: with two of four trustees down an opening gets
// two releases of the three that it needs. That is told as what it is, for ever, and
// accuses nobody: not in the wallet, not where the export is checked.
func TestR6AnOpeningThatFailedIsNoGap(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		half := d
		for _, name := range []string{"Elm", "Patients"} { // their trustees, not their nodes
			half = town.Bend(half, name, func(m *members.Member) { m.Trustee = town.DeadTrustee{} })
		}
		_, err := half.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Wants(err, stele.KindUnreachable, "two trustees of four")
		w.Post()
		report := w.Alike("two of three", p)
		at := slices.IndexFunc(report.Lines, func(l account.Line) bool { return l.Event.GetAccessPermitted() != nil })
		if len(report.Gaps) > 0 || report.Lines[at].Released != 2 || report.Lines[at].Needed != 3 {
			t.Errorf("gaps %q, %d of %d released", report.Gaps, report.Lines[at].Released, report.Lines[at].Needed)
		}
		var file bytes.Buffer
		_, err = p.Account.Export(t.Context(), &file)
		w.Must(err)
		verified, err := steleproof.Verify(&file, steleproof.Expect{})
		if err != nil || !town.Says(verified.Notes, "1 opening could not be completed") {
			t.Errorf("%v, notes %q", err, verified.Notes)
		}
		_, err = d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		report = w.Alike("and one that opened", p)
		if line := report.Lines[len(report.Lines)-1]; len(report.Gaps) > 0 || line.Released != 3 {
			t.Errorf("gaps %q, %d released", report.Gaps, line.Released)
		}
	})
}

// TestR45WhoAskedIsToldByThoseWhoSaySo: of an attempt that left the ledger silent
// each trustee tells what it kept. One that lies, and is asked first, changes what
// it tells; it is not what the screen says, and "told by" counts those who say it.
func TestR45WhoAskedIsToldByThoseWhoSaySo(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d, other := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview"), w.NewDoctor("Dr Quist", "Lakeview")
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Wants(err, stele.KindDenied, "without a grant")
		cardOf := func(s *client.Session) *wire.Signed {
			card, _, err := s.Card()
			w.Must(err)
			return card
		}
		says_ := func(card *wire.Signed) func(*wire.Detail) {
			return func(d *wire.Detail) {
				detail := new(wire.AccessDetail)
				w.Must(wire.Decode(d.Detail, detail))
				if card == nil {
					detail.Card = nil
				} else {
					detail.Card = card
				}
				d.Detail = wire.Marshal(detail)
			}
		}
		subject := other.Subject()
		madeUp := &wire.Card{Chain: w.Chain, Subject: subject[:], Name: "Dr Quist", Kind: "practitioner", ExpiresMs: time.Now().Add(time.Hour).UnixMilli()}
		northside := w.Orgs["Northside"].Keyring().Signer()
		for what, c := range map[string]struct {
			lie   func(*wire.Detail)
			gap   string
			doubt string // of what the liar says; "": its card is good
		}{
			"another's good card":    {says_(cardOf(other)), "", ""},
			"a card that it made up": {says_(wire.Sign(wire.TagCard, madeUp, wire.NewEd25519())), "no trustee can have believed", "not signed by an issuer"},
			"a card that it signed":  {says_(wire.Sign(wire.TagCard, madeUp, northside)), "", "not signed by its holder"},
			"a signature changed":    {says_(changed(cardOf(other))), "no trustee can have believed", "signature"},
			"another reason": {func(d *wire.Detail) {
				detail := new(wire.AccessDetail)
				w.Must(wire.Decode(d.Detail, detail))
				detail.Reason = "curiosity"
				d.Detail = wire.Marshal(detail)
			}, "", ""},
			"no card": {says_(nil), "without a card", "no card"},
		} {
			report, err := town.LinesOf(t.Context(), town.Bend(p, "Northside", func(m *members.Member) {
				m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) { town.Rewrite(p, m.Subject, out, c.lie) }}
			}))
			w.Must(err)
			line := report.Lines[len(report.Lines)-1]
			if line.Event != nil || line.Card.GetName() != "Dr Okafor" || line.Detail.GetReason() != town.FollowUp.Reason || line.Doubt != "" || strings.Join(line.Members(), " ") != "Elm Lakeview Patients" {
				t.Errorf("%s: told as %v by %v", what, line.Card.GetName(), line.Members())
			}
			if len(line.Others) != 1 || strings.Join(line.Others[0].Members(), " ") != "Northside" || !strings.Contains(line.Others[0].Doubt, c.doubt) || (c.doubt == "") != (line.Others[0].Doubt == "") {
				t.Errorf("%s: besides %+v", what, line.Others)
			}
			if c.gap == "" && len(report.Gaps) > 0 || c.gap != "" && (len(report.Gaps) != 1 || !town.Says(report.Gaps, c.gap) || !strings.HasPrefix(report.Gaps[0], "Northside: ")) {
				t.Errorf("%s: gaps %q", what, report.Gaps)
			}
		}
	})
}

func changed(card *wire.Signed) *wire.Signed {
	card = proto.CloneOf(card)
	card.Signatures[0].Signature[5] ^= 1
	return card
}

// TestR45ACardInTheAccountIsDoubted: the card of an entry on the log is checked as
// well: expired, of another than the grant was given to, of a holder who has changed
// keys since.
func TestR45ACardInTheAccountIsDoubted(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d, other := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview"), w.NewDoctor("Dr Quist", "Lakeview")
		given := w.Gives(p, d, stele.Allergies)
		_, err := p.Revoke(t.Context(), given.Grant)
		w.Must(err)
		ask := func() account.Line {
			t.Helper()
			_, err = d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Wants(err, stele.KindDenied, "a grant that was taken back")
			report, err := town.LinesOf(t.Context(), p)
			w.Must(err)
			if len(report.Gaps) > 0 {
				t.Errorf("gaps %q", report.Gaps)
			}
			return report.Lines[len(report.Lines)-1]
		}
		if line := ask(); line.Doubt != "" || line.Card.Name != "Dr Okafor" {
			t.Errorf("a good card is doubted: %q", line.Doubt)
		}
		mine := d.State().Card
		wallettest.Edit(d.Wallet, func(s *wallet.State) { s.Card = other.State().Card })
		if line := ask(); line.Doubt != "the card is not of whom you gave this grant to" {
			t.Errorf("another's card: %q", line.Doubt)
		}
		wallettest.Edit(d.Wallet, func(s *wallet.State) { s.Card = mine })
		signed, card, err := d.Card()
		w.Must(err)
		card.ExpiresMs = time.Now().Add(time.Second).UnixMilli()
		_ = signed
		wallettest.Edit(d.Wallet, func(s *wallet.State) {
			s.Card = wire.Marshal(wire.Sign(wire.TagCard, card, d.Keyring().Signer(), w.Orgs["Lakeview"].Keyring().Signer()))
		})
		time.Sleep(2 * time.Second)
		if line := ask(); line.Doubt != "the card had expired" {
			t.Errorf("an expired card: %q", line.Doubt)
		}
		wallettest.Edit(d.Wallet, func(s *wallet.State) { s.Card = mine })
		ask()
		subject, fresh := d.Subject(), wire.NewEd25519()
		_, err = d.Submit(t.Context(), &wire.Transaction{Message: &wire.Transaction_RotateKeys{RotateKeys: &wire.RotateKeys{
			Subject: subject[:], Old: d.Keyring().Signer().Public(), Device: &wire.Device{Signing: fresh.Public(), SealSuite: wire.SuiteSeal, SealKey: d.Keyring().SealKey().Public()},
		}}}, d.Keyring().Signer(), fresh)
		w.Must(err)
		report, err := town.LinesOf(t.Context(), p)
		w.Must(err)
		if line := report.Lines[len(report.Lines)-1]; len(report.Gaps) > 0 || !strings.Contains(line.Doubt, "not signed by its holder") {
			t.Errorf("a holder who changed keys: %q, gaps %q", line.Doubt, report.Gaps)
		}
	})
}

// TestLaw6AStaleLogIsTold: when no member shows a block of the last minute, entries
// may be missing, and the account says so.
func TestLaw6AStaleLogIsTold(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena")
		report, err := town.LinesOf(t.Context(), p)
		w.Must(err)
		if len(report.Gaps) > 0 || report.Old != 0 {
			t.Errorf("a fresh log: %v old, %q", report.Old, report.Gaps)
		}
		now := p.Clock
		p.Clock = func() time.Time { return now().Add(2 * time.Minute) }
		report, err = town.LinesOf(t.Context(), p)
		w.Must(err)
		if report.Old < 119*time.Second || len(report.Gaps) > 0 { // nobody is accused: the network may stand still
			t.Errorf("a stale log: %v old, gaps %q", report.Old, report.Gaps)
		}
	})
}

// TestR44ATrusteeWithoutAnEndIsLeft: what a liar hands out has no end; the account
// has one.
func TestR44ATrusteeWithoutAnEndIsLeft(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena", "Northside")
		elm := func(lie func(*wire.DetailsResponse)) (*town.WithLines, time.Duration) {
			t.Helper()
			start := time.Now()
			report, err := town.LinesOf(t.Context(), town.Bend(p, "Elm", func(m *members.Member) { m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: lie} }))
			w.Must(err)
			return report, time.Since(start)
		}
		pages := uint64(0)
		report, _ := elm(func(out *wire.DetailsResponse) { pages++; out.Next = pages })
		if !town.Says(report.Gaps, "Elm: what its trustee says") || pages > 10_000 {
			t.Errorf("gaps %q after %d pages", report.Gaps, pages)
		}
		pages = 0
		report, took := elm(func(out *wire.DetailsResponse) {
			time.Sleep(2900 * time.Millisecond)
			pages++
			out.Next = pages
		})
		if len(report.Gaps) > 0 || !slices.Equal(report.Silent, []string{"Elm"}) || took > 3*time.Minute {
			t.Errorf("late pages: gaps %q, silent %q after %v", report.Gaps, report.Silent, took)
		}
		pages = 0
		many := make([]*wire.ReceiptProof, 300_000)
		for i := range many {
			many[i] = &wire.ReceiptProof{}
		}
		report, _ = elm(func(out *wire.DetailsResponse) {
			pages++
			out.Next, out.Receipts = pages, many
		})
		if !town.Says(report.Gaps, "Elm: what its trustee says") || pages > 4 {
			t.Errorf("rows: gaps %q after %d pages", report.Gaps, pages)
		}
		slow := p
		for _, m := range p.Network.Members {
			slow = town.Bend(slow, m.Name, func(m *members.Member) {
				m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(*wire.DetailsResponse) { time.Sleep(2900 * time.Millisecond) }}
			})
		}
		start := time.Now()
		report, err := town.LinesOf(t.Context(), slow)
		w.Must(err)
		if took := time.Since(start); took > 4*time.Second || len(report.Silent) > 0 {
			t.Errorf("four that take 2.9 s each are asked one after the other: %v, silent %q", took, report.Silent)
		}
	})
}

// TestR45NoTrusteeSaysAloneWhenItWas: three of four say when an attempt was; one, asked
// first or last, says years before or after.
func TestR45NoTrusteeSaysAloneWhenItWas(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Elm")
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Wants(err, stele.KindDenied, "no grant")
		when := time.Now()
		for _, name := range []string{"Northside", "Patients"} {
			for _, years := range []int{-5, 5} {
				report, err := town.LinesOf(t.Context(), town.Bend(p, name, func(m *members.Member) {
					m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
						town.Rewrite(p, m.Subject, out, func(d *wire.Detail) { d.TimeMs = when.AddDate(years, 0, 0).UnixMilli() })
					}}
				}))
				w.Must(err)
				at := slices.IndexFunc(report.Lines, func(l account.Line) bool { return l.Event == nil })
				if line := report.Lines[at]; line.Time.Sub(when).Abs() > time.Minute || line.Doubt != "" {
					t.Errorf("%s says %d years off: told as of %v, doubt %q", name, years, line.Time, line.Doubt)
				}
			}
		}
	})
}

// TestR45ALieIsNotMadeTrueByNumbers: two trustees of four make up a card: the two
// that tell of a good one are believed. Of an entry on the log what the log commits
// to comes first, whatever three others say, and where nobody tells that, nobody is
// named.
func TestR45ALieIsNotMadeTrueByNumbers(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		lies := func(names []string, lie func(*wire.Detail)) *client.Session {
			s := p
			for _, name := range names {
				s = town.Bend(s, name, func(m *members.Member) {
					m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) { town.Rewrite(p, m.Subject, out, lie) }}
				})
			}
			return s
		}
		other := func(reason string, card *wire.Signed) func(*wire.Detail) {
			return func(k *wire.Detail) {
				detail := new(wire.AccessDetail)
				w.Must(wire.Decode(k.Detail, detail))
				if detail.Reason = reason; card != nil {
					detail.Card = card
				}
				k.Detail = wire.Marshal(detail)
			}
		}
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Wants(err, stele.KindDenied, "without a grant")
		subject := d.Subject()
		for n := range 20 { // whatever order the bytes have
			forged := wire.Sign(wire.TagCard, &wire.Card{Chain: w.Chain, Subject: subject[:], Name: "Dr Quist", ExpiresMs: time.Now().Add(time.Hour).UnixMilli()}, wire.NewEd25519())
			report, err := town.LinesOf(t.Context(), lies(w.Names[:2], other(strings.Repeat("x", n), forged)))
			w.Must(err)
			if line := report.Lines[len(report.Lines)-1]; line.Card.GetName() != "Dr Okafor" || len(line.Members()) != 2 || len(report.Gaps) != 2 {
				t.Fatalf("told as %v by %v, gaps %q", line.Card, line.Members(), report.Gaps)
			}
		}
		given := w.Gives(p, d, stele.Allergies)
		_, err = p.Revoke(t.Context(), given.Grant)
		w.Must(err)
		_, err = d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Wants(err, stele.KindDenied, "a grant that was taken back")
		report, err := town.LinesOf(t.Context(), lies(w.Names[:3], other("curiosity", nil)))
		w.Must(err)
		line := report.Lines[len(report.Lines)-1]
		if line.Event.GetAccessRefused() == nil || line.Detail.GetReason() != town.FollowUp.Reason || len(line.Members()) != 1 || len(line.Others) != 1 || len(report.Gaps) > 0 {
			t.Errorf("told with %q by %v, besides %+v, gaps %q", line.Detail.GetReason(), line.Members(), line.Others, report.Gaps)
		}
		report, err = town.LinesOf(t.Context(), lies(w.Names, other("curiosity", nil)))
		w.Must(err)
		line = report.Lines[len(report.Lines)-1]
		if line.Detail != nil || len(line.Members()) != 0 || len(line.Others) != 1 || len(line.Others[0].Members()) != 4 {
			t.Errorf("told with %q by %v, besides %+v", line.Detail.GetReason(), line.Members(), line.Others)
		}
	})
}

// TestR6APostingIsProved: a receipt is on the ledger where its proof holds, and only
// there.
func TestR6APostingIsProved(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		report, err := town.LinesOf(t.Context(), p)
		w.Must(err)
		if report.Pending != 3 || len(report.Gaps) > 0 {
			t.Errorf("%d are pending before they are posted, gaps %q", report.Pending, report.Gaps)
		}
		w.Post()
		for what, lie := range map[string]func(*wire.ReceiptProof){
			"another batch": func(r *wire.ReceiptProof) { r.Batch = make([]byte, 16) },
			"another place": func(r *wire.ReceiptProof) { r.Index++ },
			"no entry":      func(r *wire.ReceiptProof) { r.Entry = nil },
			"no header":     func(r *wire.ReceiptProof) { r.Entry.Light = nil },
		} {
			said := town.Bend(p, "Lakeview", func(m *members.Member) {
				m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
					for _, r := range out.Receipts {
						lie(r)
					}
				}}
			})
			report, err := town.LinesOf(t.Context(), said)
			w.Must(err)
			if len(report.Gaps) != 1 || !strings.HasPrefix(report.Gaps[0], "Lakeview: ") {
				t.Errorf("%s: gaps %q", what, report.Gaps)
			}
			// One that lies about its postings keeps no export from her.
			var file bytes.Buffer
			_, err = said.Account.Export(t.Context(), &file)
			w.Must(err)
			if _, err := steleproof.Verify(&file, steleproof.Expect{}); err != nil {
				t.Errorf("%s: the export: %v", what, err)
			}
		}
	})
}

// TestR46NobodyIsAccusedByWhatIsNewerThanTheLog: trustees tell of an opening whose
// block is not proved yet. It is neither a gap nor somebody who asked without a grant;
// once the log reaches the block it is judged.
func TestR46NobodyIsAccusedByWhatIsNewerThanTheLog(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		w.Lazy, w.Still = true, true
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		// The fourth trustee was a block behind, and refused it.
		said := town.Bend(p, "Patients", func(m *members.Member) {
			m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
				kept, err := w.Members[0].Trustee.Details(t.Context(), &wire.DetailsRequest{Request: p.OwnRequest(w.Members[0].Subject, 0)})
				w.Must(err)
				refusal := p.Account.OpenDetail(w.Members[0], kept.Details[0])
				refusal.Released, refusal.Receipt, refusal.Labels, refusal.Records = false, nil, nil, 0
				town.Adds(p, m.Subject, out, refusal)
			}}
		})
		report := w.Alike("ahead", said)
		at := slices.IndexFunc(report.Lines, func(l account.Line) bool { return l.Event == nil })
		if len(report.Gaps) > 0 || report.Ahead != 1 || at < 0 || !report.Lines[at].Ahead {
			t.Errorf("gaps %q, ahead %d, lines %+v", report.Gaps, report.Ahead, report.Lines)
		}
		// A trustee that hides the receipt and tells of the release is not doubted earlier.
		hides := town.Bend(p, "Lakeview", func(m *members.Member) {
			m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) { out.Receipts = nil }}
		})
		for _, name := range []string{"Northside", "Elm"} {
			hides = town.Bend(hides, name, func(m *members.Member) { m.Trustee = town.DeadTrustee{} })
		}
		if report, err := town.LinesOf(t.Context(), hides); err != nil || report.Ahead != 1 || slices.ContainsFunc(report.Gaps, func(g string) bool { return !strings.Contains(g, "hides a receipt") }) {
			t.Errorf("%v, gaps %q, ahead %d", err, report.Gaps, report.Ahead)
		}
		w.WriteBlock()
		report = w.Alike("reached", said)
		if last := report.Lines[len(report.Lines)-1]; len(report.Gaps) > 0 || report.Ahead != 0 || last.Released != 3 || last.Card.GetName() != "Dr Okafor" {
			t.Errorf("gaps %q, ahead %d, told %+v", report.Gaps, report.Ahead, last)
		}
	})
	town.In(t, func(t *testing.T, w *town.Town) { // one that is made up is found when its block is there
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		height := int64(len(w.Blocks)) + 2
		said := town.Bend(p, "Lakeview", func(m *members.Member) {
			m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
				r := new(wire.Receipt)
				w.Must(wire.Decode(out.Receipts[0].Receipt.Body, r))
				r.Request, r.Height = make([]byte, 16), height
				out.Receipts = append(out.Receipts, &wire.ReceiptProof{Receipt: wire.Sign(wire.TagReceipt, r, w.Keys[1])})
			}}
		})
		if report := w.Alike("to come", said); len(report.Gaps) > 0 || report.Ahead != 1 {
			t.Errorf("gaps %q, ahead %d", report.Gaps, report.Ahead)
		}
		soon := height
		height = 1 << 40 // which would be to come for ever
		if report := w.Alike("never", said); !town.Says(report.Gaps, "Lakeview: a receipt names block") || report.Ahead != 0 {
			t.Errorf("gaps %q, ahead %d", report.Gaps, report.Ahead)
		}
		height = soon
		for range 4 {
			w.WriteBlock()
		}
		if report := w.Alike("there", said); !town.Says(report.Gaps, "not in the log") || report.Ahead != 0 {
			t.Errorf("gaps %q, ahead %d", report.Gaps, report.Ahead)
		}
	})
}
