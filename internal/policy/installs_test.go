package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// phrases are the commands that fetch what they are told to, or run it. What
// reads nothing but a lock file, as pnpm fetch does, is none.
var phrases = []string{
	"apk add", "apt install", "apt-get install", "bun add", "bunx", "cargo install", "corepack", "curl", "docker pull", "docker run",
	"gem install", "git clone", "go get", "go install", "go run", "npm add", "npm ci", "npm exec", "npm i", "npm install", "npx",
	"pip download", "pip install", "pip wheel", "pipx", "pnpm add", "pnpm dlx", "pnpm i", "pnpm install", "pnpm self-update", "poetry add",
	"poetry install", "uv add", "uv python", "uv run", "uv sync", "uv tool", "uvx", "wget", "yarn",
}

// locking are the options by which a command takes what a lock names by hash,
// and nothing else; valued are those after which a value stands.
var (
	locking = []string{"--require-hashes", "--frozen-lockfile", "--immutable", "--frozen", "--locked"}
	valued  = []string{"--preview-features", "--store-dir", "--requirement", "--filter", "--python", "--target"}
)

// installs judges every command in code that installs something.
type installs struct {
	repository fs.FS
	renovate   renovate
	// place is a file's path in the repository.
	place func(file string) string
	// declared are the constants and variables of packages, by their short names,
	// and mentions is who makes mention of them.
	declared map[string]declared
	mentions map[string][]string
}

// declared is a constant or variable, and the file that it is in.
type declared struct {
	p    *packages.Package
	spec *ast.ValueSpec
	file string
}

// word is a word of a command, and the expression that it comes from.
type word struct {
	text string
	of   ast.Expr
}

// unfollowed is what is put into a command when it runs.
const unfollowed = "\x00"

// of are the faults of code by the functions that they are in; those of a
// package's variables go by the name var.
func (i installs) of(code []*packages.Package) map[string][]string {
	i.declared, i.mentions = map[string]declared{}, callsOf(code, world{}).mentions
	for _, p := range code {
		eachValue(p, func(spec *ast.ValueSpec) {
			for _, name := range spec.Names {
				i.declared[short(p.PkgPath+"."+name.Name)] = declared{p, spec, i.place(p.Fset.Position(spec.Pos()).Filename)}
			}
		})
	}
	found := map[string][]string{}
	for _, p := range code {
		for _, file := range p.Syntax {
			for _, declaration := range file.Decls {
				name := short(p.PkgPath + ".var")
				if f, is := declaration.(*ast.FuncDecl); is {
					name = nameOf(p.TypesInfo.Defs[f.Name])
				}
				if !generated(p, file) {
					found[name] = append(found[name], i.within(p, declaration)...)
					found[name] = append(found[name], i.texts(p, declaration)...)
				}
			}
		}
	}
	maps.DeleteFunc(found, func(_ string, faults []string) bool { return len(faults) == 0 })
	return found
}

// within are the faults of the commands in a declaration: lists of words, and
// texts of which a shell makes words. What an error tells a person is none.
func (i installs) within(p *packages.Package, declaration ast.Decl) (faults []string) {
	locked := false
	var commands [][]word
	ast.Inspect(declaration, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			return !returnsError(p.TypesInfo, node)
		case *ast.CompositeLit:
			if of := p.TypesInfo.TypeOf(node); of != nil && of.Underlying().String() == "[]string" {
				commands = append(commands, i.words(p, node.Elts))
				return false
			}
		case *ast.BinaryExpr, *ast.BasicLit:
			if words := i.words(p, []ast.Expr{node.(ast.Expr)}); len(words) > 1 {
				commands = append(commands, words)
				return false
			}
			locked = locked || slices.Contains(locking, constantOf(p.TypesInfo, node.(ast.Expr)))
		}
		return true
	})
	for _, command := range commands {
		faults = append(faults, i.judged(p, command, locked)...)
	}
	return faults
}

// words are those of expressions, constants followed.
func (i installs) words(p *packages.Package, of []ast.Expr) (all []word) {
	for _, e := range of {
		for _, text := range strings.Fields(textOf(p.TypesInfo, e)) {
			all = append(all, word{text, e})
		}
	}
	return all
}

// textOf is the text of an expression, as far as it is constant.
func textOf(info *types.Info, e ast.Expr) string {
	e = ast.Unparen(e)
	if value := info.Types[e].Value; value != nil {
		return constantOf(info, e)
	}
	if sum, is := e.(*ast.BinaryExpr); is && sum.Op == token.ADD {
		return textOf(info, sum.X) + textOf(info, sum.Y)
	}
	return unfollowed
}

// judged are the faults of a command, if it installs something. A lock that is
// added later in the same function counts where no package is named.
func (i installs) judged(p *packages.Package, command []word, lockedLater bool) (faults []string) {
	phrase, rest := installing(command)
	if phrase == "" || slices.ContainsFunc(rest, func(w word) bool { return strings.HasPrefix(w.text, "http://127.0.0.1") }) {
		return nil
	}
	named := operands(rest)
	switch locked := slices.ContainsFunc(command, func(w word) bool { return slices.Contains(locking, w.text) }); {
	case locked:
		return nil
	case len(named) == 0 && !lockedLater:
		return []string{phrase + " installs what nothing pins"}
	}
	for _, w := range named {
		if fault := i.unpinned(p, w); fault != "" {
			faults = append(faults, phrase+" "+strings.ReplaceAll(w.text, unfollowed, "…")+": "+fault)
		}
	}
	return faults
}

