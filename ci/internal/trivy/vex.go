package trivy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// VEX is what is read of an OpenVEX document: statements of a product's makers
// on whether it is affected by known vulnerabilities. Trivy is given the
// document, with all else that is in it.
type VEX struct {
	Context    string      `json:"@context"`
	Author     string      `json:"author"`
	Statements []Statement `json:"statements"`

	text []byte
}

// Statement says what a vulnerability is to some products.
type Statement struct {
	Vulnerability struct {
		Name string `json:"name"`
	} `json:"vulnerability"`
	Products      []Product `json:"products"`
	Status        string    `json:"status"`
	Justification string    `json:"justification"`
}

// Product is a package, or an image with packages in it.
type Product struct {
	ID            string    `json:"@id"`
	Subcomponents []Product `json:"subcomponents"`
}

var (
	vexStatuses       = []string{"not_affected", "affected", "fixed", "under_investigation"}
	vexJustifications = []string{
		"component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path",
		"vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist",
	}
)

// ParseVEX reads an OpenVEX document, and says all that is wrong with it. The
// file's name is for messages.
func ParseVEX(file string, raw []byte) (VEX, error) {
	v := VEX{text: raw}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&v); err != nil {
		return v, fmt.Errorf("read the VEX document %s: %w. Write OpenVEX in JSON", file, err)
	}
	if !strings.HasPrefix(v.Context, "https://openvex.dev/ns") {
		return v, fmt.Errorf("%s is no OpenVEX document: its @context is %q. Write https://openvex.dev/ns/v0.2.0", file, v.Context)
	}
	var failures []error
	if v.Author == "" {
		failures = append(failures, fmt.Errorf("%s has no author. Say who vouches for it", file))
	}
	if len(v.Statements) == 0 {
		failures = append(failures, fmt.Errorf("%s has no statements. Add one, or leave the document out", file))
	}
	for i, s := range v.Statements {
		for _, problem := range s.problems() {
			failures = append(failures, fmt.Errorf("%s: statement %d (%s) %s", file, i+1, s.Vulnerability.Name, problem))
		}
	}
	return v, errors.Join(failures...)
}

func (s Statement) problems() (found []string) {
	if s.Vulnerability.Name == "" {
		found = append(found, "names no vulnerability. Add vulnerability.name")
	}
	if len(s.Products) == 0 || slices.ContainsFunc(s.Products, func(p Product) bool { return !strings.HasPrefix(p.ID, "pkg:") }) {
		found = append(found, "has no products by package URL. Name one such as pkg:pypi/starlette@0.36.0, or pkg:oci/user-service with subcomponents")
	}
	if slices.ContainsFunc(s.Products, func(p Product) bool { return image(p) != "" && len(p.Subcomponents) == 0 }) {
		found = append(found, "is for a whole image. Name the packages in it as its subcomponents")
	}
	if !slices.Contains(vexStatuses, s.Status) {
		found = append(found, fmt.Sprintf("has the status %q. Write one of %s", s.Status, strings.Join(vexStatuses, ", ")))
	}
	if s.Status == "not_affected" && !slices.Contains(vexJustifications, s.Justification) {
		found = append(found, fmt.Sprintf("has the justification %q. Write one of %s", s.Justification, strings.Join(vexJustifications, ", ")))
	}
	return found
}

// image is the name of the image that a product is, if it is one.
func image(p Product) string {
	name, is := strings.CutPrefix(p.ID, "pkg:oci/")
	if !is {
		return ""
	}
	return strings.FieldsFunc(name+"@", func(r rune) bool { return r == '@' || r == '?' })[0]
}

// For is the document as it holds for a component: with the statements on
// packages wherever they are, and on packages in its image.
func (v VEX) For(component string) VEX {
	of := VEX{Context: v.Context, Author: v.Author, text: v.named(component)}
	for _, s := range v.Statements {
		var packages []Product
		for _, p := range s.Products {
			switch image(p) {
			case "":
				packages = append(packages, p)
			case component:
				packages = append(packages, p.Subcomponents...)
			}
		}
		if len(packages) > 0 {
			s.Products = packages
			of.Statements = append(of.Statements, s)
		}
	}
	return of
}

// Text is the document.
func (v VEX) Text() string { return string(v.text) }

// named is the document as Trivy understands it. It knows an image that is not
// pushed yet by no name, so the packages in the component's stand in its place.
// Nothing else is touched: the statements on other images say nothing to Trivy.
func (v VEX) named(component string) []byte {
	const products = ".statements[].products[]"
	var named []byte
	var inside span
	copied := 0
	nested(json.NewDecoder(bytes.NewReader(v.text)), "", func(path string, at span) {
		var p Product
		switch {
		case path == products+".subcomponents":
			inside = span{at.from + 1, at.to - 1}
		case path == products && json.Unmarshal(at.of(v.text), &p) == nil && image(p) != "" && image(p) == component:
			named = append(named, v.text[copied:at.from]...)
			named = append(named, bytes.TrimSpace(inside.of(v.text))...)
			copied = at.to
		}
	})
	return append(named, v.text[copied:]...)
}

// span is a part of a text.
type span struct{ from, to int }

func (s span) of(text []byte) []byte { return text[s.from:s.to] }

// nested finds the objects and lists of a JSON text, the inner ones first. The
// text has been read before, so that there is no error to tell of.
func nested(d *json.Decoder, path string, found func(path string, at span)) {
	token, _ := d.Token()
	opened, is := token.(json.Delim)
	if !is {
		return
	}
	from := int(d.InputOffset()) - 1
	for d.More() {
		inner := path + "[]"
		if opened == '{' {
			key, _ := d.Token()
			inner = fmt.Sprintf("%s.%v", path, key)
		}
		nested(d, inner, found)
	}
	_, _ = d.Token() // what closes it
	found(path, span{from, int(d.InputOffset())})
}

// Suppressed is a vulnerability that a statement says to do no harm.
type Suppressed struct {
	Status        string
	Justification string `json:"Statement"`
	Finding       Vulnerability
}

func (s Suppressed) String() string {
	return fmt.Sprintf("suppressed by VEX: %s in %s %s: %s", s.Finding.VulnerabilityID, s.Finding.PkgName, s.Finding.InstalledVersion, s.reason())
}

// reason is the statement's status, and its justification where it has one.
func (s Suppressed) reason() string {
	if s.Justification == "" {
		return s.Status
	}
	return s.Status + ": " + s.Justification
}

// SuppressedOf lists what statements keep from being findings.
func SuppressedOf(report Report) []Suppressed {
	var all []Suppressed
	for _, r := range report.Results {
		all = append(all, r.ExperimentalModifiedFindings...)
	}
	return all
}

// Idle lists the statements that suppressed nothing, though they would.
func (v VEX) Idle(report Report) []string {
	var idle []string
	used := map[string]bool{}
	for _, s := range SuppressedOf(report) {
		used[s.Finding.VulnerabilityID] = true
	}
	for _, s := range v.Statements {
		if (s.Status == "not_affected" || s.Status == "fixed") && !used[s.Vulnerability.Name] {
			idle = append(idle, fmt.Sprintf("the VEX statement on %s (%s) matches nothing in the image. See its products, or remove it", s.Vulnerability.Name, s.Products[0].ID))
		}
	}
	return idle
}
