// Command sshserver serves the git repositories below a folder over ssh, for the
// tests of other modules: it prints how to reach it, and ends with its input.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo/gittest"
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sshserver:", err)
		os.Exit(1)
	}
}

func serve(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments are given. Give the folder of the repositories", len(args))
	}
	server, err := gittest.NewSSH(args[0])
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(server); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
