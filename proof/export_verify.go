package proof

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Expect is what the caller knows without the file. The zero value is nothing:
// then the network's fingerprint is taken from the file, and the report says so.
type Expect struct {
	Fingerprint stele.Digest // of the network's genesis document; zero when unknown
}

// Verify reads an export file and checks everything in it, from the file's own
// digest and the genesis down to every record. It goes on after a failed step, to
// say how much is damaged, except where the file can't be read at all. The error
// is of KindProof and names the first failed step; an error of another kind comes
// from r. The whole file is held in memory.
func Verify(r io.Reader, expect Expect) (Report, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return Report{}, stele.E("verify export", stele.KindOther, "the file could not be read", err)
	}
	v := &verifier{
		expect:  expect,
		headers: map[int64]Header{}, anchors: map[stele.ID]*wire.Event{}, grants: map[stele.ID][]byte{},
		accesses: map[stele.ID]*access{}, folios: map[stele.ID]*presence{}, logs: map[stele.Subject]int64{},
	}
	v.digest(raw)
	if lines, ok := v.format(raw); ok {
		v.lines(lines)
	}
	return v.report, v.report.Err()
}

// verifier holds what the steps so far have proved.
type verifier struct {
	report   Report
	expect   Expect
	genesis  Genesis
	trusted  Trusted // the newest checked header, or the genesis
	headers  map[int64]Header
	anchors  map[stele.ID]*wire.Event // by submission; of the subject's own log, like the next two
	grants   map[stele.ID][]byte      // commitments
	accesses map[stele.ID]*access     // by request
	folios   map[stele.ID]*presence   // by submission
	logs     map[stele.Subject]int64  // height of each checked log
	folio    *wire.FolioHead          // that the record lines now belong to; nil when it failed
	next     uint32                   // the least index that the folio's next record may have
	records  int                      // record lines so far
	details  int
	receipts int
}

type access struct {
	commitment []byte
	permitted  bool
	detailed   bool // the file holds its detail
}

// presence says which folios of a submission the file holds.
type presence struct {
	seen map[uint32]bool
	of   uint32
}

// digest checks the last line against the bytes before it.
func (v *verifier) digest(raw []byte) {
	const name = "file digest"
	body := raw[:lastLine(raw)]
	_, line, err := decodeLine(raw[len(body):])
	end, isEnd := line.(*endLine)
	switch {
	case err != nil || !isEnd:
		v.report.fail(name, fmt.Errorf("the file does not end with its digest"))
	case end.SHA256 != stele.Digest(sha256.Sum256(body)):
		v.report.fail(name, fmt.Errorf("the file is not the one that was written: a byte changed"))
	default:
		v.report.ok(name, "%d bytes have the SHA-256 that the last line names", len(body))
	}
}

// lastLine returns where the last line begins.
func lastLine(raw []byte) int {
	return bytes.LastIndexByte(bytes.TrimSuffix(raw, []byte("\n")), '\n') + 1
}

// format reads every line and checks their order.
func (v *verifier) format(raw []byte) (lines []any, ok bool) {
	const name = "file format"
	before := ""
	for number := 1; len(raw) > 0; number++ {
		end := bytes.IndexByte(raw, '\n') + 1
		if end == 0 {
			end = len(raw)
		}
		kind, line, err := decodeLine(raw[:end])
		if err == nil && !mayFollow(before, kind) {
			err = fmt.Errorf("a %s line can't stand there", kind)
		}
		if err != nil {
			v.report.fail(name, fmt.Errorf("line %d: %w", number, err))
			return nil, false
		}
		lines, raw, before = append(lines, line), raw[end:], kind
	}
	if before != kindEnd {
		v.report.fail(name, fmt.Errorf("the file is cut short"))
		return nil, false
	}
	v.report.ok(name, "%d lines, each in its one form", len(lines))
	return lines, true
}

// lines checks line after line; format has checked their order.
func (v *verifier) lines(lines []any) {
	for i := 0; i < len(lines); i++ {
		switch line := lines[i].(type) {
		case *openingLine:
			if !v.opening(line) {
				return
			}
		case *lightLine:
			v.light(line)
		case *logLine:
			events := eventsAfter(lines[i+1:])
			i += len(events)
			v.log(line, events)
		case *grantLine:
			v.grant(line)
		case *folioLine:
			v.checkFolio(line)
		case *recordLine:
			v.record(line)
		case *detailLine:
			v.detail(line)
		case *receiptLine:
			v.receipt(line)
		}
	}
	v.whole()
}

func eventsAfter(lines []any) (events []*eventLine) {
	for _, l := range lines {
		e, ok := l.(*eventLine)
		if !ok {
			break
		}
		events = append(events, e)
	}
	return events
}

