package care

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

// manifest is what a server answers of a bulk export (Bulk Data Access IG 2.0,
// Response - Complete Status): which files it has made. Deleted are Bundles that
// delete, Error the server's own words.
type manifest struct {
	TransactionTime        string
	Output, Deleted, Error []output
	Link                   []struct{ Relation, URL string }
}

// output is a file of a bulk export.
type output struct {
	Type, URL string
	Count     json.RawMessage // resources in it; where it is not told, or no number, nothing is counted
}

func (o output) count() (n uint64, told bool) {
	n, err := strconv.ParseUint(string(o.Count), 10, 64)
	return n, err == nil
}

// name is the last part of its address.
func (o output) name() string {
	name := o.URL
	if u, err := url.Parse(o.URL); err == nil {
		name = u.Path
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}

func (o output) String() string { return strings.TrimSpace(o.Type + " " + o.name()) }

// tally is how many resources a manifest counts in some files: in one, or, where their
// names do not tell which of a type is which, in all of that type.
type tally struct {
	files []string
	want  uint64
	loose bool // an entry may be one of several of what is counted: a Bundle
}

// maxManifest bounds what is looked at for a manifest.
const maxManifest = 16 << 20

// manifestOf reads a file that begins like a manifest, whatever it is called; nil when it
// is none.
func manifestOf(path string) *manifest {
	f, err := regular.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if err != nil || !bytes.Contains(head, []byte(`"transactionTime"`)) || bytes.Contains(head, []byte(`"resourceType"`)) {
		return nil
	}
	rest, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return nil
	}
	return readManifest(append(head, rest...))
}

func readManifest(raw []byte) *manifest {
	var m struct {
		ResourceType string
		manifest
	}
	if json.Unmarshal(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), &m) != nil || m.ResourceType != "" || m.TransactionTime == "" {
		return nil
	}
	return &m.manifest
}

// hold holds a manifest against the files in its folder: what is missing, what is empty
// and may be, and how many records each file has to have.
func (all *folders) hold(path string) {
	m := manifestOf(path)
	if m == nil {
		return
	}
	folder := filepath.Dir(path)
	var here []string
	for _, f := range slices.Concat(all.files, all.unread, all.unnamed) {
		if isBeside(folder, f) && !all.isOfNearer(f, folder) {
			here = append(here, f)
		}
	}
	found, missing := m.match(here)
	for _, file := range missing {
		all.missing = append(all.missing, absent{path, file})
	}
	all.tallies = append(all.tallies, m.tallies(found)...)
	for i, o := range m.all() {
		file := found[i]
		if file == "" {
			continue
		}
		all.isOf(file, m.TransactionTime)
		if i >= len(m.Output)+len(m.Deleted) {
			all.outcomes = append(all.outcomes, file)
		}
		if n, told := o.count(); told && n == 0 && isEmpty(file) {
			all.empty = append(all.empty, file)
			all.files = slices.DeleteFunc(all.files, func(f string) bool { return f == file })
		}
	}
}

// isOfNearer reports whether another manifest lies nearer above a file than one in a folder:
// what an archive of older exports holds is none of the newest.
func (all *folders) isOfNearer(file, folder string) bool {
	return slices.ContainsFunc(all.manifests, func(m string) bool {
		return len(filepath.Dir(m)) > len(folder) && isBeside(filepath.Dir(m), file)
	})
}

// isBeside reports whether a file lies in a folder, or in one within it.
func isBeside(folder, file string) bool {
	rest, err := filepath.Rel(folder, file)
	return err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
}

// isOf notes of when a file is; of two manifests that list it the earlier, as that takes back
// less.
func (all *folders) isOf(file, instant string) {
	if all.of == nil {
		all.of = map[string]string{}
	}
	now, err := time.Parse(time.RFC3339, instant)
	before, err2 := time.Parse(time.RFC3339, all.of[file])
	if err == nil && (err2 != nil || now.Before(before)) {
		all.of[file] = instant
	}
}

