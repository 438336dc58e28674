// Package dora measures how software is delivered, in the terms of DORA, from the
// deployments that a history tells of: change lead time, deployment frequency, change
// fail rate, and failed deployment recovery time.
package dora

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/table"
)

// Deployment is a change of what an environment runs, which was to bring something
// new: a rollback is none.
type Deployment struct {
	Environment, Component string
	// Image is what was deployed: its tag.
	Image string
	// Commit is the one that did so in the GitOps repository, and At when.
	Commit string
	At     time.Time
	// Made is when the commit was made that the image is of; zero where that is not
	// known.
	Made time.Time
	// RolledBack is when a rollback took it back; zero where none did.
	RolledBack time.Time
}

// Lead is how long it took from the commit to the environment; false where that is not
// known, or the clocks disagree.
func (d Deployment) Lead() (time.Duration, bool) {
	return d.At.Sub(d.Made), !d.Made.IsZero() && !d.Made.After(d.At)
}

// Measure is what a window of time tells of an environment, or of a component of it.
type Measure struct {
	Environment string `json:"environment"`
	// Component is empty for all of them together: what one commit brings is one
	// deployment.
	Component   string  `json:"component"`
	Deployments int     `json:"deployments"`
	PerWeek     float64 `json:"perWeek"`
	// LeadSeconds is the median of the lead times that are known, of as many
	// deployments as LeadKnown says; null of none. So is RecoverySeconds.
	LeadSeconds *float64 `json:"leadSeconds"`
	LeadKnown   int      `json:"leadKnown"`
	// Failed is how many were rolled back, and FailRate their share; null of none.
	Failed          int      `json:"failed"`
	FailRate        *float64 `json:"failRate"`
	RecoverySeconds *float64 `json:"recoverySeconds"`
}

// Window is a time, From and To, that is measured.
type Window struct{ From, To time.Time }

// Last is the window of the last days.
func Last(days int, now time.Time) (Window, error) {
	if days < 1 || days > 3660 {
		return Window{}, fmt.Errorf("a window of %d days cannot be measured. Give 1 to 3660", days)
	}
	return Window{now.AddDate(0, 0, -days).UTC(), now.UTC()}, nil
}

func (w Window) has(at time.Time) bool { return !at.Before(w.From) && !at.After(w.To) }

// Weeks is how long it is.
func (w Window) Weeks() float64 { return w.To.Sub(w.From).Hours() / (7 * 24) }

// Within are the deployments of the window, oldest first.
func (w Window) Within(all []Deployment) []Deployment {
	in := slices.DeleteFunc(slices.Clone(all), func(d Deployment) bool { return !w.has(d.At) })
	slices.SortStableFunc(in, func(a, b Deployment) int { return a.At.Compare(b.At) })
	return in
}

// Measures are those of each environment, and below it of each of its components.
func Measures(all []Deployment, w Window) []Measure {
	byEnvironment := map[string][]Deployment{}
	byComponent := map[[2]string][]Deployment{}
	for _, d := range w.Within(all) {
		byEnvironment[d.Environment] = append(byEnvironment[d.Environment], d)
		byComponent[[2]string{d.Environment, d.Component}] = append(byComponent[[2]string{d.Environment, d.Component}], d)
	}
	measures := []Measure{}
	for environment, of := range byEnvironment {
		measures = append(measures, w.measure(environment, "", Together(of)))
	}
	for of, deployments := range byComponent {
		measures = append(measures, w.measure(of[0], of[1], deployments))
	}
	slices.SortFunc(measures, func(a, b Measure) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Component, b.Component))
	})
	return measures
}

// Together has what one commit brings as one deployment: of the oldest change in it,
// and failed where any of it was taken back.
func Together(all []Deployment) []Deployment {
	at := map[string]int{}
	var one []Deployment
	for _, d := range all {
		i, known := at[d.Commit]
		if !known {
			at[d.Commit] = len(one)
			d.Component, d.Image = "", ""
			one = append(one, d)
			continue
		}
		one[i].Made, one[i].RolledBack = earlier(one[i].Made, d.Made), earlier(one[i].RolledBack, d.RolledBack)
	}
	return one
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (w Window) measure(environment, component string, of []Deployment) Measure {
	m := Measure{Environment: environment, Component: component, Deployments: len(of), PerWeek: float64(len(of)) / w.Weeks()}
	var leads, recoveries []float64
	for _, d := range of {
		if lead, known := d.Lead(); known {
			leads = append(leads, lead.Seconds())
		}
		if !d.RolledBack.IsZero() {
			recoveries = append(recoveries, d.RolledBack.Sub(d.At).Seconds())
		}
	}
	m.LeadKnown, m.Failed = len(leads), len(recoveries)
	m.LeadSeconds, m.RecoverySeconds = median(leads), median(recoveries)
	if m.Deployments > 0 {
		rate := float64(m.Failed) / float64(m.Deployments)
		m.FailRate = &rate
	}
	return m
}

// median is the middle of values; nil of none.
func median(of []float64) *float64 {
	if len(of) == 0 {
		return nil
	}
	slices.Sort(of)
	middle := (of[(len(of)-1)/2] + of[len(of)/2]) / 2
	return &middle
}

// JSON is what was measured, for programs.
func JSON(measures []Measure, w Window) (string, error) {
	text, err := json.MarshalIndent(struct {
		From     time.Time `json:"from"`
		To       time.Time `json:"to"`
		Measures []Measure `json:"measures"`
	}{w.From, w.To, append([]Measure{}, measures...)}, "", "  ")
	return string(text), err
}

// Table is what was measured, for people.
func Table(measures []Measure, w Window) string {
	said := fmt.Sprintf("From %s to %s\n", w.From.Format(time.DateOnly), w.To.Format(time.DateOnly))
	if len(measures) == 0 {
		return said + "Nothing was deployed.\n"
	}
	rows := [][]string{{"ENVIRONMENT", "COMPONENT", "DEPLOYMENTS", "A WEEK", "LEAD TIME", "KNOWN OF", "FAIL RATE", "RECOVERY"}}
	for _, m := range measures {
		rows = append(rows, []string{
			m.Environment, cmp.Or(m.Component, "(all)"), fmt.Sprint(m.Deployments), fmt.Sprintf("%.1f", m.PerWeek),
			Long(m.LeadSeconds), fmt.Sprint(m.LeadKnown), Share(m.FailRate), Long(m.RecoverySeconds),
		})
	}
	return said + table.Aligned(rows)
}

// Share is a share in percent.
func Share(of *float64) string {
	if of == nil {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100**of)
}

// Long is a length of time in the largest words that fit.
func Long(seconds *float64) string {
	if seconds == nil {
		return "–"
	}
	d := time.Duration(*seconds * float64(time.Second)).Round(time.Second)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	var words []string
	for _, of := range []struct {
		n    int
		unit string
	}{{days, "d"}, {hours, "h"}, {minutes, "min"}, {int(d.Seconds()) % 60, "s"}} {
		if of.n > 0 || len(words) == 1 {
			words = append(words, fmt.Sprintf("%d %s", of.n, of.unit))
		}
		if len(words) == 2 {
			break
		}
	}
	if len(words) == 0 {
		return "0 s"
	}
	return strings.Join(words, " ")
}

// OrZero is a value, or 0 where it is not known.
func OrZero(of *float64) float64 {
	if of == nil {
		return 0
	}
	return *of
}
