package pyenv

import "regexp"

// unreached are the words of the clients of databases, queues and caches for one that
// does not answer, or that nobody knows by its name.
var unreached = regexp.MustCompile(`connection to server at "[^"]+"(?: \([^)]*\))?, port \d+ failed|could not translate host name "[^"]+"|failed to resolve host '[^']+'|` +
	`Connect call failed \('[^']+', \d+(?:, \d+, \d+)?\)|Error -?\d+ connecting to [^\s.]+(?:\.[^\s.]+)*|Can't connect to (?:local )?(?:MySQL )?server[^\n"]{0,60}|` +
	`ServerSelectionTimeoutError: [^\s,]+`)

// Unreached is what a command printed of the first service that it could not reach; empty
// for none.
func Unreached(output string) string { return unreached.FindString(output) }