func isEmpty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() == 0
}

// all are the files that a manifest lists.
func (m *manifest) all() []output { return slices.Concat(m.Output, m.Deleted, m.Error) }

// match finds the files that a manifest lists among those that are there, and says what
// is missing, the next part of the manifest too. A file has the last part of its address
// for a name, or its type in it.
func (m *manifest) match(here []string) (found []string, missing []string) {
	here, listed := slices.Clone(here), m.all()
	found = make([]string, len(listed))
	for _, is := range []func(o output, base string) bool{
		func(o output, base string) bool {
			return o.name() != "" && (base == o.name() || base == o.name()+".ndjson" || base == o.name()+".ndjson.gz" || base == o.name()+".gz")
		},
		func(o output, base string) bool {
			return o.Type != "" && slices.Contains(wordsOf(base), strings.ToLower(o.Type))
		},
		func(o output, base string) bool {
			return o.Type != "" && strings.Contains(strings.ToLower(base), strings.ToLower(o.Type))
		},
	} {
		for i, o := range listed {
			if at := slices.IndexFunc(here, func(f string) bool { return found[i] == "" && is(o, filepath.Base(f)) }); at >= 0 {
				found[i] = here[at]
				here = slices.Delete(here, at, at+1)
			}
		}
	}
	for i, o := range listed {
		if found[i] == "" {
			missing = append(missing, o.String())
		}
	}
	for _, l := range m.Link {
		if l.Relation == "next" {
			missing = append(missing, "a next part of itself ("+l.URL+")")
		}
	}
	return found, missing
}

// wordsOf are the words in the name of a file.
func wordsOf(base string) []string {
	return strings.FieldsFunc(strings.ToLower(base), func(r rune) bool { return r < 'a' || r > 'z' })
}

// tallies are what a manifest counts in the files that were found.
func (m *manifest) tallies(found []string) (all []tally) {
	at, part := map[string]int{}, map[string]bool{} // by name or type; of those where a file is missing, or not counted
	for i, o := range m.all() {
		key, n := "type "+o.Type, uint64(0)
		if file := found[i]; file != "" && strings.HasPrefix(filepath.Base(file), o.name()) && o.name() != "" {
			key = "name " + file
		}
		n, told := o.count()
		if found[i] == "" || !told {
			part[key] = true
			continue
		}
		if _, known := at[key]; !known {
			at[key] = len(all)
			all = append(all, tally{loose: o.Type == "Bundle"})
		}
		t := &all[at[key]]
		t.files, t.want = append(t.files, found[i]), t.want+n
	}
	for key, i := range at {
		if part[key] {
			all[i].files = nil
		}
	}
	return slices.DeleteFunc(all, func(t tally) bool { return len(t.files) == 0 })
}

// counted says where files have other numbers of records than their manifest counts, and
// how many of them have fewer.
func counted(f *cli.Face, im *importing, done []wallet.Imported) {
	read := map[string]uint64{}
	for i, d := range done {
		read[im.files[i]] = uint64(d.Read)
	}
	for _, t := range im.found.tallies {
		n, known := uint64(0), true
		for _, file := range t.files {
			_, is := read[file]
			n, known = n+read[file], known && (is || slices.Contains(im.found.empty, file))
		}
		switch files := strings.Join(t.files, ", "); {
		case !known: // not read: that is said
		case n < t.want:
			im.found.short = append(im.found.short, files)
			f.Fault("%s: %s in it, and its manifest counts %s: it was cut off, or is another", terminal.Clean(files), isAre(n), stele.Number(t.want))
		case n > t.want && !t.loose:
			f.Note("%s: %s in it, and its manifest counts %s", terminal.Clean(files), isAre(n), stele.Number(t.want))
		}
	}
}

func isAre(n uint64) string {
	if n == 1 {
		return "1 record is"
	}
	return stele.Number(n) + " records are"
}
