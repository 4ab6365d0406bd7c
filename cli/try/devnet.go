package try

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/demo"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/terminal"
)

// storyPatients is how many made-up patients the story has beside its heroine.
const storyPatients = 12

func devnetCommand(f *cli.Face) *cobra.Command {
	c := devnet.Config{Port: devnet.Port}
	var story bool
	run := f.Group("devnet", "try", "A whole network on this machine, until Ctrl-C", devnetStatus(f), devnetSwitch(f, true), devnetSwitch(f, false))
	run.Use = "devnet"
	run.Annotations = cli.UntilStopped("what was founded so far stays in the home folder")
	run.Long = "Runs a network of real members in this process, on loopback, until Ctrl-C. The\n" +
		"state stays in the home folder and is gone on with the next time."
	run.Example = "  stele devnet\n  stele devnet --story\n  stele devnet stop clinic --only trustee"
	run.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return cli.Noun(cmd, args)
		}
		if c.Members < 1 || c.Members > devnet.MaxMembers {
			return cli.Usage(fmt.Sprintf("a devnet has 1 to %d members", devnet.MaxMembers), "stele devnet --members 4")
		}
		if err := sameSize(f, cmd.Flags().Changed("members"), c); err != nil {
			return err
		}
		if story && sizeOf(f, c) != storyMembers {
			return cli.Usage(fmt.Sprintf("the story is told of %d members", storyMembers), "leave out --story, or found a network of that size with --fresh or --home FOLDER")
		}
		if devnetRuns(cmd.Context(), f) {
			return stele.E("start devnet", stele.KindExists, "a devnet runs in "+f.Home+" already", nil).
				WithHint("look with: stele devnet status; Ctrl-C where it runs ends it; another one has a home of its own (--home)")
		}
		c.Home, c.Log = f.Home, f.Log()
		return runDevnet(cmd.Context(), f, c, story)
	}
	run.Flags().IntVar(&c.Members, "members", 4, "members of a network founded now, 1 to 7")
	run.Flags().BoolVar(&c.Fresh, "fresh", false, "forget the network that is in the home folder and start over")
	run.Flags().BoolVar(&story, "story", false, "import sample patients and tell the story first, then stay up")
	return run
}

// runDevnet starts the network, tells its story where that is asked for, and stays until ctx ends
// or a member cannot go on. Stopped within the story, it stops the network in good order all the
// same.
func runDevnet(ctx context.Context, f *cli.Face, c devnet.Config, story bool) error {
	start, end := time.Now(), f.Patiently("starting the members")
	n, err := devnet.Start(ctx, c)
	end()
	if err != nil {
		return err
	}
	if err := tellDevnet(ctx, f, n, time.Since(start)); err != nil {
		n.Stop()
		return err
	}
	if story {
		err = demo.Tell(ctx, demo.Config{Network: n, Out: f.Out, JSON: f.JSON, Patients: storyPatients, Seed: 1})
		if err != nil && ctx.Err() == nil {
			n.Stop()
			return err
		}
	}
	if ctx.Err() == nil {
		tellNext(f)
		f.Say("%s", f.ErrStyle.Paint(terminal.Bold, "running; Ctrl-C ends it, and the state stays"))
	}
	select {
	case err = <-n.Failed():
	case <-ctx.Done():
		err = nil
	}
	f.Say("stopping")
	if err = errors.Join(err, n.Stop()); err == nil {
		f.Say("stopped; the state is in %s", f.Home)
	}
	return err
}

// tellDevnet prints who runs where.
func tellDevnet(ctx context.Context, f *cli.Face, n *devnet.Network, took time.Duration) error {
	members, err := n.Members(ctx, &api.DevnetMembersRequest{})
	if err != nil {
		return err
	}
	if err := devnetMembers(f, members); err != nil || f.JSON {
		return err
	}
	home, err := filepath.Abs(f.Home)
	if err != nil {
		home = f.Home
	}
	f.Print("")
	f.Print("network  %s", n.Network.Chain)
	f.Print("home     %s", home)
	if len(members.Members) == 1 {
		f.Print("         one member alone can read everything: only for trying")
	}
	f.Print("ready    in %.1f s", took.Seconds())
	return nil
}

// tellNext prints what to try now: the story in commands, or, where it has been
// told, what can be looked at.
func tellNext(f *cli.Face) {
	if f.JSON {
		return
	}
	f.Print("")
	f.Print("Try, in another terminal:")
	if here, err := os.Getwd(); err == nil {
		f.Print("  cd %s", terminal.Quoted(here))
	}
	if home, err := filepath.Abs(f.Home); err == nil && f.Home != cli.DefaultHome {
		f.Print("  export STELE_HOME=%s", terminal.Quoted(home))
	}
	next := toTry
	if _, err := os.Stat(f.WalletPath("patient-03")); err == nil {
		next = toLookAt
	}
	for _, line := range next {
		f.Print("  %s", f.Typed(line))
	}
	f.Print("")
}

