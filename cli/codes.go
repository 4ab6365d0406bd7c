package cli

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Categories reads a list of categories.
func Categories(names []string) ([]stele.Category, error) {
	var list []stele.Category
	for _, n := range names {
		c := stele.Category(strings.ToLower(strings.TrimSpace(n)))
		if !c.Valid() {
			return nil, Usage(fmt.Sprintf("there is no category %q", n), DidYouMean(n, namesIn(stele.Categories()), "the categories are "+JoinWords(stele.Categories())+" (stele words categories)"))
		}
		list = append(list, c)
	}
	return list, nil
}

// Sensitivities reads a list of sensitivity codes.
func Sensitivities(names []string) ([]stele.Sensitivity, error) {
	var list []stele.Sensitivity
	for _, n := range names {
		s := stele.Sensitivity(strings.ToUpper(strings.TrimSpace(n)))
		if !s.Valid() {
			return nil, Usage(fmt.Sprintf("there is no sensitivity %q", n), DidYouMean(n, namesIn(stele.Sensitivities()), "the sensitivities are "+JoinWords(stele.Sensitivities())+" (stele words sensitivities)"))
		}
		list = append(list, s)
	}
	return list, nil
}

// Purposes reads a list of purposes.
func Purposes(names []string) ([]stele.Purpose, error) {
	var list []stele.Purpose
	for _, n := range names {
		p := stele.Purpose(strings.ToUpper(strings.TrimSpace(n)))
		if !p.Valid() {
			return nil, Usage(fmt.Sprintf("there is no purpose %q", n), DidYouMean(n, namesIn(stele.Purposes()), "the purposes are "+JoinWords(stele.Purposes())+" (stele words purposes)"))
		}
		list = append(list, p)
	}
	return list, nil
}

// JoinWords is a list of codes in a sentence.
func JoinWords[T ~string](list []T) string { return strings.Join(namesIn(list), ", ") }

func namesIn[T ~string](list []T) []string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return words
}

// DeviceNumber is what two people compare on two screens to know a device: the first 8 bytes of the
// SHA-256 of its signing key, hexadecimal in four groups.
func DeviceNumber(d *wire.Device) string {
	sum := sha256.Sum256(d.GetSigning().GetKey())
	return fmt.Sprintf("%x %x %x %x", sum[0:2], sum[2:4], sum[4:6], sum[6:8])
}
