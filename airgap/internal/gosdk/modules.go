package gosdk

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pristine is the go.mod that the code generator gives to a new module.
const pristine = "module dagger/warm\n\ngo 1.26.1\n"

// commonModules are new modules, in each of the states in which the code
// generator may meet one.
var commonModules = moduleSet{
	inputs: []any{library, pristine, generatedImports, typesScript, tidyScript, buildScript, bareScript},
	prepare: func(dir string, sdk sdkModule) ([]warming, error) {
		merged, err := sdk.merge([]byte(pristine))
		if err != nil {
			return nil, fmt.Errorf("prepare new module: %w", err)
		}
		states := []struct {
			warming
			mod, sum []byte
		}{
			{warming{"new", runtimeScript(sdk)}, merged, sdk.sum},
			{warming{"without-sums", runtimeScript(sdk)}, merged, nil},
			{warming{"bare", bareScript}, []byte(pristine), nil},
			{warming{"types", typesScript}, []byte(pristine), nil},
		}
		var todo []warming
		for _, state := range states {
			err := writeModule(filepath.Join(dir, state.dir), state.mod, state.sum, program())
			if err != nil {
				return nil, err
			}
			todo = append(todo, state.warming)
		}
		return todo, nil
	},
}

// ownModule is the module at path. Its main package cannot be compiled before
// its code is generated, so a program with the same imports stands for it.
func ownModule(path string) moduleSet {
	mod, err := os.ReadFile(filepath.Join(path, "go.mod"))
	if err != nil {
		return moduleSet{err: fmt.Errorf("read module: %w", err)}
	}
	sum, err := os.ReadFile(filepath.Join(path, "go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return moduleSet{err: fmt.Errorf("read module: %w", err)}
	}
	return moduleSet{
		inputs: []any{mod, sum, generatedImports, typesScript, tidyScript, buildScript},
		prepare: func(dir string, sdk sdkModule) ([]warming, error) {
			merged, err := sdk.merge(mod)
			if err != nil {
				return nil, fmt.Errorf("merge %s/go.mod with the library's: %w", path, err)
			}
			sums := append(append(bytes.Clone(sum), '\n'), sdk.sum...)
			imports, err := mainImports(path)
			if err != nil {
				return nil, err
			}
			// For its types, a module is read without its internal packages.
			if err := writeModule(filepath.Join(dir, "types"), mod, sum, program(imports...)); err != nil {
				return nil, err
			}
			module := filepath.Join(dir, "runtime")
			if err := copyPackages(path, module); err != nil {
				return nil, err
			}
			if err := writeModule(module, merged, sums, program(imports...)); err != nil {
				return nil, err
			}
			return []warming{{"types", typesScript}, {"runtime", runtimeScript(sdk)}}, nil
		},
	}
}

func writeModule(dir string, mod, sum, source []byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("prepare module: %w", err)
	}
	files := map[string][]byte{"go.mod": mod, "main.go": source}
	if sum != nil {
		files["go.sum"] = sum
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return fmt.Errorf("prepare module: %w", err)
		}
	}
	return nil
}

// mainImports returns what a module's main package imports from other modules
// and from the standard library, other than by generated code.
func mainImports(path string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("list files of %s: %w", path, err)
	}
	seen := map[string]bool{}
	for _, known := range strings.Fields(generatedImports) {
		seen[known] = true
	}
	var imports []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "dagger.gen.go" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			// Someone is writing it: the caches do without its imports.
			continue
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			// Internal packages are the module's own, and embed is no import
			// without a use.
			if err != nil || seen[name] || strings.Contains(name, "/internal/") || name == "embed" {
				continue
			}
			seen[name] = true
			imports = append(imports, name)
		}
	}
	return imports, nil
}

// copyPackages copies a module's packages other than main: the generated client
// among them, which those that talk to the engine import.
func copyPackages(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("copy packages: %w", err)
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return fmt.Errorf("copy packages: %w", err)
		}
		if entry.IsDir() && entry.Name() == "testdata" {
			return filepath.SkipDir
		}
		inMain := filepath.Dir(name) == "."
		if entry.IsDir() || !entry.Type().IsRegular() || inMain {
			return nil
		}
		return copyFile(path, filepath.Join(to, name), 0o644)
	})
}
