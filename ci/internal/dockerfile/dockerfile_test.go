package dockerfile_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
)

// uv is as uv's guide for Docker has it.
const uv = `FROM python:3.12-slim-bookworm
COPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /uvx /bin/
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-workspace
COPY . /app
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked
`

// pnpm is as pnpm's guide for Docker has it.
const pnpm = `FROM node:20-slim AS base
ENV PNPM_HOME="/pnpm"
ENV PATH="$PNPM_HOME:$PATH"
RUN corepack enable

FROM base AS build
COPY . /usr/src/app
WORKDIR /usr/src/app
RUN --mount=type=cache,id=pnpm,target=/pnpm/store pnpm install --frozen-lockfile
RUN pnpm run -r build
RUN pnpm deploy --filter=app1 --prod /prod/app1
RUN pnpm deploy --filter=app2 --prod /prod/app2

FROM base AS app1
COPY --from=build /prod/app1 /prod/app1
WORKDIR /prod/app1

FROM base AS app2
COPY --from=build /prod/app2 /prod/app2
`

func TestSources(t *testing.T) {
	type build = dockerfile.Build
	cases := map[string]struct {
		text  string
		build build
		want  string // PATH@LINE, in order
	}{
		"uv's workspace":   {text: uv, want: "uv.lock@4 pyproject.toml@4 .@8"},
		"pnpm's workspace": {text: pnpm, want: ".@7"},
		"pnpm's base":      {text: pnpm, build: build{Target: "base"}},

		"several":              {text: "FROM a\nCOPY a ./b/ /c/../d /x/\n", want: "a@2 b@2 d@2"},
		"JSON":                 {text: "FROM a\nCOPY [\"a b\", \"c\", \"/x/\"]\n", want: "a b@2 c@2"},
		"wildcards":            {text: "FROM a\nCOPY package*.json */x[0-9] /x/\n", want: "package*.json@2 */x[0-9]@2"},
		"a star":               {text: "FROM a\nADD ./* /x/\n", want: ".@2"},
		"climbing out":         {text: "FROM a\nCOPY ../x ../../ /x/\n", want: "x@2 .@2"},
		"parents":              {text: "FROM a\nCOPY --parents ./x/./y/**/*.toml /x/\n", want: "x/y/**/*.toml@2"},
		"exclude":              {text: "FROM a\nCOPY --exclude=*.md --exclude=x src /x/\n", want: "src@2"},
		"a heredoc":            {text: "FROM a\nCOPY <<E a /x/\nCOPY b /\nE\n", want: "a@2"},
		"addresses":            {text: "FROM a\nADD https://a.example/b.tar.gz git@a.example:b/c.git git://a/b x.tar /x/\n", want: "x.tar@2"},
		"an address by ARG":    {text: "FROM a\nARG FROM=https://a.example\nADD $FROM/x y /x/\n", want: "y@3"},
		"of another stage":     {text: "FROM a AS s\nFROM b\nCOPY --from=s x y\nCOPY --from=0 x y\n"},
		"of an image":          {text: "FROM b\nCOPY --from=nginx x y\n"},
		"a bind of all":        {text: "FROM a\nRUN --mount=target=/src ls\n", want: ".@2"},
		"a bind of a dot":      {text: "FROM a\nRUN --mount=type=bind,src=.,dst=/src ls\n", want: ".@2"},
		"a bind of a stage":    {text: "FROM a AS s\nFROM b\nRUN --mount=from=S,source=x,target=/x ls\n"},
		"other mounts":         {text: "FROM a\nRUN --mount=type=secret,id=x,required --mount=type=ssh --mount=type=tmpfs,target=/t --mount=type=cache,source=x,target=$HOME/c ls\n"},
		"a bind by ARG":        {text: "FROM a\nARG D=libs\nRUN --mount=source=$D/x,target=/x ls\n", want: "libs/x@3"},
		"a bind of who knows":  {text: "FROM a\nRUN --mount=source=$D/x,target=/x ls\n", want: ".@2"},
		"a mount of who knows": {text: "FROM a\nRUN --mount=type=$T,source=x,target=/x ls\n", want: ".@2"},
		"another escape":       {text: "# escape=`\nFROM a\nCOPY a `\n b /x/\n", want: "a@3 b@3"},
		"a lower case":         {text: "from a\ncopy a b\n", want: "a@2"},
		"ONBUILD":              {text: "FROM a AS s\nONBUILD COPY x /\nFROM s\n", want: "x@2"},

		"an ARG's default":       {text: "FROM a\nARG D=svc\nCOPY ${D}/x $D-y /\n", want: "svc/x@3 svc-y@3"},
		"an ARG that is given":   {text: "FROM a\nARG D=svc\nCOPY ${D}/x /\n", build: build{Args: map[string]string{"D": "other"}}, want: "other/x@3"},
		"a global ARG":           {text: "ARG D=svc\nFROM a\nARG D\nCOPY ${D}/x /\n", want: "svc/x@4"},
		"a global of a global":   {text: "ARG A=svc\nARG D=$A/b\nFROM a\nARG D\nCOPY ${D}/x /\n", want: "svc/b/x@5"},
		"a global, not declared": {text: "ARG D=svc\nFROM a\nCOPY ${D}/x /\n", want: ".@3"},
		"given, not declared":    {text: "FROM a\nCOPY ${D}/x /\n", build: build{Args: map[string]string{"D": "svc"}}, want: ".@2"},
		"an ARG without value":   {text: "FROM a\nARG D\nCOPY ${D}/x /\n", want: ".@3"},
		"ENV":                    {text: "FROM a\nENV D=svc E=$D/no\nENV F=$D/yes\nCOPY $F $E /\n", want: "svc/yes@4 .@4"},
		"of the stage below":     {text: "FROM a AS s\nENV D=svc\nFROM s\nCOPY $D /\n", want: "svc@4"},
		"a default in the word":  {text: "ARG D=\nFROM a\nARG D\nCOPY ${D:-svc} /\n", want: "svc@4"},
		"escaped":                {text: "FROM a\nCOPY \\$D '$E' /\n", want: "$D@2 $E@2"},
		"of the platform":        {text: "FROM a\nARG TARGETARCH\nCOPY bin/$TARGETARCH /\n", build: build{Platform: "linux/arm64"}, want: "bin/arm64@3"},
		"of no platform":         {text: "FROM a\nARG TARGETARCH\nCOPY bin/$TARGETARCH /\n", want: ".@3"},

		"only what is needed":     {text: "FROM a AS x\nCOPY x /\nFROM b AS y\nCOPY y /\nFROM c\nCOPY --from=y / /\n", want: "y@4"},
		"the target":              {text: "FROM a AS x\nCOPY x /\nFROM b AS y\nCOPY y /\n", build: build{Target: "X"}, want: "x@2"},
		"by number":               {text: "FROM a\nCOPY x /\nFROM b\nCOPY --from=0 / /\n", want: "x@2"},
		"by mount":                {text: "FROM a AS x\nCOPY x /\nFROM b\nRUN --mount=from=x,target=/y ls\n", want: "x@2"},
		"by the platform":         {text: "FROM a AS b-arm64\nCOPY arm /\nFROM a AS b-amd64\nCOPY amd /\nFROM b-$TARGETARCH\n", build: build{Platform: "linux/amd64"}, want: "amd@4"},
		"by any platform":         {text: "FROM a AS b-arm64\nCOPY arm /\nFROM a AS b-amd64\nCOPY amd /\nFROM b-$TARGETARCH\n", want: "arm@2 amd@4"},
		"a fault in what is not":  {text: "FROM $NONE AS x\nFROM b\nCOPY y /\n", want: "y@3"},
		"an ARG that doubles":     {text: "FROM a\nARG A=xxxxxxxx\n" + strings.Repeat("ARG A=$A$A\n", 60) + "COPY $A /\n", want: ".@63"},
		"an ENV that doubles":     {text: "FROM a\nENV A=xxxxxxxx\n" + strings.Repeat("ENV A=$A$A\n", 60) + "COPY b /\n", want: "b@63"},
		"a long word":             {text: "FROM a\nARG A=" + strings.Repeat("x", 4096) + "\nCOPY " + strings.Repeat("$A", 30000) + " /\n", want: ".@3"},
		"a substitution":          {text: "FROM a\nARG A=xsvc\nCOPY ${A/x/y} /\n", want: "ysvc@3"},
		"one that multiplies":     {text: "FROM a\nARG A=" + strings.Repeat("x", 4000) + "\nCOPY ${A//x/${A//x/$A}} /\n", want: ".@3"},
		"a wildcard with a slash": {text: "FROM a\nCOPY libs/*/pyproject.toml /\n", want: "libs/*/pyproject.toml@2"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			file, err := dockerfile.Parse("Dockerfile", []byte(c.text))
			require.NoError(t, err)
			for range 2 { // the second time, from the same file
				sources, err := file.Sources(c.build)
				require.NoError(t, err)
				var got []string
				for _, s := range sources {
					got = append(got, s.String())
				}
				assert.Equal(t, c.want, strings.Join(got, " "))
			}
		})
	}
}

