package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestGitopsTree scaffolds the example's tree anew, finds it sound, and finds
// the mistakes in a broken one.
func TestGitopsTree(t *testing.T) {
	t.Parallel()
	r := harness.Example(t, ".")
	trees := harness.NewFiles(t, nil)
	r.Must(t, "scaffold", "after", "export", "--path", trees.At("whole"))
	for component := range example {
		assert.FileExists(t, trees.At("whole/apps/base/"+component+"/deployment.yaml"))
	}
	const secret = "/apps/overlays/prod/external-secret.yaml"
	trees.Copy("broken", trees.At("whole"))
	trees.Replace("broken"+secret, "external-secrets.io/v1", "external-secrets.io/v1beta1")
	trees.Copy("edited", trees.At("whole"))
	trees.Append("edited"+secret, "# mine\n")
	trees.Remove("edited/infrastructure/monitoring")

	said := r.Batch(t,
		words("gitops --directory "+trees.At("whole")+" validate"),
		words("gitops --directory "+trees.At("broken")+" validate --manual prod"),
		words("gitops --directory "+trees.At("broken")+" validation sarif contents"),
		words("scaffold --directory "+trees.At("edited")+" as-patch contents"),
	)

	assert.Contains(t, said[0].Must(t), "objects checked: sound")
	said[1].Refused(t, "external-secrets.io/v1beta1 is no longer served", "automated-sync")
	assert.Contains(t, said[2].Must(t), `"ruleId": "removed-api"`)
	patch := said[3].Must(t)
	assert.Contains(t, patch, "+++ b/infrastructure/monitoring/rules.yaml")
	assert.NotContains(t, patch, "external-secret.yaml", "what a person edited stays")
}

// TestGitopsTreeOfFolders scaffolds a folder for each component, to which a later
// component is added with an application of its own.
func TestGitopsTreeOfFolders(t *testing.T) {
	long(t, "TestGitopsTree")
	t.Parallel()
	const gallery = "services/gallery-service"
	r := harness.Example(t, service)
	tree := harness.NewFiles(t, nil)
	r.Must(t, "scaffold", "--layout", "FOLDERS", "after", "export", "--path", tree.Dir)
	r.Copy(gallery, "../examples/studio/"+gallery)
	more := words("scaffold --directory " + tree.Dir)
	added := r.Batch(t, append(more, words("as-patch contents")...), append(more, words("after export --path "+tree.Dir)...))
	patch := added[0].Must(t)
	assert.Contains(t, patch, "+++ b/apps/overlays/prod/gallery-service/kustomization.yaml")
	assert.Contains(t, patch, "+          - name: gallery-service\n+            namespace: pingvas-prod\n")
	added[1].Must(t)
	assert.Contains(t, r.Must(t, "gitops", "--directory", tree.Dir, "validate"), "objects checked: sound")
}
