// Package member has the commands of an organisation that runs a member: found a
// network with others, run the process, look after its vault and its configuration.
//
// Secrets are written last and never over others. What runs is package member below;
// here is how it is told to begin and to end.
//
// Start with Commands; start.go runs a member.
package member
