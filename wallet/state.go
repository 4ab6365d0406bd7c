package wallet

import (
	"time"

	"github.com/stele-health/stele"
)

// State is what a wallet has learned.
type State struct {
	Genesis []byte `json:"genesis,omitempty"` // pinned when the wallet first met a network
	Light   []byte `json:"light,omitempty"`   // last trusted light block
	Head    Head   `json:"head"`              // last checked head of the own log

	Consortium Followed `json:"consortium,omitzero"` // how far its log was followed

	Reading Head `json:"reading,omitzero"` // how far a reading of the own log came that did not end; its height is that of the head it was read under

	Wrote Written `json:"wrote,omitzero"`  // last on the own log
	Sent  []Sent  `json:"sent,omitempty"`  // transactions whose outcome is not known
	Given []Given `json:"given,omitempty"` // grants that the owner gave
	Held  []Held  `json:"held,omitempty"`  // grants that the owner holds, as the ledger has said

	Offered []Offered `json:"offered,omitempty"` // what may be more of them

	Card      []byte                   `json:"card,omitempty"`      // wire.Signed of the owner's card
	Home      stele.Subject            `json:"home"`                // member whose directory has it
	Published uint32                   `json:"published,omitempty"` // one-time keys published so far
	Collected map[stele.Subject]uint64 `json:"collected,omitempty"` // number of the last delivery, by member

	Links   []Link   `json:"links,omitempty"`   // an organisation's link table
	Systems []string `json:"systems,omitempty"` // of numbers that are the organisation's own
	Moves   []Move   `json:"moves,omitempty"`   // numbers that were linked to somebody else before
	Late    []string `json:"late,omitempty"`    // servers that became the organisation's own when records of theirs had come, see intake
	Shared  []string `json:"shared,omitempty"`  // ids of Patients that two people had, see LinkID

	Labelling Labelling `json:"labelling,omitzero"` // how an organisation draws labels

	Lost time.Time `json:"lost,omitzero"` // when an earlier state was found to be missing
}

// Head is a checked head of the wallet's own log.
type Head struct {
	Size   uint64         `json:"size"`
	Root   stele.Digest   `json:"root"`
	Height int64          `json:"height"`
	Peaks  []stele.Digest `json:"peaks,omitempty"` // of the tree, largest first
	Proof  []byte         `json:"proof,omitempty"` // a wire.LogProof without events: of the head, with its header
	Copy   mark           `json:"copy"`            // how far the copy of the log has come: there, or nowhere
}

// Given is a grant that the owner gave.
type Given struct {
	Grant    stele.ID      `json:"grant"`
	To       stele.Subject `json:"to"`
	ToName   string        `json:"to_name"`
	Says     string        `json:"says"`
	Document []byte        `json:"document"`
	Salt     []byte        `json:"salt"`
	Action   stele.Action  `json:"action"`
	End      time.Time     `json:"end"`
	Made     time.Time     `json:"made"`

	KeyIndex  uint32 `json:"key_index"` // of the grantee's one-time key
	Delivered bool   `json:"delivered"`

	Unanswered bool `json:"unanswered,omitempty"` // nobody who gave it heard that it holds
}

// Held is a grant that somebody gave to the owner.
type Held struct {
	Grant    stele.ID      `json:"grant"`
	Subject  stele.Subject `json:"subject"`
	Says     string        `json:"says"`
	Document []byte        `json:"document"`
	Salt     []byte        `json:"salt"`
	KeyIndex uint32        `json:"key_index"`
	Action   stele.Action  `json:"action"`
	End      time.Time     `json:"end"`
	Over     bool          `json:"over,omitempty"` // the ledger has refused under it, as members say
	Told     bool          `json:"told,omitempty"` // where it stands since it is over: it was asked for by itself
}

// HeldFor returns the grants held on a subject for an action, newest last.
func (s *State) HeldFor(subject stele.Subject, action stele.Action) []Held {
	var held []Held
	for _, h := range s.Held {
		if h.Subject == subject && h.Action == action {
			held = append(held, h)
		}
	}
	return held
}
