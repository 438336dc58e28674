// Faces that touch the world, or do not.
package main

import (
	"bufio"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

func main() {}

type Face struct{}

// +cache="never"
func (f *Face) Said() { f.help() }

// +deprecated="say said"
// +cache="session"
func (f *Face) Old() { publishing.Report{}.Tags() }

// +cache="session"
func (f *Face) Needless() { publishing.Report{}.Tags() }

func (f *Face) Direct()                       { f.help() }
func (f *Face) Callback()                     { _ = (&publishing.Registry{}).Kept() }
func (f *Face) Given()                        { publishing.Run(f.help) }
func (f *Face) Interface(t publishing.Tagger) { t.Tag() }
func (f *Face) Variable()                     { _ = publishing.Each[0]() }
func (f *Face) Generic()                      { publishing.Do((*publishing.Registry).Tag, nil) }
func (f *Face) Foreign()                      { _ = bufio.NewReader(registry.Reader{}) }
func (f *Face) Clock()                        { registry.Age() }
func (f *Face) Started(s *dagger.Service)     { _ = s.Start() }
func (f *Face) Pushed()                       { _ = gitrepo.Update() }
func (f *Face) Fetched()                      { _ = gitrepo.Curl() }
func (f *Face) Tags(t interface{ Tags() })    { t.Tags() }
func (f *Face) Harmless()                     { publishing.Run(registry.Render) }
func (f *Face) Address(s *dagger.Service)     { _, _ = s.Endpoint() }
func (f *Face) Logged()                       { _, _ = gitrepo.Log(), f }
func (f *Face) Parsed()                       { _, _ = gitrepo.Host() }
func (f *Face) help()                         { (&publishing.Registry{}).Tag() }

type hidden struct{}

func (h hidden) Direct() { (&publishing.Registry{}).Tag() }
