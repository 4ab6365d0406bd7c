package threshold

import "testing"

// The benchmarks are of 100 capsules and a committee of three in four, on one
// core: go test -bench . -cpu 1 ./threshold

func BenchmarkEncrypt(b *testing.B) {
	n := newNetwork(b, 3, 4, 1)
	for b.Loop() {
		Encrypt(n.committee.Key, n.labels[0], &n.keys[0])
	}
}

func BenchmarkCheckOne(b *testing.B) {
	n := newNetwork(b, 3, 4, 1)
	for b.Loop() {
		Check(n.capsules[0], n.committee.Key, n.labels[0])
	}
}

func BenchmarkCheckBatch100(b *testing.B) {
	n := newNetwork(b, 3, 4, 100)
	for b.Loop() {
		n.batch(b)
	}
}

func BenchmarkPartials100(b *testing.B) {
	n := newNetwork(b, 3, 4, 100)
	batch := n.batch(b)
	for b.Loop() {
		n.shares[0].Partials(batch, nil)
	}
}

func BenchmarkVerifyPartials100(b *testing.B) {
	n := newNetwork(b, 3, 4, 100)
	batch := n.batch(b)
	partials, proof, _ := n.shares[0].Partials(batch, nil)
	for b.Loop() {
		batch.VerifyPartials(1, nil, partials, proof)
	}
}

func BenchmarkCombine100Of3(b *testing.B) {
	n := newNetwork(b, 3, 4, 100)
	batch := n.batch(b)
	parts := []*Verified{n.verified(b, batch, 1, ""), n.verified(b, batch, 2, ""), n.verified(b, batch, 4, "")}
	for b.Loop() {
		batch.Combine(parts...)
	}
}
