package reading

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Question is what a reader asks for.
type Question struct {
	Purpose    stele.Purpose
	Categories []stele.Category // empty: all that the grant covers
	Grant      stele.ID         // one that is held; zero: the one that allows most of it
	Reason     string           // in the reader's words, for the patient
	Window     time.Duration    // of the session in which more is read of what was opened; zero: 60 s; at most stele.MaxSession

	not       []stele.ID         // grants that were tried
	fell      []wallet.Above     // the delegations by which these were given
	emergency *wallet.Activation // under which the chart is opened, and not under a grant
	role      string             // that the reader shows then; empty: the newest that is held
}

// OpenChart opens somebody's chart under a grant that this wallet holds: the
// access is on the ledger first, then vaults give what is in scope, trustees
// release its keys, and everything is checked. Without a grant the trustees are
// asked all the same, refuse, and keep the attempt sealed for the patient.
//
// It fails with KindDenied, always in the same words, whatever the reason.
func (r *Reader) OpenChart(ctx context.Context, subject stele.Subject, q Question) (*Chart, error) {
	held, err := r.HoldChart(ctx, subject, q, nil)
	if err != nil {
		return nil, err
	}
	held.Close()
	return held.Chart, nil
}

// maxRefusals is how many grants are tried for one opening: each refusal may be a
// line in the patient's log.
const maxRefusals = 3

