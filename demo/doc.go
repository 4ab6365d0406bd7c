// Package demo tells Stele's main story on a devnet, with real calls as it
// happens: a hospital imports a chart, the patient grants, a doctor opens
// exactly that, nobody else opens anything, everyone can check it; then things
// are stopped, broken and forged.
//
// Every step checks what it claims and fails otherwise. A step uses nothing but
// the SDK (package client), a member's operator service, the devnet's switch, and, where
// it plays the villain, files.
//
// Start with story.go, the list of steps; scenes.go is how each is played,
// stage.go who plays.
package demo
