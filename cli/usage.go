package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagWidth is how wide the list of flags is.
const flagWidth = 80

// printUsage prints how a command is called. (Cobra's own way to lines of a given
// width is a template, and what may be called by a template can't be left out of
// the binary.)
func printUsage(c *cobra.Command) error {
	var parts []string
	part := func(title, body string) { parts = append(parts, title+"\n"+strings.TrimRight(body, " \n")) }
	part("Usage:", usageLines(c))
	if len(c.Aliases) > 0 {
		part("Aliases:", "  "+c.NameAndAliases())
	}
	if c.HasExample() {
		part("Examples:", c.Example)
	}
	listCommands(c, part)
	list := func(title string, flags *pflag.FlagSet) {
		if flags.HasAvailableFlags() {
			part(title, flags.FlagUsagesWrapped(flagWidth))
		}
	}
	list("Flags:", c.LocalFlags())
	list("Global Flags:", c.InheritedFlags())
	if c.HasAvailableSubCommands() {
		parts = append(parts, fmt.Sprintf("Use \"%s [command] --help\" for more information about a command.", c.CommandPath()))
	}
	c.Println(strings.Join(parts, "\n\n"))
	return nil
}

func usageLines(c *cobra.Command) string {
	var lines []string
	if c.Runnable() {
		lines = append(lines, "  "+c.UseLine())
	}
	if c.HasAvailableSubCommands() {
		lines = append(lines, "  "+c.CommandPath()+" [command]")
	}
	return strings.Join(lines, "\n")
}

// listCommands lists the commands below c by group, those of none last.
func listCommands(c *cobra.Command, part func(title, body string)) {
	if !c.HasAvailableSubCommands() {
		return
	}
	rest := "Additional Commands:"
	if len(c.Groups()) == 0 {
		rest = "Available Commands:"
	}
	for _, group := range append(c.Groups(), &cobra.Group{Title: rest}) {
		var lines []string
		for _, child := range c.Commands() {
			if child.GroupID == group.ID && (child.IsAvailableCommand() || child.Name() == "help") {
				lines = append(lines, fmt.Sprintf("  %-*s %s", child.NamePadding(), child.Name(), child.Short))
			}
		}
		if len(lines) > 0 {
			part(group.Title, strings.Join(lines, "\n"))
		}
	}
}
