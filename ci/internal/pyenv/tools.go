package pyenv

import (
	"embed"
	"path"
)

// toolLocks are the tools that are installed for a project which locks none of its
// own, each with all that it takes, for the Pythons that it runs on.
//
//go:embed tools/*.txt
var toolLocks embed.FS

// ToolLock is the lock of one of them, as requirements with hashes.
func ToolLock(name string) string {
	lock, err := toolLocks.ReadFile(path.Join("tools", name+".txt"))
	if err != nil {
		panic(err) // Names are of this module's own code.
	}
	return string(lock)
}
