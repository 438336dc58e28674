package component

import "path"

// root is the repository itself, where nothing below it is a component.
func (s *searcher) root() error { return s.rootAs(s.where(false)) }

// rootOutside is the repository of a kind that is only outside of others: its
// Dockerfile says that it is one, whatever lies below.
func (s *searcher) rootOutside() error { return s.rootAs(s.where(true)) }

func (s *searcher) rootAs(kinds []Definition) error {
	p, is := s.placeOf(".", kinds)
	if is && s.rules.file == "" && !s.isPlace(".") && (len(s.places) == 0 || p.kind.Traits().Outside) {
		s.add(p)
	}
	return nil
}

// ownRoot is the repository itself, where it is a component whatever lies below it: by
// a Dockerfile, by settings, or by what it builds.
func (s *searcher) ownRoot() error {
	if s.rules.file != "" {
		return nil
	}
	p, is := s.placeOf(".", s.where(false))
	if is && (p.fault != nil || s.says(p) || s.builds(p)) {
		s.add(p)
	}
	return nil
}

// checks are the roots of workspaces that nothing is built in, and that check all of it.
// They come after all others: nothing lies in one.
func (s *searcher) checks() error {
	for _, p := range s.checking {
		if s.isPlace(p.path) || s.rules.refuses(p.path) != "" || s.leave(p) {
			continue
		}
		p.name = "workspace"
		if p.path != "." {
			p.name = path.Base(p.path) + "-workspace"
		}
		s.places = append(s.places, p)
	}
	return nil
}
