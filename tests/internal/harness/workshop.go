package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// SourceCommit is what the workshop's images are said to be built from.
const SourceCommit = "0123456789abcdef0123456789abcdef01234567"

// devPlatform is what dev's machines are.
const devPlatform = "linux/arm64"

// BuiltFor has a service of the example be for some platforms and no others: each takes
// a build, a scan and a push.
func (f Files) BuiltFor(service string, platforms ...string) {
	f.t.Helper()
	f.Append(service+"/pyproject.toml", fmt.Sprintf("\n[tool.pingvas-ci]\nplatforms = [\"%s\"]\n", strings.Join(platforms, `", "`)))
}

// Workshop is one small service that is published again and again.
type Workshop struct {
	*Repository
	// Key is the signing key, in PEM; unsigned without one.
	Key string
}

// Published is what came of publishing.
type Published struct {
	Result
	Image struct {
		Digest, Repository string
		Tags, Also         []string
		Size               int
		Kept               bool
	}
}

// NewWorkshop takes the example's user service, for one platform.
func NewWorkshop(t *testing.T) *Workshop {
	t.Helper()
	w := &Workshop{Repository: Example(t, UserService), Key: NewKey(t)}
	w.BuiltFor(UserService, devPlatform) // As in a world: what is built for one is there for the other.
	return w
}

// Publish publishes the service to registries, signed.
func (w *Workshop) Publish(ctx context.Context, registries ...Registry) Published {
	w.t.Helper()
	var to, env []string
	for i, registry := range registries {
		variable := fmt.Sprintf("REGISTRY_PASSWORD_%d", i)
		to = append(to, registry.with(variable)...)
		env = append(env, variable+"="+registry.Password)
	}
	return w.PublishTo(ctx, to, env...)
}

// PublishTo publishes the service to where the arguments say.
func (w *Workshop) PublishTo(ctx context.Context, to []string, env ...string) Published {
	w.t.Helper()
	var signing []string
	if w.Key != "" {
		signing = []string{"with-signing", "--key", "env:SIGNING_KEY"}
	}
	args := append(Source(w.Dir), Publication(slices.Concat(to, signing)...)...)
	return NewPublished(w.t, Call(ctx, args, append(env, "SIGNING_KEY="+w.Key)...))
}

// Publication are the arguments that publish the service, after others.
func Publication(with ...string) []string {
	return append(with, "service", "--name", "user-service", "publish", "--commit", SourceCommit, "json")
}

// NewPublished reads what came of publishing.
func NewPublished(t *testing.T, r Result) Published {
	t.Helper()
	p := Published{Result: r}
	if p.Err == nil {
		require.NoError(t, json.Unmarshal([]byte(p.Stdout), &p.Image), p.Stdout)
	}
	return p
}

// Scan calls something of the scan of the service, as the options before have it.
func (w *Workshop) Scan(options []string, what ...string) Result {
	return w.Call(slices.Concat(options, []string{"service", "--name", "user-service", "scan"}, what)...)
}
