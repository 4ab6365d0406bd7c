package account

import (
	"bytes"
	"cmp"
	"context"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// told is what the trustees tell of askings while an account is judged. What they
// tell comes trustee by trustee, the log comes in order, and neither fits into
// memory: so what was told lies in a file that has no name, sealed, and only where
// each piece lies is in memory, by the request that it is about.
type told struct {
	mu     sync.Mutex // while trustees tell
	aead   cipher.AEAD
	folder string // in which the file is made
	file   *os.File
	out    []byte // the end of it, not written yet; all of it while it is short
	base   int64  // bytes in the file before out

	members []members.Member // who tells; they may be others later
	rows    []row            // by request once sorted, and within one by member, as they came
	posted  map[[32]byte]place
	entries map[int64]*wire.EntryProof
}

// row is one piece: a detail, or a receipt.
type row struct {
	request stele.ID
	place
	member  uint16 // in the order of those who tell
	receipt bool
	proved  bool // of a receipt: it was judged, and its posting is proved
}

// place is where something lies.
type place struct {
	at  int64
	len uint32
}

const (
	// toldInMemory is how much of what was told is not worth a file.
	toldInMemory = 4 << 20
	// maxTold is how many bytes a trustee may tell: a liar's account has no end.
	maxTold = 1 << 30
	// maxRows is how many pieces: each takes room in memory.
	maxRows = 1 << 20
	// maxPages is in how many pages.
	maxPages = 10_000
	// maxWait is how long a trustee may be waited for, all its pages together.
	maxWait = 2 * time.Minute
	// maxHandy is how many proofs of postings are kept at hand.
	maxHandy = 256
)

func (t *Teller) newTold() *told {
	return &told{
		aead: t.w.Keyring().AEAD("told"), folder: filepath.Dir(t.w.Beside("")), posted: map[[32]byte]place{}, entries: map[int64]*wire.EntryProof{},
		members: t.w.Network.All(),
	}
}

// close gives the file back to the system, which forgets it.
func (t *told) close() {
	if t.file != nil {
		t.file.Close()
	}
}

// put keeps bytes.
func (t *told) put(raw []byte) (place, error) {
	at := t.base + int64(len(t.out))
	before := len(t.out)
	t.out = slices.Grow(t.out, len(raw)+t.aead.Overhead()) // Seal would make room for itself alone
	t.out = t.aead.Seal(t.out, nil, raw, binary.BigEndian.AppendUint64(nil, uint64(at)))
	p := place{at, uint32(len(t.out) - before)}
	if len(t.out) < toldInMemory {
		return p, nil
	}
	return p, t.spill()
}

// spill moves what is in memory into the file.
func (t *told) spill() (err error) {
	if t.file == nil {
		if t.file, err = os.CreateTemp(t.folder, ".told-*"); err != nil {
			return stele.E("read account", stele.KindOther, "there is no room beside the wallet for what the trustees tell", err)
		}
		if err := os.Remove(t.file.Name()); err != nil {
			return stele.E("read account", stele.KindOther, "", err)
		}
	}
	n, err := t.file.WriteAt(t.out, t.base)
	if err != nil {
		return stele.E("read account", stele.KindOther, "there is no room beside the wallet for what the trustees tell", err)
	}
	t.base, t.out = t.base+int64(n), t.out[:0]
	return nil
}

func (t *told) get(p place) ([]byte, error) {
	sealed := make([]byte, p.len)
	if p.at >= t.base {
		copy(sealed, t.out[p.at-t.base:])
	} else if _, err := t.file.ReadAt(sealed, p.at); err != nil {
		return nil, stele.E("read account", stele.KindOther, "what the trustees told can't be read again", err)
	}
	raw, err := t.aead.Open(sealed[:0], nil, sealed, binary.BigEndian.AppendUint64(nil, uint64(p.at)))
	if err != nil {
		return nil, stele.E("read account", stele.KindOther, "what the trustees told can't be read again", err)
	}
	return raw, nil
}

func (t *told) addDetail(member int, d *wire.Detail) error {
	p, err := t.put(wire.Marshal(d))
	request, _ := stele.IDFrom(d.Request)
	t.rows = append(t.rows, row{request: request, place: p, member: uint16(member)})
	return err
}

// addReceipt keeps a receipt, and the proof of its posting once for all that stand
// under it. What stands beside what is signed is nobody's word and is not kept: the
// account judges what an export will hold.
func (t *told) addReceipt(member int, p *wire.ReceiptProof) error {
	receipt := new(wire.Receipt)
	_ = wire.Decode(p.GetReceipt().GetBody(), receipt) // one that can't be read is judged with those of no request
	request, _ := stele.IDFrom(receipt.Request)
	entry, err := t.putEntry(p.GetEntry())
	if err != nil {
		return err
	}
	bare := &wire.ReceiptProof{Receipt: wire.Plain(p.GetReceipt()), Batch: p.GetBatch(), Index: p.GetIndex(), Count: p.GetCount(), Path: p.GetPath()}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(entry.at)), entry.len)
	at, err := t.put(append(head, wire.Marshal(bare)...))
	t.rows = append(t.rows, row{request: request, place: at, member: uint16(member), receipt: true})
	return err
}

