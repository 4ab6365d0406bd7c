// Package columns says how much room a text takes on a terminal, and sets it into
// that room: cut, filled up, or broken into lines.
//
// It promises: no line is wider than asked for, but where a single character is;
// what Wrap and Fill break loses nothing but the spaces at which it broke. It does not
// make a text harmless, which package terminal does, and knows no stream.
//
// Start with Of.
package columns
