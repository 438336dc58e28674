package runner

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rhysd/actionlint"
)

// contexts are what expressions name: github, needs, secrets and the like, with names in
// lower case, as GitHub does not tell cases apart.
type contexts map[string]any

// interpolated is a text with the values of its expressions.
func (c contexts) interpolated(text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, is := strings.Cut(text, "${{")
		out.WriteString(before)
		if !is {
			return out.String(), nil
		}
		expression, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return "", fmt.Errorf("%q has no end", rest)
		}
		value, err := c.value(expression)
		if err != nil {
			return "", err
		}
		out.WriteString(shown(value))
		text = after
	}
}

// condition is what an `if` comes to. One that asks for no status means success().
func (c contexts) condition(text string, failed bool) (bool, error) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "${{"), "}}"))
	asks := false
	for _, status := range []string{"always()", "failure()", "cancelled()", "success()"} {
		asks = asks || strings.Contains(text, status)
	}
	if text == "" {
		return !failed, nil
	}
	value, err := c.with("failed", failed).value(text)
	return truth(value) && (asks || !failed), err
}

// with are the contexts and one more.
func (c contexts) with(name string, value any) contexts {
	more := contexts{name: value}
	for name, value := range c {
		if _, is := more[name]; !is {
			more[name] = value
		}
	}
	return more
}

func (c contexts) value(expression string) (any, error) {
	node, err := actionlint.NewExprParser().Parse(actionlint.NewExprLexer(expression + "}}"))
	if err != nil {
		return nil, fmt.Errorf("%s: %s", expression, err.Message)
	}
	return c.of(node)
}

func (c contexts) of(node actionlint.ExprNode) (any, error) {
	switch n := node.(type) {
	case *actionlint.NullNode:
		return nil, nil
	case *actionlint.BoolNode:
		return n.Value, nil
	case *actionlint.IntNode:
		return float64(n.Value), nil
	case *actionlint.StringNode:
		return n.Value, nil
	case *actionlint.VariableNode:
		value, is := c[n.Name]
		if !is {
			return nil, fmt.Errorf("no context is called %q here", n.Name)
		}
		return value, nil
	case *actionlint.ObjectDerefNode:
		object, err := c.of(n.Receiver)
		if err != nil {
			return nil, err
		}
		fields, _ := object.(map[string]any) // Of nothing, everything is null.
		return fields[n.Property], nil
	case *actionlint.NotOpNode:
		value, err := c.of(n.Operand)
		return !truth(value), err
	case *actionlint.CompareOpNode:
		return c.compared(n)
	case *actionlint.LogicalOpNode:
		left, err := c.of(n.Left)
		if err != nil || truth(left) == (n.Kind == actionlint.LogicalOpNodeKindOr) {
			return left, err
		}
		return c.of(n.Right)
	case *actionlint.FuncCallNode:
		return c.called(n)
	}
	return nil, fmt.Errorf("%T is not known here", node)
}

func (c contexts) compared(n *actionlint.CompareOpNode) (any, error) {
	left, err := c.of(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := c.of(n.Right)
	if err != nil {
		return nil, err
	}
	same := strings.EqualFold(shown(left), shown(right))
	switch n.Kind {
	case actionlint.CompareOpNodeKindEq:
		return same, nil
	case actionlint.CompareOpNodeKindNotEq:
		return !same, nil
	}
	return nil, fmt.Errorf("no other comparison than == and != is known here")
}

// called is what a function returns.
func (c contexts) called(n *actionlint.FuncCallNode) (any, error) {
	var args []any
	for _, a := range n.Args {
		value, err := c.of(a)
		if err != nil {
			return nil, err
		}
		args = append(args, value)
	}
	switch strings.ToLower(n.Callee) {
	case "fromjson":
		var value any
		err := json.Unmarshal([]byte(shown(args[0])), &value)
		return value, err
	case "join":
		var parts []string
		list, _ := args[0].([]any)
		for _, part := range list {
			parts = append(parts, shown(part))
		}
		return strings.Join(parts, shown(args[1])), nil
	}
	return c.status(n.Callee)
}

// status are the functions that ask what became of what went before.
func (c contexts) status(name string) (any, error) {
	failed, is := c["failed"].(bool)
	switch {
	case !is:
		return nil, fmt.Errorf("%s() is no function of this place", name)
	case name == "always":
		return true, nil
	case name == "success":
		return !failed, nil
	case name == "failure":
		return failed, nil
	case name == "cancelled":
		return false, nil
	}
	return nil, fmt.Errorf("the function %s() is not known here", name)
}

// truth is what GitHub takes for true: not null, false, zero or an empty text.
func truth(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		return v != ""
	}
	return true
}

// shown is a value as text.
func shown(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
