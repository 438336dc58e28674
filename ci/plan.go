package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
)

// Plan is what a change affects, and why.
type Plan struct {
	// Affected are the components to work on; none means nothing to do.
	Affected []*Affected
}

// Affected is a component that a change affects.
type Affected struct {
	// Name is the component's name.
	Name string
	// Kind is python, frontend or cuda.
	Kind string
	// Path is its directory in the repository.
	Path string
	// Reasons say why it is affected: a file, and the rule by which it counts.
	Reasons []string
	// +private
	Spec string
}

// Plan tells which components a change affects, and why.
//
// It goes by the files changed between two commits, the components'
// directories, their shared libraries and the repository-wide configuration.
// Without a base it is every component.
func (m *PingvasCi) Plan(
	ctx context.Context,
	// The commit, branch or tag to compare with, such as origin/main.
	// +optional
	base string,
	// The commit to look at.
	// +default="HEAD"
	head string,
) (*Plan, error) {
	return m.plan(ctx, base, head)
}

// Json returns the plan for a matrix.
//
// [{"name", "kind", "path", "reasons"}], and [] when nothing is affected.
func (p *Plan) Json() (string, error) {
	type row struct {
		Name    string   `json:"name"`
		Kind    string   `json:"kind"`
		Path    string   `json:"path"`
		Reasons []string `json:"reasons"`
	}
	rows := []row{}
	for _, a := range p.Affected {
		rows = append(rows, row{a.Name, a.Kind, a.Path, a.Reasons})
	}
	data, err := json.Marshal(rows)
	return string(data), err
}

// Table returns the plan for people.
func (p *Plan) Table() string {
	if len(p.Affected) == 0 {
		return "Nothing is affected: nothing to do.\n"
	}
	var table strings.Builder
	for _, a := range p.Affected {
		fmt.Fprintf(&table, "%-20s %-9s %s\n", a.Name, a.Kind, summary(a.Reasons))
	}
	return table.String()
}

// summary is the first reason, and how many more there are.
func summary(reasons []string) string {
	switch len(reasons) {
	case 0:
		return ""
	case 1:
		return reasons[0]
	}
	return fmt.Sprintf("%s (and %d more)", reasons[0], len(reasons)-1)
}

func (m *PingvasCi) plan(ctx context.Context, base, head string) (*Plan, error) {
	found, err := m.discover(ctx)
	if err != nil {
		return nil, err
	}
	if base == "" {
		return planOf(affected.All(found, "no base to compare with was given"))
	}
	var changed []string
	err = m.withHistory(ctx, func(repository string) (err error) {
		changed, err = gitrepo.ChangedFiles(ctx, repository, base, head)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("plan %s..%s: %w", base, head, err)
	}
	return planOf(affected.Plan(found, changed))
}

// planDeployed compares each component with what is deployed of it: the commit
// that its tag in the GitOps repository names. So a run that failed, or was
// never started, loses no change.
func (m *PingvasCi) planDeployed(ctx context.Context, found []component.Component, deployed map[string]string) (*Plan, error) {
	var all []affected.Affected
	err := m.withHistory(ctx, func(repository string) error {
		for _, c := range found {
			since, err := affectedSince(ctx, repository, found, c, deployed[c.Name])
			if err != nil {
				return err
			}
			all = append(all, since...)
		}
		return nil
	})
	if errors.Is(err, errNoHistory) {
		return planOf(affected.All(found, "the source has no git history"))
	}
	if err != nil {
		return nil, err
	}
	return planOf(all)
}

// affectedSince tells whether a component is affected by what happened since
// the commit that its deployed tag names: a list of it alone, or of nothing.
func affectedSince(ctx context.Context, repository string, found []component.Component, c component.Component, tag string) ([]affected.Affected, error) {
	alone := []component.Component{c}
	if tag == "" {
		return affected.All(alone, "nothing of it is deployed yet"), nil
	}
	changed, err := gitrepo.ChangedFiles(ctx, repository, strings.TrimSuffix(tag, c.TagSuffix()), "HEAD")
	switch {
	case err == nil:
		// The plan of all knows which files belong to another component.
		return slices.DeleteFunc(affected.Plan(found, changed), func(a affected.Affected) bool {
			return a.Component.Name != c.Name
		}), nil
	case errors.Is(err, gitrepo.ErrNoCommit):
		return affected.All(alone, fmt.Sprintf("the deployed tag %q is no commit of this history", tag)), nil
	}
	return nil, fmt.Errorf("compare %s with what is deployed: %w", c.Name, err)
}

// errNoHistory says that the source is a directory without .git.
var errNoHistory = errors.New("the source has no .git directory. Give the root of a git checkout as source")

// withHistory calls use with a directory that holds the source's .git.
func (m *PingvasCi) withHistory(ctx context.Context, use func(repository string) error) error {
	head, err := m.Source.Glob(ctx, ".git/HEAD")
	if err != nil {
		return fmt.Errorf("look for the source's git history: %w", err)
	}
	if len(head) == 0 {
		return errNoHistory
	}
	history := dag.Directory().WithDirectory(".git", m.Source.Directory(".git"), dagger.DirectoryWithDirectoryOpts{
		Exclude: []string{"hooks", "lfs", "logs"},
	})
	return exported(ctx, history, use)
}

// components decodes what the plan's entries stand for.
func (p *Plan) components() ([]component.Component, error) {
	var components []component.Component
	for _, a := range p.Affected {
		var c component.Component
		if err := json.Unmarshal([]byte(a.Spec), &c); err != nil {
			return nil, fmt.Errorf("read the plan's entry of %s: %w", a.Name, err)
		}
		components = append(components, c)
	}
	return components, nil
}

func planOf(list []affected.Affected) (*Plan, error) {
	plan := &Plan{}
	for _, a := range list {
		spec, err := json.Marshal(a.Component)
		if err != nil {
			return nil, fmt.Errorf("plan %s: %w", a.Component.Name, err)
		}
		plan.Affected = append(plan.Affected, &Affected{
			Name: a.Component.Name, Kind: string(a.Component.Kind), Path: a.Component.Path,
			Reasons: a.Reasons, Spec: string(spec),
		})
	}
	return plan, nil
}

// commit returns the source's HEAD and the directory's own name for it: a tag
// made of the files' content where there is no git history.
func (m *PingvasCi) commit(ctx context.Context) (string, error) {
	var head string
	err := m.withHistory(ctx, func(repository string) (err error) {
		head, err = gitrepo.Head(ctx, repository)
		return err
	})
	if !errors.Is(err, errNoHistory) {
		return head, err
	}
	digest, err := m.Source.Digest(ctx)
	if err != nil {
		return "", fmt.Errorf("name the source by its content: %w", err)
	}
	return "tree-" + strings.TrimPrefix(digest, "sha256:")[:12], nil
}

// uncommitted lists the files of the source that its HEAD does not have, or
// has otherwise. Files that are gone are left out: the constructor ignores
// directories that a repository may track.
func (m *PingvasCi) uncommitted(ctx context.Context) ([]string, error) {
	head, err := m.Source.Glob(ctx, ".git/HEAD")
	if err != nil || len(head) == 0 {
		return nil, err
	}
	changes := m.Source.AsGit().Uncommitted()
	added, err := changes.AddedPaths(ctx)
	if err != nil {
		return nil, fmt.Errorf("compare the source with its HEAD: %w", err)
	}
	modified, err := changes.ModifiedPaths(ctx)
	if err != nil {
		return nil, fmt.Errorf("compare the source with its HEAD: %w", err)
	}
	return append(added, modified...), nil
}
