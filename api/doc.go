// Package api carries the rooms of a member over the network: one plaintext
// port for Connect, gRPC, gRPC-Web, and curl with JSON (api.proto). It is the
// only importer of Connect.
//
// [Handler] serves the rooms it is given and [Serve] puts them behind a server
// with its limits; [Dial] returns a [Client] whose parts satisfy the same
// interfaces (rooms.go), so that a room in this process and one across the world
// look alike to their callers. [Node] is the Ledger service: it joins a member's
// ledger and chain into answers with proofs.
//
// It promises that an error crosses with its kind, sentence and hint and nothing
// else: no cause, no stack, no path. That requests are bounded in size and time,
// and that a panic costs one request. That the operator's service answers only
// to the operator's token, and only under a loopback name. It holds no key and
// decides nothing about records; who may read a log is its one decision.
//
// There is no TLS here: a listener that leaves loopback needs it in front.
//
// Start with rooms.go, then handler.go, client.go, node.go.
package api
