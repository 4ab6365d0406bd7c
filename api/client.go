package api

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// Client is a member's rooms seen from elsewhere. Its parts satisfy the
// interfaces of Rooms; their errors are *stele.Error with the kind, sentence and
// hint that the room gave, or KindUnreachable. It is safe for concurrent use.
type Client struct {
	Ledger    Ledger
	Directory Directory
	Notices   members.Notices
	Vault     Vault
	Trustee   members.Trustee
	Emergency members.Emergency
	Admin     Admin
	Devnet    Devnet

	transport *http.Transport
}

// Option changes how Dial speaks to a member.
type Option func(*settings)

type settings struct {
	token  string
	tls    *tls.Config
	pinned bool
	more   []connect.ClientOption
}

// WithToken shows the operator's token, for Admin.
func WithToken(token string) Option { return func(s *settings) { s.token = token } }

// WithPin holds the member to a TLS key instead of a name: pin is the SHA-256 of
// the key's SubjectPublicKeyInfo. The address must then begin with https.
func WithPin(pin stele.Digest) Option {
	return func(s *settings) { s.tls, s.pinned = pinned(pin), true }
}

// Dial returns the client of the member at an address such as
// "http://127.0.0.1:7700". It connects at the first call and keeps the
// connection; calls share it (HTTP/2). It fails with KindInvalid for what is no
// address.
func Dial(address string, options ...Option) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, stele.E("dial", stele.KindInvalid, "not the address of a member", nil).
			WithHint("an address looks like http://127.0.0.1:7700")
	}
	var s settings
	for _, o := range options {
		o(&s)
	}
	if s.pinned && u.Scheme != "https" {
		return nil, stele.E("dial", stele.KindInvalid, "the address has a pin and no TLS", nil)
	}
	protocols := new(http.Protocols)
	if u.Scheme == "https" {
		protocols.SetHTTP2(true)
	} else {
		protocols.SetUnencryptedHTTP2(true)
	}
	transport := &http.Transport{
		Protocols: protocols, TLSClientConfig: s.tls,
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		MaxResponseHeaderBytes: 64 << 10,
		TLSHandshakeTimeout:    5 * time.Second, IdleConnTimeout: 2 * time.Minute,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerConnection: 16 << 20, MaxReceiveBufferPerStream: 4 << 20,
			SendPingTimeout: 4 * time.Second, PingTimeout: 6 * time.Second, // a process that is stopped still accepts connections
		},
	}
	over := &http.Client{
		Transport: bearer{transport, s.token},
		// A member that redirects would see the token carried elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	base := strings.TrimRight(address, "/")
	// A member's answers are bounded too: each service by its largest, and each
	// message by its own budget before it is decoded.
	of := func(service string) []connect.ClientOption {
		return append([]connect.ClientOption{
			connect.WithInterceptors(homecoming{u.Host}),
			connect.WithAcceptCompression("gzip", nil, nil),
			connect.WithCodec(protoCodec{}),
			connect.WithReadMaxBytes(largest(service)),
		}, s.more...)
	}
	return &Client{
		Ledger:    ledgerClientRoom{NewLedgerClient(over, base, of("Ledger")...), u.Host},
		Directory: NewDirectoryClient(over, base, of("Directory")...),
		Notices:   NewNoticesClient(over, base, of("Notices")...),
		Vault:     vaultClientRoom{NewVaultClient(over, base, of("Vault")...), u.Host},
		Trustee:   NewTrusteeClient(over, base, of("Trustee")...),
		Emergency: NewEmergencyClient(over, base, of("Emergency")...),
		Admin:     adminClientRoom{NewAdminClient(over, base, of("Admin")...), u.Host},
		Devnet:    NewDevnetClient(over, base, of("Devnet")...),
		transport: transport,
	}, nil
}

// Close gives up connections that no call uses.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// bearer shows the token.
type bearer struct {
	next  http.RoundTripper
	token string
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(r)
}

// homecoming turns the errors of calls back into those of the rooms. Streams do
// it in drain.
type homecoming struct{ host string }

func (h homecoming) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		res, err := next(ctx, req)
		return res, inward("ask "+h.host, err)
	}
}

func (h homecoming) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func (h homecoming) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

// drain hands on what a stream brings. An error of each comes back as it is.
func drain[T any](host string, stream *connect.ServerStreamForClient[T], err error, each func(*T) error) error {
	if err != nil {
		return inward("ask "+host, err)
	}
	defer stream.Close()
	for stream.Receive() {
		if err := each(stream.Msg()); err != nil {
			return err
		}
	}
	return inward("ask "+host, stream.Err())
}

type ledgerClientRoom struct {
	LedgerClient
	host string
}

func (c ledgerClientRoom) Watch(ctx context.Context, in *WatchRequest, each func(*Block) error) error {
	stream, err := c.LedgerClient.Watch(ctx, in)
	return drain(c.host, stream, err, each)
}

func (c ledgerClientRoom) WatchLog(ctx context.Context, in *WatchLogRequest, each func(*LogGrown) error) error {
	stream, err := c.LedgerClient.WatchLog(ctx, in)
	return drain(c.host, stream, err, each)
}

func (c ledgerClientRoom) Snapshot(ctx context.Context, in *SnapshotRequest, each func(*SnapshotPart) error) error {
	stream, err := c.LedgerClient.Snapshot(ctx, in)
	return drain(c.host, stream, err, each)
}

type vaultClientRoom struct {
	VaultClient
	host string
}

func (c vaultClientRoom) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	stream, err := c.VaultClient.GetRecords(ctx, in)
	return drain(c.host, stream, err, each)
}

type adminClientRoom struct {
	AdminClient
	host string
}

func (c adminClientRoom) Fsck(ctx context.Context, in *FsckRequest, each func(*wire.FsckProgress) error) error {
	stream, err := c.AdminClient.Fsck(ctx, in)
	return drain(c.host, stream, err, each)
}
