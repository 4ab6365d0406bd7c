package main

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/member"
)

func configCommand(f *face) *cobra.Command {
	return f.group("config", "check", "A member's configuration: check it, print it, see an example",
		configCheck(f), configPrint(f), configExample(f))
}

func configCheck(f *face) *cobra.Command {
	return &cobra.Command{
		Use: "check [FILE]", Short: "Say whether a configuration can work (default HOME/member.toml)", Args: atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := f.configPath(args...)
			c, err := config.Read(path)
			if err != nil {
				return err
			}
			if c.Services.TLS == config.TLSFiles {
				if _, err := member.FilesTLS(c.Services.Certificate, c.Services.Key, f.log()); err != nil {
					return err
				}
			}
			if f.json {
				return f.emit(map[string]any{"config": path, "ok": true})
			}
			f.say("%s is fine", path)
			return nil
		},
	}
}

func configPrint(f *face) *cobra.Command {
	return &cobra.Command{
		Use: "print [FILE]", Short: "Print what is in effect, defaults and all; it holds no secrets, only their paths", Args: atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := config.Read(f.configPath(args...))
			if err != nil {
				return err
			}
			if f.json {
				return f.emit(c)
			}
			text, err := c.Text()
			if err == nil {
				f.page(text)
			}
			return err
		},
	}
}

func configExample(f *face) *cobra.Command {
	return &cobra.Command{
		Use: "example", Short: "Print a commented configuration with every key", Args: atMost(0),
		RunE: func(*cobra.Command, []string) error {
			if f.json {
				return f.emit(config.Default())
			}
			f.page(config.Example())
			return nil
		},
	}
}
