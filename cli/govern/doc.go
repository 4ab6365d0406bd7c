// Package govern has the commands of those whose word others are judged by: licensing boards,
// accreditors and employers, who issue credentials, and the members together, who decide whose
// credentials count.
//
// Start with Commands.
package govern
