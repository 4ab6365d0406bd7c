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
// Trust does not expire unless Config.TrustFor says so. CometBFT's light clients
// let it expire, because validators who have taken back their stake can sign a
// false history without losing anything. Members of a Stele network stake no
// money but their name, and a name does not become free again; and a patient who
// opens her wallet after two years must not be locked out. Where members leave a
// consortium often, set TrustFor, and give Config.Start to who comes too late.
//
// Start with client.go.
package light
