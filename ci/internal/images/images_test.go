package images_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

var (
	digest = "@sha256:" + strings.Repeat("0123abcd", 8)
	python = images.Image{Name: "python:3.12-slim", Reference: "docker.io/library/python:3.12-slim" + digest, Source: "a Dockerfile, 2026-11-01"}
	nginx  = images.Image{Name: "nginx", Reference: "docker.io/nginxinc/nginx-unprivileged:1.29" + digest, Source: "a Dockerfile, 2026-11-01"}
)

func TestTable(t *testing.T) {
	table := images.Table{python, nginx}
	require.NoError(t, table.Check())
	reference, err := table.Reference("nginx")
	require.NoError(t, err)
	assert.Equal(t, nginx.Reference, reference)
	_, err = table.Reference("node")
	assert.EqualError(t, err, `image "node" is not in the table. Use one of nginx, python:3.12-slim, or add it to the image lock`)
}

func TestTableRefusesTheUnpinned(t *testing.T) {
	for name, test := range map[string]struct {
		image images.Image
		want  string
	}{
		"tag only":         {images.Image{Name: "x", Reference: "docker.io/library/x:1", Source: "s"}, `reference "docker.io/library/x:1" has no digest`},
		"short digest":     {images.Image{Name: "x", Reference: "x@sha256:abc", Source: "s"}, `reference "x@sha256:abc"`},
		"other digest":     {images.Image{Name: "x", Reference: "x@md5:" + strings.Repeat("a", 32), Source: "s"}, "md5"},
		"no source":        {images.Image{Name: "x", Reference: "x" + digest}, "Say where its digest was published"},
		"pinned after all": {images.Image{Name: "x", Reference: "docker.io/library/x:1" + digest, Source: "s", Unpinned: "why"}, "has a digest. Delete that it is unpinned"},
		"no name":          {images.Image{Reference: "x" + digest, Source: "s"}, "has no name"},
		"twice":            {nginx, `image "nginx" stands in the table twice`},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, images.Table{nginx, test.image}.Check(), test.want)
		})
	}
}

func TestUnpinnedIsSaid(t *testing.T) {
	coming := images.Image{Name: "python:3.15-slim", Reference: "docker.io/library/python:3.15-slim", Source: "s", Unpinned: "no digest is published"}
	table := images.Table{python, coming}
	require.NoError(t, table.Check())
	reference, err := table.Reference("python:3.15-slim")
	require.NoError(t, err)
	assert.Equal(t, coming.Reference, reference)
	assert.Equal(t, images.Table{python}, table.Pinned())
	locked, err := table.With(images.Lock{Images: map[string]string{"python:3.15-slim": "127.0.0.1:5000/python:3.15" + digest}})
	require.NoError(t, err)
	assert.Len(t, locked.Pinned(), 2)
}

func TestAVersionIsThatOfItsLine(t *testing.T) {
	own := images.Image{Name: "node:22.3.0-slim", Reference: "127.0.0.1:5000/node:22.3.0" + digest, Source: "s"}
	line := images.Image{Name: "node:22-slim", Reference: "docker.io/library/node:22-slim" + digest, Source: "s"}
	table := images.Table{python, own, line}
	for version, want := range map[string]string{"22.3.0": own.Reference, "22.3.1": line.Reference, "22.3": line.Reference, "22": line.Reference} {
		reference, err := table.OfVersion("node", version)
		require.NoError(t, err, version)
		assert.Equal(t, want, reference, version)
	}
	reference, err := table.OfVersion("python", "3.12.4")
	require.NoError(t, err)
	assert.Equal(t, python.Reference, reference)
	for _, version := range []string{"3.9.2", "3.9", ""} {
		_, err = table.OfVersion("python", version)
		assert.ErrorContains(t, err, `image "python:`+version+`-slim" is not in the table`)
	}
}

// TestInstead: another version of an image is one of the same repository, and pinned.
func TestInstead(t *testing.T) {
	node, older := images.Image{Name: "node:22-slim", Reference: "a" + digest}, images.Image{Name: "node:9.6-slim", Reference: "b" + digest}
	table := images.Table{node, older, {Name: "nodered:9", Reference: "c" + digest}, {Name: "node:99", Unpinned: "it is yet to come"}}
	for _, name := range []string{"node:18", "node", "docker.io/library/node:18@sha256:0", "node@sha256:0"} {
		found, is := table.Instead(name)
		assert.True(t, is, name)
		assert.Equal(t, node, found, name)
	}
	for _, name := range []string{"registry.example:5000/node:18", "my/node:18", "nod"} {
		_, is := table.Instead(name)
		assert.False(t, is, name)
	}
}

