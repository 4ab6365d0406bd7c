package issued

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/sdjwt"
)

// Kept is how long an entry stays after its credential has expired (HIPAA, 45 CFR
// 164.316(b)(2): six years).
const Kept = 6 * 366 * 24 * time.Hour

// A list has four times as many places as credentials that live, so that a place drawn at
// random is free soon, and never fewer than the least.
const (
	leastPlaces = 1 << 10
	room        = 4
	mostPlaces  = 1 << 18
)

// Entry is a credential that was issued.
type Entry struct {
	Place   int             `json:"place"` // in the status list; what it is called by
	Kind    credential.Kind `json:"kind"`
	Holder  stele.Subject   `json:"holder"`
	Name    string          `json:"name"` // the holder's
	Says    string          `json:"says"` // profession, role or kind of facility
	From    time.Time       `json:"from"`
	Until   time.Time       `json:"until"`
	Status  sdjwt.Status    `json:"status,omitempty"`
	Changed time.Time       `json:"changed,omitzero"` // when the status was last changed
}

// Lives reports whether a credential has not expired.
func (e Entry) Lives(now time.Time) bool { return now.Before(e.Until) }

// listed reports whether a credential's place is its own: until it has expired by any clock.
func (e Entry) listed(now time.Time) bool { return now.Before(e.Until.Add(credential.Window)) }

var (
	byPlace = book.Equal("place", func(e Entry) []string { return []string{strconv.Itoa(e.Place)} })
	entries = &book.Table[Entry]{Name: "issued", Indexes: []*book.Index[Entry]{byPlace}}

	// certificate is the issuer's own, DER; renewed the one that is to follow; posting what it last posted.
	certificate = book.Value[[]byte]{Name: "issuer certificate"}
	renewed     = book.Value[[]byte]{Name: "next issuer certificate"}
	posting     = book.Value[Posting]{Name: "status list"}
	reserved    = book.Value[reserve]{Name: "reserved places"}
)

// Posting is the status list that an issuer posted last, or was about to post.
type Posting struct {
	Epoch uint64    `json:"epoch"`
	At    time.Time `json:"at"`    // when it was made, whole seconds; each later than the one before
	Final bool      `json:"final"` // it is known to stand on the ledger
}

// reserve is what a register that was put back keeps free: places that it may have given and
// does not know of.
type reserve struct {
	Below int       `json:"below"`
	Until time.Time `json:"until"`
}

// Register is an issuer's register. Its methods are safe for concurrent use.
type Register struct{ book *book.Book }

// Of returns the register that lies in a book.
func Of(b *book.Book) *Register { return &Register{b} }

// Tables are the tables that a register has in its book.
func Tables() []book.Checked { return []book.Checked{entries} }

// All lists what was issued, the newest last.
func (r *Register) All() ([]Entry, error) { return book.Values(entries.All(r.book)) }

// Add gives a credential a place and enters it; what was forgotten long enough goes.
func (r *Register) Add(e Entry, now time.Time) (Entry, error) {
	err := r.book.Change(func(c *book.Change) error {
		all, err := book.Rows(entries.All(c))
		if err != nil {
			return err
		}
		if err := entries.RemoveSome(c, all, func(old Entry) bool { return now.Sub(old.Until) > Kept }); err != nil {
			return err
		}
		kept, err := reserved.Get(c)
		if err != nil {
			return err
		}
		if e.Place, err = kept.free(all, now); err != nil {
			return err
		}
		return entries.Add(c, e)
	})
	return e, err
}

// free draws a place that no living credential has.
func (r reserve) free(all []book.Row[Entry], now time.Time) (int, error) {
	taken := map[int]bool{}
	for _, row := range all {
		if row.Value.listed(now) {
			taken[row.Value.Place] = true
		}
	}
	below := 0
	if now.Before(r.Until) {
		below = r.Below
	}
	places := leastPlaces
	for places < room*(len(taken)+1) {
		places *= 2
	}
	if below+places > mostPlaces {
		return 0, stele.E("issue credential", stele.KindLimit, "a register holds 65,536 credentials that live", nil).
			WithHint("issue from a wallet of its own for each kind or region")
	}
	for {
		var draw [4]byte
		rand.Read(draw[:])
		if place := below + int(binary.BigEndian.Uint32(draw[:])%uint32(places)); !taken[place] {
			return place, nil
		}
	}
}

