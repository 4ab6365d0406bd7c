// Package seam is where wallettest reaches what nobody else may: what a wallet has learned,
// to make it what a test needs. Package wallet sets it.
package seam

var (
	// Update changes the state of a *wallet.Wallet by a func(*wallet.State).
	Update func(wallet, edit any) error

	// Keep gives a *wallet.Wallet a []wallet.Held.
	Keep func(wallet, grants any) error

	// ForgetAsked has a *wallet.Wallet forget what its owner asked for.
	ForgetAsked func(wallet any) error
)
