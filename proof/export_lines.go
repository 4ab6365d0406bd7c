package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stele-health/stele"
)

// ExportVersion is the version of the export files written today. Files of version
// 1, which hold no submissions, and 2, which need not hold the consortium's log where they
// are of before [foundersOnly], are read for ever; others are refused.
const ExportVersion = 3

// The kinds of line, in the order in which they stand: an opening, headers from
// oldest to newest, logs each with its events (the consortium's first), grant documents, what sources signed
// of deliveries, folios each with its records, details of accesses, receipts, and
// the end.
const (
	kindOpening = "stele-export"
	kindLight   = "light"
	kindLog     = "log"
	kindEvent   = "event"
	kindGrant   = "grant"
	kindFrom    = "submission"
	kindFolio   = "folio"
	kindRecord  = "record"
	kindDetail  = "detail"
	kindReceipt = "receipt"
	kindEnd     = "end"
)

// follows says which kinds of line may come after each kind.
var follows = map[string][]string{
	"":          {kindOpening},
	kindOpening: {kindLight, kindEnd},
	kindLight:   {kindLight, kindLog, kindEnd},
	kindLog:     {kindEvent},
	kindEvent:   {kindEvent, kindLog, kindGrant, kindFrom, kindFolio, kindDetail, kindReceipt, kindEnd},
	kindGrant:   {kindGrant, kindFrom, kindFolio, kindDetail, kindReceipt, kindEnd},
	kindFrom:    {kindFrom, kindFolio, kindDetail, kindReceipt, kindEnd},
	kindFolio:   {kindRecord, kindFolio, kindDetail, kindReceipt, kindEnd},
	kindRecord:  {kindRecord, kindFolio, kindDetail, kindReceipt, kindEnd},
	kindDetail:  {kindDetail, kindReceipt, kindEnd},
	kindReceipt: {kindReceipt, kindEnd},
	kindEnd:     nil,
}

func mayFollow(before, kind string) bool { return slices.Contains(follows[before], kind) }

type openingLine struct {
	Kind        string        `json:"kind"`
	Version     int           `json:"version"`
	Chain       string        `json:"chain"`
	Fingerprint stele.Digest  `json:"fingerprint"`
	Subject     stele.Subject `json:"subject"`
	MadeMS      int64         `json:"made_ms"` // by the clock of who wrote the file; nothing proves it
	Genesis     string        `json:"genesis"` // the document, as the fingerprint is taken over it
}

type lightLine struct {
	Kind         string `json:"kind"`
	Height       int64  `json:"height"`
	SignedHeader []byte `json:"signed_header"`
	Validators   []byte `json:"validators"`
}

type logLine struct {
	Kind    string         `json:"kind"`
	Subject stele.Subject  `json:"subject"`
	Height  int64          `json:"height"`
	Leaf    uint64         `json:"leaf"`
	Leaves  uint64         `json:"leaves"`
	Size    uint64         `json:"size"`
	Root    stele.Digest   `json:"root"`
	Path    []stele.Digest `json:"path"`
}

type eventLine struct {
	Kind  string `json:"kind"`
	Seq   uint64 `json:"seq"`
	Event []byte `json:"event"`
}

type grantLine struct {
	Kind     string   `json:"kind"`
	Grant    stele.ID `json:"grant"`
	Document string   `json:"document"` // FHIR Consent, as committed to
	Salt     []byte   `json:"salt"`
}

type fromLine struct {
	Kind      string `json:"kind"`
	Signed    []byte `json:"signed"`     // a wire.Signed of the SubmissionHead
	CountSalt []byte `json:"count_salt"` // opens the number of records; may be missing
}

type folioLine struct {
	Kind       string         `json:"kind"`
	Submission stele.ID       `json:"submission"`
	Index      uint32         `json:"index"`
	Folios     uint32         `json:"folios"`
	Head       []byte         `json:"head"`
	Label      []byte         `json:"label"`
	LabelSalt  []byte         `json:"label_salt"`
	Path       []stele.Digest `json:"path"`
}

type recordLine struct {
	Kind                string         `json:"kind"`
	Index               uint32         `json:"index"` // in the folio
	Suite               uint32         `json:"suite"`
	Cover               []byte         `json:"cover"`
	CiphertextHash      stele.Digest   `json:"ciphertext_hash"`
	PlaintextCommitment []byte         `json:"plaintext_commitment"`
	Provenance          []byte         `json:"provenance"`
	Path                []stele.Digest `json:"path"`
	Salt                []byte         `json:"salt"`
	Resource            string         `json:"resource"` // FHIR JSON, byte for byte as committed to
}

type detailLine struct {
	Kind   string `json:"kind"`
	Detail []byte `json:"detail"` // a wire.Detail
}

type receiptLine struct {
	Kind  string `json:"kind"`
	Proof []byte `json:"proof"` // a wire.ReceiptProof; its header is one of the light lines
}

type endLine struct {
	Kind   string       `json:"kind"`
	SHA256 stele.Digest `json:"sha256"` // of all bytes before this line
}

// maxNumber is the greatest number in a line: JSON's readers tell all up to it apart.
const maxNumber = 1<<53 - 1

// plainNumbers reports whether every number of a line that may be another one is from 0 to
// maxNumber.
func plainNumbers(line any) bool {
	var numbers []uint64
	switch l := line.(type) {
	case *openingLine:
		numbers = []uint64{uint64(l.Version), uint64(l.MadeMS)}
	case *lightLine:
		numbers = []uint64{uint64(l.Height)}
	case *logLine:
		numbers = []uint64{uint64(l.Height), l.Leaf, l.Leaves, l.Size}
	case *eventLine:
		numbers = []uint64{l.Seq}
	}
	return len(numbers) == 0 || slices.Max(numbers) <= maxNumber
}

// encodeLine writes a line with its newline, in the one form that decodeLine
// accepts.
func encodeLine(line any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decodeLine reads a line, with its newline. Each line has one form only, the
// one that encodeLine gives it: encoding/json lets unknown and doubled fields,
// other letter case, spaces and sloppy base64 pass, and what a check does not
// read must not be there. So the line is written again and compared.
func decodeLine(raw []byte) (kind string, line any, err error) {
	name, _, _ := bytes.Cut(bytes.TrimPrefix(raw, []byte(`{"kind":"`)), []byte(`"`))
	kind = string(name)
	if line = newLine(kind); line == nil {
		return "", nil, fmt.Errorf("not a line of an export")
	}
	if err := json.Unmarshal(raw, line); err != nil {
		// The cause is left out: encoding/json quotes what it read, and that
		// may be about a person.
		return "", nil, fmt.Errorf("a %s line is malformed", kind)
	}
	again, err := encodeLine(line)
	if err != nil || !bytes.Equal(again, raw) || !plainNumbers(line) {
		return "", nil, fmt.Errorf("a %s line is not in the form that stele writes", kind)
	}
	return kind, line, nil
}

func newLine(kind string) any {
	switch kind {
	case kindOpening:
		return &openingLine{}
	case kindLight:
		return &lightLine{}
	case kindLog:
		return &logLine{}
	case kindEvent:
		return &eventLine{}
	case kindGrant:
		return &grantLine{}
	case kindFrom:
		return &fromLine{}
	case kindFolio:
		return &folioLine{}
	case kindRecord:
		return &recordLine{}
	case kindDetail:
		return &detailLine{}
	case kindReceipt:
		return &receiptLine{}
	case kindEnd:
		return &endLine{}
	}
	return nil
}
