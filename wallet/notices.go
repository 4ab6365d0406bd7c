package wallet

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// NoticesAt is what one member has of where the owner is told.
type NoticesAt struct {
	Member members.Member
	Says   *wire.ShowNoticesResponse
	Err    error // where it did not answer, or tells nobody
}

// SetNotices has a member tell the owner, outside the network, that something happened in her
// record; nil has it tell nothing any more, also of emergencies. A webhook's secret is drawn where
// it has none. It fails with what the member fails with.
func (s *Session) SetNotices(ctx context.Context, at members.Member, target *wire.NoticeTarget, kinds []string) error {
	if at.Notices == nil {
		return noNotices(at)
	}
	if target != nil && target.Webhook != "" && len(target.Secret) == 0 {
		target.Secret = make([]byte, 32)
		rand.Read(target.Secret)
	}
	me := s.Subject()
	attempt, cancel := context.WithTimeout(ctx, members.Silence)
	defer cancel()
	_, err := at.Notices.SetNotices(attempt, &wire.SetNoticesRequest{Notices: wire.Sign(wire.TagNotices, &wire.Notices{
		Chain: s.Consortium().Chain, Audience: at.Subject[:], Subject: me[:], AtMs: s.Clock().UnixMilli(), Target: target, Kinds: kinds,
	}, s.Keyring().Signer())})
	return err
}

func noNotices(at members.Member) error {
	return stele.E("set notices", stele.KindInvalid, at.Name+" tells nobody outside the network", nil).WithHint("ask another member, or watch: stele wallet watch")
}

// Notices asks all members where the owner is told.
func (s *Session) Notices(ctx context.Context) (all []NoticesAt) {
	for r := range members.All(ctx, s.Network, func(ctx context.Context, m members.Member) (*wire.ShowNoticesResponse, error) {
		if m.Notices == nil {
			return nil, noNotices(m)
		}
		return m.Notices.ShowNotices(ctx, &wire.ShowNoticesRequest{Request: s.OwnRequest(m.Subject, 0)})
	}) {
		all = append(all, NoticesAt{r.Member, r.Answer, r.Err})
	}
	slices.SortFunc(all, func(a, b NoticesAt) int { return strings.Compare(a.Member.Name, b.Member.Name) })
	return all
}
