// Package wiretest spoils messages of package wire, for the tests of rooms that take them
// from anybody: what they sign, and what is in it, is nobody's to trust. And it holds
// generated code to protobuf itself.
//
// Promises: the same source of chance spoils a message in the same way. Never: a field
// that the message does not have. Start with [Bend].
package wiretest
