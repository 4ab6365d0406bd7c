// Package spell writes what people read aloud and type: the code that finds a person,
// as it stands on a wallet card, and the code of a printed slip, which is a secret.
//
// Both are characters of Crockford's base32, whose alphabet has no I, L, O and U, in
// groups of four, and end with six that check the others (Bech32m, BIP 350; the
// alphabet is another). It promises: a code with one wrong character, two that changed
// places, one left out or one too many is never read as another code, and the error
// says in which group to look. Small letters, spaces, dashes, O for 0, I and L for 1
// are read as they were meant. Nothing is corrected silently: a patient's code that was
// typed wrongly may be another patient's.
//
// A slip has a mark besides (NewMark): four letters that are no part of its code, by which sheets are
// told apart on a desk.
//
// It draws no randomness, keeps nothing, and asks nobody: that a code is well written
// says nothing of whether there is such a person or such a slip.
//
// Start with DID, which commands call; check.go has the check, mistake.go finds where
// the error is.
package spell
