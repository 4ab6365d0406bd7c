package threshold

import "fmt"

// BadMember is the cause in errors that a member is to blame for. Read it with
// errors.AsType.
type BadMember struct {
	Index int   // of the member's share or dealing, from 1
	Err   error // what is wrong with it
}

func (b BadMember) Error() string { return fmt.Sprintf("member %d: %v", b.Index, b.Err) }

// Unwrap returns what is wrong with the member's part.
func (b BadMember) Unwrap() error { return b.Err }

// BadCapsule is the cause in errors about one capsule of a batch.
type BadCapsule struct {
	Place int   // in the batch, from 0
	Err   error // what is wrong with it
}

func (b BadCapsule) Error() string { return fmt.Sprintf("capsule %d: %v", b.Place, b.Err) }

// Unwrap returns what is wrong with the capsule.
func (b BadCapsule) Unwrap() error { return b.Err }
