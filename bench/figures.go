package bench

import "context"

// figure is one piece of measured work.
type figure struct {
	name  string // what --only names; the values it reports begin with it
	about string // one line, for --list and for progress
	full  bool   // too long for --quick
	run   func(context.Context, *Run) error
}

// figures lists all work, in the order in which it runs.
func figures() []figure {
	return []figure{
		{"ledger", "one validator and the mix of transactions, beside an application that does nothing", false, throughput},
		{"four", "four validators in one process and the same mix", false, quorum},
		{"latency", "from submission to verdict, at 20 transactions a second", false, latency},
		{"price", "what an access costs a whole node: processor time, disk", false, price},
		{"proof", "proof of completeness for a log of 10,000 events: make, check", false, proofs},
		{"restore", "a snapshot of 1,000,000 events, checked (quick: 50,000 in a twentieth of the time)", false, restores},
		{"import", "charts validated, sealed, durable with one copy, anchored", false, imports},
		{"small files", "files of one resource each, in one import", false, smallFiles},
		{"open", "1,000 records from 5 sources, 3 of 4 trustees, cold caches", false, opens},
		{"notice", "from giving a grant to its notice at the member's mail server", false, notices},
		{"break-glass", "an emergency: from the command to the first readable allergy, four members", false, emergencies},
		{"memory", "a member of a network of one, idle, after 100,000 resources (quick: 5,000)", false, memory},
		{"growth of subjects", "commit rate and latency with 100,000 subjects and with 1,000,000", true, growing},
		{"growth of records", "import and opening with 100,000 records and with 1,000,000", true, growRecords},
		{"growth of memory", "an idle member with 100,000 records and with 1,000,000", true, growMemory},
	}
}
