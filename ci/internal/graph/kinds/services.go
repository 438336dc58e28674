package kinds

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// WithTestServices has the services that the component's tests need run, and be reached
// by their names, once they are ready. They are the component's alone: two that name
// the same database have one each. Lasting are services of which one command leaves
// what the next one finds, so that no command's result stands for its having run.
func (p Project) WithTestServices(ctx context.Context, tests *dagger.Container, lasting bool) (*dagger.Container, error) {
	if len(p.Spec.Services) == 0 {
		return tests, nil
	}
	if err := p.committedServices(ctx); err != nil {
		if len(p.Spec.Settings.TestServices) > 0 {
			return nil, err
		}
		fmt.Printf("· %s: the tests run without the services that their pipeline has beside them: %s\n", p.Spec.Name, plain.Line(err.Error()))
		return p.withLocal(tests, nil), nil
	}
	table, err := p.agreed(ctx)
	if err != nil {
		return nil, err
	}
	of := p.Spec.Name
	if lasting {
		of += "/" + rand.Text()
	}
	running, local := map[string]*dagger.Service{}, ports{}
	for _, s := range p.Spec.Services {
		p.sayOfService(s, table)
		service, listens, err := p.testService(ctx, s, of, table, running)
		if err != nil && ctx.Err() == nil && len(p.Spec.Settings.TestServices) == 0 {
			p.sayWithout(s, err)
			continue // Nobody has said that they need it.
		}
		if err != nil {
			return nil, err
		}
		running[s.Name] = service
		tests = bound(tests, s, service)
		local.lead(p.Spec.Name, s, listens)
	}
	return p.withLocal(tests, local), nil
}

// sayWithout says of a service of the pipeline that the tests do without it, and why.
func (p Project) sayWithout(s compose.Service, err error) {
	why := "it is not ready"
	if _, is := errors.AsType[unpulledError](err); is {
		why = "its image cannot be pulled"
	}
	fmt.Printf("· %s: the tests run without the service %s, which %s has beside them: %s (%s)\n", p.Spec.Name, s.Name, strings.Join(s.Files, ", "), why, plain.Line(plain.Error(err).Error()))
}

// bound reaches a service by all of its names.
func bound(c *dagger.Container, s compose.Service, service *dagger.Service) *dagger.Container {
	for _, name := range append([]string{s.Name}, s.Aliases...) {
		c = c.WithServiceBinding(name, service)
	}
	return c
}

// committedServices refuses what a clean clone does not have: a person's own .env may
// say anything, and may be secret.
func (p Project) committedServices(ctx context.Context) error {
	var files []string
	for _, s := range p.Spec.Services {
		files = append(files, slices.DeleteFunc(slices.Clone(s.Files), compose.OfPipeline)...)
	}
	left, err := p.Source.NotCommitted(ctx, files)
	if err != nil || len(left) == 0 {
		return err
	}
	return fmt.Errorf("the services of its tests are read from %s, which is not committed: a clean clone has none. "+
		"Commit it, or name a committed file with the same variables in %s, and take this one out of the source", strings.Join(left, ", "), p.Spec.Setting("envFile"))
}

// sayOfService says what of a service is passed over, and that nothing pins it.
func (p Project) sayOfService(s compose.Service, table images.Table) {
	for _, said := range s.Said {
		fmt.Printf("· %s: service %s: %s\n", p.Spec.Name, s.Name, plain.Line(said))
	}
	if image := serviceImage(s, table); !strings.Contains(image, "@") {
		fmt.Printf("· %s: service %s: nothing pins its image %s. Write its digest after it, or name it in the image lock\n", p.Spec.Name, s.Name, plain.Line(image))
	}
}

// serviceImage is the reference of a service's image, by the table or the image lock
// where they know it.
func serviceImage(s compose.Service, table images.Table) string {
	name, _, _ := strings.Cut(s.Image, "@")
	reference, known := table.Lookup(name)
	if !known {
		return s.Image
	}
	return reference
}

