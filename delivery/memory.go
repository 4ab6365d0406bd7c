package delivery

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// What a source has delivered it may have to take back: when it deletes a record,
// corrects its label, or finds that it was another person's. A withdrawal goes
// under the label of what it withdraws, or some reader would see the one and not
// the other. So the wallet remembers, sealed at home, what it delivered to whom and
// under which label: one file for each patient, named by a keyed hash, to which a
// sealed frame is added for each submission.

// kept is a record as it was delivered.
type kept struct {
	Type        string
	ID          string
	Version     stamp
	Updated     stamp
	When        string
	Handle      stele.ID
	Category    stele.Category
	Sensitivity []stele.Sensitivity
	Year        int
	Print       [16]byte
	Withdraws   []string // of a withdrawal: names and handles
	Server      int      // in its frame's, from 1; 0 when it was not known
	Was         string   // the id that it has on that server, where that is not ID

	base       string   // of its server
	called     [16]byte // the print of its name, where that was not delivered before
	submission stele.ID
	at         int // the place of its submission among its patient's
	withdrawn  bool
}

// name is "Observation/1"; the handle for what has no id.
func (k *kept) name() string {
	if k.ID == "" {
		return k.Handle.String()
	}
	return k.Type + "/" + k.ID
}

// place is under what a record is found: its label and its date.
func (k *kept) place() string {
	return string(k.Category) + "\x00" + strconv.Itoa(k.Year) + "\x00" + k.When + "\x00" + labelText(k.Sensitivity)
}

func (k *kept) sameLabel(o *kept) bool {
	return k.Category == o.Category && k.Year == o.Year && labelText(k.Sensitivity) == labelText(o.Sensitivity)
}

func labelText(s []stele.Sensitivity) string {
	words := make([]string, len(s))
	for i := range s {
		words[i] = string(s[i])
	}
	slices.Sort(words)
	return strings.Join(words, ",")
}

// newer reports whether a record is a newer version than another of its name: by
// number, else by time, else the one that comes later.
func (k *kept) newer(o *kept) bool {
	order, told := k.version().Compare(o.version())
	return !told || order > 0
}

// ordered reports whether the records themselves say which of two versions is the
// newer one.
func (k *kept) ordered(o *kept) bool {
	_, told := k.version().Compare(o.version())
	return told
}

// untold reports whether a record says nothing of which version it is.
func (k *kept) untold() bool { return k.version() == fhir.Version{} }

// memory is what was delivered to one patient.
type memory struct {
	subject  stele.Subject
	byName   map[string][]*kept
	byPrint  map[[16]byte]*kept
	byHandle map[stele.ID]*kept // of the record
	guests   map[string][]*kept // what other servers delivered, by what they call it
	byID     map[string]string  // names by id, made when it is needed

	// Of an import: names of which the newest version is in its files, and older
	// values that have come again, see knows.
	met       map[string]bool
	returning map[string]arrival
}

func (m *memory) add(k *kept) {
	m.byID = nil
	for _, name := range k.Withdraws {
		base, version, _ := strings.Cut(name, "/_history/")
		for _, o := range m.called(base) {
			if version == "" || o.Version.said() == version {
				o.withdrawn = true
			}
		}
	}
	m.byName[k.name()] = append(m.byName[k.name()], k)
	if k.Was != "" {
		m.guests[k.Type+"/"+k.Was] = append(m.guests[k.Type+"/"+k.Was], k)
	}
	m.byPrint[k.Print] = k
	if m.byHandle[k.Handle] == nil {
		m.byHandle[k.Handle] = k
	}
}

// called returns what was delivered under a name, or under a handle.
func (m *memory) called(name string) []*kept {
	if strings.Contains(name, "/") {
		return m.byName[name]
	}
	if handle, err := stele.ParseID(name); err == nil && m.byHandle[handle] != nil {
		return []*kept{m.byHandle[handle]}
	}
	return nil
}

