// Package wallet has the commands of whoever has keys: patients, who give grants, read
// their own chart and see who else did; practitioners, who open charts; organisations.
//
// A command is flags, calls of the SDK (package client), and a table or a
// page. A consent is said in its sentence before it is given. A chart that is not whole
// is called so.
//
// Start with Commands; chart.go opens and shows charts, grant.go and grants.go are
// about consents, log.go is the account (log_words.go its words).
package wallet
