package devnet_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/light"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// source asks a member for headers.
type source struct{ api.Direct }

func (s source) LightBlock(ctx context.Context, height int64) (*wire.LightBlock, error) {
	return s.Light(ctx, height)
}

// TestLaw6TheConsortiumsLogIsProvedToEveryone: from the genesis alone a stranger
// follows, at any member, who runs the network; and what comes of it is what the
// member's own node goes by.
func TestLaw6TheConsortiumsLogIsProvedToEveryone(t *testing.T) {
	for _, at := range []string{"hospital-a", "clinic"} {
		client, err := api.Dial(town.URL(at))
		must(t, err)
		defer client.Close()
		g, err := steleproof.ReadGenesis(town.Network.Network.Genesis)
		must(t, err)
		chain, err := light.New(light.Config{Genesis: town.Network.Network.Genesis, Source: source{api.Direct{Ledger: client.Ledger}}, Clock: time.Now})
		must(t, err)
		res, err := client.Ledger.Log(t.Context(), &api.LogRequest{})
		must(t, err)
		if _, err = chain.Header(t.Context(), res.Proof.Head.Height+1); err != nil {
			t.Fatal(err)
		}
		log, err := steleproof.CheckLog(chain.Trusted(), stele.Subject(g.Consortium.Subject), steleproof.Kept{}, res.Proof)
		if err != nil || !log.Whole() || len(log.Events) != 1 {
			t.Fatalf("%s: %d events, %v", at, len(log.Events), err)
		}
		folded := &wire.Consortium{}
		for _, e := range log.Events {
			folded.Apply(e.Event)
		}
		if !proto.Equal(folded, g.Consortium) {
			t.Errorf("%s: %v", at, folded)
		}
	}
}
