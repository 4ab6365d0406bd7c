package main

import (
	"context"
	"errors"
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
func (f *face) newPassphrase(ctx context.Context, name, owner string) (secret string, devnets bool, err error) {
	secret, devnets, err = f.passphrase(ctx, name, true)
	if err == nil && !devnets {
		err = strength.Check(secret, name, owner)
	}
	return secret, devnets, err
}

// passphrase finds a wallet's passphrase: in the file that --passphrase-file names, in
// STELE_PASSPHRASE, in the home's own (a devnet's), or from the terminal
// without echo, twice when it is a new one. devnets says that it is a devnet's,
// which lies beside its wallets.
func (f *face) passphrase(ctx context.Context, name string, fresh bool) (secret string, devnets bool, err error) {
	const op = "read passphrase"
	if f.passphraseFile != "" {
		raw, err := regular.Read(f.passphraseFile, 64<<10)
		if err != nil {
			unread := regular.Unread(op, "the passphrase file", f.passphraseFile, err).WithHint("STELE_PASSPHRASE is another way")
			unread.Kind = stele.KindUsage
			return "", false, unread
		}
		return strings.TrimRight(string(raw), "\r\n"), false, nil
	}
	if secret := f.env("STELE_PASSPHRASE"); secret != "" {
		return secret, false, nil
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
		raw, err := answered(ctx, terminal, func() ([]byte, error) { return term.ReadPassword(int(terminal.Fd())) })
		to.Line("")
		if errors.Is(err, errNoAnswer) {
			return "", err
		}
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

// wrongPassphrase is the hint where a passphrase does not open its wallet: it depends on
// where it came from.
func (f *face) wrongPassphrase() string {
	_, err := devnet.Passphrase(f.home)
	switch {
	case f.passphraseFile != "":
		return "it is what stands in " + f.passphraseFile + ": is that the file of this wallet?"
	case f.env("STELE_PASSPHRASE") != "":
		return "STELE_PASSPHRASE is set to another; set it to this wallet's, or unset it to be asked"
	case err == nil:
		return "it is the devnet's own; for another wallet set STELE_PASSPHRASE or give --passphrase-file"
	}
	return "type it again"
}

// confirm asks a yes-or-no question where a person watches. It fails with KindDenied
// and what did not happen for a no, and with KindUsage where there is nobody to ask: a
// consent is never given by a pipe that said nothing.
func (f *face) confirm(ctx context.Context, question, instead string) error {
	in, ok := f.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) || !f.errStyle.terminal {
		return stele.E("ask", stele.KindUsage, "there is no terminal to ask at, and "+instead, nil).WithHint("--yes says yes beforehand")
	}
	f.err.Part("%s [y/N] ", question)
	answer, err := answered(ctx, in, func() ([]byte, error) {
		var answer [64]byte
		n, _ := in.Read(answer[:]) // no answer is no
		return answer[:n], nil
	})
	if err != nil {
		f.err.Line("")
		return err
	}
	switch strings.ToLower(strings.TrimSpace(string(answer))) {
	case "y", "yes":
		return nil
	}
	return stele.E("ask", stele.KindDenied, instead, nil)
}

// errNoAnswer ends a question to which nobody answered before the command was stopped.
var errNoAnswer = errors.New("stopped before there was an answer")

// answered waits for what is typed at a terminal, until ctx ends: a question must not
// swallow Ctrl-C, nor leave a terminal without its echo.
func answered(ctx context.Context, terminal *os.File, read func() ([]byte, error)) ([]byte, error) {
	before, _ := term.GetState(int(terminal.Fd()))
	type answer struct {
		text []byte
		err  error
	}
	given := make(chan answer, 1)
	go func() { // ends with the process, where nobody types
		text, err := read()
		given <- answer{text, err}
	}()
	select {
	case a := <-given:
		return a.text, a.err
	case <-ctx.Done():
		if before != nil {
			_ = term.Restore(int(terminal.Fd()), before)
		}
		return nil, errNoAnswer
	}
}
