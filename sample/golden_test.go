package sample

// The digests of 50 charts of seed 42 at hospitals A and B.
const (
	goldenA = "99aceead4a9dc5a8f487c4adec309c7703f3b9810d282c2316e7feb24ff049b8"
	goldenB = "6f15bc9312779c62a89726787e55755cbb0072ab73ca466560510667ad9fd1f1"
)
