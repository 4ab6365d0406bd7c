package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/wallet"
)

func patientCommand(f *face) *cobra.Command {
	return f.group("patient", "people", "An organisation's patient numbers, and whose they are",
		patientEnrol(f), patientLink(f), patientUnlink(f), patientFind(f))
}

// enrolment is what a registration desk knows of a patient.
type enrolment struct {
	link wallet.Link
	did  string
	from string
	wait time.Duration
}

func (e *enrolment) flags(c *cobra.Command) {
	c.Flags().StringVar(&e.link.Number, "mrn", "", "the organisation's number for the patient")
	c.Flags().StringVar(&e.link.System, "system", "", "system of the number, as identifiers name it")
	c.Flags().StringVar(&e.link.Name, "name", "", "the patient's name, as the organisation knows it")
	c.Flags().StringVar(&e.did, "did", "", "the patient's DID, from her wallet")
}

func patientEnrol(f *face) *cobra.Command {
	var e enrolment
	c := &cobra.Command{
		Use: "enrol --mrn NUMBER --did DID", Short: "Take a patient's write grant and link her number to her", Args: atMost(0),
		Long: "Waits for the write grant that the patient gives with her wallet, then links the\n" +
			"organisation's number to her DID. The link table stays at home, sealed.",
		Example: "  stele wallet grant --as elena --to \"Northside Hospital\" --write\n  stele patient enrol --as hospital-a --mrn 4711 --did did:stele:…",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.as(cmd.Context(), func(s *wallet.Session) error { return f.enrol(cmd.Context(), s, e) })
		},
	}
	e.flags(c)
	c.Flags().StringVar(&e.from, "from", "", "take numbers and name from the Patient of this FHIR file")
	c.Flags().DurationVar(&e.wait, "wait", 0, "how long to wait for the grant, such as 60s")
	return c
}

func (f *face) enrol(ctx context.Context, s *wallet.Session, e enrolment) error {
	links, err := e.links()
	if err != nil {
		return err
	}
	end := f.patiently("waiting for the patient's grant")
	held, err := awaitWriteGrant(ctx, s, links[0].Subject, e.wait)
	end()
	if err != nil {
		return err
	}
	if err := f.link(s, links); err != nil {
		return err
	}
	if !f.json {
		f.sayWrapped(held.Says)
	}
	return nil
}

// awaitWriteGrant collects until the patient's write grant is there.
func awaitWriteGrant(ctx context.Context, s *wallet.Session, subject stele.Subject, wait time.Duration) (wallet.Held, error) {
	for deadline := time.Now().Add(wait); ; {
		if _, err := s.Collect(ctx); err != nil {
			return wallet.Held{}, err
		}
		held, err := s.WriteGrant(subject)
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

// links are the rows that the flags and the file ask for: at least one.
func (e enrolment) links() ([]wallet.Link, error) {
	subject, err := stele.ParseSubject(e.did)
	if err != nil {
		return nil, usage("whose number is it? --did is missing or no DID", "the patient's wallet says it: stele wallet show --did")
	}
	var links []wallet.Link
	if e.from != "" {
		if links, err = linksFrom(e.from); err != nil {
			return nil, err
		}
	}
	name := e.link.Name
	for _, l := range links {
		name = first(name, l.Name)
	}
	if e.link.Number != "" {
		links = append([]wallet.Link{e.link}, links...)
	}
	if len(links) == 0 {
		return nil, usage("which number? --mrn is missing", "give --mrn NUMBER, or --from with a chart whose Patient has an identifier")
	}
	for i := range links {
		links[i].Subject = subject
		links[i].Name = name
	}
	return links, nil
}

// linksFrom reads numbers and name from the only Patient of a FHIR file.
func linksFrom(path string) ([]wallet.Link, error) {
	const op = "read chart"
	file, err := os.Open(path)
	if err != nil {
		return nil, stele.E(op, stele.KindNotFound, "the file can't be read: "+path, err)
	}
	defer file.Close()
	reader := fhir.NewReader(file)
	var links []wallet.Link
	patients := 0
	for {
		entry, err := reader.Next()
		if err != nil {
			if isEOF(err) {
				break
			}
			return nil, err
		}
		if entry.Resource == nil || entry.Resource.Type() != "Patient" {
			continue
		}
		patients++
		r := entry.Resource
		name := strings.TrimSpace(strings.Join(append(r.All("name.given"), r.Path("name[0].family")), " "))
		for i := range r.All("identifier.value") {
			at := "identifier[" + itoa(i) + "]."
			if number := r.Path(at + "value"); number != "" {
				links = append(links, wallet.Link{System: r.Path(at + "system"), Number: number, Name: name})
			}
		}
	}
	if patients != 1 {
		return nil, stele.E(op, stele.KindInvalid, "the file has "+count(patients, "Patient", "Patients")+", and one is needed", nil)
	}
	return links, nil
}

func (f *face) link(s *wallet.Session, links []wallet.Link) error {
	for _, l := range links {
		if err := s.Link(l); err != nil {
			return err
		}
		if f.json {
			if err := f.emit(linkJSON(l)); err != nil {
				return err
			}
			continue
		}
		f.print("%s  %s", printable(l.Number), l.Subject)
	}
	return nil
}

func linkJSON(l wallet.Link) map[string]any {
	out := map[string]any{"number": l.Number, "did": l.Subject}
	for key, value := range map[string]string{"system": l.System, "name": l.Name} {
		if value != "" {
			out[key] = value
		}
	}
	if !l.Made.IsZero() {
		out["made"] = l.Made.UTC()
	}
	return out
}

func patientLink(f *face) *cobra.Command {
	var e enrolment
	c := &cobra.Command{
		Use: "link --mrn NUMBER --did DID", Short: "Link a number to a patient, or move it to another", Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			links, err := e.links()
			if err != nil {
				return err
			}
			return f.as(cmd.Context(), func(s *wallet.Session) error { return f.link(s, links) })
		},
	}
	e.flags(c)
	return c
}

func patientUnlink(f *face) *cobra.Command {
	return &cobra.Command{
		Use: "unlink NUMBER", Short: "Forget a number", Args: exactly("the patient's number"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.as(cmd.Context(), func(s *wallet.Session) error {
				if err := s.Unlink(args[0]); err != nil {
					return err
				}
				f.say("unlinked; records that were delivered stay")
				return nil
			})
		},
	}
}

func patientFind(f *face) *cobra.Command {
	return &cobra.Command{
		Use: "find [QUERY]", Short: "List linked patients, by number, DID or part of a name", Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.as(cmd.Context(), func(s *wallet.Session) error {
				query := strings.Join(args, " ")
				found := s.Linked(query)
				t := f.table(column{title: "NUMBER"}, column{title: "NAME", flex: true}, column{title: "DID"}, column{title: "MAY WRITE"})
				for _, l := range found {
					if f.json {
						if err := f.emit(linkJSON(l)); err != nil {
							return err
						}
						continue
					}
					may := cell{"no", faint}
					if held, err := s.WriteGrant(l.Subject); err == nil {
						may = cell{"until " + held.End.Local().Format("2006-01-02"), green}
					}
					t.row(l.Number, l.Name, shortDID(l.Subject), may)
				}
				if len(found) == 0 && query != "" {
					return stele.E("find patient", stele.KindNotFound, "no patient is linked by that", nil).WithHint("stele patient find lists them all")
				}
				if !f.json {
					t.flush("no patients are linked yet; stele patient enrol links one")
				}
				return nil
			})
		},
	}
}