func (t *told) putEntry(entry *wire.EntryProof) (place, error) {
	if entry == nil {
		return place{}, nil
	}
	raw := wire.Marshal(entry)
	sum := sha256.Sum256(raw)
	if at, known := t.posted[sum]; known {
		return at, nil
	}
	at, err := t.put(raw)
	if len(t.posted) >= maxHandy {
		clear(t.posted)
	}
	t.posted[sum] = at
	return at, err
}

func (t *told) detail(r row) (*wire.Detail, error) {
	raw, err := t.get(r.place)
	if err != nil {
		return nil, err
	}
	d := new(wire.Detail)
	return d, wire.Decode(raw, d)
}

// receiptOf returns a receipt as it was handed out, with where the proof of its
// posting lies, 0 for nowhere.
func (t *told) receiptOf(r row) (p *wire.ReceiptProof, entry int64, err error) {
	raw, err := t.get(r.place)
	if err != nil {
		return nil, 0, err
	}
	p = new(wire.ReceiptProof)
	if err := wire.Decode(raw[12:], p); err != nil {
		return nil, 0, err
	}
	at := place{int64(binary.BigEndian.Uint64(raw)), binary.BigEndian.Uint32(raw[8:])}
	if at.len == 0 {
		return p, 0, nil
	}
	if p.Entry = t.entries[at.at]; p.Entry == nil {
		if raw, err = t.get(at); err != nil {
			return nil, 0, err
		}
		p.Entry = new(wire.EntryProof)
		if err := wire.Decode(raw, p.Entry); err != nil {
			return nil, 0, err
		}
		if len(t.entries) >= maxHandy {
			clear(t.entries)
		}
		t.entries[at.at] = p.Entry
	}
	return p, at.at + 1, nil
}

// sort puts rows of one request together.
func (t *told) sort() {
	slices.SortFunc(t.rows, func(a, b row) int { return cmp.Or(bytes.Compare(a.request[:], b.request[:]), inOrder(a, b)) })
}

// asCame puts the rows back into the order in which each member told them.
func (t *told) asCame() []row {
	slices.SortFunc(t.rows, inOrder)
	return t.rows
}

// inOrder does not depend on which trustee answered first.
func inOrder(a, b row) int { return cmp.Or(cmp.Compare(a.member, b.member), cmp.Compare(a.at, b.at)) }

// about is the rows of one request.
type about struct {
	from, to uint32 // in told.rows
	entry    uint64 // the request's place in the log, from 1; 0 while it is not there
}

