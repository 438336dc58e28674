package frontend

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	// runs is how a script runs others of its manifest; a star stands for several.
	runs = regexp.MustCompile(`\b(?:pnpm|npm|yarn|nr|bun)\s+(?:(?:-s|--silent)\s+)*(?:run(?:-script)?\s+)?(?:(?:-s|--silent|--if-present|--parallel|--sequential|--no-bail|--reporter-hide-prefix|--(?:reporter|workspace-concurrency|aggregate-output)=\S+)\s+)*([\w:.-]+|["']?/[^\s"']+/)` +
		`|\bnode\s+--run[\s=]+([\w:.-]+)|\b(?:run-[sp]|npm-run-all)\s+([^&|;]+)|\b(?:pnpm|npm|yarn):([\w:.*-]+)`)
	// builders are commands that write a site, or a server of one; those of bundlers may
	// write a library as well.
	builders = regexp.MustCompile(`(?:^|[\s"'(;&|])(?:(vite|vp|parcel|rsbuild|rspack|webpack|` + frameworks + `)\s+(\S+\s+)*?(build|generate|export|bundle)\b|(webpack|parcel|rspack)\b)`)
	ofSites  = regexp.MustCompile(`(?:^|[\s"'(;&|])(` + frameworks + `)\s+(\S+\s+)*?(build|generate|export|bundle)\b`)
)

const frameworks = `next|nuxt|nuxi|astro|ng|vinxi|gatsby|vitepress|docusaurus|react-scripts|react-router|remix|vue-cli-service|craco|umi|expo|ember|eleventy`

// Reached are scripts, and those of the same manifest that they run.
func Reached(scripts map[string]string, from ...string) []string {
	var reached []string
	queue, seen := slices.Clone(from), map[string]bool{}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		if matching := scriptsLike(scripts, at); matching != nil {
			queue = append(queue, matching...)
			continue
		}
		if begin, rest, several := strings.Cut(at, "*"); several {
			queue = append(queue, slices.DeleteFunc(slices.Sorted(maps.Keys(scripts)), func(name string) bool {
				return !strings.HasPrefix(name, begin) || !strings.HasSuffix(name, strings.Trim(rest, "*"))
			})...)
			continue
		}
		if scripts[at] == "" {
			continue
		}
		reached = append(reached, at)
		queue = append(queue, calledIn(scripts[at])...)
	}
	return reached
}

// scriptsLike are the scripts of which the names match a pattern, as pnpm runs them by one
// between slashes; nil for what is none.
func scriptsLike(scripts map[string]string, pattern string) []string {
	if len(pattern) < 3 || pattern[0] != '/' || pattern[len(pattern)-1] != '/' {
		return nil
	}
	like, err := regexp.Compile(pattern[1 : len(pattern)-1])
	if err != nil {
		return nil // It is one of JavaScript's alone.
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(scripts)), func(name string) bool { return !like.MatchString(name) })
}

// Builds tells whether a script builds something of its own: it does not where it, or
// what it runs, runs the scripts of other packages, unless that writes a site as well.
func Builds(scripts map[string]string, script string) bool {
	if scripts[script] == "" {
		return false
	}
	delegated, builds := orchestrates(scripts[script]), false
	delegates := strings.Trim(runs.ReplaceAllString(scripts[script], ""), " &;") == ""
	for _, name := range Reached(scripts, script) {
		delegated = delegated || delegates && orchestrates(scripts[name])
		builds = builds || builders.MatchString(scripts[name])
	}
	return builds || !delegated
}

// reaches tells whether a script, or one that it runs, runs what a pattern matches.
func reaches(scripts map[string]string, script string, what *regexp.Regexp) bool {
	return slices.ContainsFunc(Reached(scripts, script), func(name string) bool { return what.MatchString(scripts[name]) })
}

// WritesSite tells whether a script, or one that it runs, writes a site or a server of one.
func WritesSite(scripts map[string]string, script string) bool {
	return reaches(scripts, script, builders)
}

// WritesSiteAlone tells that of a script which can write nothing else: not by a bundler.
func WritesSiteAlone(scripts map[string]string, script string) bool {
	return reaches(scripts, script, ofSites)
}

