package sample

// The digests of 50 charts of seed 42 at hospitals A and B.
const (
	goldenA = "4be49265d4637fd561d62c61814f8b3eb4396f5f35dfc4343076d2f9b86435d6"
	goldenB = "fbb8f12ba23fcb8b3797375ac4833da02946a1e87847ed2d1d7d13e482ef1dba"
)
