package vault

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// A patient brings envelopes for folios that were sealed before she had the key that she has
// now: a slip of hers was claimed, a key was rotated, a device came. They lie beside the segment,
// a file a submission (addedfile.go). Nobody here can see whether one opens; it is of a current key
// of the patient's, of the one length, and one counts of a key and folio, so what is kept has a bound.
const (
	maxPutEnvelopes = 256                        // in one request
	maxPutOf        = 16                         // submissions that they are of: each is a file
	addedLen        = seal.EnvelopeOverhead + 32 // of an envelope around a folio's key

	// envelopesADay is how many are written for one subject, with those that are written once more
	// where a file is written anew: 340 MB. A chart of 5,000 folios and eight devices takes 40,000 and at
	// most as many again for each time that its files double or a device comes: it goes through in
	// one day, and who brings the same for ever wears no disk out.
	envelopesADay  = 1 << 18
	envelopePlaces = 1 << 16 // of subjects; two share one by chance
)

// addedPlace is what one envelope counts of.
type addedPlace struct {
	folio stele.ID
	key   stele.Digest
}

// added is an envelope that was brought.
type added struct {
	addedPlace
	seal []byte
}

// PutEnvelopes keeps envelopes that a patient brings for her own folios here, durably before it
// answers, in the place of earlier ones of the same keys. It fails with KindDenied for what no
// current key of the subject signed, just now and for this member, or that are for other
// keys than those that the subject has now; with KindInvalid for what is no such envelope and for those of more than 16 submissions; with
// KindNotFound for a folio that is not here, or not anchored; with KindLimit and KindBusy for too many.
// What is of one submission is kept whole, or nothing of it.
func (v *Vault) PutEnvelopes(ctx context.Context, in *wire.PutEnvelopesRequest) (*wire.PutEnvelopesResponse, error) {
	const op = "put envelopes"
	m, patient, err := v.checkEnvelopes(in.GetRequest())
	if err != nil {
		return nil, err
	}
	if n := len(m.Envelopes); n == 0 || n > maxPutEnvelopes {
		return nil, stele.E(op, stele.KindInvalid, "a request has 1 to 256 envelopes", nil)
	}
	of, order, err := bySubmission(m.Envelopes, patient)
	if err != nil {
		return nil, err
	}
	written := len(m.Envelopes)
	for _, id := range order {
		if !v.holdsFolios(patient.Subject, id, of[id]) {
			return nil, stele.E(op, stele.KindNotFound, "there is no such folio here", nil)
		}
		if _, fits := v.appends(id, keptKeys(patient), of[id]); !fits {
			written += v.countAdded(id)
		}
	}
	if !v.envelopes.Allow(v.cfg.Clock(), written, patient.Subject[:]) {
		return nil, stele.E(op, stele.KindLimit, "more envelopes were brought today than there is room for", nil).WithHint("go on tomorrow")
	}
	if err := v.room(written * addedStride); err != nil {
		return nil, err
	}
	for _, id := range order {
		if err := v.putAdded(ctx, id, keptKeys(patient), of[id]); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, v.storeFault(err)
		}
	}
	return &wire.PutEnvelopesResponse{}, nil
}

// bySubmission sorts what was brought, the submissions in the order in which they come.
func bySubmission(all []*wire.AddedEnvelope, patient stele.Keys) (of map[stele.ID][]added, order []stele.ID, err error) {
	const op = "put envelopes"
	current := currentKeys(patient)
	of = map[stele.ID][]added{}
	for _, e := range all {
		id, err := stele.IDFrom(e.Submission)
		a, err2 := readAdded(e)
		if err := errors.Join(err, err2); err != nil {
			return nil, nil, stele.E(op, stele.KindInvalid, "an envelope is malformed", err)
		}
		if !current[a.key] {
			return nil, nil, stele.E(op, stele.KindDenied, "an envelope is for no current key of the subject", nil).WithHint("check that this device's key was not rotated out")
		}
		if of[id] == nil {
			order = append(order, id)
		}
		of[id] = append(of[id], a)
	}
	if len(order) > maxPutOf {
		return nil, nil, stele.E(op, stele.KindInvalid, "the envelopes of a request are of 16 submissions at most", nil)
	}
	return of, order, nil
}