// unpinnedServices are the images of the component's test services that have no digest.
func (p Project) unpinnedServices(ctx context.Context) (all []string, err error) {
	if len(p.Spec.Services) == 0 {
		return nil, nil
	}
	table, err := p.agreed(ctx)
	for _, s := range p.Spec.Services {
		if image := serviceImage(s, table); !strings.Contains(image, "@") {
			all = append(all, image)
		}
	}
	return all, err
}

// unpulledError is why the image of a service is not to be had.
type unpulledError struct{ error }

func (e unpulledError) Unwrap() error { return e.error }

// pulledService is a service's image, and its reference. In place of a pipeline's that is
// not to be had another version stands that the image lock has, with a word: the tests
// would have none else.
func (p Project) pulledService(ctx context.Context, s compose.Service, table images.Table) (*dagger.Container, string, error) {
	image := serviceImage(s, table)
	pulled, err := Pulled(image, "").Sync(ctx)
	if err == nil {
		return pulled, image, nil
	}
	refused := unpulledError{fmt.Errorf("service %s of the tests: %w", s.Name, err)}
	instead, is := table.Instead(s.Image)
	if !is || ctx.Err() != nil || len(p.Spec.Settings.TestServices) > 0 {
		return nil, image, refused
	}
	if pulled, err = Pulled(instead.Reference, "").Sync(ctx); err != nil {
		return nil, image, refused
	}
	fmt.Printf("· %s: the tests run beside %s in place of %s, which %s has beside them: that cannot be pulled. Name it in the image lock, or another one by %s\n",
		p.Spec.Name, instead.Name, plain.Line(s.Image), strings.Join(s.Files, ", "), p.Spec.Setting("testServices"))
	return pulled, instead.Reference, nil
}

// testService starts a service, waits until it is ready, and returns its ports. It is
// somebody else's program, of the trust of the checks: it gets what the repository says,
// and nothing that the caller gave.
func (p Project) testService(ctx context.Context, s compose.Service, of string, table images.Table, running map[string]*dagger.Service) (*dagger.Service, []int, error) {
	pulled, image, err := p.pulledService(ctx, s, table)
	if err != nil {
		return nil, nil, err
	}
	// The label makes it another one for each component.
	c := ground.WithVariables(pulled, s.Environment).WithLabel("io.github.pingvas.pingvas-ci.tests", of)
	for _, name := range s.Needs {
		if running[name] == nil {
			continue // The tests run without it.
		}
		needed := slices.IndexFunc(p.Spec.Services, func(other compose.Service) bool { return other.Name == name })
		c = bound(c, p.Spec.Services[needed], running[name])
	}
	for _, mount := range s.Mounts {
		if mount.Directory {
			c = c.WithDirectory(mount.Target, p.Source.Directory.Directory(mount.Source))
			continue
		}
		c = c.WithFile(mount.Target, p.Source.Directory.File(mount.Source))
	}
	for _, at := range s.Tmpfs {
		at, _, _ = strings.Cut(at, ":")
		c = c.WithMountedTemp(at)
	}
	if s.User != "" {
		c = c.WithUser(s.User)
	}
	if s.Directory != "" {
		c = c.WithWorkdir(s.Directory)
	}
	if s.Entrypoint != nil {
		c = c.WithEntrypoint(s.Entrypoint)
	}
	if s.Command != nil {
		c = c.WithDefaultArgs(s.Command)
	}
	c, ports, err := p.awaited(ctx, c, s, pulled)
	if err != nil {
		return nil, nil, err
	}
	waiting, done := context.WithTimeout(ctx, s.Health.Patience())
	defer done()
	service, err := c.AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true}).Start(waiting)
	if err != nil {
		return nil, nil, neverReady(ctx, c, s, image, err)
	}
	return service, ports, listening(ctx, s.Name, service, ports)
}

