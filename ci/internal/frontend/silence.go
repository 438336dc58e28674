package frontend

import (
	"regexp"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// What runners print that found no test, and that ran some, or none. Colours may
// stand between the words.
var (
	colours    = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	foundNone  = regexp.MustCompile(`(?m)^\s*No test(s found| files found)`)
	ranSome    = regexp.MustCompile(`(?m)\b[1-9][0-9]* (passed|passing)\b|^(ℹ|#) pass [1-9]`)
	failedSome = regexp.MustCompile(`(?m)\b[1-9][0-9]* (?:failed|failing)\b|^(ℹ|#) fail [1-9]`)
	ranNone    = regexp.MustCompile(`(?m)^Tests: +([0-9]+ (skipped|todo), )*[0-9]+ total$|^(ℹ|#) pass 0$|^ *0 passing\b`)
)

// Ended is the end of what a command printed, in one line.
func Ended(printed string) string {
	const most = 5
	lines := strings.Split(strings.TrimSpace(colours.ReplaceAllString(printed, "")), "\n")
	return plain.Line(strings.Join(lines[max(0, len(lines)-most):], " · "))
}

// FoundNoTests tells by what Vitest or Jest printed that there were none, and none of another
// suite.
func FoundNoTests(printed string) bool {
	printed = colours.ReplaceAllString(printed, "")
	return foundNone.MatchString(printed) && !ranSome.MatchString(printed) && !failedSome.MatchString(printed)
}

// RanNoTests tells by what a runner printed that none ran: Vitest, Jest, Mocha, or
// that of Node.js. Of what others print nothing is known.
func RanNoTests(printed string) bool {
	printed = colours.ReplaceAllString(printed, "")
	return !ranSome.MatchString(printed) && (foundNone.MatchString(printed) || ranNone.MatchString(printed))
}