// checkEnvelopes finds out whose they are. Every failure is the same.
func (v *Vault) checkEnvelopes(signed *wire.Signed) (*wire.SealedEnvelopes, stele.Keys, error) {
	m := new(wire.SealedEnvelopes)
	patient, by, ok := v.own.Opens(v.cfg.Clock(), wire.TagEnvelopes, signed, m)
	if !ok || !slices.Contains(patient.Signing, by) {
		return nil, stele.Keys{}, stele.E("put envelopes", stele.KindDenied, "it is not the patient's, not for this member, or stale", nil).
			WithHint("check this device's clock and that its key was not rotated out")
	}
	return m, patient, nil
}

// currentKeys are the ids of the keys by which a subject reads now.
func currentKeys(of stele.Keys) map[stele.Digest]bool {
	current := map[stele.Digest]bool{}
	for _, k := range of.Seal {
		current[seal.RecipientID(k)] = true
	}
	return current
}

// keptKeys are the ids of the keys whose envelopes stay: those by which a subject reads now and,
// while it is merged, those of its own devices, which read again once it is parted.
func keptKeys(of stele.Keys) map[stele.Digest]bool {
	kept := currentKeys(of)
	for _, k := range of.Own {
		kept[seal.RecipientID(k)] = true
	}
	return kept
}

// readAdded reads an envelope that was brought.
func readAdded(e *wire.AddedEnvelope) (a added, err error) {
	folio, err := stele.IDFrom(e.GetFolio())
	key, err2 := stele.DigestFrom(e.GetEnvelope().GetKeyId())
	if err := errors.Join(err, err2); err != nil {
		return a, err
	}
	if len(e.Envelope.Sealed) != addedLen || !wire.Known(e) {
		return a, unfit("an envelope has another length")
	}
	return added{addedPlace{folio, key}, e.Envelope.Sealed}, nil
}

// holdsFolios reports whether a submission is here, the subject's, anchored, and has the folios.
func (v *Vault) holdsFolios(subject stele.Subject, id stele.ID, all []added) bool {
	r, err := v.index.get(id)
	if err != nil || r.Subject != subject {
		return false
	}
	if anchor, err := v.cfg.Ledger.Anchor(subject, id); err != nil || !anchors(anchor, subject, r.Grant, r.Root) {
		return false
	}
	return !slices.ContainsFunc(all, func(a added) bool {
		return !slices.ContainsFunc(r.Folios, func(f folioRow) bool { return f.ID == a.folio })
	})
}

// putAdded has envelopes count in the place of those of the same keys and folios. They are appended
// to the submission's file; it is written anew where that does not fit (appends).
func (v *Vault) putAdded(ctx context.Context, id stele.ID, kept map[stele.Digest]bool, all []added) error {
	all = newest(all)
	done, err := v.appendAdded(id, kept, all)
	if done || err != nil {
		return err
	}
	return v.rewriteAdded(ctx, id, kept, all, true)
}