// awaited is a service that says when it is ready: by its test, as often as once a
// second, or by listening on the ports that the file names, else on the first one of
// its image.
func (p Project) awaited(ctx context.Context, c *dagger.Container, s compose.Service, image *dagger.Container) (*dagger.Container, []int, error) {
	ports := s.Ports
	if len(ports) == 0 {
		config, err := configuration(ctx, image)
		if err != nil {
			return nil, nil, fmt.Errorf("service %s of the tests: ask its image for its ports: %w", s.Name, err)
		}
		ports = compose.FirstPort(config.ExposedPorts)
	}
	for _, port := range ports {
		c = c.WithExposedPort(port)
	}
	switch {
	case s.Health.Off:
		c = c.WithoutDockerHealthcheck()
	case len(s.Health.Test) > 0:
		c = c.WithDockerHealthcheck(s.Health.Test, dagger.ContainerWithDockerHealthcheckOpts{
			Shell: s.Health.Shell, Interval: "1s", Timeout: cmp.Or(s.Health.Timeout, 30*time.Second).String(),
			Retries: int(s.Health.Patience() / time.Second),
		})
	case len(ports) == 0:
		fmt.Printf("· %s: service %s: nothing says when it is ready. Add a healthcheck, or the ports that it listens on\n", p.Spec.Name, s.Name)
	}
	return c, ports, nil
}

// listening waits a while until a service answers, of which the test has passed: a
// database that is being made passes its own before it does.
func listening(ctx context.Context, name string, service *dagger.Service, ports []int) error {
	if len(ports) == 0 {
		return nil
	}
	address, err := service.Endpoint(ctx, dagger.ServiceEndpointOpts{Port: ports[0]})
	if err != nil {
		return err
	}
	for range 20 {
		var dialer net.Dialer
		if connection, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			return connection.Close()
		}
		time.Sleep(500 * time.Millisecond)
	}
	// Its test has passed, so the tests may know better.
	fmt.Printf("· service %s: it is ready by its own test, and does not answer on port %d yet\n", name, ports[0])
	return ctx.Err()
}

// neverReady says why a service is not ready: with what it printed.
func neverReady(ctx context.Context, c *dagger.Container, s compose.Service, image string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	failed, ofCommand := errors.AsType[*dagger.ExecError](err)
	test := len(s.Health.Test) > 0 && ofCommand && slices.Equal(failed.Cmd[max(0, len(failed.Cmd)-len(s.Health.Test)):], s.Health.Test)
	if ofCommand && !test {
		return ground.Explained(err, "the service %s of the tests (%s) ended before it was ready. Correct it in %s:", s.Name, image, s.Files[0])
	}
	awaited := "it listens on none of its ports"
	if len(s.Health.Test) > 0 {
		awaited = fmt.Sprintf("its healthcheck fails (%s)", strings.Join(s.Health.Test, " "))
	}
	return fmt.Errorf("the service %s of the tests (%s) is not ready after %s: %s. Correct it, or its healthcheck, in %s. It printed:\n    %s",
		s.Name, image, s.Health.Patience(), awaited, s.Files[0], strings.ReplaceAll(printed(ctx, c), "\n", "\n    "))
}

// printed is what a service prints at its start: it is started again for that, as the
// engine keeps it to itself.
func printed(ctx context.Context, c *dagger.Container) string {
	entrypoint, err := c.Entrypoint(ctx)
	if err != nil {
		return nothing(err)
	}
	arguments, err := c.DefaultArgs(ctx)
	if err != nil {
		return nothing(err)
	}
	command := slices.Concat([]string{"timeout", "-k", "2", "8"}, entrypoint, arguments)
	output, err := c.WithExec(command, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).CombinedOutput(ctx)
	if err != nil {
		return nothing(err)
	}
	shown, _ := plain.Shortened(plain.Text(output))
	return shown
}

func nothing(err error) string { return "nothing that can be had: " + plain.Error(err).Error() }
