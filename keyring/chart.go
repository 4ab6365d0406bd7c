package keyring

import "github.com/stele-health/stele"

// For returns the keys for another chart that is merged into the owner's. Who signs and opens is the
// owner; all else is the chart's own: pairwise keys above all, of which none stands in two grants,
// and what seals what the wallet learns of it. It has no key document, for it creates nothing. Forget
// it before the keyring that it is of.
func (k *Keyring) For(chart stele.Subject) *Keyring {
	seed := k.Derive("chart", chart[:])
	return &Keyring{
		secrets: secrets{Version: k.secrets.Version, Kind: k.secrets.Kind, Name: k.secrets.Name, Seed: seed[:]},
		owner:   k, subject: chart, sealKey: k.sealKey,
	}
}
