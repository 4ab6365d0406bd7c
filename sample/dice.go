package sample

import "math/rand/v2"

// dice draws the choices of one chart. Bounded numbers are made here, by
// multiply and shift, so that they depend on nothing but PCG's documented
// output.
type dice struct{ pcg rand.PCG }

// newDice returns the dice for a stream of one person's life. Streams keep the
// first hospital's chart the same whatever the second one draws.
func newDice(seed uint64, index int, stream uint64) *dice {
	d := new(dice)
	d.pcg.Seed(mix(seed^mix(stream)), mix(uint64(index)+0x9e3779b97f4a7c15))
	return d
}

// n returns a number in [0, limit); 0 when limit is not positive.
func (d *dice) n(limit int) int {
	if limit <= 0 {
		return 0
	}
	return int((d.pcg.Uint64() >> 32) * uint64(limit) >> 32)
}

// between returns a number in [lo, hi].
func (d *dice) between(lo, hi int) int { return lo + d.n(hi-lo+1) }

// chance is true in permille of 1000 cases.
func (d *dice) chance(permille int) bool { return d.n(1000) < permille }

// swing returns a number around 0, within ±width, small ones more often.
func (d *dice) swing(width int64) int64 {
	w := int(width)
	return int64(d.n(w+1) + d.n(w+1) - w)
}

// mix is the finaliser of splitmix64: it spreads neighbouring numbers.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
