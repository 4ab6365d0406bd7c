package delivery_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// strangeLedger is a ledger of another network, at a member's address.
type strangeLedger struct{ members.Ledger }

func (l strangeLedger) Submit(context.Context, []byte) (stele.Outcome, error) {
	return stele.Outcome{}, stele.E("submit transaction", stele.KindInvalid, stele.ForAnotherChain, nil)
}

// TestR46ARefusalByAnotherNetworkIsNone: two members of another network answered where
// two of hers are expected, as when a machine's ports were taken over. What they said was
// taken for the ledger's word: the grant was forgotten, and it held.
func TestR46ARefusalByAnotherNetworkIsNone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		to, terms := w.ContactOf(p, d), town.Terms(stele.Allergies)
		strange := func(s *client.Session, names []string) *client.Session {
			for _, name := range names {
				s = town.Bend(s, name, func(m *members.Member) { m.Ledger = strangeLedger{m.Ledger} })
			}
			return s
		}
		_, _, err := strange(w.Deaf(p, true), w.Names[:2]).Give(t.Context(), to, terms)
		w.Wants(err, stele.KindUnknown, "a grant that two members took, and strangers refused")
		if wallettest.Sure(p.Tally()).Sent != 1 || len(wallettest.Sure(p.GivenGrants())) != 1 {
			t.Fatalf("it is forgotten: kept %d, given %d", wallettest.Sure(p.Tally()).Sent, len(wallettest.Sure(p.GivenGrants())))
		}
		first := wallettest.Sure(p.GivenGrants())[0].Grant
		given, _, err := strange(p, w.Names[:1]).Give(t.Context(), to, terms)
		w.Must(err)
		if given.Grant != first || w.GrantsOf(p) != 1 {
			t.Errorf("it was given twice: %v, %v", first, given.Grant)
		}
		// Where all are strangers nobody was given anything, and that is known.
		_, err = strange(p, w.Names).Revoke(t.Context(), first)
		w.Wants(err, stele.KindUnreachable, "a revocation that only strangers got")
	})
}

// TestAClockThatIsWrongIsNoSilence: all members refuse the request, and say why.
func TestAClockThatIsWrongIsNoSilence(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		d := w.NewDoctor("Dr Okafor", "Lakeview")
		now := d.Clock
		d.Clock = func() time.Time { return now().Add(time.Hour) }
		_, err := d.Collect(t.Context())
		w.Wants(err, stele.KindDenied, "a device that is an hour ahead")
	})
}

// crowded has no room.
type crowded struct{ members.Vault }

func (crowded) PutSubmission(context.Context, *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	return nil, stele.E("store", stele.KindBusy, "no more room", nil).WithHint("tomorrow")
}

// TestWhyNoVaultTakesItIsSaid: "try again" helps nobody where all have no room today.
func TestWhyNoVaultTakesItIsSaid(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		s := h
		for name := range w.Orgs {
			s = town.Bend(s, name, func(m *members.Member) { m.Vault = crowded{m.Vault} })
		}
		done, err := s.Delivery.Import(t.Context(), strings.NewReader(ndjson(patientOf("pa", "MA-1"), basic("a", "pa", "x"))), delivery.ImportOptions{})
		if err == nil {
			err = done.Err
		}
		w.Wants(err, stele.KindBusy, "an import that no vault takes")
		if !strings.Contains(stele.TextOf(err), "no more room") || stele.HintOf(err) != "tomorrow" {
			t.Errorf("it does not say why: %v", err)
		}
	})
}

// TestALockThatCantBeWrittenIsCalledThat: it was called a file that can't be read.
func TestALockThatCantBeWrittenIsCalledThat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wallet")
	if err := os.Mkdir(path+".lock", 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := wallet.Create(path, "correct horse battery", pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: "Ana", WorkFactor: 2})
	if err == nil || !strings.Contains(stele.TextOf(err), "a.wallet.lock, can't be written") || !strings.Contains(stele.HintOf(err), "write beside it") {
		t.Errorf("%v; hint: %s", err, stele.HintOf(err))
	}
}
