package affected

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Shard is the part of a plan that one runner works on.
type Shard struct {
	// Shard is which part of how many it is: 2/4 is the second of four.
	Shard string `json:"shard"`
	// Components are the names of what it works on.
	Components []string `json:"components"`
	// Seconds is how long that is expected to take, one component after another.
	Seconds float64 `json:"seconds"`
}

// Deal deals a plan out to a number of runners: what takes longest first, each to
// the runner that has the least to do. The same plan and the same times make the
// same deal, on whichever runner it is made. A runner that has nothing to do is
// left out.
func Deal(plan []Affected, count int, seconds func(Affected) float64) []Shard {
	shards := make([]Shard, max(count, 1))
	for i := range shards {
		shards[i].Shard = fmt.Sprintf("%d/%d", i+1, len(shards))
	}
	hardest := slices.Clone(plan)
	slices.SortStableFunc(hardest, func(a, b Affected) int {
		return cmp.Or(cmp.Compare(seconds(b), seconds(a)), cmp.Compare(a.Component.Name, b.Component.Name))
	})
	for _, a := range hardest {
		least := 0
		for i := range shards {
			if shards[i].Seconds < shards[least].Seconds {
				least = i
			}
		}
		shards[least].Components = append(shards[least].Components, a.Component.Name)
		shards[least].Seconds += seconds(a)
	}
	shards = slices.DeleteFunc(shards, func(s Shard) bool { return len(s.Components) == 0 })
	for i := range shards {
		slices.Sort(shards[i].Components)
	}
	return shards
}

// ParseShard reads which part of how many is meant: 2/4 is the second of four.
func ParseShard(text string) (part, count int, err error) {
	first, second, _ := strings.Cut(text, "/")
	part, wrong := strconv.Atoi(first)
	count, also := strconv.Atoi(second)
	if wrong != nil || also != nil || part < 1 || part > count || count > mostShards || text != fmt.Sprintf("%d/%d", part, count) {
		return 0, 0, fmt.Errorf("the shard %q is none. Write which of how many it is, such as 2/4, of at most %d", text, mostShards)
	}
	return part, count, nil
}

// mostShards is more than any CI starts at once.
const mostShards = 256

// CheckCount refuses a number of shards that nobody has.
func CheckCount(count int) error {
	if count < 1 || count > mostShards {
		return fmt.Errorf("a plan is dealt out to 1 to %d shards, not to %d", mostShards, count)
	}
	return nil
}

// Only are those of a plan that have one of the names; all where there is no name.
func Only(plan []Affected, names []string) []Affected {
	if len(names) == 0 {
		return plan
	}
	return slices.DeleteFunc(slices.Clone(plan), func(a Affected) bool { return !slices.Contains(names, a.Component.Name) })
}

// ShardsJSON is a deal for a matrix.
func ShardsJSON(shards []Shard) (string, error) {
	text, err := json.Marshal(append([]Shard{}, shards...))
	return string(text), err
}
