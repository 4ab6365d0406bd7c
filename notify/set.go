package notify

import (
	"context"
	"encoding/binary"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/wire"
)

// SetNotices keeps where somebody wants to be told, and of what; what waits leaves to the new target at once.
// Without a target nothing is told any more, and what waits is dropped. What is said for a subject while it is merged counts until it
// is parted; then what its own keys said does again. It fails with KindDenied for what a current key of the
// subject did not sign, just now and for this member, or what is older than the last; with
// KindInvalid for a target that is none, or that this member does not serve; and with KindBusy
// for too many changes or people.
func (d *Desk) SetNotices(ctx context.Context, in *wire.SetNoticesRequest) (*wire.SetNoticesResponse, error) {
	const op = "set notices"
	m, subject, err := d.signed(in.GetNotices())
	if err != nil {
		return nil, err
	}
	if err := d.checkTarget(m); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	of, err := d.cfg.Ledger.Subject(subject) // now that Follow waits: whether it is merged
	if err != nil {
		return nil, notTheirs()
	}
	last, err := d.said(subject)
	// Taking a target away is always possible. Where none is, it is a row, as any change; the address comes first, as
	// people can be made up, and are counted in places that they share by chance.
	changes := m.Target != nil || last == nil || last.Target == nil
	switch {
	case err != nil:
		return nil, d.fault(op, err)
	case last != nil && last.AtMs >= m.AtMs:
		return nil, notTheirs()
	case changes && !d.room(subject, m.Target, stele.CallerOf(ctx)):
		return nil, stele.E(op, stele.KindBusy, "this member tells as many people as it can, at this host or from this address", nil).WithHint("ask another member")
	case changes && !d.sets.Allow(d.cfg.Clock(), 1, subject[:], of.Into[:]): // what comes while it is merged is counted apart
		return nil, stele.E(op, stele.KindBusy, "too many changes", nil).WithHint("try again in a few hours; taking the target away is always possible")
	}
	b := d.db.NewBatch()
	defer b.Close()
	b.Delete(rowOf(rowMerged, subject), nil)
	if of.Into.IsZero() {
		b.Set(rowOf(rowTarget, subject), in.Notices.Body, nil) // a target that was taken away, too: an older one is not taken after it
	} else {
		b.Set(rowOf(rowMerged, subject), append(of.Into[:], in.Notices.Body...), nil)
	}
	if m.Target == nil {
		b.Delete(rowOf(rowNotice, subject), nil)
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return nil, d.fault(op, err)
	}
	d.counts(subject, m)
	if p := d.people[subject]; p != nil && p.waits != nil { // the target that it waits for may never answer
		p.failed, p.waits.Next = false, d.cfg.Clock()
		if rest := p.lastLeft.Add(restFor); rest.After(p.waits.Next) {
			p.waits.Next = rest
		}
		d.awake()
	}
	return &wire.SetNoticesResponse{}, nil
}

// room reports whether one more person can be told at a target: of all, of those at its host, and of
// the new ones of who asks; whoever names no target is at no host. So a stranger who makes up people takes the places of few.
func (d *Desk) room(subject stele.Subject, target *wire.NoticeTarget, from stele.Caller) bool {
	p, place := d.people[subject], placeOf(target)
	if (p == nil || p.place != place) && d.hosts[place] >= d.mostOfHost {
		return false
	}
	return p != nil || len(d.people) < d.most && (from == stele.Caller{} || d.news.Allow(d.cfg.Clock(), 1, from[:]))
}

// signed finds out who asks. Every failure is the same, so that nobody learns which subjects
// there are.
func (d *Desk) signed(signed *wire.Signed) (*wire.Notices, stele.Subject, error) {
	m := new(wire.Notices)
	of, by, ok := d.door.Opens(d.cfg.Clock(), wire.TagNotices, signed, m)
	if !ok || !slices.Contains(of.Signing, by) {
		return nil, stele.Subject{}, notTheirs()
	}
	return m, of.Subject, nil
}

func notTheirs() error {
	return stele.E("set notices", stele.KindDenied, "it is not the person's, not for this member, or stale", nil).
		WithHint("check this device's clock and that its key was not rotated out")
}

