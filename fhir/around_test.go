package fhir

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestR38WhatStandsAroundABundle reads Bundles in Bundles, whole and in a stream.
func TestR38WhatStandsAroundABundle(t *testing.T) {
	link := `"link":[{"relation":"next","url":"https://a.example/fhir?page=2"},{"relation":"self","url":"https://a.example/fhir/Basic?x=1"}]`
	inner := `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Basic","id":"b"}}]}`
	entry := `"entry":[{"fullUrl":"https://a.example/fhir/Bundle/i","resource":` + inner + `},{"resource":{"resourceType":"Basic","id":"c"}}]`
	self := Around{Self: "https://a.example/fhir/Basic?x=1"}
	kept := Around{Outer: 1, FullURL: "https://a.example/fhir/Bundle/i"}
	for name, text := range map[string]string{
		"before":    `{"resourceType":"Bundle","type":"searchset",` + link + `,` + entry + `}`,
		"after":     `{"resourceType":"Bundle","type":"searchset",` + entry + `,` + link + `}`,
		"all after": `{` + entry + `,` + link + `,"resourceType":"Bundle","type":"searchset"}`,
	} {
		r := NewReader(strings.NewReader(text))
		for {
			if _, err := r.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(name, err)
			}
		}
		if diff := cmp.Diff(map[int]Around{1: self, 2: kept}, r.Around()); diff != "" {
			t.Error(name, diff)
		}
	}
}

// TestR38TheServerThatWasAsked takes a server's base from what it was asked for.
func TestR38TheServerThatWasAsked(t *testing.T) {
	for address, want := range map[string]string{
		"https://a.example/fhir/Observation?patient=1&x=/y":      "https://a.example/fhir",
		"https://a.example/fhir/Patient/1/$everything?_count=9":  "https://a.example/fhir",
		"https://a.example/fhir/Patient/1/Observation":           "https://a.example/fhir",
		"https://a.example/fhir?_getpages=1":                     "https://a.example/fhir",
		"https://a.example/fhir/?_getpages=1":                    "https://a.example/fhir",
		"https://a.example/fhir/_history":                        "https://a.example/fhir",
		"https://a.example/fhir/$export":                         "https://a.example/fhir",
		"https://a.example/fhir/Bundle/7#x":                      "https://a.example/fhir",
		"https://a.example/Patient":                              "https://a.example",
		"https://a.example":                                      "https://a.example",
		"Observation?patient=1":                                  "",
		"/fhir/Observation?see=https://a.example/fhir/Patient/1": "",
		"urn:uuid:1": "",
		"https://":   "",
		"":           "",
	} {
		if got := AskedBase(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}
