package member

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/wire"
)

func configCommand(f *cli.Face) *cobra.Command {
	return f.Group("config", "check", "A member's configuration: check it, print it, see an example",
		configCheck(f), configPrint(f), configExample(f))
}

func configCheck(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "check [FILE]", Short: "Say whether a configuration can work (default HOME/member.toml)", Args: cli.AtMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := configPath(f, args...)
			c, err := config.Read(path)
			if err != nil {
				return err
			}
			if c.Services.TLS == config.TLSFiles {
				if _, err := member.FilesTLS(c.Services.Certificate, c.Services.Key, f.Log()); err != nil {
					return err
				}
			}
			notes, err := misses(c)
			if err != nil {
				return err
			}
			if f.JSON {
				return f.Emit(map[string]any{"config": path, "ok": true, "notes": cli.NonNil(notes)})
			}
			if f.Say("%s is fine", path); len(notes) > 0 {
				f.Say("but others look for this member elsewhere: what the founding wrote into %s cannot be changed", c.Network)
			}
			for _, note := range notes {
				f.Note("%s", note)
			}
			return nil
		},
	}
}

// misses says where the others come to this member, by the network file, and it does not
// listen so. Something between may pass it on, a proxy or another machine's port; where
// nothing does, nobody reaches the member. Before the founding there is nothing to say.
func misses(c config.Config) ([]string, error) {
	id, err := member.LoadIdentity(c.Folder)
	if stele.KindOf(err) == stele.KindNotFound || err == nil && len(id.Shares) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	network, err := netfile.Read(c.Network)
	if err != nil {
		return nil, err
	}
	for _, a := range network.Members {
		if string(a.Subject) == string(id.Subject[:]) {
			return missed(c, a), nil
		}
	}
	return nil, stele.E("check configuration", stele.KindInvalid, "the network file does not list this member: "+c.Network, nil).
		WithHint("it is of another network: put back the one that stele member found wrote here, or ask a member for it")
}

// missed compares what a configuration listens at with a member's address.
func missed(c config.Config, a *wire.MemberAddress) (notes []string) {
	u, err := url.Parse(a.Url)
	if err != nil {
		return nil // a network file that was read has none
	}
	known := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	if port := portOf(c.Services.Listen); port != known {
		notes = append(notes, fmt.Sprintf("services.listen is %s, and others come to %s: right only where something passes it on", c.Services.Listen, a.Url))
	}
	if port := portOf(c.Peers.Listen); port != portOf(a.Peer) {
		_, at, _ := strings.Cut(a.Peer, "@")
		notes = append(notes, fmt.Sprintf("peers.listen is %s, and others come to %s: right only where something passes it on", c.Peers.Listen, at))
	}
	tls := c.Services.TLS
	switch {
	case len(a.Pin) > 0 && tls != config.TLSOwn:
		notes = append(notes, fmt.Sprintf("services.tls is %s, and others believe this member's own key only (own)", tls))
	case u.Scheme == "http" && tls != config.TLSNone:
		notes = append(notes, fmt.Sprintf("services.tls is %s, and others come without TLS (none), to %s", tls, a.Url))
	case u.Scheme == "https" && len(a.Pin) == 0 && tls != config.TLSFiles:
		notes = append(notes, fmt.Sprintf("services.tls is %s, and others come to %s: right only where a proxy ends TLS", tls, a.Url))
	}
	return notes
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

func configPrint(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "print [FILE]", Short: "Print what is in effect, defaults and all; it holds no secrets, only their paths", Args: cli.AtMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := config.Read(configPath(f, args...))
			if err != nil {
				return err
			}
			if f.JSON {
				return f.Emit(c)
			}
			text, err := c.Text()
			if err == nil {
				f.Page(text)
			}
			return err
		},
	}
}

func configExample(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "example", Short: "Print a commented configuration with every key", Args: cli.AtMost(0),
		RunE: func(*cobra.Command, []string) error {
			if f.JSON {
				return f.Emit(config.Default())
			}
			f.Page(config.Example())
			return nil
		},
	}
}
