package sample

// The digests of 50 charts of seed 42 at hospitals A and B.
const (
	goldenA = "7b9306cfcbe016922c654ce71e5c94a4e53f4c001d8d6cd080f3ed12f4915b0f"
	goldenB = "fa3baf02168bc44b466c7f003f916b795fc860602311c9da426dbd7e29b85b95"
)
