package api

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// eachMessage visits the messages that the services exchange.
func eachMessage(visit func(procedure string, m protoreflect.MessageDescriptor)) {
	services := File_api_api_proto.Services()
	for i := range services.Len() {
		methods := services.Get(i).Methods()
		for k := range methods.Len() {
			m := methods.Get(k)
			name := fmt.Sprintf("/%s/%s", services.Get(i).FullName(), m.Name())
			visit(name, m.Input())
			visit(name, m.Output())
		}
	}
}

func TestEveryMessageHasABudget(t *testing.T) {
	seen := map[string]string{}
	eachMessage(func(procedure string, m protoreflect.MessageDescriptor) {
		name := string(m.Name())
		if b := budgets[name]; b.bytes == 0 || b.parts == 0 || b.bytes > MaxSubmission {
			t.Errorf("%s: %s has no budget", procedure, name)
		}
		if before := seen[name]; before != "" {
			t.Errorf("%s is of %s and %s: a budget belongs to one procedure", name, before, procedure)
		}
		seen[name] = procedure
	})
	for name := range budgets {
		if seen[name] == "" && name != "Status" {
			t.Errorf("%s has a budget and no procedure", name)
		}
	}
}

// crumbs is an encoding of m that is n empty items of a list, nil when it has no
// list within reach.
func crumbs(m protoreflect.MessageDescriptor, n, depth int) []byte {
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if f.IsList() && (f.Message() != nil || f.Kind() == protoreflect.BytesKind || f.Kind() == protoreflect.StringKind) {
			return bytes.Repeat(protowire.AppendBytes(protowire.AppendTag(nil, f.Number(), protowire.BytesType), nil), n)
		}
	}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if f.Message() == nil || depth == 0 {
			continue
		}
		if inner := crumbs(f.Message(), n, depth-1); inner != nil {
			return protowire.AppendBytes(protowire.AppendTag(nil, f.Number(), protowire.BytesType), inner)
		}
	}
	return nil
}

// TestR44CrumbsAreRefusedBeforeTheyAreDecoded: for every message of every
// procedure, in both encodings, as request and as answer.
func TestR44CrumbsAreRefusedBeforeTheyAreDecoded(t *testing.T) {
	tried := 0
	eachMessage(func(procedure string, d protoreflect.MessageDescriptor) {
		b := budgets[string(d.Name())]
		raw := crumbs(d, min(b.parts+1, b.bytes/2-8), 3)
		if raw == nil || len(raw) < 2*b.parts {
			return
		}
		tried++
		kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
		if err != nil {
			t.Fatal(err)
		}
		for _, codec := range codecs() {
			body := raw
			if codec.Name() != "proto" {
				if b.parts > 1<<16 {
					continue // long to make
				}
				m := dynamicpb.NewMessage(d)
				if err := proto.Unmarshal(crumbs(d, 2*b.parts+32, 3), m); err != nil {
					t.Fatal(err)
				}
				if body, err = protojson.Marshal(m); err != nil {
					t.Fatal(err)
				}
				if len(body) > inJSON(b.bytes) {
					continue
				}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := codec.Unmarshal(body, kind.New().Interface())
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), "holds more than it may") {
				t.Errorf("%s: %s in %s: %v", procedure, d.Name(), codec.Name(), err)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<10 {
				t.Errorf("%s: %s in %s cost %d KiB", procedure, d.Name(), codec.Name(), grown>>10)
			}
		}
	})
	if tried < 29 {
		t.Errorf("%d messages tried", tried)
	}
}

