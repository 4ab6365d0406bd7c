package timeline

import (
	"slices"
	"strings"
)

// A withdrawal is a Provenance whose activity is DELETE (HL7
// v3-DataOperation). Its targets are what its source takes back: Type/id all
// that it had delivered of that so far, Type/id/_history/V that version,
// an identifier of system urn:stele:handle that one delivery.
const (
	dataOperation = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
	handleSystem  = "urn:stele:handle"
)

func isWithdrawal(r view) bool {
	return r.at("resourceType").raw() == "Provenance" && hasCode(r.at("activity"), dataOperation, "DELETE")
}

// withdraw marks what was withdrawn: by a withdrawal of the same source that
// was anchored no earlier, and what its author marked as entered in error. If
// the newest version is withdrawn, so is the record: nothing older comes back.
//
// A withdrawal can't be taken back; what it took is delivered again.
func withdraw(items []Item, resources []view, out verdicts) {
	byKey, byHandle := map[string][]int{}, map[string][]int{}
	for i := range items {
		if out[i].state == withdrawal {
			for _, target := range resources[i].at("target").list() {
				key, handle := targetOf(target)
				switch {
				case handle != "":
					byHandle[handle] = append(byHandle[handle], i)
				case key != "":
					byKey[key] = append(byKey[key], i)
				}
			}
		}
	}
	taken := make([]bool, len(items))
	for i, it := range items {
		r := resources[i]
		if out[i].state == unread || out[i].state == withdrawal {
			continue
		}
		taken[i] = retracted(r) || slices.ContainsFunc(byHandle[it.Handle.String()], func(w int) bool { return reaches(items, w, i) })
		if id := r.at("id").raw(); id != "" && !taken[i] && len(byKey) > 0 {
			key := reference(0, r.at("resourceType").raw()+"/"+id)
			by := slices.Concat(byKey[key], byKey[key+"/_history/"+versionOf(r)])
			taken[i] = slices.ContainsFunc(by, func(w int) bool {
				return reaches(items, w, i) && !after(items, resources, i, w)
			})
		}
	}
	// Of a record that was delivered twice as it is, one delivery may be taken back.
	stands := map[int]bool{}
	for i := range items {
		if out[i].state == current && !taken[i] {
			stands[out[i].first] = true
		}
	}
	for i := range items {
		switch out[i].state {
		case current:
			if taken[i] {
				out[i].state = withdrawn
			}
		case superseded:
			if !stands[out[i].first] {
				out[i].state = withdrawn
			}
		}
	}
}

// reaches reports whether withdrawal w can be one of item i: by the same source,
// and not anchored before it.
func reaches(items []Item, w, i int) bool {
	return items[w].Source == items[i].Source && items[i].Height <= items[w].Height
}

// after reports whether, within one block, a record was updated after its
// withdrawal was recorded: it was made anew.
func after(items []Item, resources []view, i, w int) bool {
	recorded, ok := instant(resources[w].at("recorded").raw())
	updated, known := instant(resources[i].at("meta", "lastUpdated").raw())
	return ok && known && items[i].Height == items[w].Height && updated.After(recorded)
}

// targetOf returns what a target names: a key with its version, or a handle.
func targetOf(target view) (key, handle string) {
	if literal := target.at("reference").raw(); literal != "" {
		return pinned(0, literal), ""
	}
	if id := target.at("identifier"); id.at("system").raw() == handleSystem {
		return "", strings.ToLower(strings.TrimSpace(id.at("value").raw()))
	}
	return "", ""
}
