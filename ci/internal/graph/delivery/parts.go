package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// A delivery can be done by several runners: each publishes its part and leaves a
// record of it, and one last call commits what all of the records say. One runner
// is the same with one part, of which nothing is written down.

// part is the components of a plan that this call works on.
func (c Caller) part(r Request, plan []affected.Affected) ([]affected.Affected, error) {
	plan = affected.Only(plan, r.Only)
	if r.Shard == "" || len(r.Only) > 0 {
		return plan, nil
	}
	_, count, err := affected.ParseShard(r.Shard)
	if err != nil {
		return nil, err
	}
	for _, shard := range c.Shards(plan, count, r.Times) {
		if shard.Shard == r.Shard {
			return affected.Only(plan, shard.Components), nil
		}
	}
	return nil, nil
}

// waiting are the components that --only leaves for another run.
func waiting(r Request, plan []affected.Affected) (names []string) {
	for _, a := range plan {
		if len(r.Only) > 0 && !slices.Contains(r.Only, a.Component.Name) {
			names = append(names, a.Component.Name)
		}
	}
	return names
}

// Shards deals a plan out, by how long its components took or by their kinds.
func (c Caller) Shards(plan []affected.Affected, count int, times map[string]float64) []affected.Shard {
	return affected.Deal(plan, count, record.Cost(times, c.Seconds))
}

// check refuses what does not go together, before anything is done.
func (c Caller) check(ctx context.Context, r Request) error {
	if r.Shard != "" {
		if _, _, err := affected.ParseShard(r.Shard); err != nil {
			return err
		}
	}
	switch {
	case r.Shard != "" && len(r.Records) > 0:
		return errors.New("a call publishes one shard, or commits what the records of all say. Leave out --shard or --records")
	case r.Shard != "" && r.DryRun:
		return errors.New("a dry run shows a whole delivery. Leave out --shard or --dry-run")
	case (r.Shard != "" || len(r.Records) > 0) && len(c.Targets) == 0:
		return errors.New("shards publish to a registry that all of them reach. Name it with with-registry --address")
	}
	found, err := c.Source.Components(ctx)
	if err != nil {
		return err
	}
	for _, name := range r.Only {
		if !slices.ContainsFunc(component.Delivered(found), named(name)) {
			return fmt.Errorf("there is no component %q to deliver. `components` lists them", name)
		}
	}
	return nil
}

// target is the delivery that records of parts are of.
func (c Caller) target(r Request) record.Target {
	t := record.Target{Environment: r.Environment, Commit: r.Commit, Gitops: c.Gitops.URL}
	for _, registry := range c.Targets {
		t.Registries = append(t.Registries, registry.Address)
	}
	return t
}

// leave writes the record of a part down.
func (d *publication) leave(ctx context.Context, published []*record.Image) ([]byte, error) {
	return d.signer.SignPart(ctx, record.Part{
		Target: d.target(d.request), Shard: d.request.Shard, Time: time.Now().UTC(), Images: published, Inputs: d.inputs, Steps: d.steps.Done(),
	})
}

// collect takes what the records say of the planned components: all that is
// planned must be in one of them, and in the registries as they say.
func (d *publication) collect(ctx context.Context, projects []kinds.Project, result *Result) ([]*record.Image, error) {
	parts, err := d.parts(ctx)
	if err != nil {
		return nil, err
	}
	images, inputs, err := record.Parts(parts)
	if err != nil {
		return nil, err
	}
	result.Shards = record.StepsOf(parts)
	again := d.scansAgain(parts)
	if again != "" {
		result.Notes = append(result.Notes, again)
	}
	published := make([]*record.Image, len(projects))
	var missing []string
	var jobs []ground.Job
	for i, p := range projects {
		if published[i] = images[p.Spec.Name]; published[i] == nil {
			missing = append(missing, p.Spec.Name)
			continue
		}
		d.inputs[p.Spec.Name] = inputs[p.Spec.Name]
		delete(images, p.Spec.Name)
		jobs = append(jobs, func(ctx context.Context) error { return d.confirmed(ctx, p, published[i], again != "") })
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no record has %s: a shard failed, or was dealt from another plan. Run deliver --shard or --only for what is missing, and give all the records",
			strings.Join(missing, ", "))
	}
	for name := range images {
		why := "nothing is to be delivered of it any more"
		if slices.Contains(result.waiting, name) {
			why = "--only leaves it out"
		}
		result.Notes = append(result.Notes, fmt.Sprintf("%s is published, and not committed: %s", name, why))
	}
	slices.Sort(result.Notes)
	return published, d.steps.All(ctx, jobs)
}

