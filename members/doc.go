// Package members is the members of the consortium as a wallet meets them, and how to
// ask them so that none can hold anybody up.
//
// A [Member] is four doors: [Ledger], [Directory], [Vault] and [Trustee]. Whoever dials
// members makes them (package client), and tests put liars in their place. None of their
// answers is believed without proof; what they are asked, and what is made of it, other
// rooms know.
//
// A [Round] puts one question to several members: so many at once, the next when one
// fails, and nobody is waited for who says nothing. [Ask] is a round until one answers,
// [Round.Agree] until so many have given the same answer that one of them is honest, [All]
// asks all at once. Who said nothing is asked last for a minute, by whatever is asked next
// on the same [Network]. [Retry] is for members that are a block apart.
//
// Start with members.go, then round.go.
package members
