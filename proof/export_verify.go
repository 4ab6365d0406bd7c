package proof

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// Expect is what the caller knows without the file. The zero value is nothing:
// then the network's fingerprint is taken from the file, and the report says so.
type Expect struct {
	Fingerprint stele.Digest // of the network's genesis document; zero when unknown

	// Each, if set, is told every record that checked, in the order of the file.
	Each func(Proved)
}

// Proved is a record of an export that checked.
type Proved struct {
	Number     int           // of its line among the records, from 1, as its step is called
	Source     stele.Subject // by its folio's label
	Handle     stele.ID
	Submission stele.ID
	Height     int64     // of the block that anchors it
	Anchored   time.Time // by that block
	Resource   []byte    // FHIR JSON; not to be kept or changed
}

// Verify reads an export file and checks everything in it, from the file's own
// digest and the genesis down to every record. It goes on after a failed step, to
// say how much is damaged, except where the file can't be read at all. The error
// is of KindProof and names the first failed step; an error of another kind comes
// from r. The file is read once, a line at a time, and may be of any length.
func Verify(r io.Reader, expect Expect) (Report, error) {
	v := &verifier{
		expect:  expect,
		headers: map[int64]Header{}, folios: map[stele.ID]*presence{}, from: map[stele.ID]*delivery{}, logs: map[stele.Subject]int64{},
	}
	v.forget()
	if err := v.read(r); err != nil {
		return Report{}, stele.E("verify export", stele.KindOther, "the file could not be read", err)
	}
	return v.report, v.report.Err()
}

// verifier holds what the steps so far have proved.
type verifier struct {
	report   Report
	expect   Expect
	version  int // of the file
	genesis  Genesis
	trusted  Trusted // the newest checked header, or the genesis
	history  History // who ran the network when
	followed int64   // up to which height; 0 while the file did not tell
	headers  map[int64]Header
	anchors  map[stele.ID]*wire.Event // by submission; of the subject's own log, like the next two
	grants   map[stele.ID]*wire.Event
	from     map[stele.ID]*delivery  // by submission
	account  *Account                // of the subject's own log
	folios   map[stele.ID]*presence  // by submission
	logs     map[stele.Subject]int64 // height of each checked log
	opened   int                     // logs so far
	log      *openLog                // whose event lines now come; nil between logs
	lost     bool                    // the network is not known: nothing can be checked
	folio    *wire.FolioHead         // that the record lines now belong to; nil when it failed
	proved   Proved                  // what the folio says of its records
	next     uint32                  // the least index that the folio's next record may have
	records  int                     // record lines so far
	details  int
	receipts int
}

// presence says which folios of a submission the file holds. A root does not say how
// many leaves it is over: the last of five stands under it as the second of two, too.
// Only where each place of a number is filled is it the number.
type presence struct {
	seen    map[stele.Digest]bool
	places  map[uint32]uint32 // by the number of which they are: how many are filled
	records uint32            // in those that it holds
}

// whole reports whether all folios are there; of is then their number, and else the
// greatest that is claimed.
func (p *presence) whole() (of uint32, whole bool) {
	for n, filled := range p.places {
		if of = max(of, n); filled == n {
			return n, true
		}
	}
	return of, false
}

// delivery is what a source signed of a submission, checked.
type delivery struct {
	Submission
	salt      []byte
	confirmed bool // by a key that the genesis names as the source's
}

