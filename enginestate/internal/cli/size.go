package cli

import (
	"fmt"
	"strconv"
	"strings"
)

// byteSize is a number of bytes as the engine writes it: 1500MB, 2GB, 1.5GiB.
type byteSize int64

var units = []struct {
	name string
	size float64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"GB", 1e9}, {"MB", 1e6}}

// Set reads one.
func (s *byteSize) Set(text string) error {
	for _, unit := range units {
		if number, is := strings.CutSuffix(text, unit.name); is {
			value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil || value <= 0 {
				break
			}
			*s = byteSize(value * unit.size)
			return nil
		}
	}
	return fmt.Errorf("%q is no size. Write one such as 2GB, 1500MB or 1.5GiB", text)
}

// String writes one that Set and the engine read.
func (s *byteSize) String() string {
	if *s == 0 {
		return ""
	}
	return fmt.Sprintf("%.3fMB", float64(*s)/1e6)
}

// Type is what a help text calls one.
func (s *byteSize) Type() string { return "size" }