// installing is the phrase by which a command installs something, and what
// stands after it; options may stand between its words.
func installing(command []word) (string, []word) {
	for at := range command {
		for _, phrase := range phrases {
			program, verb, two := strings.Cut(phrase, " ")
			if path.Base(command[at].text) != program {
				continue
			}
			if !two {
				return phrase, command[at+1:]
			}
			for next := at + 1; next < len(command) && next < at+5; next++ {
				if command[next].text == verb {
					return phrase, command[next+1:]
				}
			}
		}
	}
	return "", nil
}

// operands are the words that are neither options nor their values, up to the
// end of a shell's command.
func operands(of []word) (all []word) {
	for at, w := range of {
		ends := strings.ContainsAny(w.text, ";&|")
		if text := strings.TrimRight(w.text, ";"); !strings.HasPrefix(text, "-") && strings.Trim(text, "&|") != "" &&
			(at == 0 || !slices.Contains(valued, of[at-1].text)) {
			all = append(all, word{text, w.of})
		}
		if ends {
			break
		}
	}
	return all
}

var (
	packaged = regexp.MustCompile(`^(@?[\w./-]+?)(?:@|==)`)
	exact    = regexp.MustCompile(`^v?\d+\.\d+\.\d+[\w.+-]*$`)
)

// unpinned is what is wrong with a package that a command names: its version is
// a constant of a package, or what a function chooses from a variable of one,
// and Renovate finds each by the package's name.
func (i installs) unpinned(p *packages.Package, w word) string {
	name := packaged.FindStringSubmatch(w.text)
	if name == nil {
		return "it has no version"
	}
	var faults []string
	versions := 0
	ast.Inspect(w.of, func(node ast.Node) bool {
		if id, is := node.(*ast.Ident); is {
			for _, of := range i.sources(p.TypesInfo.Uses[id]) {
				for _, version := range versionsIn(of) {
					versions++
					if !i.renovate.keeps(i.repository, of.file, name[1], version) && endOfLife[name[1]+"@"+version] == "" {
						faults = append(faults, fmt.Sprintf("Renovate does not find its version %s in %s", version, of.file))
					}
				}
			}
		}
		return true
	})
	if versions == 0 {
		return "its version is no exact one of a constant"
	}
	return strings.Join(faults, ", ")
}

// sources are the constant that a name stands for, or the variables that a
// function of that name makes mention of.
func (i installs) sources(of types.Object) (all []declared) {
	switch of := of.(type) {
	case *types.Const:
		if d, known := i.declared[short(of.Pkg().Path()+"."+of.Name())]; known {
			all = append(all, d)
		}
	case *types.Func:
		for _, name := range i.mentions[nameOf(of)] {
			if d, known := i.declared[name]; known {
				all = append(all, d)
			}
		}
	}
	return all
}

// versionsIn are the exact versions among the texts of a constant or variable.
func versionsIn(d declared) (all []string) {
	for _, value := range d.spec.Values {
		ast.Inspect(value, func(node ast.Node) bool {
			if literal, is := node.(*ast.BasicLit); is {
				if text := constantOf(d.p.TypesInfo, literal); exact.MatchString(text) {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return all
}

var (
	requirement = regexp.MustCompile(`(?m)^([\w.-]+)==([^\s\\]+)((?:[^\n]*\\\n)*[^\n]*)`)
	action      = regexp.MustCompile(`uses: +(\S+@\S+[^\n]*)`)
	byCommit    = regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40} # v\S+$`)
)

// texts are the faults of the requirements that a declaration has in its texts,
// each of which has a hash, and of the actions, each of which is a commit.
func (i installs) texts(p *packages.Package, declaration ast.Decl) (faults []string) {
	ast.Inspect(declaration, func(node ast.Node) bool {
		literal, is := node.(*ast.BasicLit)
		if !is {
			return true
		}
		text, file := constantOf(p.TypesInfo, literal), i.place(p.Fset.Position(literal.Pos()).Filename)
		for _, r := range requirement.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(r[3], "--hash=sha256:") {
				faults = append(faults, r[1]+" has no hash")
			}
			if !i.renovate.keeps(i.repository, file, r[1], r[2]) {
				faults = append(faults, r[1]+": Renovate does not find its version "+r[2]+" in "+file)
			}
		}
		for _, uses := range action.FindAllStringSubmatch(text, -1) {
			if !byCommit.MatchString(uses[1]) || !i.renovate.matches(i.repository, file, func(found string) bool { return strings.Contains(found, uses[1]) }) {
				faults = append(faults, uses[1]+" is no commit with its version that Renovate finds")
			}
		}
		return true
	})
	return faults
}

// eachValue calls use with each declaration of constants and variables of a
// package.
func eachValue(p *packages.Package, use func(*ast.ValueSpec)) {
	for _, file := range p.Syntax {
		for _, declaration := range file.Decls {
			if group, is := declaration.(*ast.GenDecl); is {
				for _, spec := range group.Specs {
					if value, is := spec.(*ast.ValueSpec); is {
						use(value)
					}
				}
			}
		}
	}
}

// returnsError tells a call that makes an error, which is what it says it in.
func returnsError(info *types.Info, call *ast.CallExpr) bool {
	return types.Identical(info.TypeOf(call), types.Universe.Lookup("error").Type())
}
