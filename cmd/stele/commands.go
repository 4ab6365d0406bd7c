package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/cli/care"
	"github.com/stele-health/stele/cli/govern"
	"github.com/stele-health/stele/cli/ledger"
	"github.com/stele-health/stele/cli/member"
	"github.com/stele-health/stele/cli/try"
	"github.com/stele-health/stele/cli/wallet"
)

// commands are what stands directly below the program's name.
func commands(f *cli.Face) []*cobra.Command {
	return slices.Concat(try.Commands(f), wallet.Commands(f), care.Commands(f), govern.Commands(f), ledger.Commands(f), member.Commands(f))
}
