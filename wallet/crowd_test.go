package wallet_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestR44NoCrowdFillsAWallet: however many people an organisation makes up to ask, another's
// request is seen.
func TestR44NoCrowdFillsAWallet(t *testing.T) {
	s := wallettest.SessionWith(wallettest.NewWallet(t))
	crowd, hospital := stele.SubjectOf([]byte("a member that makes people up")), stele.SubjectOf([]byte("a hospital"))
	request := func(i uint32, of stele.Subject) Request {
		return Request{ID: stele.NewID(), From: stele.SubjectOf(binary.BigEndian.AppendUint32(nil, i)), Of: of, Made: s.Clock().UTC().Add(-time.Minute)}
	}
	for _, of := range []stele.Subject{crowd, {}} {
		var many []Request
		for i := range uint32(400) {
			many = append(many, request(i, of))
		}
		if _, err := s.KeepRequests(many); err != nil {
			t.Fatal(err)
		}
	}
	doctor := request(1000, hospital)
	all, err := s.KeepRequests([]Request{doctor})
	if err != nil || len(all) == 0 || all[len(all)-1].ID != doctor.ID {
		t.Fatalf("a doctor's request is not seen among %d, %v", len(all), err)
	}
}
