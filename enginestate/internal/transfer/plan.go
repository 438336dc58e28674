package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/image"
	"github.com/pingvas/pingvas-ci/enginestate/internal/kept"
	"github.com/pingvas/pingvas-ci/enginestate/internal/placed"
)

// plan is what of a state is packed, and what images that were restored have of it.
type plan struct {
	before placed.State
	images []int           // of before, that are kept
	old    placed.Contents // what these have of the state
	fresh  []enginedir.Tree
}

// mostImages is how many a state may have: each is a mount of the next run.
const mostImages = 8

// planned keeps the images of which most is of use still, and what they have.
func planned(before placed.State, trees []enginedir.Tree) plan {
	same := before.Unchanged()
	p := plan{before: before, images: useful(before, trees, same)}
	part := map[int]int{} // of images, in the new state
	for at, i := range p.images {
		part[i] = at
		p.old.Whole = append(p.old.Whole, before.Whole[i])
	}
	p.old.Blobs = map[string]placed.Blob{}
	for digest, blob := range before.Blobs {
		if at, kept := part[blob.Part]; kept {
			p.old.Blobs[digest] = placed.Blob{Part: at, Path: blob.Path}
		}
	}
	filled := refilled(before, part)
	for _, tree := range trees {
		old, is := same[tree.Path]
		at, kept := part[old.Part]
		files, whole := filled[tree.Path]
		if !is || !kept || !whole && len(before.FilledOf(tree.Path)) > 0 {
			p.fresh = append(p.fresh, tree)
			continue
		}
		old.Part = at
		p.old.Trees = append(p.old.Trees, old)
		p.old.Filled = append(p.old.Filled, files...)
	}
	return p
}

// useful are the images that are kept: those of which at least half is in the state still;
// the largest alone, where there are too many.
func useful(before placed.State, trees []enginedir.Tree, same map[string]placed.Tree) (images []int) {
	still := make([]int64, len(before.Images))
	for _, tree := range trees {
		if old, is := same[tree.Path]; is {
			still[old.Part] += old.Bytes
		}
	}
	for i := range before.Images {
		if i < len(before.Whole) && still[i] > 0 && still[i]*2 >= before.Whole[i] {
			images = append(images, i)
		}
	}
	if len(images) >= mostImages {
		return []int{slices.MaxFunc(images, func(a, b int) int { return cmp.Compare(still[a], still[b]) })}
	}
	return images
}

// refilled are the files that are filled from images that are kept, by their trees: all of
// a tree, or none.
func refilled(before placed.State, part map[int]int) map[string][]placed.Filled {
	of := map[string][]placed.Filled{}
	gone := map[string]bool{}
	for _, f := range before.Filled {
		f.Parts = slices.Clone(f.Parts)
		for i := range f.Parts {
			at, kept := part[f.Parts[i].Part]
			f.Parts[i].Part = at
			gone[f.Tree] = gone[f.Tree] || !kept
		}
		of[f.Tree] = append(of[f.Tree], f)
	}
	maps.DeleteFunc(of, func(tree string, _ []placed.Filled) bool { return gone[tree] })
	return of
}

// anew packs all.
func anew(trees []enginedir.Tree) plan { return plan{fresh: trees} }

// write makes the new image of a plan.
func (s Saving) write(ctx context.Context, to string, p plan) (payload kept.Payload, err error) {
	work := placed.Work(s.Dir)
	if err := errors.Join(placed.Remove(work), os.MkdirAll(work, 0o700)); err != nil { // A call that was killed has left one.
		return payload, err
	}
	defer func() { err = errors.Join(err, placed.EndWork(s.Dir)) }()
	view, err := image.NewView(ctx, filepath.Join(work, "view"))
	if err != nil {
		return payload, err
	}
	defer func() { err = errors.Join(err, view.Close()) }()
	leftOut, err := s.fill(view, p, work, &payload)
	if err != nil {
		return payload, err
	}
	return payload, image.Write(ctx, to, string(view), leftOut)
}

// fill has in a view what the new image is to have, but for the paths that it returns.
func (s Saving) fill(view image.View, p plan, work string, payload *kept.Payload) (leftOut []string, err error) {
	if err := s.addRest(view, p, payload); err != nil {
		return nil, err
	}
	all, whole := p.old, payload.Unpacked
	found := newSurvey(p, s.Dir)
	for _, tree := range p.old.Trees {
		payload.Unpacked += tree.Bytes
		if tree.Path == enginedir.Content {
			payload.Builtin = p.before.Builtin
		}
	}
	for _, tree := range p.fresh {
		at, err := placed.Own(s.Dir, tree.Path)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(placed.Trees, tree.Path)
		if err := view.Add(at, name); err != nil {
			return nil, err
		}
		var builtin []string
		if tree.Path == enginedir.Content {
			builtin = s.Builtin.within(at)
			for _, blob := range builtin {
				leftOut = append(leftOut, filepath.Join(name, enginedir.Blobs, blob))
			}
			payload.Builtin = builtin
		}
		size, err := found.look(tree, at, builtin)
		if err != nil {
			return nil, err
		}
		payload.Unpacked += size
		all.Trees = append(all.Trees, placed.Tree{Tree: tree, Part: len(p.images), Bytes: size, Plain: found.odd[tree.Path]})
		whole += size
	}
	filled, err := found.holes(view, work)
	if err != nil {
		return nil, err
	}
	all.Filled, all.Blobs, all.Whole = append(all.Filled, filled...), found.blobs, append(all.Whole, whole)
	index, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	return leftOut, addIndex(view, work, index)
}

// addIndex adds the list of what there is. It has an attribute, so that the image has some:
// of one without any no engine can list those of a directory.
func addIndex(view image.View, work string, index []byte) error {
	at := filepath.Join(work, placed.Index)
	if err := os.WriteFile(at, index, 0o600); err != nil {
		return err
	}
	if err := unix.Setxattr(at, "user.enginestate", []byte("y"), 0); err != nil {
		return fmt.Errorf("mark %s: %w", at, err)
	}
	return view.Add(at, placed.Index)
}

// addRest has what is no tree, and is worth to be kept.
func (s Saving) addRest(view image.View, p plan, payload *kept.Payload) error {
	apart, above := map[string]bool{}, map[string]bool{}
	leave := func(path string) {
		apart[path] = true
		for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
			above[dir] = true
		}
	}
	for _, tree := range p.old.Trees {
		leave(tree.Path)
	}
	for _, tree := range p.fresh {
		leave(tree.Path)
	}
	garbage, err := enginedir.Garbage(s.Dir)
	if err != nil {
		return err
	}
	for _, path := range append(garbage, enginedir.Left()...) {
		leave(path)
	}
	omit := func(path string) bool { return apart[path] }
	if err := view.AddSome(s.Dir, placed.Rest, omit, func(path string) bool { return above[path] }); err != nil {
		return err
	}
	payload.Unpacked, err = placed.Bytes(filepath.Join(string(view), placed.Rest))
	return err
}
