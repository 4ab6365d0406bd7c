package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/wallet"
)

// TestAPassphraseIsWhatIsTyped, wherever it comes from: an editor's mark before it, a line's
// end behind it and another way to write a letter are none of it. A wallet that was made
// with them opens all the same.
func TestAPassphraseIsWhatIsTyped(t *testing.T) {
	const plain, apart = "café gravel tulip envoy", "cafe\u0301 gravel tulip envoy"
	f := &Face{Home: t.TempDir()}
	path := f.WalletPath("ana")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		given  string
		opens  []string // wallets that were made with these
		denied []string
	}{
		{plain, []string{plain}, []string{apart, plain + " ", ""}},
		{plain + "\r\n", []string{plain}, []string{" " + plain}},
		{"\ufeff" + plain, []string{plain, "\ufeff" + plain}, []string{apart}},
		{apart, []string{plain, apart}, nil},
		{" " + plain + " ", []string{" " + plain + " "}, []string{plain}},
	} {
		file := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(file, []byte(c.given), 0o600); err != nil {
			t.Fatal(err)
		}
		for from, face := range map[string]*Face{
			"a file":          {Home: f.Home, passphraseFile: file, Env: func(string) string { return "" }},
			"the environment": {Home: f.Home, Env: func(string) string { return c.given }},
		} {
			if secret, _, err := face.NewPassphrase(t.Context(), "ana", "Ana Alvar"); err != nil || secret != typed(c.given) {
				t.Errorf("%q from %s makes a wallet with %q, %v", c.given, from, secret, err)
			}
			for _, made := range append(c.opens, c.denied...) {
				_, err := face.OpenBy(t.Context(), "ana", func(_, passphrase string, _ book.Stores) (*wallet.Wallet, error) {
					if passphrase != made {
						return nil, stele.E("", stele.KindDenied, "", nil)
					}
					return new(wallet.Wallet), nil
				})
				if opened := err == nil; opened != slices.Contains(c.opens, made) {
					t.Errorf("%q from %s opens a wallet of %q: %v", c.given, from, made, opened)
				}
			}
		}
	}
}
