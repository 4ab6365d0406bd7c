package member

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/notify"
	"github.com/stele-health/stele/wire"
)

// ownHosts are the hosts at which a network file says that a member is.
func ownHosts(network *wire.Network, own stele.Subject) (hosts []string) {
	for _, a := range network.Members {
		if string(a.Subject) != string(own[:]) {
			continue
		}
		if u, err := url.Parse(a.Url); err == nil && u.Hostname() != "" {
			hosts = append(hosts, u.Hostname())
		}
		if _, at, ok := strings.Cut(a.Peer, "@"); ok {
			if host, _, err := net.SplitHostPort(at); err == nil && host != "" {
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

// startNotices opens the desk for notices, and has it follow the ledger block by block.
func (m *Member) startNotices(log *slog.Logger) (err error) {
	m.tells, err = notify.Open(notify.Config{
		Folder: m.folder("notices"), Ledger: m.ledger, Chain: m.chain.Chain(), Member: m.config.Identity.Subject,
		Webhooks: m.config.Notices.Webhooks, Relay: m.config.Notices.Relay, Hosts: ownHosts(m.config.Network, m.config.Identity.Subject), Log: log,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		blocks := m.chain.Subscribe(ctx)
		for {
			if err := m.tells.Follow(); err != nil {
				log.Error("notices can't follow the ledger", "kind", stele.KindOf(err).String())
			}
			if _, open := <-blocks; !open {
				return
			}
		}
	}()
	m.stops = append(m.stops, func() error {
		cancel()
		<-ended
		return m.tells.Close()
	})
	return nil
}
