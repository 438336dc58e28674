package bounds

import "bytes"

// depthOfTOML is how deep the values and the keys of a TOML document are nested
// at most. The library has no bound of its own, and a process ends that goes too
// deep.
func depthOfTOML(text []byte) int {
	deepest, open, dots := 0, 0, 0
	for len(text) > 0 {
		switch c := text[0]; c {
		case '#':
			text = text[max(bytes.IndexByte(text, '\n'), 0):]
			if text[0] == '#' { // the last line
				return deepest
			}
			continue
		case '"', '\'':
			text = afterString(text)
			continue
		case '[', '{':
			open, dots = open+1, 0
		case ']', '}':
			open, dots = max(open-1, 0), 0
		case '.':
			dots++
		case '\n', '=', ',':
			dots = 0
		}
		deepest = max(deepest, open+dots)
		text = text[1:]
	}
	return deepest
}

// afterString is what comes after the string that text begins with.
func afterString(text []byte) []byte {
	quote := text[:1]
	if triple := bytes.Repeat(quote, 3); bytes.HasPrefix(text, triple) {
		quote = triple
	}
	rest := text[len(quote):]
	for len(rest) > 0 {
		switch {
		case bytes.HasPrefix(rest, quote):
			rest = rest[len(quote):]
			if len(quote) == 3 { // up to two more belong to the text
				rest = bytes.TrimLeft(rest, string(quote[:1]))
			}
			return rest
		case rest[0] == '\\' && quote[0] == '"' && len(rest) > 1:
			rest = rest[2:]
		default:
			rest = rest[1:]
		}
	}
	return nil
}
