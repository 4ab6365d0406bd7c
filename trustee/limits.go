package trustee

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/database"
)

// Limits on what refused askings may leave on disk, and on releases under one
// access. Beyond them a request gets the same refusal; only the keeping ends.
const (
	askerMinute  = 20        // of one card, kept in a minute
	askerDay     = 40        // of one card about one patient, kept in a day
	patientDay   = 200       // of one patient, kept in a day; of a card that comes new, one more
	doubtfulDay  = 20        // of one card about one patient in a day, signed by somebody else
	accessTimes  = 256       // releases under one access: retries, and charts of many capsules
	accessBytes  = 16 << 20  // of what is kept of them, for all her devices: ten times what the largest charts take
	holderDay    = 256 << 20 // and in a day of the accesses of one card's holder: of each 160 times what the largest charts take
	holderPlaces = 1 << 14   // of such holders, and of such issuers
	issuedDay    = 16 << 30  // and in a day of the accesses of all whose cards one issuer signed: 64 holders' days
	askersAtOnce = 1000      // cards of one issuer told apart in a minute
	issuerDay    = 200       // cards of one issuer told apart of one patient in a day
	callerDay    = 64 << 20  // bytes of refused askings, for all devices, kept in a day of one address
	selfDay      = 256 << 20 // and of what patients opened of their own
	callerPlaces = 1 << 14   // of such addresses
	releasesOnly = 1 << 30   // bytes, or a tenth of the disk, that refusals may not take
	reserve      = 64 << 20  // bytes of the disk that releases may not take: the database ends the process when it cannot write
)

// limits counts askers within the current minute.
type limits struct {
	refused atomic.Uint64 // all refusals since the start
	dropped atomic.Uint64 // of them with a valid card, yet not kept

	mu     sync.Mutex
	minute int64
	kept   map[string]int
	cards  map[stele.PublicKey]int // of each issuer, in kept
}

// asker reports whether one more refusal of this card is kept. An issuer that
// makes up people fills the memory of its own.
func (l *limits) asker(card []byte, issuer stele.PublicKey, attributed bool, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if minute := now.Unix() / 60; minute != l.minute || l.kept == nil {
		l.minute, l.kept, l.cards = minute, map[string]int{}, map[stele.PublicKey]int{}
	}
	key := string(card)
	if !attributed {
		key += "?"
	}
	if l.kept[key] >= askerMinute || l.kept[key] == 0 && l.cards[issuer] >= askersAtOnce {
		l.dropped.Add(1)
		return false
	}
	if l.kept[key] == 0 {
		l.cards[issuer]++
	}
	l.kept[key]++
	return true
}

// releases counts the releases under each access whose window is open. The
// zero value is ready.
type releases struct {
	mu sync.Mutex
	accesses[counted]
}

type counted struct {
	times int
	bytes int
}

// allow reports whether one more release under an access goes out, of which so many
// bytes are kept.
func (r *releases) allow(request stele.ID, bytes int, until, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.at(request, until, now)
	if c.times >= accessTimes || c.bytes+bytes > accessBytes {
		return false
	}
	c.times, c.bytes = c.times+1, c.bytes+bytes
	return true
}

// keeps reports whether so many bytes are kept of one more release under an access, or of one more statement. Whoever
// makes up people uses up a day of their own: an issuer that of all whose cards it signed, and who opens charts as
// their patient, for which nobody's signature is needed, that of their address. A file system that cannot say how much
// is free is taken to have room.
func (t *Trustee) keeps(r *asking.Reading, from stele.Caller, bytes int, until time.Time) bool {
	if usage, err := t.cfg.FS.GetDiskUsage(t.cfg.Folder); err == nil && usage.AvailBytes < reserve {
		t.cfg.Log.Error("trustee's disk is full", "free", usage.AvailBytes)
		return false
	}
	holder := r.Card.Subject()
	if !t.releases.allow(r.Request, bytes, until, r.Now) || !t.given.Allow(r.Now, bytes, holder[:]) {
		return false
	}
	if r.Card.Self() {
		return from == stele.Caller{} || t.selves.Allow(r.Now, bytes, from[:])
	}
	return t.issued.Allow(r.Now, bytes, []byte(r.Card.Issuer.Key))
}

