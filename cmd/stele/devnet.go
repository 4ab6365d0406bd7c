package main

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
	"github.com/stele-health/stele/demo"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/terminal"
)

// storyPatients is how many made-up patients the story has beside its heroine.
const storyPatients = 12

func devnetCommand(f *face) *cobra.Command {
	c := devnet.Config{Port: devnet.Port}
	var story bool
	run := f.group("devnet", "try", "A whole network on this machine, until Ctrl-C", devnetStatus(f), devnetSwitch(f, true), devnetSwitch(f, false))
	run.Use = "devnet"
	run.Long = "Runs a network of real members in this process, on loopback, until Ctrl-C. The\n" +
		"state stays in the home folder and is gone on with the next time."
	run.Example = "  stele devnet\n  stele devnet --story\n  stele devnet stop clinic --only trustee"
	run.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return f.noun("devnet")(cmd, args)
		}
		if c.Members < 1 || c.Members > devnet.MaxMembers {
			return usage(fmt.Sprintf("a devnet has 1 to %d members", devnet.MaxMembers), "stele devnet --members 4")
		}
		if err := f.sameSize(cmd.Flags().Changed("members"), c); err != nil {
			return err
		}
		if story && f.sizeOf(c) != storyMembers {
			return usage(fmt.Sprintf("the story is told of %d members", storyMembers), "leave out --story, or found a network of that size with --fresh or --home FOLDER")
		}
		if f.devnetRuns(cmd.Context()) {
			return stele.E("start devnet", stele.KindExists, "a devnet runs in "+f.home+" already", nil).
				WithHint("look with: stele devnet status; Ctrl-C where it runs ends it; another one has a home of its own (--home)")
		}
		c.Home, c.Log = f.home, f.log()
		return f.devnet(cmd.Context(), c, story)
	}
	run.Flags().IntVar(&c.Members, "members", 4, "members of a network founded now, 1 to 7")
	run.Flags().BoolVar(&c.Fresh, "fresh", false, "forget the network that is in the home folder and start over")
	run.Flags().BoolVar(&story, "story", false, "import sample patients and tell the story first, then stay up")
	return run
}

func (f *face) devnet(ctx context.Context, c devnet.Config, story bool) error {
	start, end := time.Now(), f.Patiently("starting the members")
	n, err := devnet.Start(ctx, c)
	end()
	if err != nil {
		return err
	}
	if err := f.tellDevnet(ctx, n, time.Since(start)); err != nil {
		n.Stop()
		return err
	}
	if story {
		err = demo.Tell(ctx, demo.Config{Network: n, Out: f.Out, JSON: f.json, Patients: storyPatients, Seed: 1})
		if err != nil && ctx.Err() == nil {
			n.Stop()
			return err
		}
	}
	if ctx.Err() == nil {
		f.tellNext()
		f.Say("%s", f.ErrStyle.Paint(terminal.Bold, "running; Ctrl-C ends it, and the state stays"))
	}
	select {
	case err = <-n.Failed():
	case <-ctx.Done():
		err = nil
	}
	f.Say("stopping")
	if err = errors.Join(err, n.Stop()); err == nil {
		f.Say("stopped; the state is in %s", f.home)
	}
	return err
}

// tellDevnet prints who runs where.
func (f *face) tellDevnet(ctx context.Context, n *devnet.Network, took time.Duration) error {
	members, err := n.Members(ctx, &api.DevnetMembersRequest{})
	if err != nil {
		return err
	}
	if err := f.devnetMembers(members); err != nil || f.json {
		return err
	}
	home, err := filepath.Abs(f.home)
	if err != nil {
		home = f.home
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
func (f *face) tellNext() {
	if f.json {
		return
	}
	f.Print("")
	f.Print("Try, in another terminal:")
	if here, err := os.Getwd(); err == nil {
		f.Print("  cd %s", terminal.Quoted(here))
	}
	if home, err := filepath.Abs(f.home); err == nil && f.home != defaultHome {
		f.Print("  export STELE_HOME=%s", terminal.Quoted(home))
	}
	next := toTry
	if _, err := os.Stat(f.walletPath("patient-03")); err == nil {
		next = toLookAt
	}
	for _, line := range next {
		f.Print("  %s", f.Typed(line))
	}
	f.Print("")
}

// sizeOf is how many members the network has, or will have where none is founded yet.
func (f *face) sizeOf(c devnet.Config) int {
	if n, err := f.network(); err == nil && !c.Fresh {
		return len(n.Members)
	}
	return c.Members
}

// sameSize fails where --members says another number than the network that is there
// has.
func (f *face) sameSize(said bool, c devnet.Config) error {
	is := f.sizeOf(c)
	if !said || is == c.Members {
		return nil
	}
	return usage(fmt.Sprintf("the network in %s has %d members, not %d", f.home, is, c.Members),
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

func (f *face) devnetMembers(members *api.DevnetMembersResponse) error {
	t := f.Table(terminal.Column{Title: "MEMBER"}, terminal.Column{Title: "NAME", Flex: true}, terminal.Column{Title: "KIND"}, terminal.Column{Title: "ADDRESS"}, terminal.Column{Title: "NODE"}, terminal.Column{Title: "TRUSTEE"})
	for _, m := range members.Members {
		short := filepath.Base(m.Folder)
		if f.json {
			if err := f.emit(map[string]any{
				"member": short, "name": m.Address.Name, "kind": m.Address.Kind, "url": m.Address.Url,
				"running": m.Running, "trustee": m.Trustee, "folder": m.Folder,
			}); err != nil {
				return err
			}
			continue
		}
		t.Row(short, m.Address.Name, m.Address.Kind, m.Address.Url, upOrDown(m.Running), upOrDown(m.Trustee))
	}
	if !f.json {
		t.Flush("no members")
	}
	return nil
}

func upOrDown(up bool) terminal.Cell {
	if up {
		return terminal.Styled("up", terminal.Green)
	}
	return terminal.Styled("down", terminal.Red)
}

// control dials the running devnet of the home.
func (f *face) control() (*api.Client, error) {
	url, err := devnet.Control(f.home)
	if err != nil {
		return nil, err
	}
	return api.Dial(url)
}

// devnetRuns reports whether the devnet of the home answers. One that was killed has left
// its address behind, and nobody is there.
func (f *face) devnetRuns(ctx context.Context) bool {
	client, err := f.control()
	if err != nil {
		return false
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err = client.Devnet.Members(ctx, &api.DevnetMembersRequest{})
	return err == nil
}

func devnetStatus(f *face) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "List the members of the running devnet and whether they run", Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := f.control()
			if err != nil {
				return err
			}
			defer client.Close()
			members, err := client.Devnet.Members(cmd.Context(), &api.DevnetMembersRequest{})
			if err != nil {
				return err
			}
			return f.devnetMembers(members)
		},
	}
}

func devnetSwitch(f *face, run bool) *cobra.Command {
	verb, did, only := "stop", "stopped", ""
	if run {
		verb, did = "start", "started"
	}
	c := &cobra.Command{
		Use: verb + " MEMBER", Short: map[bool]string{false: "Stop", true: "Start"}[run] + " a member of the running devnet, or its trustee alone",
		Args: exactly("the member's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.control()
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
			if f.json {
				return f.emit(map[string]any{"member": args[0], "part": cmp.Or(only, "member"), "running": run})
			}
			f.Say("%s %s", did, cmp.Or(only+map[bool]string{true: " of "}[only != ""]+args[0], args[0]))
			return nil
		},
	}
	c.Flags().StringVar(&only, "only", "", "this part alone: trustee")
	return c
}
