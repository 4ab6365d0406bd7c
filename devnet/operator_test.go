package devnet_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/wire"
)

// operator dials a member's operator service.
func (w *world) operator(t testing.TB, name string) *api.Client {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(w.Folder(name), member.TokenFile))
	must(t, err)
	c, err := api.Dial(w.URL(name), api.WithToken(string(token)))
	must(t, err)
	t.Cleanup(c.Close)
	return c
}

// vaultRecords counts the records that all vaults of the town hold.
func vaultRecords(t testing.TB) (n uint64) {
	t.Helper()
	for _, name := range town.Names() {
		n += uint64(town.status(t, name).Records)
	}
	return n
}

func (w *world) status(t testing.TB, name string) *wire.VaultStatus {
	t.Helper()
	status, err := w.operator(t, name).Admin.VaultStatus(t.Context(), &api.VaultStatusRequest{})
	must(t, err)
	return status
}

// fsck checks a vault and returns what is wrong.
func (w *world) fsck(t testing.TB, name string, repair bool) (findings []*wire.Finding) {
	t.Helper()
	must(t, w.operator(t, name).Admin.Fsck(t.Context(), &api.FsckRequest{Repair: repair}, func(p *wire.FsckProgress) error {
		if p.Finding != nil {
			findings = append(findings, p.Finding)
		}
		return nil
	}))
	return findings
}
