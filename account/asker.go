package account

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// This file joins what was told to the log, one asking after the other, and finds out
// who asked. Each trustee tells what it kept of an asking; one that lies tells of
// somebody else. What says the very same is put together, what differs stands beside
// it, and a card is believed as at an opening: for its signatures.

// reckoning is an account in the making.
type reckoning struct {
	teller   *Teller
	report   *Report
	told     *told
	groups   []about
	judge    *proof.Account
	trusted  proof.Trusted
	cards    map[[32]byte]string   // why one is not to be believed, empty where it is; checked once each
	forged   map[shownCard]error   // likewise
	under    map[stele.ID]stele.ID // by which delegation a grant was given, of those that somebody gave for the owner
	postings map[int64]posting     // by where their proofs lie
	waited   time.Duration         // for cards to be checked
	each     func(Line) error
}

// posting is what a proof of one came to.
type posting struct {
	entry proof.Entry
	err   error
}

// telling is a Telling in the making.
type telling struct {
	Telling
	raw    []byte // of the AccessDetail
	logged bool   // the log commits to it
}

// shownCard is a card that was shown while the network was run by these.
type shownCard struct {
	card [32]byte
	from int64 // the height of the first era
	eras int
}

// attempt is an asking that the log does not have.
type attempt struct {
	ms    int64 // when: the middle of what is told
	group uint32
}

