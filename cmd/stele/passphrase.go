package main

import (
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/screen"
	"github.com/stele-health/stele/strength"
)

// newPassphrase finds the passphrase of a wallet that is being made, wherever it
// comes from, and refuses one that is easy to guess. A devnet's own, which lies
// beside its wallets, protects nothing and is taken as it is. owner is whose wallet
// it is: thieves know.
func (f *face) newPassphrase(name, owner string) (secret string, devnets bool, err error) {
	secret, devnets, err = f.passphrase(name, true)
	if err == nil && !devnets {
		err = strength.Check(secret, name, owner)
	}
	return secret, devnets, err
}

// passphrase finds a wallet's passphrase: in STELE_PASSPHRASE, in the file that
// --passphrase-file names, in the home's own (a devnet's), or from the terminal
// without echo, twice when it is a new one. devnets says that it is a devnet's,
// which lies beside its wallets.
func (f *face) passphrase(name string, fresh bool) (secret string, devnets bool, err error) {
	const op = "read passphrase"
	if secret := f.env("STELE_PASSPHRASE"); secret != "" {
		return secret, false, nil
	}
	if f.passphraseFile != "" {
		raw, err := regular.Read(f.passphraseFile, 64<<10)
		if err != nil {
			return "", false, stele.E(op, stele.KindUsage, "the passphrase file can't be read: "+f.passphraseFile, err).
				WithHint("it is a regular file, not a pipe; STELE_PASSPHRASE is another way")
		}
		return strings.TrimRight(string(raw), "\r\n"), false, nil
	}
	if secret, err := devnet.Passphrase(f.home); err == nil {
		return secret, true, nil
	}
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil || !term.IsTerminal(int(terminal.Fd())) {
		return "", false, stele.E(op, stele.KindUsage, "a passphrase is needed and there is no terminal to ask", nil).
			WithHint("set STELE_PASSPHRASE or give --passphrase-file")
	}
	defer terminal.Close()
	to := screen.New(terminal)
	ask := func(question string) (string, error) {
		to.Part("%s", question)
		raw, err := term.ReadPassword(int(terminal.Fd()))
		to.Line("")
		if err != nil {
			return "", stele.E(op, stele.KindUsage, "no passphrase was typed", err)
		}
		return string(raw), nil
	}
	if !fresh {
		secret, err = ask("Passphrase of " + name + ": ")
		return secret, false, err
	}
	if secret, err = ask("New passphrase for " + name + ": "); err != nil {
		return "", false, err
	}
	again, err := ask("The same again: ")
	if err == nil && again != secret {
		err = stele.E(op, stele.KindUsage, "the two are not the same", nil).WithHint("nothing was made; try again")
	}
	return secret, false, err
}

// confirm asks a yes-or-no question where a person watches. It fails with KindDenied
// and what did not happen for a no, and with KindUsage where there is nobody to ask: a
// consent is never given by a pipe that said nothing.
func (f *face) confirm(question, instead string) error {
	in, ok := f.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) || !f.errStyle.terminal {
		return stele.E("ask", stele.KindUsage, "there is no terminal to ask at, and "+instead, nil).WithHint("--yes says yes beforehand")
	}
	f.err.Part("%s [y/N] ", question)
	var answer [64]byte
	n, _ := in.Read(answer[:]) // no answer is no
	switch strings.ToLower(strings.TrimSpace(string(answer[:n]))) {
	case "y", "yes":
		return nil
	}
	return stele.E("ask", stele.KindDenied, instead, nil)
}
