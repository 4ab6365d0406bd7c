package labels

func plainCode(code []byte) string { return string(code) }
