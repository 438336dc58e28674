package frontend

import "github.com/pingvas/pingvas-ci/ci/internal/dagger"

// withNpmRegistries is a container in which npm's clients may fetch from the
// private registries. What it then holds but files is not to be gone on with.
func (p Project) withNpmRegistries(c *dagger.Container) *dagger.Container {
	credentials := ""
	for _, r := range p.NpmRegistries {
		credentials += r.Credentials
		c = c.WithSecretVariable(r.Variable, r.Token)
		if r.Service != nil {
			c = c.WithServiceBinding(r.Host, r.Service)
		}
	}
	return c.WithNewFile("/root/.npmrc", credentials)
}