func TestReads(t *testing.T) {
	for path, files := range map[string]map[string]bool{
		".":                     {"a": true, "a/b": true},
		"a":                     {"a": true, "a/b/c": true, "ab": false, "b/a": false},
		"a/b":                   {"a": false, "a/b": true, "a/b/c": true},
		"package*.json":         {"package.json": true, "package-lock.json": true, "x/package.json": false, "package": false},
		"libs/*":                {"libs/a": true, "libs/a/b": true, "libs": false},
		"libs/*/pyproject.toml": {"libs/a/pyproject.toml": true, "libs/a/b/pyproject.toml": false, "libs/pyproject.toml": false},
		"x/**/*.toml":           {"x/a.toml": true, "x/a/b.toml": true, "y/a.toml": false},
		"[":                     {"a": true},
	} {
		for file, want := range files {
			source := dockerfile.Source{Path: path, Instruction: "COPY", Line: 1}
			assert.Equal(t, want, source.Reads(file), "%s reads %s", path, file)
		}
	}
	sources := dockerfile.Sources{{Path: "a", Instruction: "COPY", Line: 1}, {Path: "b", Instruction: "ADD", Line: 2}}
	found, reads := sources.Reads("./b/c")
	assert.True(t, reads)
	assert.Equal(t, 2, found.Line)
	_, reads = sources.Reads("c")
	assert.False(t, reads)
	assert.False(t, sources.Broad())
	assert.True(t, append(sources, dockerfile.Source{Path: "."}).Broad())
}

