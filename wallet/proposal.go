package wallet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// For somebody whom nobody has claimed two members of different kinds sign together: what one
// proposes goes to the other as a file, with all that it commits to, and onto the ledger with the
// signatures of both. Merging two charts goes the same way; there whoever holds the key of a side
// that is claimed signs, too.

// RoundLives is how long something that several sign may go round, a proposal, a claim or the record
// of a death: the ledger takes no transaction that expires later than ten minutes after its newest
// block, and one of them is left for clocks that differ.
const RoundLives = 9 * time.Minute

// RoundWords says RoundLives, as hints do.
var RoundWords = stele.Count(int(RoundLives/time.Minute), "minute", "minutes")

// longestWhy is the most bytes of the words that a merge commits to.
const longestWhy = 1000

// Proposal is a transaction that several sign, with what it commits to.
type Proposal struct {
	Grant *consent.Grant // that it gives; nil of a merge, or of its end
	Why   string         // of a merge, or of its end
	For   []stele.Subject
	Until time.Time // from when on the ledger takes it no more

	message *wire.Transaction
	carried *wire.Proposal
}

// Says is what a proposal does, in sentences for whoever signs it. Names are the word of who proposed
// it: whom they are of stands beside them.
func (p *Proposal) Says() string {
	if p.Grant == nil {
		return p.message.Asks().Decides + " Why, in the words of who proposed it: “" + p.Why + "”."
	}
	says := "Said to " + p.Grant.Patient.Name + ": " + consent.Say(*p.Grant, p.Grant.Language) +
		" The names are the proposer's word. " + p.Grant.Patient.Name + " is " + p.Grant.Patient.Subject.String() + "."
	if to := p.Grant.Actor.Party; !to.Subject.IsZero() {
		says += " " + to.Name + " is " + to.Subject.String() + ": compare it with what their card says (stele wallet contacts)."
	}
	return says
}

// Into is the chart that another is to be merged into; zero of what is no merge.
func (p *Proposal) Into() stele.Subject {
	if len(p.For) != 2 {
		return stele.Subject{}
	}
	return p.For[1]
}

// Bytes is a proposal as it is carried.
func (p *Proposal) Bytes() []byte { return wire.Marshal(p.carried) }

// Signers are the keys that have signed.
func (p *Proposal) Signers() (keys []stele.PublicKey) {
	for _, sig := range p.carried.Signed.Signatures {
		keys = append(keys, wire.Key(sig.Key))
	}
	return keys
}

// ReadProposal reads a proposal, and holds what it shows against what it commits to. It fails with
// KindInvalid.
func ReadProposal(raw []byte) (*Proposal, error) {
	const op = "read proposal"
	carried, message, err := wire.ReadPatientProposal(raw)
	if err != nil {
		return nil, err
	}
	p := &Proposal{message: message, carried: carried, Until: time.UnixMilli(message.ExpiresMs)}
	asks := message.Asks()
	for _, of := range asks.For {
		subject, err := stele.SubjectFrom(of)
		if err != nil {
			return nil, stele.E(op, stele.KindInvalid, "the proposal is about nobody", err)
		}
		p.For = append(p.For, subject)
	}
	if _, err := wire.Check(wire.TagTransaction, carried.Signed); err != nil {
		return nil, stele.E(op, stele.KindInvalid, "a signature on the proposal does not hold", err)
	}
	salt, err := seal.SaltFrom(carried.Salt)
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "the proposal does not show what it commits to", err)
	}
	if asks.Decides != "" {
		p.Why = string(carried.Document)
		if seal.CheckCommit(stele.Digest(asks.Commitment), salt, seal.TagMerge, carried.Document) != nil || len(p.Why) > longestWhy || stele.CheckReason(p.Why) != nil {
			return nil, stele.E(op, stele.KindInvalid, "the proposal does not show what it commits to", nil)
		}
		return p, nil
	}
	g, err := consent.Parse(carried.Document)
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "the proposal's document is no consent", err)
	}
	// The document says all that the transaction says; so the two are compared whole.
	says := committing(g, seal.Commit(salt, seal.TagGrant, carried.Document), stele.ID{})
	says.Chain, says.Nonce, says.ExpiresMs = message.Chain, message.Nonce, message.ExpiresMs
	if !proto.Equal(says, message) {
		return nil, stele.E(op, stele.KindInvalid, "the proposal does another thing than its document says", nil)
	}
	p.Grant = &g
	return p, nil
}