// run tells the lines in the order of time.
func (r *reckoning) run(ctx context.Context) error {
	if err := r.place(); err != nil {
		return err
	}
	attempts, err := r.attempts()
	if err != nil {
		return err
	}
	for e, err := range r.report.Events() {
		if err != nil {
			return err
		}
		for ; len(attempts) > 0 && attempts[0].ms < e.Event.TimeMs; attempts = attempts[1:] {
			if err := r.attempt(ctx, attempts[0]); err != nil {
				return err
			}
		}
		if err := r.entry(ctx, e); err != nil {
			return err
		}
	}
	for _, a := range attempts {
		if err := r.attempt(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// place finds the entry of each request that was told of: of several the last one.
func (r *reckoning) place() error {
	if r.groups = r.told.groups(); len(r.groups) == 0 {
		return nil
	}
	for e, err := range r.report.Events() {
		if err != nil {
			return err
		}
		if request, err := stele.IDFrom(e.Event.About().Request); err == nil {
			if g := r.told.find(r.groups, request); g != nil {
				g.entry = e.Seq + 1
			}
		}
	}
	return nil
}

// attempts lists the askings that the log does not have, oldest first.
func (r *reckoning) attempts() (list []attempt, err error) {
	for i, g := range r.groups {
		if g.entry > 0 {
			continue
		}
		ms, err := r.when(g)
		if err != nil {
			return nil, err
		}
		a := attempt{ms: ms, group: uint32(i)}
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(a, b attempt) int { return cmp.Compare(a.ms, b.ms) })
	return list, nil
}

// when is the time of an asking that the log does not have: the middle of what the
// trustees say, each once. No one of three or more moves it past what an honest one says.
func (r *reckoning) when(g about) (int64, error) {
	var times []int64
	last := -1
	for _, row := range r.told.rows[g.from:g.to] {
		if row.receipt || int(row.member) == last {
			continue
		}
		d, err := r.told.detail(row)
		if err != nil {
			return 0, err
		}
		times, last = append(times, d.TimeMs), int(row.member)
	}
	if len(times) == 0 {
		return math.MaxInt64, nil // receipts alone make no line
	}
	slices.Sort(times)
	return times[(len(times)-1)/2], nil
}

func (r *reckoning) tell(line Line) error {
	if r.each == nil {
		return nil
	}
	return r.each(line)
}

// delegate says who acted for the owner: by the delegation that the event names, or that the
// grant which it happened under was given by, or is.
func (r *reckoning) delegate(line *Line, about wire.About) error {
	if r.under == nil {
		r.under = map[stele.ID]stele.ID{}
	}
	grant, _ := stele.IDFrom(about.Grant)
	id, err := stele.IDFrom(about.Delegation)
	switch {
	case err == nil && about.Makes(stele.GrantActive):
		r.under[grant] = id
	case err != nil && line.Grant != nil && line.Grant.Action == stele.ActionDelegate && about.Asked():
		id = grant
	case err != nil:
		id = r.under[grant]
	}
	for upper, given := r.under[id]; given; upper, given = r.under[id] { // the owner's own word
		id = upper
	}
	if id.IsZero() {
		return nil
	}
	given, known, err := r.teller.w.GivenGrant(id[:])
	if known {
		line.Delegate = &given
	}
	return err
}

// entry tells the line of an event.
func (r *reckoning) entry(ctx context.Context, e proof.Event) error {
	line := Line{Time: time.UnixMilli(e.Event.TimeMs).UTC(), Seq: e.Seq, Height: e.Event.Height, Event: e.Event}
	about := e.Event.About()
	if id, err := stele.IDFrom(about.Grant); err == nil {
		given, known, err := r.teller.w.GivenGrant(id[:])
		if err != nil {
			return err
		}
		if known {
			line.Grant = &given
		}
	}
	if err := r.delegate(&line, about); err != nil {
		return err
	}
	request, err := stele.IDFrom(about.Request)
	if g := r.told.find(r.groups, request); err == nil && g != nil && g.entry == e.Seq+1 {
		r.judge.Log(e.Event)
		if _, err := r.join(ctx, &line, *g); err != nil {
			return err
		}
		line.Released = r.judge.Opening(request).Released()
		r.judge.Forget(request)
	}
	if about.Place == wire.PlaceOpening {
		line.Needed, line.Untold = r.judge.Needed(e.Event.Height), len(r.report.Silent)
	}
	return r.tell(line)
}

// attempt tells the line of an asking that the log does not have, if a trustee told
// of one that it refused.
func (r *reckoning) attempt(ctx context.Context, a attempt) error {
	line := Line{Time: time.UnixMilli(a.ms).UTC()}
	told, err := r.join(ctx, &line, r.groups[a.group])
	if line.Ahead {
		r.report.Ahead++
	}
	if err != nil || !told {
		return err
	}
	return r.tell(line)
}

// keptReceipt is a receipt in what a trustee kept of an asking.
type keptReceipt struct{ member, body string }

// maxOfOne is how much one trustee may tell of one asking: a release is of up to a
// thousand folios.
const maxOfOne = 1000

// join judges what was told of one asking and puts it into its line. It reports
// whether there was anything that may be true.
func (r *reckoning) join(ctx context.Context, line *Line, g about) (bool, error) {
	var tellings []*telling
	var kept []keptReceipt
	handed, pieces := map[string]bool{}, map[uint16]int{}
	refusals := map[uint16]refusal{}
	for i := g.from; i < g.to; i++ {
		row := &r.told.rows[i]
		m := r.told.members[row.member]
		if pieces[row.member]++; pieces[row.member] > 2*maxOfOne {
			r.report.say(m.Name + ": tells more of one asking than there can be")
			continue
		}
		if row.receipt {
			p, at, err := r.told.receiptOf(*row)
			if err != nil {
				return false, err
			}
			r.report.Receipts++
			handed[string(p.GetReceipt().GetBody())] = true
			row.proved = r.receipt(line, m, p, at)
			continue
		}
		d, err := r.told.detail(*row)
		if err != nil {
			return false, err
		}
		if d.Viewed != nil {
			if err := r.viewed(line, m, d); err != nil {
				r.report.gap(m.Name, err)
			}
			if body := d.GetReceipt().GetBody(); body != nil {
				kept = append(kept, keptReceipt{m.Name, string(body)})
			}
			continue
		}
		if !d.Released && !behind(line, d) {
			refusals[row.member] = refusals[row.member].and(d.TimeMs)
		}
		told, err := r.detail(m, d)
		switch {
		case errors.Is(err, proof.ErrAhead):
			line.Ahead = true
		case err != nil:
			r.report.gap(m.Name, err)
		default:
			tellings = heardOf(tellings, m, d, told)
		}
		if body := d.GetReceipt().GetBody(); body != nil {
			kept = append(kept, keptReceipt{m.Name, string(body)})
		}
	}
	for _, k := range kept {
		if !handed[k.body] && !slices.Contains(r.report.Silent, k.member) {
			r.report.say(k.member + ": hides a receipt of a release that it kept")
		}
	}
	line.Refused, line.LastRefused = middle(refusals)
	r.conclude(ctx, line, tellings)
	return len(tellings) > 0, nil
}

// viewed takes what the reader says was looked at, as a member's trustee kept it.
func (r *reckoning) viewed(line *Line, m members.Member, d *wire.Detail) error {
	told, err := r.detail(m, d)
	if errors.Is(err, proof.ErrAhead) {
		line.Ahead = true
		return nil
	}
	if err != nil || told != proof.AsLogged {
		return err
	}
	says := new(wire.Viewed)
	if err := wire.Decode(d.Viewed.Body, says); err != nil {
		return err
	}
	if !slices.ContainsFunc(line.Viewed, func(v *wire.Viewed) bool { return proto.Equal(v, says) }) {
		line.Viewed = append(line.Viewed, says)
		slices.SortStableFunc(line.Viewed, func(a, b *wire.Viewed) int { return cmp.Compare(a.AtMs, b.AtMs) })
	}
	return nil
}

// refusal is how often one trustee refused an asking, and when it last did.
type refusal struct {
	times  int
	lastMS int64
}

func (f refusal) and(ms int64) refusal { return refusal{f.times + 1, max(f.lastMS, ms)} }

// behind reports whether a trustee refused because its node had not reached the block by
// then in which the log permits the asking. The wallet asks the next, or the same one once
// more: nobody has asked again.
func behind(line *Line, d *wire.Detail) bool {
	at := time.UnixMilli(d.TimeMs)
	return line.Event.About().Place == wire.PlaceOpening && asking.Reason(d.Why) == asking.NotOpened &&
		!at.Before(line.Time) && at.Before(line.Time.Add(wallet.LogGrace))
}

// middle is what the one in the middle of those who refused says: no one of three or
// more moves it past what an honest one says.
func middle(all map[uint16]refusal) (times int, last time.Time) {
	if len(all) == 0 {
		return 0, time.Time{}
	}
	var counts []int
	var lasts []int64
	for _, f := range all {
		counts, lasts = append(counts, f.times), append(lasts, f.lastMS)
	}
	slices.Sort(counts)
	slices.Sort(lasts)
	return counts[(len(counts)-1)/2], time.UnixMilli(lasts[(len(lasts)-1)/2]).UTC()
}

// receipt holds a receipt that a member's trustee handed out against the log and the
// ledger (R6). It reports whether its posting is proved.
func (r *reckoning) receipt(line *Line, m members.Member, p *wire.ReceiptProof, at int64) (proved bool) {
	receipt, err := r.judge.Receipt(p.GetReceipt())
	if err == nil && string(receipt.Member) != string(m.Subject[:]) {
		err = stele.E("check receipt", stele.KindProof, "handed out another trustee's receipt", nil)
	}
	if err == nil {
		err = r.checkPosting(receipt, p, at)
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, proof.ErrAhead):
		line.Ahead = true
	case stele.KindOf(err) == stele.KindNotFound:
		r.report.Pending++
	default:
		r.report.gap(m.Name, err)
	}
	return false
}

// checkPosting is proof.CheckPosting, which checks the entry of many receipts once.
func (r *reckoning) checkPosting(receipt *wire.Receipt, p *wire.ReceiptProof, at int64) error {
	if at == 0 || len(p.GetBatch()) == 0 {
		_, err := proof.CheckPosting(r.trusted, receipt, p)
		return err
	}
	known, ok := r.postings[at]
	if !ok {
		known.entry, known.err = proof.CheckEntry(r.trusted, p.Entry)
		if len(r.postings) >= maxHandy {
			clear(r.postings)
		}
		r.postings[at] = known
	}
	if known.err != nil {
		return known.err
	}
	return proof.CheckPosted(known.entry, receipt, p)
}

// detail checks what a member's trustee kept of an asking.
func (r *reckoning) detail(m members.Member, d *wire.Detail) (proof.Telling, error) {
	told, err := r.judge.Detail(d)
	switch {
	case err != nil:
		return told, err
	case string(d.Member) != string(m.Subject[:]):
		return told, stele.E("check detail", stele.KindProof, "handed out what another trustee kept", nil)
	}
	return told, nil
}

// heardOf adds what a member's trustee kept to what others did.
func heardOf(tellings []*telling, m members.Member, d *wire.Detail, told proof.Telling) []*telling {
	for _, t := range tellings {
		if bytes.Equal(t.raw, d.Detail) {
			t.Details = append(t.Details, Kept{m.Name, d})
			return tellings
		}
	}
	t := &telling{raw: d.Detail, logged: told == proof.AsLogged}
	t.Details = []Kept{{m.Name, d}}
	detail, card := new(wire.AccessDetail), new(wire.Card)
	if wire.Decode(d.Detail, detail) == nil && detail.Card != nil && wire.Decode(detail.Card.GetBody(), card) == nil {
		t.Detail, t.Card = detail, card
	}
	return append(tellings, t)
}
