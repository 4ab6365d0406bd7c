package founding

import (
	"encoding/pem"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/wire"
)

// What stands on the first line of a founding file.
const (
	cardBlock    = "STELE MEMBER CARD"
	dealingBlock = "STELE DEALING"
)

// sendAgain is what helps where a file came over damaged, or is not its author's.
const sendAgain = "ask its member to send it again, and use none that came another way"

// EncodeCard writes a card as text that survives any mail (PEM).
func EncodeCard(s *wire.Signed) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: cardBlock, Bytes: wire.Marshal(s)})
}

// EncodeDealing writes a dealing likewise.
func EncodeDealing(s *wire.Signed) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: dealingBlock, Bytes: wire.Marshal(s)})
}

// ReadFiles reads cards and dealings from files, in any order and several in a
// file. What stands around them is ignored. It fails with KindNotFound and
// KindInvalid.
func ReadFiles(paths []string) (cards []Card, dealings []*wire.Signed, err error) {
	const op = "read founding files"
	for _, path := range paths {
		raw, err := regular.Read(path, 16<<20)
		if err != nil {
			return nil, nil, regular.Unread(op, "the file", path, err).
				WithHint("cards and dealings are files that stele member init and stele member deal write")
		}
		found := 0
		for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
			s := new(wire.Signed)
			if err := wire.Decode(block.Bytes, s); err != nil {
				return nil, nil, stele.E(op, stele.KindInvalid, "the file is damaged: "+path, err).WithHint(sendAgain)
			}
			switch block.Type {
			case cardBlock:
				card, err := ReadCard(s)
				if err != nil {
					return nil, nil, stele.E(op, stele.KindOf(err), "the card in "+path+" does not hold: "+stele.TextOf(err), err).WithHint(sendAgain)
				}
				cards, found = append(cards, card), found+1
			case dealingBlock:
				dealings, found = append(dealings, s), found+1
			}
		}
		if found == 0 {
			return nil, nil, stele.E(op, stele.KindInvalid, "there is neither a member card nor a dealing in "+path, nil).
				WithHint("stele member init writes NAME.card, stele member deal writes NAME.dealing")
		}
	}
	return cards, dealings, nil
}
