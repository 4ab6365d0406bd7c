package care

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func patientCommand(f *cli.Face) *cobra.Command {
	return f.Group("patient", "people", "An organisation's patient numbers, and whose they are",
		patientEnrol(f), patientVouch(f), patientLink(f), patientUnlink(f), patientFind(f), patientMoves(f), patientSystem(f),
		patientPropose(f), patientSign(f), f.SubmitProposalCommand(), patientMerge(f), patientPart(f))
}

// enrolment is what a registration desk knows of a patient.
type enrolment struct {
	link    links.Link
	linking links.Confirmed
	did     string
	id      string // of the Patient resource
	from    string
	wait    time.Duration

	unclaimed bool // the person has no device
	slip      cli.Target
	mark      string // on the slip
	newborn   string // whose child it is: a number or a DID
	childOf   stele.Subject
}

func (e *enrolment) flags(c *cobra.Command) {
	c.Flags().StringVar(&e.link.Number, "mrn", "", "the organisation's number for the patient")
	c.Flags().StringVar(&e.link.System, "system", "", "system of the number, as identifiers name it")
	c.Flags().StringVar(&e.id, "id", "", "the id of the patient's Patient resource, where records come without it")
	c.Flags().StringVar(&e.link.Name, "name", "", "the patient's name, as the organisation knows it: \"Alvar, Ana\"")
	c.Flags().StringVar(&e.link.Born, "birth-date", "", "and birth date (1970-05-01)")
	c.Flags().StringVar(&e.link.Sex, "sex", "", "and administrative sex: male, female, other, unknown")
	c.Flags().StringVar(&e.did, "did", "", "the patient's DID, from her wallet")
	c.Flags().BoolVar(&e.linking.Move, "move", false, "take the number from the patient it is linked to now")
	c.Flags().StringVar(&e.linking.Reason, "reason", "", "why the number is moved; stele patient moves tells it")
	c.Flags().BoolVar(&e.linking.Another, "another-person", false, "it is somebody else than the one who is linked and has the same name and birth date")
	c.Flags().BoolVar(&e.linking.Same, "confirm", false, "it is the same person, although name, birth date or sex differ, or the number is right, although another's is nearly it or it is nines (999)")
}

func patientEnrol(f *cli.Face) *cobra.Command {
	var e enrolment
	c := &cobra.Command{
		Annotations: cli.Leaves("no number was linked; run the same again"),
		Use:         "enrol --mrn NUMBER --did DID", Short: "Take a patient's write grant and link her number to her", Args: cli.AtMost(0),
		Long: "Waits for the write grant that the patient gives with her wallet, then links the\n" +
			"organisation's number to her DID. The link table stays at home, sealed.\n\n" +
			"For a person without a device, --unclaimed makes a chart and writes the slip of paper\n" +
			"with which they take it over one day (stele wallet claim). The code is on the slip and\n" +
			"nowhere else: print it, hand it over, and delete the file.\n\n" +
			"Somebody of the same name and birth date who is linked already is named, and nothing\n" +
			"is done: two charts of one person are two halves. For another: --another-person.",
		Example: "  stele wallet grant --as elena --to \"Northside Hospital\" --write\n  stele patient enrol --as hospital-a --mrn 4711 --did did:stele:…\n" +
			"  stele patient enrol --as hospital-a --unclaimed --mrn 4712 --name \"Alvar, Ana\" --slip ana.pdf",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := e.fits(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				if e.unclaimed {
					return enrolUnclaimed(cmd.Context(), f, s, e)
				}
				return enrol(cmd.Context(), f, s, e)
			})
		},
	}
	e.flags(c)
	e.unclaimedFlags(c)
	c.Flags().StringVar(&e.from, "from", "", "take numbers (of type MR, or of a system of yours), name, birth date and sex from the Patient of this FHIR file")
	c.Flags().DurationVar(&e.wait, "wait", 0, "how long to wait for the grant, such as 60s")
	return c
}

// enrol reads what is typed, waits for the grant, then links: a slip shows before anybody waits,
// and without a grant no number is linked.
func enrol(ctx context.Context, f *cli.Face, s *client.Session, e enrolment) error {
	subject, err := e.subject()
	if err != nil {
		return err
	}
	numbers, err := e.links(s, subject)
	if err != nil {
		return err
	}
	if err := s.Links().Try(numbers, e.linking); err != nil {
		return err
	}
	end := f.Patiently("waiting for the patient's grant")
	held, err := awaitWriteGrant(ctx, s, numbers[0].Subject, e.wait)
	end()
	if err != nil {
		return err
	}
	if err := link(f, s, numbers, e); err != nil {
		return err
	}
	if !f.JSON {
		f.SayWrapped(held.Says)
	}
	return nil
}

