package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/wire"
)

// boaster is a node that says of itself and of the network what it likes; headers it
// can only pass on.
type boaster struct {
	api.Ledger
	real  api.Ledger
	claim func(*api.StatusResponse)
}

func (b boaster) Status(ctx context.Context, in *api.StatusRequest) (*api.StatusResponse, error) {
	out, err := b.real.Status(ctx, in)
	if err == nil {
		b.claim(out)
	}
	return out, err
}

func (b boaster) Light(ctx context.Context, in *api.LightRequest) (*api.LightResponse, error) {
	return b.real.Light(ctx, in)
}

func (b boaster) Blocks(ctx context.Context, in *api.BlocksRequest) (*api.BlocksResponse, error) {
	out, err := b.real.Blocks(ctx, in)
	for i, block := range out.GetBlocks() {
		if i%2 == 1 {
			block.Hash[3] ^= 1
		}
	}
	return out, err
}

// boastful writes a home in which the second member's address is a boaster's.
func boastful(t *testing.T, claim func(*api.StatusResponse)) (home, fingerprint string) {
	t.Helper()
	n := startDevnet(t)
	network := proto.CloneOf(n.Network)
	real, err := api.Dial(network.Members[1].Url)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = api.Serve(ctx, l, api.Handler(api.Rooms{Ledger: boaster{real: real.Ledger, claim: claim}}))
	})
	t.Cleanup(func() { cancel(); wg.Wait(); real.Close() })
	address := network.Members[1]
	network.Members[1] = &wire.MemberAddress{Subject: address.Subject, Name: address.Name, Kind: address.Kind, Peer: address.Peer, Url: "http://" + l.Addr().String()}
	home = t.TempDir()
	if err := netfile.Write(filepath.Join(home, netfile.Name), network); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(network.Genesis)
	return home, hex.EncodeToString(sum[:])
}

// command runs stele.
func command(t *testing.T, args ...string) (code int, out, words string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	m := &cli.Main{Commands: commands, Args: args, In: strings.NewReader(""), Out: &stdout, Err: &stderr, Env: func(string) string { return "" }}
	code = m.Run(context.Background())
	return code, stdout.String(), stderr.String()
}

// TestR45StatusIsNotWhatOneMemberSays: a member that claims the highest block, another
// genesis and a lower threshold is named; what is shown is from the network file and
// from headers that the validators signed.
func TestR45StatusIsNotWhatOneMemberSays(t *testing.T) {
	fake := bytes.Repeat([]byte{0xab}, 32)
	home, fingerprint := boastful(t, func(s *api.StatusResponse) {
		s.Height, s.Fingerprint, s.AppHash = 999_999_999, fake, fake
		s.Threshold, s.Trustees, s.Members, s.Validators = 1, 9, 9, 9
	})
	code, out, words := command(t, "ledger", "status", "--home", home)
	if code != 6 {
		t.Errorf("it ended with %d: %s", code, words)
	}
	for _, want := range []string{"genesis    " + fingerprint, "3 of 4 trustees together", "4 validators", "says: genesis " + hex.EncodeToString(fake), "says: threshold 1, not 3", "says: height 999999999", "signed by"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
	lie := hex.EncodeToString(fake)
	for _, never := range []string{"genesis    " + lie, "app hash   " + lie, "999,999,999", "1 of 9"} {
		if strings.Contains(out, never) {
			t.Errorf("%q is believed:\n%s", never, out)
		}
	}
	// The block is what a wallet that was away for long is told to go on from.
	var height, hash string
	for line := range strings.Lines(out) {
		switch fields := strings.Fields(line); {
		case strings.HasPrefix(line, "header     block "):
			height = strings.ReplaceAll(strings.TrimSuffix(fields[2], ","), ",", "")
		case strings.HasPrefix(line, "hash       "):
			hash = fields[1]
		}
	}
	block := height + ":" + hash
	other := block[:len(block)-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(block, "0")]
	for told, holds := range map[string]bool{block: true, other: false} {
		if _, out, words := command(t, "ledger", "status", "--home", home, "--block", told); strings.Contains(out, "signed by") != holds {
			t.Errorf("told %s, which holds: %v: %s%s", told, holds, out, words)
		}
	}
	_, out, _ = command(t, "ledger", "status", "--home", home, "--json")
	for line := range strings.Lines(out) {
		var said map[string]any
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		if said["up"] == true && (said["fingerprint"] != fingerprint || said["threshold"] != 3.0 || said["height"].(float64) > 1e8) {
			t.Errorf("believed: %s", line)
		}
	}
}

// TestR45BlocksAreMarkedAsSignedOrSaid: every second block of a liar's list has another
// hash.
func TestR45BlocksAreMarkedAsSignedOrSaid(t *testing.T) {
	home, _ := boastful(t, func(*api.StatusResponse) {})
	for _, name := range []string{"blocky", "blockier"} { // so that there are some blocks
		if code, _, words := command(t, "wallet", "new", name, "--home", startDevnet(t).Home); code != 0 {
			t.Fatal(words)
		}
	}
	network, err := netfile.Read(filepath.Join(home, netfile.Name))
	if err != nil {
		t.Fatal(err)
	}
	code, out, words := command(t, "ledger", "blocks", "--home", home, "--json", "-n", "4", "--member", network.Members[1].Name)
	if code != 0 {
		t.Fatalf("%d: %s", code, words)
	}
	var signed []bool
	for line := range strings.Lines(out) {
		var b struct{ Signed bool }
		if err := json.Unmarshal([]byte(line), &b); err != nil {
			t.Fatal(err)
		}
		signed = append(signed, b.Signed)
	}
	for i, s := range signed {
		if s != (i%2 == 0) {
			t.Errorf("block %d is shown as signed: %v", i, s)
		}
	}
	if len(signed) < 2 {
		t.Errorf("%d blocks", len(signed))
	}
}

// TestFingerprintIsDemanded: whoever was told a network's fingerprint gives it, and a
// network file of another is used for nothing.
func TestFingerprintIsDemanded(t *testing.T) {
	home, fingerprint := boastful(t, func(*api.StatusResponse) {})
	other := strings.Repeat("0", 64)
	for _, verb := range [][]string{{"ledger", "status"}, {"wallet", "new", "fingered"}, {"ledger", "blocks"}} {
		args := append(verb, "--home", home, "--fingerprint")
		if code, _, words := command(t, append(args, other)...); code != 6 || !strings.Contains(words, fingerprint) {
			t.Errorf("%v with another fingerprint: %d, %s", verb, code, words)
		}
		if code, _, _ := command(t, append(args, "elena")...); code != 2 {
			t.Errorf("%v with no fingerprint at all: %d", verb, code)
		}
	}
	if code, _, words := command(t, "ledger", "status", "--home", home, "--fingerprint", strings.ToUpper(fingerprint)); code != 0 {
		t.Errorf("with the right one: %d, %s", code, words)
	}
}
