package argocd

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// git makes parameters of the folders and the files of a repository.
func (g *generation) git(of any) []params {
	repo := text(of, "repoURL")
	directories, files := list(of, "directories"), list(of, "files")
	if len(directories)+len(files) == 0 {
		g.mistakes = append(g.mistakes, "its git generator names neither directories nor files, so it makes nothing. Name some")
		return nil
	}
	if !judged(repo) || !g.ours(repo) {
		g.unjudged = append(g.unjudged, "its git generator looks into "+strings.ReplaceAll(repo, unknown, "…")+", which is another repository")
		return []params{{partial: true}}
	}
	prefix := text(of, "pathParamPrefix")
	var made []params
	g.looked += len(directories)*len(g.tree.Folders) + len(files)*len(g.tree.Names)
	if g.looked > mostLooked {
		g.unjudged = append(g.unjudged, "its git generators look for too much")
		return []params{{partial: true}}
	}
	for _, name := range chosen(g.tree.Folders, directories, func(pattern string) func(string) bool {
		return func(name string) bool {
			matches, err := path.Match(pattern, name)
			return err == nil && matches
		}
	}) {
		g.claimed(repo, name)
		made = append(made, params{values: g.pathParams(prefix, name, "")})
	}
	for _, name := range chosen(g.tree.Names, files, func(pattern string) func(string) bool { return globbing(pattern, true) }) {
		g.claimed(repo, name)
		made = append(made, g.file(prefix, name)...)
	}
	return made
}

// chosen are the names that a generator's patterns include and do not exclude.
func chosen(names []string, patterns []any, matching func(pattern string) func(name string) bool) []string {
	var in, out []func(string) bool
	for _, p := range patterns {
		if matches := matching(folder(text(p, "path"))); dig(p, "exclude") == true {
			out = append(out, matches)
		} else {
			in = append(in, matches)
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		is := func(matches func(string) bool) bool { return matches(name) }
		return !slices.ContainsFunc(in, is) || slices.ContainsFunc(out, is)
	})
}

// pathParams are what a set is told of a folder, or of a file in it.
func (g *generation) pathParams(prefix, folder, file string) map[string]any {
	segments := strings.Split(folder, "/")
	if g.goTemplate {
		of := map[string]any{"path": folder, "basename": path.Base(folder), "basenameNormalized": normalized(path.Base(folder)), "segments": anyOf(segments)}
		if file != "" {
			of["filename"], of["filenameNormalized"] = file, normalized(file)
		}
		values := map[string]any{"path": of}
		if prefix != "" {
			values = map[string]any{prefix: values}
		}
		return values
	}
	name := strings.TrimPrefix(prefix+".path", ".")
	values := map[string]any{name: folder, name + ".basename": path.Base(folder), name + ".basenameNormalized": normalized(path.Base(folder))}
	for i, segment := range segments {
		values[fmt.Sprintf("%s[%d]", name, i)] = segment
	}
	if file != "" {
		values[name+".filename"], values[name+".filenameNormalized"] = file, normalized(file)
	}
	return values
}

func anyOf(texts []string) []any {
	var all []any
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}

// file are the parameters that a file has, one set of them or a list.
func (g *generation) file(prefix, name string) []params {
	raw, err := bounds.ReadFile(g.tree.FS, name)
	var value any
	if err == nil {
		if err = json.Unmarshal(raw, &value); err != nil {
			err = bounds.YAML(raw, &value)
		}
	}
	if err != nil {
		g.unjudged = append(g.unjudged, name+", which its git generator names, cannot be read")
		return []params{{values: g.pathParams(prefix, path.Dir(name), path.Base(name)), partial: true}}
	}
	elements, is := plainly(value).([]any)
	if !is {
		elements = []any{plainly(value)}
	}
	var made []params
	for _, element := range elements {
		values, _ := element.(map[string]any)
		made = append(made, params{values: mapping(merged(g.named(values), g.pathParams(prefix, path.Dir(name), path.Base(name))))})
	}
	return made
}
