// Package paper makes pages to print: the card that a person carries, from which a
// facility finds whose record to ask for, and the slip that carries a code.
//
// It promises: the same words in give the same bytes out, as SVG and as PDF; a QR code
// holds what is printed in groups beside it, no more; a page says nothing of anybody's
// health, nor whether there is anything to say; names were checked (stele.CheckName)
// and are written so that no reader of the page obeys them. It reads no clock, draws no
// randomness and opens no file.
//
// A name may be of any script in SVG, where whoever shows the page has the letters. In
// PDF it is drawn with letters from here: as outlines or, for Chinese, Japanese, Korean,
// Thai, Ethiopic and Yi, as pixels; a name that needs others (those of India, Tibet,
// Burma, Khmer and some more) fails with KindInvalid and the hint to take SVG.
//
// Start with Card and Slip; page.go has what a page is made of, svg.go and pdf.go write
// it, script.go sets names.
package paper
