// Package sample makes up people with FHIR R4 charts, for demos, tests and
// measurements. Nobody in it exists.
//
// A person is lived first ([Patient] calls live: birth, problems, visits,
// medicines, measurements that follow from the problems) and written down
// afterwards, as one of two hospitals of the place would: [HospitalA] has known
// the person for years, [HospitalB] took the history later and recorded part of
// the same facts again under ids and practitioners of its own. Facts keep code
// and clinical date in both, so that a timeline can show one fact with two
// proofs.
//
// Promises: the same seed, index and options give the same bytes on every
// machine (PCG, integers only, no clock, no map order); every reference
// resolves inside its Bundle; nothing is dated before the birth, after the
// death or on or after the reference date; resources of sensitive courses carry
// their v3-ActCode in meta.security at hospital A and none at B, as in real
// feeds, where a reader has to find out from the codes.
//
// It never reads real data and makes no claim on epidemiology: shares of
// problems are rounded to make charts interesting.
//
// Start with write.go, then life.go (what happens) and bundle.go (how it is
// written); courses.go, drugs.go, labs.go and places.go are its tables.
package sample
