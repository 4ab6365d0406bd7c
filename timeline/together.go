package timeline

// Together returns for each record, in the order in which they were added, a number: those of one
// number are judged together, as versions of one record, or as a withdrawal and what it names. Without
// one of them another may count that does not.
func (v *Versions) Together() []int {
	group := make([]int, len(v.list))
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	by, first := withdrawalsOf(v.list), map[target]int{}
	for i := range v.list {
		d := &v.list[i]
		if d.source.IsZero() {
			continue
		}
		named := by[target{handle: d.handle.String()}]
		if d.id != "" && !d.withdraws {
			key := reference(0, d.kind+"/"+d.id)
			named = append(append(named[:len(named):len(named)], by[target{key: key}]...), by[target{key: key + "/_history/" + d.number}]...)
			one := target{key: key, handle: d.source.String()}
			if _, had := first[one]; !had {
				first[one] = i
			}
			group[root(i)] = root(first[one])
		}
		for _, w := range named {
			if v.list[w].source == d.source {
				group[root(i)] = root(w)
			}
		}
	}
	for i := range group {
		group[i] = root(i)
	}
	return group
}
