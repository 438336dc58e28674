package argocd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

func (v *validation) outOfSync() {
	for _, o := range v.objects.notifications {
		if strings.Contains(text(o.values, "data", "trigger.on-sync-failed"), "OutOfSync") {
			v.find(o.file, "ConfigMap "+o.name(),
				"on-sync-failed fires on OutOfSync, which every commit causes. Ask for operationState.phase in ['Error', 'Failed']")
		}
	}
}

// notification is a trigger: when to tell somebody.
type notification struct {
	name       string
	conditions []condition
}

type condition struct {
	When string
	Send []string
}

func triggersOf(o object) (all []notification) {
	data := mapping(o.values, "data")
	for _, key := range slices.Sorted(maps.Keys(data)) {
		name, is := strings.CutPrefix(key, "trigger.")
		t := notification{name: name}
		if is && bounds.YAML([]byte(text(data[key])), &t.conditions) == nil {
			all = append(all, t)
		}
	}
	return all
}

func (v *validation) neverFires() {
	for _, o := range v.objects.notifications {
		for _, t := range triggersOf(o) {
			object := "trigger " + t.name
			if len(t.conditions) == 0 {
				v.find(o.file, object, "it has no condition, so it never fires. Write one, or delete the trigger")
			}
			for _, c := range t.conditions {
				if err := neverTrue(c.When); err != nil {
					v.find(o.file, object, "%v", err)
				}
				if len(c.Send) == 0 {
					v.find(o.file, object, "it sends nothing. Name a template under send")
				}
				for _, template := range c.Send {
					if dig(o.values, "data", "template."+template) == nil {
						v.find(o.file, object, "it sends the template %s, which is not there. Write template.%s, or correct the name", template, template)
					}
				}
			}
		}
	}
}

// nobody finds the triggers that no application, no project and no default
// subscribes to.
func (v *validation) nobody() {
	if len(v.apps) == 0 {
		return // They are elsewhere.
	}
	for _, o := range v.objects.notifications {
		wanted := v.subscriptions(o)
		for _, t := range triggersOf(o) {
			if !wanted[t.name] && !wanted[unknown] {
				v.find(o.file, "trigger "+t.name, "no application subscribes to it, so nobody is told. Annotate one with notifications.argoproj.io/subscribe.%s.<service>, or delete the trigger", t.name)
			}
		}
	}
}

// subscriptions are the triggers that somebody has asked for.
func (v *validation) subscriptions(config object) map[string]bool {
	wanted := map[string]bool{}
	add := func(names []any) {
		for _, name := range names {
			wanted[fmt.Sprint(name)] = true
		}
	}
	annotated := make([]object, 0, len(v.apps)+len(v.objects.projects))
	for _, a := range v.apps {
		annotated = append(annotated, a.object)
	}
	for _, o := range append(annotated, v.objects.projects...) {
		for key, value := range mapping(o.values, "metadata", "annotations") {
			rest, is := strings.CutPrefix(key, "notifications.argoproj.io/")
			if !is {
				continue
			}
			if !judged(key) {
				wanted[unknown] = true
			}
			switch parts := strings.Split(rest, "."); {
			case parts[0] == "subscriptions":
				for _, s := range listIn(text(value)) {
					add(list(s, "trigger"))
					add(list(s, "triggers"))
				}
			case len(parts) > 2 && parts[0] == "subscribe":
				wanted[strings.Join(parts[1:len(parts)-1], ".")] = true
			case len(parts) == 2 && parts[0] == "subscribe": // of a service alone
				add(listIn(text(config.values, "data", "defaultTriggers")))
				add(listIn(text(config.values, "data", "defaultTriggers."+parts[1])))
			}
		}
	}
	for _, s := range listIn(text(config.values, "data", "subscriptions")) {
		add(list(s, "triggers"))
	}
	return wanted
}

func listIn(text string) (all []any) {
	if bounds.YAML([]byte(text), &all) != nil {
		return nil // Whether it is one is not asked here.
	}
	return all
}

// states are what Argo CD says of an application; the phase is there only once
// something was deployed.
var states = map[string][]string{
	"app.status.operationState.phase": {"Running", "Terminating", "Failed", "Error", "Succeeded"},
	"app.status.health.status":        {"Healthy", "Degraded", "Progressing", "Suspended", "Missing", "Unknown"},
	"app.status.sync.status":          {"Synced", "OutOfSync", "Unknown"},
}

// neverTrue says why a condition cannot come true, nil when it can.
func neverTrue(when string) error {
	if strings.TrimSpace(when) == "" {
		return fmt.Errorf("it has no condition, so it never fires. Write one under when")
	}
	tree, err := parser.Parse(when)
	if err != nil {
		return fmt.Errorf("its condition cannot be read, so it never fires: %s. Correct it", firstLine(err.Error()))
	}
	for _, phase := range states["app.status.operationState.phase"] {
		for _, health := range states["app.status.health.status"] {
			for _, sync := range states["app.status.sync.status"] {
				if (state{"app.status.operationState.phase": phase, "app.status.health.status": health, "app.status.sync.status": sync}).truth(tree.Node) != no {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("its condition is never true: no phase, health and sync status of Argo CD's make it so. Correct %s", when)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// state is an application at one moment, as far as it is known.
type state map[string]string

// truth is whether a condition holds: maybe, where it asks for more than is known.
func (s state) truth(n ast.Node) answer {
	switch n := n.(type) {
	case *ast.BoolNode:
		return map[bool]answer{true: yes, false: no}[n.Value]
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			return yes - s.truth(n.Node)
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return min(s.truth(n.Left), s.truth(n.Right))
		case "or", "||":
			return max(s.truth(n.Left), s.truth(n.Right))
		case "==":
			return s.equal(n.Left, n.Right)
		case "!=":
			return yes - s.equal(n.Left, n.Right)
		case "in":
			return s.in(n.Left, n.Right)
		}
	}
	return maybe
}

func (s state) equal(left, right ast.Node) answer {
	a, known := s.value(left)
	b, alsoKnown := s.value(right)
	switch {
	case !known || !alsoKnown:
		return maybe
	case a == b:
		return yes
	}
	return no
}

func (s state) in(left, right ast.Node) answer {
	array, is := right.(*ast.ArrayNode)
	if !is {
		return maybe
	}
	found := no
	for _, element := range array.Nodes {
		found = max(found, s.equal(left, element))
	}
	return found
}

// value is a text that is written, or one of the states.
func (s state) value(n ast.Node) (string, bool) {
	if written, is := n.(*ast.StringNode); is {
		return written.Value, true
	}
	value, known := s[pathOf(n)]
	return value, known
}

// pathOf is a chain of fields such as app.status.sync.status.
func pathOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.ChainNode:
		return pathOf(n.Node)
	case *ast.MemberNode:
		if field, is := n.Property.(*ast.StringNode); is {
			return pathOf(n.Node) + "." + field.Value
		}
	}
	return ""
}
