package wallet

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
	"github.com/stele-health/stele/timeline"
)

// part is what is open of one category.
type part struct {
	category stele.Category
	folios   []*reading.Folio
	from, to int // years; 0: not known
	records  int
	most     bool // records are some that the grant's days may leave out
	read     []reading.Record
	seen     bool
}

// partsOf are the parts of an open chart, in the order of categories.
func partsOf(folios []*reading.Folio) (parts []*part) {
	for _, c := range stele.Categories() {
		p := &part{category: c}
		for _, f := range folios {
			if f.Label.Category != c {
				continue
			}
			p.folios, p.records = append(p.folios, f), p.records+f.Opens()
			if y := f.Label.Year; y > 0 {
				if p.to = max(p.to, y); p.from == 0 || y < p.from {
					p.from = y
				}
			}
		}
		if len(p.folios) > 0 {
			parts = append(parts, p)
		}
	}
	return parts
}

func (p *part) years() string {
	switch {
	case p.to == 0:
		return "–"
	case p.from == p.to:
		return strconv.Itoa(p.to)
	}
	return fmt.Sprintf("%d–%d", p.from, p.to)
}

// browse keeps a chart open: its parts are listed, and each that is asked for is read and shown. At
// the end, whatever ended it, the trustees are told what was looked at. While the person reads, the
// wallet is let go: the chart's keys are in memory, and other commands use it as ever.
func browse(ctx context.Context, f *cli.Face, s *client.Session, subject stele.Subject, q reading.Question) error {
	q.Window = stele.MaxSession
	end := f.Patiently("opening the chart")
	h, err := s.Charts.HoldChart(ctx, subject, q, func(stele.Label) bool { return false })
	end()
	if err != nil {
		return err
	}
	defer h.Close()
	warned(f, h.Access.Disclosure)
	others, unknown := h.OtherCharts()
	alerted(f, elsewhere(others, unknown))
	f.Print("%s", f.OutStyle.Paint(terminal.Bold, granterOf(s, subject)))
	parts := partsOf(h.Folios())
	if under, err := s.Charts.GrantOf(h.Chart); err == nil && under != nil && byDays(under.Document) {
		for _, p := range parts {
			p.most = true
		}
	}
	f.SayWrapped(fmt.Sprintf("open until %s, on the patient's log in block %s; she sees how many records you look at", terminal.Until(h.Access.Until), stele.Number(h.Access.Outcome.Height)))
	faults(f, s, h.Chart)
	if len(parts) == 0 {
		nothingCame(f, h.Chart, shown{whom: granterOf(s, subject)})
		return nil
	}
	none := without(parts, askedOf(s, h.Chart, q))
	if err := s.LetGo(); err != nil {
		return err
	}
	err = partByPart(ctx, f, h, parts, none, func(wanted []*part) error {
		return cli.Again(ctx, s, func() error { return showParts(ctx, f, s, h, wanted, granterOf(s, subject)) })
	})
	telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	lookedAt(f, h.TellLooked(telling))
	if !slices.ContainsFunc(parts, func(p *part) bool { return len(p.read) > 0 }) {
		f.SayWrapped("you looked at nothing, which cannot be told: her log says what was open to you, not that you left it alone")
	}
	return err
}

// without are the categories that were asked for and are no part.
func without(parts []*part, asked []stele.Category) (none []string) {
	for _, c := range stele.Categories() {
		if slices.Contains(asked, c) && !slices.ContainsFunc(parts, func(p *part) bool { return p.category == c }) {
			none = append(none, string(c))
		}
	}
	return none
}

// partByPart lists the parts, and of what there is none, and shows those that are typed, until the person is done or the session over.
func partByPart(ctx context.Context, f *cli.Face, h *reading.HeldChart, parts []*part, none []string, show func([]*part) error) error {
	lines := make(chan string)
	over, done := time.NewTimer(time.Until(h.Access.Until)), make(chan struct{})
	defer over.Stop()
	defer close(done)
	go func() {
		defer close(lines)
		for typed := bufio.NewScanner(f.In); typed.Scan(); {
			select {
			case lines <- typed.Text():
			case <-done:
				return
			}
		}
	}()
	list := true
	for {
		if list {
			listParts(f, parts, none)
		}
		f.Say("which parts? (numbers, all; empty: done)")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-over.C:
			f.Say("the session has ended; opening again is an opening of its own")
			return nil
		case line, more := <-lines:
			if line = strings.TrimSpace(line); line == "" || !more {
				return nil
			}
			wanted := wantedParts(parts, line)
			if list = len(wanted) > 0; !list {
				f.Say("%q is no part: 1 to %d, a category, or all", line, len(parts))
				continue
			}
			if err := show(wanted); err != nil {
				return err
			}
		}
	}
}

func listParts(f *cli.Face, parts []*part, none []string) {
	t := f.Table(terminal.Column{Title: "PART", Right: true}, terminal.Column{Title: "OF", Flex: true}, terminal.Column{Title: "YEARS"}, terminal.Column{Title: "RECORDS", Right: true}, terminal.Column{Title: "LOOKED AT"})
	for i, p := range parts {
		seen := ""
		if p.seen {
			seen = "yes"
		}
		records := stele.Number(p.records)
		if p.most {
			records = "at most " + records
		}
		t.Row(strconv.Itoa(i+1), string(p.category), p.years(), records, seen)
	}
	t.Flush("")
	if len(none) == 0 {
		return
	}
	for _, line := range columns.Wrap("0 records, which is not the same as none: "+strings.Join(none, ", "), f.Width) {
		f.Print("%s", line)
	}
}

// wantedParts reads what was typed: numbers, categories, or all. nil: something of it is none.
func wantedParts(parts []*part, line string) (wanted []*part) {
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' }) {
		if word == "all" {
			return parts
		}
		i := slices.IndexFunc(parts, func(p *part) bool { return string(p.category) == word })
		if n, err := strconv.Atoi(word); err == nil {
			i = n - 1
		}
		if i < 0 || i >= len(parts) {
			return nil
		}
		if !slices.Contains(wanted, parts[i]) {
			wanted = append(wanted, parts[i])
		}
	}
	return wanted
}

// showParts reads parts and shows them.
func showParts(ctx context.Context, f *cli.Face, s *client.Session, h *reading.HeldChart, wanted []*part, whom string) error {
	chart := &reading.Chart{Subject: h.Subject, Access: h.Access}
	for _, p := range wanted {
		records, err := h.Read(ctx, func(folio *reading.Folio) bool { return slices.Contains(p.folios, folio) })
		if err != nil {
			return err
		}
		p.read, p.seen, p.most = append(p.read, records...), true, false
		p.records = len(p.read)
		chart.Records = append(chart.Records, p.read...)
	}
	var asked []stele.Category
	for _, p := range wanted {
		asked = append(asked, p.category)
	}
	chart.Faults = h.Faults
	others, _ := h.OtherCharts() // said when it was opened
	as := shown{person: append(others, h.Subject), asked: asked, whom: whom, with: h.Access.Disclosure, under: "a part of the chart; the whole may be incomplete",
		again: "stele wallet open " + h.Subject.String() + " --reason WHY" + f.Mine(), record: recordUnder(f, h.Subject.String())}
	return showChart(ctx, f, s, chart, nil, timeline.Options{Kinds: stele.Categories(), At: time.Now()}, as)
}
