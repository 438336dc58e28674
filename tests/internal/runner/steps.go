package runner

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// machine is what a job runs on.
type machine struct {
	*run
	// workspace is where the repository is checked out, and temporary where a runner
	// has files of its own.
	workspace, temporary string
	env                  []string
	done                 *Job
	failed               bool
}

// refusal is a step that failed.
type refusal struct{ why string }

func (e *refusal) Error() string { return e.why }

func (m *machine) summary() string { return filepath.Join(m.temporary, "summary.md") }

// environment are the variables of every step.
func (m *machine) environment(known contexts) ([]string, error) {
	github := known["github"].(map[string]any)
	all := map[string]string{
		"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "octo-cat_corp", "GITHUB_EVENT_NAME": m.event.Name, "GITHUB_REF": m.event.Ref,
		"GITHUB_REF_NAME": shown(github["ref_name"]), "GITHUB_REPOSITORY": m.Name, "GITHUB_RUN_ID": "42", "GITHUB_SERVER_URL": "https://github.com",
		"GITHUB_SHA": m.sha, "GITHUB_STEP_SUMMARY": m.summary(), "GITHUB_WORKFLOW": m.workflow.Name.Value, "GITHUB_WORKSPACE": m.workspace,
		"RUNNER_TEMP":         m.temporary,
		"GITHUB_WORKFLOW_REF": m.Name + "/.github/workflows/delivery.yml@" + m.event.Ref,
	}
	if m.done.Permissions["id-token"] == "write" {
		all["ACTIONS_ID_TOKEN_REQUEST_URL"], all["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "https://token.actions.githubusercontent.com/x", "oidc"
	}
	if err := m.add(all, m.workflow.Env, known); err != nil {
		return nil, err
	}
	env := os.Environ()
	for name, value := range all {
		env = append(env, name+"="+value)
	}
	return env, nil
}

// add takes variables along.
func (m *machine) add(to map[string]string, env *actionlint.Env, known contexts) error {
	if env == nil {
		return nil
	}
	for _, variable := range env.Vars {
		value, err := known.interpolated(variable.Value.Value)
		if err != nil {
			return err
		}
		to[variable.Name.Value] = m.here(value)
	}
	return nil
}

// here is a text with what stands for its parts on this machine.
func (m *machine) here(text string) string {
	for _, s := range m.Instead {
		text = strings.ReplaceAll(text, s.Printed, s.Here)
	}
	return text
}

// step runs one step. Its failure is a refusal; another error is the workflow's.
func (m *machine) step(s *actionlint.Step, known contexts) error {
	switch e := s.Exec.(type) {
	case *actionlint.ExecRun:
		m.done.Ran = append(m.done.Ran, valueOf(s.Name))
		return m.script(s, e, known)
	case *actionlint.ExecAction:
		name, _, _ := strings.Cut(e.Uses.Value, "@")
		m.done.Ran = append(m.done.Ran, name)
		return m.action(name, e, known)
	}
	return fmt.Errorf("a step that neither runs nor uses anything")
}

// script runs bash as GitHub does where a step names no shell: it ends at the first
// command that fails.
func (m *machine) script(s *actionlint.Step, run *actionlint.ExecRun, known contexts) error {
	text := run.Run.Value
	if strings.Contains(text, "${{") {
		return fmt.Errorf("an expression in a script: %s", text)
	}
	own := map[string]string{}
	if err := m.add(own, s.Env, known); err != nil {
		return err
	}
	file := filepath.Join(m.temporary, "step.sh")
	if err := os.WriteFile(file, []byte(m.here(text)), 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(m.t.Context(), "bash", "-e", file)
	var err error
	if command.Dir, err = m.directory(run, known); err != nil {
		return err
	}
	command.Env = slices.Concat(m.env, []string{"NO_COLOR=1"})
	for name, value := range own {
		command.Env = append(command.Env, name+"="+value)
	}
	written := filepath.Join(m.t.TempDir(), "output")
	command.Env = append(command.Env, "GITHUB_OUTPUT="+written)
	output, err := command.CombinedOutput()
	m.done.Said += string(output)
	if outputs, err := os.ReadFile(written); err == nil && s.ID != nil {
		of := map[string]any{}
		for line := range strings.Lines(string(outputs)) {
			name, value, is := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			if !is {
				return &refusal{fmt.Sprintf("%q is no output", line)}
			}
			of[name] = value
		}
		known["steps"].(map[string]any)[s.ID.Value] = map[string]any{"outputs": of}
	}
	if err != nil {
		return &refusal{fmt.Sprintf("%s: %s", valueOf(s.Name), err)}
	}
	return nil
}

// directory is where a script runs: in the workspace, where it does not say.
func (m *machine) directory(run *actionlint.ExecRun, known contexts) (string, error) {
	said, err := known.interpolated(valueOf(run.WorkingDirectory))
	return m.at(said), err
}

// action does what an action is documented to do with its inputs.
func (m *machine) action(name string, e *actionlint.ExecAction, known contexts) error {
	does, is := map[string]struct {
		do     func(*machine, map[string]string) error
		inputs []string
	}{
		"actions/checkout":          {(*machine).checkout, []string{"fetch-depth", "persist-credentials"}},
		"dagger/dagger-for-github":  {(*machine).dagger, []string{"version"}},
		"actions/upload-artifact":   {(*machine).upload, []string{"name", "path", "overwrite", "retention-days"}},
		"actions/download-artifact": {(*machine).download, []string{"name", "pattern", "path"}},
	}[name]
	if !is {
		return fmt.Errorf("nothing stands for the action %s here", name)
	}
	inputs := map[string]string{}
	for input, value := range e.Inputs {
		if !slices.Contains(does.inputs, input) {
			return fmt.Errorf("%s is given %s, which its stand-in does not know", name, input)
		}
		var err error
		if inputs[input], err = known.interpolated(value.Value.Value); err != nil {
			return err
		}
	}
	return does.do(m, inputs)
}

// checkout clones the repository, with all branches and tags where the depth is 0.
func (m *machine) checkout(inputs map[string]string) error {
	if m.done.Permissions["contents"] == "" {
		return &refusal{"the job's token may not read the repository"}
	}
	clone := []string{"clone", "--quiet", "--no-checkout", "file://" + m.Repository, m.workspace}
	if inputs["fetch-depth"] != "0" {
		clone = append(clone, "--depth", "1")
	}
	for _, args := range [][]string{
		clone,
		{"-C", m.workspace, "fetch", "--quiet", "origin", m.event.Ref},
		{"-C", m.workspace, "checkout", "--quiet", "--detach", m.sha},
		{"-C", m.workspace, "remote", "set-url", "origin", "https://github.com/" + m.Name},
	} {
		if output, err := exec.CommandContext(m.t.Context(), "git", args...).CombinedOutput(); err != nil { //nolint:gosec // the arguments are the test's own
			return &refusal{string(output)}
		}
	}
	return nil
}

// dagger installs the CLI, which is there.
func (m *machine) dagger(inputs map[string]string) error {
	if inputs["version"] != m.CLI {
		return &refusal{fmt.Sprintf("there is Dagger %s, and not %s", m.CLI, inputs["version"])}
	}
	return nil
}

// at is a path as actions take it: from the workspace.
func (m *machine) at(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(m.workspace, path)
}

// upload keeps a directory, or a file, under a name that nothing has yet.
func (m *machine) upload(inputs map[string]string) error {
	name, from := inputs["name"], m.at(inputs["path"])
	if m.artifacts[name] != "" && inputs["overwrite"] != "true" {
		return &refusal{"an artifact called " + name + " is there already"}
	}
	dir := m.t.TempDir()
	info, err := os.Stat(from)
	switch {
	case err != nil:
		return &refusal{err.Error()}
	case info.IsDir():
		err = os.CopyFS(dir, os.DirFS(from))
	default:
		var content []byte
		if content, err = os.ReadFile(from); err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(from)), content, 0o600)
		}
	}
	m.artifacts[name] = dir
	return err
}

// download puts an artifact into the workspace, or those that a pattern names, each into
// a directory of its own.
func (m *machine) download(inputs map[string]string) error {
	to := m.at(inputs["path"])
	if pattern := inputs["pattern"]; pattern != "" {
		for name, dir := range m.artifacts {
			if is, err := filepath.Match(pattern, name); err != nil || !is {
				continue
			}
			if err := os.CopyFS(filepath.Join(to, name), os.DirFS(dir)); err != nil {
				return err
			}
		}
		return nil
	}
	dir, is := m.artifacts[inputs["name"]]
	if !is {
		return &refusal{fmt.Sprintf("no artifact is called %s, but %q", inputs["name"], slices.Sorted(maps.Keys(m.artifacts)))}
	}
	return os.CopyFS(to, os.DirFS(dir))
}
