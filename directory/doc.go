// Package directory is where a member's people are found, and where their post
// lies until they collect it.
//
// A practitioner or an organisation registers a card, signed by its holder and
// by an issuer of the consortium, together with one-time keys. A patient finds
// the card, takes one key for one grant, and leaves the grant in the holder's
// box, sealed.
//
// It promises: a card or key that its holder did not sign never gets in; a
// one-time key is handed out once, also after a power cut, so that two grants
// never share a key (R10); what was accepted into a box is durable and numbered.
// It believes nothing itself and asks nobody to believe it: wallets check every
// card and key again.
//
// It also keeps, sealed to the member and for its own vault and trustee alone, what patients
// say of emergencies.
//
// It reads no post, knows of no patient more than the ledger does, and does not know who took a
// key or left a package. Anybody may do either, so both are limited, by holder and by the
// caller's address: a stranger can at worst make a holder wait, not fill the disk,
// and one address can neither fill a box nor empty a store.
//
// Start with directory.go.
package directory
