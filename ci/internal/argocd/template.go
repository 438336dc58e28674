package argocd

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"
	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// params are what a generator fills a template in with. Partial ones have others
// besides, which only a cluster or a server knows.
type params struct {
	values  map[string]any
	partial bool
}

// filling fills templates in, in one of the two languages of sets.
type filling struct {
	params
	goTemplate, strict bool
	missing            []string // parameters that there are none of
	failed             error    // why a text cannot be evaluated here
}

// fill fills every text of a value in.
func (f *filling) fill(value any) any {
	switch value := value.(type) {
	case string:
		return f.text(value)
	case map[string]any:
		filled := map[string]any{}
		// In their order: which key comes last, what is missing and what failed is the
		// same each time.
		for _, key := range slices.Sorted(maps.Keys(value)) {
			filled[f.text(key)] = f.fill(value[key])
		}
		return filled
	case []any:
		var filled []any
		for _, inner := range value {
			filled = append(filled, f.fill(inner))
		}
		return filled
	}
	return value
}

func (f *filling) text(text string) string {
	switch {
	case !strings.Contains(text, "{{"):
		return text
	case f.goTemplate:
		return f.evaluate(text)
	}
	return parameter.ReplaceAllStringFunc(text, func(match string) string {
		name := parameter.FindStringSubmatch(match)[1]
		value, known := f.values[name]
		if !known {
			return f.lacks(name)
		}
		return fmt.Sprint(value)
	})
}

// parameter is {{name}}.
var parameter = regexp.MustCompile(`\{\{\s*\.?([^\s{}.][^\s{}]*)\s*\}\}`)

func (f *filling) lacks(name string) string {
	if f.partial {
		return unknown
	}
	if quoted := fmt.Sprintf("%q", name); !slices.Contains(f.missing, quoted) {
		f.missing = append(f.missing, quoted)
	}
	return ""
}

const noValue = "<no value>" // what Go writes for what is not there

// evaluate is a text as a Go template makes it.
func (f *filling) evaluate(text string) string {
	parsed, err := template.New("").Funcs(functions).Parse(text)
	if err == nil {
		err = f.bounded(parsed)
	}
	if err != nil {
		f.failed = err
		return unknown
	}
	if f.strict && !f.partial {
		parsed.Option("missingkey=error")
	}
	var out limited
	if err := parsed.Execute(&out, f.values); err != nil {
		if name := noEntry.FindStringSubmatch(err.Error()); name != nil && !f.partial {
			return f.lacks(name[1])
		}
		f.failed = err
		return unknown
	}
	filled := out.String()
	if strings.Contains(filled, noValue) {
		if f.partial {
			return strings.ReplaceAll(filled, noValue, unknown)
		}
		f.lacks(strings.TrimSpace(strings.Trim(text, "{} ")))
	}
	return filled
}

var noEntry = regexp.MustCompile(`map has no entry for key "([^"]*)"`)

// What a template may work on: it is somebody else's, and makes names and paths.
const (
	mostNodes = 500
	mostText  = 4 << 10
)

var errTooLarge = fmt.Errorf("it makes more than %d characters", mostText)

type limited struct{ strings.Builder }

func (l *limited) Write(text []byte) (int, error) {
	if l.Len()+len(text) > mostText {
		return 0, errTooLarge
	}
	return l.Builder.Write(text)
}

// bounded refuses what could take for ever: templates that call each other, and
// loops over anything but a list of the parameters, or within loops.
func (f *filling) bounded(t *template.Template) error {
	if len(t.Templates()) > 1 || t.Tree == nil {
		return errors.New("it defines templates of its own, which is not evaluated here")
	}
	count := 0
	return f.nodes(t.Root, 0, &count)
}