func TestImages(t *testing.T) {
	type build = dockerfile.Build
	for name, c := range map[string]struct {
		text  string
		build build
		want  string // REFERENCE@LINE, in order
	}{
		"uv's":                   {text: uv, want: "python:3.12-slim-bookworm 1, ghcr.io/astral-sh/uv:0.9.5 2"},
		"pnpm's":                 {text: pnpm, want: "node:20-slim 1"},
		"by an ARG":              {text: "ARG PYTHON_IMAGE=python:3.13-slim" + digest + "\nFROM ${PYTHON_IMAGE}\n", want: "python:3.13-slim" + digest + " 2"},
		"by an ARG that's given": {text: "ARG A=x\nFROM $A:1\n", build: build{Args: map[string]string{"A": "y"}}, want: "y:1 2"},
		"by an ARG of no use":    {text: "ARG A=x\nFROM y\nARG B=z\n", want: "y 2"},
		"scratch":                {text: "FROM scratch\nCOPY x /\n"},
		"of a mount":             {text: "FROM a\nRUN --mount=type=cache,from=b,target=/x --mount=from=a,target=/y ls\n", want: "a 1, b 2"},
		"of stages":              {text: "FROM a AS s\nFROM s AS t\nCOPY --from=s x y\nCOPY --from=0 x y\nRUN --mount=from=T,target=/x ls\n", want: "a 1"},
		"of needed stages":       {text: "FROM a AS s\nFROM b\n", want: "b 2"},
		"of the target":          {text: "FROM a AS s\nFROM b\n", build: build{Target: "s"}, want: "a 1"},
		"of who knows":           {text: "FROM a-$TARGETARCH\n", want: "a-$TARGETARCH 1"},
		"in a heredoc":           {text: "FROM a\nRUN <<E\nFROM b\nE\n", want: "a 1"},
		"in a comment":           {text: "# FROM b\nFROM \\\n # c\n a\n", want: "a 2"},
		"an image of its name":   {text: "FROM node AS node\nCOPY x /\n", want: "node 1"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := dockerfile.Parse("Dockerfile", []byte(c.text))
			require.NoError(t, err)
			images, err := file.Images(c.build)
			require.NoError(t, err)
			var got []string
			for _, i := range images {
				got = append(got, i.Reference+" "+string(rune('0'+i.Line)))
				assert.Equal(t, strings.Contains(i.Reference, "sha256"), i.Pinned())
			}
			assert.Equal(t, c.want, strings.Join(got, ", "))
		})
	}
}