// permitted puts an opening on the ledger, under the best of the grants that are held;
// under the next one where the ledger refuses. Where none is left, the trustees are
// asked all the same.
func (r *Reader) permitted(ctx context.Context, subject stele.Subject, q Question) (*open, error) {
	if err := r.w.Current(ctx); err != nil {
		return nil, err
	}
	if best, err := r.best(subject, q); err != nil {
		return nil, err
	} else if best == nil {
		if err := r.w.AskAboutOffers(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.allowed(subject, q); err != nil {
		return nil, err
	}
	for tries := 1; ; tries++ {
		o, err := r.prepare(ctx, subject, q)
		if err != nil {
			return nil, err
		}
		if o.held == nil {
			return nil, o.attempt(ctx)
		}
		err = o.access(ctx)
		if err == nil || !o.over {
			return o, err
		}
		if err := r.w.MarkOver(o.held.Grant); err != nil {
			return nil, err
		}
		next, err := r.best(subject, q)
		if err != nil {
			return nil, err
		}
		if tries == maxRefusals || next == nil || !next.Usable(r.w.Clock(), q.Purpose) || allowsNone(next, q) {
			return nil, o.attempt(ctx)
		}
	}
}

// open is an opening in the making.
type open struct {
	reading
	held       *wallet.Held
	signer     wire.Signer // the grantee key; without a grant the reader's own
	id         stele.ID
	detail     []byte
	salt       seal.Salt
	reader     *seal.SealKey
	window     time.Duration
	opening    Opening
	hurried    bool               // a denial is not asked about again
	activation *wallet.Activation // it is under; nil: a grant
	over       bool               // the ledger refuses under the grant
	lists      [][]byte           // status lists of the credentials in the detail
}

func (r *Reader) prepare(ctx context.Context, subject stele.Subject, q Question) (*open, error) {
	if !q.Purpose.Valid() {
		return nil, stele.E("open chart", stele.KindUsage, "a purpose is needed", nil).WithHint("for treatment: --purpose TREAT")
	}
	if err := stele.CheckReason(q.Reason); err != nil {
		return nil, err
	}
	card, _, err := r.w.Card()
	if err != nil {
		return nil, err
	}
	reader, err := seal.NewSealKey()
	if err != nil {
		return nil, err
	}
	o := &open{
		reading: reading{Reader: r, subject: subject}, signer: r.w.Keyring().Signer(), id: stele.NewID(), salt: seal.NewSalt(), reader: reader,
		window: cmp.Or(q.Window, time.Minute),
	}
	o.again = o.listsNow
	var shown wallet.Shown
	if q.emergency != nil {
		shown, err = o.underActivation(ctx, *q.emergency, q.role)
	} else {
		shown, err = o.granted(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	o.lists = shown.Lists
	detail := &wire.AccessDetail{
		Request: o.id[:], Subject: subject[:], Card: card, Purpose: string(q.Purpose), Reason: q.Reason, Credentials: shown.Credentials,
	}
	for _, c := range q.Categories {
		detail.Categories = append(detail.Categories, string(c))
	}
	o.detail = wire.Marshal(detail)
	return o, nil
}

// granted has an opening be under the best of the grants that are held, with the credentials
// that it wants; under none where none is held.
func (o *open) granted(ctx context.Context, q Question) (shown wallet.Shown, err error) {
	held, err := o.best(o.subject, q)
	if held == nil || err != nil {
		return shown, err
	}
	o.held, o.signer, o.id = held, o.w.Keyring().OneTime(held.KeyIndex), stele.NewIDOf(held.Grant[:])
	g, err := consent.Parse(held.Document)
	o.partly, o.grant = err == nil && (!g.From.IsZero() || !g.To.IsZero() || len(g.Records) > 0), g
	if err == nil && g.Actor.Role != "" {
		return o.w.Show(ctx, g.Actor.Role, g.Actor.FacilityKind, o.id)
	}
	return shown, nil
}

// access puts the opening on the ledger. o.over says that the ledger refuses
// under its grant.
func (o *open) access(ctx context.Context) error {
	start := o.w.Clock()
	grant, commitment, keyHash := o.held.Grant, seal.Commit(o.salt, seal.TagDetail, o.detail), wire.ReaderKeyHash(o.reader.Public())
	message := &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
		Request: o.id[:], Grant: grant[:], DetailCommitment: commitment[:], ReaderKeyHash: keyHash[:],
		WindowMs: uint32(o.window.Milliseconds()),
	}}}
	raw := o.w.SignTransaction(message, o.signer)
	outcome, err := o.w.SubmitSigned(ctx, raw)
	if stele.KindOf(err) == stele.KindDenied { // no grant that the ledger knows
		o.over = true
		return refused()
	}
	if stele.KindOf(err) == stele.KindUnknown {
		err = errors.Join(err, o.w.KeepUnknown(wallet.Sent{Kind: wallet.SentOpening, Object: o.id, Raw: raw, Expires: time.UnixMilli(message.ExpiresMs).UTC()}))
		return stele.E("open chart", stele.KindUnknown, "nothing was opened, and it is not known whether the opening stands in the patient's log", err).
			WithHint("open again when members are up; that is an opening of its own, and her log says of this one that nobody released for it")
	}
	if err != nil {
		return err
	}
	var event wire.Event
	if err := wire.Decode(outcome.Event, &event); err != nil {
		return err
	}
	about := event.About()
	if about.Place != wire.PlaceOpening {
		o.over = true
		return refused()
	}
	o.opening = Opening{Request: o.id, Grant: grant, Outcome: outcome, Until: time.UnixMilli(about.Until).UTC(), Waited: o.w.Clock().Sub(start)}
	return nil
}

// attempt asks the trustees although the ledger has permitted nothing, so that
// the patient learns of it. It always returns an error.
func (o *open) attempt(ctx context.Context) error {
	answered, last := o.each(ctx, func(ctx context.Context, m members.Member) error {
		_, err := m.Trustee.Release(ctx, &wire.ReleaseRequest{Request: o.request(m)})
		if stele.KindOf(err) == stele.KindDenied {
			return nil
		}
		return err
	})
	if answered == 0 && last != nil {
		return stele.E("open chart", stele.KindUnreachable, "no trustee answered", last).WithHint("try again; stele ledger status shows who is up")
	}
	return refused()
}

// refused is the one answer to a reader who may not.
func refused() error {
	return stele.E("open chart", stele.KindDenied, "no access", nil).
		WithHint("ask the patient for a grant; she sees that you asked")
}

// request signs the reading for one member: with the grantee key, and with the
// reader's own, which proves that the card shown is theirs.
func (o *open) request(m members.Member) *wire.Signed {
	r := &wire.ReadRequest{
		Chain: o.w.Consortium().Chain, Audience: m.Subject[:], Subject: o.subject[:], Request: o.id[:],
		Detail: o.detail, DetailSalt: o.salt[:], ReaderKey: o.reader.Public(), AtMs: o.w.Clock().UnixMilli(),
	}
	if o.held == nil {
		return wire.Sign(wire.TagRead, r, o.signer)
	}
	r.Grant, r.Document, r.DocumentSalt, r.StatusLists = o.held.Grant[:], o.held.Document, o.held.Salt, o.lists
	r.Delegations = wallet.ShowAbove(o.held.Above)
	return wire.Sign(wire.TagRead, r, o.signer, o.w.Keyring().Signer())
}

// ask asks every vault what is in scope.
func (o *open) ask(reading context.Context) *members.Round[list] {
	return o.listing(reading, func(ctx context.Context, m members.Member) (list, error) {
		response, err := members.Patiently(ctx, members.Lag, func(ctx context.Context) (*wire.ListFoliosResponse, error) {
			return m.Vault.ListFolios(ctx, &wire.ListFoliosRequest{Request: o.request(m)})
		})
		if err != nil {
			return nil, err
		}
		o.hear(reading, m, response.Submissions)
		return o.sound(ctx, m, response.Folios), nil
	})
}

// listsNow asks a vault once more what is in scope.
func (o *open) listsNow(ctx context.Context, m members.Member) (list, error) {
	response, err := m.Vault.ListFolios(ctx, &wire.ListFoliosRequest{Request: o.request(m)})
	return response.GetFolios(), err
}

// sound leaves out folios whose capsule was not made for their place: a capsule
// is under no hash, and one that is wrong would spoil the request for all.
func (o *open) sound(ctx context.Context, m members.Member, items []*wire.FolioItem) []*wire.FolioItem {
	committee := o.w.Committee()
	var capsules, labels [][]byte
	var kept []*wire.FolioItem
	var ends []int // of each item's, in capsules
	for _, item := range items {
		f, err := readFolio(item)
		if err != nil {
			o.fault(m, "listed a folio that does not hold together")
			continue
		}
		kept = append(kept, item)
		for _, c := range claimsOf(f, listed{item: item}) {
			ref, label := o.capsule(o.w.Consortium(), c)
			capsules, labels = append(capsules, ref.Capsule), append(labels, label)
		}
		ends = append(ends, len(capsules))
	}
	if _, err := threshold.CheckBatch(committee, capsules, labels); err == nil {
		return kept
	}
	var good []*wire.FolioItem
	from := 0
	for i, item := range kept {
		fits := true
		for ; from < ends[i]; from++ {
			if ctx.Err() != nil {
				return nil // nobody waits for this vault any more
			}
			fits = fits && threshold.Check(capsules[from], committee.Key, labels[from]) == nil
		}
		if fits {
			good = append(good, item)
		} else {
			o.unfit(m, item)
		}
	}
	return good
}

// unfit notes who lists a capsule that was made for another place.
func (o *open) unfit(m members.Member, item *wire.FolioItem) {
	place := string(item.Submission) + string(item.Head) + string(item.Capsule)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.unfits == nil {
		o.unfits = map[string]*listed{}
	}
	l := o.unfits[place]
	if l == nil {
		l = &listed{item: item}
		o.unfits[place] = l
	}
	if !slices.ContainsFunc(l.by, func(by members.Member) bool { return by.Subject == m.Subject }) {
		l.by = append(l.by, m)
	}
}

// tellMisfits tells of the capsules that were made for another place.
func (o *open) tellMisfits() {
	o.mu.Lock()
	unfits := slices.Collect(maps.Values(o.unfits))
	o.mu.Unlock()
	for _, l := range unfits {
		var source stele.Subject
		if f, err := readFolio(l.item); err == nil {
			source = f.Claimed
		}
		o.misfits(source, l.by, "a capsule that belongs elsewhere")
	}
}
