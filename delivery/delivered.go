package delivery

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"hash"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/stele-health/stele"
)

// printKey is the key of fingerprints, derived once.
func (d *Desk) printKey() *[32]byte {
	d.keyed.Do(func() { d.key = d.w.Keyring().Derive("delivered", nil) })
	return &d.key
}

// fingerprint tells whether a resource was delivered before. It is keyed, so
// that the file of them says nothing to whoever finds it.
func (d *Desk) fingerprint(subject stele.Subject, resource []byte) (print [16]byte) {
	mac, ok := d.macs.Get().(hash.Hash)
	if !ok {
		mac = hmac.New(sha256.New, d.printKey()[:])
	}
	defer d.macs.Put(mac)
	mac.Reset()
	mac.Write(subject[:])
	mac.Write(resource)
	var sum [sha256.Size]byte
	copy(print[:], mac.Sum(sum[:0]))
	return print
}

// deliveredSet is the fingerprints of everything that was delivered, in an
// append-only file beside the wallet. It is written after the anchor is final;
// what a crash in between leaves open stands in notes beside it, see pending.
type deliveredSet struct {
	mu    sync.Mutex
	path  string
	known map[[16]byte]struct{}
	size  int64 // of the file

	settling  sync.Mutex
	unsettled []string // notes of deliveries without a verdict
}

func (d *Desk) delivered() (*deliveredSet, error) {
	d.once.Lock()
	defer d.once.Unlock()
	if d.set != nil {
		return d.set, nil
	}
	set := &deliveredSet{path: d.w.Beside(".delivered"), known: map[[16]byte]struct{}{}}
	raw, err := os.ReadFile(set.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, stele.E("import", stele.KindOther, "", err)
	}
	if torn := len(raw) % 16; torn > 0 { // cut by a crash; what is appended must stand in its place
		if err := os.Truncate(set.path, int64(len(raw)-torn)); err != nil {
			return nil, stele.E("import", stele.KindOther, "the list of what was delivered could not be mended", err)
		}
	}
	set.size = int64(len(raw) - len(raw)%16)
	if set.unsettled, err = filepath.Glob(filepath.Join(d.pendingFolder(), "*")); err != nil {
		return nil, stele.E("import", stele.KindOther, "", err)
	}
	for ; len(raw) >= 16; raw = raw[16:] {
		set.known[[16]byte(raw)] = struct{}{}
	}
	d.set = set
	return set, nil
}

func (d *deliveredSet) has(print [16]byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.known[print]
	return ok
}

func (d *deliveredSet) add(prints [][16]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := os.OpenFile(d.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return stele.E("import", stele.KindOther, "", err)
	}
	var raw strings.Builder
	for _, p := range prints {
		d.known[p] = struct{}{}
		raw.Write(p[:])
	}
	_, err = f.WriteString(raw.String())
	if err = errors.Join(err, f.Sync()); err == nil {
		d.size += int64(raw.Len())
	} else {
		_ = f.Truncate(d.size) // half a fingerprint would shift all that follow
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return stele.E("import", stele.KindOther, "the list of what was delivered could not be written", err)
	}
	return nil
}
