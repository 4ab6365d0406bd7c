package directory

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR26AStatusListIsTheOneOnTheLedger: whoever brings it, it is kept when its hash is its
// issuer's newest, of a member or an issuer that was admitted, and survives a restart.
func TestR26AStatusListIsTheOneOnTheLedger(t *testing.T) {
	p := newPlace(t)
	board, stranger := stele.SubjectOf([]byte("board")), stele.SubjectOf([]byte("stranger"))
	p.book.admitted = []stele.CredentialIssuer{{Subject: board}}
	first, second := []byte("the first list"), []byte("the second list")
	p.book.posted = map[stele.Subject]stele.StatusList{}
	post := func(s stele.Subject, list []byte) { p.book.posted[s] = stele.StatusList{Hash: sha256.Sum256(list)} }
	put := func(s stele.Subject, list []byte) error {
		_, err := p.PutStatusList(t.Context(), &wire.PutStatusListRequest{Subject: s[:], List: list})
		return err
	}
	get := func(s stele.Subject) []byte {
		out, err := p.GetStatusList(t.Context(), &wire.GetStatusListRequest{Subject: s[:]})
		if err != nil && stele.KindOf(err) != stele.KindNotFound {
			t.Fatal(err)
		}
		return out.GetList()
	}
	if err := put(board, first); stele.KindOf(err) != stele.KindBusy || get(board) != nil {
		t.Errorf("a list that nobody posted: %v", err)
	}
	post(board, first)
	if err := put(board, first); err != nil || !bytes.Equal(get(board), first) {
		t.Errorf("the newest: %v", err)
	}
	post(board, second)
	if err := put(board, first); stele.KindOf(err) != stele.KindBusy {
		t.Errorf("the one before: %v", err)
	}
	if err := put(board, second); err != nil {
		t.Error(err)
	}
	p.reopen()
	if !bytes.Equal(get(board), second) {
		t.Error("the newest is lost")
	}
	post(stranger, first)
	if err := put(stranger, first); stele.KindOf(err) != stele.KindDenied || get(stranger) != nil {
		t.Errorf("a stranger's: %v", err)
	}
	post(ourMember, first)
	if err := put(ourMember, first); err != nil {
		t.Errorf("a member's: %v", err)
	}
	long := make([]byte, stele.MaxStatusList+1)
	post(board, long)
	if err := put(board, long); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("one that is too long: %v", err)
	}
	if err := put(board, nil); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("none: %v", err)
	}
}
