// Command gen writes the Go code of the project's protobuf files. It compiles
// them with protocompile, so that no protoc needs to be installed, and runs the
// generators at the versions that go.mod pins.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// root is the module's root as seen from the folder that go generate runs in.
const root = ".."

func main() {
	log.SetFlags(0)
	if err := run(context.Background()); err != nil {
		log.Fatal("gen: ", err)
	}
}

func run(ctx context.Context) error {
	const module = "module=github.com/stele-health/stele"
	if err := generate(ctx, "wire/wire.proto", "google.golang.org/protobuf/cmd/protoc-gen-go", module); err != nil {
		return err
	}
	if err := generate(ctx, "api/api.proto", "google.golang.org/protobuf/cmd/protoc-gen-go", module); err != nil {
		return err
	}
	return generate(ctx, "api/api.proto", "connectrpc.com/connect/cmd/protoc-gen-connect-go", module+",simple,package_suffix=")
}

// generate runs one generator over one proto file and writes what it answers.
func generate(ctx context.Context, file, plugin, parameter string) error {
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{root}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(ctx, file)
	if err != nil {
		return err
	}
	req := &pluginpb.CodeGeneratorRequest{FileToGenerate: []string{file}, Parameter: &parameter}
	for i := range files[0].Imports().Len() {
		req.ProtoFile = append(req.ProtoFile, protodesc.ToFileDescriptorProto(files[0].Imports().Get(i).FileDescriptor))
	}
	self := protodesc.ToFileDescriptorProto(files[0])
	if holder, ok := files[0].(interface {
		FileDescriptorProto() *descriptorpb.FileDescriptorProto
	}); ok {
		self = holder.FileDescriptorProto() // keeps the comments
	}
	req.ProtoFile = append(req.ProtoFile, self)
	in, err := proto.Marshal(req)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "run", plugin)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", plugin, err)
	}
	return write(out)
}

// write stores the files of a generator's answer.
func write(answer []byte) error {
	var res pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(answer, &res); err != nil {
		return err
	}
	if res.GetError() != "" {
		return fmt.Errorf("%s", res.GetError())
	}
	for _, f := range res.File {
		// The simple and same-package options still name the file after a folder.
		name := filepath.Join(root, f.GetName())
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(strings.TrimRight(f.GetContent(), "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}
