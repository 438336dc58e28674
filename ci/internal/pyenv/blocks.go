package pyenv

import (
	"regexp"
	"strings"
)

// blocks tell of a shell's commands which of them it surely comes to.
type blocks struct {
	alone    bool // Each line has a shell of its own.
	deep     int  // of conditions, loops and functions
	indented bool
	plain    bool // So far the line has nothing that could fail.
	asked    bool // The line has a condition before its command.
}

var (
	branching = regexp.MustCompile(`^\s*(?:if|case|for|while|until)\b|\{\s*$`)
	closed    = regexp.MustCompile(`^\s*(?:fi|esac|done)\b|^\s*\}`)
	// harmless are commands that a line goes on behind.
	asking   = regexp.MustCompile(`^\s*@?(?:\[|test\s|!|command\s+-v|which\s|grep\s|diff\s|cmp\s)`)
	harmless = regexp.MustCompile(`^\s*@?(?:cd|export|unset|set|source|\.|:|true|pushd|echo)\b|^\s*@?\w+=\S*\s*$`)
)

// begin begins a line. Of the commands around an "or" it depends which ones count.
func (b *blocks) begin(line string) {
	b.indented = strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
	b.plain, b.asked = true, strings.Contains(givesUp.ReplaceAllString(line, ""), "||")
}

// depends tells whether it depends on a condition that the shell comes to the line's next
// command: one that fails ends all.
func (b *blocks) depends(part string) bool {
	depends := b.asked || b.deep > 0 || b.indented && !b.alone || branching.MatchString(part)
	b.asked = b.asked || asking.MatchString(part)
	return depends
}

// comesTo tells of a line's next command, behind an operator, whether the shell comes to it.
func (b *blocks) comesTo(operator, part string) bool {
	switch operator {
	case "||", "|":
		b.plain = false
	case ";":
		b.plain = true
	}
	surely := b.plain && (b.alone || b.deep == 0 && !b.indented)
	b.plain = b.plain && harmless.MatchString(part)
	if branching.MatchString(part) {
		b.deep++
	}
	if closed.MatchString(part) && b.deep > 0 {
		b.deep--
	}
	return surely
}

// givesUp is how a line ends a script that fails anyhow.
var givesUp = regexp.MustCompile(`\|\|\s*exit\s+[1-9]\d*\s*$`)

var document = regexp.MustCompile(`<<-?\s*\\?["']?([A-Za-z_]\w*)["']?`)

// withoutDocuments is a script less the texts that stand in it for commands to read.
func withoutDocuments(text string) string {
	if !strings.Contains(text, "<<") {
		return text
	}
	var kept strings.Builder
	until := ""
	for line := range strings.Lines(text) {
		switch m := document.FindStringSubmatch(line); {
		case until != "" && strings.TrimSpace(line) == until:
			until = ""
		case until != "":
		case m != nil:
			until = m[1]
			kept.WriteString(line)
		default:
			kept.WriteString(line)
		}
	}
	return kept.String()
}
