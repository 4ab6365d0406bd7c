package members

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stele-health/stele"
)

// answers is a network of members that each answer, fail or say nothing.
func answers(n int) *Network {
	network := &Network{}
	for i := range n {
		network.Members = append(network.Members, Member{Subject: stele.Subject{byte(i)}})
	}
	return network
}

// TestOneMemberAloneAnswersNoQuorum: an answer counts when so many say the same; one that
// fails for the moment has said nothing, and one that says nothing is not waited for.
func TestOneMemberAloneAnswersNoQuorum(t *testing.T) {
	down := stele.E("ask", stele.KindUnreachable, "down", nil)
	for what, c := range map[string]struct {
		says   []string // "" is silent, "down" fails, another is an answer
		voices int
		want   string // "" is none
		took   time.Duration
	}{
		"one is enough":         {[]string{"a", "b", "b", "b"}, 1, "a", 0},
		"one lies":              {[]string{"a", "b", "b", "b"}, 2, "b", 0},
		"all say another":       {[]string{"a", "b", "c", "d"}, 2, "", 0},
		"failing is no word":    {[]string{"down", "down", "b", "b"}, 2, "b", 0},
		"only failures":         {[]string{"down", "down", "down"}, 1, "", 0},
		"the first is silent":   {[]string{"", "b", "b", "b"}, 1, "b", Patience},
		"two are silent":        {[]string{"", "", "b", "b"}, 2, "b", 2 * Patience},
		"the last says another": {[]string{"a", "b", "a"}, 2, "a", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := answers(len(c.says))
			start := time.Now()
			got, err := NewRound(t.Context(), n, n.InTurn(), func(ctx context.Context, m Member) (string, error) {
				switch says := c.says[m.Subject[0]]; says {
				case "":
					<-ctx.Done()
					return "", ctx.Err()
				case "down":
					return "", down
				default:
					return says, nil
				}
			}).Agree("ask", Patience, c.voices, func(s string) string { return s })
			if took := time.Since(start); (err == nil) != (c.want != "") || err == nil && got != c.want || took > c.took {
				t.Errorf("%s: %q, %v after %v", what, got, err, took)
			}
		})
	}
}

// TestWhoSaidNothingIsAskedLastForAMinute, and no longer; an answer ends it at once.
func TestWhoSaidNothingIsAskedLastForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := answers(3)
		first := n.Members[0]
		n.NoteSilent(first)
		if in := n.InTurn(); in[0].Subject == first.Subject || in[2].Subject != first.Subject || !n.WasSilent(first) {
			t.Errorf("it is asked at once: %v", in)
		}
		time.Sleep(time.Minute + time.Millisecond)
		if in := n.InTurn(); in[0].Subject != first.Subject || n.WasSilent(first) {
			t.Errorf("it is still asked last: %v", in)
		}
		n.NoteSilent(first)
		if _, err := Ask(t.Context(), n, "ask", Patience, func(_ context.Context, m Member) (bool, error) {
			if m.Subject != first.Subject {
				return false, stele.E("ask", stele.KindUnreachable, "down", nil)
			}
			return true, nil
		}); err != nil {
			t.Fatal(err)
		}
		if n.WasSilent(first) {
			t.Error("who answers counts as silent")
		}
	})
}

// TestAllAreAskedAtOnce: each is heard when it answers, and whoever breaks off waits for
// nobody and leaves nobody asking.
func TestAllAreAskedAtOnce(t *testing.T) {
	for _, wanted := range []int{4, 2} {
		synctest.Test(t, func(t *testing.T) {
			var left atomic.Int32
			start, said := time.Now(), 0
			for r := range All(t.Context(), answers(4), func(ctx context.Context, m Member) (bool, error) {
				select {
				case <-time.After(time.Duration(4-m.Subject[0]) * 100 * time.Millisecond):
					return true, nil
				case <-ctx.Done():
					left.Add(1)
					return false, ctx.Err()
				}
			}) {
				if said++; r.Err != nil || int(r.Member.Subject[0]) != 4-said {
					t.Errorf("member %d answers %dth: %v", r.Member.Subject[0], said, r.Err)
				}
				if said == wanted {
					break
				}
			}
			if took, want := time.Since(start), time.Duration(wanted)*100*time.Millisecond; said != wanted || took != want {
				t.Errorf("%d of %d members answered in %v", said, wanted, took)
			}
			if synctest.Wait(); int(left.Load()) != 4-wanted {
				t.Errorf("%d members were left, %d of them told so", 4-wanted, left.Load())
			}
		})
	}
}
