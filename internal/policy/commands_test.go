package policy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"mvdan.cc/sh/v3/syntax"

	"github.com/pingvas/pingvas-ci/internal/documents"
)

// project is the directory of all that is documented.
const project = "../.."

// TestDocumentedCommandsExist reads every command that a document of the project
// prints, or has in a sentence: every function, argument and value of an enum that it
// names is there, and every argument that is needed. TestCommands runs them.
func TestDocumentedCommandsExist(t *testing.T) {
	t.Parallel()
	r := &commands{schema: schemaOf(t, pipeline(t)), help: map[string]string{}}
	files, err := documents.All(project)
	require.NoError(t, err)
	calls := 0
	for _, file := range files {
		sections, err := documents.Read(project, file)
		require.NoError(t, err)
		for _, section := range sections {
			for _, command := range slices.Concat(section.Commands, section.Mentions) {
				calls += strings.Count(command, "dagger call ")
				assert.NoError(t, r.check(t, command), "%s, %s: %s", file, section.Heading, command)
			}
		}
	}
	require.Greater(t, calls, 60, "the test no longer finds what it looks for")
}

// TestTheReaderFindsAMadeUpCommand is the other direction.
func TestTheReaderFindsAMadeUpCommand(t *testing.T) {
	t.Parallel()
	r := &commands{schema: schemaOf(t, pipeline(t)), help: map[string]string{}}
	for command, wrong := range map[string]string{
		"dagger call --sauce . components":                               "new has no argument --sauce",
		"dagger call componets":                                          "leads to no function componets, but to: ",
		"dagger call --source . service --name a scan tables":            "scan leads to no function tables, but to: component, files",
		"dagger call deliver --to dev report":                            "deliver has no argument --to, but: branch, ",
		"dagger call scaffold --layout FOLDRES export --path a":          "--layout of scaffold: FOLDRES is none of ",
		"dagger call plan shards --count many":                           "many is no number",
		"dagger call service test":                                       "service is not given its --name",
		"dagger call with-gitops … plan shards":                          "shards is not given its --count",
		"dagger call scaffold --layout FOLDERS export":                   "export is not given its --path",
		"dagger call scaffold --layout FOLDERS export --path":            "--path of export has no value",
		"dagger call scaffold --layout FOLDERS export --wiped --path a":  "export has no argument --wiped, but: path",
		"dagger call with-npm-registry --address a --token b check":      "b names no secret",
		"A=b dagger call check --bases main":                             "check has no argument --bases",
		`eval "$(dagger call checks)"`:                                   "leads to no function checks",
		"dagger call with-gate --severity HIGH deliver report":           "deliver is of the source, which of a module that is called by its address is its own",
		"dagger call deliver report extra":                               "report leads to no function extra",
		"dagger cal check":                                               "dagger has no command cal",
		"make tests":                                                     "the Makefile has no target tests",
		"go run ./airgop up":                                             "./airgop is no program of this project",
		"go run ./airgap upp":                                            "./airgap has no command upp",
		"go run ./airgap status --prot 1":                                "./airgap status has no argument --prot",
		"sudo enginestate save --stroe kept":                             "./enginestate save has no argument --stroe",
		"go install github.com/pingvas/pingvas-ci/enginestat@COMMIT":     "./enginestat is no program of this project",
		"dagger install github.com/pingvas/pingvas-c":                    "github.com/pingvas/pingvas-c is not this module",
		"export DAGGER_MODULE=github.com/pingvas/pingvas && dagger call": "github.com/pingvas/pingvas is not this module",
	} {
		err := r.check(t, command)
		if assert.Error(t, err, command) {
			assert.Contains(t, err.Error(), wrong, command)
		}
	}
	for _, command := range []string{
		"dagger call --source . --untrusted check", "dagger call … image terminal", "dagger call --image-lock a.json ...", "dagger call --source . components # all", "dagger call gitops --directory . validate",
		"dagger call --source . with-registry … with-gitops ... deliver --dry-run report", "dagger -m github.com/pingvas/pingvas-ci@v1 call --source . check", "tar x", "make peers PEERS=there",
	} {
		assert.NoError(t, r.check(t, command), command)
	}
}

// commands are judged by the schema of the module, and by the help of programs.
type commands struct {
	schema *schema
	help   map[string]string
}

