package delivery

import (
	"context"
	"maps"
	"slices"

	"github.com/stele-health/stele"
)

// What an import asks of what was delivered before it.

// into returns into whose charts records were delivered before. What another server calls
// so may be meant where there is one of that name from here, too; alone it is not.
func (im *importing) into(names map[string]bool) map[string][]stele.Subject {
	var found map[string][]stele.Subject
	if found, im.unread = im.desk.whoHad(names); im.unread != nil {
		return nil
	}
	perhaps, here := map[stele.Subject][]string{}, map[string]bool{}
	for name, subjects := range found {
		for _, subject := range subjects {
			perhaps[subject] = append(perhaps[subject], name)
		}
	}
	for subject, names := range perhaps {
		m, err := im.desk.recall(subject)
		if err != nil {
			im.unread = err
			return nil
		}
		for _, name := range names {
			here[name] = here[name] || len(m.called(m.named(name))) > 0
		}
	}
	maps.DeleteFunc(found, func(name string, _ []stele.Subject) bool { return !here[name] })
	return found
}

// strays returns, of the names on which records of the files lean, those that stand in
// another's chart alone. What was delivered to others is read only where a name is not
// new and not in the chart that it should be in.
func (im *importing) strays(leaning map[stele.Subject]map[string]bool) map[stele.Subject]map[string]bool {
	suspects := map[string][]stele.Subject{} // by name: whose records lean on it
	for subject, names := range leaning {
		var m *memory
		for name := range names {
			if !im.seen.has(im.desk.namePrint(name)) {
				continue
			}
			if m == nil {
				if m, im.unread = im.desk.recall(subject); im.unread != nil {
					return nil
				}
			}
			if len(m.called(name)) == 0 {
				suspects[name] = append(suspects[name], subject)
			}
		}
	}
	found := map[stele.Subject]map[string]bool{}
	if len(suspects) == 0 {
		return found
	}
	im.unread = im.desk.eachMemory(func(m *memory) {
		for name, subjects := range suspects {
			if len(m.standing(name)) == 0 {
				continue
			}
			for _, subject := range subjects {
				if found[subject] == nil {
					found[subject] = map[string]bool{}
				}
				found[subject][name] = true
			}
		}
	})
	return found
}

// empty reports whether nobody has claimed a chart and nothing that was delivered from here stands in it; where no
// member says, it is not.
func (im *importing) empty(ctx context.Context) func(stele.Subject) bool {
	return func(subject stele.Subject) bool {
		if standing, err := im.desk.Standing(subject); err != nil || len(standing) > 0 {
			return false
		}
		keys, err := im.desk.w.Keys(ctx, subject)
		return err == nil && len(keys) == 0
	}
}

// elsewhere reports whether a Patient of a name was delivered into another chart
// than that of the subject who is named now: then it is somebody else's.
func (im *importing) elsewhere(name string) bool {
	found, err := im.desk.whoHas(map[string]bool{name: true})
	return err != nil || slices.ContainsFunc(found[name], func(s stele.Subject) bool { return s != im.o.Subject })
}