// read reads all lines. What the first two steps say shows at the end: whether
// every line stands in its form and place, and whether the last one names the
// digest of those before it. A file that is not in its form is not believed in
// part.
func (v *verifier) read(r io.Reader) error {
	var digest, format Report // of one step each
	lines, before, sum := 0, "", sha256.New()
	var last []byte
	length := 0
	for in := bufio.NewReaderSize(r, 1<<16); ; {
		raw, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if len(raw) == 0 {
			break
		}
		sum.Write(last)
		length += len(last)
		last, lines = raw, lines+1
		if len(format.Steps) > 0 {
			continue
		}
		kind, line, wrong := decodeLine(raw)
		if wrong == nil && !mayFollow(before, kind) {
			wrong = fmt.Errorf("a %s line can't stand there", kind)
		}
		if wrong != nil {
			format.fail("file format", fmt.Errorf("line %d: %w", lines, wrong))
			continue
		}
		before = kind
		v.line(line)
	}
	if before != kindEnd && len(format.Steps) == 0 {
		format.fail("file format", fmt.Errorf("the file is cut short"))
	}
	_, line, err := decodeLine(last)
	end, isEnd := line.(*endLine)
	switch {
	case lines == 0:
		digest.fail("file digest", notAnExport("it is empty"))
	case bytes.HasSuffix(last, []byte("\r\n")) && bytes.HasPrefix(last, []byte(`{"kind":"end"`)):
		digest.fail("file digest", fmt.Errorf("its lines end as Windows ends them: it was sent as a text, which changes it, and not as it is"))
	case (err != nil || !isEnd) && before == "": // no line is one of an export
		digest.fail("file digest", notAnExport("neither its first line nor its last is one's"))
	case err != nil || !isEnd:
		digest.fail("file digest", fmt.Errorf("the file does not end with its digest"))
	case end.SHA256 != stele.Digest(sum.Sum(nil)):
		digest.fail("file digest", fmt.Errorf("the file is not the one that was written: a byte changed"))
	default:
		digest.ok("file digest", "%d bytes have the SHA-256 that the last line names", length)
	}
	if len(format.Steps) > 0 {
		v.report = Report{Steps: append(digest.Steps, format.Steps...)}
		return nil
	}
	if !v.lost {
		v.whole()
	}
	format.ok("file format", "%d lines, each in its one form", lines)
	v.report.Steps = slices.Concat(digest.Steps, format.Steps, v.report.Steps)
	return nil
}

