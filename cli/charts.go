package cli

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/terminal"
)

// Charts says which of the owner's charts a command is about, where others are merged into theirs. Every
// command that runs by Face.As says it beside its Use line, by About; without it As fails. With --chart
// a command is about that one chart alone.
type Charts string

const (
	// Each is of a command that runs with the own chart, and then with each of the others, below its name.
	Each Charts = "each"
	// Together is of a command that takes all of them for one: it goes through the others itself (Others).
	Together Charts = "together"
	// Whichever is of a command that looks for something named: in the own chart first, and in the others
	// where what it fails with is NotHere.
	Whichever Charts = "whichever"
	// One is of a command that counts for one chart: the own. Of which others it did not, and how it
	// does, is said afterwards.
	One Charts = "one"
	// None is of a command that is about no chart of the owner's: it refuses --chart.
	None Charts = "none"
)

// aboutCharts is the annotation of a command that holds its word.
const aboutCharts = "about charts"

// About is the annotation by which a command says its word, with what else it has (Leaves).
func About(charts Charts, more ...map[string]string) map[string]string {
	all := map[string]string{aboutCharts: string(charts)}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

// AboutNone says of commands, and of all below them, that they are about no chart of the owner's, but for those
// that say something else.
func AboutNone(commands ...*cobra.Command) []*cobra.Command {
	for _, c := range commands {
		AboutNone(c.Commands()...)
		if ChartsOf(c) == "" {
			c.Annotations = About(None, c.Annotations)
		}
	}
	return commands
}

// ChartsOf is a command's word, "" where it says none.
func ChartsOf(c *cobra.Command) Charts { return Charts(c.Annotations[aboutCharts]) }

// As runs a command with the session of the wallet that --as names, for the charts that the command is about.
func (f *Face) As(ctx context.Context, run func(*client.Session) error) error {
	return f.AsAbout(ctx, f.about, run)
}

// AsAbout is As where the flags of a command make it about other charts than it says.
func (f *Face) AsAbout(ctx context.Context, charts Charts, run func(*client.Session) error) error {
	if charts == "" {
		return stele.E("", stele.KindOther, "this command does not say which charts it is about", nil).WithHint("that is a fault of stele itself: please report it")
	}
	if err := f.takesChart(charts); err != nil {
		return err
	}
	name, err := f.Who()
	if err != nil {
		return err
	}
	s, err := f.OpenSession(ctx, name)
	if err != nil {
		return err
	}
	defer s.Close()
	if f.OneChart() {
		subject, err := f.chartNamed()
		if err != nil {
			return err
		}
		return f.WithChart(ctx, s, subject, run)
	}
	switch charts {
	case Each:
		return f.Each(ctx, s, run)
	case Whichever:
		return f.whichever(ctx, s, run)
	case One:
		return f.one(ctx, s, run)
	}
	return run(s)
}

// takesChart fails with KindUsage for --chart where a command is about no chart of the owner's.
func (f *Face) takesChart(charts Charts) error {
	if charts != None || !f.OneChart() {
		return nil
	}
	return Usage("--chart names a chart of yours, and this is about none", "leave --chart out")
}

// Each runs something with the owner's chart and then with each that is merged into it, whatever fails of one;
// it returns the first failure. Where there is more than one, each is said to be what follows.
func (f *Face) Each(ctx context.Context, s *client.Session, run func(*client.Session) error) error {
	if charts, err := f.OtherCharts(ctx, s); err == nil && len(charts) > 0 {
		f.heading("Of your own chart:")
	}
	err := run(s)
	if ctx.Err() != nil || stele.KindOf(err) == stele.KindUsage {
		return err
	}
	return cmp.Or(err, f.Others(ctx, s, func(other *client.Session) error {
		f.heading("\nOf the chart that is yours, too, " + other.Subject().String() + ":")
		return run(other)
	}))
}

// heading says of which chart what follows is: above the data and above the words, unless both are on one screen. With
// --json each object says it (Emit).
func (f *Face) heading(text string) {
	if f.JSON {
		return
	}
	f.Page(text)
	if !f.OutStyle.Terminal {
		f.Say("%s", strings.TrimSpace(text))
	}
}

// Others runs something with each chart that is merged into the owner's, where --chart names none. What fails of one
// is said, and the next one's turn comes; the first failure is returned.
func (f *Face) Others(ctx context.Context, s *client.Session, run func(chart *client.Session) error) (failed error) {
	charts, err := f.OtherCharts(ctx, s)
	if err != nil {
		return err
	}
	for _, c := range charts {
		if err := f.WithChart(ctx, s, c, run); err != nil {
			says := Sentence(err)
			if hint := stele.HintOf(err); hint != "" {
				says += " (" + hint + ")"
			}
			f.Note("the chart %s, which is yours, too: %s", terminal.ShortDID(c), says)
			failed = cmp.Or(failed, err)
		}
	}
	return failed
}

// OtherCharts are the charts that are merged into the owner's; none while a command is about one that is named.
func (f *Face) OtherCharts(ctx context.Context, s *client.Session) ([]stele.Subject, error) {
	if f.OneChart() {
		return nil, nil
	}
	return s.Merged(ctx)
}

// notHere is a failure to find something in one chart.
type notHere struct{ error }

func (e notHere) Unwrap() error { return e.error }

// NotHere says of a failure with KindNotFound that something is not in the chart that was looked into; another chart of
// the owner's may have it.
func NotHere(err error) error {
	if stele.KindOf(err) != stele.KindNotFound {
		return err
	}
	return notHere{err}
}

// whichever runs something with the chart that has what it looks for; where none has, it fails as it does with the own.
func (f *Face) whichever(ctx context.Context, s *client.Session, run func(*client.Session) error) error {
	err := run(s)
	if _, not := errors.AsType[notHere](err); !not {
		return err
	}
	charts, unknown := f.OtherCharts(ctx, s)
	if unknown != nil {
		return unknown
	}
	for _, c := range charts {
		there := f.WithChart(ctx, s, c, run)
		if _, not := errors.AsType[notHere](there); !not {
			return there
		}
	}
	return err
}

// FoundIn says that what was looked for is in another chart of the owner's.
func (f *Face) FoundIn(s *client.Session) {
	if of := YoursToo(s); of != "" {
		f.SayWrapped("it is in " + of + ":")
	}
}

// YoursToo names the chart that a session is for, where it is another than the owner's own; else it is "".
func YoursToo(s *client.Session) string {
	if s.Subject() == s.Keyring().Speaks() {
		return ""
	}
	return "the chart " + terminal.ShortDID(s.Subject()) + ", which is yours, too"
}

// one runs something with the own chart, and says of which others it was not. Where nothing was found, one of them may have it.
func (f *Face) one(ctx context.Context, s *client.Session, run func(*client.Session) error) error {
	err := run(s)
	if err != nil && stele.KindOf(err) != stele.KindNotFound {
		return err
	}
	charts, unknown := s.Merged(ctx)
	if unknown != nil {
		f.SayWrapped("whether another chart is yours, too, is not known: " + Sentence(unknown))
	}
	for _, c := range charts {
		f.SayWrapped("That is of your own chart alone. Of another that is yours, too: " + f.againWith(c))
	}
	return err
}

// againWith is the command as it was typed, with another chart.
func (f *Face) againWith(chart stele.Subject) string {
	words := []string{"stele"}
	for _, arg := range f.Args {
		words = append(words, terminal.Quoted(arg))
	}
	end := slices.Index(words, "--")
	if end < 0 {
		end = len(words)
	}
	return f.Typed(strings.Join(slices.Insert(words, end, "--chart", chart.String()), " "))
}
