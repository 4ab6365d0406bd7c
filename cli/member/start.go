package member

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/notify"
	"github.com/stele-health/stele/regular"
)

func memberStart(f *cli.Face) *cobra.Command {
	var path string
	var over config.Config
	c := &cobra.Command{
		Annotations: cli.UntilStopped(""),
		Use:         "start", Short: "Run the member of a folder until Ctrl-C or SIGTERM", Args: cli.AtMost(0),
		Long: "Runs node, vault, trustee and directory of one member in this process. Requests in " +
			"flight are finished for up to five seconds when it is told to stop; a second signal ends " +
			"it at once. Flags override the configuration.",
		Example: "  stele member start --home /var/lib/stele\n  stele member start --config /etc/stele/member.toml --log-level debug",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Read(configPath(f, path))
			if err != nil {
				return err
			}
			override(&c, over)
			if err := c.Check(); err != nil {
				return err
			}
			notes, _ := misses(c) // what can't be read, the start says itself
			for _, note := range notes {
				f.Note("%s", note)
			}
			return startMember(cmd.Context(), f, c)
		},
	}
	flags := c.Flags()
	flags.StringVar(&path, "config", "", "the configuration (default HOME/member.toml)")
	flags.StringVar(&over.Services.Listen, "services", "", "overrides services.listen")
	flags.StringVar(&over.Peers.Listen, "peers", "", "overrides peers.listen")
	flags.StringVar(&over.Admin.Listen, "admin", "", "overrides admin.listen")
	flags.StringVar(&over.Log.Format, "log-format", "", "overrides log.format")
	flags.StringVar(&over.Log.Level, "log-level", "", "overrides log.level")
	return c
}

// configPath is where the configuration is: as named, or in the home.
func configPath(f *cli.Face, named ...string) string {
	return cmp.Or(append(named, filepath.Join(f.Home, config.File))...)
}

// override puts what the command line says over what the file says.
func override(c *config.Config, by config.Config) {
	for _, v := range []struct {
		at *string
		by string
	}{
		{&c.Services.Listen, by.Services.Listen}, {&c.Peers.Listen, by.Peers.Listen}, {&c.Admin.Listen, by.Admin.Listen},
		{&c.Log.Format, by.Log.Format}, {&c.Log.Level, by.Log.Level},
	} {
		*v.at = cmp.Or(v.by, *v.at)
	}
}

// memberConfig reads what a member's process runs on.
func memberConfig(f *cli.Face, c config.Config) (member.Config, error) {
	id, err := member.LoadIdentity(c.Folder)
	if err != nil {
		return member.Config{}, err
	}
	if len(id.Shares) == 0 {
		return member.Config{}, stele.E("start member", stele.KindNotFound, "the network of this member is not founded yet", nil).
			WithHint("with the cards and dealings of all founders: stele member found CARD... DEALING...; alone: stele member found")
	}
	network, err := netfile.Read(c.Network)
	if err != nil {
		return member.Config{}, err
	}
	peers, err := member.Peers(network, id.Subject)
	if err != nil {
		return member.Config{}, err
	}
	id.Listen, id.Peer = c.Services.Listen, c.Peers.Listen
	log := processLog(f, c.Log)
	serve, err := serveTLS(c.Services, id, log)
	if err != nil {
		return member.Config{}, err
	}
	notices := member.Notices{Webhooks: c.Notices.Webhooks, Relay: notify.Relay{Address: c.Notices.Relay, From: c.Notices.From, User: c.Notices.User}}
	if c.Notices.Password != "" {
		raw, err := regular.Read(c.Notices.Password, 4<<10)
		if err != nil {
			return member.Config{}, regular.Unread("start member", "the relay's password", c.Notices.Password, err).WithHint("notices.password names its file")
		}
		notices.Relay.Password = strings.TrimRight(string(raw), "\r\n")
	}
	profiles := map[string]chain.Profile{"lan": chain.LAN, "wan": chain.WAN} // auto is the zero value
	return member.Config{
		Folder: c.Folder, Identity: id, Network: network, Peers: peers, Profile: profiles[c.Chain.Profile], Keep: c.Chain.Keep,
		TLS: serve, Admin: c.Admin.Listen, AlarmUser: c.Emergency.AlarmUser, AlarmFacility: c.Emergency.AlarmFacility, Notices: notices, Log: log,
	}, nil
}

