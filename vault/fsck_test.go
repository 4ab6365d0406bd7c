package vault

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// spoilFile flips a bit of a file.
func spoilFile(t testing.TB, path string, at int) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[at] ^= 0x10
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) segmentPath(i int, sub *wire.Submission) string {
	r, err := w.v(i).index.get(idOf(sub))
	if err != nil {
		w.t.Fatal(err)
	}
	return filepath.Join(w.sites[i].folder, "segments", r.File.String())
}

func (w *world) keysPath(i int, sub *wire.Submission) string {
	r, err := w.v(i).index.get(idOf(sub))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.v(i).keyPath(r.File)
}

func TestFsckFindsNothingInASoundVault(t *testing.T) {
	w := newWorld(t, 2, 1)
	w.delivered(0, plainFolio(stele.Results, 2024, 5, 300), plainFolio(stele.Problems, 2023, 2, 100))
	w.mustPut(0, w.submission(0, plainFolio(stele.Results, 2024, 1, 30)))
	for i := range 2 {
		if found := w.fsck(i, true); len(found) != 0 {
			t.Errorf("vault %d: %v", i, found)
		}
	}
}

// Every byte of a small vault's segment, key file and notes is flipped in turn.
func TestFsckFindsEveryFlippedByte(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 30), plainFolio(stele.Problems, 2024, 1, 3))
	if _, err := w.v(0).ListOwn(context.Background(), &wire.ListOwnRequest{Request: w.own(0, w.patientKey)}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{w.segmentPath(0, sub), w.keysPath(0, sub), filepath.Join(w.sites[0].folder, "fetched")} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := range raw {
			spoilFile(t, path, at)
			found := w.fsck(0, false)
			if len(found) == 0 {
				t.Fatalf("%s: a flip of byte %d of %d was not found", filepath.Base(path), at, len(raw))
			}
			if !strings.Contains(found[0].Where, "byte") || found[0].Repaired {
				t.Fatalf("finding %v", found[0])
			}
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, cut := range []int{0, 1, len(raw) / 2, len(raw) - 1} {
			if strings.HasSuffix(path, "fetched") {
				break // a torn last note is a crash, not damage
			}
			_ = os.WriteFile(path, raw[:cut], 0o600)
			if len(w.fsck(0, false)) == 0 {
				t.Errorf("%s: cut to %d bytes was not found", filepath.Base(path), cut)
			}
		}
		_ = os.WriteFile(path, append(bytes.Clone(raw), 0), 0o600)
		if len(w.fsck(0, false)) == 0 && !strings.HasSuffix(path, "fetched") {
			t.Errorf("%s: a byte more was not found", filepath.Base(path))
		}
		_ = os.WriteFile(path, raw, 0o600)
	}
	if found := w.fsck(0, false); len(found) != 0 {
		t.Errorf("after putting everything right: %v", found)
	}
}

func TestFsckRepairsFromACopyWithNewKeys(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 3, 60))
	id := idOf(sub)
	for name, spoil := range map[string]func(){
		"segment flipped": func() { spoilFile(t, w.segmentPath(0, sub), 500) },
		"head flipped":    func() { spoilFile(t, w.segmentPath(0, sub), 20) },
		"keys flipped":    func() { spoilFile(t, w.keysPath(0, sub), 50) },
		"segment missing": func() { os.Remove(w.segmentPath(0, sub)) },
		"keys missing":    func() { os.Remove(w.keysPath(0, sub)) },
		"both missing":    func() { os.Remove(w.keysPath(0, sub)); os.Remove(w.segmentPath(0, sub)) },
	} {
		t.Run(name, func(t *testing.T) {
			before, _ := w.v(0).index.get(id)
			spoil()
			found := w.fsck(0, true)
			if len(found) == 0 || !found[0].Repaired || found[0].From != w.sites[1].subject.String() {
				t.Fatalf("findings %v", found)
			}
			after, _ := w.v(0).index.get(id)
			if after.File == before.File {
				t.Error("written under the same name")
			}
			if files, _ := filepath.Glob(filepath.Join(w.sites[0].folder, "*", before.File.String())); len(files) != 0 {
				t.Errorf("old files left: %v", files)
			}
			if found := w.fsck(0, false); len(found) != 0 {
				t.Errorf("after the repair: %v", found)
			}
			w.readable(0, sub)
		})
	}
}