// TestR44CrumbsThroughTheDoor sends them over HTTP, in all protocols, single and
// streamed: the service answers that the request is malformed and grows by little.
func TestR44CrumbsThroughTheDoor(t *testing.T) {
	w := &ward{}
	h := Handler(w.rooms())
	raw := crumbs((&wire.ReleaseRequest{}).ProtoReflect().Descriptor(), 3<<20, 2) // 6 MiB within its 8
	framed := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(raw))), raw...)
	places := crumbs((&wire.GetRecordsRequest{}).ProtoReflect().Descriptor(), 500_000, 0)
	stream := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(places))), places...)
	text := `{"capsules":[` + strings.TrimSuffix(strings.Repeat("{},", 2<<20), ",") + `]}`
	for name, c := range map[string]struct {
		path, kind string
		body       []byte
	}{
		"connect":        {TrusteeReleaseProcedure, "application/proto", raw},
		"json":           {TrusteeReleaseProcedure, "application/json", []byte(text)},
		"json utf-8":     {TrusteeReleaseProcedure, "application/json; charset=utf-8", []byte(text)},
		"grpc":           {TrusteeReleaseProcedure, "application/grpc", framed},
		"grpc-web":       {TrusteeReleaseProcedure, "application/grpc-web+proto", framed},
		"connect stream": {VaultGetRecordsProcedure, "application/connect+proto", stream},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := httptest.NewRequest(http.MethodPost, c.path, bytes.NewReader(c.body))
		r.RemoteAddr, r.ProtoMajor = "127.0.0.1:1", 2
		r.Header.Set("Content-Type", c.kind)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		runtime.ReadMemStats(&after)
		out, _ := io.ReadAll(answer.Result().Body)
		all := string(out) + fmt.Sprint(answer.Result().Header, answer.Result().Trailer)
		if !strings.Contains(all, "malformed") && !strings.Contains(all, "holds more than it may") {
			t.Errorf("%s: %d %.200s", name, answer.Code, all)
		}
		// Reading the body costs its size a few times over; decoding it would cost 40 times.
		if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(6*len(c.body)+1<<20) {
			t.Errorf("%s: %d KiB of request cost %d KiB", name, len(c.body)>>10, grown>>10)
		}
	}
}

// liar answers with crumbs.
func TestR44AMembersAnswerIsCountedToo(t *testing.T) {
	raw := crumbs((&BlocksResponse{}).ProtoReflect().Descriptor(), 20_000, 0)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == LedgerWatchProcedure {
			w.Header().Set("Content-Type", "application/connect+proto")
			long := bytes.Repeat([]byte{0x7a, 0}, 70) // unknown fields
			w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(long))), long...))
			w.Write(append(binary.BigEndian.AppendUint32([]byte{2}, 2), "{}"...))
			return
		}
		w.Header().Set("Content-Type", "application/proto")
		w.Write(raw)
	}))
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	server.Config.Protocols = p
	server.Start()
	defer server.Close()
	c := dial(t, server.URL)
	if _, err := c.Ledger.Blocks(context.Background(), &BlocksRequest{}); err == nil {
		t.Error("an answer of crumbs was taken")
	}
	if err := c.Ledger.Watch(context.Background(), &WatchRequest{}, func(*Block) error { t.Error("a block of crumbs was taken"); return nil }); err == nil {
		t.Error("a stream of crumbs was taken")
	}
}

func TestJSONIsCountedBeforeItIsDecoded(t *testing.T) {
	for text, want := range map[string]int{
		`{}`: 1, `{"a":[1,2,3]}`: 4, `{"a":[{},{}]}`: 5, `{"a":"[{,,,]"}`: 1, `{"a":"\"[{"}`: 1, `{"a":1,"b":2}`: 1, `[[[]]]`: 3, `"`: 0, ``: 0,
	} {
		if got := jsonParts([]byte(text), 1000); got != want {
			t.Errorf("%s: %d parts, want %d", text, got, want)
		}
	}
	if got := jsonParts([]byte(strings.Repeat("[", maxNested+1)), 1000); got != 1001 {
		t.Errorf("nested too deeply: %d", got)
	}
}

