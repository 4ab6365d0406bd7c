package reading

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Resealed tells what a re-sealing did.
type Resealed struct {
	Folios   int               // of the owner's that vaults list
	Before   int               // of them, that her keys opened at every vault that lists them
	Sealed   int               // of the others, that they open there since: now it is Before and Sealed together
	Unopened int               // that neither her key nor the trustees opened
	Missing  map[string]Missed // by member, where there is any
	Faults   []Fault
}

// Missed is what a vault did not take.
type Missed struct {
	Envelopes int
	Why       error // what it said to the last that it was brought; nil where nothing is known
}

const (
	// resealed is how many folios are opened by one access, and brought before the next.
	resealed = 500
	// brought is how many envelopes a vault takes at once, and broughtOf of how many submissions.
	brought   = 256
	broughtOf = 16
)

// Reseal has the owner's current keys open all of her chart: the keys of folios that were sealed
// before she had them are opened by a key that she has, or by the trustees through logged accesses,
// sealed to each of her keys and brought to every vault that lists the folio without. What
// is done stays done, and the next run goes on from there. progress hears of how many folios it is done
// with, of how many; nil: nobody. It fails where no vault answers, and with what the log or the ledger fails with.
func (r *Reader) Reseal(ctx context.Context, progress func(done, all int)) (out Resealed, err error) {
	log, err := r.w.Log(ctx)
	if err != nil {
		return out, err
	}
	anchors, _, err := anchoredOn(log)
	if err != nil {
		return out, err
	}
	devices, err := r.w.Keys(ctx, r.w.Subject())
	if err != nil {
		return out, err
	}
	j := &resealing{reading: reading{Reader: r, subject: r.w.Subject(), anchored: anchors}, out: Resealed{Missing: map[string]Missed{}}}
	defer j.forget()
	if err := j.sealTo(devices); err != nil {
		return out, err
	}
	if err := j.list(ctx); err != nil {
		return out, err
	}
	due := j.due()
	j.out.Folios, j.out.Before = len(j.folios), len(j.folios)-len(due)
	for done := 0; len(due) > 0; {
		if progress != nil {
			progress(done, done+len(due))
		}
		part := due[:min(resealed, len(due))]
		due, done = due[len(part):], done+len(part)
		if err := j.open(ctx, part); err != nil {
			return j.told(), err
		}
		if err := j.bring(ctx, part); err != nil {
			return j.told(), err
		}
		if progress != nil {
			progress(done, done+len(due))
		}
	}
	return j.told(), nil
}

// resealing is a reader at work on her own keys.
type resealing struct {
	reading
	keys []*seal.Recipient // her current ones
	out  Resealed

	held  sync.Mutex
	items map[stele.Subject]map[string]*wire.FolioItem // by vault and place: as it lists them, with its envelopes
}

func (j *resealing) told() Resealed {
	j.out.Faults = j.reading.told()
	return j.out
}

func (j *resealing) sealTo(devices []*wire.Device) error {
	for _, d := range devices {
		if len(d.SealKey) == 0 {
			continue
		}
		key, err := seal.NewRecipient(d.SealKey)
		if err != nil {
			return err
		}
		j.keys = append(j.keys, key)
	}
	mine := j.w.Keyring().SealKey().ID()
	if !slices.ContainsFunc(j.keys, func(k *seal.Recipient) bool { return k.ID() == mine }) {
		return stele.E("seal again", stele.KindDenied, "this wallet's key is not one of its owner's on the ledger", nil).WithHint("was it rotated out by another device?")
	}
	return nil
}

// list hears every vault.
func (j *resealing) list(ctx context.Context) error {
	j.items = map[stele.Subject]map[string]*wire.FolioItem{}
	listing := j.listing(ctx, func(ctx context.Context, m members.Member) (list, error) {
		response, err := m.Vault.ListOwn(ctx, &wire.ListOwnRequest{Request: j.w.OwnRequest(m.Subject, 0)})
		if err != nil {
			return nil, err
		}
		kept, _ := j.Reader.anchored(&j.reading, m, j.anchored, response.Folios)
		j.held.Lock()
		defer j.held.Unlock()
		j.items[m.Subject] = map[string]*wire.FolioItem{}
		for _, item := range kept {
			digest := wire.FolioDigest(item.Head)
			j.items[m.Subject][string(digest[:])+string(item.Submission)] = item
		}
		return kept, nil
	})
	answered, last := j.enough(listing)
	if answered == 0 {
		return stele.E("seal again", stele.KindUnreachable, "no vault answered", last).WithHint("try again; stele ledger status shows who is up")
	}
	j.all(listing)
	for _, f := range j.folios {
		j.unlockOwn(f)
	}
	return nil
}

