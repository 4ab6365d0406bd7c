package stele

import "testing"

// TestR46KindsHaveTheirExitCodes holds the table of the README: one that scripts
// decide by, so that what is not known is never taken for a failure.
func TestR46KindsHaveTheirExitCodes(t *testing.T) {
	for kind, code := range map[Kind]int{
		KindOther: 1, KindInvalid: 1, KindUsage: 2, KindDenied: 3, KindNotFound: 4, KindUnreachable: 5, KindProof: 6,
		KindExists: 1, KindBusy: 5, KindLimit: 5, KindUnknown: 7,
	} {
		if got := kind.ExitCode(); got != code {
			t.Errorf("%v exits with %d, want %d", kind, got, code)
		}
		if ParseKind(kind.String()) != kind {
			t.Errorf("%v does not come back over the wire", kind)
		}
	}
	if len(kindNames) != int(KindUnknown)+1 {
		t.Error("a kind has no name, or no exit code here")
	}
}
