package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand(f *Face) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which build this is", GroupID: "check", Args: AtMost(0),
		RunE: func(*cobra.Command, []string) error {
			version, commit, engine := "unknown", "", ""
			if b, ok := debug.ReadBuildInfo(); ok {
				version = b.Main.Version
				for _, s := range b.Settings {
					if s.Key == "vcs.revision" {
						commit = s.Value
					}
				}
				for _, d := range b.Deps {
					if d.Path == "github.com/cometbft/cometbft" {
						engine = d.Version
					}
				}
			}
			if f.JSON {
				return f.Emit(map[string]string{
					"version": version, "commit": commit, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH, "cometbft": engine,
				})
			}
			f.Print("stele %s (%s %s/%s, CometBFT %s)", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, engine)
			if commit != "" {
				f.Print("commit %s", commit)
			}
			return nil
		},
	}
}
