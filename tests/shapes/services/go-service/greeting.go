package main

import "strings"

// reply is what is said at a path: nothing where the service is asked how it is.
func reply(path string) string {
	if path == "/healthz" {
		return ""
	}
	_, name, _ := strings.Cut(path, "?name=")
	return greeting(name) + "\n"
}

func greeting(name string) string {
	if name == "" {
		name = "world"
	}
	return "hello, " + name
}
