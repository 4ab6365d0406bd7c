package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/stele-health/stele"
)

// parse reads a file over the defaults. name stands before the line in errors,
// "member.toml:12". No value is repeated in an error: somebody may have put a
// secret there.
func parse(raw []byte, name string) (Config, error) {
	const op = "read configuration"
	c := Default()
	raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // some editors put it before a text
	err := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields().Decode(&c)
	if err == nil {
		return c, nil
	}
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok && len(strict.Errors) > 0 {
		line, _ := strict.Errors[0].Position()
		key := strings.Join(strict.Errors[0].Key(), ".")
		return c, stele.E(op, stele.KindInvalid, fmt.Sprintf("%s:%d: there is no key %s", name, line, key), nil).WithHint(meant(key))
	}
	if wrong, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ := wrong.Position()
		text := "this is no TOML"
		if key := strings.Join(wrong.Key(), "."); key != "" {
			text = key + " is of another kind"
		}
		return c, stele.E(op, stele.KindInvalid, fmt.Sprintf("%s:%d: %s", name, line, text), nil).
			WithHint("stele config example prints a file with every key")
	}
	return c, stele.E(op, stele.KindInvalid, name+" can't be read as a configuration", nil).
		WithHint("stele config example prints a file with every key")
}

// meant says which key was probably meant.
func meant(key string) string {
	keys := knownKeys(reflect.TypeFor[Config](), "")
	names := keys
	for _, k := range keys {
		if section, _, ok := strings.Cut(k, "."); ok && !strings.Contains(key, ".") {
			names = append(names, section)
		}
	}
	nearest := slices.MinFunc(names, func(a, b string) int { return distance(a, key) - distance(b, key) })
	if distance(nearest, key) <= max(2, len(key)/3) {
		return "did you mean " + nearest + "?"
	}
	return "the keys are " + strings.Join(keys, ", ")
}

func knownKeys(t reflect.Type, before string) (keys []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := before + f.Tag.Get("toml")
		if f.Type.Kind() == reflect.Struct {
			keys = append(keys, knownKeys(f.Type, name+".")...)
			continue
		}
		keys = append(keys, name)
	}
	return keys
}

// distance is how many letters differ between two keys (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}
