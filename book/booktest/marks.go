package booktest

import (
	"io"
	"os"
	"sync"

	"github.com/stele-health/stele/book"
)

// Marks is the files of marks, in memory. Its zero value has none.
type Marks struct {
	mu    sync.Mutex
	files map[string][]byte
}

// Open is as book.Files says.
func (m *Marks) Open(path string) (book.File, error) {
	if m.Get(path) == nil {
		return nil, os.ErrNotExist
	}
	return mark{m, path}, nil
}

// OpenReadWrite is as book.Files says.
func (m *Marks) OpenReadWrite(path string) (book.File, error) {
	m.Set(path, append([]byte{}, m.Get(path)...))
	return mark{m, path}, nil
}

// SyncFolderOf is as book.Files says.
func (m *Marks) SyncFolderOf(string) error { return nil }

// Get returns what is in a file, nil where there is none.
func (m *Marks) Get(path string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files[path]
}

// Set makes a file of a content; of nil, none.
func (m *Marks) Set(path string, content []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil {
		m.files = map[string][]byte{}
	}
	if m.files[path] = content; content == nil {
		delete(m.files, path)
	}
}

type mark struct {
	all  *Marks
	path string
}

func (m mark) ReadAt(p []byte, at int64) (n int, err error) {
	if content := m.all.Get(m.path); at < int64(len(content)) {
		n = copy(p, content[at:])
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (m mark) WriteAt(p []byte, at int64) (int, error) {
	content := append([]byte{}, m.all.Get(m.path)...)
	if missing := int(at) + len(p) - len(content); missing > 0 {
		content = append(content, make([]byte, missing)...)
	}
	copy(content[at:], p)
	m.all.Set(m.path, content)
	return len(p), nil
}

func (mark) Sync() error  { return nil }
func (mark) Close() error { return nil }
