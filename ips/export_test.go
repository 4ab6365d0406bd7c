package ips

// What the screen of Text promises.
const (
	Columns    = screenWidth
	Incomplete = incomplete
)
