package wallet

// What tests from outside the room do inside it.

// LogPath is where the copy of the own log lies.
func (w *Wallet) LogPath() string { return w.logCopy().path }
