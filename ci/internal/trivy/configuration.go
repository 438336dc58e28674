package trivy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// ImageConfiguration is the name under which a report has what is wrong with
// the configuration of the image itself: its user, ports and environment.
const ImageConfiguration = "image-configuration.Dockerfile"

// Misconfiguration is a check that a file did not pass.
type Misconfiguration struct {
	ID            string
	Title         string
	Description   string
	Message       string
	Resolution    string
	Severity      Severity
	PrimaryURL    string
	Status        string
	Layer         Layer
	CauseMetadata struct{ StartLine int }
}

// containerConfig is what an image says of how it is run.
type containerConfig struct {
	User         string
	Env          []string
	Labels       map[string]string
	ExposedPorts map[string]struct{}
	Entrypoint   []string
	Cmd          []string
	Healthcheck  *struct{ Test []string }
}

// ConfigurationOf writes a scanned image's configuration as a Dockerfile.
//
// Trivy reads an image's history as one, and finds nothing where it cannot:
// the history that Dagger writes has no Dockerfile's instructions. What the
// image is run with is in its configuration in any case.
//
// Variables and ports that the base has as well are left out: they are the
// base's. How the image is run is the component's, also where it leaves that to
// its base: as which user, by which command, with which check of its health. The
// environment's values are left out: its names say enough.
func ConfigurationOf(report Report, base Base) []byte {
	c := report.Metadata.ImageConfig.Config
	lines := []string{"FROM scratch"}
	for _, variable := range c.Env {
		if name, _, _ := strings.Cut(variable, "="); name != "" && !slices.Contains(base.config.Env, variable) {
			lines = append(lines, "ENV "+word(name)+`="set"`)
		}
	}
	for _, port := range slices.Sorted(maps.Keys(c.ExposedPorts)) {
		if _, inherited := base.config.ExposedPorts[port]; port != "" && !inherited {
			lines = append(lines, "EXPOSE "+word(port))
		}
	}
	if c.Healthcheck != nil && len(c.Healthcheck.Test) > 1 {
		lines = append(lines, "HEALTHCHECK CMD "+words(c.Healthcheck.Test[1:]))
	}
	if c.User != "" {
		lines = append(lines, "USER "+word(c.User))
	}
	if len(c.Entrypoint) > 0 {
		lines = append(lines, "ENTRYPOINT "+words(c.Entrypoint))
	}
	if len(c.Cmd) > 0 {
		lines = append(lines, "CMD "+words(c.Cmd))
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// word keeps what an image says to one word of one line: what it says of its user
// must not end in an instruction about another.
func word(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '\\' {
			return '_'
		}
		return r
	}, text)
}

// words writes a command in the form that no shell reads.
func words(command []string) string {
	text, _ := json.Marshal(command) // Strings can always be written.
	return string(text)
}

// Merge adds to an image's report the results of others, and what the scan found
// out by itself. Everything else stays as Trivy wrote it.
func Merge(image []byte, scanned Scanned, others ...[]byte) ([]byte, error) {
	var into map[string]json.RawMessage
	if err := json.Unmarshal(image, &into); err != nil {
		return nil, fmt.Errorf("read Trivy's report: %w. Scan with --format json", err)
	}
	results := []json.RawMessage{}
	for _, raw := range slices.Concat([][]byte{image}, others) {
		var more struct{ Results []json.RawMessage }
		if err := json.Unmarshal(raw, &more); err != nil {
			return nil, fmt.Errorf("read Trivy's report: %w. Scan with --format json", err)
		}
		results = append(results, more.Results...)
	}
	scanned.Notes = append([]string{}, scanned.Notes...)
	var err error
	if into["Results"], err = json.Marshal(results); err != nil {
		return nil, err
	}
	if into["PingvasCI"], err = json.Marshal(scanned); err != nil {
		return nil, err
	}
	return json.MarshalIndent(into, "", "  ")
}

// checked tells whether the image's configuration was looked at: of a file
// that it cannot read, Trivy says nothing at all.
func checked(report Report) bool {
	return slices.ContainsFunc(report.Results, func(r Result) bool {
		return r.Class == classConfig && r.Target == ImageConfiguration &&
			r.MisconfSummary != nil && r.MisconfSummary.Successes+r.MisconfSummary.Failures > 0
	})
}
