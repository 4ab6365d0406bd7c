package notify

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// Subject is the subject line of every e-mail.
const Subject = "Your record"

// send sends one e-mail by the relay, over TLS unless the relay is on this machine. net/smtp is
// frozen, and does what is needed: one message, to one address.
func (r Relay) send(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error), to, id string, now time.Time) error {
	const op = "send notice"
	if err := checkEmail(to); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(r.Address)
	if err != nil {
		return stele.E(op, stele.KindInvalid, "the relay is not host:port", err)
	}
	conn, err := dial(ctx, "tcp", r.Address)
	if err != nil {
		return stele.E(op, stele.KindUnreachable, "the relay cannot be reached", err)
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end)
	}
	cut := context.AfterFunc(ctx, func() { conn.Close() })
	defer cut()
	if err := r.speak(conn, host, to, id, now); err != nil {
		return stele.E(op, stele.KindUnreachable, "the relay did not take it", err)
	}
	return nil
}

func (r Relay) speak(conn net.Conn, host, to, id string, now time.Time) error {
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	defer c.Close()
	if tlsToo, _ := c.Extension("STARTTLS"); tlsToo {
		if err := c.StartTLS(&tls.Config{ServerName: host, RootCAs: r.Roots, MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	} else if !here(host) {
		return stele.E("send notice", stele.KindInvalid, "the relay speaks no TLS", nil)
	}
	if r.User != "" {
		if err := c.Auth(smtp.PlainAuth("", r.User, r.Password, host)); err != nil {
			return err
		}
	}
	if err := c.Mail(r.From); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(r.letter(to, id, now)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// letter is the message, the same for everybody but for whom it is to.
func (r Relay) letter(to, id string, now time.Time) []byte {
	_, domain, _ := strings.Cut(r.From, "@")
	return fmt.Appendf(nil, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n%s\r\n",
		r.From, to, Subject, now.UTC().Format(time.RFC1123Z), id, domain, Text)
}

// here reports whether a host is this machine.
func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
