// Package config is a member's configuration: one TOML file, read strictly. A
// key that is not known is refused with the file, the line and what was probably
// meant; a value that can't work is refused before anything starts. Secrets are
// never in it: it names the files that hold them.
//
// Paths are relative to the file they stand in. Example is a commented file that
// Read accepts; Text is what is in effect, as a file again.
//
// Start with Config.
package config
