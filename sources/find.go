package sources

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// Found is what lies under the paths of an import.
type Found struct {
	Files     []string // to be read, in order
	Bytes     uint64   // of them
	Unread    []string // may hold records, and can't be read
	Unnamed   []string // begin like FHIR in JSON, and are called otherwise
	Other     []string // hold none: a README, a picture
	Hidden    []string // begin with a dot
	Manifests []string // of bulk exports
	Logs      []Log
	Missing   []Absent          // what those list, and is not there
	Empty     []string          // hold nothing, as their manifest says
	Tallies   []Tally           // what manifests count
	Outcomes  []string          // a server's own words, as their manifest says
	Of        map[string]string // of when each is, as its manifest says
}

// Absent is what a manifest lists, and is not there.
type Absent struct{ Manifest, File string }

// Several names some files, of many the first.
func Several(files []string) string {
	const most = 3
	names := strings.Join(files[:min(most, len(files))], ", ")
	if more := len(files) - most; more > 0 {
		names += " and " + stele.Number(more) + " more"
	}
	return names
}

// Find lists the files under paths. What is named itself is read, whatever it
// is called.
func Find(paths []string) (Found, error) {
	var all Found
	for _, path := range paths {
		if path == "-" {
			all.Files = append(all.Files, path)
			continue
		}
		err := filepath.WalkDir(entered(path), func(p string, d fs.DirEntry, err error) error {
			root := p == entered(path)
			if err == nil && d.IsDir() && !root && strings.HasPrefix(d.Name(), ".") {
				all.Hidden = append(all.Hidden, p)
				return fs.SkipDir
			}
			if err != nil || d.IsDir() {
				return err
			}
			return all.take(p, d, root)
		})
		switch {
		case stele.KindOf(err) == stele.KindInvalid:
			return all, err
		case errors.Is(err, fs.ErrNotExist):
			return all, stele.E("import", stele.KindNotFound, "there is nothing to read at "+path, err).WithHint("name files or folders of FHIR R4 JSON, or - for stdin")
		case err != nil:
			return all, unreadable(path, err)
		}
	}
	for _, p := range all.Manifests {
		all.hold(p)
	}
	if len(all.Files) == 0 && (len(all.Manifests) == 0 || len(all.Missing)+len(all.Unread)+len(all.Unnamed) > 0) {
		err := stele.E("import", stele.KindNotFound, "there are no .json or .ndjson files in "+Several(paths), nil).
			WithHint("a file that is called otherwise is read where it is named itself")
		if len(all.Manifests) > 0 {
			err = stele.E("import", stele.KindNotFound, all.Manifests[0]+" is the list of a bulk export and holds no records itself", nil).
				WithHint("fetch the files that it lists, and import their folder")
		}
		if i := slices.IndexFunc(all.Unread, IsPacked); i >= 0 {
			err = err.WithHint("unpack what is compressed first: " + Unpack(all.Unread[i]))
		}
		return all, err
	}
	return all, nil
}

// entered is a path that was named, where it is a link to a folder with what makes that
// be entered.
func entered(path string) string {
	if linksToFolder(path) {
		return strings.TrimRight(path, string(filepath.Separator)) + string(filepath.Separator)
	}
	return path
}

// linksToFolder reports whether a path is a link to a folder, or to nothing that is there.
func linksToFolder(path string) bool {
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(path)
	return err != nil || info.IsDir()
}

// unreadable names what of a folder can't be read: the folder itself may be fine.
func unreadable(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		path = e.Path
	}
	return regular.Unread("import", "the folder", path, err).WithHint("nothing was read: import as who may read all of it, or name what may be read")
}

func (all *Found) take(p string, d fs.DirEntry, named bool) error {
	ext := strings.ToLower(filepath.Ext(p))
	switch {
	case named && packed[ext]:
		return stele.E("import", stele.KindInvalid, p+" is compressed, and only plain files are read", nil).
			WithHint("unpack it first: " + Unpack(p))
	case named:
	case strings.HasPrefix(d.Name(), "."):
		all.Hidden = append(all.Hidden, p)
		return nil
	case packed[ext] || foreign[ext] || linksToFolder(p) || !readable[ext] && isGzip(p): // a folder could hold itself
		all.Unread = append(all.Unread, p)
		return nil
	case !readable[ext] && holdsResources(p):
		all.Unnamed = append(all.Unnamed, p)
		return nil
	case !readable[ext]:
		all.Other = append(all.Other, p)
		return nil
	}
	if ext == ".json" && manifestOf(p) != nil {
		all.Manifests = append(all.Manifests, p)
		return nil
	}
	if log, is := logOf(p); is && !named {
		all.Logs = append(all.Logs, log)
		return nil
	}
	if info, err := d.Info(); err == nil {
		all.Bytes += uint64(info.Size())
	}
	all.Files = append(all.Files, p)
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

// isGzip reports whether a file is packed by gzip, whatever it is called: a part, a copy,
// one of several. Servers of bulk exports send their files so.
func isGzip(path string) bool {
	f, err := regular.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, 2) // RFC 1952 §2.3.1
	_, err = io.ReadFull(f, magic)
	return err == nil && string(magic) == "\x1f\x8b"
}

// readable are the endings of files that are read where they stand in a folder.
var readable = map[string]bool{".json": true, ".ndjson": true, ".jsonl": true}

// packed are the endings of compressed files.
var packed = map[string]bool{".gz": true, ".zip": true, ".zst": true, ".bz2": true, ".xz": true, ".tgz": true, ".tar": true, ".7z": true}

// foreign are the endings of files that may hold records in another form than JSON.
var foreign = map[string]bool{
	".xml": true, ".csv": true, ".tsv": true, ".hl7": true, ".ccd": true, ".cda": true, ".ccda": true, ".dcm": true, ".ttl": true,
	".parquet": true, ".xlsx": true, ".xls": true, ".fhir": true, ".smart-health-card": true, ".edi": true, ".x12": true,
}

// IsPacked reports whether a file is compressed.
func IsPacked(path string) bool {
	return packed[strings.ToLower(filepath.Ext(path))] || isGzip(path)
}

// Unpack is the command that unpacks a file.
func Unpack(path string) string {
	switch {
	case strings.ToLower(filepath.Ext(path)) == ".gz":
		return "gunzip " + path
	case isGzip(path): // gunzip knows it by its ending only
		return "gunzip < " + path + " > " + path + ".ndjson"
	}
	return path
}
