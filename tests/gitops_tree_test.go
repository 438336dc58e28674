package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestGitopsTree scaffolds the example's tree anew, finds it sound, and finds
// the mistakes in a broken one.
func TestGitopsTree(t *testing.T) {
	t.Parallel()
	r := harness.Example(t, ".")
	tree := harness.NewFiles(t, nil)
	r.Must(t, "scaffold", "after", "export", "--path", tree.Dir)
	for component := range example {
		assert.FileExists(t, tree.At("apps/base/"+component+"/deployment.yaml"))
	}
	assert.Contains(t, r.Must(t, "gitops", "--directory", tree.Dir, "validate"), "objects checked: sound")

	const secret = "apps/overlays/prod/external-secret.yaml"
	old := tree.Read(secret)
	tree.Write(secret, strings.Replace(old, "external-secrets.io/v1", "external-secrets.io/v1beta1", 1))
	r.Call("gitops", "--directory", tree.Dir, "validate", "--manual", "prod").
		Refused(t, "external-secrets.io/v1beta1 is no longer served", "automated-sync")

	tree.Write(secret, old+"# mine\n")
	tree.Remove("infrastructure/monitoring")
	patch := r.Must(t, "scaffold", "--directory", tree.Dir, "as-patch", "contents")
	assert.Contains(t, patch, "+++ b/infrastructure/monitoring/rules.yaml")
	assert.NotContains(t, patch, "external-secret.yaml", "what a person edited stays")
}

// TestGitopsTreeOfFolders scaffolds a folder for each component, to which a later
// component is added with an application of its own.
func TestGitopsTreeOfFolders(t *testing.T) {
	t.Parallel()
	const gallery = "services/gallery-service"
	r := harness.Example(t, service)
	tree := harness.NewFiles(t, nil)
	r.Must(t, "scaffold", "--layout", "FOLDERS", "after", "export", "--path", tree.Dir)
	r.Copy(gallery, "../examples/studio/"+gallery)
	patch := r.Must(t, "scaffold", "--directory", tree.Dir, "as-patch", "contents")
	assert.Contains(t, patch, "+++ b/apps/overlays/prod/gallery-service/kustomization.yaml")
	assert.Contains(t, patch, "+          - name: gallery-service\n+            namespace: pingvas-prod\n")
	r.Must(t, "scaffold", "--directory", tree.Dir, "after", "export", "--path", tree.Dir)
	assert.Contains(t, r.Must(t, "gitops", "--directory", tree.Dir, "validate"), "objects checked: sound")
}
