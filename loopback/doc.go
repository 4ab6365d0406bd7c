// Package loopback finds ports of this machine for networks that live on it: a devnet, a
// bench, tests. It looks below those that Linux gives to outgoing connections (from 32,768
// on): a port from there may be another's by the time its member listens, or comes back.
package loopback