func TestLockReplacesAndAdds(t *testing.T) {
	table := images.Table{python, nginx}
	own := "127.0.0.1:5000/python:3.12" + digest
	lock, err := images.ParseLock([]byte(`{
		"version": 1, "written-by": {"tool": "another", "list": [1, 2]},
		"images": {"python:3.12-slim": "` + own + `", "python:3.13-slim": "` + own + `"}
	}`))
	require.NoError(t, err)

	locked, err := table.With(lock)
	require.NoError(t, err)
	assert.Equal(t, []string{"nginx", "python:3.12-slim", "python:3.13-slim"}, locked.Names())
	for name, want := range map[string]string{"nginx": nginx.Reference, "python:3.12-slim": own, "python:3.13-slim": own} {
		got, err := locked.Reference(name)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	unchanged, err := table.Reference("python:3.12-slim")
	require.NoError(t, err)
	assert.Equal(t, python.Reference, unchanged, "the table itself stays")
	_, err = table.With(images.Lock{Images: map[string]string{"a": "a:latest"}})
	assert.ErrorContains(t, err, `use the image lock: image "a": reference "a:latest" has no digest`)
}

func TestLockRoundTrip(t *testing.T) {
	lock := images.Lock{Images: map[string]string{"b": "b" + digest, "a": "a" + digest}}
	raw, err := lock.JSON()
	require.NoError(t, err)
	again, err := images.ParseLock(raw)
	require.NoError(t, err)
	assert.Equal(t, lock, again)
	_, err = images.Lock{Images: map[string]string{"a": "a:latest"}}.JSON()
	assert.ErrorContains(t, err, "has no digest")
}

func TestMalformedLocks(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":         {"", "image lock, line 1: EOF: an object belongs here"},
		"a list":        {"[]", "image lock, line 1: an object belongs here"},
		"unpinned":      {"{\"version\": 1,\n\"images\": {\n\"a\": \"a:1\"\n}}", `image lock, line 3: image "a": reference "a:1" has no digest`},
		"no string":     {"{\"version\": 1,\n\"images\": {\"a\": 7}}", `line 2: json: cannot unmarshal number into Go value of type string: image "a" is no string`},
		"twice":         {"{\"images\": {\n\"a\": \"a" + digest + "\",\n\"a\": \"b" + digest + "\"}}", `line 3: "a" stands twice`},
		"cut":           {"{\"version\": 1,\n\"images\": {", "image lock, line 2: "},
		"comma":         {"{\"version\": 1,\n\n\"images\": {},\n}", "image lock, line 4: "},
		"images a list": {`{"version": 1, "images": []}`, "line 1: an object belongs here"},
		"no version":    {`{"images": {}}`, `has version "". Write it with version 1`},
		"next version":  {`{"version": 2, "images": {}}`, `has version "2"`},
		"no images":     {`{"version": 1}`, `has no "images"`},
		"two objects":   {`{"version": 1, "images": {}}{}`, "there is more after the object"},
		"nameless":      {`{"version": 1, "images": {"": "a` + digest + `"}}`, "an image has no name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := images.ParseLock([]byte(test.text))
			require.ErrorContains(t, err, test.want)
		})
	}
}

// TestLookupByAnyName: an image of Docker Hub is the same by its long name.
func TestLookupByAnyName(t *testing.T) {
	table := images.Table{{Name: "python:3.13-slim", Reference: "r@sha256:1"}, {Name: "acme/tool:1", Reference: "s@sha256:2"}}
	for name, want := range map[string]string{
		"python:3.13-slim": "r@sha256:1", "library/python:3.13-slim": "r@sha256:1", "docker.io/library/python:3.13-slim": "r@sha256:1",
		"docker.io/acme/tool:1": "s@sha256:2", "ghcr.io/library/python:3.13-slim": "", "library/acme/tool": "", "docker.io/python:3.12-slim": "",
	} {
		found, known := table.Lookup(name)
		assert.Equal(t, want, found, name)
		assert.Equal(t, want != "", known, name)
	}
}
