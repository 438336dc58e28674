package dockerfile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
)

const (
	cacheKey = "trusted pingvas/studio"
	keyHash  = "7f6d7b043884d9e523f37d2d11c33c4a"
)

func TestCacheIDs(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	for name, c := range map[string]struct{ text, want string }{ // KEY stands for the key.
		"its target":            {"RUN --mount=type=cache,target=/root/.cache/ x", "RUN --mount=id=KEY//root/.cache,type=cache,target=/root/.cache/ x"},
		"its id":                {"RUN --mount=type=cache,id=pnpm,target=/x,sharing=locked,uid=1 x", "RUN --mount=type=cache,id=KEY/pnpm,target=/x,sharing=locked,uid=1 x"},
		"a relative target":     {"RUN --mount=target=a/../b,TYPE=Cache x", "RUN --mount=id=KEY/b,target=a/../b,TYPE=Cache x"},
		"another word for it":   {"RUN --mount=type=cache,dst=/a,destination=/b,ro x", "RUN --mount=id=KEY//b,type=cache,dst=/a,destination=/b,ro x"},
		"from a stage":          {"RUN --mount=type=cache,from=b,source=/s,target=/x x", "RUN --mount=id=KEY//x,type=cache,from=b,source=/s,target=/x x"},
		"variables":             {"RUN --mount=type=cache,target=$HOME/.cache/${A:-b}/ x", "RUN --mount=id=KEY/$HOME/.cache/${A:-b}/,type=cache,target=$HOME/.cache/${A:-b}/ x"},
		"a variable id":         {"RUN --mount=type=cache,id=$A,target=/x x", "RUN --mount=type=cache,id=KEY/$A,target=/x x"},
		"an empty id":           {"RUN --mount=type=cache,id=,target=/x x", "RUN --mount=type=cache,id=KEY//x,target=/x x"},
		"two ids":               {"RUN --mount=type=cache,id=a,target=/x,id=b x", "RUN --mount=type=cache,id=KEY/a,target=/x,id=KEY/b x"},
		"climbing ids":          {"RUN --mount=type=cache,id=../other/a,target=/x x", "RUN --mount=type=cache,id=KEY/../other/a,target=/x x"},
		"other mounts":          {"RUN --mount=type=secret,id=a --mount=target=/x,id=b --mount=type=tmpfs,target=/y x --mount=type=cache,target=/x", "RUN --mount=type=secret,id=a --mount=target=/x,id=b --mount=type=tmpfs,target=/y x --mount=type=cache,target=/x"},
		"several":               {"run --network=none --mount=type=cache,target=/a   --mount=type=cache,target=/b [\"x\"]", "run --network=none --mount=id=KEY//a,type=cache,target=/a   --mount=id=KEY//b,type=cache,target=/b [\"x\"]"},
		"quotes":                {"RUN --mount=\"type=cache,target=/x\" x", "RUN --mount=id=KEY//x,\"type=cache,target=/x\" x"},
		"quotes inside":         {"RUN --mou'nt'=type=c\\ache,id=\"a\",target='/x' x", "RUN --mou'nt'=type=c\\ache,id=KEY/\"a\",target='/x' x"},
		"quotes of CSV":         {"RUN --mount='type=cache,\"id=a,\"\"b\",target=/x' x", "RUN --mount='type=cache,\"id=KEY/a,\"\"b\",target=/x' x"},
		"a target of them":      {"RUN --mount='type=cache,\"target=/a,\"\"b\"\"\"' x", "RUN --mount=id=KEY/HASH,'type=cache,\"target=/a,\"\"b\"\"\"' x"},
		"continuations":         {"RUN \\\n # --mount=type=cache\n --mount=type=cac\\\nhe,id=\\ \n\nx,tar\\\nget=/x \\\n x", "RUN \\\n # --mount=type=cache\n --mount=type=cac\\\nhe,id=KEY/\\ \n\nx,tar\\\nget=/x \\\n x"},
		"a heredoc":             {"RUN --mount=type=cache,target=/x <<E\nRUN --mount=type=cache,target=/x\nE", "RUN --mount=id=KEY//x,type=cache,target=/x <<E\nRUN --mount=type=cache,target=/x\nE"},
		"line ends of another":  {"RUN --mount=type=cache,target=/x \\\r\n x\r", "RUN --mount=id=KEY//x,type=cache,target=/x \\\r\n x\r"},
		"ONBUILD":               {"  onbuild \\\n  RUN --mount=type=cache,target=/x x", "  onbuild \\\n  RUN --mount=id=KEY//x,type=cache,target=/x x"},
		"ONBUILD and a heredoc": {"ONBUILD RUN --mount=type=cache,target=/x <<E\nx\nE", "ONBUILD RUN --mount=id=KEY//x,type=cache,target=/x <<E\nx\nE"},
		"ONBUILD of another":    {"ONBUILD COPY --chown=1 a b", "ONBUILD COPY --chown=1 a b"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := dockerfile.Parse("x/Dockerfile", []byte("FROM a\n"+c.text+"\n"))
			require.NoError(t, err)
			got, err := file.Pin(dockerfile.Build{CacheKey: cacheKey}, none)
			require.NoError(t, err)
			want := strings.NewReplacer("KEY", keyHash, "HASH", "bc755ab1022444fd883a9b3b557d0090").Replace(c.want)
			assert.Equal(t, "FROM a\n"+want+"\n", string(got))
			sameButIDs(t, "FROM a\n"+c.text+"\n", string(got))
			other, err := file.Pin(dockerfile.Build{CacheKey: cacheKey + "x"}, none)
			require.NoError(t, err)
			assert.Equal(t, c.want == c.text, string(other) == string(got), "another key, other ids")
			plain, err := file.Pin(dockerfile.Build{}, none)
			require.NoError(t, err)
			assert.Equal(t, "FROM a\n"+c.text+"\n", string(plain))
		})
	}
	file, err := dockerfile.Parse("x/Dockerfile", []byte("FROM a\n\nRUN --mount=type=$T,target=/x x\n"))
	require.NoError(t, err)
	_, err = file.Pin(dockerfile.Build{CacheKey: cacheKey}, none)
	require.EqualError(t, err, "x/Dockerfile:3: the type of a mount is $T, by which a cache cannot be told from other mounts. Write the type itself")
}