// Mark changes whether a living credential holds. It fails with KindNotFound, and with
// KindDenied for one that was revoked, which is for good.
func (r *Register) Mark(place int, s sdjwt.Status, now time.Time) (e Entry, err error) {
	const op = "change status"
	err = r.book.Change(func(c *book.Change) error {
		rows, err := book.Rows(entries.Find(c, byPlace, strconv.Itoa(place)))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(row book.Row[Entry]) bool { return row.Value.Lives(now) })
		if i < 0 {
			return stele.E(op, stele.KindNotFound, fmt.Sprintf("no credential number %d that has not expired", place), nil).
				WithHint("stele credential list shows what was issued")
		}
		if e = rows[i].Value; e.Status == sdjwt.Revoked && s != sdjwt.Revoked {
			return stele.E(op, stele.KindDenied, "it was revoked, which is for good", nil).WithHint("issue a new one")
		}
		if e.Status == s {
			return nil
		}
		e.Status, e.Changed = s, now
		return entries.Put(c, rows[i].Number, e)
	})
	return e, err
}

// List makes the status list as it is now.
func (r *Register) List(issuer stele.Subject, now time.Time) (*sdjwt.StatusList, error) {
	all, err := r.All()
	if err != nil {
		return nil, err
	}
	places := leastPlaces
	for _, e := range all {
		for e.listed(now) && places <= e.Place {
			places *= 2
		}
	}
	list, err := sdjwt.NewStatusList(ListName(issuer), places)
	if err != nil {
		return nil, err
	}
	list.Issuer, list.IssuedAt = issuer.String(), now.Truncate(time.Second)
	for _, e := range all {
		if e.listed(now) && e.Status != sdjwt.Valid {
			if err := list.Set(e.Place, e.Status); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// Adopt takes over a list that the issuer has posted and of which the register, an older copy
// that was put back, does not know. What was taken back stays so: an entry says it, or one is made
// of which nothing else is known. No place of that list is given again while anything that was
// issued then may live.
func (r *Register) Adopt(list *sdjwt.StatusList, now time.Time) error {
	return r.book.Change(func(c *book.Change) error {
		all, err := book.Rows(entries.All(c))
		if err != nil {
			return err
		}
		at := map[int]book.Row[Entry]{} // by place
		for _, row := range all {
			if row.Value.listed(now) {
				at[row.Value.Place] = row
			}
		}
		until := now.Add(credential.Longest(credential.Accreditation))
		for place := range list.Len() {
			status, err := list.Of(sdjwt.StatusRef{URI: list.URI, Index: place})
			if err != nil {
				return err
			}
			row, known := at[place]
			switch e := row.Value; {
			case status == sdjwt.Valid || e.Status == sdjwt.Revoked:
			case known:
				e.Status, e.Changed = status, now
				err = entries.Put(c, row.Number, e)
			default:
				err = entries.Add(c, Entry{Place: place, Name: "(issued after the copy of the register)", From: now, Until: until, Status: status, Changed: now})
			}
			if err != nil {
				return err
			}
		}
		return reserved.Set(c, reserve{Below: list.Len(), Until: until})
	})
}

// ListName is what an issuer's credentials call its status list. It is compared, and leads
// nowhere.
func ListName(issuer stele.Subject) string { return issuer.String() + "#status" }

// Certificate returns the issuer's certificate, made once: make makes it.
func (r *Register) Certificate(make func() ([]byte, error)) (der []byte, err error) {
	err = r.book.Change(func(c *book.Change) error {
		if der, err = certificate.Get(c); err != nil || len(der) > 0 {
			return err
		}
		if der, err = make(); err != nil {
			return err
		}
		return certificate.Set(c, der)
	})
	return der, err
}

// Renew returns the certificate that is to take the place of the issuer's, made once until it has:
// make makes it.
func (r *Register) Renew(make func() ([]byte, error)) (der []byte, err error) {
	err = r.book.Change(func(c *book.Change) error {
		if der, err = renewed.Get(c); err != nil || len(der) > 0 {
			return err
		}
		if der, err = make(); err != nil {
			return err
		}
		return renewed.Set(c, der)
	})
	return der, err
}

// Renewed lets the certificate that Renew made take the other's place, if counts says so of the two.
func (r *Register) Renewed(counts func(now, next []byte) bool) error {
	return r.book.Change(func(c *book.Change) error {
		next, err := renewed.Get(c)
		if err != nil || len(next) == 0 {
			return err
		}
		now, err := certificate.Get(c)
		if err != nil || !counts(now, next) {
			return err
		}
		if err := certificate.Set(c, next); err != nil {
			return err
		}
		return renewed.Set(c, nil)
	})
}

// Posted returns the status list that was posted last, or was about to be; or zero.
func (r *Register) Posted() (p Posting, err error) {
	err = r.book.View(func(v *book.View) error {
		p, err = posting.Get(v)
		return err
	})
	return p, err
}

// SetPosted keeps which status list is posted. It is called before it is: an issuer whose log has a
// later one knows that the register is an older copy.
func (r *Register) SetPosted(p Posting) error {
	return r.book.Change(func(c *book.Change) error { return posting.Set(c, p) })
}
