package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// ward is rooms in memory: they answer what they are told to.
type ward struct {
	Ledger
	Directory
	Vault
	members.Trustee
	Admin
	Devnet

	err    error
	thrown any
	blocks chan *Block
	hang   bool
	put    int // bytes of the last submission
}

func (w *ward) rooms() Rooms {
	return Rooms{Ledger: w, Directory: w.asDirectory(), Vault: w, Trustee: w, Admin: w, Devnet: w, AdminToken: "sesame"}
}

// asDirectory hides the other rooms, whose methods share no names with it.
func (w *ward) asDirectory() Directory { return w }

func (w *ward) Status(ctx context.Context, _ *StatusRequest) (*StatusResponse, error) {
	if w.thrown != nil {
		panic(w.thrown)
	}
	if w.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &StatusResponse{Chain: "town-1", Height: 7, TimeMs: 1_800_000_000_000, Fingerprint: []byte{1, 2, 3}}, w.err
}

func (w *ward) Subject(_ context.Context, in *SubjectRequest) (*SubjectResponse, error) {
	return &SubjectResponse{Did: in.Did}, w.err
}

func (w *ward) Watch(ctx context.Context, _ *WatchRequest, each func(*Block) error) error {
	for {
		select {
		case b := <-w.blocks:
			if err := each(b); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *ward) PutSubmission(_ context.Context, in *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	w.put = len(in.GetSubmission().GetHead().GetBody())
	return &wire.PutSubmissionResponse{Copies: [][]byte{{1}}}, w.err
}

func (w *ward) GetRecords(_ context.Context, in *wire.GetRecordsRequest, each func(*wire.GetRecordsResponse) error) error {
	for _, folio := range in.Folios {
		if err := each(&wire.GetRecordsResponse{Folio: folio}); err != nil {
			return err
		}
	}
	return w.err
}

func (w *ward) Release(context.Context, *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	return &wire.ReleaseResponse{Sealed: []byte("sealed")}, w.err
}

func (w *ward) FindCards(_ context.Context, in *wire.FindCardsRequest) (*wire.FindCardsResponse, error) {
	return &wire.FindCardsResponse{Cards: []*wire.Signed{{Body: []byte(in.Query)}}}, w.err
}

func (w *ward) VaultStatus(context.Context, *VaultStatusRequest) (*wire.VaultStatus, error) {
	return &wire.VaultStatus{Records: 5}, w.err
}

func (w *ward) Fsck(_ context.Context, _ *FsckRequest, each func(*wire.FsckProgress) error) error {
	return each(&wire.FsckProgress{Done: 1, Total: 1, Finished: true})
}

func (w *ward) Members(context.Context, *DevnetMembersRequest) (*DevnetMembersResponse, error) {
	return &DevnetMembersResponse{Members: []*DevnetMember{{Running: true}}}, w.err
}

// serve serves rooms on loopback and returns their address.
func serve(t testing.TB, r Rooms) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := Serve(ctx, l, Handler(r)); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return "http://" + l.Addr().String()
}

func dial(t testing.TB, address string, options ...Option) *Client {
	t.Helper()
	c, err := Dial(address, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// protocols are the ways of speaking to a member.
var protocols = map[string][]Option{"connect": nil, "grpc": {OverGRPC()}, "grpc-web": {OverGRPCWeb()}}

func TestOneRoomNearAndFar(t *testing.T) {
	for name, options := range protocols {
		t.Run(name, func(t *testing.T) {
			w := &ward{}
			c := dial(t, serve(t, w.rooms()), append(options, WithToken("sesame"))...)
			ctx := context.Background()
			near, _ := w.Status(ctx, &StatusRequest{})
			far, err := c.Ledger.Status(ctx, &StatusRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(near, far, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			var folios []string
			if err := c.Vault.GetRecords(ctx, &wire.GetRecordsRequest{Folios: [][]byte{{1}, {2}, {3}}}, func(r *wire.GetRecordsResponse) error {
				folios = append(folios, string(r.Folio))
				return nil
			}); err != nil || len(folios) != 3 || folios[2] != "\x03" {
				t.Errorf("streamed %q (%v)", folios, err)
			}
			if s, err := c.Admin.VaultStatus(ctx, &VaultStatusRequest{}); err != nil || s.Records != 5 {
				t.Errorf("admin answered %v, %v", s, err)
			}
			if r, err := c.Directory.FindCards(ctx, &wire.FindCardsRequest{Query: "Amara"}); err != nil || string(r.Cards[0].Body) != "Amara" {
				t.Errorf("directory answered %v, %v", r, err)
			}
			if m, err := c.Devnet.Members(ctx, &DevnetMembersRequest{}); err != nil || !m.Members[0].Running {
				t.Errorf("devnet answered %v, %v", m, err)
			}
		})
	}
}

func TestErrorsCrossWithKindSentenceAndHintOnly(t *testing.T) {
	for name, options := range protocols {
		w := &ward{}
		c := dial(t, serve(t, w.rooms()), options...)
		for kind := stele.KindOther; kind <= stele.KindUnknown; kind++ {
			w.err = stele.E("inner operation", kind, "what happened – in a sentence", errors.New("internal cause")).WithHint("what to do")
			unary := func() error { _, err := c.Ledger.Status(context.Background(), &StatusRequest{}); return err }()
			stream := c.Vault.GetRecords(context.Background(), &wire.GetRecordsRequest{Folios: [][]byte{{1}}}, func(*wire.GetRecordsResponse) error { return nil })
			for _, err := range []error{unary, stream} {
				e, ok := errors.AsType[*stele.Error](err)
				if !ok || e.Kind != kind || e.Text != "what happened – in a sentence" || e.Hint != "what to do" {
					t.Errorf("%s: kind %v came as %#v", name, kind, err)
				}
				if strings.Contains(err.Error(), "internal cause") || strings.Contains(err.Error(), "inner operation") {
					t.Errorf("%s: the cause crossed: %v", name, err)
				}
			}
		}
		w.err = errors.New("secret cause")
		_, err := c.Ledger.Status(context.Background(), &StatusRequest{})
		if stele.KindOf(err) != stele.KindOther || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: a bare error came as %v", name, err)
		}
		// A wrapped sentence is found below one that has none.
		w.err = stele.E("a", stele.KindDenied, "", stele.E("b", stele.KindDenied, "the inner sentence", nil))
		if _, err := c.Ledger.Status(context.Background(), &StatusRequest{}); !strings.Contains(err.Error(), "the inner sentence") {
			t.Errorf("%s: came as %v", name, err)
		}
	}
}

func TestPanicsCostOneRequestAndTellNothing(t *testing.T) {
	var log bytes.Buffer
	w := &ward{thrown: "secret that was thrown"}
	r := w.rooms()
	r.Log = slog.New(slog.NewTextHandler(&log, nil))
	c := dial(t, serve(t, r))
	_, err := c.Ledger.Status(context.Background(), &StatusRequest{})
	if stele.KindOf(err) != stele.KindOther || strings.Contains(err.Error(), "secret") {
		t.Errorf("a panic came as %v", err)
	}
	if s := log.String(); strings.Contains(s, "secret") || !strings.Contains(s, "ward).Status") {
		t.Errorf("the log says %q", s)
	}
	w.thrown = nil
	if _, err := c.Ledger.Status(context.Background(), &StatusRequest{}); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

func TestMembersThatDoNotAnswerAreUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := dial(t, "http://"+l.Addr().String())
	if _, err := c.Ledger.Status(context.Background(), &StatusRequest{}); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("nobody there: %v", err)
	}
	c = dial(t, serve(t, (&ward{hang: true}).rooms()))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Ledger.Status(ctx, &StatusRequest{}); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("a member that hangs: %v", err)
	}
	// A room that is not served is not found.
	c = dial(t, serve(t, Rooms{Ledger: &ward{}}))
	if _, err := c.Trustee.Release(context.Background(), &wire.ReleaseRequest{}); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("a room that is not there: %v", err)
	}
	for _, address := range []string{"", "127.0.0.1:80", "ftp://x", "http://"} {
		if _, err := Dial(address); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("dialled %q", address)
		}
	}
}

