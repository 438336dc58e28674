// Package junit reads the reports that test runners write in JUnit's XML.
package junit

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Ran counts the tests of a report that ran; one that was skipped did not.
func Ran(report string) (int, error) {
	decoder := xml.NewDecoder(strings.NewReader(report))
	ran := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return ran, nil
		}
		if err != nil {
			return 0, fmt.Errorf("read the tests' report: %w. Have the runner write JUnit's XML", err)
		}
		switch element, starts := token.(xml.StartElement); {
		case !starts:
		case element.Name.Local == "testcase":
			ran++
		case element.Name.Local == "skipped":
			ran--
		}
	}
}
