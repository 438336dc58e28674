package harness

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPipeline(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `. --source '../there' | with-x --fork --token 'env:A' | image --platform 'it'\''s' | stdout`,
		pipeline(t, []string{"--source", "../there", "with-x", "--fork", "--token", "env:A", "image", "--platform", "it's", "stdout"}))
}

func TestResults(t *testing.T) {
	t.Parallel()
	split := results(t, Result{stderr: "errors", Stdout: "one\n=== 1 ok\ntwo=== 1 failed\n"}, "=== 1", 2)
	require.Len(t, split, 2)
	assert.Equal(t, "one\n", split[0].Stdout)
	assert.Equal(t, "one\nerrors", split[0].Output)
	assert.NoError(t, split[0].Err)
	assert.Equal(t, "two", split[1].Stdout)
	assert.Error(t, split[1].Err)
}
