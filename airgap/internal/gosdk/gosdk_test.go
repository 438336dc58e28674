package gosdk

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
)

func TestMerge(t *testing.T) {
	sdk := sdkModule{mod: parse(t, `module dagger.io/dagger
go 1.26.1
require (
	example.com/older v1.2.0
	example.com/newer v1.2.0
	example.com/missing v1.0.0
)
replace (
	example.com/older => example.com/older v1.1.0
	example.com/absent => example.com/absent v0.1.0
)
`)}
	got, err := sdk.merge([]byte(`module example.com/own
go 1.26.1
require (
	example.com/older v1.1.0
	example.com/newer v1.3.0
)
`))
	require.NoError(t, err)
	mod := parse(t, string(got))
	required := map[string]string{}
	for _, r := range mod.Require {
		required[r.Mod.Path] = r.Mod.Version
	}
	assert.Equal(t, map[string]string{
		"example.com/older": "v1.2.0", "example.com/newer": "v1.3.0", "example.com/missing": "v1.0.0",
	}, required)
	require.Len(t, mod.Replace, 1, "a replacement is for what is required")
	assert.Equal(t, "example.com/older", mod.Replace[0].Old.Path)
}

func TestMergeRefusesWhatIsNoGoMod(t *testing.T) {
	_, err := sdkModule{mod: parse(t, "module m\n")}.merge([]byte("modul m"))
	assert.ErrorContains(t, err, "go.mod:1")
}

func TestProgramCompilesAsFarAsItsImports(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "main.go", program("example.com/more"), 0)
	require.NoError(t, err)
	var paths []string
	for _, spec := range file.Imports {
		assert.Equal(t, "_", spec.Name.Name)
		paths = append(paths, spec.Path.Value)
	}
	assert.Contains(t, paths, `"github.com/dagger/otel-go"`)
	assert.Contains(t, paths, `"example.com/more"`)
}

func TestOwnModule(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":                    "module example.com/own\ngo 1.26.1\nrequire example.com/dep v1.0.0\n",
		"go.sum":                    "example.com/dep v1.0.0 h1:x=\n",
		"main.go":                   "package main\nimport (\n_ \"embed\"\n\"example.com/dep\"\n\"example.com/own/internal/logic\"\n\"fmt\"\n)\n",
		"main_test.go":              "package main\nimport \"example.com/test\"\n",
		"dagger.gen.go":             "package main\nimport \"example.com/generated\"\n",
		"internal/dagger/gen.go":    "package dagger\n",
		"internal/logic/logic.go":   "package logic\n",
		"internal/logic/testdata/x": "x",
	})
	to := t.TempDir()

	set := ownModule(dir)
	require.NoError(t, set.err)
	sdk := sdkModule{mod: parse(t, "module m\nreplace example.com/a => example.com/a v0.1.0\n"), sum: []byte("library h1:y=\n")}
	todo, err := set.prepare(to, sdk)

	require.NoError(t, err)
	assert.Equal(t, []warming{{"types", typesScript}, {"runtime", runtimeScript(sdk)}}, todo)
	assert.Contains(t, todo[1].script, "go mod edit -replace example.com/a=example.com/a@v0.1.0")
	assert.FileExists(t, filepath.Join(to, "runtime/internal/logic/logic.go"))
	assert.FileExists(t, filepath.Join(to, "runtime/internal/dagger/gen.go"), "what talks to the engine imports it")
	assert.NoFileExists(t, filepath.Join(to, "runtime/internal/logic/testdata/x"))
	assert.NoDirExists(t, filepath.Join(to, "types/internal"), "types are read without internal packages")
	sum, err := os.ReadFile(filepath.Join(to, "runtime/go.sum"))
	require.NoError(t, err)
	assert.Equal(t, "example.com/dep v1.0.0 h1:x=\n\nlibrary h1:y=\n", string(sum))
	imports, err := mainImports(dir)
	require.NoError(t, err)
	assert.Equal(t, []string{"example.com/dep"}, imports)
}

func TestOwnModuleMustExist(t *testing.T) {
	assert.ErrorContains(t, ownModule(t.TempDir()).err, "go.mod")
}

// Only a change of the requirements makes the uppermost layer anew.
func TestSourcesAreNoInput(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"go.mod": "module m\ngo 1.26.1\n", "go.sum": "", "main.go": "package main\n"})
	first := ownModule(dir).inputs
	write(t, dir, map[string]string{"main.go": "package main\nvar x int\n"})
	assert.Equal(t, first, ownModule(dir).inputs)
	write(t, dir, map[string]string{"go.mod": "module m\ngo 1.26.1\nrequire example.com/dep v1.0.0\n"})
	assert.NotEqual(t, first, ownModule(dir).inputs)
}

func TestProxyAnswersAlias(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	write(t, from, map[string]string{"mod": "module example.com/m\n", "zip": "zip"})
	files := downloaded{Path: "example.com/m", Version: "v1.0.0", GoMod: filepath.Join(from, "mod"), Zip: filepath.Join(from, "zip")}

	require.NoError(t, writeProxied(dir, files, proxied{Listed: true, Alias: "abc"}))

	for name, want := range map[string]string{
		"@latest": `{"Version":"v1.0.0"}`, "@v/abc.info": `{"Version":"v1.0.0"}`, "@v/v1.0.0.info": `{"Version":"v1.0.0"}`,
		"@v/list": "v1.0.0\n", "@v/v1.0.0.mod": "module example.com/m\n", "@v/v1.0.0.zip": "zip",
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), name)
	}
}

// GOPROXY in the image would win over the engine's.
func TestEnvironmentHasNoProxy(t *testing.T) {
	for _, variable := range environment() {
		assert.NotContains(t, variable, "GOPROXY")
	}
}

func parse(t *testing.T, text string) *modfile.File {
	mod, err := modfile.Parse("go.mod", []byte(text), nil)
	require.NoError(t, err)
	return mod
}

func write(t *testing.T, dir string, files map[string]string) {
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
}
