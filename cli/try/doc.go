// Package try has the commands with which one looks at Stele on one machine: a network
// for trying, the story, made-up charts, figures, and what the words mean.
//
// What it runs protects nobody, and says so. It keeps no state but the home of a devnet.
//
// Start with Commands.
package try
