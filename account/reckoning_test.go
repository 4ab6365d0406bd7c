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
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// TestLinesStandInTheOrderOfTime: attempts that the log does not have stand among its
// entries, each once.
func TestLinesStandInTheOrderOfTime(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d, other := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview"), w.NewDoctor("Dr Quist", "Elm")
		for range 3 {
			time.Sleep(time.Minute)
			_, err := other.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Wants(err, stele.KindDenied, "without a grant")
			time.Sleep(time.Minute)
			w.Gives(p, d, stele.Allergies)
		}
		report := w.Alike("in turn", p)
		var order []string
		for i, line := range report.Lines {
			if i > 0 && line.Time.Before(report.Lines[i-1].Time) {
				t.Errorf("line %d is of %v, after one of %v", i, line.Time, report.Lines[i-1].Time)
			}
			if line.Event == nil {
				order = append(order, "attempt")
			} else if line.Event.GetGrantGiven() != nil {
				order = append(order, "grant")
			}
		}
		if got := strings.Join(order, " "); got != "grant attempt grant attempt grant attempt grant" {
			t.Errorf("the lines are %s", got)
		}
	})
}

// TestR44WhatALiarTellsIsBounded: any number of gaps is a hundred lines and a count, and
// one asking has so many pieces and no more.
func TestR44WhatALiarTellsIsBounded(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		says_ := func(lie func(*wire.DetailsResponse)) *town.WithLines {
			report, err := town.LinesOf(t.Context(), town.Bend(p, "Lakeview", func(m *members.Member) { m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: lie} }))
			w.Must(err)
			return report
		}
		report := says_(func(out *wire.DetailsResponse) {
			r := new(wire.Receipt)
			w.Must(wire.Decode(out.Receipts[0].Receipt.Body, r))
			for i := range 3 * account.MaxGaps {
				r.Height = int64(-i)
				out.Receipts = append(out.Receipts, &wire.ReceiptProof{Receipt: wire.Sign(wire.TagReceipt, r, w.Keys[1])})
			}
		})
		if n := len(report.Gaps); n != account.MaxGaps+1 || report.Gaps[n-1] != "Lakeview: and 40 more" {
			t.Errorf("%d gaps, the last %q", n, report.Gaps[n-1])
		}
		// It crowds out nobody: what a trustee does that comes after it is told.
		both, err := town.LinesOf(t.Context(), town.Bend(town.Bend(p, "Northside", func(m *members.Member) {
			m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
				r := new(wire.Receipt)
				w.Must(wire.Decode(out.Receipts[0].Receipt.Body, r))
				for i := range 300 {
					r.Height = int64(-i)
					out.Receipts = append(out.Receipts, &wire.ReceiptProof{Receipt: wire.Sign(wire.TagReceipt, r, w.Keys[0])})
				}
			}}
		}), "Patients", func(m *members.Member) {
			m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
				id := bytes.Repeat([]byte{0xff}, 16)
				town.Adds(p, m.Subject, out, &wire.Detail{Request: id, Released: true})
			}}
		}))
		w.Must(err)
		if !town.Says(both.Gaps, "Patients: ") {
			t.Errorf("crowded out: %q", both.Gaps)
		}
		report = says_(func(out *wire.DetailsResponse) {
			for range 2*account.MaxOfOne + 10 {
				out.Details = append(out.Details, out.Details[0])
			}
		})
		at := slices.IndexFunc(report.Lines, func(l account.Line) bool { return l.Event.GetAccessPermitted() != nil })
		if line := report.Lines[at]; !town.Says(report.Gaps, "Lakeview: tells more of one asking") || len(line.Details) > 2*account.MaxOfOne+2 || line.Released != 3 {
			t.Errorf("gaps %q, %d pieces, %d released", report.Gaps, len(line.Details), line.Released)
		}
	})
}

