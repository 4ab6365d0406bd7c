package main

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// folders is what lies under the paths of an import.
type folders struct {
	files     []string // to be read, in order
	bytes     uint64   // of them
	unread    []string // may hold records, and can't be read
	unnamed   []string // begin like FHIR in JSON, and are called otherwise
	other     []string // hold none: a README, a picture
	hidden    []string // begin with a dot
	manifests []string // of bulk exports
	missing   []string // what those list, and is not there
}

// filesOf lists the files under paths. What is named itself is read, whatever it
// is called.
func filesOf(paths []string) (folders, error) {
	var all folders
	for _, path := range paths {
		if path == "-" {
			all.files = append(all.files, path)
			continue
		}
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && p != path && strings.HasPrefix(d.Name(), ".") {
				all.hidden = append(all.hidden, p)
				return fs.SkipDir
			}
			if err != nil || d.IsDir() {
				return err
			}
			return all.take(p, d, p == path)
		})
		switch {
		case stele.KindOf(err) == stele.KindInvalid:
			return all, err
		case err != nil:
			return all, stele.E("import", stele.KindNotFound, "there is nothing to read at "+path, err)
		}
	}
	for _, p := range all.manifests {
		all.missing = append(all.missing, absent(p, all.files)...)
	}
	if len(all.files) == 0 {
		err := stele.E("import", stele.KindNotFound, "there are no .json or .ndjson files there", nil)
		if len(all.manifests) > 0 {
			err = stele.E("import", stele.KindNotFound, all.manifests[0]+" is the list of a bulk export and holds no records itself", nil).
				WithHint("fetch the files that it lists, and import their folder")
		}
		if i := slices.IndexFunc(all.unread, isPacked); i >= 0 {
			err = err.WithHint("unpack what is compressed first: " + unpack(all.unread[i]))
		}
		return all, err
	}
	return all, nil
}

func (all *folders) take(p string, d fs.DirEntry, named bool) error {
	ext := strings.ToLower(filepath.Ext(p))
	switch {
	case named && packed[ext]:
		return stele.E("import", stele.KindInvalid, p+" is compressed, and only plain files are read", nil).
			WithHint("unpack it first: " + unpack(p))
	case named:
	case strings.HasPrefix(d.Name(), "."):
		all.hidden = append(all.hidden, p)
		return nil
	case packed[ext] || foreign[ext]:
		all.unread = append(all.unread, p)
		return nil
	case ext != ".json" && ext != ".ndjson" && ext != ".jsonl" && holdsResources(p):
		all.unnamed = append(all.unnamed, p)
		return nil
	case ext != ".json" && ext != ".ndjson" && ext != ".jsonl":
		all.other = append(all.other, p)
		return nil
	}
	if m, _ := manifestOf(p); m != nil {
		all.manifests = append(all.manifests, p)
		return nil
	}
	if info, err := d.Info(); err == nil {
		all.bytes += uint64(info.Size())
	}
	all.files = append(all.files, p)
	return nil
}

// looked is how much of a file that is called otherwise is looked at.
const looked = 64 << 10

// holdsResources reports whether a file begins like FHIR in JSON, whatever it is called:
// an export without endings, a download that was cut off, a copy.
func holdsResources(path string) bool {
	f, err := regular.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, looked))
	raw = bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), " \t\r\n")
	return err == nil && len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') && bytes.Contains(raw, []byte(`"resourceType"`))
}

// packed are the endings of compressed files.
var packed = map[string]bool{".gz": true, ".zip": true, ".zst": true, ".bz2": true, ".xz": true, ".tgz": true, ".tar": true, ".7z": true}

// foreign are the endings of files that may hold records in another form than JSON.
var foreign = map[string]bool{
	".xml": true, ".csv": true, ".tsv": true, ".hl7": true, ".ccd": true, ".cda": true, ".ccda": true, ".dcm": true, ".ttl": true,
	".parquet": true, ".xlsx": true, ".xls": true, ".fhir": true, ".edi": true, ".x12": true,
}

func isPacked(path string) bool { return packed[strings.ToLower(filepath.Ext(path))] }

func unpack(path string) string {
	if strings.ToLower(filepath.Ext(path)) == ".gz" {
		return "gunzip " + path
	}
	return path
}

// manifest is what a server answers of a bulk export (Bulk Data Access IG 2.0,
// Response - Complete Status): which files it has made.
type manifest struct {
	TransactionTime string
	Output, Deleted []struct{ Type, URL string }
}

// maxManifest bounds what is looked at for a manifest.
const maxManifest = 16 << 20

// manifestOf reads a file that is called manifest.json; nil when it is none.
func manifestOf(path string) (*manifest, error) {
	if !strings.EqualFold(filepath.Base(path), "manifest.json") {
		return nil, nil
	}
	if info, err := os.Stat(path); err != nil || info.Size() > maxManifest {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return readManifest(raw), nil
}

func readManifest(raw []byte) *manifest {
	var m struct {
		ResourceType string
		manifest
	}
	if json.Unmarshal(raw, &m) != nil || m.ResourceType != "" || m.TransactionTime == "" {
		return nil
	}
	return &m.manifest
}

// absent lists what a manifest lists and no file beside it is. A file has the last
// part of its address for a name, or begins with its type.
func absent(path string, files []string) (missing []string) {
	m, err := manifestOf(path)
	if err != nil || m == nil {
		return nil
	}
	folder := filepath.Dir(path)
	var here []string
	for _, f := range files {
		if rest, err := filepath.Rel(folder, f); err == nil && !strings.HasPrefix(rest, "..") {
			here = append(here, filepath.Base(f))
		}
	}
	return m.absent(here)
}

func (m *manifest) absent(here []string) (missing []string) {
	take := func(is func(string) bool) bool {
		at := slices.IndexFunc(here, is)
		if at >= 0 {
			here = slices.Delete(here, at, at+1)
		}
		return at >= 0
	}
	type output struct{ typ, name string }
	var unnamed []output
	for _, o := range append(slices.Clone(m.Output), m.Deleted...) {
		name := o.URL
		if u, err := url.Parse(o.URL); err == nil {
			name = u.Path
		}
		name = name[strings.LastIndexByte(name, '/')+1:]
		if !take(func(f string) bool { return f == name || f == name+".ndjson" }) {
			unnamed = append(unnamed, output{o.Type, name})
		}
	}
	for _, o := range unnamed { // the others are known by their type
		if o.typ == "" || !take(func(f string) bool { return strings.Contains(strings.ToLower(f), strings.ToLower(o.typ)) }) {
			missing = append(missing, strings.TrimSpace(o.typ+" "+o.name))
		}
	}
	return missing
}
