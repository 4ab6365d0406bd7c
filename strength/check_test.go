package strength

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

func TestR44WeakPassphrasesAreRefusedAndSaidWhy(t *testing.T) {
	for passphrase, want := range map[string]string{
		"":                     "empty",
		"a":                    "short",
		"xK9!":                 "short",
		"password1":            "many people use",
		"P@ssw0rd123":          "many people use",
		"aaaaaaaaaaaaaaaa":     "repeats itself",
		"abcdefghijkl":         "sequence",
		"qwertyuiop[]":         "keyboard",
		"zxcvfr432wsx":         "keyboard",
		"margaret1952":         "name",
		"12.05.1987":           "date",
		"elenamarchetti":       "belongs to this wallet",
		"open sesame":          "too easy",
		"Elena Marchetti 1952": "belongs to this wallet",
		"hospital2024":         "too easy",
		"ittehcram anele 1952": "belongs to this wallet",
		"3lena.March3tti.1952": "belongs to this wallet",
		"elena elena marchetti marchetti 1952 1952": "repeats itself",
		"йцукенгшщз":                                "many people use",
		"фывапролджэ":                               "keyboard",
		"ПАРОЛЬ1985":                                "date",
		"ασδφγηξκλ;":                                "keyboard",
		"sunshine\xffgarden":                        "UTF-8",
	} {
		err := Check(passphrase, "elena", "Elena Marchetti")
		if stele.KindOf(err) != stele.KindUsage || !strings.Contains(err.Error(), want) || stele.HintOf(err) == "" {
			t.Errorf("%q: %v, want %q", passphrase, err, want)
		}
		if len(passphrase) > 4 && strings.Contains(err.Error(), passphrase) {
			t.Errorf("%q is repeated", passphrase)
		}
	}
}

func TestStrongPassphrasesPass(t *testing.T) {
	for _, passphrase := range []string{
		"a network of processes", "correct horse battery staple", "gravel tulip envoy basalt", "vH7#kq2!Lz0p", "8f3a9c1e7b2d4f60", "Der Igel mag keine Tapete",
		"ясная луна над тихой рекой", strings.Repeat("gravel tulip envoy basalt ", 40),
	} {
		if err := Check(passphrase, "elena", "Elena Marchetti"); err != nil {
			t.Errorf("%q: %v", passphrase, err)
		}
	}
}

// TestNoScriptIsWorthMore: a letter outside ASCII is a letter, and what is written
// twice is written once.
func TestNoScriptIsWorthMore(t *testing.T) {
	for _, passphrase := range []string{
		strings.Repeat("ä", 16), strings.Repeat("字", 6), strings.Repeat("ж", 10), strings.Repeat("😀", 8), "парольпароль", "йцукенгш", "passwörtpasswört",
		"19700501 19700501", "01.05.1970 01.05.1970", "19700501  19700501 19700501", "луна луна луна",
	} {
		if err := Check(passphrase, "elena", "Elena Marchetti"); err == nil {
			t.Errorf("%q passes", passphrase)
		}
	}
	if err := Check("Élodie Müller 1952", "wallet", "Élodie Müller"); err == nil || !strings.Contains(err.Error(), "belongs to this wallet") {
		t.Errorf("an owner's name with accents: %v", err)
	}
}

func TestTheAnswerTakesABoundedTime(t *testing.T) {
	for _, long := range []string{strings.Repeat("a", 1<<20), strings.Repeat("pa$$w0rd", 1<<17), strings.Repeat("é1", 1<<19)} {
		began := time.Now()
		_ = Check(long, strings.Repeat("name ", 10_000))
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%v", took)
		}
	}
}

// FuzzCheck: any text has an answer, which repeats nothing of it.
func FuzzCheck(f *testing.F) {
	f.Add("password", "elena")
	f.Add("\xff", "")
	f.Add(strings.Repeat("1qaz2wsx", 20), "x")
	f.Fuzz(func(t *testing.T, passphrase, known string) {
		err := Check(passphrase, known)
		if err == nil {
			return
		}
		if stele.KindOf(err) != stele.KindUsage || stele.HintOf(err) == "" {
			t.Fatalf("%v", err)
		}
	})
}
