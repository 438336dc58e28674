// Package adoption tells findings in lines that changed from those that were there
// before, for code that no tool has looked at yet.
package adoption

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// Finding is one of a tool's, in lines of a file, of which the first is 1.
type Finding struct {
	File     string
	From, To int
	Code     string
	Text     string
}

func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s %s", f.File, f.From, f.Code, f.Text) }

// Ruff reads what `ruff check --output-format json` prints, with files as they are
// named from the root.
func Ruff(printed []byte, root string) ([]Finding, error) {
	type place struct{ Row int }
	var read []struct {
		Filename, Code, Message string
		Location                place
		End                     place `json:"end_location"`
	}
	if err := json.Unmarshal(printed, &read); err != nil {
		return nil, fmt.Errorf("read what ruff found: %w", err)
	}
	var found []Finding
	for _, f := range read {
		found = append(found, Finding{below(root, f.Filename), f.Location.Row, max(f.Location.Row, f.End.Row), f.Code, f.Message})
	}
	return found, nil
}

var (
	mypyError   = regexp.MustCompile(`^(.+?):(\d+)(?::\d+)?: error: (.*?)(?:  \[([a-z0-9-]+)\])?$`)
	unformatted = regexp.MustCompile(`(?m)^(?:Would reformat: (.+)|unformatted: .*\n\s*--> (.+?):\d+:\d+)$`)
)

// Mypy reads what mypy prints in a directory, below the root. What it says of no line
// is none.
func Mypy(printed, dir, root string) (found []Finding) {
	for line := range strings.Lines(printed) {
		if m := mypyError.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			number, _ := strconv.Atoi(m[2])
			found = append(found, Finding{below(root, path.Join(dir, m[1])), number, number, m[4], m[3]})
		}
	}
	return found
}

// Unformatted reads what `ruff format --check` prints in a directory, of old and of
// new: each file is a finding in all of its lines.
func Unformatted(printed, dir, root string) (found []Finding) {
	for _, m := range unformatted.FindAllStringSubmatch(printed, -1) {
		found = append(found, Finding{below(root, path.Join(dir, m[1]+m[2])), 1, whole, "unformatted", "it would be reformatted"})
	}
	return found
}

// whole is the last line of a finding that is of all of a file.
const whole = 1 << 30

func below(root, file string) string { return strings.TrimPrefix(file, root+"/") }

// Files are those that have findings.
func Files(found []Finding) []string {
	var files []string
	for _, f := range found {
		files = append(files, f.File)
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// Split parts findings in lines that changed from the others, by the files' texts
// before and now. All of a file that was not there is new, and what is of all of a
// file where anything in it changed, even if a line is only gone.
func Split(found []Finding, before, now map[string]string) (fresh, rest []Finding) {
	changed := map[string]lines{}
	for _, file := range Files(found) {
		changed[file] = changedLines(before[file], now[file])
	}
	for _, f := range found {
		if changed[f.File].touch(f.From, f.To) || f.To == whole && before[f.File] != now[f.File] {
			fresh = append(fresh, f)
			continue
		}
		rest = append(rest, f)
	}
	return fresh, rest
}

// lines are spans of them, each with its first and its last.
type lines [][2]int

func (l lines) touch(from, to int) bool {
	return slices.ContainsFunc(l, func(span [2]int) bool { return from <= span[1] && span[0] <= to })
}

// changedLines are those of a text that an earlier one has not.
func changedLines(before, now string) (changed lines) {
	if before == now {
		return nil
	}
	matcher := difflib.NewMatcherWithJunk(difflib.SplitLines(before), difflib.SplitLines(now), false, nil)
	for _, code := range matcher.GetOpCodes() {
		if code.Tag != 'e' && code.J2 > code.J1 {
			changed = append(changed, [2]int{code.J1 + 1, code.J2})
		}
	}
	return changed
}

// Count says in one line how many findings of which code there are, the most first.
func Count(found []Finding) string {
	counts := map[string]int{}
	for _, f := range found {
		counts[f.Code]++
	}
	codes := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(codes, func(a, b string) int { return counts[b] - counts[a] })
	var said []string
	for _, code := range codes {
		said = append(said, fmt.Sprintf("%d %s", counts[code], code))
	}
	return strings.Join(said, ", ")
}