// ProposeGrant proposes to give a grant for a patient whom nobody has claimed: direct care, that is
// treatment, and nothing that is marked as sensitive, as trustees hold it to be. It is signed by the
// owner, a member. It fails as Give does before anything is sent, and with KindDenied where the owner
// is no member, or the patient's own keys give.
func (s *Session) ProposeGrant(ctx context.Context, patient consent.Party, to Contact, t Terms) (*Proposal, error) {
	if err := s.mayPropose(); err != nil {
		return nil, err
	}
	devices, err := s.Keys(ctx, patient.Subject)
	if err != nil {
		return nil, err
	}
	if len(devices) > 0 {
		merged, err := s.IsMerged(ctx, patient.Subject)
		if err != nil {
			return nil, err
		}
		says, runs := "somebody holds the keys of that chart, and gives its grants alone", "stele wallet grant"
		if merged {
			says, runs = "that chart is merged into another: whoever holds the keys of that one gives its grants alone", runs+" --chart "+patient.Subject.String()
		}
		return nil, stele.E("propose grant", stele.KindDenied, says, nil).WithHint("the patient runs: " + runs)
	}
	if err := s.giving.enter(ctx); err != nil {
		return nil, err
	}
	defer s.giving.leave()
	key, index, err := s.takeKey(ctx, to)
	if err != nil {
		return nil, err
	}
	d, err := s.Draft(ctx, to, t)
	if err != nil {
		return nil, err
	}
	d.grant.Patient = patient
	g := d.of(key).Normal()
	document, err := consent.Marshal(g)
	if err != nil {
		return nil, err
	}
	salt := seal.NewSalt()
	return s.proposed(committing(g, seal.Commit(salt, seal.TagGrant, document), stele.ID{}), &wire.Proposal{Document: document, Salt: salt[:], KeyIndex: index})
}

// ProposeMerge proposes that two charts are one person's, ProposePart that they are not, after all:
// in words that the ledger does not see. Whoever holds the owner's key signs it first.
func (s *Session) ProposeMerge(from, into stele.Subject, why string) (*Proposal, error) {
	return s.proposeMerge(why, "the same fingerprint, and he knew his birth date", func(c []byte) *wire.Transaction {
		return &wire.Transaction{Message: &wire.Transaction_MergeSubjects{MergeSubjects: &wire.MergeSubjects{From: from[:], Into: into[:], Commitment: c}}}
	})
}

// ProposePart is told with ProposeMerge.
func (s *Session) ProposePart(from stele.Subject, why string) (*Proposal, error) {
	return s.proposeMerge(why, "another man had his papers", func(c []byte) *wire.Transaction {
		return &wire.Transaction{Message: &wire.Transaction_UndoMerge{UndoMerge: &wire.UndoMerge{From: from[:], Commitment: c}}}
	})
}

// MayMerge fails where the ledger would refuse a merge as it is now, whoever signs: with KindExists where one of
// the two is merged already, and with KindInvalid for a chart that somebody has claimed into one that nobody has.
// A death that is recorded the ledger does not tell to everybody.
func (s *Session) MayMerge(ctx context.Context, from, into stele.Subject) error {
	const op = "propose merge"
	var claimed [2]bool
	for i, side := range []stele.Subject{from, into} {
		devices, err := s.Keys(ctx, side)
		if err != nil {
			return err
		}
		if claimed[i] = len(devices) > 0; !claimed[i] {
			continue
		}
		merged, err := s.IsMerged(ctx, side)
		if err != nil {
			return err
		}
		if merged {
			return stele.E(op, stele.KindExists, "the chart "+side.String()+" is merged into another already", nil).
				WithHint("merge that one, or part this one first")
		}
	}
	if claimed[0] && !claimed[1] {
		return stele.E(op, stele.KindInvalid, "somebody has claimed the chart "+from.String()+", and nobody the one into which it would be merged: that goes the other way round only", nil).
			WithHint("name them the other way round")
	}
	return nil
}

