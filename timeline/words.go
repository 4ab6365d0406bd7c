package timeline

import (
	"slices"
	"strings"
)

// seeRecord ends what is only said in part.
const seeRecord = "see the record"

// joined joins what is not empty.
func joined(separator string, list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), separator)
}

// without takes one of the words out of a list that commas join.
func without(words, word string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(words, ", "), func(s string) bool { return s == word || s == "" }), ", ")
}
