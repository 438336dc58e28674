package frontend

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// RunsSources tells whether a script, with those that it runs, does nothing but run modules
// as they are written, an example, or a tool that serves them to their authors: nobody has a
// server of it.
func RunsSources(scripts map[string]string, script string) bool {
	own := map[string]string{}
	for name, text := range scripts {
		own[name] = inAnother.ReplaceAllString(text, "pnpm -C another run x")
	}
	return does(own, script, runsSources, bundles)
}

var (
	// outset is what a command stands behind: variables, and what starts a package's programs.
	outset = regexp.MustCompile(`^\s*(?:\w+=\S+\s+|(?:cross-env(?:-shell)?|dotenv|env-cmd)\s+(?:-[^\s-]\S*\s+\S+\s+)*(?:--\s+)?|(?:npx|bunx|yarn|pnpm(?:\s+(?:exec|dlx))?)\s+)*`)
	// loads are options by which Node.js reads what is not compiled.
	loads = regexp.MustCompile(`\s(?:--import|--loader|--experimental-loader|-r|--require|--exec|-x)[=\s]+["']?\S*(?:tsx|ts-node|esm|babel|swc|jiti|esbuild)`)
	// module is a file that a command runs.
	module = regexp.MustCompile(`(?:^|\s)["']?(\S+\.[cm]?[jt]sx?)\b`)
	// examples are directories with what shows a package's use.
	examples = regexp.MustCompile(`^(?:\./)?(?:examples?|demos?|playground|sandbox|fixtures?|tests?|scripts|docs?)/`)
	// compiled are those with what a build has made.
	compiled = regexp.MustCompile(`^(?:\./)?(?:dist|build|lib|out|output|bin)/`)
	// serves is what a program is called that serves.
	serves = regexp.MustCompile(`^(?:server?|main|app|start)\.`)
	// watching are tools that work for their authors until these end them.
	watching = regexp.MustCompile(`^(?:vite(?:\s+(?:dev|serve|-\S+).*)?|(?:webpack\s+serve|webpack-dev-server|storybook|start-storybook|parcel|dumi|docz|styleguidist|ladle|histoire|react-scripts\s+start|tsdx\s+(?:start|watch)|vitepress\s+dev|astro\s+dev|rsbuild\s+dev)\b.*|(?:tsc|tsup|tsdown|rollup|tsdx|esbuild|unbuild|swc|babel)\b.*\s(?:-w|--watch|--stub)\b.*)\s*$`)
	// others run in another package.
	others = regexp.MustCompile(`^\s*(?:pnpm|yarn|npm)\s+(?:--filter|-F|-C|--dir|workspace|--workspace|-w)[=\s]`)
	// inAnother is what is run in another directory, to the end of a script.
	inAnother = regexp.MustCompile(`\bcd\s+["']?(?:\./|\.\./)?\w[^&|;]*&&.*$`)
	// bundles are what builds a package's modules.
	bundles = regexp.MustCompile(compilers.String() + `|^\s*(?:rollup|rolldown|esbuild|vite\s+build|tsdx\s+build)(?:\s|$)`)
	// interpreters read what is not compiled.
	interpreters = []string{"ts-node", "ts-node-dev", "ts-node-esm", "tsx", "vite-node", "esno", "jiti", "babel-node", "bun"}
)

func runsSources(command string) bool {
	if others.MatchString(command) {
		return true
	}
	bare := outset.ReplaceAllString(command, "")
	words := strings.Fields(bare)
	if len(words) == 0 {
		return false
	}
	file := ""
	if m := module.FindAllStringSubmatch(bare, -1); m != nil {
		file = m[len(m)-1][1]
	}
	switch program := words[0]; {
	case compiled.MatchString(file):
		return false
	case watching.MatchString(bare):
		return !strings.HasPrefix(bare, "parcel build")
	case slices.Contains(interpreters, program), program == "node" && loads.MatchString(bare), program == "nodemon" && !compiled.MatchString(file) && file != "":
		return !serves.MatchString(path.Base(file))
	default:
		return program == "node" && examples.MatchString(file)
	}
}
