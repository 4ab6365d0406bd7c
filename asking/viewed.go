package asking

import (
	"bytes"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// MaxViewedFolios is how many folios one statement names.
const MaxViewedFolios = 1024

// Viewing is a reader's statement of what was looked at of an open chart.
type Viewing struct {
	*Reading
	Says   wire.Viewed
	Digest stele.Digest // tagged hash of the statement's bytes
}

// Viewed judges a reader's statement of what was looked at. Nothing leaves by it, so it may come
// when the grant has been taken back, and for stele.Fresh after the session has ended. It must be by
// whom the access is of: the holder of the card in the access's detail, and the grantee key.
func (j *Judge) Viewed(in *wire.ViewRequest) (*Viewing, Reason) {
	v := &Viewing{Reading: &Reading{judge: j}}
	v.look()
	keys, err := wire.Open(wire.TagViewed, in.GetViewed(), &v.Says)
	if err != nil || len(keys) > 2 || len(in.GetViewed().GetBody()) > stele.MaxViewed || len(in.GetDetail()) > stele.MaxDetail {
		return v, malformed
	}
	v.Digest, v.Signers = wire.Hash(wire.TagViewed, in.Viewed.Body), keys
	v.Asked.Detail, v.Asked.DetailSalt, v.Asked.Request = in.Detail, in.DetailSalt, v.Says.Request
	for _, rule := range []func() Reason{v.readStatement, v.identify, v.holds, v.ofAccess, v.opensDetail, v.inTime} {
		if why := rule(); why != Permitted {
			return v, why
		}
	}
	return v, Permitted
}

// readStatement checks what can be checked without the ledger.
func (v *Viewing) readStatement() Reason {
	var subject, request error
	v.Subject, subject = stele.SubjectFrom(v.Says.Subject)
	v.Request, request = stele.IDFrom(v.Says.Request)
	if subject != nil || request != nil || v.Says.Chain != v.judge.Chain || checkViewed(&v.Says) != nil {
		return malformed
	}
	return Permitted
}

// checkViewed reports why a statement is not of good form: it names at least one record, folios in
// the order of submission and id, and in each the places of records in order, nothing twice. It
// fails with KindInvalid.
func checkViewed(says *wire.Viewed) error {
	bad := func(text string) error { return stele.E("read statement", stele.KindInvalid, text, nil) }
	if says.Records == 0 || len(says.Folios) > MaxViewedFolios {
		return bad("a statement is of at least one record, and names 1,024 folios at most")
	}
	var before []byte
	named := uint32(0)
	for _, f := range says.Folios {
		name := slices.Concat(f.Submission, f.Folio)
		if len(f.Submission) != len(stele.ID{}) || len(f.Folio) != len(stele.ID{}) || bytes.Compare(before, name) >= 0 {
			return bad("the folios of a statement are not in order")
		}
		for i, place := range f.Places {
			if i > 0 && place <= f.Places[i-1] {
				return bad("the places of records in a statement are not in order")
			}
		}
		before, named = name, named+max(uint32(len(f.Places)), 1)
	}
	if named > says.Records {
		return bad("a statement names more records than it is of")
	}
	return nil
}

// ofAccess finds the access that the statement is about, and whose it is.
func (v *Viewing) ofAccess() Reason {
	var err error
	if v.Access, err = v.judge.Ledger.Access(v.Request); err != nil || v.Access.Height > v.Newest.Height {
		return NotOpened
	}
	v.GrantID = v.Access.Grant
	if v.Grant, err = v.judge.Ledger.Grant(v.GrantID); err != nil || v.Access.Subject != v.Subject {
		return "the opening on the ledger is another one"
	}
	if !slices.Contains(v.Signers, v.Grant.Grantee) {
		return "the statement was not signed by the grantee"
	}
	return Permitted
}

// inTime checks that the statement comes while it can be true.
func (v *Viewing) inTime() Reason {
	at := time.UnixMilli(v.Says.AtMs)
	if v.Now.After(v.Access.Until.Add(stele.Fresh)) || at.After(v.Access.Until) || at.Before(v.Access.At.Add(-stele.Fresh)) || at.After(v.Now.Add(stele.Fresh)) {
		return "what was looked at is told at another time than the chart was open"
	}
	return Permitted
}
