package paper

import "github.com/stele-health/stele"

// words is what pages say in a language.
type words struct {
	cardTitle, cardFor, cut, cardHead, opensNothing string
	responder                                       [4]string // for who finds the card; a line of it each
	cardRules                                       []string

	slipTitle, slipFor, slipFrom, slipMark string
	slipRules                              []string
}

// wordsOf returns the words of a language of consent.Languages. It fails with
// KindInvalid for another.
func wordsOf(language string) (words, error) {
	if language != "en" {
		return words{}, stele.E("make page", stele.KindInvalid, "there are no pages in that language", nil).WithHint("en")
	}
	return english, nil
}

var english = words{
	cardTitle:    "Your card",
	cardFor:      "Carry this card with you. From it a hospital, a surgery or an ambulance finds whose medical record to ask for, also when you cannot tell them.",
	cut:          "Cut along the line.",
	cardHead:     "Stele · whose medical record to ask for",
	opensNothing: "This card opens nothing. It only says whose record to ask for, and holds no medical data.",
	responder: [4]string{
		"1  In an emergency: scan the square, or type the ten groups beside it.",
		"2  With licence, role and accreditation: stele breakglass open",
		"3  Say why. What the patient allows in emergencies opens, for 24 hours.",
		"4  The patient is told who looked, and somebody else reviews it.",
	},
	cardRules: []string{
		"The card holds no medical data, and nobody can tell from it whether there are any. It names your log on the ledger and nothing else.",
		"Whoever finds it can open nothing with it. If it is lost, print it again: stele wallet card. Nothing has to be locked.",
		"Whoever has seen two of your cards knows that both are yours. Show it where you want to be recognised.",
		"What opens in an emergency you decide in your wallet, not on the card.",
	},
	slipTitle: "The key to your medical record",
	slipFor: "Your medical record has been opened for you, and until you have a telephone or a computer others look after it. " +
		"With this code you take it over: from then on you decide who reads it.",
	slipFrom: "Printed by",
	slipMark: "Slip",
	slipRules: []string{
		"To take your record over you need the program stele on a telephone or a computer of your own: stele wallet claim.",
		"Go with this page to another organisation of the Stele network than the one that printed it, such as a hospital or a clinic: it sees that it is you, and signs with you. Who printed the page tells which there are near you.",
		"Keep this page secret and safe, like the key of your home. Whoever has the code can take your record over.",
		"The code works once. When you have taken your record over, destroy this page.",
		"To use it, scan the square or type the eight groups. A mistake in typing is noticed, and the group is named.",
		"Read it aloud only to somebody whom you called yourself. Nobody who calls you may ask for it.",
		"The four letters at the top are no part of the code and open nothing: by them who printed the page knows whose it is. You may say them.",
		"If the page is lost, or somebody else has seen it, go to who printed it, with proof of who you are: they open your record anew with another code, and join the two.",
	},
}
