package stele_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

func TestR42NamesThatAreFit(t *testing.T) {
	for _, name := range []string{
		"Northside Hospital", "Patients' Association", "St. Mary's (West), London", "Dr Amara Okafor", "Şule Şahin", "Ibáñez & Söhne",
		"王小明", "山田 タロウ", "東京メディカル・センター", "ABC 病院", "김민준 Clinic", "Νίκος Παπαδόπουλος", "Больница № 4"[:len("Больница")], "محمد علی‌رضا",
		"अनिल शर्मा", "नीलम क्‍ष", "สมชาย ใจดำ", "Hospital 12 de Octubre", "Nguyễn Thị Ánh", "O’Neill-Smith", "Kauaʻi Clinic", "X", "רות כהן", "Ĳsbrand"[:0] + "IJsbrand",
		"ক্লিনিক", "மருத்துவமனை", "A/B Klinik", "Jean-Luc d'Arc", strings.Repeat("a", stele.MaxName),
	} {
		if err := stele.CheckName("a name", name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestR42NamesThatFool: each of these would have a screen say what is not so.
func TestR42NamesThatFool(t *testing.T) {
	for what, name := range map[string]string{
		"nothing": "", "a space before": " Northside", "a space behind": "Northside ", "two spaces": "North  side",
		"a newline": "Northside\nfingerprint 00112233", "a carriage return": "Northside\rLakeview", "ESC": "North\x1b[2Kside", "C1": "North\u009b2Kside", "DEL": "North\x7fside", "NUL": "North\x00side",
		"a tab": "North\tside", "right to left override": "North\u202eside", "an isolate": "North\u2066side", "a mark of direction": "North\u200fside",
		"line separator": "North\u2028side", "paragraph separator": "North\u2029side", "a tag": "North\U000e0041side", "soft hyphen": "North\u00adside", "zero width space": "North\u200bside",
		"joiner in Latin": "North\u200dside", "non-joiner at the end": "علی\u200c", "byte order mark": "\ufeffNorthside", "no-break space": "North\u00a0side",
		"decomposed": "Ibán\u0303ez", "a stack of marks": "No\u0323\u0324\u0325\u0326\u0327rth", "one mark twice": "क\u0902\u0902", "a mark alone": "North \u0301side", "a stroke through": "o\u0338",
		"Cyrillic о among Latin": "Nоrthside", "Greek ο among Latin": "Nοrthside", "Cherokee": "ᎪᎡᎢ", "Lisu": "ꓐꓑꓒ", "Hangul filler": "\u3164", "variation": "North\ufe0fside",
		"full width": "Ｎｏｒｔｈｓｉｄｅ", "mathematical": "𝐍orthside", "ligature": "ﬁrst", "superscript": "Northsideª",
		"a fingerprint": "Northside 3f2a99b1 77ab01cd", "digits of two scripts": "Ward 1२", "no letter": "12", "punctuation first": "'Northside", "a colon": "fingerprint: abc", "a quote": `"Northside"`,
		"dashes": "Northside -- Lakeview", "an arrow": "Northside → Lakeview", "an emoji": "Northside 🏥", "a slash back": `North\side`, "a bar": "North|side", "less": "<b>North</b>", "a dollar": "$(rm)",
		"too long": strings.Repeat("a", stele.MaxName+1), "not UTF-8": "North\xffside", "a check mark": "✓ Northside", "private use": "\ue000North", "unassigned": "\U000e0fffN", "roman numeral": "Ward Ⅳ",
	} {
		if err := stele.CheckName("a name", name); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %q is taken for a name (%v)", what, name, err)
		}
	}
}

// TestR43TheSentenceShowsNoneOfIt: what is wrong with a name is said without it.
func TestR43TheSentenceShowsNoneOfIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		if err := stele.CheckName("a name", name); err != nil {
			for _, r := range err.Error() + stele.HintOf(err) {
				if !unicode.IsPrint(r) || r > 0x2019 && r < 0xffff {
					t.Fatalf("%U in %q", r, err)
				}
			}
		}
	})
}