func (v *verifier) opening(l *openingLine) bool {
	const name = "genesis"
	g, err := ReadGenesis([]byte(l.Genesis))
	switch {
	case l.Version != ExportVersion:
		err = fmt.Errorf("the file is of version %d; this program knows version %d", l.Version, ExportVersion)
	case err != nil:
	case g.Fingerprint != l.Fingerprint:
		err = fmt.Errorf("the genesis document does not have the fingerprint that the file names")
	case g.Trusted.Chain() != l.Chain:
		err = fmt.Errorf("the genesis document is of another network than the file names")
	case v.expect.Fingerprint != stele.Digest{} && v.expect.Fingerprint != g.Fingerprint:
		err = fmt.Errorf("the file is of the network with fingerprint %v, not of the expected one", g.Fingerprint)
	}
	if err != nil {
		v.report.fail(name, err)
		return false
	}
	v.genesis, v.trusted = g, g.Trusted
	v.report.Chain, v.report.Fingerprint, v.report.Subject = l.Chain, g.Fingerprint, l.Subject
	v.report.Made = time.UnixMilli(l.MadeMS).UTC()
	v.report.FromFile = v.expect.Fingerprint == stele.Digest{}
	if v.report.FromFile {
		v.report.ok(name, "network %s; its fingerprint %v is taken from the file: compare it with one you trust", l.Chain, g.Fingerprint)
	} else {
		v.report.ok(name, "network %s, with the expected fingerprint", l.Chain)
	}
	return true
}

func (v *verifier) light(l *lightLine) {
	name := fmt.Sprintf("header %d", l.Height)
	plain, err := plainValidators(l.Validators)
	if err == nil && !bytes.Equal(plain, l.Validators) {
		err = fmt.Errorf("the validators are not in the form that stele writes")
	}
	if err == nil && l.Height <= v.trusted.Height() {
		err = fmt.Errorf("the headers are out of order")
	}
	if err != nil {
		v.report.fail(name, err)
		return
	}
	next, h, err := v.trusted.Advance(&wire.LightBlock{SignedHeader: l.SignedHeader, Validators: l.Validators})
	if err == nil && h.Height != l.Height {
		err = fmt.Errorf("the header is of height %d", h.Height)
	}
	if err != nil {
		v.report.fail(name, err)
		return
	}
	v.trusted, v.headers[h.Height] = next, h
	v.report.Height, v.report.Time = h.Height, h.Time
	v.report.ok(name, "signed by %d of %d voting power at %s", h.Signed, h.Power, h.Time.Format(time.RFC3339))
}

func (v *verifier) log(l *logLine, lines []*eventLine) {
	name := fmt.Sprintf("log of %v", l.Subject)
	p := &wire.LogProof{Head: &wire.HeadProof{
		Subject: l.Subject[:], Leaf: l.Leaf, Leaves: l.Leaves, Size: l.Size, Root: l.Root[:], Path: joined(l.Path), Height: l.Height,
	}}
	for i, e := range lines {
		if e.Seq != uint64(i) {
			v.report.fail(name, fmt.Errorf("its events are not numbered from 0 on"))
			return
		}
		p.Events = append(p.Events, e.Event)
	}
	if _, twice := v.logs[l.Subject]; twice {
		v.report.fail(name, fmt.Errorf("it stands in the file twice"))
		return
	}
	h, known := v.headers[l.Height+1]
	if !known {
		v.report.fail(name, fmt.Errorf("header %d, which proves it, is missing or did not check", l.Height+1))
		return
	}
	log, err := checkLog(h, l.Subject, Kept{}, p)
	if err != nil {
		v.report.fail(name, err)
		return
	}
	v.logs[l.Subject] = l.Height
	if l.Subject == v.report.Subject {
		v.report.Events = len(log.Events)
		v.remember(log.Events)
	}
	v.report.ok(name, "its %d events are complete as of block %d", len(log.Events), l.Height)
}

// remember keeps what later lines are checked against.
func (v *verifier) remember(events []Event) {
	for _, e := range events {
		if a := e.Event.GetAnchored(); a != nil && len(a.Submission) == len(stele.ID{}) {
			v.anchors[stele.ID(a.Submission)] = e.Event
		}
		if g := e.Event.GetGrantGiven(); g != nil && len(g.Grant) == len(stele.ID{}) {
			v.grants[stele.ID(g.Grant)] = g.Commitment
		}
		if a := e.Event.GetAccessPermitted(); a != nil && len(a.Request) == len(stele.ID{}) {
			v.accesses[stele.ID(a.Request)] = &access{commitment: a.DetailCommitment, permitted: true}
		}
		if a := e.Event.GetAccessRefused(); a != nil && len(a.Request) == len(stele.ID{}) {
			v.accesses[stele.ID(a.Request)] = &access{commitment: a.DetailCommitment}
		}
	}
}

func joined(digests []stele.Digest) [][]byte {
	out := make([][]byte, len(digests))
	for i := range digests {
		out[i] = digests[i][:]
	}
	return out
}
