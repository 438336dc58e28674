package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// SourceCommit is what the workshop's images are said to be built from.
const SourceCommit = "0123456789abcdef0123456789abcdef01234567"

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
	w.Append(UserService+"/pyproject.toml", "\n[tool.pingvas-ci]\nplatforms = [\"linux/amd64\"]\n")
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
func (w *Workshop) PublishTo(ctx context.Context, to []string, env ...string) (p Published) {
	w.t.Helper()
	var signing []string
	if w.Key != "" {
		signing = []string{"with-signing", "--key", "env:SIGNING_KEY"}
	}
	args := slices.Concat(Source(w.Dir), to, signing,
		[]string{"service", "--name", "user-service", "publish", "--commit", SourceCommit, "json"})
	p.Result = Call(ctx, args, append(env, "SIGNING_KEY="+w.Key)...)
	if p.Err == nil {
		require.NoError(w.t, json.Unmarshal([]byte(p.Stdout), &p.Image), p.Stdout)
	}
	return p
}

// Scan calls something of the scan of the service, as the options before have it.
func (w *Workshop) Scan(options []string, what ...string) Result {
	return w.Call(slices.Concat(options, []string{"service", "--name", "user-service", "scan"}, what)...)
}
