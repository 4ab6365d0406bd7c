package vault

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// A patient brings envelopes for folios that were sealed before she had the key that she has
// now: a slip of hers was claimed, a key was rotated, a device came. They lie beside the segment,
// a file a submission, each block a folio's id ‖ wire.Envelope. Nobody here can see whether
// one opens; it is of a current key of the patient's, of the one length, and one of a key
// and folio, so what is kept has a bound.
const (
	magicAdded   = "stele envelopes\n"
	kindEnvelope = 7

	maxPutEnvelopes = 256                        // in one request
	maxPutOf        = 16                         // submissions that they are of: each is a file that is written anew
	addedLen        = seal.EnvelopeOverhead + 32 // of an envelope around a folio's key
	addedStride     = addedLen + 80              // of one in a file, about
	envelopesADay   = 1 << 18                    // of one subject, with those that are written once more beside new ones
	envelopePlaces  = 1 << 16                    // of subjects; two share one by chance
)

// added is an envelope that was brought, of a folio.
type added struct {
	folio stele.ID
	key   stele.Digest
	seal  []byte
}

// PutEnvelopes keeps envelopes that a patient brings for her own folios here, durably before it
// answers, in the place of earlier ones of the same keys. It fails with KindDenied for what no
// current key of the subject signed, just now and for this member, or that are for other
// keys than those that the subject has now; with KindInvalid for what is no such envelope and for those of more than 16 submissions; with
// KindNotFound for a folio that is not here, or not anchored; with KindLimit and KindBusy for too many.
// All of a request is kept, or nothing; the same again changes nothing.
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
		written += v.countAdded(id)
	}
	if !v.envelopes.Allow(v.cfg.Clock(), written, patient.Subject[:]) {
		return nil, stele.E(op, stele.KindLimit, "more envelopes were brought today than there is room for", nil).WithHint("go on tomorrow")
	}
	if err := v.room(written * addedStride); err != nil {
		return nil, err
	}
	for _, id := range order {
		if err := v.addEnvelopes(ctx, id, keptKeys(patient), of[id], true); err != nil {
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
	denied := stele.E("put envelopes", stele.KindDenied, "it is not the patient's, not for this member, or stale", nil).
		WithHint("check this device's clock and that its key was not rotated out")
	m := new(wire.SealedEnvelopes)
	keys, err := wire.Open(wire.TagEnvelopes, signed, m)
	if err != nil || len(keys) != 1 || !wire.Known(m) || m.Chain != v.cfg.Chain || string(m.Audience) != string(v.cfg.Member[:]) {
		return nil, stele.Keys{}, denied
	}
	if age := v.cfg.Clock().Sub(time.UnixMilli(m.AtMs)); age > stele.Fresh || age < -stele.Fresh {
		return nil, stele.Keys{}, denied
	}
	subject, err := stele.SubjectFrom(m.Subject)
	if err != nil {
		return nil, stele.Keys{}, denied
	}
	patient, err := v.cfg.Ledger.Subject(subject)
	if err != nil || !slices.Contains(patient.Signing, keys[0]) {
		return nil, stele.Keys{}, denied
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
	return added{folio, key, e.Envelope.Sealed}, nil
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

func addedName(id stele.ID) (n fileName) { copy(n[:], id[:]); return n }

func (v *Vault) addedPath(id stele.ID) string {
	return filepath.Join(v.folder("envelopes"), addedName(id).String())
}

// countAdded is how many envelopes were brought for a submission, about, by the length of the file.
func (v *Vault) countAdded(id stele.ID) int {
	stat, err := v.fs.Stat(v.addedPath(id))
	if err != nil {
		return 0
	}
	return int(stat.Size() / addedStride)
}

// addEnvelopes adds envelopes to those of a submission, and drops what is of no key that is kept. Of
// two of one key and folio the new one stays where newest is set, and otherwise the old one.
// Nothing is written where nothing changes. A file may have tens of megabytes, so one at a time is
// in memory.
func (v *Vault) addEnvelopes(ctx context.Context, id stele.ID, kept map[stele.Digest]bool, all []added, newest bool) error {
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
	now, changed := merged(had, kept, all, newest)
	if !changed && err == nil {
		return nil
	}
	name := addedName(id)
	out := append(make([]byte, 0, len(now)*(addedStride)), magicAdded...)
	for _, a := range now {
		out = appendBlock(out, name, kindEnvelope, a.folio[:], wire.Marshal(&wire.Envelope{KeyId: a.key[:], Sealed: a.seal}))
	}
	return writeWhole(v.fs, v.addedPath(id), appendEnd(out, name))
}

// merged is what a file has after envelopes were added to it, and whether that is anything else than before.
func merged(had []added, kept map[stele.Digest]bool, all []added, newest bool) (now []added, changed bool) {
	type place struct {
		folio stele.ID
		key   stele.Digest
	}
	at := map[place]int{}
	for i, a := range slices.Concat(had, all) {
		k, seen := at[place{a.folio, a.key}]
		switch {
		case !kept[a.key]:
			changed = changed || i < len(had)
		case !seen:
			at[place{a.folio, a.key}] = len(now)
			now, changed = append(now, a), changed || i >= len(had)
		case newest && i >= len(had) && !bytes.Equal(now[k].seal, a.seal): // of two in one request the last counts
			now[k], changed = a, true
		}
	}
	return now, changed
}

// readAddedFile reads what was brought for a submission; nothing where nothing was. It returns
// *damage for a file that is damaged.
func (v *Vault) readAddedFile(id stele.ID) (all []added, err error) {
	raw, err := readAll(v.fs, v.addedPath(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeAdded(addedName(id), raw)
}

func decodeAdded(name fileName, raw []byte) (all []added, err error) {
	b, err := begin(name, raw, magicAdded)
	if err != nil {
		return nil, err
	}
	for len(b.raw) > 0 && b.raw[0] == kindEnvelope {
		got, err := b.of(kindEnvelope)
		if err != nil {
			return nil, err
		}
		e := new(wire.Envelope)
		if len(got.payload) < len(stele.ID{}) || wire.Decode(got.payload[len(stele.ID{}):], e) != nil {
			return nil, &damage{got.at, "an envelope cannot be read"}
		}
		a, err := readAdded(&wire.AddedEnvelope{Folio: got.payload[:len(stele.ID{})], Envelope: e})
		if err != nil {
			return nil, &damage{got.at, "an envelope cannot be read"}
		}
		all = append(all, a)
	}
	return all, finish(b, raw)
}

// addedTo are the envelopes of current keys that were brought for a submission, by folio. A file
// that is damaged has none: a check repairs it, and the patient's wallet brings them again.
func (v *Vault) addedTo(id stele.ID, current map[stele.Digest]bool) map[stele.ID][]*wire.Envelope {
	all, err := v.readAddedFile(id)
	if err != nil {
		v.cfg.Log.Warn("vault cannot read envelopes that were brought; stele vault fsck repairs", "submission", id.String())
		return nil
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
	if err != nil || len(all) == 0 {
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
	kept := keptKeys(patient)
	var good []added
	for _, e := range m.Envelopes {
		a, err := readAdded(e)
		if err == nil && kept[a.key] && slices.ContainsFunc(r.Folios, func(f folioRow) bool { return f.ID == a.folio }) {
			good = append(good, a)
		}
	}
	if len(good) == 0 {
		return nil
	}
	return v.addEnvelopes(ctx, r.id(), kept, good, false)
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

// mendAdded puts what another member has in the place of a damaged file, or nothing.
func (c *check) mendAdded(ctx context.Context, id stele.ID) (from stele.Subject, repaired bool) {
	v := c.v
	done := v.writing(id)
	err := v.fs.Remove(v.addedPath(id))
	done()
	r, err2 := v.index.get(id)
	if err != nil || err2 != nil {
		return from, err == nil
	}
	d, from, err := v.fetch(ctx, id, r, v.ranked(id, stele.Subject{}))
	if err != nil || len(d.added) == 0 {
		return stele.Subject{}, true
	}
	return from, v.takeAdded(ctx, r, d.added) == nil
}

// envelopePaces are how many envelopes each subject may bring.
func envelopePaces() *own.Paces {
	return own.NewPaces(24*time.Hour/envelopesADay, envelopesADay, envelopePlaces)
}