// TestR15NoTrusteeSpoilsAnExport: whatever a trustee hands out, an export is written,
// and whoever checks it comes to what the wallet's account says.
func TestR15NoTrusteeSpoilsAnExport(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		w.Post()
		more := func(m proto.Message) { m.ProtoReflect().SetUnknown([]byte{0xfa, 0x3f, 1, 'x'}) }
		first := func(change func(*wire.ReceiptProof)) func(*wire.DetailsResponse) {
			return func(out *wire.DetailsResponse) { change(out.Receipts[0]) }
		}
		holds := func(d *wire.Detail) func(*wire.DetailsResponse) {
			return func(out *wire.DetailsResponse) { town.Adds(p, w.Members[1].Subject, out, proto.CloneOf(d)) }
		}
		signed := &wire.Signed{Body: []byte("x")}
		more(signed)
		vouched := func(change func(*wire.Card)) func(*wire.DetailsResponse) { // by a member that issues cards and lies
			card := &wire.Card{Chain: w.Chain, Subject: bytes.Repeat([]byte{7}, 20), Name: "Dr Quist", Kind: "practitioner", ExpiresMs: time.Now().Add(time.Hour).UnixMilli()}
			change(card)
			return holds(&wire.Detail{Request: make([]byte, 16), Detail: wire.Marshal(&wire.AccessDetail{
				Card: wire.Sign(wire.TagCard, card, w.Orgs["Lakeview"].Keyring().Signer()),
			})})
		}
		for what, c := range map[string]struct {
			lie  func(*wire.DetailsResponse)
			gaps bool // in both, except where a false proof of a posting is left out of the file
		}{
			"an empty entry without a batch": {first(func(r *wire.ReceiptProof) { r.Batch, r.Entry = nil, &wire.EntryProof{} }), false},
			"an empty entry":                 {first(func(r *wire.ReceiptProof) { r.Entry = &wire.EntryProof{} }), true},
			"no entry":                       {first(func(r *wire.ReceiptProof) { r.Entry = nil }), true},
			"a path of another form":         {first(func(r *wire.ReceiptProof) { r.Path = append(r.Path, []byte{1}) }), true},
			"more in a receipt":              {first(func(r *wire.ReceiptProof) { more(r) }), false},
			"more beside what is signed":     {first(func(r *wire.ReceiptProof) { more(r.Receipt); more(r.Receipt.Signatures[0].Key) }), false},
			"a card of nobody's":             {vouched(func(*wire.Card) {}), false}, // doubted, and nobody is accused
			"a card with no name":            {vouched(func(c *wire.Card) { c.Name = "\x1b[2J" }), false},
			"a card of no subject":           {vouched(func(c *wire.Card) { c.Subject = []byte{1} }), true},
			"a card of half an organisation": {vouched(func(c *wire.Card) { c.Organisation = []byte{1} }), true},
			"a card of another network":      {vouched(func(c *wire.Card) { c.Chain = "village" }), true},
			"a card without an end":          {vouched(func(c *wire.Card) { c.Facility = strings.Repeat("x", stele.MaxCard) }), true},
			"more in an entry":               {first(func(r *wire.ReceiptProof) { more(r.Entry); more(r.Entry.Head); more(r.Entry.Light) }), false},
			"a receipt of nothing":           {func(out *wire.DetailsResponse) { out.Receipts = append(out.Receipts, &wire.ReceiptProof{}) }, true},
			"more deep in a detail":          {holds(&wire.Detail{Request: make([]byte, 16), Receipt: signed}), true},
			"an attempt without a card":      {holds(&wire.Detail{Request: make([]byte, 16)}), true},
			"a reason without an end":        {holds(&wire.Detail{Request: make([]byte, 16), Detail: wire.Marshal(&wire.AccessDetail{Reason: strings.Repeat("x", 1<<20)})}), true},
			"a ground without an end":        {holds(&wire.Detail{Request: make([]byte, 16), Why: strings.Repeat("x", 1<<20)}), true},
			"an attempt with a made up card": {holds(&wire.Detail{Request: make([]byte, 16), Detail: wire.Marshal(&wire.AccessDetail{
				Card: wire.Sign(wire.TagCard, &wire.Card{Chain: w.Chain, Subject: make([]byte, 20), Name: "Dr Quist"}, wire.NewEd25519()),
			})}), true},
			"receipts with empty entries beyond what is judged": {func(out *wire.DetailsResponse) {
				for range 2*account.MaxOfOne + 10 {
					out.Receipts = append(out.Receipts, &wire.ReceiptProof{Receipt: out.Receipts[0].Receipt, Entry: &wire.EntryProof{}})
				}
			}, true},
		} {
			said := town.Bend(p, "Lakeview", func(m *members.Member) { m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: c.lie} })
			if strings.HasSuffix(what, "is judged") { // beyond that the file holds more than the account judges
				var file bytes.Buffer
				_, err := said.Account.Export(t.Context(), &file)
				w.Must(err)
				continue
			}
			if what == "an empty entry" || what == "no entry" || what == "a path of another form" {
				report, err := town.LinesOf(t.Context(), said)
				w.Must(err)
				var file bytes.Buffer
				_, err = said.Account.Export(t.Context(), &file)
				w.Must(err)
				if _, err := steleproof.Verify(&file, steleproof.Expect{}); err != nil || len(report.Gaps) != 1 {
					t.Errorf("%s: gaps %q, the export: %v", what, report.Gaps, err)
				}
				continue
			}
			if report := w.Alike(what, said); (len(report.Gaps) > 0) != c.gaps {
				t.Errorf("%s: gaps %q", what, report.Gaps)
			}
		}
		// And whatever a vault adds beside what a source signed.
		said := p
		for _, m := range p.Network.Members {
			said = town.Bend(said, m.Name, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, Own: func(out *wire.ListOwnResponse) {
					for _, one := range out.Submissions {
						more(one.Head)
						more(one.Head.Signatures[0])
					}
				}}
			})
		}
		w.Alike("more beside what a source signed", said)
	})
}

// TestR15WhatIsNotProvedIsNotExportedAsProof: a trustee hands out a receipt that is not
// posted, with something that looks like a proof. The file verifies without it.
func TestR15WhatIsNotProvedIsNotExportedAsProof(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		_, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		said := town.Bend(p, "Lakeview", func(m *members.Member) {
			m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
				out.Receipts[0].Batch = nil
				out.Receipts[0].Entry = &wire.EntryProof{Head: &wire.HeadProof{Height: 3}, Light: &wire.LightBlock{SignedHeader: []byte{1}, Validators: []byte{2}}}
			}}
		})
		if report := w.Alike("not posted", said); len(report.Gaps) > 0 || report.Pending != 3 {
			t.Errorf("gaps %q, %d pending", report.Gaps, report.Pending)
		}
	})
}
