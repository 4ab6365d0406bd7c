package directory

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/wire"
)

// PutStatusList keeps an issuer's newest status list token for whoever presents a credential
// of theirs. Anybody may bring it: it is the one whose hash the ledger has, of an issuer that
// the consortium admitted or of a member, or it is refused. It fails with KindInvalid for a
// token over 64 KiB, with KindDenied for the list of anybody else, and with KindBusy when the
// member's node does not know the list, or not yet.
func (d *Directory) PutStatusList(_ context.Context, in *wire.PutStatusListRequest) (*wire.PutStatusListResponse, error) {
	const op = "put status list"
	issuer, err := stele.SubjectFrom(in.Subject)
	if err != nil {
		return nil, err
	}
	if len(in.List) == 0 || len(in.List) > stele.MaxStatusList {
		return nil, stele.E(op, stele.KindInvalid, "a status list token has 1 byte to 64 KiB", nil)
	}
	consortium, err := d.cfg.Ledger.Consortium()
	if err != nil {
		return nil, err
	}
	admitted := slices.ContainsFunc(consortium.CredentialIssuers, func(i stele.CredentialIssuer) bool { return i.Subject == issuer })
	if !admitted && !d.member(issuer) {
		return nil, stele.E(op, stele.KindDenied, "neither a member nor an issuer of the network", nil).
			WithHint("roles without a status list end by themselves within 24 hours")
	}
	posted, err := d.cfg.Ledger.StatusList(issuer)
	if err != nil && stele.KindOf(err) != stele.KindNotFound {
		return nil, err
	}
	if err != nil || posted.Hash != sha256.Sum256(in.List) {
		return nil, stele.E(op, stele.KindBusy, "this is not the issuer's newest status list, as far as this member knows", nil).
			WithHint("post its hash on the ledger first; a member may be a block behind")
	}
	if err := d.db.Set(rowOf(rowStatusList, issuer), in.List, pebble.Sync); err != nil {
		return nil, d.fault(op, err)
	}
	return &wire.PutStatusListResponse{}, nil
}

// GetStatusList returns an issuer's status list token, the newest that was brought. It fails
// with KindNotFound.
func (d *Directory) GetStatusList(_ context.Context, in *wire.GetStatusListRequest) (*wire.GetStatusListResponse, error) {
	const op = "get status list"
	issuer, err := stele.SubjectFrom(in.Subject)
	if err != nil {
		return nil, err
	}
	list, err := database.Get(d.db, rowOf(rowStatusList, issuer))
	switch {
	case err != nil:
		return nil, d.fault(op, err)
	case list == nil:
		return nil, stele.E(op, stele.KindNotFound, "no status list of that issuer is here", nil)
	}
	return &wire.GetStatusListResponse{List: list}, nil
}
