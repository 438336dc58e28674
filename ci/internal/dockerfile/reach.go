package dockerfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Entitlement is something outside of its container that a RUN may reach.
type Entitlement string

// NetworkHost is the network of the engine's machine, its loopback included. The
// engine gives it to every RUN that asks for it; it has nothing else to give.
const NetworkHost Entitlement = "NETWORK_HOST"

// ask is a flag of RUN that asks for more than a container has.
type ask struct {
	flag string
	line int
	// by is what the caller may allow it by; empty where nobody can.
	by Entitlement
}

// asks notes what a RUN asks for.
func (s *stage) asks(c *instructions.RunCommand, line int) {
	if instructions.GetNetwork(c) == instructions.NetworkHost {
		s.asked = append(s.asked, ask{"--network=host", line, NetworkHost})
	}
	if security := instructions.GetSecurity(c); security != instructions.SecuritySandbox {
		s.asked = append(s.asked, ask{"--security=" + security, line, ""})
	}
	for _, device := range instructions.GetDevices(c) {
		s.asked = append(s.asked, ask{"--device=" + device.Name, line, ""})
	}
}

// CheckReach refuses a build that would reach out of its containers where the
// caller doesn't allow it, or that would be read by somebody else's frontend:
// one of whom the Dockerfile tells nothing. Only the stages that the build needs
// count.
func (f *File) CheckReach(b Build, allowed []Entitlement) error {
	if err := f.checkDirectives(); err != nil {
		return err
	}
	stages, err := f.needed(b)
	if err != nil {
		return err
	}
	var refused []error
	for _, s := range stages {
		for _, a := range s.asked {
			if !slices.Contains(allowed, a.by) {
				refused = append(refused, f.fail(a.line, "RUN %s, in stage %s, %s", a.flag, s.called(), a.remedy()))
			}
		}
	}
	return errors.Join(refused...)
}

// CheckTriggers refuses an image that a stage begins with for what it leaves to
// those that build on it (ONBUILD), by the same rules: the engine carries that
// out as if it stood in the Dockerfile.
func (f *File) CheckTriggers(image Image, triggers []string, b Build, allowed []Entitlement) error {
	for _, trigger := range triggers {
		result, err := parser.Parse(strings.NewReader(trigger))
		if err != nil {
			return f.at(image.Line, "the image has the trigger %q: %s. Build on another one", trigger, err)
		}
		for _, node := range result.AST.Children {
			if why := refusal(node, b, allowed); why != "" || result.EscapeToken != parser.DefaultEscapeToken {
				return f.at(image.Line, "the image has the trigger %q, which %s. Build on another one, or pin this one by an image lock", trigger, cmp.Or(why, "changes the escape character"))
			}
		}
	}
	return nil
}

// refusal is why an instruction of somebody else's is not carried out; empty
// where it is.
func refusal(node *parser.Node, b Build, allowed []Entitlement) string {
	instruction, err := instructions.ParseInstruction(node)
	run, runs := instruction.(*instructions.RunCommand)
	switch {
	case err != nil:
		return err.Error()
	case !runs:
		return ""
	}
	var s stage
	s.asks(run, 0)
	for _, a := range s.asked {
		if !slices.Contains(allowed, a.by) {
			return "reaches out of its container"
		}
	}
	for _, flag := range node.Flags {
		options, mounts := strings.CutPrefix(flag, mountFlag)
		inserted, err := keyed(options, "")
		if mounts && b.CacheKey != "" && (err != nil || len(inserted) > 0) {
			return "mounts a cache"
		}
	}
	return ""
}

// remedy is why the flag is refused, and what to do.
func (a ask) remedy() string {
	if a.by == "" {
		return "asks for more than the engine gives to a Dockerfile. Remove the flag"
	}
	return fmt.Sprintf("reaches whatever listens on the engine's machine. Remove the flag, or let whoever calls allow it by with-dockerfile-entitlements --entitlements %s", a.by)
}

// called is what a target would call the stage.
func (s *stage) called() string {
	if s.name == "" {
		return strconv.Itoa(s.number)
	}
	return s.name
}

var (
	// ownSyntax are the names of the frontend that the engine has built in, which
	// it doesn't fetch by any of them.
	ownSyntax = regexp.MustCompile(`(?i)^((index\.)?docker\.io/)?(docker|moby)/dockerfile(-upstream)?([:@]|$)`)
	// directive is one as the engine reads it: it takes fewer characters for
	// spaces than the parser here.
	directive = regexp.MustCompile(`^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$`)
)

// checkDirectives refuses another frontend, and what the engine would read by
// another escape character: it would find instructions that nobody saw here.
func (f *File) checkDirectives() error {
	if syntax, _, at, is := parser.DetectSyntax(f.text); is && !ownSyntax.MatchString(syntax) {
		line := 1
		if len(at) > 0 {
			line = max(line, at[0].Start.Line)
		}
		return f.fail(line, "syntax=%s is an image that would be run to read the Dockerfile. The engine reads it itself. Remove the line, or name docker/dockerfile", syntax)
	}
	if f.escape == parser.DefaultEscapeToken {
		return nil
	}
	if !f.escapes() {
		return f.fail(0, "it changes the escape character in a line with unusual spaces. Write # escape=` with plain ones")
	}
	steps, err := f.steps()
	if err != nil {
		return err
	}
	for _, s := range steps {
		if _, _, err := f.runFlags(s); err != nil {
			return f.fail(s.node.StartLine, "%s: %s", strings.ToUpper(s.node.Value), err)
		}
	}
	return nil
}

// escapes tells whether the engine's parser finds the line that changes the
// escape character.
func (f *File) escapes() bool {
	for line := range bytes.Lines(bytes.TrimPrefix(f.text, []byte("\ufeff"))) {
		found := directive.FindSubmatch(bytes.TrimLeftFunc(bytes.TrimRight(line, "\r\n"), unicode.IsSpace))
		if found == nil {
			return false
		}
		if strings.EqualFold(string(found[1]), "escape") {
			return true
		}
	}
	return false
}
