package cuda

import (
	"fmt"
	"regexp"
	"strings"
)

var summary = regexp.MustCompile(`(?m)^=+ (.*) in [0-9.]+s`)

// TestsRan is an error when pytest's output says that every test skipped
// itself: nothing was tested then, whatever the exit code.
func TestsRan(output string) error {
	found := summary.FindStringSubmatch(output)
	if found != nil && strings.Contains(found[1], "passed") {
		return nil
	}
	return fmt.Errorf("no GPU test ran:\n%s\nSee why each was skipped, and run on a GPU that the image's CUDA knows", strings.TrimSpace(output))
}