// checkTarget fails with KindInvalid for a target that nothing can be told at.
func (d *Desk) checkTarget(m *wire.Notices) error {
	const op = "set notices"
	if slices.ContainsFunc(m.Kinds, func(k string) bool { return !slices.Contains(Kinds(), k) }) || len(m.Kinds) > len(Kinds()) {
		return stele.E(op, stele.KindInvalid, "there is no such kind of event", nil).WithHint("the kinds are " + strings.Join(Kinds(), ", "))
	}
	t := m.Target
	switch {
	case t == nil:
		return nil
	case (t.Webhook == "") == (t.Email == ""):
		return stele.E(op, stele.KindInvalid, "a target is a webhook or an e-mail address", nil)
	case t.Webhook != "" && !d.cfg.Webhooks, t.Email != "" && d.cfg.Relay.Address == "":
		return stele.E(op, stele.KindInvalid, "this member does not tell people that way", nil).WithHint("ask another member, or watch: stele wallet watch")
	case t.Email != "":
		if len(t.Secret) != 0 {
			return stele.E(op, stele.KindInvalid, "an e-mail is not signed", nil)
		}
		return checkEmail(t.Email)
	case len(t.Secret) != 32:
		return stele.E(op, stele.KindInvalid, "a webhook comes with a secret of 32 bytes", nil)
	}
	_, err := hookURL(t.Webhook)
	return err
}

// hookURL reads a webhook's address: https, a host, and no more than that. Where it leads is
// found out when it is used. It fails with KindInvalid.
func hookURL(text string) (*url.URL, error) {
	wrong := func(why string) error {
		return stele.E("set notices", stele.KindInvalid, "the webhook's address "+why, nil).WithHint("such as https://example.org/hook")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxURL || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, wrong("is none, or longer than 512 characters")
	case u.Scheme != "https":
		return nil, wrong("is not https")
	case u.User != nil || u.Fragment != "" || u.Opaque != "":
		return nil, wrong("has a name, a password or a fragment in it")
	case u.Hostname() == "" || strings.Contains(u.Hostname(), "%"):
		return nil, wrong("has no host")
	case u.Port() != "" && u.Port() != "443" && u.Port() != "8443":
		return nil, wrong("is of another port than 443 and 8443")
	}
	return u, nil
}

// checkEmail fails with KindInvalid for what is no plain address.
func checkEmail(text string) error {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" || len(text) > maxEmail ||
		strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>()[]\,;:`, r) }) {
		return stele.E("set notices", stele.KindInvalid, "that is no e-mail address", nil).WithHint("such as ana@example.org")
	}
	return nil
}

// hostOf names where notices for a target go, for what is shared out by host.
func hostOf(t *wire.NoticeTarget) string {
	if u, err := hookURL(t.GetWebhook()); err == nil {
		return strings.ToLower(u.Hostname())
	}
	return byMail
}

// placeOf names whose a target is, for how many people may be told there: a host, or that of an
// address.
func placeOf(t *wire.NoticeTarget) string {
	if host := hostOf(t); host != byMail {
		return host
	}
	_, domain, _ := strings.Cut(strings.ToLower(t.GetEmail()), "@")
	return "@" + domain
}

// byMail stands for the host of all e-mail addresses, the member's relay.
const byMail = ""

// ShowNotices tells a person what the desk has of them. It fails with KindDenied.
func (d *Desk) ShowNotices(_ context.Context, in *wire.ShowNoticesRequest) (*wire.ShowNoticesResponse, error) {
	const op = "show notices"
	ask, err := d.door.Check(d.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m, err := d.said(ask.Subject)
	if err != nil {
		return nil, d.fault(op, err)
	}
	out := &wire.ShowNoticesResponse{}
	if d.cfg.Webhooks {
		out.Webhooks = 1
	}
	if d.cfg.Relay.Address != "" {
		out.Emails = 1
	}
	if m != nil && m.Target != nil {
		out.Target, out.Kinds = &wire.NoticeTarget{Webhook: m.Target.Webhook, Email: m.Target.Email}, m.Kinds
	}
	if p := d.people[ask.Subject]; p != nil {
		out.Waits = p.waits != nil
	}
	last, err := database.Get(d.db, rowOf(rowLast, ask.Subject))
	if err != nil {
		return nil, d.fault(op, err)
	}
	if len(last) == 8 {
		out.ToldMs = int64(binary.BigEndian.Uint64(last))
	}
	return out, nil
}
