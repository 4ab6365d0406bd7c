package main

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// filesOf lists the files under paths, in order, how many bytes they are, and what
// in the folders is not read.
func filesOf(paths []string) (files, unread []string, bytes uint64, err error) {
	for _, path := range paths {
		if path == "-" {
			files = append(files, path)
			continue
		}
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			switch ext := strings.ToLower(filepath.Ext(p)); {
			case packed[ext] && p == path:
				return stele.E("import", stele.KindInvalid, p+" is compressed, and only plain files are read", nil).
					WithHint("unpack it first: " + unpack(p))
			case p != path && ext != ".json" && ext != ".ndjson":
				unread = append(unread, p)
				return nil
			}
			if info, err := d.Info(); err == nil {
				bytes += uint64(info.Size())
			}
			files = append(files, p)
			return nil
		})
		switch {
		case stele.KindOf(err) == stele.KindInvalid:
			return nil, nil, 0, err
		case err != nil:
			return nil, nil, 0, stele.E("import", stele.KindNotFound, "there is nothing to read at "+path, err)
		}
	}
	if len(files) == 0 {
		err := stele.E("import", stele.KindNotFound, "there are no .json or .ndjson files there", nil)
		if i := slices.IndexFunc(unread, func(p string) bool { return packed[strings.ToLower(filepath.Ext(p))] }); i >= 0 {
			err = err.WithHint("unpack what is compressed first: " + unpack(unread[i]))
		}
		return nil, nil, 0, err
	}
	return files, unread, bytes, nil
}

// packed are the endings of compressed files.
var packed = map[string]bool{".gz": true, ".zip": true, ".zst": true, ".bz2": true, ".xz": true, ".tgz": true, ".tar": true, ".7z": true}

func unpack(path string) string {
	if strings.ToLower(filepath.Ext(path)) == ".gz" {
		return "gunzip " + path
	}
	return path
}
