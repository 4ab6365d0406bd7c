// Package disktest tries a room on a disk that fails at one write after another.
//
// [EachWrite] runs a script of a room's operations over a disk in memory, again
// and again: the first run's first write fails, the second run's second one, until
// a run needs fewer writes than that. What the room acknowledged must be on the
// disk, whatever failed. A room that cannot go on may end its process; the script
// ends there.
//
// [Unzip] lays out a folder that an earlier release left.
//
// Only tests import it.
package disktest