// serveTLS is the key that the services are served under; nil for plain http.
func serveTLS(s config.Services, id member.Identity, log *slog.Logger) (*tls.Config, error) {
	switch s.TLS {
	case config.TLSOwn:
		return id.OwnTLS()
	case config.TLSFiles:
		return member.FilesTLS(s.Certificate, s.Key, log)
	}
	return nil, nil
}

// processLog is where a member's process logs to.
func processLog(f *cli.Face, l config.Log) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.LogLevel()}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(f.Err, o))
	}
	return slog.New(slog.NewTextHandler(f.Err, o))
}

// startMember runs a member until ctx ends or it cannot go on; it stops in good order either way.
func startMember(ctx context.Context, f *cli.Face, c config.Config) error {
	run, err := memberConfig(f, c)
	if err != nil {
		return err
	}
	m, err := member.Start(ctx, run)
	if err != nil {
		return err
	}
	if err := tellMember(f, c, run); err != nil {
		return errors.Join(err, m.Stop())
	}
	run.Log.Info("started", "member", run.Identity.Name, "chain", run.Network.Chain, "height", m.Ledger().Newest().Height)
	notify := newNotifier(f.Env)
	// Last: what systemd starts after this one finds it serving.
	notify.ready()
	stopped := make(chan struct{})
	go notify.watch(stopped, m.Alive)
	select {
	case err = <-m.Failed():
		run.Log.Error("the member cannot go on", "err", cli.Sentence(err))
	case <-ctx.Done():
		run.Log.Info("stopping")
	}
	// No more signs of life: a stop that hangs is systemd's to end.
	close(stopped)
	notify.stopping()
	return errors.Join(err, m.Stop())
}

// tellMember says where the member listens.
func tellMember(f *cli.Face, c config.Config, run member.Config) error {
	if f.JSON {
		return f.Emit(map[string]any{
			"member": run.Identity.Name, "chain": run.Network.Chain, "services": c.Services.Listen, "tls": c.Services.TLS,
			"peers": c.Peers.Listen, "admin": c.Admin.Listen,
		})
	}
	f.Print("member    %s of %s", run.Identity.Name, run.Network.Chain)
	f.Print("services  %s, TLS: %s", c.Services.Listen, c.Services.TLS)
	f.Print("peers     %s", c.Peers.Listen)
	if c.Admin.Listen != "" {
		f.Print("admin     http://%s/readyz", c.Admin.Listen)
	}
	if len(run.Network.Members) == 1 {
		f.Print("          one member alone can read everything: only for trying")
	}
	return nil
}

// ownMember reports whether the home is this member's own folder.
func ownMember(f *cli.Face, n cli.Node) bool {
	id, err := member.LoadIdentity(f.Home)
	return err == nil && (n.Address == nil || string(n.Address.Subject) == string(id.Subject[:]))
}

// dialHere dials the member of the home where it listens on this machine, since
// its operator's service answers to nobody else.
func dialHere(f *cli.Face, options ...api.Option) (*api.Client, error) {
	c, err := config.Read(configPath(f))
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(c.Services.Listen)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	here := net.JoinHostPort(host, port)
	if c.Services.TLS == config.TLSNone {
		return api.Dial("http://"+here, options...)
	}
	// On this machine, too: the operator's token goes this way, and another process may have taken
	// the port.
	pin, err := ownPin(c)
	if err != nil {
		return nil, err
	}
	return api.Dial("https://"+here, append(options, api.WithPin(pin))...)
}

// ownPin is of the key that the member of the home serves under.
func ownPin(c config.Config) (stele.Digest, error) {
	if c.Services.TLS == config.TLSFiles {
		return member.FilePin(c.Services.Certificate, c.Services.Key)
	}
	id, err := member.LoadIdentity(c.Folder)
	return id.Pin(), err
}