// line checks one line; its form and place are good.
func (v *verifier) line(line any) {
	if event, ok := line.(*eventLine); ok {
		if v.log != nil {
			v.event(event)
		}
		return
	}
	v.closeLog()
	if v.lost {
		return
	}
	switch line := line.(type) {
	case *openingLine:
		v.lost = !v.opening(line)
	case *lightLine:
		v.light(line)
	case *logLine:
		v.openLog(line)
	case *grantLine:
		v.grant(line)
	case *fromLine:
		v.submission(line)
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

// hasValidators reports whether a genesis says which validator is which member's;
// those of the first exports did not, and they verify for ever.
func hasValidators(g *wire.Genesis) bool {
	for _, m := range g.GetMembers() {
		if len(m.Validator) > 0 {
			return true
		}
	}
	return false
}

func (v *verifier) opening(l *openingLine) bool {
	const name = "genesis"
	g, err := ReadGenesis([]byte(l.Genesis))
	switch {
	case l.Version < 1 || l.Version > ExportVersion:
		err = unmeant{fmt.Errorf("the file is of version %d; this program knows those up to %d", l.Version, ExportVersion),
			"check it with a newer stele; stele version says which this is"}
	case err != nil:
	case hasValidators(g.Founding) && g.CheckMembers() != nil:
		err = g.CheckMembers()
	case g.Fingerprint != l.Fingerprint:
		err = fmt.Errorf("the genesis document does not have the fingerprint that the file names")
	case g.Trusted.Chain() != l.Chain:
		err = fmt.Errorf("the genesis document is of another network than the file names")
	case v.expect.Fingerprint != stele.Digest{} && v.expect.Fingerprint != g.Fingerprint:
		err = unmeant{fmt.Errorf("the file is of the network with fingerprint %v, not of the expected one", g.Fingerprint),
			"name the network file of that network with --network, if you know it for genuine; else ask whoever gave the file to you"}
	}
	if err != nil {
		v.report.fail(name, err)
		return false
	}
	v.genesis, v.trusted, v.version, v.history = g, g.Trusted, l.Version, g.History()
	v.report.Chain, v.report.Fingerprint, v.report.Subject = l.Chain, g.Fingerprint, l.Subject
	v.forget() // now that it is known whose account it is
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
	v.report.ok(name, "signed by %d of %d voting power at %s", h.Signed, h.Power, h.Time.Format(time.RFC3339))
}

// openLog is a log whose events are being read.
type openLog struct {
	line     *logLine
	head     Head
	frontier merkle.Frontier
	last     *wire.Event
	history  History // that it tells; nil unless it is the consortium's
	err      error   // the first that is wrong
}

func (v *verifier) openLog(l *logLine) {
	v.log = &openLog{line: l}
	if v.opened++; v.opened == 1 && v.consortiums(l.Subject) {
		v.log.history = v.genesis.History()
	}
	h, known := v.headers[l.Height+1]
	if _, twice := v.logs[l.Subject]; twice {
		v.log.err = fmt.Errorf("it stands in the file twice")
		return
	}
	if !known {
		v.log.err = fmt.Errorf("header %d, which proves it, is missing or did not check", l.Height+1)
		return
	}
	v.log.head, v.log.err = CheckHead(h, &wire.HeadProof{
		Subject: l.Subject[:], Leaf: l.Leaf, Leaves: l.Leaves, Size: l.Size, Root: l.Root[:], Path: joined(l.Path), Height: l.Height,
	})
}

// event appends an event to the open log and remembers what later lines are
// checked against; if the log turns out wrong, that is forgotten.
func (v *verifier) event(l *eventLine) {
	log := v.log
	if log.err != nil {
		return
	}
	if l.Seq != log.frontier.Size {
		log.err = fmt.Errorf("its events are not numbered from 0 on")
		return
	}
	events := []Event{{Seq: l.Seq, Raw: l.Event}}
	log.frontier.Append(merkle.LeafHash(l.Event))
	if log.err = readEvents(log.head, log.last, events); log.err != nil {
		return
	}
	log.last = events[0].Event
	if log.history != nil {
		log.err = log.follow(v.genesis.Consortium)
	}
	if log.line.Subject == v.report.Subject {
		v.remember(log.last)
	}
}

// closeLog checks that the events of the open log, if there is one, were all.
func (v *verifier) closeLog() {
	log := v.log
	if log == nil {
		return
	}
	v.log = nil
	name, own := fmt.Sprintf("log of %v", log.line.Subject), log.line.Subject == v.report.Subject
	if log.history != nil {
		name = runners
	}
	if log.err == nil && (log.frontier.Size != log.head.Size || log.frontier.Root() != log.head.Root) {
		log.err = stele.E("check log", stele.KindProof, "the events are not those of the log", nil)
	}
	if log.err != nil {
		if _, other := v.logs[log.line.Subject]; own && !other {
			v.forget()
		}
		v.report.fail(name, log.err)
		return
	}
	v.logs[log.line.Subject] = log.head.Height
	if log.history != nil {
		v.history, v.followed = log.history, log.head.Height
		v.forget() // nothing yet
		v.report.ok(name, "says who ran the network until block %d", v.followed)
		return
	}
	if own {
		h := v.headers[log.head.Height+1]
		v.report.Events, v.report.Height, v.report.Time = int(log.head.Size), h.Height, h.Time
		v.account.Upto(log.head.Height, v.report.Made.UnixMilli()-h.Time.UnixMilli())
	}
	v.report.ok(name, "its %s complete as of block %d", stele.Count(log.head.Size, "event is", "events are"), log.head.Height)
}

// forget drops what is remembered of the subject's own log.
func (v *verifier) forget() {
	v.anchors, v.grants = map[stele.ID]*wire.Event{}, map[stele.ID]*wire.Event{}
	v.account = NewAccount(v.history, v.report.Subject)
	if v.followed > 0 {
		v.account.Known(v.followed)
	}
}

// remember keeps what later lines are checked against.
func (v *verifier) remember(e *wire.Event) {
	about := e.About()
	if id, err := stele.IDFrom(about.Submission); err == nil && about.Place == wire.PlaceDelivery {
		v.anchors[id] = e
	}
	if id, err := stele.IDFrom(about.Grant); err == nil && about.Makes(stele.GrantActive) {
		v.grants[id] = e
	}
	v.account.Log(e)
}

func joined(digests []stele.Digest) [][]byte {
	out := make([][]byte, len(digests))
	for i := range digests {
		out[i] = digests[i][:]
	}
	return out
}
