package fhir

import (
	"bytes"
	"os"
	"testing"
)

// BenchmarkResource parses, validates and labels real resources; one operation
// is one resource.
func BenchmarkResource(b *testing.B) {
	var sources [][]byte
	for _, file := range sharedFiles(b) {
		raw, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		_, entries, _ := readAll(b, bytes.NewReader(raw))
		for _, e := range entries {
			sources = append(sources, e.Resource.JSON)
		}
	}
	tables()
	bytesRead := 0
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		src := sources[i%len(sources)]
		r, err := Parse(src)
		if err != nil {
			b.Fatal(err)
		}
		r.Validate()
		bytesRead += len(src)
	}
	b.SetBytes(int64(bytesRead / b.N))
}

// BenchmarkDefinitions is what the first Parse of a process pays.
func BenchmarkDefinitions(b *testing.B) {
	for i := 0; i < b.N; i++ {
		readDefinitions(definitionsText)
	}
}

// BenchmarkReader streams one real Bundle, entries parsed but not validated.
func BenchmarkReader(b *testing.B) {
	raw, err := os.ReadFile(sharedFiles(b)[0])
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	for i := 0; i < b.N; i++ {
		readAll(b, bytes.NewReader(raw))
	}
}
