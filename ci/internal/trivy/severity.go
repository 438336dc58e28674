package trivy

import (
	"fmt"
	"strings"
)

// Severity orders findings.
type Severity int

// The severities, from the least. Unknown is below all: nobody has rated it.
const (
	Unknown Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = []string{"UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"}

func (s Severity) String() string { return severityNames[s] }

// ParseSeverity reads a severity's name in any case; empty is HIGH, the gate's
// default.
func ParseSeverity(name string) (Severity, error) {
	s := High
	if name == "" {
		return s, nil
	}
	err := s.UnmarshalText([]byte(name))
	return s, err
}

// UnmarshalText reads a severity's name in any case.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severityNames {
		if strings.EqualFold(name, string(text)) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("severity %q is unknown. Name one of %s", text, strings.Join(severityNames, ", "))
}

// MarshalText writes a severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
