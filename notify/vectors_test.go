package notify

import (
	"crypto/sha256"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// noticeVectors are what people say of where they want to be told, and what is posted there. The
// fields stand in docs/protocol/services.md.
type noticeVectors struct {
	About   string         `json:"about"`
	Chain   string         `json:"chain"`
	Member  stele.Subject  `json:"member"`
	Subject stele.Subject  `json:"subject"`
	Key     vectortest.Hex `json:"key"` // of the subject, of suite 1
	AtMs    int64          `json:"at_ms"`
	Notices []noticeVector `json:"notices"`
	Posts   []postVector   `json:"posts"`
}

type noticeVector struct {
	What   string         `json:"what"`
	Signed vectortest.Hex `json:"signed"`
	OK     bool           `json:"ok"`
}

type postVector struct {
	Secret    vectortest.Hex `json:"secret"`
	ID        string         `json:"id"`
	Timestamp int64          `json:"timestamp"`
	Body      vectortest.Hex `json:"body"`
	Signature string         `json:"signature"`
}

// TestNoticeVectors: the file is what this code computes and says.
func TestNoticeVectors(t *testing.T) {
	subject, key, secret := stele.SubjectOf([]byte("vector subject")), wire.Ed25519FromSeed(sha256.Sum256([]byte("vector key"))), sha256.Sum256([]byte("vector secret"))
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	v := noticeVectors{
		About: "Where people want to be told, and what is posted there. Bytes are hexadecimal.", Chain: "vectors", Member: ourMember, Subject: subject,
		Key: key.Public().Key, AtMs: at.UnixMilli(),
	}
	ledger := &page{keys: map[stele.Subject]wire.Ed25519{subject: key}}
	d := &Desk{door: own.NewDoor(ledger, v.Chain, ourMember), cfg: Config{
		Ledger: ledger, Chain: v.Chain, Member: ourMember, Webhooks: true, Relay: Relay{Address: "mail:25"},
		Clock: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler),
	}}
	target := func(webhook, email string, secret []byte) func(*wire.Notices) {
		return func(n *wire.Notices) { n.Target = &wire.NoticeTarget{Webhook: webhook, Email: email, Secret: secret} }
	}
	hook := func(webhook string) func(*wire.Notices) { return target(webhook, "", secret[:]) }
	for _, c := range []struct {
		what   string
		change func(*wire.Notices)
		by     wire.Signer
		tag    wire.Tag
	}{
		{what: "a webhook", change: hook("https://example.org/hook?x=1")},
		{what: "on another port", change: hook("https://example.org:8443/")},
		{what: "an address", change: target("", "ana@example.org", nil)},
		{what: "nothing more", change: func(*wire.Notices) {}},
		{what: "some kinds", change: func(n *wire.Notices) { n.Kinds = []string{Opened, Keys} }},
		{what: "an unknown kind", change: func(n *wire.Notices) { n.Kinds = []string{"emergency"} }},
		{what: "without https", change: hook("http://example.org/")},
		{what: "on a port of its own", change: hook("https://example.org:22/")},
		{what: "with a password", change: hook("https://a:b@example.org/")},
		{what: "with a fragment", change: hook("https://example.org/#x")},
		{what: "without a host", change: hook("https:///x")},
		{what: "too long", change: hook("https://example.org/" + strings.Repeat("x", maxURL))},
		{what: "with a space", change: hook("https://example.org/a b")},
		{what: "with a short secret", change: target("https://example.org/", "", secret[:31])},
		{what: "an address with a secret", change: target("", "ana@example.org", secret[:])},
		{what: "an address with a name", change: target("", "Ana <ana@example.org>", nil)},
		{what: "both", change: target("https://example.org/", "ana@example.org", secret[:])},
		{what: "neither", change: target("", "", secret[:])},
		{what: "of five minutes ago", change: func(n *wire.Notices) { n.AtMs -= stele.Fresh.Milliseconds() }},
		{what: "of longer ago", change: func(n *wire.Notices) { n.AtMs -= stele.Fresh.Milliseconds() + 1 }},
		{what: "of a time to come", change: func(n *wire.Notices) { n.AtMs += stele.Fresh.Milliseconds() + 1 }},
		{what: "for another member", change: func(n *wire.Notices) { n.Audience = subject[:] }},
		{what: "on another network", change: func(n *wire.Notices) { n.Chain = "town" }},
		{what: "of another key", by: wire.Ed25519FromSeed([32]byte{1})},
		{what: "under another tag", tag: wire.TagOwn},
	} {
		n := &wire.Notices{Chain: v.Chain, Audience: ourMember[:], Subject: subject[:], AtMs: at.UnixMilli(), Kinds: []string{Opened}}
		if c.change != nil {
			c.change(n)
		}
		by, tag := wire.Signer(key), wire.TagNotices
		if c.by != nil {
			by = c.by
		}
		if c.tag != "" {
			tag = c.tag
		}
		signed := wire.Sign(tag, n, by)
		m, _, err := d.signed(signed)
		if err == nil {
			err = d.checkTarget(m)
		}
		v.Notices = append(v.Notices, noticeVector{c.what, wire.Marshal(signed), err == nil})
	}
	for i, id := range []string{"msg_1", "msg_2"} {
		when := at.Add(time.Duration(i) * time.Hour)
		v.Posts = append(v.Posts, postVector{secret[:], id, when.Unix(), payload(when), Signature(secret[:], id, when, payload(when))})
	}
	vectortest.Reproduced(t, "notices.json", v)
}
