package member

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/stele-health/stele"
)

// owned fails with KindUsage where chain or ledger belongs to another user than the one
// whom this process runs as: what it made in their place, typed with sudo, say, would be
// that one's, and the member could not open it.
func owned(op, folder string) error {
	for _, part := range parts {
		info, err := os.Stat(filepath.Join(folder, part))
		if err != nil {
			continue // there is none
		}
		is, ok := info.Sys().(*syscall.Stat_t)
		if me := whoRuns(); ok && int(is.Uid) != me {
			name := userOf(int(is.Uid))
			return stele.E(op, stele.KindUsage, fmt.Sprintf("%s belongs to %s, and this runs as %s", filepath.Join(folder, part), name, userOf(me)), nil).
				WithHint("type it as the user whom the member runs as, such as with sudo -u " + name + "; nothing was changed")
		}
	}
	return nil
}

var whoRuns = os.Geteuid // tests alone set another

// userOf is a user's name, or their number where they have none here.
func userOf(id int) string {
	number := strconv.Itoa(id)
	if u, err := user.LookupId(number); err == nil {
		return u.Username
	}
	return "#" + number
}