// quota counts refusals of one day: kept, kept though in doubt, dropped. There is
// one for each patient, and one for each card that asked about the patient; and for
// each issuer one of such cards.
type quota [3]uint32

// refuser is who was refused: a card, who vouches for it, and whether its holder signed.
type refuser struct {
	card       []byte
	issuer     stele.PublicKey
	attributed bool
}

// ofIssuer names an issuer in a quota's key. It is longer than any card's name there.
func (r refuser) ofIssuer() []byte {
	sum := sha256.Sum256(append([]byte{byte(r.issuer.Suite)}, r.issuer.Key...))
	return sum[:]
}

func quotaKey(subject stele.Subject, now time.Time, card ...byte) []byte {
	day := binary.BigEndian.AppendUint32([]byte{rowQuota}, uint32(now.Unix()/86400))
	return append(append(day, subject[:]...), card...)
}

func (s *shelf) quota(key []byte) (q quota, err error) {
	raw, err := database.Get(s.db, key)
	if err == nil && len(raw) == 12 {
		for i := range q {
			q[i] = binary.BigEndian.Uint32(raw[4*i:])
		}
	}
	return q, err
}

func (q quota) bytes() []byte {
	out := make([]byte, 0, 12)
	for _, n := range q {
		out = binary.BigEndian.AppendUint32(out, n)
	}
	return out
}

// room reports whether one more refusal of a card is kept for the patient today,
// and whether it is the card's last; when none is, it counts the one dropped. One
// card fills its own share only, and the first asking of each is always kept, up to
// so many cards of one issuer, which may make up any number: nobody can hide
// another's attempt behind their own.
func (s *shelf) room(subject stele.Subject, who refuser, now time.Time) (room, last bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := quotaKey(subject, now, who.card...)
	var of [3]quota
	for i, k := range [][]byte{quotaKey(subject, now), key, quotaKey(subject, now, who.ofIssuer()...)} {
		if of[i], err = s.quota(k); err != nil {
			return false, false, err
		}
	}
	all, q, issuer := of[0], of[1], of[2]
	kept, most, total, cards := q[0], uint32(askerDay), all[0], issuer[0]
	if !who.attributed {
		kept, most, total, cards = q[1], doubtfulDay, all[1], issuer[1]
	}
	if kept < most && (kept == 0 && cards < issuerDay || kept > 0 && total < patientDay) {
		return true, kept+1 == most || total+1 >= patientDay, nil
	}
	q[2]++
	return false, false, s.db.Set(key, q.bytes(), pebble.NoSync)
}

// count adds a kept refusal to b. The caller holds mu.
func (s *shelf) count(b *pebble.Batch, subject stele.Subject, who refuser, now time.Time) error {
	signed := 0
	if !who.attributed {
		signed = 1
	}
	keys := [][]byte{quotaKey(subject, now), quotaKey(subject, now, who.card...)}
	if q, err := s.quota(keys[1]); err != nil {
		return err
	} else if q[signed] == 0 { // one card more of this issuer
		keys = append(keys, quotaKey(subject, now, who.ofIssuer()...))
	}
	for _, key := range keys {
		q, err := s.quota(key)
		if err != nil {
			return err
		}
		q[signed]++
		if err := b.Set(key, q.bytes(), nil); err != nil {
			return err
		}
	}
	return nil
}

// forgetQuotas drops the counts of days before yesterday.
func (s *shelf) forgetQuotas(now time.Time) error {
	yesterday := quotaKey(stele.Subject{}, now.Add(-24*time.Hour))
	return s.db.DeleteRange([]byte{rowQuota}, yesterday, pebble.NoSync)
}
