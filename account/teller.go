package account

import "github.com/stele-health/stele/reading"

// Teller tells a wallet's owner who asked and who opened.
type Teller struct {
	*reading.Reader
}