func (f *filling) nodes(n parse.Node, loops int, count *int) error {
	if n == nil || reflect.ValueOf(n).IsNil() {
		return nil
	}
	if *count++; *count > mostNodes {
		return errors.New("it is too long to be evaluated here")
	}
	var below []parse.Node
	switch n := n.(type) {
	case *parse.ListNode:
		below = n.Nodes
	case *parse.ActionNode:
		below = []parse.Node{n.Pipe}
	case *parse.IfNode:
		below = []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.WithNode:
		below = []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.RangeNode:
		if loops++; loops > 1 || !f.list(n.Pipe) {
			return errors.New("it has a loop that is not over a list of parameters, which is not evaluated here")
		}
		below = []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			below = append(below, command)
		}
	case *parse.CommandNode:
		below = n.Args
	case *parse.ChainNode:
		below = []parse.Node{n.Node}
	case *parse.TemplateNode:
		return errors.New("it calls a template, which is not evaluated here")
	}
	for _, inner := range below {
		if err := f.nodes(inner, loops, count); err != nil {
			return err
		}
	}
	return nil
}

// list tells whether a loop is over a list, or a mapping, that is there.
func (f *filling) list(pipe *parse.PipeNode) bool {
	if len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		return false
	}
	field, is := pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if !is {
		return false
	}
	switch dig(f.values, field.Ident...).(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// functions are those of a set's templates that make a text of texts, always the
// same one, and little work.
var functions = allowed(
	"lower", "upper", "title", "untitle", "trim", "trimAll", "trimPrefix", "trimSuffix", "trunc", "substr", "nospace", "replace",
	"contains", "hasPrefix", "hasSuffix", "quote", "squote", "cat", "initials", "snakecase", "camelcase", "kebabcase",
	"default", "empty", "coalesce", "ternary", "all", "any", "toString", "toStrings", "int", "int64", "float64", "atoi",
	"add", "add1", "sub", "mul", "div", "mod", "max", "min", "split", "splitList", "splitn", "join", "sortAlpha", "list", "first", "last",
	"rest", "initial", "uniq", "compact", "has", "without", "reverse", "slice", "dict", "get", "hasKey", "keys", "values", "pick", "omit", "dig",
	"regexMatch", "regexFind", "regexReplaceAll", "regexReplaceAllLiteral", "sha1sum", "sha256sum", "adler32sum", "b64enc", "b64dec",
	"kindOf", "kindIs", "typeOf", "semver", "semverCompare", "toJson", "fromJson", "base", "dir", "clean", "ext", "urlParse",
)

func allowed(names ...string) template.FuncMap {
	all, known := template.FuncMap{}, sprig.TxtFuncMap()
	for _, name := range names {
		all[name] = small(known[name])
	}
	all["normalize"] = small(normalized)
	all["slugify"] = func(args ...any) (string, error) {
		return "", errors.New("slugify is not evaluated here")
	}
	all["toYaml"] = small(func(value any) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	})
	all["fromYaml"] = small(func(text string) (map[string]any, error) {
		var value map[string]any
		return value, bounds.YAML([]byte(text), &value)
	})
	all["printf"] = small(func(format string, args ...any) (string, error) {
		if wide.MatchString(format) {
			return "", errTooLarge
		}
		return fmt.Sprintf(format, args...), nil
	})
	return all
}

var wide = regexp.MustCompile(`%[^a-zA-Z%]*([0-9]{4}|\*)`)

// small refuses texts that are long, so that no sequence of functions makes one
// that is endless.
func small(function any) any {
	of := reflect.ValueOf(function)
	wrapped := reflect.MakeFunc(of.Type(), func(args []reflect.Value) []reflect.Value {
		for _, arg := range args {
			if long(arg) {
				panic(errTooLarge) // The template returns it as its error.
			}
		}
		var out []reflect.Value
		if of.Type().IsVariadic() {
			out = of.CallSlice(args)
		} else {
			out = of.Call(args)
		}
		for _, result := range out {
			if long(result) {
				panic(errTooLarge)
			}
		}
		return out
	})
	return wrapped.Interface()
}

func long(v reflect.Value) bool {
	for v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String, reflect.Map:
		return v.Len() > mostText
	case reflect.Slice:
		if v.Len() > mostText {
			return true
		}
		for i := range v.Len() {
			if e := v.Index(i); e.Kind() != reflect.Slice && long(e) {
				return true
			}
		}
	}
	return false
}

// normalized is a text as the name of an object, as Argo CD makes one.
func normalized(text string) string {
	text = invalid.ReplaceAllString(strings.ToLower(text), "-")
	return strings.Trim(text[:min(len(text), 253)], "-.")
}

var invalid = regexp.MustCompile(`[^-a-z0-9.]`)