// check tells what is wrong with the commands of a line, of those that are ours.
func (r *commands) check(t *testing.T, line string) (err error) {
	t.Helper()
	file, wrong := syntax.NewParser().Parse(strings.NewReader(line), "")
	if wrong != nil {
		return wrong
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch of := node.(type) {
		case *syntax.CallExpr:
			if words := wordsOf(line, of); err == nil && len(words) > 0 {
				err = r.command(t, words)
			}
		case *syntax.Assign:
			if of.Name != nil && of.Name.Value == "DAGGER_MODULE" && err == nil {
				err = thisModule(of.Value.Lit())
			}
		}
		return err == nil
	})
	return err
}

// wordsOf are the words of a command, as far as they are no quotes.
func wordsOf(line string, of *syntax.CallExpr) (words []string) {
	for _, word := range of.Args {
		text := line[word.Pos().Offset():word.End().Offset()]
		words = append(words, strings.Trim(text, `"'`))
	}
	return words
}

// command judges one.
func (r *commands) command(t *testing.T, words []string) error {
	t.Helper()
	if words[0] == "sudo" {
		words = words[1:]
	}
	switch words[0] {
	case "dagger":
		return r.dagger(words[1:])
	case "make":
		return target(words[1:])
	case "enginestate":
		return r.program(t, "./enginestate", words[1:])
	case "go":
		const of = "github.com/pingvas/pingvas-ci/"
		if words[1] == "run" {
			return r.program(t, words[2], words[3:])
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(words[len(words)-1], of), "@")
		return r.program(t, "./"+name, nil)
	}
	return nil
}

// dagger judges a command of the CLI: of its own flags those that documents have.
func (r *commands) dagger(words []string) error {
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		if name, value, _ := strings.Cut(words[0], "="); name == "-m" || name == "--mod" {
			if value == "" {
				value, words = words[1], words[1:]
			}
			if err := thisModule(value); err != nil {
				return err
			}
		}
		words = words[1:]
	}
	switch words[0] {
	case "call":
		words = slices.DeleteFunc(slices.Clone(words[1:]), func(word string) bool { return strings.HasPrefix(word, "--progress=") })
		return r.schema.call(words)
	case "install":
		return thisModule(words[1])
	case "check", "generate", "functions", "develop":
		return nil
	}
	return fmt.Errorf("dagger has no command %s that documents may have", words[0])
}

// thisModule judges the address of a module, with a version or without.
func thisModule(address string) error {
	if name, _, _ := strings.Cut(address, "@"); name != "github.com/pingvas/pingvas-ci" {
		return fmt.Errorf("%s is not this module", address)
	}
	return nil
}

// target judges what make is asked for.
func target(words []string) error {
	text, err := os.ReadFile(filepath.Join(project, "Makefile"))
	for _, word := range words {
		name, _, variable := strings.Cut(word, "=")
		what, form := "target", "(?m)^%s:"
		if variable {
			what, form = "variable", `\$\(%s\)`
		}
		if !regexp.MustCompile(fmt.Sprintf(form, name)).Match(text) {
			return fmt.Errorf("the Makefile has no %s %s", what, name)
		}
	}
	return err
}

// program judges a call of one of the project's programs by its help.
func (r *commands) program(t *testing.T, name string, words []string) error {
	t.Helper()
	if _, err := os.Stat(filepath.Join(project, name, "main.go")); err != nil {
		return fmt.Errorf("%s is no program of this project", name)
	}
	if len(words) == 0 || strings.HasPrefix(words[0], "-") {
		return nil
	}
	help := r.helpOf(t, name, words[0])
	if !strings.Contains(help, filepath.Base(name)+" "+words[0]+" ") {
		return fmt.Errorf("%s has no command %s", name, words[0])
	}
	for _, word := range words[1:] {
		if flag, _, _ := strings.Cut(word, "="); strings.HasPrefix(flag, "--") && !strings.Contains(help, " "+flag+" ") {
			return fmt.Errorf("%s %s has no argument %s", name, words[0], flag)
		}
	}
	return nil
}

// helpOf is what a program says of its command.
func (r *commands) helpOf(t *testing.T, name, command string) string {
	t.Helper()
	of := name + " " + command
	if _, known := r.help[of]; !known {
		call := exec.CommandContext(t.Context(), "go", "run", name, command, "--help") //nolint:gosec // a program of this project
		call.Dir = project
		said, _ := call.CombinedOutput() // Of a command that is not there it says so.
		r.help[of] = string(said)
	}
	return r.help[of]
}
