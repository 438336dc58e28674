package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/pingvas/pingvas-ci/internal/lab"
	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

const orders = "services/orders/"

// newOrders is a repository with nothing of this project's in it, locked.
func newOrders(t *testing.T) *harness.Repository {
	t.Helper()
	raw, err := os.ReadFile("first_steps.txtar")
	require.NoError(t, err)
	texts := map[string]string{}
	for _, f := range txtar.Parse(raw).Files {
		texts[f.Name] = string(f.Data)
	}
	shop := harness.NewRepository(t, texts)
	lockOrders(t, shop)
	return shop
}

func lockOrders(t *testing.T, shop *harness.Repository) {
	t.Helper()
	harness.Core(t, agreement{Repository: shop}.inContainer(t, "cd services/orders && uv lock --quiet", "directory", "--path", "/src", "export", "--path", shop.Dir)...)
	shop.Commit(t)
}

// TestFirstSteps runs what docs/first-steps.md prints, in a repository that knows
// nothing of this project.
func TestFirstSteps(t *testing.T) {
	long(t, "TestCommands, TestDelivery; make commands has it whole")
	t.Parallel()
	shop := newOrders(t)
	gitops := filepath.Join(t.TempDir(), "pingvas-gitops.git")
	server, err := lab.Git(filepath.Dir(gitops), 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	reader := newReader(t, shop, harness.NewRegistry(t), server)
	says := map[string]string{
		"export DAGGER_MODULE=github.com/pingvas/pingvas-ci": "",
		"components":               "orders  python  services/orders  python 3.13 (.python-version)  built-in recipe  linux/arm64 linux/amd64",
		"check":                    "orders               typecheck",
		"check --base origin/main": "",
		"deliver report":           "+++ Deployment pingvas-dev/orders",
		"scaffold --layout FOLDERS export --path ../gitops": "",
		"deliver --branch main --environment dev report":    "gitops dev",
		"export --path .": "",
	}
	for _, section := range harness.Document(t, "docs/first-steps.md") {
		for _, command := range section.Commands {
			end := command[strings.LastIndex(command, "\n")+1:]
			end = strings.TrimPrefix(end, "dagger call --source . ")
			if strings.HasSuffix(end, " export --path .") {
				end = "export --path ."
			}
			expected, is := says[end]
			require.True(t, is, "nobody expects anything of %q", command)
			if testing.Short() && end != "check" && end != "deliver report" || strings.HasPrefix(command, "export") {
				continue
			}
			said := reader.Run(t, command)
			said.Must(t)
			assert.Contains(t, said.Output, expected, command)
			if strings.HasPrefix(end, "scaffold") {
				require.NoError(t, lab.Publish(gitops, shop.At("../gitops")))
			}
		}
	}
	if !testing.Short() {
		shop.Read(".github/workflows/delivery.yml")
	}
}

// TestFirstStop: what the document says may stop the first delivery does, in the
// words that it prints.
func TestFirstStop(t *testing.T) {
	long(t, "TestRealAdvisories")
	t.Parallel()
	stops := map[string]struct {
		change func(shop *harness.Repository)
		call   string
	}{
		"A directory is no component, or one too many": {func(shop *harness.Repository) {
			for _, name := range []string{"pyproject.toml", "main.py"} {
				shop.Write("tools/report/"+name, shop.Read(orders+name))
			}
		}, "components"},
		"The lock does not fit": {func(shop *harness.Repository) {
			shop.Replace(orders+"pyproject.toml", `"uvicorn==0.38.0"`, `"uvicorn==0.38.0", "itsdangerous"`)
		}, "service --name orders test"},
		"A gate that never ran before fails": {func(shop *harness.Repository) {
			shop.Append(orders+"main.py", "x = {'a':1}\n")
		}, "check"},
		"A package has no wheel for a platform": {func(shop *harness.Repository) {
			shop.Replace(orders+"pyproject.toml", `"uvicorn==0.38.0"`, `"uvicorn==0.38.0", "nvidia-nvtx-cu12==12.1.105"`)
			lockOrders(t, shop)
		}, "service --name orders image --platform linux/arm64 sync"},
		"A finding stops the image": {func(shop *harness.Repository) {
			shop.Replace(orders+"pyproject.toml", `"uvicorn==0.38.0"`, `"uvicorn==0.38.0", "h11==0.14.0"`)
			lockOrders(t, shop)
		}, "service --name orders scan gate"},
	}
	whole := newOrders(t)
	for _, section := range harness.Document(t, "docs/first-steps.md") {
		stop, is := stops[section.Heading]
		if !is {
			continue
		}
		delete(stops, section.Heading)
		require.NotEmpty(t, section.Prints, section.Heading)
		shop := whole.Copied(t)
		stop.change(shop)
		shop.Commit(t)
		said := shop.Call(words(stop.call)...)
		assert.Equal(t, stop.call == "components", said.Err == nil, section.Heading)
		for _, line := range section.Prints {
			assert.Contains(t, said.Output, line, section.Heading)
		}
	}
	assert.Empty(t, stops, "headings that the document has not")
}
