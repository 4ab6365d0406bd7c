// Package devnet is a whole network in one process on loopback: for trying
// Stele, for its demo, and for end-to-end tests. Its members are real ones, as
// package member runs them, with a real consensus between them; only the
// founding is made easy: one process deals all shares and holds all
// organisations' wallets, which in a real network nobody does.
//
// The state lives in a folder and survives restarts:
//
//	network.json         the genesis and the members' addresses; what a wallet needs
//	passphrase           of the wallets that the devnet made
//	wallets/             the organisations' wallets, and where people's go
//	members/NAME/        each member's folder
//	control.json         where the running devnet is told to stop and start members
//
// Start with network.go; found.go is the founding.
package devnet
