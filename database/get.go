package database

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// Get returns a copy of what is under a key, nil where nothing is; of what is empty the copy is not nil. Its
// errors are Pebble's own.
func Get(from pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return append(make([]byte, 0, len(value)), value...), nil
}
