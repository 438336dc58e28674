package pyenv

import "regexp"

var (
	// counted is what unittest and Django's runner print of how many tests they ran, and
	// passedOver of how many of these were skipped.
	counted    = regexp.MustCompile(`(?m)^Ran ([0-9]+) tests? in `)
	passedOver = regexp.MustCompile(`(?m)^(?:OK|NO TESTS RAN)\b.*\bskipped=([0-9]+)`)
)

// passing is what pytest prints of tests that passed.
var passing = regexp.MustCompile(`(?m)\b[1-9][0-9]* passed\b.* in [0-9.]+s`)

// Silent tells by what unittest or Django's runner printed that no test ran, and whether
// they said anything of that; or pytest beside them.
func Silent(printed string) (none, known bool) {
	if passing.MatchString(printed) {
		return false, true
	}
	none = true
	runs, skips := counted.FindAllStringSubmatch(printed, -1), passedOver.FindAllStringSubmatch(printed, -1)
	for i, run := range runs {
		none = none && (run[1] == "0" || i < len(skips) && skips[i][1] == run[1])
	}
	return none && len(runs) > 0, len(runs) > 0
}