func TestR42CodesAndChainIds(t *testing.T) {
	for _, code := range []string{"hospital", "family-doctor", "a1"} {
		if err := stele.CheckCode("a role", code); err != nil {
			t.Error(err)
		}
	}
	for _, code := range []string{"", "Hospital", "a b", "a\n", "1a", "-a", "ä", strings.Repeat("a", 41), "a\x1b[m"} {
		if stele.CheckCode("a role", code) == nil {
			t.Errorf("%q is taken for a code", code)
		}
	}
	for _, chain := range []string{"stele-devnet-ab2c3", "rhine-abcdefgh", "c", "Chain_1.2"} {
		if err := stele.CheckChain(chain); err != nil {
			t.Error(err)
		}
	}
	for _, chain := range []string{"", "a b", "a\nb", "\x1b[2K", "é", strings.Repeat("a", 51), "a\u202eb"} {
		if stele.CheckChain(chain) == nil {
			t.Errorf("%q is taken for a chain id", chain)
		}
	}
	for _, kind := range stele.MemberKinds() {
		if err := stele.CheckMemberKind(kind); err != nil {
			t.Error(err)
		}
	}
	if stele.CheckMemberKind("bank") == nil {
		t.Error("a bank is a member")
	}
}

func TestR42NamesThatLookAlikeHaveOneKey(t *testing.T) {
	for _, like := range []string{"northside hospital", "Northside-Hospital", "NORTHSIDE HOSPITAL", "Nôrthside Hospital", "Northside Hospita1", "Northside HospitaI", "N0rthside Hospital", "Northside  Hospital."} {
		if stele.NameKey(like) != stele.NameKey("Northside Hospital") {
			t.Errorf("%q has another key", like)
		}
	}
	if stele.NameKey("Modem Clinic") != stele.NameKey("Modern Clinic") || stele.NameKey("сосо") != stele.NameKey("coco") || stele.NameKey("ΑΒΕ") != stele.NameKey("ABE") {
		t.Error("look-alikes have two keys")
	}
	for _, other := range []string{"Southside Hospital", "Northside Hospital 2", "Northside"} {
		if stele.NameKey(other) == stele.NameKey("Northside Hospital") {
			t.Errorf("%q has the same key", other)
		}
	}
	if stele.NameKey("कि") == stele.NameKey("कु") {
		t.Error("vowels of Devanagari count for nothing")
	}
}

func TestFoldFindsNamesWithoutTheirAccents(t *testing.T) {
	for name, typed := range map[string]string{
		"Şule Şahin": "sule sahin", "IŞIK": "isik", "Işık": "ISIK", "İnci": "inci", "Łukasz": "lukasz", "Søren": "soren", "Straße": "STRASSE", "O’Neill": "o'neill", "Ibáñez": "ibanez", "Νίκος": "νικοσ", "Đorđe": "dorde",
	} {
		if stele.Fold(name) != stele.Fold(typed) {
			t.Errorf("%q folds to %q, %q to %q", name, stele.Fold(name), typed, stele.Fold(typed))
		}
	}
}

func TestNearNamesWhoWasMeant(t *testing.T) {
	names := []string{"Dr Lina Haddad", "Dr Amara Okafor", "Şule Şahin", "Northside Hospital"}
	for query, want := range map[string]string{"Hadad": "Dr Lina Haddad", "okafro": "Dr Amara Okafor", "Shahin": "Şule Şahin", "Northsied Hospital": "Northside Hospital", "ilna": "Dr Lina Haddad"} {
		if got := stele.Near(query, names); len(got) != 1 || got[0] != want {
			t.Errorf("%q: %q", query, got)
		}
	}
	for _, query := range []string{"zz", "", "Müller"} {
		if got := stele.Near(query, names); len(got) != 0 {
			t.Errorf("%q: %q", query, got)
		}
	}
}

func FuzzCheckName(f *testing.F) {
	for _, s := range []string{"Northside", "علی‌رضا", "a\u0301", "\x1b", "1२"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if stele.CheckName("a name", name) != nil {
			return
		}
		for _, r := range name {
			if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
				t.Fatalf("%q holds %U", name, r)
			}
		}
		_, _ = stele.NameKey(name), stele.Near(name, []string{name})
	})
}
