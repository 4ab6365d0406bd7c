package telling

// Administrative reports whether an element is left out of the mark.
func Administrative(kind, key string, root bool) bool { return administrative(kind, key, root) }
