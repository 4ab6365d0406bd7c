package cli

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/strength"
	"github.com/stele-health/stele/terminal"
)

// NewPassphrase finds the passphrase of a wallet that is being made, wherever it
// comes from, and refuses one that is easy to guess. A devnet's own, which lies
// beside its wallets, protects nothing and is taken as it is. owner is whose wallet
// it is: thieves know.
func (f *Face) NewPassphrase(ctx context.Context, name, owner string) (secret string, devnets bool, err error) {
	secret, devnets, err = f.passphrase(ctx, name, true)
	secret = typed(secret)
	if err == nil && !devnets {
		err = strength.Check(secret, name, owner)
	}
	return secret, devnets, err
}

// typed is a passphrase as it would be typed: without the mark that some editors put before
// a text and the line's end that others put behind it, and with letters that are written
// in two ways, é for one, written as keyboards do.
func typed(secret string) string {
	return norm.NFC.String(strings.TrimRight(strings.TrimPrefix(secret, "\ufeff"), "\r\n"))
}

// passphrase finds a wallet's passphrase: in the file that --passphrase-file names, in
// STELE_PASSPHRASE, in the home's own (a devnet's), or from the terminal
// without echo, twice when it is a new one. devnets says that it is a devnet's,
// which lies beside its wallets. What was said nearest to this command counts first.
func (f *Face) passphrase(ctx context.Context, name string, fresh bool) (secret string, devnets bool, err error) {
	const op = "read passphrase"
	if f.passphraseFile != "" {
		raw, err := regular.Read(f.passphraseFile, 64<<10)
		if err != nil {
			unread := regular.Unread(op, "the passphrase file", f.passphraseFile, err).WithHint("STELE_PASSPHRASE is another way")
			unread.Kind = stele.KindUsage
			return "", false, unread
		}
		// As it stands, but for the line's end: OpenBy tries what would be typed first, then this,
		// by which wallets were made before.
		secret := strings.TrimRight(string(raw), "\r\n")
		if typed(secret) == "" {
			return "", false, stele.E(op, stele.KindUsage, "the passphrase file is empty: "+f.passphraseFile, nil).WithHint("STELE_PASSPHRASE is another way")
		}
		return secret, false, nil
	}
	if secret := f.Env("STELE_PASSPHRASE"); secret != "" {
		return secret, false, nil
	}
	if secret, err := devnet.Passphrase(f.Home); err == nil {
		return secret, true, nil
	}
	if kept := f.keptPassphrase[name]; kept != "" && !fresh {
		return kept, false, nil
	}
	questions := []string{"Passphrase of " + name + ": "}
	if fresh {
		questions = []string{"New passphrase for " + name + ": ", "The same again: "}
	}
	answers, err := terminal.Secrets(ctx, questions...)
	switch {
	case errors.Is(err, terminal.ErrNobody):
		return "", false, stele.E(op, stele.KindUsage, "a passphrase is needed and there is no terminal to ask", nil).
			WithHint("set STELE_PASSPHRASE or give --passphrase-file")
	case errors.Is(err, terminal.ErrNoAnswer):
		return "", false, err
	case err != nil:
		return "", false, stele.E(op, stele.KindUsage, "no passphrase was typed", err)
	case fresh && answers[0] != answers[1]:
		return "", false, stele.E(op, stele.KindUsage, "the two are not the same", nil).WithHint("nothing was made; try again")
	}
	if f.keptPassphrase != nil {
		f.keptPassphrase[name] = answers[0]
	}
	return answers[0], false, nil
}

// KeepPassphrase has what is typed from now on asked for once: for a command that opens a wallet
// again and again, as long as it runs.
func (f *Face) KeepPassphrase() { f.keptPassphrase = map[string]string{} }

// wrongPassphrase is the hint where a passphrase does not open its wallet: it depends on
// where it came from.
func (f *Face) wrongPassphrase() string {
	_, err := devnet.Passphrase(f.Home)
	switch {
	case f.passphraseFile != "":
		return "it is what stands in " + f.passphraseFile + ": is that the file of this wallet?"
	case f.Env("STELE_PASSPHRASE") != "":
		return "STELE_PASSPHRASE is set to another; set it to this wallet's, or unset it to be asked"
	case err == nil:
		return "it is the devnet's own; for another wallet set STELE_PASSPHRASE or give --passphrase-file"
	}
	return "type it again"
}
