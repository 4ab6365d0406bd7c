package care

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/terminal"
)

// addSystem makes a system the organisation's own, and says where that comes late.
func addSystem(ctx context.Context, f *cli.Face, system string) error {
	return f.As(ctx, func(s *client.Session) error {
		if err := s.Delivery.AddSystem(system); err != nil {
			return err
		}
		late := s.Links().Late(system)
		if f.JSON {
			return f.Emit(map[string]any{"system": system, "own": true, "late": late})
		}
		f.Say("%s is your own", terminal.Clean(system))
		if !strings.Contains(system, ":") {
			f.SayWrapped("It is no URI, as FHIR wants of systems: it counts for identifiers whose system is written just so, and for no server.")
		}
		if late {
			f.SayWrapped("Records of that server came before it was your own, and have ids that were made for them: they keep those, and what comes " +
				"from it gets such, too, or it would stand in charts twice. Files of it that show no server (NDJSON) need --server " + intake.Word(terminal.Clean(system)) +
				" for that. Its numbers count as yours from now on. " +
				"To have its records under their own ids, withdraw them, remove the server, add it again and import anew.")
		}
		return nil
	})
}

func removeSystem(ctx context.Context, f *cli.Face, system string) error {
	return f.As(ctx, func(s *client.Session) error {
		if err := s.Delivery.RemoveSystem(system); err != nil {
			return err
		}
		if f.JSON {
			return f.Emit(map[string]any{"system": system, "own": false})
		}
		f.Say("%s is not your own any more", terminal.Clean(system))
		return nil
	})
}

func patientSystem(f *cli.Face) *cobra.Command {
	c := &cobra.Command{
		Use: "system VERB", Short: "Which systems of numbers are the organisation's own", Args: cobra.ArbitraryArgs, RunE: cli.Noun,
		Long: "Numbers of type MR (medical record number, HL7 table 0203) link. Those of\n" +
			"another type, or of none, link where their system is the organisation's own:\n" +
			"name it here once, as identifiers name it. The base of the organisation's own\n" +
			"FHIR server counts too: its records keep their ids, and ids of Patients in absolute\n" +
			"references are its own. Add it before the first import from it.",
	}
	c.AddCommand(
		&cobra.Command{Use: "add SYSTEM", Short: "Make a system the organisation's own", Args: cli.Exactly("the system, such as https://hospital.example/mrn"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return addSystem(cmd.Context(), f, args[0])
			}},
		&cobra.Command{Use: "remove SYSTEM", Short: "Take that back", Args: cli.Exactly("the system"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return removeSystem(cmd.Context(), f, args[0])
			}},
		&cobra.Command{Use: "list", Short: "List them", Args: cli.AtMost(0),
			RunE: func(cmd *cobra.Command, _ []string) error {
				return f.As(cmd.Context(), func(s *client.Session) error { return systems(f, s) })
			}},
	)
	return c
}

// systems lists an organisation's own systems.
func systems(f *cli.Face, s *client.Session) error {
	for _, system := range s.Links().Systems() {
		late := s.Links().Late(system)
		switch {
		case f.JSON:
			if err := f.Emit(map[string]any{"system": system, "own": true, "late": late}); err != nil {
				return err
			}
		case late:
			f.Print("%s  since after the first import from it: its records keep the ids that were made for them", terminal.Clean(system))
		default:
			f.Print("%s", terminal.Clean(system))
		}
	}
	if len(s.Links().Systems()) == 0 && !f.JSON {
		f.Say("no system is your own yet; numbers of type MR link all the same")
	}
	return nil
}
