package pyenv

import (
	"maps"
	"regexp"
	"strings"
)

// expressed is a whole expression of a workflow's.
var expressed = regexp.MustCompile(`^\s*\$\{\{\s*(.*?)\s*\}\}\s*$`)

// conditionOf is the condition of a job or a step, without the marks of an expression.
func conditionOf(of any) string {
	if of == false {
		return "false"
	}
	text := strings.TrimSpace(plain(of))
	if m := expressed.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return text
}

// never tells of the condition of a job or a step that it holds in no run.
func never(of any) bool { return conditionOf(of) == "false" }

// ofInput is a condition that one input decides.
var ofInput = regexp.MustCompile(`^(!?)\s*inputs\.([\w-]+)(?:\s*(==|!=)\s*(?:'([^']*)'|(true|false)))?$`)

// decided is a part of a workflow with its conditions as inputs decide them: false, or none.
func decided(part, given, inputs map[string]any) map[string]any {
	own := maps.Clone(part)
	m := ofInput.FindStringSubmatch(conditionOf(part["if"]))
	if m == nil {
		return own
	}
	value := withInputs("${{ inputs."+m[2]+" }}", given, inputs)
	if variable.MatchString(value) {
		return own // Only a run knows it.
	}
	holds := value != "" && value != "false"
	if m[3] != "" {
		holds = (value == m[4]+m[5]) == (m[3] == "==")
	}
	delete(own, "if")
	if holds == (m[1] == "!") {
		own["if"] = false
	}
	return own
}

// decidedJob is a job with its conditions, and those of its steps, as inputs decide them.
func decidedJob(job, given, inputs map[string]any) map[string]any {
	own := decided(job, given, inputs)
	var steps []any
	for _, one := range list(job["steps"]) {
		if step := table(one); step != nil {
			one = decided(step, given, inputs)
		}
		steps = append(steps, one)
	}
	if steps != nil {
		own["steps"] = steps
	}
	return own
}

// eventsOf are what starts a workflow, each with what is said of it.
func eventsOf(on any) map[string]any {
	if events := table(on); events != nil {
		return events
	}
	events := map[string]any{}
	for _, one := range append(list(on), on) {
		if name, is := one.(string); is {
			events[strings.TrimSpace(name)] = nil
		}
	}
	return events
}

// empty are inputs that nobody gives, and that are nothing without.
func empty(inputs map[string]any) map[string]any {
	none := map[string]any{}
	for name := range inputs {
		none[name] = ""
	}
	return none
}
