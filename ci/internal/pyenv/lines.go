package pyenv

import (
	"iter"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	// passed is where such a line takes what a person adds, with the default of tox.
	passed   = regexp.MustCompile(`\{(?:posargs|args):?([^{}]*)\}|\{\{?\s*\.?(?:CLI_ARGS|args|posargs)\s*\}?\}|\*session\.posargs|\$\(?\{?(?:@|\*|ARGS|args)\)?\}?`)
	joined   = regexp.MustCompile(`\\\r?\n\s*`)
	comments = regexp.MustCompile(`(?m)(^|\s)#.*$`)
	// redirected is where output goes, which is no argument.
	redirected = regexp.MustCompile(`\s\d?>>?[ \t]*&?[^\s;&|=][^\s;&|]*`)
	parts      = regexp.MustCompile(`&&|\|\||[;|\n]`)
	// A comma within a word is of a list, such as that of an option.
	listed = regexp.MustCompile(`,(\s|["'\])]|$)`)
	// bracketed are the extras of a package, or of the project itself.
	bracketed = regexp.MustCompile(`([\w.])\[([\w.,\s-]+)\]`)
	marks     = strings.NewReplacer(`"`, " ", `'`, " ", "`", " ", "[", " ", "]", " ", "(", " ", ")", " ")
	variable  = regexp.MustCompile(`[${}]`)
)

// heading is a line that says what the commands below it are called: a target of make's or
// of just's, a function, or a key of YAML's.
var heading = regexp.MustCompile(`^(?:@?([\w.-]+)(?:[ \t]+[^:=\n]*)?[ \t]*:(?:[^=].*)?|def[ \t]+(\w+)\(.*|\s+([\w:.-]+):\s*)$`)

var (
	// spaced is an option's value in quotation marks, which may have spaces.
	spaced = regexp.MustCompile(`(\s["']?-[a-z]*[mkW]["']?,?\s*|=)(?:"([^"]*)"|'([^']*)')`)
	// versioned is a package in quotation marks with spaces around its version.
	versioned = regexp.MustCompile(`["']([A-Za-z][\w.-]*(?:\[[\w.,\s-]+\])?\s*[<>=!~][^"'=]?[^"']*)["']`)
)

// What stands for characters that separate no words.
const (
	gap     = "\x00"
	opening = "\x01"
	closing = "\x02"
)

// apart has the extras of a package be a part of its word again.
var apart = strings.NewReplacer(gap, " ", opening, "[", closing, "]")

// together has such values be words.
func together(part string) string {
	part = versioned.ReplaceAllStringFunc(part, func(pkg string) string { return strings.Join(strings.Fields(strings.Trim(pkg, `"'`)), "") })
	part = bracketed.ReplaceAllStringFunc(part, func(pkg string) string {
		m := bracketed.FindStringSubmatch(pkg)
		return m[1] + opening + strings.Join(strings.Fields(m[2]), "") + closing
	})
	return oneWord(part)
}

// oneWord has an option's value be a word, where it is known.
func oneWord(part string) string {
	return spaced.ReplaceAllStringFunc(part, func(option string) string {
		m := spaced.FindStringSubmatch(option)
		if variable.MatchString(option) {
			return option
		}
		return m[1] + strings.ReplaceAll(m[2]+m[3], " ", gap)
	})
}

// lines are the commands of a script, each where it runs.
func (s script) lines() (all []habit) {
	make := makes.MatchString(path.Base(s.file))
	whole := joinedUp(s.text)
	if make {
		whole = strings.ReplaceAll(whole, "$$", "$") // So make has a shell's.
	}
	whole = comments.ReplaceAllString(joined.ReplaceAllString(withoutDocuments(whole), " "), "")
	whole = s.assigned(redirected.ReplaceAllString(passed.ReplaceAllString(whole, "$1"), ""))
	shell, task := walk{at: s.at, given: s.given, expressions: path.Base(s.file) == "justfile"}, s.task
	if !make {
		shell.used = usedIn(s.text)
	}
	of, known, surely := makefile{is: make, given: s.given}, s.given.without(s.hosts), blocks{alone: s.alone}
	for line := range strings.Lines(whole) {
		indented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		if s.alone {
			shell.at, shell.outer, shell.given, known = s.at, nil, of.given, of.given.without(s.hosts)
		}
		ends := forgiving.MatchString(line)
		surely.begin(line)
		for operator, part := range chained(strings.TrimSuffix(line, "\n")) {
			if m := heading.FindStringSubmatch(part); m != nil && s.task == "" {
				task = m[1] + m[2] + m[3]
			}
			part = s.located(part, shell.at)
			maybe := s.maybe || s.shell && surely.depends(part)
			if s.shell {
				if surely.comesTo(operator, part) && shell.export(part) {
					known = shell.given.without(s.hosts)
				}
				shell.enter(part)
			}
			forgiven := ends || s.forgiven || (make || isTox(s.file)) && ignored.MatchString(part)
			words, at := launched(words(part), shell.at)
			all = append(all, habit{file: s.file, job: s.job, task: task, at: at, words: words, given: known, forgiven: forgiven, maybe: maybe, dependent: s.dependent, foreign: s.foreign})
			if s.shell {
				shell.leave(part)
			}
		}
		of.pass(line, indented, shell.given)
	}
	return all
}

