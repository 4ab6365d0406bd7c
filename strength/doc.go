// Package strength says whether a passphrase is strong enough to seal a wallet,
// and if not, why.
//
// A wallet file may be stolen, and whoever has it can try passphrases for as long
// as they like: scrypt makes each try dear, and a floor on the number of tries
// does the rest. The number is estimated as people choose and thieves guess, by
// lists of words, names and leaked passwords, by dates, keyboard walks and
// repetitions (zxcvbn; Wheeler, USENIX Security 2016), not by counting kinds of
// characters.
//
// It promises that what it says holds nothing of the passphrase, and that the
// answer takes a bounded time. It keeps nothing and stores nothing. A passphrase
// that passes may still be known to somebody: it only was not easy to guess.
//
// Start at Check.
package strength
