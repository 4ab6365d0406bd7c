package loopback

import (
	"net"
	"slices"
	"testing"

	"github.com/stele-health/stele"
)

// TestPortsAreFreeAndBelowOutgoingOnes: none that somebody listens on, none twice, none
// that an outgoing connection may be given, and none made up where there are too few.
func TestPortsAreFreeAndBelowOutgoingOnes(t *testing.T) {
	for range 20 {
		first, err := Ports(1, 0)
		if err != nil {
			t.Fatal(err)
		}
		taken, err := net.Listen("tcp", Address(first[0]))
		if err != nil {
			continue // another process was quicker
		}
		ports, err := Ports(8, first[0])
		taken.Close()
		if err != nil || len(ports) != 8 {
			t.Fatalf("%d, %v", ports, err)
		}
		if slices.Contains(ports, first[0]) || ports[0] < 10_000 || ports[7] >= 32_768 || len(slices.Compact(ports)) != 8 {
			t.Errorf("%d, where %d is taken", ports, first[0])
		}
	}
	if _, err := Ports(reach+1, 10_000); stele.KindOf(err) != stele.KindOther {
		t.Errorf("more than there are: %v", err)
	}
}
