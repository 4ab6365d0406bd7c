package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// FuzzHandler sends anything to any path in any encoding. The answer is one of
// HTTP's, is bounded, and never a fault of the member's; nobody without the token
// reaches the operator's service.
func FuzzHandler(f *testing.F) {
	w := &ward{err: stele.E("op", stele.KindDenied, "not allowed", errors.New("secret cause"))}
	h := Handler(w.rooms())
	f.Add(LedgerStatusProcedure, "application/json", "", []byte(`{}`))
	f.Add(LedgerSubjectProcedure, "application/proto", "", []byte{0x0a, 0x01, 'x'})
	f.Add(VaultPutSubmissionProcedure, "application/proto", "gzip", []byte{0x1f, 0x8b, 8})
	f.Add(VaultGetRecordsProcedure, "application/connect+proto", "", []byte{0, 0, 0, 0, 2, 0x0a, 0x00})
	f.Add(TrusteeReleaseProcedure, "application/grpc", "", []byte{0, 0, 0, 0, 0})
	f.Add(DirectoryFindCardsProcedure, "application/grpc-web+proto", "", []byte{1, 0xff, 0xff, 0xff, 0xff})
	f.Add(AdminVaultStatusProcedure, "application/json", "", []byte(`{}`))
	f.Add("/..//x?y", "text/html", "br", []byte("x"))
	f.Fuzz(func(t *testing.T, path, contentType, encoding string, body []byte) {
		if strings.HasSuffix(path, "/Watch") {
			return // ends when its context does
		}
		r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path, r.Host, r.RemoteAddr = path, "127.0.0.1", "127.0.0.1:1"
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Content-Encoding", encoding)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		out := answer.Result()
		text, err := io.ReadAll(out.Body)
		if err != nil {
			t.Fatal(err)
		}
		if out.StatusCode >= 500 && out.StatusCode != http.StatusNotImplemented {
			t.Fatalf("%s %s: %d %q", path, contentType, out.StatusCode, text)
		}
		if len(text) > 8192 || strings.Contains(string(text), "secret cause") {
			t.Fatalf("%s %s: %q", path, contentType, text)
		}
		if strings.Contains(path, "Admin") && out.StatusCode == http.StatusOK && !strings.Contains(contentType, "grpc") && !strings.Contains(contentType, "connect") {
			t.Fatalf("%s let somebody in", path)
		}
	})
}

// FuzzFault reads the error of a member that says anything: whatever comes is one
// of our errors, of a kind that is known.
func FuzzFault(f *testing.F) {
	raw, err := proto.Marshal(&Fault{Kind: "denied", Text: "not allowed", Hint: "ask"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(connect.CodePermissionDenied), "not allowed", raw)
	f.Add(uint32(99), "", []byte{0xff})
	f.Fuzz(func(t *testing.T, code uint32, text string, detail []byte) {
		theirs := connect.NewError(connect.Code(code), errors.New(text))
		fault := new(Fault)
		if proto.Unmarshal(detail, fault) == nil {
			d, err := connect.NewErrorDetail(fault)
			if err != nil {
				return
			}
			theirs.AddDetail(d)
		}
		got := inward("ask", theirs)
		e, ok := errors.AsType[*stele.Error](got)
		if !ok || e.Op != "ask" || stele.ParseKind(e.Kind.String()) != e.Kind {
			t.Fatalf("%#v", got)
		}
		_ = got.Error()
	})
}

// FuzzSubmit puts bytes on a ledger as a wallet hands them over.
func FuzzSubmit(f *testing.F) {
	f.Add(wire.Marshal(wire.Sign(wire.TagTransaction, &wire.Transaction{Chain: "c"}, wire.NewEd25519())))
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := Direct{Ledger: answering{}}.Submit(context.Background(), raw)
		if stele.KindOf(err) != stele.KindInvalid {
			t.Fatalf("%v", err) // the answer below names no subject
		}
	})
}

// answering is a ledger that takes everything and says nothing.
type answering struct{ Ledger }

func (answering) Submit(context.Context, *SubmitRequest) (*SubmitResponse, error) {
	return &SubmitResponse{}, nil
}