func TestDownloads(t *testing.T) {
	commit := strings.Repeat("12", 20)
	file, err := dockerfile.Parse("Dockerfile", []byte(`FROM a AS unused
ADD https://unused.example/x /
FROM b
ARG V=1.2 SUM=sha256:12
ADD --checksum=$SUM https://me:secret@a.example/x-$V.tar.gz local /x/
ADD https://a.example/$WHO /x/
ADD https://git.example/a/b.git#`+commit+`:sub git@git.example:a/b.git /x/
`))
	require.NoError(t, err)
	downloads, err := file.Downloads(dockerfile.Build{})
	require.NoError(t, err)
	assert.Equal(t, []dockerfile.Download{
		{Address: "https://a.example/x-1.2.tar.gz", Checksum: "sha256:12", Line: 5},
		{Address: "https://a.example/$WHO", Line: 6},
		{Address: "https://git.example/a/b.git#" + commit + ":sub", Checksum: commit, Line: 7},
		{Address: "git@git.example:a/b.git", Line: 7},
	}, downloads)
	var pinned []bool
	for _, d := range downloads {
		pinned = append(pinned, d.Pinned())
	}
	assert.Equal(t, []bool{true, false, true, false}, pinned)
	sources, err := file.Sources(dockerfile.Build{})
	require.NoError(t, err)
	assert.Equal(t, dockerfile.Sources{{Path: "local", Instruction: "ADD", Line: 5}}, sources)
}

func TestMaterials(t *testing.T) {
	file, err := dockerfile.Parse("Dockerfile", []byte("ARG BASE=python:3.13-slim\nFROM a-$TARGETARCH AS build\nFROM ${BASE}\nCOPY --from=build x y\nCOPY --from=nginx:1.29 x y\n"))
	require.NoError(t, err)
	materials, err := file.Materials(dockerfile.Build{}, []string{"linux/amd64", "linux/arm64"}, lookup)
	require.NoError(t, err)
	assert.Equal(t, []string{"a-amd64", "a-arm64", nginx, python}, materials)
	_, err = file.Materials(dockerfile.Build{Target: "none"}, []string{"linux/amd64"}, lookup)
	require.ErrorContains(t, err, `there is no stage "none"`)
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct{ text, target, want string }{
		"empty":              {"", "", "svc/Dockerfile: file with no instructions. Correct the line; docker build refuses it too"},
		"no FROM":            {"ARG A\n", "", "svc/Dockerfile: it has no FROM. Begin with FROM and the image to build on"},
		"before FROM":        {"\nCOPY a b\nFROM c\n", "", "svc/Dockerfile:2: COPY stands before the first FROM. Begin with FROM. Only ARG may come before it"},
		"a misspelling":      {"FROM a\n\nCOPPY a b\n", "", "svc/Dockerfile:3: unknown instruction: COPPY (did you mean COPY?). Correct the line; docker build refuses it too"},
		"no destination":     {"FROM a\nCOPY a\n", "", "svc/Dockerfile:2: COPY requires at least two arguments, but only one was provided. Destination could not be determined. Correct the line; docker build refuses it too"},
		"an unknown flag":    {"FROM a\nCOPY --form=b a b\n", "", "svc/Dockerfile:2: unknown flag: --form (did you mean from?). Correct the line; docker build refuses it too"},
		"an endless heredoc": {"FROM a\nRUN <<E\nls\n", "", "svc/Dockerfile:2: unterminated heredoc. Correct the line; docker build refuses it too"},
		"an empty base":      {"ARG A\nFROM $A\n", "", "svc/Dockerfile:2: FROM $A names no image: its variables are empty. Give them a default before FROM (ARG NAME=value), or a build argument"},
		"a bad variable":     {"FROM a\nCOPY ${A:-b c /\n", "", `svc/Dockerfile:2: failed to process "${A:-b": syntax error: missing '}'. Correct the line`},
		"no such target":     {"FROM a AS x\nFROM b\n", "y", `svc/Dockerfile: there is no stage "y". Use one of x, 1 as target`},
		"a mount's type":     {"FROM a\nRUN --mount=type=bond,target=/x ls\n", "", `svc/Dockerfile:2: unsupported mount type "bond" (did you mean bind?). Correct the line`},
		"too long":           {"FROM a\n#" + strings.Repeat("x", 1<<20), "", "svc/Dockerfile: it is 1048584 bytes long. Write a Dockerfile of less than 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := dockerfile.Parse("svc/Dockerfile", []byte(c.text))
			if err == nil {
				_, err = file.Sources(dockerfile.Build{Target: c.target})
			}
			require.EqualError(t, err, c.want)
		})
	}
}

