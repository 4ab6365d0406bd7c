// Package terminal is what a program has before a person: streams, tables, bars,
// questions, and the one way to a screen. Names, reasons, file names, errors
// of members and records come from elsewhere; a terminal obeys what stands in them.
// Here it is made harmless, and nowhere else (R43).
//
// It promises: what a Printer writes holds no control character but the line ends,
// tabs and styles that this program put there, nothing that turns the direction of
// what follows round, and nothing that cannot be seen, except joiners and marks
// within words, without which words of many scripts are misspelt. An argument never
// begins a line of its own. JSON says the same bytes as before it was written,
// with harmful characters as \u escapes. Colour, bars and questions are for a person
// who watches, and never in a file or a pipe.
//
// It never decides what is shown, and never judges a name: stele.CheckName does,
// where names are read. It opens nothing but the process's own terminal, to ask for a
// secret: a Printer has the writer that it was given.
//
// Start with Terminal; clean.go has the rule.
package terminal