// ofRunners is what a runner of workflows puts in a text, and spacing what may stand in that.
var (
	ofRunners = regexp.MustCompile(`\$\{\{[^{}\n]*\}\}`)
	spacing   = regexp.MustCompile(`[\s&|;"']+`)
)

// joinedUp is a text in which each of those is a part of one word.
func joinedUp(text string) string {
	return ofRunners.ReplaceAllStringFunc(text, func(use string) string { return spacing.ReplaceAllString(use, "") })
}

// launched are the words of a command, less the environment of Hatch's that it names, and the
// directory in which a manager of environments is told to run it.
func launched(words []string, from string) (command []string, at string) {
	first := slices.IndexFunc(words, func(word string) bool { return launchers[word] != nil })
	if first < 0 {
		return words, from
	}
	manager, ran := words[first], false
	for i := first + 1; i < len(words); i++ {
		option, dir, joined := strings.Cut(words[i], "=")
		switch {
		case slices.Contains(launchers[manager], option):
			if !joined && i+1 < len(words) {
				i++
				dir = words[i]
			}
			from = script{at: from}.moved(dir).at
		case words[i] == "run":
			ran = true
		case ran && !strings.HasPrefix(words[i], "-") && !strings.HasPrefix(words[i], "+") && !isValue(words, i):
			if manager == "hatch" {
				words = slices.Clone(words)
				words[i] = ofEnvironment.ReplaceAllString(words[i], "")
			}
			return words, from
		}
	}
	return words, from
}

// launchers are managers of environments, each with the options by which it runs a command in
// another directory, and ofEnvironment is how Hatch is told an environment of its.
var (
	launchers     = map[string][]string{"uv": {"--directory"}, "uvx": {"--directory"}, "poetry": {"-C", "--directory"}, "pdm": {"-p", "--project"}, "hatch": {}}
	ofEnvironment = regexp.MustCompile(`^[\w.+-]+:`)
)

// chained are the commands of a line, each with the operator before it.
func chained(line string) iter.Seq2[string, string] {
	return func(yield func(operator, part string) bool) {
		operator, from := "", 0
		for _, at := range parts.FindAllStringIndex(line, -1) {
			if !yield(operator, line[from:at[0]]) {
				return
			}
			operator, from = line[at[0]:at[1]], at[1]
		}
		yield(operator, line[from:])
	}
}

var (
	// forgiving is how a line goes on whose failure is none; ignored is one of make's, or of tox's.
	forgiving = regexp.MustCompile(`\|\|\s*(?:true|:|exit 0|echo\b[^&|;]*)\s*\)?\s*$|;\s*(?:true|exit 0)\s*$`)
	ignored   = regexp.MustCompile(`^\s*@?-`)
)

// words are those of a command.
func words(part string) []string {
	if variable.MatchString(part) {
		part = oneWord(part)
	} else {
		part = marks.Replace(listed.ReplaceAllString(together(part), " $1"))
	}
	all := strings.Fields(part)
	for i := range all {
		all[i] = apart.Replace(all[i])
	}
	return all
}

var (
	assignment = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*[:?]?=[ \t]*(.*?)[ \t]*$`)
	// defaulted is a variable of a shell with what it is where nobody sets it.
	defaulted = regexp.MustCompile(`\$?\$\{\w+:?-([^${}]*)\}`)
	// used is where a variable stands.
	used = regexp.MustCompile(`\$(?:\w+|\(\w+\)|\{\w+\})`)
)

// begins tells of what looks like an assignment that a shell has it for one command alone,
// which follows it: make has a value go on to the end of a line that no recipe is.
func (s script) begins(line string) bool {
	recipe := !makes.MatchString(path.Base(s.file)) || strings.HasPrefix(line, "\t")
	return recipe && prefixed.MatchString(line)
}

var (
	makes    = regexp.MustCompile(`(?i)^(?:gnu)?makefile$|^justfile$`)
	prefixed = regexp.MustCompile(`^\s*\w+=(?:"[^"]*"|'[^']*'|[^\s"']*)[ \t]+\S`)
)

// longest is how long a variable's value may be to stand in a line.
const longest = 4 << 10

// usedIn are the names of the variables that a text has the values of.
func usedIn(text string) map[string]bool {
	names := map[string]bool{}
	for _, use := range dollars.FindAllStringSubmatch(text, -1) {
		names[use[1]] = true
	}
	return names
}

var dollars = regexp.MustCompile(`\$[({]?(\w+)`)

// assigned is a text in which the variables that it gives one value, those of a Makefile
// or of a shell, have it.
func (s script) assigned(whole string) string {
	values := map[string]string{}
	twice := map[string]bool{}
	for _, m := range assignment.FindAllStringSubmatch(whole, -1) {
		if s.begins(m[0]) || usedIn(m[2])[m[1]] {
			continue
		}
		value := strings.Trim(m[2], `"'`)
		before, known := values[m[1]]
		twice[m[1]] = twice[m[1]] || known && before != value
		values[m[1]] = value
	}
	expanded := func(text string) string {
		return used.ReplaceAllStringFunc(text, func(use string) string {
			name := strings.Trim(use, "$(){}")
			value, known := values[name]
			if !known || twice[name] || len(value) > longest {
				return use
			}
			return value
		})
	}
	const deep = 5 // A value may be made of others, though not without end.
	for range deep {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			values[name] = expanded(values[name])
		}
	}
	return defaulted.ReplaceAllString(expanded(whole), "$1")
}