// TestR44AddressesHaveSharesOfTheirOwn: one address that holds all it may, or
// calls too often, stops nobody else, and not this machine.
func TestR44AddressesHaveSharesOfTheirOwn(t *testing.T) {
	s := newShares(1 << 20)
	now := time.Now()
	stranger, other := s.caller("203.0.113.7:1"), s.caller("203.0.113.8:1")
	if stranger == other || stranger == (stele.Caller{}) {
		t.Fatal("addresses are not told apart")
	}
	if s.caller("127.0.0.1:9") != (stele.Caller{}) || s.caller("[::1]:9") != (stele.Caller{}) || s.caller("[::ffff:127.0.0.1]:9") != (stele.Caller{}) {
		t.Error("this machine is a stranger")
	}
	if s.caller("[2001:db8:1:2::3]:1") != s.caller("[2001:db8:1:ffff::4]:1") || s.caller("[2001:db8:1::]:1") == s.caller("[2001:db8:2::]:1") {
		t.Error("of IPv6 the first 48 bits count")
	}
	if s.caller("[::ffff:203.0.113.7]:1") != stranger {
		t.Error("one address in two ways")
	}
	in := 0
	for range 2 * maxBurst {
		_, done, err := s.begin(stranger, LedgerBlocksProcedure, now)
		if err != nil {
			if stele.KindOf(err) != stele.KindBusy {
				t.Fatal(err)
			}
			break
		}
		in++
		done()
	}
	if in < maxBurst || in > maxBurst+maxRate {
		t.Errorf("%d calls at once, want %d", in, maxBurst)
	}
	for _, c := range []stele.Caller{other, {}} {
		if _, done, err := s.begin(c, LedgerBlocksProcedure, now); err != nil {
			t.Error("others are kept out", err)
		} else {
			done()
		}
	}
	for procedure, most := range map[string]int{LedgerWatchProcedure: maxWatches, LedgerWatchLogProcedure: maxLogs} {
		watching := 0
		var last func()
		for range 2 * most {
			if _, done, err := s.begin(other, procedure, now.Add(time.Hour)); err == nil {
				watching, last = watching+1, done
			}
		}
		if watching != most {
			t.Errorf("%d streams of %s for one address, want %d", watching, procedure, most)
		}
		last()
		if _, _, err := s.begin(other, procedure, now.Add(time.Hour)); err != nil {
			t.Error("a place that is free again:", err)
		}
	}
}

// TestR44OneAddressHoldsAQuarterOfTheMemory of requests, and the rest is for others.
func TestR44OneAddressHoldsAQuarterOfTheMemory(t *testing.T) {
	s := newShares(1000)
	began, leave := make(chan error), make(chan bool)
	h := bounded(s, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		began <- err
		<-leave
	}))
	send := func(from string, size int) error {
		go func() {
			r := httptest.NewRequest(http.MethodPost, TrusteeReleaseProcedure, bytes.NewReader(make([]byte, size)))
			r.RemoteAddr = from
			h.ServeHTTP(httptest.NewRecorder(), r)
		}()
		return <-began
	}
	for i, c := range []struct {
		from string
		fits bool
	}{{"203.0.113.7:1", true}, {"203.0.113.7:2", false}, {"203.0.113.8:1", true}, {"127.0.0.1:1", true}} {
		if err := send(c.from, 150); (err == nil) != c.fits {
			t.Errorf("request %d from %s: %v", i, c.from, err)
		}
	}
	close(leave)
}

// TestR44ACallIsOverWhenItsAnswerWasTaken: a procedure has returned long before; what
// it holds for its answer is counted until then.
func TestR44ACallIsOverWhenItsAnswerWasTaken(t *testing.T) {
	over, made := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(bounded(newShares(1<<20), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		procedure, returned := context.WithCancel(r.Context())
		if !stele.AfterCall(procedure, func() { close(over) }) {
			t.Error("nobody says when this call is over")
		}
		returned()
		close(made)
		_, _ = w.Write(make([]byte, 64<<20)) // more than any buffer between takes
	})))
	defer server.Close()
	res, err := http.Post(server.URL+TrusteeReleaseProcedure, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	<-made
	select {
	case <-over:
		t.Error("over before the answer was taken")
	case <-time.After(50 * time.Millisecond):
	}
	_, _ = io.Copy(io.Discard, res.Body)
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Error("not over when the answer was taken")
	}
}

