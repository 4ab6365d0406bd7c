// Package vectortest reads and compares the files of testdata/vectors, by which every
// implementation of Stele checks itself: what each field means stands in docs/protocol.md.
//
// Promise: [Reproduced] fails when a file is not, byte for byte, what the code computes. With
// -update it writes the file first, for whoever may change a format. Only tests run it.
package vectortest
