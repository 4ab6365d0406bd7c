package vault

import "github.com/stele-health/stele"

// Fetches returns the notes of a subject's own fetches, oldest first.
func (v *Vault) Fetches(subject stele.Subject) ([]Fetch, error) {
	var out []Fetch
	err := v.notes.each(func(_ int64, f *Fetch) {
		if f != nil && f.Subject == subject {
			out = append(out, *f)
		}
	})
	return out, err
}
