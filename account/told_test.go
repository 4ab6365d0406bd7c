package account

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// TestWhatWasToldIsFoundAgain: in memory and beyond it, each piece as it was, those of
// one request together and in the order in which they came; and nothing of it is left
// on the disk under a name, or in the clear.
func TestWhatWasToldIsFoundAgain(t *testing.T) {
	w := wallettest.NewWallet(t)
	told := teller(wallet.NewSession(w, &members.Network{}, nil)).newTold()
	defer told.close()
	word := bytes.Repeat([]byte("penicillin "), 100)
	const n, requests = 9000, 700
	id := func(i int) stele.ID {
		return stele.ID(binary.BigEndian.AppendUint64(make([]byte, 8), uint64(i*7919%requests)))
	}
	for i := range n {
		request := id(i)
		if i%3 > 0 {
			if err := told.addDetail(i%4, &wire.Detail{TimeMs: int64(i), Request: request[:], Detail: word}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		p := &wire.ReceiptProof{Receipt: &wire.Signed{Body: wire.Marshal(&wire.Receipt{Request: request[:], Height: int64(i)})}}
		if i%2 == 0 {
			p.Batch, p.Entry = request[:], &wire.EntryProof{Event: word, Seq: uint64(i / 1000)}
		}
		if err := told.addReceipt(i%4, p); err != nil {
			t.Fatal(err)
		}
	}
	if told.file == nil || len(told.out) > toldInMemory {
		t.Fatalf("%d bytes are in memory", len(told.out))
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(w.Beside("")), ".told-*")); len(left) > 0 {
		t.Errorf("a file with a name: %v", left)
	}
	raw := make([]byte, 1<<20)
	if _, err := told.file.ReadAt(raw, 0); err != nil || bytes.Contains(raw, []byte("penicillin")) {
		t.Errorf("what was told lies in the clear: %v", err)
	}
	if told.base > int64(n)*int64(len(word)+200) || len(told.posted) > n/1000+1 {
		t.Errorf("%d bytes, %d proofs of postings", told.base, len(told.posted))
	}
	told.sort()
	groups := told.groups()
	if len(groups) != requests {
		t.Fatalf("%d requests, want %d", len(groups), requests)
	}
	seen := 0
	for i := range requests {
		request := id(i)
		g := told.find(groups, request)
		if g == nil {
			t.Fatalf("request %d is lost", i)
		}
		last := int64(-1)
		for _, r := range told.rows[g.from:g.to] {
			var at int64
			if r.receipt {
				p, entry, err := told.receiptOf(r)
				if err != nil {
					t.Fatal(err)
				}
				receipt := new(wire.Receipt)
				_ = wire.Decode(p.Receipt.Body, receipt)
				if at = receipt.Height; (at%2 == 0) != (p.Entry != nil) || (entry > 0) != (p.Entry != nil) || p.Entry.GetSeq() != uint64(at/1000)*uint64((at+1)%2) {
					t.Fatalf("receipt %d: %v", at, p.Entry)
				}
			} else {
				d, err := told.detail(r)
				if err != nil || !bytes.Equal(d.Detail, word) {
					t.Fatalf("a detail: %v", err)
				}
				at = d.TimeMs
			}
			if id(int(at)) != request || at <= last || int(r.member) != int(at%4) {
				t.Fatalf("piece %d of member %d after %d", at, r.member, last)
			}
			last = at
			seen++
		}
	}
	if seen != n || told.find(groups, stele.ID{0xff}) != nil {
		t.Errorf("%d pieces, want %d", seen, n)
	}
	if rows := told.asCame(); !slices.IsSortedFunc(rows, inOrder) {
		t.Error("not as they came")
	}
	torn := told.rows[0]
	if _, err := told.file.WriteAt([]byte{1, 2, 3}, torn.at+20); err != nil {
		t.Fatal(err)
	}
	if _, err := told.get(torn.place); err == nil {
		t.Error("a damaged piece is read")
	}
	if _, err := os.Stat(told.file.Name()); err == nil {
		t.Error("the file has a name")
	}
}

// teller tells for a wallet at work.
func teller(w *wallet.Session) *Teller { return New(w, reading.New(w)) }