// rewriteAdded writes a submission's file with envelopes added, each once, and without what is of no key
// that is kept. Of two of one key and folio the new one counts where over is set, and otherwise the old
// one. Nothing is written where nothing changes. What is damaged is left out. A file may have tens of
// megabytes, so one at a time is in memory.
func (v *Vault) rewriteAdded(ctx context.Context, id stele.ID, kept map[stele.Digest]bool, all []added, over bool) error {
	select {
	case v.adding <- struct{}{}:
		defer func() { <-v.adding }()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer v.writing(id)()
	had, err := v.readAddedFile(id)
	if err != nil && !wrong(err) {
		return err
	}
	now, changed := merged(had, kept, all, over)
	if !changed && err == nil {
		return nil
	}
	if len(now) == 0 {
		if err := v.fs.Remove(v.addedPath(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	return writeWhole(v.fs, v.addedPath(id), encodeAdded(addedName(id), now))
}

// merged is what a file has after envelopes were added to it, and whether that is anything else than before.
func merged(had []added, kept map[stele.Digest]bool, all []added, over bool) (now []added, changed bool) {
	at := map[addedPlace]int{}
	for i, a := range slices.Concat(had, all) {
		k, seen := at[a.addedPlace]
		switch {
		case !kept[a.key]:
			changed = changed || i < len(had)
		case !seen:
			at[a.addedPlace] = len(now)
			now, changed = append(now, a), changed || i >= len(had)
		case over && i >= len(had) && !bytes.Equal(now[k].seal, a.seal):
			now[k], changed = a, true
		}
	}
	return now, changed
}

// newest are envelopes without those in whose place a later one comes.
func newest(all []added) (now []added) {
	at := map[addedPlace]int{}
	for _, a := range all {
		if k, seen := at[a.addedPlace]; seen {
			now[k] = a
			continue
		}
		at[a.addedPlace] = len(now)
		now = append(now, a)
	}
	return now
}

// addedTo are the envelopes of current keys that were brought for a submission, by folio. What is
// damaged is left out: a check repairs it, and the patient's wallet brings it again.
func (v *Vault) addedTo(id stele.ID, current map[stele.Digest]bool) map[stele.ID][]*wire.Envelope {
	all, err := v.readAddedFile(id)
	if err != nil {
		v.cfg.Log.Warn("vault cannot read envelopes that were brought; stele vault fsck repairs", "submission", id.String())
	}
	of := map[stele.ID][]*wire.Envelope{}
	for _, a := range all {
		if current[a.key] {
			of[a.folio] = append(of[a.folio], &wire.Envelope{KeyId: a.key[:], Sealed: a.seal})
		}
	}
	return of
}

// addedBytes is what goes to another member with a copy.
func (v *Vault) addedBytes(id stele.ID) []byte {
	all, err := v.readAddedFile(id)
	if err != nil && !wrong(err) || len(all) == 0 {
		return nil
	}
	m := new(wire.AddedEnvelopes)
	for _, a := range all {
		m.Envelopes = append(m.Envelopes, &wire.AddedEnvelope{Folio: a.folio[:], Envelope: &wire.Envelope{KeyId: a.key[:], Sealed: a.seal}})
	}
	return wire.Marshal(m)
}

// takeAdded keeps what came with a copy from another member: of current keys of the subject, for
// folios that there are, and in nobody's place. What is not so is left out.
func (v *Vault) takeAdded(ctx context.Context, r *row, raw []byte) error {
	m := new(wire.AddedEnvelopes)
	if len(raw) == 0 || wire.DecodeWithin(raw, m, wire.MaxParts) != nil {
		return nil
	}
	patient, err := v.cfg.Ledger.Subject(r.Subject)
	if err != nil {
		return nil
	}
	var good []added
	for _, e := range m.Envelopes {
		a, err := readAdded(e)
		if err == nil && slices.ContainsFunc(r.Folios, func(f folioRow) bool { return f.ID == a.folio }) {
			good = append(good, a)
		}
	}
	if len(good) == 0 {
		return nil
	}
	return v.rewriteAdded(ctx, r.id(), keptKeys(patient), good, false)
}

// envelopes checks what patients brought, against its checksums and against the index. What
// is damaged is taken from another member's copy, or dropped: the patient's wallet brings it again.
func (c *check) envelopes(ctx context.Context) error {
	v := c.v
	names, err := v.fs.List(v.folder("envelopes"))
	if err != nil {
		return err
	}
	for _, n := range names {
		name, ok := parseFileName(n)
		if !ok || name != addedName(name.id()) {
			if isHalfDone(n) {
				continue
			}
			if err := c.found("envelopes/"+n, "not a file of the vault", false, stele.Subject{}); err != nil {
				return err
			}
			continue
		}
		_, err := v.readAddedFile(name.id())
		if err == nil || !wrong(err) {
			continue
		}
		from, repaired := stele.Subject{}, false
		if c.repair {
			from, repaired = c.mendAdded(ctx, name.id())
		}
		f := faultOf("envelopes/"+n, err)
		if err := c.found(f.where, f.what, repaired, from); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// mendAdded writes a damaged file anew, with what is sound of it and what another member has.
func (c *check) mendAdded(ctx context.Context, id stele.ID) (from stele.Subject, repaired bool) {
	v := c.v
	r, err := v.index.get(id)
	if err != nil { // of no submission that is here
		done := v.writing(id)
		defer done()
		return from, v.fs.Remove(v.addedPath(id)) == nil
	}
	if d, by, err := v.fetch(ctx, id, r, v.ranked(id, stele.Subject{})); err == nil && len(d.added) > 0 {
		from = by
		if err := v.takeAdded(ctx, r, d.added); err != nil {
			return from, false
		}
	}
	patient, err := v.cfg.Ledger.Subject(r.Subject)
	return from, err == nil && v.rewriteAdded(ctx, id, keptKeys(patient), nil, false) == nil
}

// envelopePaces are how many envelopes each subject may bring.
func envelopePaces() *own.Paces {
	return own.NewPaces(24*time.Hour/envelopesADay, envelopesADay, envelopePlaces)
}
