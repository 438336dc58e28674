// Package workflow writes the GitHub Actions workflows that call the pipeline, and
// reads back what a person has set in them.
package workflow

import (
	"cmp"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

// Folder is where workflows lie in a repository, and Path where the one is that the
// settings stand in.
const (
	Folder = ".github/workflows/"
	Path   = Folder + "delivery.yml"
)

// Names are the workflows.
var Names = []string{"delivery", "release", "nightly"}

// made begins every workflow that is ours.
const made = "# Made by pingvas-ci, and again by `dagger generate`"

// Make returns the workflows' files by their paths, of the settings that were given
// and of those that the files keep. An empty text is a file to remove. Where nothing
// is kept and nothing given there are none, and the note says how there come to be.
func Make(given Settings, files map[string]string) (written map[string]string, note string, err error) {
	text, is := files[Path]
	if is && !strings.HasPrefix(text, made) || !is && !given.given() {
		if !given.given() {
			return nil, "no workflows are kept here. Write them once, by `workflows --module` with a version", nil
		}
		if is {
			return nil, "", foreign(Path)
		}
	}
	kept := defaults
	if is {
		if kept, err = read(text); err != nil {
			return nil, "", err
		}
	}
	set := given.over(kept).whole()
	if err := set.Check(); err != nil {
		return nil, "", err
	}
	written, err = set.files(files)
	return written, "", err
}

// whole has the guide's registry where there is no other one.
func (s Settings) whole() Settings {
	if s.Registry == "" {
		s.Account, s.Region = cmp.Or(s.Account, "123456789012"), cmp.Or(s.Region, "ap-northeast-2")
		s.Role = cmp.Or(s.Role, "arn:aws:iam::"+s.Account+":role/GitHubActionsRole")
	}
	return s
}

func foreign(path string) error {
	return fmt.Errorf("%s is there, and was not made by `workflows`, or by an earlier version of it that kept no settings. Remove it, or give it another name", path)
}

// read is what a person set, in the workflow's first lines.
func read(text string) (Settings, error) {
	s := defaults
	var header strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		if setting, is := strings.CutPrefix(line, "#   "); is {
			header.WriteString(setting)
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(header.String()))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("read the settings at the beginning of %s: %w. Correct them there; docs/github-actions.md has all that there are", Path, err)
	}
	return s, nil
}

// files renders what is wanted, and removes what is not.
func (s Settings) files(present map[string]string) (map[string]string, error) {
	written := map[string]string{}
	for _, name := range Names {
		path := Folder + name + ".yml"
		text, is := present[path]
		wanted := !slices.Contains(s.Without, name)
		switch {
		case is && !strings.HasPrefix(text, made) && wanted:
			return nil, fmt.Errorf("%w, or leave ours out: --without %s", foreign(path), name)
		case !wanted && is && strings.HasPrefix(text, made):
			written[path] = ""
		case wanted:
			rendered, err := s.render(name)
			if err != nil {
				return nil, err
			}
			written[path] = rendered
		}
	}
	return written, nil
}

//go:embed text
var texts embed.FS

// The delimiters leave GitHub's own expressions alone.
var parsed = template.Must(template.New("").Delims("[[", "]]").Funcs(template.FuncMap{"join": strings.Join, "quoted": quoted, "checkedOut": checkedOut}).ParseFS(texts, "text/*.yml"))

// quoted is a list of texts, whatever YAML would read in them without quotes: 1.10 is
// a number, and null nothing.
func quoted(list []string) string {
	var all []string
	for _, text := range list {
		all = append(all, fmt.Sprintf("%q", text))
	}
	return "[ " + strings.Join(all, ", ") + " ]"
}

// checkedOut is an option with the paths of the checkout as the shell takes them.
func checkedOut(option string) string { return workspace.ReplaceAllString(option, `"$0"`) }

// render is a workflow's text.
func (s Settings) render(name string) (string, error) {
	var out strings.Builder
	out.WriteString(made)
	if name == "delivery" {
		settings, err := yaml.Marshal(s)
		if err != nil {
			return "", err
		}
		out.WriteString(" of these settings. Edit\n# them here, or give them to `dagger call workflows`:\n#\n")
		for line := range strings.Lines(string(settings)) {
			out.WriteString("#   " + line)
		}
	} else {
		out.WriteString(" of the\n# settings in delivery.yml. Edit them there.\n")
	}
	if err := parsed.ExecuteTemplate(&out, name+".yml", s); err != nil {
		return "", err
	}
	return out.String(), nil
}

// Environment is the expression for the environment that a run delivers to.
func (s Settings) Environment() string {
	expression := "inputs.environment"
	for _, t := range s.Targets() {
		expression += fmt.Sprintf(" || github.ref_name == '%s' && '%s'", t.Branch, t.Environment)
	}
	return "${{ " + expression + " }}"
}

