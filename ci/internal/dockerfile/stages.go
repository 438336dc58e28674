package dockerfile

import (
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Stages are what a target may be called, in the file's order: the stages' names,
// or the numbers of those that have none.
func (f *File) Stages() ([]string, error) {
	e, err := f.evaluate(Build{})
	if err != nil {
		return nil, err
	}
	return e.stageNames(), nil
}

// Port is the first port that the built stage exposes, by TCP; 0 for none.
func (f *File) Port(b Build) (int, error) {
	stages, err := f.needed(b)
	if err != nil {
		return 0, err
	}
	for _, exposed := range stages[len(stages)-1].ports {
		number, protocol, _ := strings.Cut(exposed, "/")
		port, err := strconv.Atoi(number)
		if err == nil && port > 0 && port < 1<<16 && (protocol == "" || strings.EqualFold(protocol, "tcp")) {
			return port, nil
		}
	}
	return 0, nil
}

// Copies are the lines of COPY and ADD of which the built stage has layers, the lowest
// first, and each as often as it has sources.
func (f *File) Copies(b Build) ([]string, error) {
	stages, err := f.needed(b)
	if err != nil {
		return nil, err
	}
	return stages[len(stages)-1].copies, nil
}

// FromScratch tells whether the built stage begins with nothing: no distribution
// is in what it makes, unless it copies one.
func (f *File) FromScratch(b Build) (bool, error) {
	stages, err := f.needed(b)
	if err != nil {
		return false, err
	}
	return stages[len(stages)-1].scratch, nil
}

// Base is the image that the built stage begins with, over all the stages that it
// builds on; false where that is nothing, or nobody knows which.
func (f *File) Base(b Build) (Image, bool, error) {
	stages, err := f.needed(b)
	if err != nil {
		return Image{}, false, err
	}
	base := stages[len(stages)-1].base
	if base == nil {
		return Image{}, false, nil
	}
	return *base, true, nil
}

// exposes notes the ports of EXPOSE.
func (s *stage) exposes(c *instructions.ExposeCommand) error {
	for _, port := range c.Ports {
		expanded, err := s.env.expand(port)
		if err != nil {
			return err
		}
		s.ports = append(s.ports, strings.Fields(expanded)...)
	}
	return nil
}
