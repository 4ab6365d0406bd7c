package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"

	"github.com/stele-health/stele"
)

// Address is where a port of this machine is reached, as net.Listen takes it.
func Address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// reach is how far Ports looks.
const reach = 2000

// Ports finds n ports that nobody listens on now, from one on; 0 begins anywhere from
// 10,000 to 29,999, so that networks side by side do not take the port of one's stopped
// member. It fails with KindOther where 2,000 ports from there on hold fewer.
func Ports(n, from int) ([]int, error) {
	if from == 0 {
		from = 10_000 + rand.IntN(20_000)
	}
	var ports []int
	for p := from; len(ports) < n && p < from+reach; p++ {
		l, err := net.Listen("tcp", Address(p))
		if err != nil {
			continue
		}
		l.Close()
		ports = append(ports, p)
	}
	if len(ports) < n {
		return nil, stele.E("find ports", stele.KindOther, "no free ports on loopback", nil)
	}
	return ports, nil
}
