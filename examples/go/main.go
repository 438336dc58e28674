// StudioDelivery shows how a module of yours builds on pingvas-ci: it gives the
// pipeline your repository, and adds what only you know: a gate of your own before a
// delivery, and a step of your own after it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dagger/studio-delivery/internal/dagger"
)

// StudioDelivery delivers one application repository.
type StudioDelivery struct {
	// +private
	Source *dagger.Directory
	// +private
	ImageLock *dagger.File
}

// New takes the repository. A module that is imported cannot know its
// caller's, so it is always given.
func New(
	source *dagger.Directory,
	// +optional
	imageLock *dagger.File,
) *StudioDelivery {
	return &StudioDelivery{Source: source, ImageLock: imageLock}
}

// Nightly checks every component and delivers to dev what dev does not run.
// +cache="never"
func (m *StudioDelivery) Nightly(ctx context.Context) (string, error) {
	if err := m.pipeline().Check(ctx); err != nil {
		return "", fmt.Errorf("nightly: %w", err)
	}
	return m.pipeline().Deliver(dagger.PingvasCiDeliverOpts{Environment: "dev"}).Report(ctx)
}

// Owners is a gate of our own: each component has an owner in CODEOWNERS.
//
// It asks the pipeline which components there are, so that both mean the same by it.
// +check
func (m *StudioDelivery) Owners(ctx context.Context) error {
	text, err := m.Source.File("CODEOWNERS").Contents(ctx)
	if err != nil {
		return fmt.Errorf("owners: %w. Write CODEOWNERS with a line for each component", err)
	}
	plan, err := planned(ctx, m.pipeline())
	if err != nil {
		return err
	}
	var failures []error
	for _, c := range plan {
		if !strings.Contains("\n"+text, "\n/"+c.Path+"/ @") {
			failures = append(failures, fmt.Errorf("%s owners: nobody answers for %s. Add a line to CODEOWNERS: /%s/ @TEAM", c.Name, c.Path, c.Path))
		}
	}
	return errors.Join(failures...)
}

// Ship delivers to dev, after our gate and before our step: each Python service that
// was delivered is started once, and asked for its health.
// +cache="never"
func (m *StudioDelivery) Ship(ctx context.Context) (string, error) {
	if err := m.Owners(ctx); err != nil {
		return "", fmt.Errorf("nothing was delivered:\n%w", err)
	}
	// One question: another one would be another delivery.
	text, err := m.pipeline().Deliver(dagger.PingvasCiDeliverOpts{Environment: "dev"}).JSON(ctx)
	if err != nil {
		return "", err
	}
	var delivered struct {
		Affected   []component
		Components []struct{ Component, Digest string }
	}
	if err := json.Unmarshal([]byte(text), &delivered); err != nil {
		return "", err
	}
	var said strings.Builder
	for _, c := range delivered.Components {
		fmt.Fprintf(&said, "%s is delivered as %s\n", c.Component, c.Digest)
	}
	for _, c := range delivered.Affected {
		if c.Kind != "python" {
			continue
		}
		if err := m.healthy(ctx, c.Name); err != nil {
			return said.String(), err
		}
		fmt.Fprintf(&said, "%s is healthy\n", c.Name)
	}
	return said.String(), nil
}

// component is one of a plan.
type component struct{ Name, Kind, Path string }

// planned are the components that there are.
func planned(ctx context.Context, pipeline *dagger.PingvasCi) (plan []component, err error) {
	text, err := pipeline.Plan().JSON(ctx)
	if err != nil {
		return nil, err
	}
	return plan, json.Unmarshal([]byte(text), &plan)
}

// healthy starts a service's image, and asks it as a probe would.
func (m *StudioDelivery) healthy(ctx context.Context, name string) error {
	here, err := dag.DefaultPlatform(ctx) // The one to deliver for may be another.
	if err != nil {
		return err
	}
	image := m.pipeline().Service(name).Image(dagger.PingvasCiPythonServiceImageOpts{Platform: here})
	service, err := image.AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true}).Start(ctx)
	if err != nil {
		return fmt.Errorf("%s: it does not start: %w", name, err)
	}
	defer func() { _, _ = service.Stop(ctx) }()
	address, err := service.Endpoint(ctx, dagger.ServiceEndpointOpts{Scheme: "http"})
	if err != nil {
		return fmt.Errorf("%s: it listens nowhere: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s: it gives no answer: %w", name, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: /healthz answers %s", name, response.Status)
	}
	return nil
}

func (m *StudioDelivery) pipeline() *dagger.PingvasCi {
	return dag.PingvasCi(dagger.PingvasCiOpts{Source: m.Source, ImageLock: m.ImageLock})
}
