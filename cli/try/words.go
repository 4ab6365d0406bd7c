package try

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/terminal"
)

// meanings are the words that screens use and that nobody brings along, in the order
// in which one meets them.
var meanings = []struct{ word, means string }{
	{"wallet", "keys, and the program that uses them: a patient's, a practitioner's, an organisation's. Whoever has it and its passphrase is its owner."},
	{"DID", "a name on the ledger that says nothing about its owner: did:stele: and 32 letters. Fewer letters do where they are enough to tell."},
	{"member", "an organisation of the network. It runs a node, and with it a vault, a trustee, a directory and a vote."},
	{"ledger", "the record, kept by all members together, of who was granted what and who opened what. It holds no name, number or diagnosis."},
	{"log", "the entries of the ledger that are about one person. It proves that nothing is missing from it."},
	{"card", "what a practitioner or an organisation shows of themselves: name, role, where they work. The organisation has signed it."},
	{"grant", "a consent: who may read or add what, for which purpose, until when. It can be taken back at any time."},
	{"access", "one opening of a chart under a grant. It stands on the patient's log before any key is released."},
	{"detail", "who asked, for which purpose and why, sealed to the patient. The ledger has only a commitment to it."},
	{"folio", "records of one delivery with one label (same part of the chart, sensitivity, year and source), sealed under one key. The FOLIOS of an import are counted in these."},
	{"label", "what consent is decided on: part of the chart, sensitivity, year, source."},
	{"not classified", "of a record of which nobody could tell, by its words and codes, whether it is sensitive. It opens to nobody but its owner, in an emergency either, unless that is said: the code for it is PDS."},
	{"known", "that a resource had been delivered before, byte for byte. It is not delivered again."},
	{"copies", "at how many other members a delivery lies, sealed, besides the one that took it."},
	{"anchored", "written into the ledger as one number that every record of a delivery can be checked against. An anchored record cannot be changed unseen."},
	{"submission", "one delivery of one source into one chart; its id is what a withdrawal and a proof name it by."},
	{"handle", "the random name of one record as it was delivered, by which stele wallet record shows it and stele withdraw takes it back."},
	{"receipt", "what a trustee signs when it has released a key. Receipts reach the ledger a little later; each opening needs as many as it takes trustees."},
	{"trustee", "a member's holder of one share of the key that opens folios. It gives its part only for what the ledger shows, and keeps who asked, for the patient."},
	{"told by", "how many trustees kept, sealed to the patient, who asked and why. Attempts without a grant are known from them only."},
	{"vault", "a member's store of sealed records."},
	{"block", "what the members agreed on at one moment; its number is the height. What stands in a block is final."},
	{"parcel", "transactions that travel to the ledger together. EVENTS are the entries in logs that came of them."},
	{"genesis", "the first document of a network: its founders, their votes, the committee. Everything is checked from there on."},
	{"committee", "the trustees who hold the shares of one key, and how many of them it takes."},
	{"validator", "a member's vote on blocks. More than two thirds have to sign one."},
	{"link", "a row of an organisation's own table: which of its patient numbers is which DID. “link:” before a refused record means that its patient's number is in no such row."},
	{"fingerprint", "the SHA-256 of something that two people compare by voice: of a network's beginning, or of a key."},
	{"dealing", "what each founder makes for all others when a network begins: its part of the common key, in pieces, each sealed to one founder. Nobody sees two."},
	{"devnet", "a whole network on one machine, for trying. It protects nobody."},
}

var purposeMeans = map[stele.Purpose]string{
	stele.Treatment: "to treat the patient", stele.EmergencyTreatment: "to treat the patient in an emergency", stele.Payment: "to be paid for care",
	stele.Operations: "to run the health service", stele.Research: "for research", stele.PatientRequest: "because the patient asks for it", stele.PublicHealth: "for public health",
}

var sensitivityMeans = map[stele.Sensitivity]string{
	stele.SUD: "substance use, alcohol too", stele.ETH: "substance abuse in the wider sense", stele.PSY: "mental health", stele.HIV: "HIV and AIDS",
	stele.Unclassified: "could not be classified: what it is about could not be told from its words and codes, or its source calls it confidential and does not say why. Counts as sensitive: nothing opens it that does not say PDS or name the record",
	stele.Adolescent:   "confidential to an adolescent: not for parents",
	stele.SEX:          "sexual and reproductive health", stele.STD: "sexually transmitted disease", stele.SDV: "sexual assault, abuse, domestic violence", stele.GDIS: "genetic disease",
}