// last returns what was delivered last of a name before this import; nil for
// nothing.
func (m *memory) last(name string) *kept {
	for _, k := range slices.Backward(m.byName[name]) {
		if !k.submission.IsZero() && len(k.Withdraws) == 0 {
			return k
		}
	}
	return nil
}

// standing returns what stands of a name, or of a handle.
func (m *memory) standing(name string) []*kept { return stand(m.called(name)) }

// stand drops what was withdrawn, and withdrawals.
func stand(all []*kept) (found []*kept) {
	for _, k := range all {
		if !k.withdrawn && len(k.Withdraws) == 0 {
			found = append(found, k)
		}
	}
	return found
}

// named finds the name of what is called by a UUID alone.
func (m *memory) named(name string) string {
	id, is := strings.CutPrefix(name, uuidPrefix)
	if !is {
		return name
	}
	if m.byID == nil {
		m.byID = map[string]string{}
		for called, these := range m.byName {
			if id := these[0].ID; id != "" {
				if _, two := m.byID[id]; two {
					called = "" // of two types: which is meant is not said
				}
				m.byID[id] = called
			}
		}
	}
	if called := m.byID[id]; called != "" {
		return called
	}
	return name
}

func (d *Desk) memoryFolder() string { return d.w.Beside(".memory") }

// book names the file of a patient.
func (d *Desk) book(subject stele.Subject) string {
	mac := hmac.New(sha256.New, d.printKey()[:])
	mac.Write([]byte("memory\x00"))
	mac.Write(subject[:])
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:20]))
}

func (d *Desk) memorySeal() cipher.AEAD { return d.w.Keyring().AEAD("memory") }

// sealFrame makes the bytes that are added to a book.
func (d *Desk) sealFrame(f frame) []byte {
	sealed := d.memorySeal().Seal(make([]byte, 4), nil, f.encode(), []byte(d.book(f.Subject)))
	binary.BigEndian.PutUint32(sealed, uint32(len(sealed)-4))
	return sealed
}

// openFrames reads a book and returns how many of its bytes are whole frames: a
// crash may have cut the last one.
func (d *Desk) openFrames(book string, raw []byte) (frames []frame, whole int, err error) {
	seal := d.memorySeal()
	for len(raw) >= whole+4 {
		n := int(binary.BigEndian.Uint32(raw[whole:]))
		if n > len(raw)-whole-4 {
			break
		}
		plain, err := seal.Open(nil, nil, raw[whole+4:whole+4+n], []byte(book))
		if err != nil {
			return frames, whole, err
		}
		f, err := decodeFrame(plain)
		if err != nil {
			return frames, whole, err
		}
		frames, whole = append(frames, f), whole+4+n
	}
	return frames, whole, nil
}

// remember adds a frame to a book, synced. What is there already, after a crash in
// between, is known by its handles.
func (d *Desk) remember(book string, sealed []byte) error {
	d.remembering.Lock()
	defer d.remembering.Unlock()
	path := filepath.Join(d.memoryFolder(), book)
	err := os.MkdirAll(d.memoryFolder(), 0o700)
	var f *os.File
	if err == nil {
		f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	}
	if err != nil {
		return stele.E("import", stele.KindOther, "what was delivered could not be remembered", err)
	}
	end, err := wholeFrames(f)
	if err == nil {
		_, err = f.WriteAt(sealed, end)
	}
	if err == nil {
		err = f.Truncate(end + int64(len(sealed)))
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return stele.E("import", stele.KindOther, "what was delivered could not be remembered", err)
	}
	return nil
}

// wholeFrames returns where the last whole frame of a book ends.
func wholeFrames(f *os.File) (end int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	var head [4]byte
	for end+4 <= info.Size() {
		if _, err := f.ReadAt(head[:], end); err != nil {
			return 0, err
		}
		n := int64(binary.BigEndian.Uint32(head[:]))
		if end+4+n > info.Size() {
			break
		}
		end += 4 + n
	}
	return end, nil
}

// recall returns what was delivered to a patient.
func (d *Desk) recall(subject stele.Subject) (*memory, error) {
	m, err := d.recallBook(d.book(subject))
	if m != nil {
		m.subject = subject
	}
	return m, err
}

