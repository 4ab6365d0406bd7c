// Package light follows a chain's validators from the genesis to any block, so
// that a wallet or an auditor believes a header although the validators have
// changed since it last looked. The rules are those of CometBFT's light client
// (rule.go): a block is believed when more than a third of the power that was
// believed before signed it, and more than two thirds of its own; where validators
// changed too much at once, blocks in between are asked for, by halves. On top of
// that every signature must be right (package proof).
//
// Promises: a header is returned only when it was checked; the newest one is
// saved before it is returned; two signed headers of one height are refused with
// KindProof. It never talks to anybody but its Source.
//
// Trust in a block that was followed runs out after a year ([TrustFor]): who held
// validators' keys then may have left since, and have lost them, and more than two thirds
// of them could sign another history. CometBFT's light clients wait for less than it takes
// to get a stake back. Members of a Stele network stake no money but their name, so what is
// waited for is how long the old key of one who left, or has renewed it, is guarded or
// certainly destroyed (NIST SP 800-57 Part 1 §5.3.6 has a signing key used for one to three
// years). A patient who opens her wallet after two years is not locked out: she is told
// to ask somebody for the newest block, and goes on from that (Config.Start).
//
// Trust in the genesis does not run out: who begins has compared its fingerprint just now.
// So whoever begins with an old network believes the founders' keys until the first header
// is followed; Config.Start takes their place, too.
//
// Start with client.go.
package light
