package api

import "connectrpc.com/connect"

// OverGRPC speaks gRPC instead of Connect.
func OverGRPC() Option { return func(s *settings) { s.more = append(s.more, connect.WithGRPC()) } }

// OverGRPCWeb speaks gRPC-Web instead of Connect.
func OverGRPCWeb() Option {
	return func(s *settings) { s.more = append(s.more, connect.WithGRPCWeb()) }
}
