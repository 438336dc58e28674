package tests

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestCodecov: Codecov's own CLI uploads each component's coverage with its flag, as
// Codecov's documentation demands; what cannot be uploaded is skipped with the reason.
func TestCodecov(t *testing.T) {
	long(t, "ci/internal/codecov")
	t.Parallel()
	const token = "codecov-0123456789"
	site := harness.NewCodecov(t, token)
	repository := harness.NewRepository(t, map[string]string{
		"services/orders/main.py": "x = 1\n",
		"codecov.yml":             "codecov: {url: 'http://127.0.0.1:1'}\n",
	})
	repository.Env = []string{"TOKEN=" + token, "EMPTY=", "WRONG=another-0123456789"}
	report := harness.NewFiles(t, map[string]string{"coverage/orders.xml": "<coverage/>", "coverage/web.lcov": "SF:a.ts\nend_of_record\n", "coverage/notes.txt": "none"})
	upload := append(words("codecov --report "+report.Dir+" --repository pingvas/pingvas-studio --commit "+harness.SourceCommit+" --branch main"), site.At()...)
	said := repository.Batch(t,
		slices.Concat(upload, words("--fork --token env:EMPTY")),
		slices.Concat(upload, words("--token env:EMPTY")),
		slices.Concat(upload, words("--token env:TOKEN")),
		slices.Concat(upload, words("--pull-request 7 --tokenless")),
		slices.Concat(upload, words("--token env:WRONG")),
	)
	assert.Contains(t, said[0].Must(t), "skipped: a fork's pull request is given no secrets")
	assert.Contains(t, said[1].Must(t), "skipped: there is no Codecov token")
	assert.Equal(t, "orders: uploaded orders.xml\nweb: uploaded web.lcov\n", said[2].Must(t))
	said[3].Must(t)
	said[4].Refused(t, "orders codecov")
	assert.NotContains(t, said[4].Output, token)
	assert.Equal(t, []harness.CodecovUpload{
		{Flag: "orders", Authorization: "token " + token, Branch: "main", Text: "<coverage/>", Files: []string{"codecov.yml", "services/orders/main.py"}},
		{Flag: "web", Authorization: "token " + token, Branch: "main", Text: "SF:a.ts\nend_of_record\n", Files: []string{"codecov.yml", "services/orders/main.py"}},
		{Flag: "orders", Branch: "main", Pull: "7", Text: "<coverage/>", Files: []string{"codecov.yml", "services/orders/main.py"}},
		{Flag: "web", Branch: "main", Pull: "7", Text: "SF:a.ts\nend_of_record\n", Files: []string{"codecov.yml", "services/orders/main.py"}},
	}, site.Uploads())
}
