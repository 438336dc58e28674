// Package coverage judges the coverage of tests by Cobertura's XML.
package coverage

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Report is what a run of tests has covered.
type Report struct {
	// Percent is the share of lines covered, and of branches where they were
	// measured, as the tools' own tables say it.
	Percent float64
	// Files are the files, those least covered first.
	Files []File
}

// File is one file of a report.
type File struct {
	Name    string
	Percent float64
}

// Parse reads Cobertura's XML.
func Parse(text []byte) (Report, error) {
	var doc struct {
		XMLName         xml.Name `xml:"coverage"`
		LinesValid      int      `xml:"lines-valid,attr"`
		LinesCovered    int      `xml:"lines-covered,attr"`
		BranchesValid   int      `xml:"branches-valid,attr"`
		BranchesCovered int      `xml:"branches-covered,attr"`
		Classes         []struct {
			Filename string  `xml:"filename,attr"`
			LineRate float64 `xml:"line-rate,attr"`
		} `xml:"packages>package>classes>class"`
	}
	if err := xml.Unmarshal(text, &doc); err != nil {
		return Report{}, fmt.Errorf("read the coverage: %w. It must be in Cobertura's XML", err)
	}
	report := Report{Percent: 100}
	covered, valid := float64(doc.LinesCovered)+float64(doc.BranchesCovered), float64(doc.LinesValid)+float64(doc.BranchesValid)
	if doc.LinesCovered < 0 || doc.BranchesCovered < 0 || doc.LinesCovered > doc.LinesValid || doc.BranchesCovered > doc.BranchesValid {
		return Report{}, fmt.Errorf("read the coverage: it counts %v of %v lines and branches, which cannot be. Run the tests again", covered, valid)
	}
	if valid > 0 {
		report.Percent = 100 * covered / valid
	}
	for _, class := range doc.Classes {
		if !(class.LineRate >= 0 && class.LineRate <= 1) { // nor is NaN
			return Report{}, fmt.Errorf("read the coverage: of %s, %v of the lines are covered, which cannot be. Run the tests again", class.Filename, class.LineRate)
		}
		report.Files = append(report.Files, File{class.Filename, 100 * class.LineRate})
	}
	slices.SortStableFunc(report.Files, func(a, b File) int { return cmp.Compare(a.Percent, b.Percent) })
	return report, nil
}

// Gate refuses a coverage below the threshold, and names the files to begin
// with.
func (r Report) Gate(threshold float64) error {
	if r.Percent >= threshold {
		return nil
	}
	var least []string
	for _, file := range r.Files[:min(len(r.Files), 5)] {
		if file.Percent < 100 {
			least = append(least, fmt.Sprintf("%s %.1f %%", file.Name, file.Percent))
		}
	}
	return fmt.Errorf("coverage is %.1f %%, below the threshold of %g %%. Least covered: %s. Test them",
		r.Percent, threshold, strings.Join(least, ", "))
}