var categoryMeans = map[stele.Category]string{
	stele.Allergies: "allergies and intolerances", stele.Medications: "medicines: ordered, given, taken", stele.Problems: "problems and diagnoses",
	stele.Immunizations: "vaccinations", stele.Procedures: "operations and other procedures", stele.Results: "laboratory results and reports",
	stele.Vitals: "blood pressure, weight and the like", stele.SocialHistory: "smoking, work, living; questionnaires", stele.FamilyHistory: "illnesses in the family",
	stele.Pregnancy: "pregnancies and their outcome", stele.Functional: "what somebody can do; impressions of clinicians", stele.Imaging: "X-rays, scans and their reports",
	stele.Documents: "letters, notes, scans of paper", stele.Encounters: "visits, stays, appointments", stele.CarePlans: "plans, teams, goals, orders",
	stele.Devices: "implants and other devices", stele.AdvanceDirectives: "advance directives", stele.Summary: "the emergency summary", stele.Claims: "bills, insurance", stele.Demographics: "name, address, birth date",
	stele.Providers: "who treats: people and places", stele.Other: "what nobody could sort",
}

func wordsCommand(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "words [WORD…]", Short: "Say what the words on the screens mean; list codes", GroupID: "try",
		Example: "  stele words\n  stele words folio\n  stele words purposes",
		RunE:    func(_ *cobra.Command, args []string) error { return explainWords(f, args) },
	}
}

// explainWords prints what words mean, each that is asked for or all of them; an error
// names only those that are not known.
func explainWords(f *cli.Face, asked []string) error {
	if len(asked) == 0 {
		for _, m := range meanings {
			if err := meaning(f, m.word, m.means); err != nil {
				return err
			}
		}
		if !f.JSON {
			f.Say("lists: stele words purposes, stele words categories, stele words sensitivities")
		}
		return nil
	}
	if whole := strings.Join(asked, " "); wordAt(whole) >= 0 { // "told by" needs no quotation marks
		asked = []string{whole}
	}
	var unknown []string
	for _, word := range asked {
		known, err := explainWord(f, word)
		if err != nil {
			return err
		}
		if !known {
			unknown = append(unknown, word)
		}
	}
	return notExplained(unknown)
}

// explainWord prints a list of codes or what a word means, and reports whether it is one.
func explainWord(f *cli.Face, word string) (known bool, err error) {
	switch strings.ToLower(word) {
	case "purposes", "purpose":
		return true, codes(f, "PURPOSE", words(stele.Purposes(), func(p stele.Purpose) string { return purposeMeans[p] }))
	case "categories", "category", "kinds", "kind":
		return true, codes(f, "CATEGORY", words(stele.Categories(), func(c stele.Category) string { return categoryMeans[c] }))
	case "sensitivities", "sensitivity", "sensitive":
		return true, codes(f, "SENSITIVITY", words(stele.Sensitivities(), func(s stele.Sensitivity) string { return sensitivityMeans[s] }))
	}
	n := wordAt(word)
	if n < 0 {
		return false, nil
	}
	return true, meaning(f, meanings[n].word, meanings[n].means)
}

// bareWord is a word without what tells its plural or its place on a screen.
func bareWord(s string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(s), ":"), "s")
}

// wordAt is the place of a word in the list of meanings, -1 for none.
func wordAt(s string) int {
	return slices.IndexFunc(meanings, func(m struct{ word, means string }) bool { return bareWord(m.word) == bareWord(s) })
}

func meaning(f *cli.Face, word, means string) error {
	if f.JSON {
		return f.Emit(map[string]any{"word": word, "means": means})
	}
	f.Hang(fmt.Sprintf("%-13s", word), means)
	return nil
}

// notExplained says which words are explained nowhere; nil where there are none.
func notExplained(unknown []string) error {
	if len(unknown) == 0 {
		return nil
	}
	var all, hints []string
	for _, m := range meanings {
		all = append(all, m.word)
	}
	for _, word := range unknown {
		hints = append(hints, stele.Near(strings.ToLower(word), all)...)
	}
	hint := "stele words lists them all"
	if len(hints) > 0 {
		slices.Sort(hints)
		hint = "did you mean " + strings.Join(slices.Compact(hints), " or ") + "?"
	}
	return stele.E("find word", stele.KindNotFound, "not explained here: "+strings.Join(unknown, ", "), nil).WithHint(hint)
}

func words[T ~string](codes []T, means func(T) string) (rows [][2]string) {
	for _, c := range codes {
		rows = append(rows, [2]string{string(c), means(c)})
	}
	return rows
}

// codes prints a list of codes that flags take.
func codes(f *cli.Face, title string, rows [][2]string) error {
	with := slices.ContainsFunc(rows, func(r [2]string) bool { return r[1] != "" })
	t := f.Table(terminal.Column{Title: title})
	if with {
		t = f.Table(terminal.Column{Title: title}, terminal.Column{Title: "MEANS", Flex: true})
	}
	for _, r := range rows {
		switch {
		case f.JSON:
			if err := f.Emit(map[string]any{"code": r[0], "means": r[1]}); err != nil {
				return err
			}
		case with:
			t.Row(r[0], r[1])
		default:
			t.Row(r[0])
		}
	}
	if !f.JSON {
		t.Flush("")
	}
	return nil
}
