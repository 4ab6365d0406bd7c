package wallet

import (
	"errors"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
)

// State is what a wallet has learned of which there is one. Grants and what was sent are
// rows, see rows.go; so are links, see package links.
type State struct {
	Genesis []byte `json:"genesis,omitempty"` // pinned when the wallet first met a network
	Light   []byte `json:"light,omitempty"`   // last trusted light block
	Head    Head   `json:"head"`              // last checked head of the own log

	Consortium Followed `json:"consortium,omitzero"` // how far its log was followed

	Reading Head `json:"reading,omitzero"` // how far a reading of the own log came that did not end; its height is that of the head it was read under

	Wrote Written `json:"wrote,omitzero"` // last on the own log

	Card      []byte                   `json:"card,omitempty"`      // wire.Signed of the owner's card
	Home      stele.Subject            `json:"home"`                // member whose directory has it
	Published uint32                   `json:"published,omitempty"` // number of the next one-time key that is published
	Collected map[stele.Subject]uint64 `json:"collected,omitempty"` // number of the last delivery, by member

	Asked map[stele.Subject]uint64 `json:"asked,omitempty"` // number of the last request that was left with the owner, by member

	Forgotten time.Time `json:"forgotten,omitzero"` // the day up to which grants that ended were forgotten

	Labelling Labelling `json:"labelling,omitzero"` // how an organisation draws labels

	Emergency     Slot `json:"emergency,omitzero"`      // what the own emergency slot commits to; zero where this wallet did not fill it
	EmergencyNext Slot `json:"emergency_next,omitzero"` // what it is to commit to, until that is known

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

	Records [][]byte `json:"records,omitempty"` // of one for single records: each a wire.SingleRecord

	// Of one that was given for somebody else: whose it is, by which delegation it was given,
	// and the documents that whoever uses it shows, that delegation's first.
	For     stele.Subject `json:"for,omitzero"`
	ForName string        `json:"for_name,omitempty"`
	Under   stele.ID      `json:"under,omitzero"`
	Above   []Above       `json:"above,omitempty"`

	Unanswered bool `json:"unanswered,omitempty"` // nobody who gave it heard that it holds
}

// GivenGrants lists the grants that the owner gave, the newest last.
func (w *Wallet) GivenGrants() ([]Given, error) { return book.Values(givenRows.All(w.learned)) }

// Tally is how much a wallet has of what may be much.
type Tally struct{ Given, Held, Links, Sent int }

// Tally counts without reading.
func (w *Wallet) Tally() (t Tally, err error) {
	given, err := givenRows.Count(w.learned)
	held, err2 := heldRows.Count(w.learned)
	links, err3 := w.links.Count()
	sent, err4 := sentRows.Count(w.learned)
	return Tally{given, held, links, sent}, errors.Join(err, err2, err3, err4)
}

// GivenGrant is a grant that the owner gave, by its id.
func (w *Wallet) GivenGrant(grant []byte) (g Given, known bool, err error) {
	all, err := book.Values(givenRows.Find(w.learned, givenByGrant, string(grant)))
	if len(all) == 0 {
		return g, false, err
	}
	return all[0], true, err
}