// scansAgain says why recorded images are scanned again; empty where the records are
// believed. An image that anybody could have pushed has passed no gate that is known
// of, and an old record's has not passed today's.
func (d *publication) scansAgain(parts []record.Part) (why string) {
	exclusive := !slices.ContainsFunc(d.registries, func(r *publishing.Registry) bool { return !r.Exclusive })
	switch {
	case d.signer == nil && !exclusive:
		return "the records are not signed, and others may push to the registry: what they say of images was looked up there, and the images were scanned again"
	case record.Stale(parts, time.Now()):
		return "a record is older than a day: the images were scanned again"
	}
	return ""
}

// confirmed looks a recorded image up, and scans it again where that is wanted.
func (d *publication) confirmed(ctx context.Context, p kinds.Project, image *record.Image, again bool) error {
	c := &candidate{Project: p, scans: make(scanning.Scans, len(p.Spec.Settings.Platforms))}
	err := d.steps.Do(ctx, p.Spec.Name, "confirm", func(ctx context.Context) (_ string, err error) {
		c.kept, err = d.confirm(ctx, p, image)
		return image.Digest, err
	})
	if err != nil || !again {
		return err
	}
	for i, platform := range p.Spec.Settings.Platforms {
		if c.scans[i], err = d.variant(ctx, c, platform); err != nil {
			return err
		}
	}
	image.Scan, image.Worst = c.scans[0].Summary, c.scans[0].Worst
	return nil
}

// parts reads every record, and says of each that is not believed why.
func (d *publication) parts(ctx context.Context) (parts []record.Part, err error) {
	var failures []error
	for _, r := range d.request.Records {
		part, err := d.signer.ReadPart(ctx, r.Text, d.target(d.request))
		if err != nil {
			failures = append(failures, fmt.Errorf("the record %s is refused: %w", r.Name, err))
			continue
		}
		parts = append(parts, part)
	}
	return parts, errors.Join(failures...)
}

// confirm looks a recorded image up: it is there, for the component's platforms,
// of these very files, and signed where the call signs.
func (d *publication) confirm(ctx context.Context, p kinds.Project, image *record.Image) (*publishing.Kept, error) {
	claim, err := d.claim(ctx, p)
	if err != nil {
		return nil, err
	}
	if made := source.Content(claim.Labels); d.inputs[p.Spec.Name] != made {
		return nil, fmt.Errorf("the record of %s is of other files than this source has", p.Spec.Name)
	}
	return publishing.Confirm(ctx, d.registries, image, claim)
}

// claim is what must hold of an image that an earlier run, or another runner,
// published of a component.
func (d *publication) claim(ctx context.Context, p kinds.Project) (notary.Claim, error) {
	claim := notary.Claim{
		Tag: d.request.Commit + p.Spec.TagSuffix, Component: p.Spec.Name, Commit: d.request.Commit, Platforms: p.Spec.Settings.Platforms,
	}
	var err error
	if claim.Labels, err = p.Source.Labels(ctx, p.Spec, d.request.Commit); err != nil {
		return claim, err
	}
	claim.By, err = d.signer.Verifier(ctx)
	return claim, err
}

// ReadRecords reads the files that shards left, also those in directories, as an
// artifact each makes.
func ReadRecords(ctx context.Context, directory *dagger.Directory) ([]Record, error) {
	if directory == nil {
		return nil, nil
	}
	found, err := directory.Glob(ctx, "**/*.json")
	if err != nil {
		return nil, fmt.Errorf("look for the shards' records: %w", err)
	}
	if len(found) == 0 {
		return nil, errors.New("there is no record of a shard: no .json file in the directory. Export each shard's record to a file of its own in it")
	}
	var records []Record
	for _, name := range found {
		text, err := directory.File(name).Contents(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the record %s: %w", name, err)
		}
		records = append(records, Record{Name: name, Text: []byte(text)})
	}
	return records, nil
}

// ReadTimes reads how long components took in an earlier delivery; nil where none
// is known.
func ReadTimes(ctx context.Context, delivery *dagger.File) (map[string]float64, error) {
	if delivery == nil {
		return nil, nil
	}
	text, err := delivery.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the times of an earlier delivery: %w", err)
	}
	times, err := record.Times([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("read the times of an earlier delivery: %w", err)
	}
	return times, nil
}
