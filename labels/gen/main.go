// Command gen packs the tables that come with Stele, as the program holds them: each
// data/NAME.txt into data/NAME.txt.z. go generate ./labels runs it, after a table is changed.
package main

import (
	"bytes"
	"compress/zlib"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	names, err := filepath.Glob("data/*.txt")
	if err != nil || len(names) == 0 {
		log.Fatal("no tables in data: ", err)
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		var out bytes.Buffer
		w, err := zlib.NewWriterLevel(&out, zlib.BestCompression)
		if err != nil {
			log.Fatal(err)
		}
		if _, err = w.Write(src); err == nil {
			err = w.Close()
		}
		if err == nil {
			err = os.WriteFile(name+".z", out.Bytes(), 0o644)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}