// Branches are those that are delivered.
func (s Settings) Branches() (all []string) {
	for _, t := range s.Targets() {
		all = append(all, t.Branch)
	}
	return all
}

// Signers is the pattern of the branches by whose runs images are signed. Any other
// branch may run a delivery.yml of its own, and is nobody to be believed.
func (s Settings) Signers() string {
	var all []string
	for _, branch := range s.Branches() {
		all = append(all, regexp.QuoteMeta(branch))
	}
	return "(" + strings.Join(all, "|") + ")"
}

// Overlays are the environments, each once.
func (s Settings) Overlays() (all []string) {
	for _, t := range s.Targets() {
		if !slices.Contains(all, t.Environment) {
			all = append(all, t.Environment)
		}
	}
	return all
}

// Last is the environment that is released and verified: the last branch's.
func (s Settings) Last() string {
	targets := s.Targets()
	return targets[len(targets)-1].Environment
}

// Identified tells whether jobs need an OIDC token.
func (s Settings) Identified() bool { return s.Registry == "" || s.Keyless }

// Unmeasured are the settings of a job that uploads no coverage.
func (s Settings) Unmeasured() Settings {
	s.Codecov = ""
	return s
}

// Stateless are the settings of a job that has no engine of its own.
func (s Settings) Stateless() Settings {
	s.State = ""
	return s
}

// StateProgram is what keeps an engine's state, at the module's own version.
func (s Settings) StateProgram() string {
	at, version, _ := strings.Cut(s.Module, "@")
	return at + "/enginestate@" + version
}

// Engine is of a job that has an engine of its own, with what was kept of it.
type Engine struct {
	Settings
	// Delivers says that what is restored decides images.
	Delivers bool
}

// Trust is how far what the job keeps is trusted.
func (e Engine) Trust() string {
	if e.Delivers {
		return "delivery"
	}
	return "check"
}

// Delivering is the engine of a delivery.
func (s Settings) Delivering() Engine { return Engine{s, true} }

// Checking is that of a check, which restores and keeps nothing.
func (s Settings) Checking() Engine { return Engine{s, false} }

// Report is of a job whose report is put where people look.
type Report struct {
	Settings
	// Name is the artifact's, and Record the file of the report that says whether it
	// passed.
	Name, Record string
}

// Checked is the report of a check.
func (s Settings) Checked() Report { return Report{s, "report-${{ github.job }}", "check.json"} }

// Delivered is the report of a delivery.
func (s Settings) Delivered() Report { return Report{s, "report-${{ github.job }}", "delivery.json"} }

// Sharded is the report of a part of one.
func (s Settings) Sharded() Report {
	return Report{s, "report-${{ github.job }}-${{ strategy.job-index }}", "delivery.json"}
}

// Notice is a job that tells people what became of others.
type Notice struct {
	Settings
	// Jobs are those that it tells of; Reported says that they leave reports.
	Jobs     []string
	Reported bool
	// When is the condition, and Outcome which of the notifications it is.
	When, Outcome string
}

// Deliveries are the jobs of a delivery, the last one last.
func (s Settings) Deliveries() []string {
	if s.Shards > 1 {
		return []string{"plan", "shard", "deliver"}
	}
	return []string{"deliver"}
}

// Told tells of jobs, and of the last one's success where that is asked for. A job's own
// failure() would know nothing of another one's.
func (s Settings) Told(jobs []string) Notice {
	last := jobs[len(jobs)-1]
	when := ended([]string{"failure", "cancelled"}, jobs...)
	if s.SlackSuccess {
		when = append(when, fmt.Sprintf("needs.%s.result == 'success'", last))
	}
	return Notice{s, jobs, true, condition(when), fmt.Sprintf("${{ needs.%s.result == 'success' && 'success' || 'failure' }}", last)}
}

// ToldOfRelease tells of a release, which leaves no report.
func (s Settings) ToldOfRelease() Notice {
	notice := s.Told([]string{"release"})
	notice.Reported = false
	return notice
}

// ToldByNight tells of failures alone.
func (s Settings) ToldByNight() Notice {
	jobs := []string{"check"}
	if s.Keyless {
		jobs = append(jobs, "verify")
	}
	return Notice{s, jobs, true, condition(ended([]string{"failure", "cancelled"}, jobs...)), "failure"}
}

// ended are the cases in which one of the jobs has one of the results.
func ended(results []string, jobs ...string) (cases []string) {
	for _, job := range jobs {
		for _, result := range results {
			cases = append(cases, fmt.Sprintf("needs.%s.result == '%s'", job, result))
		}
	}
	return cases
}

// condition is that of a job that runs in any of the cases, whatever failed before.
func condition(cases []string) string { return "always() && (" + strings.Join(cases, " || ") + ")" }
