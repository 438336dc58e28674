package ground

import "fmt"

// Deprecated says in the progress of a call that something of it will go, and
// what to use instead.
func Deprecated(used, instead string) {
	fmt.Printf("⚠ %s: deprecated, and gone in the next version. Use %s\n", used, instead)
}