// MayPart fails with KindExists where a chart is merged into none.
func (s *Session) MayPart(ctx context.Context, from stele.Subject) error {
	merged, err := s.IsMerged(ctx, from)
	if err == nil && !merged {
		err = stele.E("propose to part", stele.KindExists, "the chart "+from.String()+" is merged into none", nil).
			WithHint("name the chart that was merged into another, and not the other")
	}
	return err
}

// proposeMerge proposes one of the two; such is what a reason may be.
func (s *Session) proposeMerge(why, such string, message func(commitment []byte) *wire.Transaction) (*Proposal, error) {
	why = strings.TrimSpace(why)
	switch err := stele.CheckReason(why); {
	case why == "" || len(why) > longestWhy:
		return nil, stele.E("propose merge", stele.KindUsage, fmt.Sprintf("say why, in at most %d bytes", longestWhy), nil).WithHint("--reason \"" + such + "\"")
	case err != nil:
		return nil, err
	}
	salt := seal.NewSalt()
	commitment := seal.Commit(salt, seal.TagMerge, []byte(why))
	return s.proposed(message(commitment[:]), &wire.Proposal{Document: []byte(why), Salt: salt[:]})
}

// mayPropose fails where the owner's word counts for no patient.
func (s *Session) mayPropose() error {
	if s.Consortium().Member(s.Subject()) == nil {
		return stele.E("propose", stele.KindDenied, s.Name()+" is no member of the network: two members give for a patient whom nobody has claimed", nil).
			WithHint("a member's wallet proposes, with --as")
	}
	return nil
}

// proposed signs a proposal and reads what came out, as everybody who signs does.
func (s *Session) proposed(message *wire.Transaction, carried *wire.Proposal) (*Proposal, error) {
	carried.Signed = s.signedFor(message, RoundLives, s.Keyring().Signer())
	return ReadProposal(wire.Marshal(carried))
}

// SignProposal signs a proposal, for a member or for a chart whose keys the owner holds. It fails
// with KindInvalid for one of another network or that has expired, with KindExists where the owner
// has signed, and with KindDenied where the owner's word counts for nothing in it.
func (s *Session) SignProposal(p *Proposal) error {
	const op = "sign proposal"
	switch signer := s.Keyring().Signer(); {
	case p.message.Chain != s.Consortium().Chain:
		return stele.E(op, stele.KindInvalid, "the proposal is for another network", nil).WithHint("have it made on this one")
	case !p.Until.After(s.Clock()):
		return stele.E(op, stele.KindInvalid, "the proposal has expired", nil).WithHint("have it made anew: it is good for " + RoundWords)
	case slices.Contains(p.Signers(), wire.Key(signer.Public())):
		return stele.E(op, stele.KindExists, s.Name()+" has signed it already", nil).WithHint("the next one signs it, or hands it in")
	case s.Consortium().Member(s.Subject()) == nil && !slices.Contains(p.For, s.Subject()):
		return stele.E(op, stele.KindDenied, "it is about somebody else, and "+s.Name()+" is no member of the network", nil).
			WithHint("a member's wallet signs, or that of the patient, with --as")
	case p.Grant != nil && s.Consortium().Member(s.Subject()) == nil:
		return stele.E(op, stele.KindDenied, "members give together, and "+s.Name()+" is none", nil).
			WithHint("whose chart it is gives with: stele wallet grant")
	case p.Grant != nil && s.Consortium().Member(s.Subject()).Kind == s.Consortium().Member(p.Grant.Signed.By.Subject).GetKind():
		// Trustees look for who proposed it among the two that the ledger names.
		return stele.E(op, stele.KindDenied, "two members of different kinds give together, and "+s.Name()+" is a "+s.Consortium().Member(s.Subject()).Kind+" like the one that proposed it", nil).
			WithHint("another kind of member signs it, or proposes it with you: stele ledger status lists them")
	default:
		mine := wire.SignBytes(wire.TagTransaction, p.carried.Signed.Body, signer)
		p.carried.Signed.Signatures = append(p.carried.Signed.Signatures, mine.Signatures...)
	}
	return nil
}

