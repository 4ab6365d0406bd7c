package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Limits in time.
const (
	usual   = 60 * time.Second
	lengthy = 10 * time.Minute // submissions, copies, records, fsck
	longest = 2 * time.Hour    // a snapshot
	watched = 15 * time.Minute // a log: who watches proves again then that it is theirs
)

// timeLimit returns how long a procedure may take; 0 is without end.
func timeLimit(procedure string) time.Duration {
	switch procedure {
	case LedgerWatchProcedure:
		return 0
	case LedgerWatchLogProcedure:
		return watched
	case LedgerSnapshotProcedure:
		return longest
	case VaultPutSubmissionProcedure, VaultPutCopyProcedure, VaultGetCopyProcedure, VaultGetRecordsProcedure, AdminFsckProcedure:
		return lengthy
	}
	return usual
}

// Handler serves rooms. HTTP/2 without TLS, which gRPC needs, is the server's
// to allow; Serve does.
func Handler(r Rooms) http.Handler {
	log := r.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	options := []connect.HandlerOption{
		connect.WithInterceptors(guard{log, r.Observe}),
		connect.WithConditionalHandlerOptions(func(s connect.Spec) []connect.HandlerOption {
			// JSON is longer; the codec counts anew.
			return []connect.HandlerOption{connect.WithReadMaxBytes(inJSON(budgetOfSchema(s.Schema).bytes))}
		}),
		// Sealed bytes do not shrink, and a small message that unpacks into a
		// large one is an attack.
		connect.WithCompression("gzip", nil, nil),
		connect.WithHandlerOptions(handlerCodecs()...),
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.HandlerFunc(notServed))
	open := func(path string, h http.Handler) { mux.Handle(path, crossOrigin(h)) }
	if r.Ledger != nil {
		open(NewLedgerHandler(ledgerServer{r.Ledger}, options...))
	}
	if r.Directory != nil {
		open(NewDirectoryHandler(r.Directory, options...))
	}
	if r.Notices != nil {
		open(NewNoticesHandler(r.Notices, options...))
	}
	if r.Vault != nil {
		open(NewVaultHandler(vaultServer{r.Vault}, options...))
	}
	if r.Trustee != nil {
		open(NewTrusteeHandler(r.Trustee, options...))
	}
	if r.Emergency != nil {
		open(NewEmergencyHandler(r.Emergency, options...))
	}
	if r.Admin != nil {
		path, h := NewAdminHandler(adminServer{r.Admin}, options...)
		mux.Handle(path, loopbackName(operatorOnly(r.AdminToken, h)))
	}
	if r.Devnet != nil {
		path, h := NewDevnetHandler(r.Devnet, options...)
		mux.Handle(path, loopbackName(h))
	}
	return bounded(newShares(maxInFlight), mux)
}

// Serve serves a handler on a listener until ctx ends, then lets requests in
// progress finish for up to five seconds. It returns nil after that, and
// otherwise what stopped it.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	return serveOn(ctx, l, h, nil)
}

// ServeTLS is Serve over TLS. The configuration holds the certificate or how to
// get it; TLS 1.3 is what is spoken, whatever it says.
func ServeTLS(ctx context.Context, l net.Listener, h http.Handler, c *tls.Config) error {
	c = c.Clone()
	c.MinVersion = tls.VersionTLS13
	return serveOn(ctx, l, h, c)
}

func serveOn(ctx context.Context, l net.Listener, h http.Handler, c *tls.Config) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(c != nil)
	protocols.SetUnencryptedHTTP2(c == nil)
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler: h, Protocols: protocols, TLSConfig: c,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 250, MaxReceiveBufferPerConnection: 16 << 20, MaxReceiveBufferPerStream: 4 << 20,
			SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: 30 * time.Second,
		},
	}
	l = newDoorway(l)
	ended := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
		case <-ended:
			return
		}
		cutWatchers := time.AfterFunc(500*time.Millisecond, cut) // streams without end would keep us
		defer cutWatchers.Stop()
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if server.Shutdown(late) != nil {
			server.Close()
		}
	}()
	var err error
	if c == nil {
		err = server.Serve(l)
	} else {
		err = server.ServeTLS(l, "", "")
	}
	close(ended)
	<-stopped
	if ctx.Err() != nil {
		return nil
	}
	return stele.E("serve", stele.KindOther, "the listener failed", err)
}

// crossOrigin lets a wallet in a browser speak to any member: requests carry
// signatures, never cookies, so that an origin means nothing.
func crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "POST")
			h.Set("Access-Control-Allow-Headers",
				"Content-Type, Connect-Protocol-Version, Connect-Timeout-Ms, Grpc-Timeout, X-Grpc-Web, X-User-Agent")
			h.Set("Access-Control-Max-Age", "7200")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// operatorOnly lets in whoever bears the token.
func operatorOnly(token string, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(shown))
		if token == "" || !ok || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			answer(w, r, stele.E("", stele.KindDenied, "this service is for the member's operator", nil).
				WithHint("show the token from the member's folder as Authorization: Bearer"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopbackName refuses requests under another name than the machine's own for
// itself: a page of a stranger whose name points to 127.0.0.1 is one.
func loopbackName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			answer(w, r, stele.E("", stele.KindDenied, "this service is for this machine only", nil))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func notServed(w http.ResponseWriter, r *http.Request) {
	answer(w, r, stele.E("", stele.KindNotFound, "this member does not serve that", nil))
}

// answer writes an error in the protocol of the request.
func answer(w http.ResponseWriter, r *http.Request, err error) {
	writer := connect.NewErrorWriter()
	if writer.IsSupported(r) {
		_ = writer.Write(w, r, outward(err))
		return
	}
	http.Error(w, sentence(err), http.StatusNotFound)
}

// Streams take a function in the rooms and a Connect stream here.

type ledgerServer struct{ Ledger }

func (s ledgerServer) Watch(ctx context.Context, in *WatchRequest, out *connect.ServerStream[Block]) error {
	return s.Ledger.Watch(ctx, in, out.Send)
}

func (s ledgerServer) WatchLog(ctx context.Context, in *WatchLogRequest, out *connect.ServerStream[LogGrown]) error {
	return s.Ledger.WatchLog(ctx, in, out.Send)
}

func (s ledgerServer) Snapshot(ctx context.Context, in *SnapshotRequest, out *connect.ServerStream[SnapshotPart]) error {
	return s.Ledger.Snapshot(ctx, in, out.Send)
}

type vaultServer struct{ Vault }

func (s vaultServer) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, out *connect.ServerStream[wire.GetRecordsResponse]) error {
	return s.Vault.GetRecords(ctx, in, out.Send)
}

type adminServer struct{ Admin }

func (s adminServer) Fsck(ctx context.Context, in *FsckRequest, out *connect.ServerStream[wire.FsckProgress]) error {
	return s.Admin.Fsck(ctx, in, out.Send)
}