// place names a folio as list does.
func (f *Folio) place() string { return string(f.Digest[:]) + string(f.Item.Submission) }

// lacks lists the keys for which a vault gives no envelope of a folio; of this wallet's own, none that
// opens.
func (j *resealing) lacks(f *Folio, m members.Member) (keys []*seal.Recipient) {
	j.held.Lock()
	item := j.items[m.Subject][f.place()]
	j.held.Unlock()
	if item == nil {
		return nil
	}
	mine := j.w.Keyring().SealKey().ID()
	for _, k := range j.keys {
		id := k.ID()
		if !slices.ContainsFunc(item.Envelopes, func(e *wire.Envelope) bool {
			return string(e.KeyId) == string(id[:]) && (id != mine || j.opens(f, e))
		}) {
			keys = append(keys, k)
		}
	}
	return keys
}

// opens reports whether an envelope holds the folio's key for this wallet.
func (j *resealing) opens(f *Folio, e *wire.Envelope) bool {
	key, err := j.sealedIn(f, e)
	commitment, err2 := stele.DigestFrom(f.Head.KeyCommitment)
	return err == nil && err2 == nil && seal.CheckKey(&key, commitment) == nil
}

// due are the folios that some vault lists without an envelope for some key.
func (j *resealing) due() (due []*Folio) {
	for _, f := range j.folios {
		if slices.ContainsFunc(f.holders, func(m members.Member) bool { return len(j.lacks(f, m)) > 0 }) {
			due = append(due, f)
		}
	}
	return due
}

// open has the trustees release the keys that the owner's own does not open, by one access.
func (j *resealing) open(ctx context.Context, part []*Folio) error {
	var claims []claim
	committee := j.w.Committee()
	for _, f := range part {
		if f.unlocked {
			continue
		}
		i := slices.IndexFunc(f.listed, func(l listed) bool {
			return threshold.Check(l.item.Capsule, committee.Key, wire.CapsuleLabelBytes(j.w.Consortium().Chain, committee.Key, j.subject, f.Head, f.Digest)) == nil
		})
		if i < 0 {
			j.misfitting(f)
			continue
		}
		claims = append(claims, claim{f: f, listed: f.listed[i]})
	}
	if len(claims) > 0 {
		held, err := j.w.OwnReadGrant(ctx)
		if err != nil {
			return err
		}
		o, err := j.ownAccess(ctx, held)
		if err != nil {
			return err
		}
		err = o.releaseHalves(ctx, claims)
		for _, f := range o.told() {
			j.faultOf(f)
		}
		if err != nil {
			return err
		}
	}
	for _, f := range part {
		if !f.unlocked {
			j.out.Unopened++
		}
	}
	return nil
}

func (j *resealing) misfitting(f *Folio) {
	for _, m := range f.holders {
		j.fault(m, "listed a capsule that belongs elsewhere")
	}
}

func (j *resealing) faultOf(f Fault) { j.prove(members.Member{Name: f.Member}, f.What, f.Evidence) }

// ownAccess puts an access to the owner's own chart on the ledger.
func (r *Reader) ownAccess(ctx context.Context, held wallet.Held) (*open, error) {
	reader, err := seal.NewSealKey()
	if err != nil {
		return nil, err
	}
	o := &open{
		reading: reading{Reader: r, subject: r.w.Subject()}, held: &held, signer: r.w.Keyring().OneTime(held.KeyIndex), id: stele.NewIDOf(held.Grant[:]),
		salt: seal.NewSalt(), reader: reader, window: 5 * time.Minute,
	}
	o.detail = wire.Marshal(&wire.AccessDetail{
		Request: o.id[:], Subject: o.subject[:], Purpose: string(stele.PatientRequest), Reason: "to seal it to my own key",
		Card: asking.SelfCard(r.w.Consortium().Chain, o.subject, r.w.Clock().Add(24*time.Hour), r.w.Keyring().Signer()),
	})
	return o, o.access(ctx)
}

