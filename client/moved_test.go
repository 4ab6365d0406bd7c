package client_test

import (
	"context"
	"encoding/json"
	"net"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// at is a node that says one height, by which one sees who answered.
type at struct {
	api.Ledger
	height int64
}

func (a at) Status(context.Context, *api.StatusRequest) (*api.StatusResponse, error) {
	return &api.StatusResponse{Height: a.height}, nil
}

// serve serves a node under a member's own TLS key.
func serve(t *testing.T, id member.Identity, height int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own, err := id.OwnTLS()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var served sync.WaitGroup
	served.Go(func() { _ = api.ServeTLS(ctx, l, api.Handler(api.Rooms{Ledger: at{height: height}}), own) })
	t.Cleanup(func() { cancel(); served.Wait() })
	return "https://" + l.Addr().String()
}

// TestLaw6AMemberThatMovedIsAskedWhereItIs: once the consortium's log has been followed,
// a member is dialled where that says, under the TLS key that it pins, without a restart;
// one that came is asked too, one that left no more, and the others keep their connections.
func TestLaw6AMemberThatMovedIsAskedWhereItIs(t *testing.T) {
	var ids []member.Identity
	g, file := &wire.Genesis{Chain: "c", TimeMs: 1}, &wire.Network{Chain: "c"}
	for i, name := range []string{"Northside", "Lakeview", "Elm Street"} {
		id := member.NewIdentity(name, "hospital", []byte("document of "+name))
		pin := id.Pin()
		where := &wire.Address{Name: name, Url: serve(t, id, int64(i+1)), Pin: pin[:]}
		ids, g.Members = append(ids, id), append(g.Members, id.Genesis(uint32(i+1)))
		g.Members[i].Address = where
		signed := id.Address(name, where.Url, "127.0.0.1:1", true)
		a := new(wire.MemberAddress)
		if err := proto.Unmarshal(signed.Body, a); err != nil {
			t.Fatal(err)
		}
		where.Peer, a.Signed = a.Peer, signed
		file.Members = append(file.Members, a)
	}
	committee, _, err := threshold.Ceremony{Chain: "c", Epoch: 1, Threshold: 3, Members: 3}.Rehearse()
	if err != nil {
		t.Fatal(err)
	}
	g.Committee = founding.Committee(committee)
	if file.Genesis, err = founding.Genesis(g); err != nil {
		t.Fatal(err)
	}
	n, err := client.Dial(file, ids[2].Subject)
	if err != nil {
		t.Fatal(err)
	}
	read, err := proof.ReadGenesis(file.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	said := func(want ...int64) {
		t.Helper()
		var got []int64
		for _, m := range n.All() {
			height, err := m.Ledger.Height(t.Context())
			if err != nil {
				height = -1
			}
			got = append(got, height)
		}
		if len(got) != len(want) {
			t.Fatalf("heights %d, want %d", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("heights %d, want %d", got, want)
			}
		}
	}
	said(3, 1, 2)
	follow := func(change func([]*wire.Member) []*wire.Member) {
		t.Helper()
		now := proto.CloneOf(read.Consortium)
		now.Members = change(now.Members)
		if err := n.Follow(now); err != nil {
			t.Fatal(err)
		}
	}
	kept := n.All()[0].Ledger
	next := member.NewIdentity("Lakeview", "hospital", ids[1].Document) // with another TLS key
	moved := serve(t, next, 20)
	follow(func(all []*wire.Member) []*wire.Member { all[1].Address.Url = moved; return all })
	said(3, 1, -1) // at the new place answers a key that is not pinned
	pin := next.Pin()
	nextPin := pin
	follow(func(all []*wire.Member) []*wire.Member {
		all[1].Address.Url, all[1].Address.Pin = moved, pin[:]
		return all
	})
	said(3, 1, 20)
	if n.All()[0].Ledger != kept {
		t.Error("who stayed was dialled anew")
	}
	newcomer := member.NewIdentity("Harbour", "hospital", []byte("document of Harbour"))
	came := newcomer.Genesis(4)
	pin = newcomer.Pin()
	came.Address = &wire.Address{Name: "Harbour", Url: serve(t, newcomer, 4), Peer: "x@127.0.0.1:1", Pin: pin[:]}
	follow(func(all []*wire.Member) []*wire.Member { return append(all[:1:1], all[2], came) })
	said(3, 1, 4)
	follow(func(all []*wire.Member) []*wire.Member { return all })
	said(3, 1, 2)

	// A wallet that has followed the log before dials by it from the start.
	now := proto.CloneOf(read.Consortium)
	now.Members[1].Address = &wire.Address{Name: "Lakeview", Url: moved, Pin: nextPin[:]}
	w := wallettest.NewWallet(t)
	wallettest.Edit(w, func(s *wallet.State) {
		moved := &wire.Event{Subject: now.Subject, Height: 9, Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{Genesis: &wire.Genesis{
			Chain: now.Chain, Members: now.Members, Committee: now.Committee, Issuers: now.Issuers, Auditors: now.Auditors,
		}}}}
		kept, _ := json.Marshal(map[string]any{"events": [][]byte{wire.Marshal(moved)}})
		if err := json.Unmarshal(kept, &s.Consortium); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := client.Open(w, n); err != nil {
		t.Fatal(err)
	}
	said(3, 1, 20)
}