func (d *Desk) recallBook(book string) (*memory, error) {
	frames, err := d.readFrames(book)
	return memoryOf(frames), err
}

// readFrames reads the file of a patient.
func (d *Desk) readFrames(book string) ([]frame, error) {
	raw, err := os.ReadFile(filepath.Join(d.memoryFolder(), book))
	if errors.Is(err, os.ErrNotExist) {
		raw, err = nil, nil
	}
	var frames []frame
	if err == nil {
		frames, _, err = d.openFrames(book, raw)
	}
	if err != nil {
		return nil, stele.E("recall deliveries", stele.KindProof, "the wallet's memory of what it delivered is damaged: "+filepath.Join(d.memoryFolder(), book), err).
			WithHint("put a backup of it back; without one, nothing that stood in it can be withdrawn")
	}
	return frames, nil
}

// memoryOf is what the frames of a patient say together.
func memoryOf(frames []frame) *memory {
	records := 0
	for _, f := range frames {
		records += len(f.Records)
	}
	m := &memory{byName: make(map[string][]*kept, records), byPrint: make(map[[16]byte]*kept, records), byHandle: make(map[stele.ID]*kept, records), guests: map[string][]*kept{},
		met: map[string]bool{}, returning: map[string]arrival{}}
	handles, bases := make(map[stele.ID]bool, records), map[string]string{}
	for at, f := range frames {
		m.subject = f.Subject
		for _, k := range f.Records {
			if handles[k.Handle] {
				continue
			}
			k.submission, k.at, handles[k.Handle] = f.Submission, at, true
			if at := k.Server - 1; at >= 0 && at < len(f.Servers) {
				if bases[f.Servers[at]] == "" { // one text for all frames
					bases[f.Servers[at]] = f.Servers[at]
				}
				k.base = bases[f.Servers[at]]
			}
			m.add(k)
		}
	}
	return m
}

// eachMemory calls f with what was delivered to each patient, in an order that is
// the same each time.
func (d *Desk) eachMemory(f func(*memory)) error {
	books, err := os.ReadDir(d.memoryFolder())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return stele.E("recall deliveries", stele.KindOther, "", err)
	}
	for _, b := range books {
		m, err := d.recallBook(b.Name())
		if err != nil {
			return err
		}
		if !m.subject.IsZero() { // what is gone is in nobody's chart
			f(m)
		}
	}
	return nil
}

// whoHas returns the patients in whose charts something of a name stands.
func (d *Desk) whoHas(names map[string]bool) (map[string][]stele.Subject, error) {
	return d.who(names, func(m *memory, name string) bool { return len(m.standing(name)) > 0 })
}

// whoHad returns the patients to whom something of a name, or of a UUID
// ("urn:uuid:…"), was delivered, whatever became of it and whichever server calls it
// so.
func (d *Desk) whoHad(names map[string]bool) (map[string][]stele.Subject, error) {
	return d.who(names, func(m *memory, name string) bool { return len(m.called(m.named(name)))+len(m.guests[name]) > 0 })
}

func (d *Desk) who(names map[string]bool, is func(m *memory, name string) bool) (map[string][]stele.Subject, error) {
	found := map[string][]stele.Subject{}
	err := d.eachMemory(func(m *memory) {
		for name := range names {
			if is(m, name) {
				found[name] = append(found[name], m.subject)
			}
		}
	})
	for _, subjects := range found {
		slices.SortFunc(subjects, bySubject)
	}
	return found, err
}

// keptOf is how a record will be remembered.
func keptOf(r Incoming, updated string, print [16]byte) *kept {
	return &kept{
		Type: r.Type, ID: r.ID, Version: stamp{text: r.Version}, Updated: stamp{text: updated}, When: r.When, Handle: r.Handle,
		Category: r.Category, Sensitivity: r.Sensitivity, Year: r.Year, Print: print,
	}
}

// uuidPrefix is how a UUID alone is named, see memory.named.
const uuidPrefix = "urn:uuid:"
