package sample

// The digests of 50 charts of seed 42 at hospitals A and B.
const (
	goldenA = "b357006d8ec5d6041ec5a59dd7c0033425597a755c7430e8c723d2a933237a29"
	goldenB = "32bd76614c576cf683c039286e6ec5ff9ce504f2e94d79c0db2ee81bfdc6a24b"
)