func TestFsckSaysWhatItCannotRepair(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 3, 60))
	w.sites[1].line.set(true)
	spoilFile(t, w.segmentPath(0, sub), 500)
	found := w.fsck(0, true)
	if len(found) != 1 || found[0].Repaired || found[0].From != "" {
		t.Errorf("findings %v", found)
	}
	// By the id that an import printed, which begins the names of its files.
	if as := "submission " + idOf(sub).String(); !strings.HasSuffix(found[0].Where, ", "+as) {
		t.Errorf("found at %q, which is %s", found[0].Where, as)
	}
}

// A vault operator puts another whole, well-formed submission's records in the
// place of one.
func TestFsckAndReadersFindAReplacement(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 3, 60))
	id := headOf(sub).Submission
	other := w.resign(w.submission(0, plainFolio(stele.Results, 2024, 3, 60)), w.writeKey, func(h *wire.SubmissionHead) { h.Submission = id })
	d, err := readSubmission(chain, other)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.v(0).write(context.Background(), d, w.now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	found := w.fsck(0, true)
	if len(found) == 0 || !found[0].Repaired || !strings.Contains(found[0].What, "not what the ledger anchored") {
		t.Errorf("findings %v", found)
	}
	if err := w.v(0).write(context.Background(), d, w.now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	w.readable(0, sub) // from the copy
	w.v(0).tend(context.Background())
	w.sites[1].line.set(true)
	w.readable(0, sub) // healed
}

// A vault operator puts another record in the place of one, and makes every
// checksum of the vault's own right.
func TestFsckAndReadersFindAReplacedRecord(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 3, 60))
	d, err := readSubmission(chain, proto.Clone(sub).(*wire.Submission))
	if err != nil {
		t.Fatal(err)
	}
	records := d.sub.Folios[0].Records
	records[1].Ciphertext = w.folio(plainFolio(stele.Results, 2024, 1, 60)).Records[0].Ciphertext
	swap := func() {
		if err := w.v(0).write(context.Background(), d, w.now().UnixMilli()); err != nil {
			t.Fatal(err)
		}
	}
	swap()
	w.readable(0, sub) // from the copy
	w.v(0).tend(context.Background())
	swap()
	if found := w.fsck(0, true); len(found) == 0 || !found[0].Repaired {
		t.Errorf("findings %v", found)
	}
	w.sites[1].line.set(true)
	w.readable(0, sub)
}

func TestReadOfADamagedRecordIsServedFromACopyAndHealed(t *testing.T) {
	for _, which := range []string{"record", "head", "keys", "segment gone", "keys gone"} {
		t.Run(which, func(t *testing.T) {
			w := newWorld(t, 2, 1)
			sub := w.delivered(0, plainFolio(stele.Results, 2024, 3, 60))
			switch path := w.segmentPath(0, sub); which {
			case "record":
				r, _ := w.v(0).index.get(idOf(sub))
				spoilFile(t, path, int(r.Folios[0].At)+40)
			case "head":
				spoilFile(t, path, 60)
			case "keys":
				spoilFile(t, w.keysPath(0, sub), 60)
			case "segment gone":
				os.Remove(path)
			case "keys gone":
				os.Remove(w.keysPath(0, sub))
			}
			w.readable(0, sub)
			w.v(0).tend(context.Background())
			if ids, _ := w.v(0).index.ids(tabDamaged); len(ids) != 0 {
				t.Error("still noted as damaged")
			}
			w.sites[1].line.set(true)
			w.readable(0, sub)
		})
	}
}