var (
	// compilers are commands that make modules of modules, for programs to import.
	compilers = regexp.MustCompile(`^\s*(?:\w+=\S+\s+)*(?:(?:npx|pnpm(?: exec)?)\s+)?(?:tsc|tsgo|vue-tsc|tsup|tsdown|unbuild|obuild|pkgroll|bunchee|microbundle|nuxt-module-build|svelte-package|babel|swc)(?:\s|$)`)
	// tidies are commands that build nothing.
	tidies = regexp.MustCompile(`^\s*(?:$|(?:cd|echo|true|rm|cp|mkdir|rimraf|del-cli|shx|cpx|cpy)\s|(?:(?:npx|pnpm(?: exec)?)\s+)?(?:prettier|eslint|oxlint|biome|publint|attw)(?:\s|$))`)
)

// Compiles tells whether a script, with those that it runs, does nothing but compile modules.
func Compiles(scripts map[string]string, script string) bool {
	return does(scripts, script, compilers.MatchString)
}

// does tells whether a script, with those that it runs, does nothing but some commands, beside
// those that tidy up or are let pass.
func does(scripts map[string]string, script string, is func(command string) bool, pass ...*regexp.Regexp) (done bool) {
	for _, name := range Reached(scripts, script) {
		for _, command := range separators.Split(scripts[name], -1) {
			switch {
			case is(command):
				done = true
			case slices.ContainsFunc(append(pass, tidies), func(what *regexp.Regexp) bool { return what.MatchString(command) }), len(Reached(scripts, calledIn(command)...)) > 0:
			default:
				return false
			}
		}
	}
	return done
}

// changed are commands that work on what git says has changed.
var changed = regexp.MustCompile(`\bnx\s+affected\b|\s--affected\b|\blerna\b.*\s--since\b|(--filter|-F)[=\s]+["']?[^\s"']*\[[^\]\s]+\](\.\.\.)?["']?(?:\s|$)`)

// AsksWhatChanged tells whether a script, or one that it runs, has those packages run
// theirs that git says have changed.
func AsksWhatChanged(scripts map[string]string, script string) bool {
	return reaches(scripts, script, changed)
}

// separators stand between the commands of a script.
var separators = regexp.MustCompile(`&&|\|\||[;&|]`)

// Own tells whether a script runs a tool itself, or by others of its manifest: it does
// not where all that it runs are the scripts of other packages.
func Own(scripts map[string]string, script string) bool {
	return slices.ContainsFunc(Reached(scripts, script), func(name string) bool {
		return slices.ContainsFunc(separators.Split(inPackage.ReplaceAllString(scripts[name], ""), -1), func(command string) bool {
			return !idles.MatchString(command) && !orchestrates(command) && len(Reached(scripts, calledIn(command)...)) == 0
		})
	})
}

// PassesOn tells whether a script has other packages run theirs of the same name.
func PassesOn(scripts map[string]string, script string) bool {
	text := scripts[script]
	return script != "" && orchestrates(text) && slices.Contains(strings.Fields(text), script)
}

// inPackage is a script that is run in another package's directory.
var inPackage = regexp.MustCompile(`\bcd\s+[^&|;]+&&\s*(?:pnpm|npm|yarn)\b[^&|;]*`)

// idles are commands that check nothing.
var idles = regexp.MustCompile(`^\s*(?:$|(?:cd|echo|cat|true|exit)\b)`)

// calledIn are the names of what a command runs, which may be scripts.
func calledIn(command string) (names []string) {
	for _, match := range runs.FindAllStringSubmatch(command, -1) {
		names = append(names, strings.Fields(strings.NewReplacer(`"`, " ", `'`, " ").Replace(strings.Join(match[1:], " ")))...)
	}
	return names
}

// Mended are the sources that a script has changed: files that differ from what is
// committed, as a build before it may have had them do, and from what was there when it
// began, as a file that an install made may.
func Mended(committed, before []string) []string {
	return slices.DeleteFunc(slices.Clone(committed), func(file string) bool { return !slices.Contains(before, file) })
}

// Mends tells whether a script, or one that it runs, changes what it looks at.
func Mends(scripts map[string]string, script string) bool {
	return reaches(scripts, script, mending)
}
