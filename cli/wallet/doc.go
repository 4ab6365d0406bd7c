// Package wallet has the commands of whoever has keys: patients, who give grants, read
// their own chart and see who else did; practitioners, who open charts; organisations. Emergencies
// (breakglass) are for all three, and so is acting for somebody (delegate); what a patient keeps
// back (restrict), the charts that turned out to be theirs, too (merge), a chart that a slip
// claims, and being told outside the network (notices) are the patient's.
//
// A command is flags, calls of the SDK (package client), and a table or a
// page. A consent is said in its sentence before it is given. A chart that is not whole
// is called so.
//
// Start with Commands; chart.go opens and shows charts, grant.go and grants.go are
// about consents, log.go is the account (log_words.go its words). Which charts of the owner's a command
// is about, where others are merged into theirs, stands beside its Use line (cli.About); breakglass.go, delegate.go, restrict.go,
// claim.go and notices.go are one noun each.
package wallet
