package stele

import (
	"errors"
	"strings"
)

// Kind says to a machine what went wrong. It crosses the wire and decides the
// command line's exit code.
type Kind uint8

// The kinds. KindDenied is one kind on purpose: whoever is refused a reading
// learns nothing about why (no consent, restricted, erased and unknown look
// alike).
const (
	KindOther       Kind = iota // a failure of ours; exit code 1
	KindInvalid                 // the input is wrong and would be wrong again; exit code 1
	KindUsage                   // the command line is wrong; exit code 2
	KindDenied                  // not allowed, or not there to be allowed; exit code 3
	KindNotFound                // no such thing, said only where saying so tells nothing; exit code 4
	KindUnreachable             // nobody answered in time; trying again may help; exit code 5
	KindProof                   // a proof or a check did not hold: somebody lies or something broke; exit code 6
	KindExists                  // the thing is there already; exit code 1
	KindBusy                    // too many requests or a queue is full; trying again later helps; exit code 5
	KindLimit                   // the rate that a rule allows is used up, and nothing happened; later it goes on; exit code 5
	KindUnknown                 // it was sent and may have happened: nobody who answers knows; exit code 7
)

var kindNames = [...]string{"other", "invalid", "usage", "denied", "not-found", "unreachable", "proof", "exists", "busy", "limit", "unknown"}

// String returns the kind's name as it crosses the wire.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[KindOther]
}

// ParseKind reads what String wrote; anything else is KindOther.
func ParseKind(name string) Kind {
	for k, n := range kindNames {
		if n == name {
			return Kind(k)
		}
	}
	return KindOther
}

// ForAnotherChain is what a ledger says of a transaction that is not for its chain. Who
// says so of one that is runs another network.
const ForAnotherChain = "for another chain"

// ExitCode returns the command line's exit code for the kind.
func (k Kind) ExitCode() int {
	switch k {
	case KindUsage:
		return 2
	case KindDenied:
		return 3
	case KindNotFound:
		return 4
	case KindUnreachable, KindBusy, KindLimit:
		return 5
	case KindProof:
		return 6
	case KindUnknown:
		return 7
	}
	return 1
}

// Error is an error between rooms: a kind for the machine, a sentence for the
// person, the cause for the log. It never holds patient data or key material.
type Error struct {
	Op   string // what was being done, "open chart"
	Kind Kind
	Text string // what happened, in a sentence without a full stop
	Hint string // what to do now; may be empty
	Err  error  // the cause, for the log; not shown to callers over the wire
}

// E makes an Error. Text may be empty when err says it all.
func E(op string, kind Kind, text string, err error) *Error {
	return &Error{Op: op, Kind: kind, Text: text, Err: err}
}

// WithHint returns a copy of e that tells the person what to do.
func (e *Error) WithHint(hint string) *Error {
	c := *e
	c.Hint = hint
	return &c
}

// Error returns "op: text: cause".
func (e *Error) Error() string {
	parts := make([]string, 0, 3)
	for _, s := range []string{e.Op, e.Text} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the outermost Error in err's chain, KindOther when
// there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindOther
}

// HintOf returns the outermost hint in err's chain, or "".
func HintOf(err error) string {
	for err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}

// TextOf returns the outermost sentence in err's chain, or all of it where nobody
// wrote one.
func TextOf(err error) string {
	for at := err; at != nil; {
		e, ok := errors.AsType[*Error](at)
		switch {
		case !ok:
			return at.Error()
		case e.Text != "":
			return e.Text
		case e.Err == nil:
			return e.Error()
		}
		at = e.Err
	}
	return ""
}