// awaitWriteGrant collects until the patient's write grant is there. It looks once in any case.
func awaitWriteGrant(ctx context.Context, s *client.Session, subject stele.Subject, wait time.Duration) (wallet.Held, error) {
	for deadline := time.Now().Add(wait); ; {
		if _, err := s.Collect(ctx); err != nil {
			return wallet.Held{}, err
		}
		held, err := s.HeldWriteGrant(subject)
		if err == nil || time.Now().After(deadline) {
			return held, err
		}
		select {
		case <-ctx.Done():
			return held, ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// subject is whose number it is.
func (e *enrolment) subject() (subject stele.Subject, err error) {
	did, err := spell.DID(e.did)
	if err != nil {
		return subject, err
	}
	if subject, err = stele.ParseSubject(did); err != nil {
		return subject, cli.Usage("whose number is it? --did is missing or no DID", "the patient's wallet says it: stele wallet show --did")
	}
	return subject, nil
}

// links are the rows that the flags and the file ask for: at least one.
func (e *enrolment) links(s *client.Session, subject stele.Subject) (numbers []links.Link, err error) {
	if e.link.Sex != "" && !slices.Contains([]string{"male", "female", "other", "unknown"}, e.link.Sex) {
		return nil, cli.Usage(fmt.Sprintf("%q is no administrative sex", e.link.Sex), "male, female, other or unknown")
	}
	if e.link.Born != "" && !birthDate(e.link.Born) {
		return nil, cli.Usage(fmt.Sprintf("%q is no birth date", e.link.Born), "1970-05-01, or as much of it as is known: 1970-05, 1970")
	}
	e.link.Number, e.link.System, e.id = intake.Clean(e.link.Number), intake.Clean(e.link.System), intake.Clean(e.id)
	e.link.Name = strings.TrimSpace(e.link.Name)
	if e.from != "" {
		if numbers, err = e.linksFrom(s.Links().Own(), e.from); err != nil {
			return nil, err
		}
	}
	if e.link.Number != "" {
		numbers = append([]links.Link{e.link}, numbers...)
	}
	if len(numbers) == 0 && e.id == "" {
		return nil, cli.Usage("which number? --mrn is missing", "give --mrn NUMBER, or --from with a chart whose Patient has an identifier")
	}
	if len(numbers) == 0 {
		numbers = []links.Link{{System: intake.PatientID, Number: e.id}}
	}
	theirs, err := s.Links().Of(subject)
	if err != nil {
		return nil, err
	}
	named := slices.ContainsFunc(theirs, func(l links.Link) bool { return l.Name != "" })
	if e.link.Name == "" && !named && !e.link.Unknown {
		return nil, cli.Usage("who is it? --name is missing: without it nobody notices a wrong number",
			"give --name \"FAMILY, GIVEN\" and --birth-date, or --from with the patient's FHIR file; of a newborn without a name: --name \"Alvar, newborn girl\"")
	}
	for i := range numbers {
		l := &numbers[i]
		l.Subject, l.Name, l.Also, l.Born, l.Sex, l.Unknown = subject, e.link.Name, e.link.Also, e.link.Born, e.link.Sex, e.link.Unknown
	}
	return numbers, nil
}

// isChart fails with KindInvalid for the DID of a member, and with KindNotFound for one that the ledger does not have: what is
// of its number would wait for a write grant that nobody can give. Where too few members answer it is believed.
func isChart(ctx context.Context, s *client.Session, subject stele.Subject) error {
	const op, hint = "link patient", "give the patient's DID; the patient's wallet says it: stele wallet show --did"
	if m := s.Member(subject); m != nil {
		return stele.E(op, stele.KindInvalid, "that is "+m.Name+" itself, and no patient", nil).WithHint(hint)
	}
	if _, err := s.Keys(ctx, subject); stele.KindOf(err) == stele.KindNotFound {
		return stele.E(op, stele.KindNotFound, "the ledger has no "+subject.String(), err).WithHint(hint)
	}
	return nil
}

// birthDate reports whether a text is a FHIR date, perhaps partial, and not one to come.
func birthDate(date string) bool {
	for _, form := range []string{"2006-01-02", "2006-01", "2006"} {
		if day, err := time.Parse(form, date); err == nil {
			return day.Year() > 0 && day.Before(time.Now().AddDate(0, 0, 1)) // somewhere it is tomorrow
		}
	}
	return false
}

// linksFrom reads numbers from the only Patient of a FHIR file, and who it is.
func (e *enrolment) linksFrom(own *intake.Table, path string) ([]links.Link, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, regular.Unread("read chart", "the file", path, err).WithHint("--from is one file of FHIR R4 JSON with the Patient in it")
	}
	defer file.Close()
	r, err := own.Register(file, intake.Registering{File: path, System: e.link.System, Number: e.link.Number, ID: e.id})
	if err != nil {
		return nil, err
	}
	if e.id = r.ID; len(r.Known.Names) > 0 {
		e.link.Name, e.link.Also = cmp.Or(e.link.Name, r.Known.Names[0]), r.Known.Names[1:]
	}
	e.link.Born, e.link.Sex = cmp.Or(e.link.Born, r.Known.Born), cmp.Or(e.link.Sex, r.Known.Sex)
	numbers := make([]links.Link, len(r.Numbers))
	for i, n := range r.Numbers {
		numbers[i] = links.Link{System: n.System, Number: n.Value}
	}
	return numbers, nil
}

// link writes the rows and ties the id of the Patient resource to the first of them. An id that two
// patients have is tied to nobody: a guess would put records into another's chart.
func link(f *cli.Face, s *client.Session, numbers []links.Link, e enrolment) error {
	put := func() error { return s.Links().Link(numbers, e.linking) }
	if !e.childOf.IsZero() {
		put = func() error { return s.Links().LinkNewborn(numbers, e.linking, e.childOf) }
	}
	before, err := movesFrom(s, numbers, e.linking)
	if err != nil {
		return err
	}
	if err := put(); err != nil {
		return err
	}
	if err := sayOrphans(f, s, before); err != nil {
		return err
	}
	if e.id != "" && numbers[0].System != intake.PatientID {
		l := numbers[0]
		tied, err := s.Delivery.LinkID(e.id, l)
		if err != nil {
			return err
		}
		called := e.id // with its server
		if !strings.Contains(called, "/") {
			called = "Patient/" + called
		}
		switch {
		case tied && strings.Contains(e.id, "/"):
			f.SayWrapped(e.id + " is linked, too: records of that server go to the same chart where they name it without their Patient")
		case tied && !intake.OfItself(e.id): // a UUID is nobody else's
			f.SayWrapped("Patient/" + e.id + " is linked, too: records of your own server, and of files that show none, go to the same chart where they name it without their Patient")
		case !tied:
			f.Say("%s is the id of two patients here: records that name it without their Patient find nobody", called)
		}
	}
	for _, l := range numbers {
		if f.JSON {
			if err := f.Emit(linkJSON(l, e.mark)); err != nil {
				return err
			}
			continue
		}
		f.Print("%s  %s", terminal.Clean(l.Text()), l.Subject)
	}
	return nil
}

// linkJSON is a row, with the mark of the slip with which its chart can be claimed.
func linkJSON(l links.Link, mark string) map[string]any {
	out := map[string]any{"number": l.Number, "did": l.Subject}
	for key, value := range map[string]string{"system": l.System, "name": l.Name, "born": l.Born, "sex": l.Sex, "slip": mark} {
		if value != "" {
			out[key] = value
		}
	}
	if len(l.Also) > 0 {
		out["also"] = l.Also
	}
	if l.Unknown {
		out["unknown"] = true
	}
	if !l.Made.IsZero() {
		out["made"] = l.Made.UTC()
	}
	return out
}

func patientLink(f *cli.Face) *cobra.Command {
	var e enrolment
	c := &cobra.Command{
		Use: "link --mrn NUMBER --did DID", Short: "Link a number to a patient, or move it to another", Args: cli.AtMost(0),
		Long: "Ties a number, or the id of a Patient resource, to a DID. A number that is\n" +
			"another patient's is moved only with --move and --reason; what was delivered\n" +
			"under it before stays where it is: stele withdraw takes it back.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				subject, err := e.subject()
				if err != nil {
					return err
				}
				numbers, err := e.links(s, subject)
				if err != nil {
					return err
				}
				if err := cmp.Or(s.Links().Try(numbers, e.linking), isChart(cmd.Context(), s, subject)); err != nil {
					return err
				}
				return link(f, s, numbers, e)
			})
		},
	}
	e.flags(c)
	return c
}