// KeepSigned keeps of a grant that the owner proposed, or signed with another member, what it takes to find it again;
// nothing of a merge.
func (s *Session) KeepSigned(p *Proposal) error {
	if p.Grant == nil {
		return nil
	}
	return s.learned.Change(func(c *book.Change) error { return cosignedRows.Add(c, p.given(s.Clock())) })
}

// CoSigned lists the grants that the owner proposed or signed, to be given with another member, the newest last:
// those, too, that nobody ever handed in.
func (w *Wallet) CoSigned() ([]Given, error) { return book.Values(cosignedRows.All(w.learned)) }

// given is what a wallet keeps of the grant that it proposes.
func (p *Proposal) given(now time.Time) Given {
	g := *p.Grant
	return Given{
		Grant: g.ID, To: g.Actor.Subject, ToName: g.Actor.Name, Says: consent.Say(g, g.Language), Document: p.carried.Document, Salt: p.carried.Salt,
		Action: g.Action, End: g.End, Made: now.UTC(), For: g.Patient.Subject, ForName: g.Patient.Name,
	}
}

// Signed names those whose keys have signed a proposal, as far as they are known: members, and
// whoever holds the key of a chart that it is about. all says that nobody else has to: for each chart
// its holder has, or two members of different kinds where nobody has claimed it.
func (s *Session) Signed(ctx context.Context, p *Proposal) (names []string, all bool, err error) {
	keys, kinds := p.Signers(), map[string]bool{}
	held := func(subject stele.Subject) (claimed, signed bool, err error) {
		devices, err := s.Keys(ctx, subject)
		return len(devices) > 0, slices.ContainsFunc(devices, func(d *wire.Device) bool { return slices.Contains(keys, wire.Key(d.Signing)) }), err
	}
	for _, m := range s.Consortium().Members {
		subject := stele.SubjectOf(m.KeyDocument)
		switch _, signed, err := held(subject); {
		case err != nil:
			return nil, false, err
		case signed:
			names, kinds[m.Kind] = append(names, cmp.Or(s.memberNames()[subject], subject.String())), true
		}
	}
	all = true
	for _, subject := range p.For {
		claimed, signed, err := held(subject)
		if err != nil {
			return nil, false, err
		}
		if signed {
			names = append(names, "whoever holds the keys of "+subject.String())
		}
		all = all && (signed || !claimed && len(kinds) > 1)
	}
	return names, all, nil
}

// SubmitProposal puts a proposal onto the ledger. A grant is delivered to its grantee; where that
// fails, the grant holds, and it is delivered with the next one, or by Collect. It fails with
// KindDenied where a signature is missing.
func (s *Session) SubmitProposal(ctx context.Context, p *Proposal) (stele.Outcome, error) {
	if p.Grant == nil {
		return s.SubmitSigned(ctx, wire.Marshal(p.carried.Signed))
	}
	if err := s.giving.enter(ctx); err != nil {
		return stele.Outcome{}, err
	}
	defer s.giving.leave()
	if _, err := s.settleAll(ctx); err != nil {
		return stele.Outcome{}, err
	}
	given := p.given(s.Clock())
	given.KeyIndex, given.Unanswered = p.carried.KeyIndex, true
	keep := func(c *book.Change) error {
		had, err := book.Rows(givenRows.Find(c, givenByGrant, string(given.Grant[:])))
		if err != nil || len(had) > 0 {
			return err
		}
		return givenRows.Add(c, given)
	}
	outcome, err := s.handSigned(ctx, "whether the grant to "+given.ToName+" holds", p.message, wire.Marshal(p.carried.Signed), keep)
	if err != nil {
		return outcome, err
	}
	return outcome, s.deliverGrants(ctx, &given)
}
