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
	"google.golang.org/protobuf/reflect/protoreflect"
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
	const messages = "google.golang.org/protobuf/cmd/protoc-gen-go"
	for _, folder := range []string{"wire", "ledger", "contract/state", "api"} {
		if err := generate(ctx, folder, messages, module); err != nil {
			return err
		}
	}
	for _, file := range []string{"wire/signed.proto", "wire/ledger.proto", "ledger/rows.proto", "contract/state/rows.proto"} {
		req, err := request(ctx, filepath.Dir(file), "")
		if err != nil {
			return err
		}
		out, err := plain(req, file)
		if err != nil {
			return err
		}
		if err := write(out); err != nil {
			return err
		}
	}
	return generate(ctx, "api", "connectrpc.com/connect/cmd/protoc-gen-connect-go", module+",simple,package_suffix=")
}

// generate runs one generator over the proto files of a folder and writes what it
// answers.
func generate(ctx context.Context, folder, plugin, parameter string) error {
	req, err := request(ctx, folder, parameter)
	if err != nil {
		return err
	}
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

// request is what a generator is asked for the proto files of a folder.
func request(ctx context.Context, folder, parameter string) (*pluginpb.CodeGeneratorRequest, error) {
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{root}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	paths, err := filepath.Glob(filepath.Join(root, folder, "*.proto"))
	if err != nil {
		return nil, err
	}
	req := &pluginpb.CodeGeneratorRequest{Parameter: &parameter}
	for _, path := range paths {
		req.FileToGenerate = append(req.FileToGenerate, folder+"/"+filepath.Base(path))
	}
	files, err := compiler.Compile(ctx, req.FileToGenerate...)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, f := range files {
		req.ProtoFile = withImports(req.ProtoFile, f, seen)
	}
	return req, nil
}

// withImports appends a file after all that it imports, as generators want them.
func withImports(list []*descriptorpb.FileDescriptorProto, f protoreflect.FileDescriptor, seen map[string]bool) []*descriptorpb.FileDescriptorProto {
	if seen[f.Path()] {
		return list
	}
	seen[f.Path()] = true
	for i := range f.Imports().Len() {
		list = withImports(list, f.Imports().Get(i).FileDescriptor, seen)
	}
	if holder, ok := f.(interface {
		FileDescriptorProto() *descriptorpb.FileDescriptorProto
	}); ok {
		return append(list, holder.FileDescriptorProto()) // keeps the comments
	}
	return append(list, protodesc.ToFileDescriptorProto(f))
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
