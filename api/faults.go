package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"connectrpc.com/connect"

	"github.com/stele-health/stele"
)

// codes are what HTTP and gRPC hear of a kind; the kind itself travels in a
// Fault.
var codes = map[stele.Kind]connect.Code{
	stele.KindOther:       connect.CodeInternal,
	stele.KindInvalid:     connect.CodeInvalidArgument,
	stele.KindUsage:       connect.CodeInvalidArgument,
	stele.KindDenied:      connect.CodePermissionDenied,
	stele.KindNotFound:    connect.CodeNotFound,
	stele.KindUnreachable: connect.CodeUnavailable,
	stele.KindProof:       connect.CodeFailedPrecondition,
	stele.KindExists:      connect.CodeAlreadyExists,
	stele.KindBusy:        connect.CodeResourceExhausted,
	stele.KindLimit:       connect.CodeResourceExhausted,
	stele.KindUnknown:     connect.CodeUnavailable,
}

// outward makes of a room's error what may cross the wire: kind, sentence,
// hint. What is no stele.Error is a failure of ours and says no more than that.
func outward(err error) *connect.Error {
	if err == nil {
		return nil
	}
	var theirs *connect.Error
	if errors.As(err, &theirs) {
		// Connect's own: a malformed or oversized message.
		return outward(stele.E("", kindOfCode(theirs.Code()), plain(theirs.Code()), nil))
	}
	fault := &Fault{Kind: stele.KindOf(err).String(), Text: sentence(err), Hint: stele.HintOf(err)}
	out := connect.NewError(codes[stele.ParseKind(fault.Kind)], errors.New(fault.Text))
	if detail, err := connect.NewErrorDetail(fault); err == nil {
		out.AddDetail(detail)
	}
	return out
}

// sentence returns the outermost sentence in err's chain.
func sentence(err error) string {
	for at := err; at != nil; {
		e, ok := errors.AsType[*stele.Error](at)
		if !ok {
			break
		}
		if e.Text != "" {
			return e.Text
		}
		at = e.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "the request was not answered in time"
	}
	return "the member has a fault"
}

// fromContext gives a request that ran out of time its kind.
func fromContext(err error) error {
	if _, ok := errors.AsType[*stele.Error](err); !ok && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return stele.E("", stele.KindUnreachable, "the request was not answered in time", err)
	}
	return err
}

func kindOfCode(code connect.Code) stele.Kind {
	switch code {
	case connect.CodeInvalidArgument, connect.CodeOutOfRange:
		return stele.KindInvalid
	case connect.CodePermissionDenied, connect.CodeUnauthenticated:
		return stele.KindDenied
	case connect.CodeNotFound, connect.CodeUnimplemented:
		return stele.KindNotFound
	case connect.CodeAlreadyExists:
		return stele.KindExists
	case connect.CodeResourceExhausted:
		return stele.KindBusy
	case connect.CodeUnavailable, connect.CodeDeadlineExceeded, connect.CodeCanceled:
		return stele.KindUnreachable
	case connect.CodeFailedPrecondition, connect.CodeDataLoss:
		return stele.KindProof
	}
	return stele.KindOther
}

func plain(code connect.Code) string {
	switch kindOfCode(code) {
	case stele.KindInvalid:
		return "the request is malformed"
	case stele.KindBusy:
		return "the request is larger than this service takes"
	case stele.KindNotFound:
		return "there is no such service or procedure"
	case stele.KindDenied:
		return "not allowed"
	case stele.KindUnreachable:
		return "the request was not answered in time"
	}
	return "the member has a fault"
}

// inward makes of what a call met the error that the room gave, or one that
// says that the room could not be asked.
func inward(op string, err error) error {
	if err == nil {
		return nil
	}
	if text := Untrusted(err); text != "" {
		return stele.E(op, stele.KindUnreachable, text, err).
			WithHint("somebody else may answer there, or its certificate has changed: ask the member, by voice, before you go on")
	}
	theirs, ok := errors.AsType[*connect.Error](err)
	if !ok {
		return stele.E(op, stele.KindUnreachable, "the member did not answer", err)
	}
	if fault := faultIn(theirs); fault != nil {
		return stele.E(op, stele.ParseKind(fault.Kind), fault.Text, nil).WithHint(fault.Hint)
	}
	if unreachable(theirs) {
		return stele.E(op, stele.KindUnreachable, "the member did not answer", err).
			WithHint("check that the member is running and the address is right")
	}
	return stele.E(op, kindOfCode(theirs.Code()), plain(theirs.Code()), err)
}

// Untrusted says that whoever answers did not show the key that was expected, "" for
// anything else: a member that is up and not believed is not down.
func Untrusted(err error) string {
	bad, ok := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, errPin):
		return errPin.Error()
	case !ok:
		return ""
	}
	switch e := bad.Err.(type) {
	case x509.HostnameError:
		return "the member's certificate is not trusted: it is for another name"
	case x509.CertificateInvalidError:
		if e.Reason == x509.Expired {
			return "the member's certificate is not trusted: it has expired, or is not valid yet"
		}
	case x509.UnknownAuthorityError:
		return "the member's certificate is not trusted: nobody that this machine trusts has signed it"
	}
	return "the member's certificate is not trusted"
}

func faultIn(e *connect.Error) *Fault {
	for _, d := range e.Details() {
		if value, err := d.Value(); err == nil {
			if fault, ok := value.(*Fault); ok {
				return fault
			}
		}
	}
	return nil
}

// unreachable reports whether the connection failed rather than the request.
// Connect gives some of these the code unknown.
func unreachable(e *connect.Error) bool {
	var op *net.OpError
	switch {
	case kindOfCode(e.Code()) == stele.KindUnreachable, errors.As(e, &op), errors.Is(e, syscall.ECONNREFUSED), errors.Is(e, fs.ErrClosed):
		return true
	}
	return strings.Contains(e.Message(), "EOF")
}