func TestLaw8WipedVaultIsRefilled(t *testing.T) {
	w := newWorld(t, 4, 1)
	var subs []*wire.Submission
	for i := range 24 {
		subs = append(subs, w.delivered(i%4, plainFolio(stele.Results, int32(2000+i), 2, 40)))
	}
	before, _ := w.v(0).Status(context.Background())
	w.close(0)
	for _, part := range []string{"segments", "keys", "index", "fetched", "LOCK"} {
		if err := os.RemoveAll(filepath.Join(w.sites[0].folder, part)); err != nil {
			t.Fatal(err)
		}
	}
	w.open(0)
	if s, _ := w.v(0).Status(context.Background()); s.Submissions != 0 {
		t.Fatal("not wiped")
	}
	// Meanwhile the source has a new device and the write grant has ended.
	w.ledger.Change(func() {
		w.ledger.Subjects[w.source] = stele.Keys{Subject: w.source, Signing: []stele.PublicKey{wire.Key(wire.NewEd25519().Public())}}
		g := w.ledger.Grants[w.writeGrant]
		g.Status = stele.GrantEnded
		w.ledger.Grants[w.writeGrant] = g
	})
	if found := w.fsck(0, false); uint64(len(found)) != before.Submissions || found[0].Repaired {
		t.Errorf("%d findings for %d submissions", len(found), before.Submissions)
	}
	if found := w.fsck(0, true); uint64(len(found)) != before.Submissions || !found[0].Repaired || found[0].From == "" {
		t.Errorf("%d findings for %d submissions", len(found), before.Submissions)
	}
	after, _ := w.v(0).Status(context.Background())
	if after.Submissions != before.Submissions || after.Records != before.Records || after.Home != before.Home {
		t.Errorf("before %v, after %v", before, after)
	}
	for i, sub := range subs {
		if i%4 == 0 {
			w.readable(0, sub)
		}
	}
	if found := w.fsck(0, false); len(found) != 0 {
		t.Errorf("after refilling: %v", found)
	}
}

func TestFsckFindsAndMendsTheIndex(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 3, 60))
	x, id := w.v(0).index, idOf(sub)
	stray := stele.NewID()
	for name, spoil := range map[string]func() error{
		"subject entry gone": func() error { return x.unset(key(tabSubject, w.patient[:], id[:])) },
		"entry too many":     func() error { return x.set(key(tabSubject, w.source[:], stray[:])) },
		"row gone":           func() error { return x.unset(key(tabSubmission, id[:])) },
		"row changed":        func() error { r, _ := x.get(id); r.Records = 99; r.Home = w.patient; return x.put(r) },
		"offset changed":     func() error { r, _ := x.get(id); r.Folios[0].At++; return x.put(r) },
	} {
		t.Run(name, func(t *testing.T) {
			w.advance(2 * 60 * 1e9)
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			if found := w.fsck(0, true); len(found) == 0 || !found[0].Repaired {
				t.Errorf("findings %v", found)
			}
			if found := w.fsck(0, false); len(found) != 0 {
				t.Errorf("after mending: %v", found)
			}
			w.readable(0, sub)
		})
	}
}

// Whatever happens to the index's files, the vault opens and serves all.
func TestIndexIsRebuiltFromTheSegments(t *testing.T) {
	w := newWorld(t, 2, 1)
	var subs []*wire.Submission
	for i := range 5 {
		subs = append(subs, w.delivered(0, plainFolio(stele.Results, int32(2000+i), 2, 40)))
	}
	w.close(0)
	w.open(0) // the log becomes a table
	subs = append(subs, w.delivered(0, plainFolio(stele.Results, 2005, 2, 40)))
	w.close(0)
	index := filepath.Join(w.sites[0].folder, "index")
	saved := map[string][]byte{}
	walk(t, index, func(path string, raw []byte) { saved[path] = raw })
	restore := func() {
		os.RemoveAll(index)
		os.MkdirAll(index, 0o700)
		for path, raw := range saved {
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(what string) {
		t.Helper()
		w.open(0)
		if err := w.readAll(0, subs...); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if found := w.fsck(0, true); len(found) != 0 {
			t.Errorf("%s: %v", what, found)
		}
		w.close(0)
	}
	os.RemoveAll(index)
	check("all gone")
	for path, raw := range saved {
		restore()
		os.Remove(path)
		check(filepath.Base(path) + " gone")
		for n := range 6 {
			if len(raw) == 0 {
				break
			}
			restore()
			spoilFile(t, path, n*(len(raw)-1)/5)
			check(filepath.Base(path) + " flipped")
		}
	}
}

func TestOpenRemovesWhatWasLeftHalfDone(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 40))
	w.close(0)
	folder := w.sites[0].folder
	stray := newFileName(stele.NewID()).String()
	for _, path := range []string{"segments/" + stray + ".17.tmp", "keys/" + stray, "keys/" + stray + ".tmp"} {
		if err := os.WriteFile(filepath.Join(folder, path), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.open(0)
	if files, _ := filepath.Glob(filepath.Join(folder, "*", stray+"*")); len(files) != 0 {
		t.Errorf("left: %v", files)
	}
	w.readable(0, sub)
	if found := w.fsck(0, false); len(found) != 0 {
		t.Errorf("%v", found)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	w := newWorld(t, 1, 0)
	if err := w.tryOpen(0); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("second open: %v", err)
	}
}
