package report

import (
	"fmt"
	"math"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dora"
)

// The parts of the page of metrics, as the template sets them.
type (
	metrics struct {
		frame
		From, To     string
		Environments []measured
	}
	measured struct {
		Name       string
		All        measure
		Components []measure
		Most       int
		Weeks      []week
		Scale      []scaled
		Leads      []lead
	}
	measure struct {
		Component, PerWeek, Lead, Rate, Recovery string
		Deployments, Known, Failed               int
	}
	week struct {
		Label, Shown                     string
		X, Width, GoodY, Good, BadY, Bad float64
		deployments, failed              int
	}
	scaled struct {
		Label    string
		Y, TextY float64
	}
	lead struct {
		Class, Label string
		X, Y         float64
	}
)

// MetricsPage is what was measured as a page of HTML, with plots: one file, which loads
// nothing.
func MetricsPage(all []dora.Deployment, w dora.Window) (string, error) {
	page := metrics{frame: framed("Delivery metrics"), From: w.From.Format(time.DateOnly), To: w.To.Format(time.DateOnly)}
	for _, m := range dora.Measures(all, w) {
		if m.Component == "" { // An environment's is before those of its components.
			page.Environments = append(page.Environments, plotted(m, all, w))
			continue
		}
		last := &page.Environments[len(page.Environments)-1]
		last.Components = append(last.Components, measureOf(m))
	}
	return written("metrics.html", page)
}

func measureOf(m dora.Measure) measure {
	return measure{
		Component: m.Component, PerWeek: fmt.Sprintf("%.1f", m.PerWeek), Lead: dora.Long(m.LeadSeconds), Rate: dora.Share(m.FailRate),
		Recovery: dora.Long(m.RecoverySeconds), Deployments: m.Deployments, Known: m.LeadKnown, Failed: m.Failed,
	}
}

// plotted draws an environment.
func plotted(m dora.Measure, all []dora.Deployment, w dora.Window) measured {
	var of []dora.Deployment
	for _, d := range w.Within(all) {
		if d.Environment == m.Environment {
			of = append(of, d)
		}
	}
	of = dora.Together(of)
	one := measured{Name: m.Environment, All: measureOf(m)}
	one.drawWeeks(of, w)
	one.drawLeads(of, w)
	return one
}

// Where plots begin and how wide they are, in their own units.
const (
	left, right = 32.0, 712.0
	low, high   = 110.0, 20.0
)

// drawWeeks has a bar for each week of the window.
func (m *measured) drawWeeks(of []dora.Deployment, w dora.Window) {
	n := max(1, int(math.Ceil(w.Weeks())))
	m.Weeks = make([]week, n)
	for _, d := range of {
		at := min(n-1, int(d.At.Sub(w.From).Hours()/(7*24)))
		m.Weeks[at].deployments++
		if !d.RolledBack.IsZero() {
			m.Weeks[at].failed++
		}
		m.Most = max(m.Most, m.Weeks[at].deployments)
	}
	each := (right - left) / float64(n)
	for i := range m.Weeks {
		b := &m.Weeks[i]
		begin := w.From.AddDate(0, 0, 7*i)
		unit := (low - high) / float64(max(1, m.Most))
		b.X, b.Width = rounded(left+float64(i)*each+1), rounded(max(1, each-2))
		b.Good, b.Bad = rounded(unit*float64(b.deployments-b.failed)), rounded(unit*float64(b.failed))
		b.GoodY, b.BadY = rounded(low-b.Good), rounded(low-b.Good-b.Bad)
		b.Label = fmt.Sprintf("%d in the week from %s", b.deployments, begin.Format(time.DateOnly))
		if b.failed > 0 {
			b.Label += fmt.Sprintf(", %d rolled back", b.failed)
		}
		if i%max(1, n/6) == 0 && each*float64(n-i) > 64 {
			b.Shown = begin.Format(time.DateOnly)
		}
	}
}

// lengths are those that a scale of lead times names.
var lengths = []struct {
	name    string
	seconds float64
}{{"1 min", 60}, {"10 min", 600}, {"1 h", 3600}, {"6 h", 21600}, {"1 d", 86400}, {"1 week", 604800}, {"4 weeks", 4 * 604800}, {"1 year", 31536000}}

// drawLeads has a dot for each deployment of which the lead time is known.
func (m *measured) drawLeads(of []dora.Deployment, w dora.Window) {
	const begin = 56.0
	least, most := math.Inf(1), 0.0
	for _, d := range of {
		if took, known := d.Lead(); known {
			least, most = min(least, max(1, took.Seconds())), max(most, took.Seconds(), 1)
		}
	}
	if most == 0 {
		return
	}
	// To the next lengths that have a name, so that there is something to read.
	from, to := 1.0, lengths[len(lengths)-1].seconds
	for _, l := range lengths {
		if l.seconds <= least {
			from = l.seconds
		}
	}
	for i := len(lengths) - 1; i >= 0 && lengths[i].seconds >= most; i-- {
		to = lengths[i].seconds
	}
	to = max(to, from*10)
	y := func(seconds float64) float64 {
		share := math.Log(max(seconds, from)/from) / math.Log(to/from)
		return rounded(145 - 130*min(1, share))
	}
	for _, l := range lengths {
		if l.seconds >= from && l.seconds <= to {
			m.Scale = append(m.Scale, scaled{l.name, y(l.seconds), y(l.seconds) + 4})
		}
	}
	for _, d := range of {
		took, known := d.Lead()
		if !known {
			continue
		}
		seconds := took.Seconds()
		dot := lead{Class: "gate", X: rounded(begin + (right-begin)*float64(d.At.Sub(w.From))/float64(w.To.Sub(w.From))), Y: y(seconds)}
		dot.Label = d.At.UTC().Format("2006-01-02 15:04") + ", " + dora.Long(&seconds)
		if !d.RolledBack.IsZero() {
			dot.Class = "is-failed"
			dot.Label += ", rolled back"
		}
		m.Leads = append(m.Leads, dot)
	}
}
