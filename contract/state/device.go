package state

import (
	"fmt"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// ValidDevice fails with KindInvalid unless a device has a key to sign with, and one to seal to or none.
func ValidDevice(d *wire.Device) error {
	if err := wire.ValidKey(d.GetSigning()); err != nil {
		return err
	}
	signsOnly := d.SealSuite == 0 && len(d.SealKey) == 0
	if signsOnly {
		return nil
	}
	if d.SealSuite != wire.SuiteSeal {
		return stele.E("read device", stele.KindInvalid, fmt.Sprintf("a seal key of the unknown suite %d", d.SealSuite), nil)
	}
	_, err := seal.NewRecipient(d.SealKey)
	return err
}

// Frozen reports whether a key is a device's of the subject that signs nothing for now.
func Frozen(row *SubjectRow, key stele.PublicKey) bool { return frozen(row, key) != nil }

// Guarded reports whether guardians froze a device.
func Guarded(row *SubjectRow, key stele.PublicKey) bool { return frozen(row, key).GetGuarded() }

func frozen(row *SubjectRow, key stele.PublicKey) *FrozenRow {
	i := slices.IndexFunc(row.GetFrozen(), func(f *FrozenRow) bool { return wire.Key(f.Device.GetSigning()) == key })
	if i < 0 {
		return nil
	}
	return row.Frozen[i]
}
