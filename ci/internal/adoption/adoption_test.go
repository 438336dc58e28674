package adoption_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/adoption"
)

func TestReading(t *testing.T) {
	found, err := adoption.Ruff([]byte(`[{"filename":"/src/a/b.py","code":"F401","message":"unused","location":{"row":2,"column":1},"end_location":{"row":4,"column":1}},
		{"filename":"/src/c.py","code":null,"message":"syntax","location":{"row":1,"column":1},"end_location":{"row":1,"column":1}}]`), "/src")
	require.NoError(t, err)
	assert.Equal(t, []adoption.Finding{{File: "a/b.py", From: 2, To: 4, Code: "F401", Text: "unused"}, {File: "c.py", From: 1, To: 1, Text: "syntax"}}, found)
	_, err = adoption.Ruff([]byte("no"), "/src")
	require.Error(t, err)

	assert.Equal(t, []adoption.Finding{
		{File: "a/b.py", From: 3, To: 3, Code: "return-value", Text: "Incompatible"}, {File: "a/c.py", From: 7, To: 7, Text: "No code"},
	}, adoption.Mypy("b.py:3: error: Incompatible  [return-value]\nb.py:3: note: see\nc.py:7:2: error: No code\nmypy: wrong\n", "/src/a", "/src"))

	unformatted := adoption.Unformatted("Would reformat: b.py\nunformatted: File would be reformatted\n --> d/e.py:2:12\n  |\n2 files would be reformatted\n", "/src/a", "/src")
	assert.Equal(t, []string{"a/b.py", "a/d/e.py"}, adoption.Files(unformatted))
}

func TestSplit(t *testing.T) {
	at := func(file string, from, to int) adoption.Finding {
		return adoption.Finding{File: file, From: from, To: to, Code: "E1"}
	}
	found := []adoption.Finding{at("old", 1, 1), at("old", 2, 2), at("old", 3, 3), at("old", 1, 4), at("new", 1, 1), at("same", 1, 1)}
	fresh, rest := adoption.Split(found,
		map[string]string{"old": "a\nb\nc\n", "same": "x\n"},
		map[string]string{"old": "a\nB\nc\n", "same": "x\n", "new": "y\n"})
	assert.Equal(t, []adoption.Finding{at("old", 2, 2), at("old", 1, 4), at("new", 1, 1)}, fresh)
	assert.Equal(t, []adoption.Finding{at("old", 1, 1), at("old", 3, 3), at("same", 1, 1)}, rest)
	assert.Equal(t, "3 E1", adoption.Count(rest))
	assert.Equal(t, "2 B, 1 A", adoption.Count([]adoption.Finding{{Code: "A"}, {Code: "B"}, {Code: "B"}}))
	// A line that is gone makes none new.
	fresh, _ = adoption.Split([]adoption.Finding{at("old", 1, 1), at("old", 2, 2)}, map[string]string{"old": "a\nb\nc\n"}, map[string]string{"old": "a\nc\n"})
	assert.Empty(t, fresh)
	// But the file is another one.
	unformatted := adoption.Unformatted("Would reformat: old\nWould reformat: same\n", "/src", "/src")
	fresh, rest = adoption.Split(unformatted, map[string]string{"old": "a\nb\nc\n", "same": "x\n"}, map[string]string{"old": "a\nc\n", "same": "x\n"})
	assert.Equal(t, []string{"old"}, adoption.Files(fresh))
	assert.Equal(t, []string{"same"}, adoption.Files(rest))
}
