package wallet

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// alike fails unless the wallet's account and a check of the export come to the
// same: gaps in the one, a failed step in the other.
func (w *town) alike(what string, p *Session) *withLines {
	w.t.Helper()
	report, err := linesOf(w.t.Context(), p)
	w.must(err)
	var file bytes.Buffer
	_, err = p.Export(w.t.Context(), &file)
	w.must(err)
	found, err := steleproof.Verify(&file, steleproof.Expect{})
	if (err != nil) != (len(report.Gaps) > 0) {
		w.t.Errorf("%s: the wallet finds %q, a check of its export %v", what, report.Gaps, err)
	}
	for _, s := range found.Steps {
		if !s.OK && s.Of == "" {
			w.t.Errorf("%s: a trustee lies, and a check of the export accuses whoever gave the file: %s: %s", what, s.Name, s.Text)
		}
	}
	if err != nil && (!strings.Contains(err.Error(), "told by the trustee of ") || strings.Contains(stele.HintOf(err), "was changed or is damaged")) {
		w.t.Errorf("%s: a trustee lies, and it is not told of it: %v, hint %q", what, err, stele.HintOf(err))
	}
	return report
}

// withLines is a report with its lines.
type withLines struct {
	*Report
	Lines []Line
}

func linesOf(ctx context.Context, s *Session) (*withLines, error) {
	report, lines, err := s.ReportWhole(ctx)
	return &withLines{report, lines}, err
}

// pagedLedger is a member that counts what a wallet is sent, makes pages small, and
// may lie.
type pagedLedger struct {
	Ledger
	town   *town
	page   int // events of a page; 0: as they come
	sent   *int
	asked  *int
	lie    func(*wire.LogProof)
	absent bool
}

func (l pagedLedger) Log(ctx context.Context, request *wire.Signed) (*wire.LogProof, error) {
	if l.absent {
		return nil, stele.E("ask", stele.KindUnreachable, "nobody there", nil)
	}
	p, err := l.Ledger.Log(ctx, request)
	if err != nil {
		return nil, err
	}
	if l.page > 0 && l.page < len(p.Events) {
		l.town.cut(request, p, l.page)
	}
	if l.asked != nil {
		*l.asked++
	}
	if l.sent != nil {
		*l.sent += len(p.Events)
	}
	if l.lie != nil {
		l.lie(p)
	}
	return p, nil
}

// cut makes a page shorter, with its own way ahead.
func (w *town) cut(request *wire.Signed, p *wire.LogProof, n int) {
	ask := new(wire.OwnRequest)
	w.must(wire.Decode(request.Body, ask))
	whole, err := w.ledger.ProveLog(stele.Subject(ask.Subject), 0, 0)
	w.must(err)
	end := cmp.Or(ask.Until, p.GetHead().GetSize())
	tree, f := &merkle.Memory{}, merkle.Frontier{}
	for _, raw := range whole.Events[:end] {
		w.must(tree.Store(f.Append(merkle.LeafHash(raw))))
	}
	path, err := merkle.Consistency(tree, p.First+uint64(n), end)
	w.must(err)
	p.Events, p.Ahead = p.Events[:n], nil
	for i := range path {
		p.Ahead = append(p.Ahead, path[i][:])
	}
}

// all is a session's log, raw.
func (w *town) all(s *Session) (raw [][]byte) {
	account, err := s.Log(w.t.Context())
	w.must(err)
	events, err := account.All()
	w.must(err)
	if uint64(len(events)) != account.Size {
		w.t.Errorf("%d events of %d are read", len(events), account.Size)
	}
	for i, e := range events {
		if e.Seq != uint64(i) {
			w.t.Fatalf("event %d is numbered %d", i, e.Seq)
		}
		raw = append(raw, e.Raw)
	}
	return raw
}

func (w *town) chart(p *Session) *Chart {
	w.t.Helper()
	c, err := p.OpenOwn(w.t.Context())
	w.must(err)
	return c
}

// deafLedger takes what it is given, or not, and answers nobody.
type deafLedger struct {
	Ledger
	takes bool
}

func (l deafLedger) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	if l.takes {
		_, _ = l.Ledger.Submit(ctx, tx)
	}
	return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "the line is cut", nil)
}

// deaf returns a session to which no member answers what became of a transaction;
// takes says whether they take it.
func (w *town) deaf(s *Session, takes bool) *Session {
	for _, name := range w.names {
		s = bend(s, name, func(m *Member) { m.Ledger = deafLedger{m.Ledger, takes} })
	}
	return s
}

func (w *town) grantsOf(p *Session) (n int) {
	account, err := p.Log(w.t.Context())
	w.must(err)
	for e, err := range account.Events() {
		w.must(err)
		if e.Event.GetGrantGiven() != nil {
			n++
		}
	}
	return n
}

// lost is a wallet whose owner has her secret file only.
func (w *town) lost(s *Session) *Session {
	raw, err := os.ReadFile(s.beside(""))
	w.must(err)
	w.people++
	path := filepath.Join(w.folder, fmt.Sprintf("%03d%s", w.people, Suffix))
	w.must(os.WriteFile(path, raw, 0o600))
	held, err := Open(path, passphrase)
	w.must(err)
	again := w.session(held)
	w.closes = append(w.closes, again.Close)
	return again
}
