package tests

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestShards has two runners publish a service each, and a last call commit both.
// Before it, a dry run shows all that comes of it. Records that are missing, of
// another delivery, or changed are refused, and nothing is committed.
func TestShards(t *testing.T) {
	long(t, "ci/internal/record, ci/internal/affected, TestDelivery")
	t.Parallel()
	w := harness.NewWorld(t, "services/user-service", "services/gallery-service")
	w.BuiltFor("services/user-service", "linux/arm64")
	w.BuiltFor("services/gallery-service", "linux/arm64")
	w.Env = append(w.Env, "SIGNING_KEY="+harness.NewKey(t), "ANOTHER_KEY="+harness.NewKey(t))
	w.Commit(t)
	unsigned := func(args ...string) []string { return append(append(w.Ends(), "deliver"), args...) }
	signed := func(args ...string) []string {
		return append(append(w.Ends(), words("with-signing --key env:SIGNING_KEY deliver")...), args...)
	}

	begun := w.Batch(t, append(w.WithGitops(), words("plan --environment dev shards --count 4")...), signed("--dry-run", "json"))
	var shards []struct{ Shard string }
	require.NoError(t, json.Unmarshal([]byte(begun[0].Must(t)), &shards))
	require.Len(t, shards, 2, "two components are dealt to four runners")
	rehearsed := harness.JSON[harness.Report](t, begun[1])
	assert.Empty(t, w.Registry.Held(t), "a dry run pushes nothing")

	left := make([]string, len(shards))
	for i, published := range w.Batch(t, signed("--shard", shards[0].Shard, "record", "contents"), signed("--shard", shards[1].Shard, "record", "contents")) {
		left[i] = published.Must(t)
	}
	require.Equal(t, 1, w.Commits(), "neither a dry run nor a shard commits anything")

	t.Run("what cannot be believed is refused", func(t *testing.T) {
		came := w.Batch(t,
			signed("--records", files(t, left[0]), "json"),
			signed("--records", files(t, left[0], said(t, left[1])), "json"),
			signed("--records", files(t, left[0], resaid(t, left[1], "PASSED", "FAILED")), "json"),
			signed("--records", files(t, left[0], "{"), "json"),
			signed("--commit", "v9", "--records", files(t, left...), "json"),
			append(append(w.Ends(), words("with-signing --key env:ANOTHER_KEY deliver --records "+files(t, left...))...), "json"),
		)
		for i, says := range []string{
			"no record has", "it is not signed, and this call signs", "what was signed has been changed", "neither a statement nor a bundle", "it is not said of", "the signature is not by this key",
		} {
			came[i].Refused(t, says)
		}
		assert.Equal(t, 1, w.Commits())
	})
	t.Run("without signatures the registry says what is there", func(t *testing.T) {
		one := said(t, left[0])
		digest := rehearsed.Components[0].Digest
		if !strings.Contains(one, digest) {
			digest = rehearsed.Components[1].Digest
		}
		came := w.Batch(t,
			unsigned("--records", files(t, strings.Replace(one, digest, "sha256:"+strings.Repeat("0", 64), 1), said(t, left[1])), "json"),
			unsigned("--dry-run", "--records", files(t, one, said(t, left[1])), "json"),
		)
		came[0].Refused(t, "and the record says sha256:000")
		assert.Contains(t, came[1].Must(t), "the records are not signed, and others may push")
		assert.Regexp(t, `user-service +scan linux/arm64`, came[1].Output, "what anybody may have pushed is scanned")
	})
	t.Run("all records are one commit, the one that the dry run showed", func(t *testing.T) {
		done := harness.JSON[harness.Report](t, w.Call(signed("--records", files(t, left...), "json")...))
		assert.Equal(t, 2, w.Commits())
		assert.Equal(t, w.Gitops("rev-parse", "main"), done.Change.Commit)
		assert.Equal(t, rehearsed.Components, done.Components)
		assert.Equal(t, rehearsed.Change.Diff, done.Change.Diff)
		assert.Equal(t, rehearsed.Change.Files, done.Change.Files)
	})
}

// files is a directory with a file of each text.
func files(t *testing.T, texts ...string) string {
	all := harness.NewFiles(t, nil)
	for i, text := range texts {
		all.Write(string(rune('a'+i))+"/record.json", text)
	}
	return all.Dir
}

// said is the statement of a signed record.
func said(t *testing.T, record string) string {
	return string(must(base64.StdEncoding.DecodeString(payload(t, record))))
}

// resaid is a signed record of which a word of the statement is another one.
func resaid(t *testing.T, record, old, word string) string {
	changed := strings.ReplaceAll(said(t, record), old, word)
	return strings.Replace(record, payload(t, record), base64.StdEncoding.EncodeToString([]byte(changed)), 1)
}

func payload(t *testing.T, record string) string {
	var bundle struct {
		Envelope struct{ Payload string } `json:"dsseEnvelope"`
	}
	require.NoError(t, json.Unmarshal([]byte(record), &bundle))
	return bundle.Envelope.Payload
}