func TestSizesAreLimited(t *testing.T) {
	w := &ward{}
	address := serve(t, w.rooms())
	for name, options := range protocols {
		c := dial(t, address, options...)
		ctx := context.Background()
		if _, err := c.Trustee.Release(ctx, &wire.ReleaseRequest{Request: &wire.Signed{Body: make([]byte, budgets["ReleaseRequest"].bytes+1)}}); err == nil {
			t.Errorf("%s: an oversized request was served", name)
		} else if k := stele.KindOf(err); k == stele.KindOther {
			t.Errorf("%s: an oversized request: %v", name, err)
		}
		put := &wire.PutSubmissionRequest{Submission: &wire.Submission{Head: &wire.Signed{Body: make([]byte, 20<<20)}}}
		if _, err := c.Vault.PutSubmission(ctx, put); err != nil || w.put != 20<<20 {
			t.Errorf("%s: a submission of 20 MiB: %v", name, err)
		}
	}
}

func TestAdminNeedsTheTokenAndALoopbackName(t *testing.T) {
	w := &ward{}
	address := serve(t, w.rooms())
	for _, token := range []string{"", "wrong", "sesame2"} {
		c := dial(t, address, WithToken(token))
		if _, err := c.Admin.VaultStatus(context.Background(), &VaultStatusRequest{}); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("token %q: %v", token, err)
		}
		if err := c.Admin.Fsck(context.Background(), &FsckRequest{}, func(*wire.FsckProgress) error { return nil }); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("fsck with token %q: %v", token, err)
		}
	}
	r := w.rooms()
	r.AdminToken = ""
	c := dial(t, serve(t, r))
	if _, err := c.Admin.VaultStatus(context.Background(), &VaultStatusRequest{}); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("without any token set: %v", err)
	}
	for _, path := range []string{AdminVaultStatusProcedure, DevnetMembersProcedure} {
		req, _ := http.NewRequest(http.MethodPost, address+path, strings.NewReader("{}"))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer sesame")
		req.Host = "rebound.example"
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			t.Errorf("%s answered under a stranger's name", path)
		}
	}
}