// sameButIDs requires that BuildKit's parser reads the same of two texts, but for
// the ids of cache mounts, which begin with the key in the second.
func sameButIDs(t *testing.T, before, after string) {
	t.Helper()
	was, is := parsed(t, before), parsed(t, after)
	require.Len(t, is, len(was))
	for i := range was {
		require.Equal(t, described(was[i], ""), described(is[i], keyHash))
	}
}

func parsed(t *testing.T, text string) []*parser.Node {
	t.Helper()
	result, err := parser.Parse(strings.NewReader(text))
	require.NoError(t, err)
	return result.AST.Children
}

// described is an instruction without the ids of cache mounts.
func described(node *parser.Node, key string) string {
	instruction, err := instructions.ParseInstruction(node)
	if err != nil {
		said, _, _ := strings.Cut(err.Error(), "(did you mean") // Which of several, it guesses.
		return said
	}
	if later, is := instruction.(*instructions.OnbuildCommand); is {
		result, err := parser.Parse(strings.NewReader(later.Expression))
		if err != nil {
			return err.Error()
		}
		text := "ONBUILD"
		for _, child := range result.AST.Children {
			text += "\n" + described(child, key)
		}
		return text
	}
	run, is := instruction.(*instructions.RunCommand)
	if !is {
		return fmt.Sprintf("%d-%d %s", node.StartLine, node.EndLine, node.Dump())
	}
	err = run.Expand(func(word string) (string, error) { return word, nil })
	text := fmt.Sprintf("%d-%d %s %v %v %v", node.StartLine, node.EndLine, instructions.GetNetwork(run), run.CmdLine, run.Files, err == nil)
	if err != nil {
		return text
	}
	for _, mount := range instructions.GetMounts(run) {
		m := *mount
		if m.Type == instructions.MountTypeCache {
			if key != "" && !strings.HasPrefix(m.CacheID, key+"/") {
				text += "\nAN ID WITHOUT THE KEY: " + m.CacheID
			}
			m.CacheID = ""
		}
		written, _ := json.Marshal(m)
		text += "\n" + string(written)
	}
	return text
}
