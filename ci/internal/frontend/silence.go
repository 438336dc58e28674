package frontend

import "regexp"

// What runners print that found no test, and that ran some, or none. Colours may
// stand between the words.
var (
	colours   = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	foundNone = regexp.MustCompile(`(?m)^\s*No test(s found| files found)`)
	ranSome   = regexp.MustCompile(`(?m)\b[1-9][0-9]* (passed|passing)\b|^(ℹ|#) pass [1-9]`)
	ranNone   = regexp.MustCompile(`(?m)^Tests: +([0-9]+ (skipped|todo), )*[0-9]+ total$|^(ℹ|#) pass 0$|^ *0 passing\b`)
)

// FoundNoTests tells by what Vitest or Jest printed that there were none.
func FoundNoTests(printed string) bool {
	return foundNone.MatchString(colours.ReplaceAllString(printed, ""))
}

// RanNoTests tells by what a runner printed that none ran: Vitest, Jest, Mocha, or
// that of Node.js. Of what others print nothing is known.
func RanNoTests(printed string) bool {
	printed = colours.ReplaceAllString(printed, "")
	return !ranSome.MatchString(printed) && (foundNone.MatchString(printed) || ranNone.MatchString(printed))
}
