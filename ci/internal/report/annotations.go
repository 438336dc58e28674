package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// mostAnnotations is how many of a kind GitHub shows of a step.
const mostAnnotations = 10

// Annotations are commands to a runner of GitHub, a line each, that show what failed
// at file and line. Where there are more than GitHub shows, each component and gate has
// its first before any has its second.
func (r Run) Annotations() string {
	var errors, warnings []string
	for _, p := range fair(r.annotated()) {
		errors = append(errors, p.command())
	}
	for _, s := range r.Scans {
		if s.stops() {
			warnings = append(warnings, annotation("warning", s.Component+" "+s.Platform, "", 0, 0, s.findings()))
		}
	}
	return most(errors, "failures") + most(warnings, "scans with findings")
}

// most are lines, as many as are shown, and how many there are besides.
func most(lines []string, what string) string {
	if more := len(lines) - mostAnnotations; more > 0 {
		lines = append(slices.Clone(lines[:mostAnnotations]), annotation("notice", "And more", "", 0, 0, fmt.Sprintf("%d more %s are in the summary and on the page of the run.", more, what)))
	}
	return strings.Join(lines, "")
}

// annotated are the places that gates name, and each failed step that names none.
func (r Run) annotated() []Place {
	all := slices.Clone(r.Places)
	for _, s := range r.failed() {
		if !slices.ContainsFunc(all, func(p Place) bool { return p.Component == s.Component && p.Gate == s.Name }) {
			all = append(all, Place{Component: s.Component, Gate: s.Name, Message: firstLines(s.Failure)})
		}
	}
	if why := r.unexplained(); why != "" {
		all = append(all, Place{Gate: r.title(), Message: firstLines(why)})
	}
	return all
}

// fair has the first of each gate of a component before the second of any.
func fair(all []Place) []Place {
	rounds := map[string]int{}
	var turns [][]Place
	for _, p := range all {
		key := p.Component + " " + p.Gate
		if rounds[key] == len(turns) {
			turns = append(turns, nil)
		}
		turns[rounds[key]] = append(turns[rounds[key]], p)
		rounds[key]++
	}
	return slices.Concat(turns...)
}

func (p Place) command() string {
	title := record.Step{Component: p.Component, Name: p.Gate}.Where()
	message := p.Message
	if p.Rule != "" {
		message = p.Rule + ": " + message
	}
	return annotation("error", title, p.File, p.Line, p.Column, message)
}

var (
	data       = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	properties = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// annotation is a command, escaped as GitHub's runner reads it back.
func annotation(kind, title, file string, line, column int, message string) string {
	var with []string
	add := func(key, value string) {
		if value != "" && value != "0" {
			with = append(with, key+"="+properties.Replace(plain.Line(value)))
		}
	}
	add("file", file)
	if file != "" {
		add("line", strconv.Itoa(line))
		add("col", strconv.Itoa(column))
	}
	add("title", title)
	return "::" + kind + " " + strings.Join(with, ",") + "::" + data.Replace(plain.Text(message)) + "\n"
}

// firstLines is the beginning of a failure, as much as an annotation shows well.
func firstLines(of string) string {
	lines := strings.SplitAfterN(strings.TrimSpace(plain.Text(of)), "\n", 13)
	if len(lines) == 13 {
		lines[12] = "…"
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}
