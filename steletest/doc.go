// Package steletest stands in for what a room depends on, in the tests of several
// rooms: a [Ledger] that answers as the contract in the root package says, and that
// tests write into what blocks would, and a [Log] that can be searched while others
// write it. Only tests run it.
package steletest
