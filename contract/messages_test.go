package contract_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// owners are the rooms that may tell one kind of event or transaction from another:
// where it is said, the contracts, and the model that they are held against.
var owners = []string{"wire", "contract", "ledger/ledgertest"}

// readers are the rooms that may read into a message of one kind, because what it says
// itself is what they judge.
var readers = map[string][]string{
	"proof": {"Anchored", "GrantGiven", "ReceiptsPosted"},      // what they commit to is held against what is shown
	"sim":   {"GrantGiven", "GrantRevoked", "AccessPermitted"}, // the judge of what was true
}

// messages are the names of all kinds of events and transactions, in Go.
func messages() map[string]bool {
	names := map[string]bool{}
	for whole, oneof := range map[proto.Message]protoreflect.Name{&wire.Event{}: "event", &wire.Transaction{}: "message"} {
		kinds := whole.ProtoReflect().Descriptor().Oneofs().ByName(oneof).Fields()
		for i := range kinds.Len() {
			names[string(kinds.Get(i).Message().Name())] = true
		}
	}
	return names
}

// TestNothingElseTellsTheMessagesApart: outside their owners nothing asks which kind an
// event or a transaction is, by a switch, an assertion or a getter, but for what is
// listed: wire's About and Asks say what a new one is, to everybody at once.
func TestNothingElseTellsTheMessagesApart(t *testing.T) {
	kinds, unused := messages(), map[string]bool{}
	for room, list := range readers {
		for _, kind := range list {
			unused[room+" "+kind] = true
		}
	}
	asked := func(path string, kind string) {
		room := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(path, "../")))
		for _, owner := range owners {
			if room == owner || strings.HasPrefix(room, owner+"/") {
				return
			}
		}
		for _, known := range readers[room] {
			if known == kind {
				delete(unused, room+" "+kind)
				return
			}
		}
		t.Errorf("%s asks for %s: see Event.About and Transaction.Asks", path, kind)
	}
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if kind := toldApart(n); kinds[kind] {
				asked(path, kind)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for known := range unused {
		t.Errorf("%s is not read any more: take it off the list", known)
	}
}

// toldApart is the kind of message that an expression asks for, or empty: a getter's,
// x.GetAnchored, or that of the type *wire.Event_Anchored, which a switch, an assertion
// or a declaration names, and a value that is made, &wire.Event_Anchored{}, does not.
func toldApart(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(f.Sel.Name, "Get") {
			return f.Sel.Name[len("Get"):]
		}
	case *ast.StarExpr:
		if of, kind, ok := strings.Cut(name(n.X), "_"); ok && (of == "Event" || of == "Transaction") {
			return kind
		}
	}
	return ""
}

// TestAnEventIsAboutWhatItsTransactionAsksFor: of each kind of transaction the event that
// answers it names the same object; and an object drawn for an owner is taken of no other.
func TestAnEventIsAboutWhatItsTransactionAsksFor(t *testing.T) {
	_, kinds := everything(t)
	for kind := range kinds {
		s, all := everything(t) // one each: what one changes the others would find changed
		good := all[kind]
		tx := good.message()
		asks := tx.Asks()
		done := s.town.Block(time.Second, s.town.Parcel(s.town.Tx(tx, good.by...)))
		e := new(wire.Event)
		if v := done.Verdicts[0]; v.Err != nil || wire.Decode(v.Outcome.Event, e) != nil {
			t.Errorf("%s is not taken: %v", kind, v.Err)
			continue
		}
		if about := e.About(); !bytes.Equal(about.Object(), asks.Object) {
			t.Errorf("%s is about %x, and its event about %x", kind, asks.Object, about.Object())
		}
		if asks.Owner == nil {
			continue
		}
		other := good.message()
		other.Nonce = ledgertest.ID("another")
		id := other.Asks().Object // of the transaction itself
		id[len(id)-1] ^= 1
		if _, err := s.town.Ledger.Admit(s.town.Tx(other, good.by...)); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s takes an id that was drawn for somebody else: %v", kind, err)
		}
	}
}
