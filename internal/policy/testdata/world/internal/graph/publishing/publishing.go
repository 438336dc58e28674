// Package publishing leads to a server in many ways.
package publishing

import "github.com/pingvas/pingvas-ci/ci/internal/registry"

type Registry struct{}

func (*Registry) Tag()         { _ = registry.Tag() }
func (*Registry) Kept() func() { return func() { _ = registry.Tag() } }

type Tagger interface{ Tag() }

var Each = []func() error{registry.Tag}

type Report struct{}

// Tags is harmless, whatever it is called.
func (Report) Tags() { registry.Render() }

func Do[T any](what func(T), to T) { what(to) }

// Run runs what it is given, which says nothing of who gives it something else.
func Run(what func()) { what() }