func TestIgnore(t *testing.T) {
	own := fstest.MapFS{
		".dockerignore":                  {Data: []byte("*\n!services\n")},
		"services/orders/.dockerignore":  {Data: []byte("# nothing here\n")},
		"services/orders/Dockerfile":     {Data: []byte("FROM a\n")},
		"services/mail/Dockerfile":       {Data: []byte("FROM a\n")},
		"services/mail/Dockerfile.x":     {Data: []byte("FROM a\n")},
		"services/mail/bad.dockerignore": {Data: []byte("[\n")},
		"services/mail/Dockerfile.dockerignore": {Data: []byte(
			"/secrets\n**/*.pyc\ndocs/*\n!docs/keep.md\n")},
	}
	for name, c := range map[string]struct {
		dockerfile, context, file string
		patterns                  []string
	}{
		"the Dockerfile's own": {"services/mail/Dockerfile", ".", "services/mail/Dockerfile.dockerignore", []string{"secrets", "**/*.pyc", "docs/*", "!docs/keep.md"}},
		"another Dockerfile":   {"services/mail/Dockerfile.x", ".", ".dockerignore", []string{"*", "!services"}},
		"the context's":        {"services/orders/Dockerfile", "services/orders", "services/orders/.dockerignore", nil},
		"none":                 {"services/mail/Dockerfile.x", "services/mail", "", nil},
		"the context's, root":  {"services/orders/Dockerfile", "", ".dockerignore", []string{"*", "!services"}},
	} {
		t.Run(name, func(t *testing.T) {
			ignore, err := dockerfile.ReadIgnore(own, c.dockerfile, c.context)
			require.NoError(t, err)
			assert.Equal(t, c.file, ignore.File)
			assert.Equal(t, c.patterns, ignore.Patterns)
		})
	}
	_, err := dockerfile.ReadIgnore(own, "services/mail/bad", ".")
	require.ErrorContains(t, err, "services/mail/bad.dockerignore: syntax error in pattern. Correct the pattern")
}

func TestBeside(t *testing.T) {
	ignore, err := dockerfile.ReadIgnore(fstest.MapFS{"a/.dockerignore": {Data: []byte("*\n!docs\n/#x\n/y/\n! Dockerfile*\n")}}, "a/Dockerfile", "a")
	require.NoError(t, err)
	name, text := ignore.Beside([]string{"a", "Dockerfile.pinned/", "Dockerfile.pinned-1.dockerignore"})
	assert.Equal(t, "Dockerfile.pinned-2", name)
	again, err := dockerfile.ReadIgnore(fstest.MapFS{"D.dockerignore": {Data: []byte(text)}}, "D", ".")
	require.NoError(t, err)
	assert.Equal(t, append(ignore.Patterns, name, name+".dockerignore"), again.Patterns)
	name, text = dockerfile.Ignore{}.Beside(nil)
	assert.Equal(t, "Dockerfile.pinned", name)
	assert.Equal(t, "Dockerfile.pinned\nDockerfile.pinned.dockerignore\n", text)
}

func FuzzDockerfile(f *testing.F) {
	for _, text := range []string{uv, pnpm, "# escape=`\nFROM `\na\n", "FROM a\nRUN --mount=type=$T,from=b,source=${X:-y} <<E\nE\n",
		"ARG A=b\nFROM ${A%x}\nONBUILD COPY --parents [\"a\", \"b\"]\nENV a=$b c\nADD git@a:b <<E /\nE\n", "FROM \xb9\n", "FROM a\nRUN --mount='type=cache,\"id=a,\"\"b\"' \\\n# x\n --mount=type=cache,tar\\\nget=\"/x y\" --net'work'=host [\"x\"]\nONBUILD RUN --mount=type=cache,target=$A/x <<E\nE\n", "FROM a\nHEALTHCHECK CMD x\nLABEL a\\\n b\n"} {
		f.Add([]byte(text), "x")
	}
	f.Fuzz(func(t *testing.T, text []byte, target string) {
		file, err := dockerfile.Parse("Dockerfile", text)
		if err != nil {
			return
		}
		for _, b := range []dockerfile.Build{{}, {Target: target, Platform: "linux/amd64", Native: "linux/amd64", Args: map[string]string{"A": target}}} {
			sources, err := file.Sources(b)
			if err == nil {
				sources.Reads(target)
			}
			_, _ = file.Images(b)
			_, _ = file.Downloads(b)
			pinned, err := file.Pin(b, func(string) (string, bool) { return "", false })
			if err == nil && b.Native == "" {
				require.Equal(t, string(text), string(pinned), "nothing is known, so nothing changes")
			}
			_ = file.CheckReach(b, nil)
			b.CacheKey = cacheKey
			keyed, keyedErr := file.Pin(b, func(string) (string, bool) { return "", false })
			switch {
			case err != nil:
				require.Error(t, keyedErr)
			case keyedErr != nil && strings.Contains(keyedErr.Error(), "the type of a mount is "):
			case keyedErr != nil:
				require.Regexp(t, "(?i)escape[^\n]*`", string(text), keyedErr)
			default:
				sameButIDs(t, string(pinned), string(keyed))
			}
		}
	})
}
