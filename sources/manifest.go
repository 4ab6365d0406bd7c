package sources

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

	"github.com/stele-health/stele/regular"
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

// Tally is how many resources a manifest counts in some files: in one, or, where their
// names do not tell which of a type is which, in all of that type.
type Tally struct {
	Files []string
	Want  uint64
	Loose bool // an entry may be one of several of what is counted: a Bundle
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
func (all *Found) hold(path string) {
	m := manifestOf(path)
	if m == nil {
		return
	}
	folder := filepath.Dir(path)
	var here []string
	for _, f := range slices.Concat(all.Files, all.Unread, all.Unnamed) {
		if isBeside(folder, f) && !all.isOfNearer(f, folder) {
			here = append(here, f)
		}
	}
	found, missing := m.match(here)
	for _, file := range missing {
		all.Missing = append(all.Missing, Absent{path, file})
	}
	all.Tallies = append(all.Tallies, m.tallies(found)...)
	for i, o := range m.all() {
		file := found[i]
		if file == "" {
			continue
		}
		all.isOf(file, m.TransactionTime)
		if i >= len(m.Output)+len(m.Deleted) {
			all.Outcomes = append(all.Outcomes, file)
		}
		if n, told := o.count(); told && n == 0 && isEmpty(file) {
			all.Empty = append(all.Empty, file)
			all.Files = slices.DeleteFunc(all.Files, func(f string) bool { return f == file })
		}
	}
}

// isOfNearer reports whether another manifest lies nearer above a file than one in a folder:
// what an archive of older exports holds is none of the newest.
func (all *Found) isOfNearer(file, folder string) bool {
	return slices.ContainsFunc(all.Manifests, func(m string) bool {
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
func (all *Found) isOf(file, instant string) {
	if all.Of == nil {
		all.Of = map[string]string{}
	}
	now, err := time.Parse(time.RFC3339, instant)
	before, err2 := time.Parse(time.RFC3339, all.Of[file])
	if err == nil && (err2 != nil || now.Before(before)) {
		all.Of[file] = instant
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
func (m *manifest) tallies(found []string) (all []Tally) {
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
			all = append(all, Tally{Loose: o.Type == "Bundle"})
		}
		t := &all[at[key]]
		t.Files, t.Want = append(t.Files, found[i]), t.Want+n
	}
	for key, i := range at {
		if part[key] {
			all[i].Files = nil
		}
	}
	return slices.DeleteFunc(all, func(t Tally) bool { return len(t.Files) == 0 })
}
