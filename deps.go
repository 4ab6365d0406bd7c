//go:build deps

package stele

import (
	_ "connectrpc.com/connect"
	_ "filippo.io/age"
	_ "github.com/bufbuild/protocompile"
	_ "github.com/cockroachdb/datadriven"
	_ "github.com/cockroachdb/pebble/v2"
	_ "github.com/cometbft/cometbft/node"
	_ "github.com/cometbft/cometbft/light"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/gtank/ristretto255"
	_ "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/spf13/cobra"
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob"
	_ "golang.org/x/net/http2"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/term"
	_ "golang.org/x/time/rate"
	_ "google.golang.org/protobuf/proto"
	_ "pgregory.net/rapid"
)