// FuzzCodecs decodes anything as the requests with the most in them: what is made
// has no more parts than the budget, and nothing panics.
func FuzzCodecs(f *testing.F) {
	f.Add([]byte(`{"folios":["AA=="],"places":[1,2,3],"own":true}`))
	f.Add(wire.Marshal(&wire.GetRecordsRequest{Folios: [][]byte{{1}}, Places: []uint32{1, 2}}))
	f.Add([]byte(strings.Repeat("[", 100)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, codec := range codecs() {
			for _, m := range []proto.Message{&wire.GetRecordsRequest{}, &wire.OwnRequest{}, &BlocksRequest{}, &wire.PutSubmissionRequest{}} {
				if codec.Unmarshal(raw, m) != nil {
					continue
				}
				again, err := proto.Marshal(m)
				if err != nil {
					continue // text that is no UTF-8
				}
				b := budgetOf(m)
				if n := wire.Elements(m.ProtoReflect().Descriptor(), again, 1<<30); n > 2*b.parts+16 {
					t.Fatalf("%T has %d parts", m, n)
				}
			}
		}
	})
}

// TestR44OneAddressHoldsItsOwnAnswersOnly: who asks and takes nothing holds a quarter of
// the memory for answers, and what is over is broken off, never answered with nothing; one
// that is larger goes out alone.
func TestR44OneAddressHoldsItsOwnAnswersOnly(t *testing.T) {
	s := newShares(1000)
	hung, leave, over := make(chan any), make(chan bool), make(chan bool)
	asks := func(from string, size int) (thrown any) {
		h := bounded(s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, size)) }))
		go func() {
			defer func() { over <- true }()
			defer func() {
				if r := recover(); r != nil {
					hung <- r
				}
			}()
			r := httptest.NewRequest(http.MethodPost, TrusteeDetailsProcedure, nil)
			r.RemoteAddr = from
			h.ServeHTTP(slowly{httptest.NewRecorder(), hung, leave}, r)
		}()
		return <-hung
	}
	for i, c := range []struct {
		from   string
		size   int
		broken bool
	}{
		{"203.0.113.7:1", 100, false}, {"203.0.113.7:2", 100, true}, {"203.0.113.7:3", 25, false},
		{"203.0.113.8:1", 150, false}, {"203.0.113.8:2", 1, true},
		{"127.0.0.1:1", 200, false}, {"127.0.0.1:2", 30, true},
	} {
		if thrown := asks(c.from, c.size); (thrown != nil) != c.broken || c.broken && thrown != http.ErrAbortHandler {
			t.Fatalf("answer %d, to %s: %v", i, c.from, thrown)
		}
		if c.broken {
			<-over
		}
	}
	close(leave)
	for range 4 {
		<-over
	}
	if n := s.answers.Load(); n != 0 {
		t.Errorf("%d bytes are still counted", n)
	}
}

// slowly takes an answer when it is told to.
type slowly struct {
	http.ResponseWriter
	hung  chan any
	leave chan bool
}

func (s slowly) Write(p []byte) (int, error) {
	s.hung <- nil
	<-s.leave
	return s.ResponseWriter.Write(p)
}

// TestASlotFitsItsRequest: what a patient seals to a member is of one length, and is taken in JSON, too.
func TestASlotFitsItsRequest(t *testing.T) {
	subject, commitment := stele.SubjectOf(nil), stele.Digest{}
	raw, err := protojson.Marshal(&wire.PutSlotRequest{Slot: wire.Sign(wire.TagSlot, &wire.SealedSlot{
		Chain: strings.Repeat("c", 50), Audience: subject[:], Subject: subject[:], Commitment: commitment[:], Envelope: make([]byte, slot.EnvelopeLen), AtMs: 1 << 50,
	}, wire.NewEd25519())})
	if most := budgets["PutSlotRequest"].bytes; err != nil || len(raw) > most {
		t.Errorf("it takes %d bytes of %d, %v", len(raw), most, err)
	}
}