func TestWatchersAreTold(t *testing.T) {
	w := &ward{blocks: make(chan *Block, 2)}
	c := dial(t, serve(t, w.rooms()))
	w.blocks <- &Block{Height: 1}
	w.blocks <- &Block{Height: 2}
	enough := errors.New("enough")
	var heights []int64
	err := c.Ledger.Watch(context.Background(), &WatchRequest{}, func(b *Block) error {
		if heights = append(heights, b.Height); len(heights) == 2 {
			return enough
		}
		return nil
	})
	if err != enough || len(heights) != 2 || heights[1] != 2 {
		t.Errorf("watched %v, %v", heights, err)
	}
}

func TestServeEndsWhileSomebodyWatches(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &ward{blocks: make(chan *Block)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, Handler(w.rooms())) }()
	c := dial(t, "http://"+l.Addr().String())
	watching := make(chan error, 1)
	go func() {
		watching <- c.Ledger.Watch(context.Background(), &WatchRequest{}, func(*Block) error { return nil })
	}()
	w.blocks <- &Block{Height: 1} // the watcher is there
	start := time.Now()
	cancel()
	if err := <-done; err != nil || time.Since(start) > 4*time.Second {
		t.Errorf("serving ended after %v: %v", time.Since(start), err)
	}
	if err := <-watching; stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("the watcher heard %v", err)
	}
}

// TestCurl does with net/http what curl does:
//
//	curl -H 'Content-Type: application/json' -d '{}' http://127.0.0.1:7700/stele.api.v1.Ledger/Status
func TestCurl(t *testing.T) {
	w := &ward{}
	address := serve(t, w.rooms())
	post := func(path, body string) (int, http.Header, map[string]any) {
		t.Helper()
		res, err := http.Post(address+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]any
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatalf("%s answered %q", path, raw)
		}
		return res.StatusCode, res.Header, answer
	}
	code, header, answer := post("/stele.api.v1.Ledger/Status", "{}")
	if code != 200 || answer["chain"] != "town-1" || answer["height"] != "7" || answer["fingerprint"] != base64.StdEncoding.EncodeToString([]byte{1, 2, 3}) {
		t.Errorf("status answered %d %v", code, answer)
	}
	if header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", header)
	}
	w.err = stele.E("op", stele.KindDenied, "no", nil)
	code, _, answer = post("/stele.api.v1.Ledger/Status", "{}")
	if code != 403 || answer["code"] != "permission_denied" || answer["message"] != "no" {
		t.Errorf("a refusal answered %d %v", code, answer)
	}
	code, _, answer = post("/stele.api.v1.Ledger/Subject", "{not json")
	if code != 400 || answer["code"] != "invalid_argument" {
		t.Errorf("malformed JSON answered %d %v", code, answer)
	}
}

func TestBrowsersMayAskAnyMember(t *testing.T) {
	req, _ := http.NewRequest(http.MethodOptions, serve(t, (&ward{}).rooms())+TrusteeReleaseProcedure, nil)
	req.Header.Set("Origin", "https://portal.example")
	req.Header.Set("Access-Control-Request-Method", "POST")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNoContent || !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "Connect-Protocol-Version") {
		t.Errorf("preflight answered %d %v", res.StatusCode, res.Header)
	}
}

func TestNodeFetch(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node on the PATH")
	}
	script := `
const [,, address] = process.argv;
const ask = (path, body) => fetch(address + path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
const ok = await (await ask("/stele.api.v1.Ledger/Status", {})).json();
const refused = await ask("/stele.api.v1.Admin/VaultStatus", {});
console.log(ok.chain, ok.height, refused.status);
`
	out, err := exec.Command(node, "--input-type=module", "-e", script, "node", serve(t, (&ward{}).rooms())).CombinedOutput()
	if err != nil {
		// Older versions of node have no argv here: say what they said.
		t.Fatalf("%v: %s", err, out)
	}
	if got := strings.TrimSpace(string(out)); got != "town-1 7 403" {
		t.Errorf("node saw %q", got)
	}
}

func TestRefusalsAreAlikeInEveryByte(t *testing.T) {
	w := &ward{err: stele.E("release", stele.KindDenied, "the trustee released nothing", nil)}
	address := serve(t, w.rooms())
	var first string
	for i := range 5 {
		body := `{"capsules": [` + strings.TrimSuffix(strings.Repeat("{},", i), ",") + `]}`
		res, err := http.Post(address+TrusteeReleaseProcedure, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(res.Body)
		res.Body.Close()
		res.Header.Del("Date")
		var all bytes.Buffer
		_ = res.Header.Write(&all)
		all.Write(raw)
		if first == "" {
			first = all.String()
		}
		if all.String() != first {
			t.Errorf("a refusal differs:\n%s\n%s", all.String(), first)
		}
	}
}