// releaseHalves releases what the trustees do release: they refuse a request as a whole.
func (o *open) releaseHalves(ctx context.Context, claims []claim) error {
	err := o.release(ctx, claims)
	if stele.KindOf(err) != stele.KindDenied {
		return err
	}
	o.hurried = true // their nodes have had the time to see the opening
	if len(claims) == 1 {
		return nil
	}
	half := len(claims) / 2
	if err := o.releaseHalves(ctx, claims[:half]); err != nil {
		return err
	}
	return o.releaseHalves(ctx, claims[half:])
}

// bring seals keys and brings them to the vaults that lack them.
func (j *resealing) bring(ctx context.Context, part []*Folio) error {
	to := map[stele.Subject][]*wire.AddedEnvelope{}
	whole := map[*Folio]bool{} // those that envelopes are to be brought of
	for _, f := range part {
		if !f.unlocked {
			continue
		}
		sealed := map[stele.Digest]*wire.Envelope{}
		for _, m := range f.holders {
			for _, k := range j.lacks(f, m) {
				id := k.ID()
				if sealed[id] == nil {
					envelope, err := k.Seal(seal.TagFolioKey, wire.FolioKeyContext(j.subject, f.Head.Folio), f.key[:])
					if err != nil {
						return err
					}
					sealed[id] = &wire.Envelope{KeyId: id[:], Sealed: envelope}
				}
				to[m.Subject] = append(to[m.Subject], &wire.AddedEnvelope{Submission: f.Item.Submission, Folio: f.Head.Folio, Envelope: sealed[id]})
				whole[f] = true
			}
		}
	}
	missed := map[string]bool{}
	for reply := range members.All(ctx, j.w.Network, func(ctx context.Context, m members.Member) (int, error) {
		return j.bringTo(ctx, m, to[m.Subject])
	}) {
		all := to[reply.Member.Subject]
		if left := all[reply.Answer:]; len(left) > 0 {
			before := j.out.Missing[reply.Member.Name].Envelopes
			j.out.Missing[reply.Member.Name] = Missed{before + len(left), reply.Err}
			for _, e := range left {
				missed[string(e.Submission)+string(e.Folio)] = true
			}
		}
	}
	for f := range whole {
		if !missed[string(f.Item.Submission)+string(f.Head.Folio)] {
			j.out.Sealed++
		}
	}
	return ctx.Err()
}

// requests cuts envelopes into what a vault takes at once; it puts those of one submission together.
func requests(all []*wire.AddedEnvelope) (parts [][]*wire.AddedEnvelope) {
	slices.SortStableFunc(all, func(a, b *wire.AddedEnvelope) int { return bytes.Compare(a.Submission, b.Submission) })
	begin, of := 0, 0
	for i, e := range all {
		another := i == begin || !bytes.Equal(e.Submission, all[i-1].Submission)
		if i-begin == brought || another && of == broughtOf {
			parts = append(parts, all[begin:i])
			begin, of, another = i, 0, true
		}
		if another {
			of++
		}
	}
	if begin < len(all) {
		parts = append(parts, all[begin:])
	}
	return parts
}

// bringTo brings envelopes to one vault, and returns how many it took.
func (j *resealing) bringTo(ctx context.Context, m members.Member, all []*wire.AddedEnvelope) (took int, err error) {
	for _, part := range requests(all) {
		stopped := members.Retry(ctx, 100*time.Millisecond, members.Lag, func() bool { // its node may not have heard of the newest key yet
			_, err = m.Vault.PutEnvelopes(ctx, &wire.PutEnvelopesRequest{Request: wire.Sign(wire.TagEnvelopes, &wire.SealedEnvelopes{
				Chain: j.w.Consortium().Chain, Audience: m.Subject[:], Subject: j.subject[:], AtMs: j.w.Clock().UnixMilli(), Envelopes: part,
			}, j.w.Keyring().Signer())})
			return stele.KindOf(err) == stele.KindDenied
		})
		if err != nil || stopped != nil {
			return took, err
		}
		took += len(part)
	}
	return took, nil
}
