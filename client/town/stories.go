package town

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/merkle"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Alike fails unless the wallet's account and a check of the export come to the
// same: gaps in the one, a failed step in the other.
func (w *Town) Alike(what string, p *client.Session) *WithLines {
	w.T.Helper()
	report, err := LinesOf(w.T.Context(), p)
	w.Must(err)
	var file bytes.Buffer
	_, err = p.Account.Export(w.T.Context(), &file)
	w.Must(err)
	found, err := steleproof.Verify(&file, steleproof.Expect{})
	if (err != nil) != (len(report.Gaps) > 0) {
		w.T.Errorf("%s: the wallet finds %q, a check of its export %v", what, report.Gaps, err)
	}
	for _, s := range found.Steps {
		if !s.OK && s.Of == "" {
			w.T.Errorf("%s: a trustee lies, and a check of the export accuses whoever gave the file: %s: %s", what, s.Name, s.Text)
		}
	}
	if err != nil && (!strings.Contains(err.Error(), "told by the trustee of ") || strings.Contains(stele.HintOf(err), "was changed or is damaged")) {
		w.T.Errorf("%s: a trustee lies, and it is not told of it: %v, hint %q", what, err, stele.HintOf(err))
	}
	return report
}

// WithLines is a report with its lines.
type WithLines struct {
	*account.Report
	Lines []account.Line
}

func LinesOf(ctx context.Context, s *client.Session) (*WithLines, error) {
	report, lines, err := s.Account.ReportWhole(ctx)
	return &WithLines{report, lines}, err
}

// PagedLedger is a member that counts what a wallet is sent, makes pages small, and
// may lie.
type PagedLedger struct {
	members.Ledger
	Town   *Town
	Page   int // events of a page; 0: as they come
	Sent   *int
	Asked  *int
	Lie    func(*wire.LogProof)
	Absent bool
}

func (l PagedLedger) Log(ctx context.Context, request *wire.Signed) (*wire.LogProof, error) {
	if l.Absent {
		return nil, stele.E("ask", stele.KindUnreachable, "nobody there", nil)
	}
	p, err := l.Ledger.Log(ctx, request)
	if err != nil {
		return nil, err
	}
	if l.Page > 0 && l.Page < len(p.Events) {
		l.Town.cut(request, p, l.Page)
	}
	if l.Asked != nil {
		*l.Asked++
	}
	if l.Sent != nil {
		*l.Sent += len(p.Events)
	}
	if l.Lie != nil {
		l.Lie(p)
	}
	return p, nil
}

// cut makes a page shorter, with its own way ahead.
func (w *Town) cut(request *wire.Signed, p *wire.LogProof, n int) {
	ask := new(wire.OwnRequest)
	w.Must(wire.Decode(request.Body, ask))
	whole, err := w.ledger.ProveLog(stele.Subject(ask.Subject), 0, 0)
	w.Must(err)
	end := cmp.Or(ask.Until, p.GetHead().GetSize())
	tree, f := &merkle.Memory{}, merkle.Frontier{}
	for _, raw := range whole.Events[:end] {
		w.Must(tree.Store(f.Append(merkle.LeafHash(raw))))
	}
	path, err := merkle.Consistency(tree, p.First+uint64(n), end)
	w.Must(err)
	p.Events, p.Ahead = p.Events[:n], nil
	for i := range path {
		p.Ahead = append(p.Ahead, path[i][:])
	}
}

// All is a session's log, raw.
func (w *Town) All(s *client.Session) (raw [][]byte) {
	account, err := s.Log(w.T.Context())
	w.Must(err)
	events, err := account.All()
	w.Must(err)
	if uint64(len(events)) != account.Size {
		w.T.Errorf("%d events of %d are read", len(events), account.Size)
	}
	for i, e := range events {
		if e.Seq != uint64(i) {
			w.T.Fatalf("event %d is numbered %d", i, e.Seq)
		}
		raw = append(raw, e.Raw)
	}
	return raw
}

func (w *Town) Chart(p *client.Session) *reading.Chart {
	w.T.Helper()
	c, err := p.Charts.OpenOwn(w.T.Context())
	w.Must(err)
	return c
}

// deafLedger takes what it is given, or not, and answers nobody.
type deafLedger struct {
	members.Ledger
	takes bool
}

func (l deafLedger) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	if l.takes {
		_, _ = l.Ledger.Submit(ctx, tx)
	}
	return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "the line is cut", nil)
}

// Deaf returns a session to which no member answers what became of a transaction;
// takes says whether they take it.
func (w *Town) Deaf(s *client.Session, takes bool) *client.Session {
	for _, name := range w.Names {
		s = Bend(s, name, func(m *members.Member) { m.Ledger = deafLedger{m.Ledger, takes} })
	}
	return s
}

func (w *Town) GrantsOf(p *client.Session) (n int) {
	account, err := p.Log(w.T.Context())
	w.Must(err)
	for e, err := range account.Events() {
		w.Must(err)
		if e.Event.GetGrantGiven() != nil {
			n++
		}
	}
	return n
}

// Lost is a wallet whose owner has her secret file only.
func (w *Town) Lost(s *client.Session) *client.Session {
	raw, err := os.ReadFile(s.Beside(""))
	w.Must(err)
	w.people++
	path := filepath.Join(w.folder, fmt.Sprintf("%03d%s", w.people, wallet.Suffix))
	w.Must(os.WriteFile(path, raw, 0o600))
	held, err := wallet.Open(path, Passphrase, pebblestore.Folders{})
	w.Must(err)
	again := w.Session(held)
	w.Closes = append(w.Closes, again.Close)
	return again
}
