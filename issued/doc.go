// Package issued is an issuer's register: which credentials it has issued, to whom, and
// whether each still holds. It lies in the issuer's book (package book), sealed.
//
// Each credential has a place in the issuer's status list, drawn at random among those that
// are free, so that a place tells nobody how many there are or which came when. [Register.List]
// makes the list as it is now; what has expired by any clock is not in it any more, and its
// place is free again. An entry stays for [Kept] after its end, for who asks what was issued.
//
// A register lies in a book, and an older copy of a book may be put back. [Register.Posted] says
// up to which list it knows; the issuer's own log says which came last, and [Register.Adopt]
// learns from that list.
//
// Promises: two credentials that live at one time never share a place; what was revoked stays
// revoked. The room asks nobody and reads no clock: every method is told the time.
//
// Start with [Register.Add].
package issued