// groups finds the requests of sorted rows.
func (t *told) groups() (list []about) {
	for i := 0; i < len(t.rows); {
		j := i + 1
		for j < len(t.rows) && t.rows[j].request == t.rows[i].request {
			j++
		}
		list = append(list, about{from: uint32(i), to: uint32(j)})
		i = j
	}
	return list
}

// find returns a request's group, or nil.
func (t *told) find(list []about, request stele.ID) *about {
	i, found := slices.BinarySearchFunc(list, request, func(g about, want stele.ID) int {
		return bytes.Compare(t.rows[g.from].request[:], want[:])
	})
	if !found {
		return nil
	}
	return &list[i]
}

// gather has all trustees tell, at once. Who does not answer, or not to the end in
// good time, is silent.
func (t *Teller) gather(ctx context.Context, report *Report) (*told, error) {
	all := t.newTold()
	ends := make([]ending, len(all.members))
	var asking errgroup.Group
	for i, m := range all.members {
		asking.Go(func() (err error) {
			ends[i], err = t.hears(ctx, all, i, m)
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		all.close()
		return nil, err
	}
	for i, m := range all.members {
		switch ends[i] {
		case endSilent:
			report.Silent = append(report.Silent, m.Name)
		case endNever:
			report.say(m.Name + ": what its trustee says that it kept has no end")
		}
	}
	all.sort()
	return all, nil
}

// ending is how a trustee's telling ended.
type ending int

const (
	endTold   ending = iota
	endSilent        // it did not answer, or took too long
	endNever         // there was always more
)

// hears has one trustee tell. All bounds are on what came from it, whether any of it
// is kept or not; what is waited for is counted, not what it takes to read it.
func (t *Teller) hears(ctx context.Context, all *told, i int, m members.Member) (ending, error) {
	var since uint64
	rows, received, left := 0, 0, maxWait
	for range maxPages {
		asked := time.Now()
		attempt, cancel := context.WithTimeout(ctx, min(members.Silence, left))
		response, err := m.Trustee.Details(attempt, &wire.DetailsRequest{Request: t.w.OwnRequest(m.Subject, since)})
		cancel()
		if left -= time.Since(asked); err != nil || left <= 0 {
			return endSilent, nil
		}
		rows, received = rows+len(response.Details)+len(response.Receipts), received+proto.Size(response)
		if rows > maxRows || received > maxTold {
			return endNever, nil
		}
		if err := all.add(i, t.openDetails(m, response.Details), response.Receipts); err != nil {
			return endSilent, err
		}
		if response.Next <= since {
			return endTold, nil
		}
		since = response.Next
	}
	return endNever, nil
}

// add keeps a page of what a member's trustee tells.
func (t *told) add(member int, details []*wire.Detail, receipts []*wire.ReceiptProof) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range details {
		if d != nil {
			err = cmp.Or(err, t.addDetail(member, d))
		}
	}
	for _, p := range receipts {
		err = cmp.Or(err, t.addReceipt(member, p))
	}
	return err
}

// openDetails opens what a trustee sealed to her, nil for what is sealed to another
// device of hers, as many at once as there are processors.
func (t *Teller) openDetails(m members.Member, sealed []*wire.SealedDetail) []*wire.Detail {
	opened := make([]*wire.Detail, len(sealed))
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, d := range sealed {
		work.Go(func() error { opened[i] = t.OpenDetail(m, d); return nil })
	}
	_ = work.Wait()
	return opened
}

func (t *Teller) OpenDetail(m members.Member, d *wire.SealedDetail) *wire.Detail {
	id, err := stele.IDFrom(d.Id)
	if err != nil {
		return nil
	}
	raw, err := t.w.Keyring().SealKey().Open(seal.TagAccount, wire.DetailContext(m.Subject, id), d.Sealed)
	if err != nil {
		return nil // sealed to another device of hers
	}
	detail := new(wire.Detail)
	if wire.Decode(raw, detail) != nil {
		return nil
	}
	return detail
}
