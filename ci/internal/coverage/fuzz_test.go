package coverage_test

import (
	"encoding/xml"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/coverage"
)

// FuzzParse checks that a report is a share of what there is, and passes only with
// the lines and branches that it counts itself.
func FuzzParse(f *testing.F) {
	f.Add([]byte(report), 75.0)
	for _, text := range []string{
		`<coverage lines-valid="0" lines-covered="0"/>`, `<coverage lines-valid="-1" lines-covered="1"/>`, `<coverage lines-valid="1" lines-covered="9"/>`,
		`<coverage><packages><package><classes><class filename="a&#x202e;" line-rate="NaN"/></classes></package></packages></coverage>`,
	} {
		f.Add([]byte(text), 100.0)
	}
	f.Fuzz(func(t *testing.T, text []byte, threshold float64) {
		report, err := coverage.Parse(text)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, report.Percent, 0.0)
		require.LessOrEqual(t, report.Percent, 100.0)
		for _, file := range report.Files {
			require.GreaterOrEqual(t, file.Percent, 0.0)
			require.LessOrEqual(t, file.Percent, 100.0)
		}
		if !(threshold > 0 && threshold <= 100) || report.Gate(threshold) != nil {
			return
		}
		var counted struct {
			Attributes []xml.Attr `xml:",any,attr"`
		}
		require.NoError(t, xml.Unmarshal(text, &counted))
		of := map[string]float64{}
		for _, a := range counted.Attributes {
			of[a.Name.Local], _ = strconv.ParseFloat(strings.TrimSpace(a.Value), 64)
		}
		valid, covered := of["lines-valid"]+of["branches-valid"], of["lines-covered"]+of["branches-covered"]
		require.GreaterOrEqual(t, covered*100+1e-6*valid, threshold*valid)
	})
}