// sizeOf is how many members the network has, or will have where none is founded yet.
func sizeOf(f *cli.Face, c devnet.Config) int {
	if n, err := f.Network(); err == nil && !c.Fresh {
		return len(n.Members)
	}
	return c.Members
}

// sameSize fails where --members says another number than the network that is there
// has.
func sameSize(f *cli.Face, said bool, c devnet.Config) error {
	is := sizeOf(f, c)
	if !said || is == c.Members {
		return nil
	}
	return cli.Usage(fmt.Sprintf("the network in %s has %d members, not %d", f.Home, is, c.Members),
		"leave out --members, or found another with --fresh (the old one is forgotten)")
}

// toLookAt is what the story has left behind.
var toLookAt = []string{
	"stele wallet timeline --as elena --kind results,medications",
	"stele wallet log --as elena",
	"stele wallet grant --as elena --to \"Okafor at Lakeview\" \\",
	"    --categories allergies --for 1h",
	"stele wallet open Elena --as okafor --reason \"follow-up\"",
	"stele wallet timeline --as patient-03",
	"stele wallet export elena.stele --as elena && stele verify elena.stele",
	"stele devnet stop hospital-a     # and start it again",
	"stele vault fsck --member hospital-a",
	"stele ledger watch",
}

// toTry is the story in commands.
var toTry = []string{
	"stele wallet new elena --name \"Elena Marchetti\"",
	"stele wallet new okafor --name \"Dr Amara Okafor\" --practitioner \\",
	"    --at hospital-a",
	"stele wallet grant --as elena --to \"Northside Hospital\" --write",
	"stele sample --story --out charts",
	"stele patient enrol --as hospital-a --from charts/elena-a.json \\",
	"    --did $(stele wallet show --as elena --did)",
	"stele import charts/elena-a.json --as hospital-a",
	"stele wallet grant --as elena --to \"Okafor at Northside\" \\",
	"    --categories allergies,medications",
	"stele wallet open Elena --as okafor --reason \"follow-up\"",
	"stele wallet log --as elena",
}

func devnetMembers(f *cli.Face, members *api.DevnetMembersResponse) error {
	t := f.Table(terminal.Column{Title: "MEMBER"}, terminal.Column{Title: "NAME", Flex: true}, terminal.Column{Title: "KIND"}, terminal.Column{Title: "ADDRESS"}, terminal.Column{Title: "NODE"}, terminal.Column{Title: "TRUSTEE"})
	for _, m := range members.Members {
		short := filepath.Base(m.Folder)
		if f.JSON {
			if err := f.Emit(map[string]any{
				"member": short, "name": m.Address.Name, "kind": m.Address.Kind, "url": m.Address.Url,
				"running": m.Running, "trustee": m.Trustee, "folder": m.Folder,
			}); err != nil {
				return err
			}
			continue
		}
		t.Row(short, m.Address.Name, m.Address.Kind, m.Address.Url, cli.UpOrDown(m.Running), cli.UpOrDown(m.Trustee))
	}
	if !f.JSON {
		t.Flush("no members")
	}
	return nil
}

// control dials the running devnet of the home.
func control(f *cli.Face) (*api.Client, error) {
	url, err := devnet.Control(f.Home)
	if err != nil {
		return nil, err
	}
	return api.Dial(url)
}

// devnetRuns reports whether the devnet of the home answers. One that was killed has left
// its address behind, and nobody is there.
func devnetRuns(ctx context.Context, f *cli.Face) bool {
	client, err := control(f)
	if err != nil {
		return false
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err = client.Devnet.Members(ctx, &api.DevnetMembersRequest{})
	return err == nil
}

func devnetStatus(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "List the members of the running devnet and whether they run", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := control(f)
			if err != nil {
				return err
			}
			defer client.Close()
			members, err := client.Devnet.Members(cmd.Context(), &api.DevnetMembersRequest{})
			if err != nil {
				return err
			}
			return devnetMembers(f, members)
		},
	}
}

func devnetSwitch(f *cli.Face, run bool) *cobra.Command {
	verb, did, only := "stop", "stopped", ""
	if run {
		verb, did = "start", "started"
	}
	c := &cobra.Command{
		Annotations: cli.Leaves("look with: stele devnet status"),
		Use:         verb + " MEMBER", Short: map[bool]string{false: "Stop", true: "Start"}[run] + " a member of the running devnet, or its trustee alone",
		Args: cli.Exactly("the member's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := control(f)
			if err != nil {
				return err
			}
			defer client.Close()
			end := f.Patiently(verb + " " + args[0])
			_, err = client.Devnet.Switch(cmd.Context(), &api.DevnetSwitchRequest{Member: args[0], Part: only, Run: run})
			end()
			if err != nil {
				return err
			}
			if f.JSON {
				return f.Emit(map[string]any{"member": args[0], "part": cmp.Or(only, "member"), "running": run})
			}
			f.Say("%s %s", did, cmp.Or(only+map[bool]string{true: " of "}[only != ""]+args[0], args[0]))
			return nil
		},
	}
	c.Flags().StringVar(&only, "only", "", "this part alone: trustee")
	return c
}
