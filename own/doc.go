// Package own checks the requests by which somebody asks for what is theirs:
// their log, their details at a trustee, their records, their post; and those by
// which one member asks another.
//
// Such a request is a wire.OwnRequest, signed by a current key of the subject
// it names. A [Door] belongs to one member and one service. It promises that a
// request passes only on the chain and at the member it was made for, within
// five minutes of being made, signed by a key that is current on the member's
// own ledger, and once. Every failure is the same KindDenied, so that nobody
// learns which subjects exist or which key is out of date.
//
// It reads no clock (callers pass the time) and keeps nothing on disk: after a
// restart a request younger than five minutes passes a second time, which gives
// its answer twice to whoever holds the signed bytes.
//
// [Door.Opens] looks at what else somebody signs of theirs to one member, such as where they want to be
// told: the same, but for whose key it has to be and for once.
//
// A [MemberDoor] does the same for wire.MemberRequest, by which one member asks
// another, signed by its node key.
//
// Start with [Door.Check].
package own
