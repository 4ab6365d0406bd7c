package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// An answer to a test for antibodies often tells the blood group, too, and another test: "O NEG,
// antibody screen positive. DAT negative". Each clause of it is judged by itself.

// groupAndScreen are names of a test for the blood group and for antibodies, and of what is
// answered with one.
var groupAndScreen = []string{" type and screen ", " type screen ", " group and save ", " group save ", " group and screen ", " group screen ", " crossmatch ", " kreuzprobe "}

// groupWords are those of a blood group.
var groupWords = words("a b o 0 ab rh rhd rhesus abo group blutgruppe groupe grupo gruppo bloedgroep kan")

// elsewhere begin what an antibody is against that is on no red cell.
var elsewhere = strings.Fields("nucle mitoch cardiolip phosph thyr tpo hla platelet granul neutro smooth endomys gliad dna ccp hbs hbc hcv hiv")

// clauseEnds are where a clause of an answer ends.
var clauseEnds = strings.NewReplacer(". ", "\n", ".,", "\n", ", ", "\n", ";", "\n", " - ", "\n", " – ", "\n", " // ", "\n", " but ", "\n", " aber ", "\n", " mais ", "\n", " pero ", "\n", " ma ", "\n", " maar ", "\n", " mas ", "\n", " ama ", "\n", " dat ", "\ndat ")

// groupToo reports whether a test is one for the blood group, too, of which only a clause that says that
// something was found is an answer.
func groupToo(code view) bool {
	return slices.ContainsFunc(allWords(code), func(name string) bool {
		said := foldedWords(name)
		return says(stele.Fold(name), groupAndScreen) || slices.Contains(said, "abo")
	})
}

// clausesOfAnswer reports whether a clause of an answer says that antibodies were found, one that none
// were, and one anything else. What is said of the blood group, or of what is bound to the red
// cells, is none of those.
func clausesOfAnswer(text string) (found, none, other bool) {
	for clause := range strings.SplitSeq(clauseEnds.Replace(strings.ToLower(text)), "\n") {
		said := foldedWords(clause)
		switch {
		case len(said) == 0 || besideAntibodies(said):
		case namesAntibody(said) && !hasBegin(said, givenTo) && !hasBegin(said, []string{"prophyl"}):
			found = true
		case slices.ContainsFunc(said, func(w string) bool { return begins(w, foundSome) && !deniedFinding(said, w) }), agglutinates(clause):
			found = true
		case HasWord(said, denyingAllergy) || HasWord(said, foundNone):
			none = true
		default:
			other = true
		}
	}
	return found, none, other
}

// agglutinates reports whether a clause tells how strongly cells stick: "3+ cell I".
func agglutinates(clause string) bool {
	at := strings.Index(clause, "+")
	return at > 0 && clause[at-1] >= '1' && clause[at-1] <= '4' && (at == 1 || clause[at-2] == ' ')
}

// besideAntibodies reports whether a clause is about the blood group, about what is bound to the red cells, or
// about another antibody.
func besideAntibodies(said []string) bool {
	antibody := hasPart(said, antibodyWords) || namesAntibody(said) || HasWord(said, shortNames) || looksForAny(said)
	at := slices.Index(said, "anti")
	return HasWord(said, set(onRedCells...)) || at >= 0 && at+1 < len(said) && begins(said[at+1], elsewhere) ||
		!antibody && !slices.Contains(said, "anti") && HasWord(said, groupWords) && !slices.ContainsFunc(said, shortenedAntibody(said))
}

// shortenedAntibody knows "Ab" where it is that of a search: "Ab screen POS", and not "AB pos".
func shortenedAntibody(said []string) func(string) bool {
	return func(w string) bool { return shortened[w] && hasPart(said, lookingFor) }
}

// deniedFinding reports whether a word for what was found is denied by those beside it.
func deniedFinding(said []string, found string) bool {
	at := slices.Index(said, found)
	no := func(w string) bool { return denyingAllergy[w] && !strings.HasPrefix(w, "neg") }
	return slices.ContainsFunc(said[:at], no) || at+1 < len(said) && no(said[at+1])
}
