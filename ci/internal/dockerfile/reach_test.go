package dockerfile_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
)

func TestCheckReach(t *testing.T) {
	const remedy = " reaches whatever listens on the engine's machine. Remove the flag, or let whoever calls allow it by with-dockerfile-entitlements --entitlements NETWORK_HOST"
	const none = " asks for more than the engine gives to a Dockerfile. Remove the flag"
	const syntax = " is an image that would be run to read the Dockerfile. The engine reads it itself. Remove the line, or name docker/dockerfile"
	const escape = "x/Dockerfile: it changes the escape character in a line with unusual spaces. Write # escape=` with plain ones"
	host := []dockerfile.Entitlement{dockerfile.NetworkHost}
	for name, c := range map[string]struct {
		text    string
		target  string
		allowed []dockerfile.Entitlement
		want    string
	}{
		"nothing":             {text: "FROM a\nRUN --network=none --mount=target=/x --security=sandbox x --network=host\n"},
		"the network":         {text: "FROM a\nRUN \\\n --network=host x\n", want: "x/Dockerfile:2: RUN --network=host, in stage 0," + remedy},
		"in quotes":           {text: "FROM a AS b\nRUN --net\"work\"='ho\\st' x\n", want: "x/Dockerfile:2: RUN --network=host, in stage b," + remedy},
		"allowed":             {text: "FROM a\nRUN --network=host x\n", allowed: host},
		"each of them":        {text: "FROM a\nRUN --network=host x\nRUN --security=insecure --device=gpu x\n", allowed: host, want: "x/Dockerfile:3: RUN --security=insecure, in stage 0," + none + "\nx/Dockerfile:3: RUN --device=gpu, in stage 0," + none},
		"another stage":       {text: "FROM a AS x\nRUN --network=host x\nFROM b\nRUN x\n"},
		"a stage below":       {text: "FROM a AS x\nRUN --network=host x\nFROM x\nRUN x\n", want: "x/Dockerfile:2: RUN --network=host, in stage x," + remedy},
		"a target":            {text: "FROM a AS x\nRUN --network=host x\nFROM b\nRUN x\n", target: "x", want: "x/Dockerfile:2: RUN --network=host, in stage x," + remedy},
		"files of a stage":    {text: "FROM a AS x\nRUN --network=host x\nFROM b\nCOPY --from=0 x x\n", want: "x/Dockerfile:2: RUN --network=host, in stage x," + remedy},
		"a mount of a stage":  {text: "FROM a AS x\nRUN --network=host x\nFROM b\nRUN --mount=from=x,target=/x x\n", want: "x/Dockerfile:2: RUN --network=host, in stage x," + remedy},
		"hidden by a mount":   {text: "FROM a AS x\nRUN --network=host x\nFROM b\nRUN --mount=type=$T,target=/y --mount=from=x,target=/x x\n", want: "x/Dockerfile:2: RUN --network=host, in stage x," + remedy},
		"ONBUILD":             {text: "FROM a AS s\nONBUILD RUN --network=host x\nFROM s\n", want: "x/Dockerfile:2: RUN --network=host, in stage s," + remedy},
		"a heredoc":           {text: "FROM a\nRUN --network=host <<E\nx\nE\nCOPY <<E /\nRUN --network=host\nE\n", want: "x/Dockerfile:2: RUN --network=host, in stage 0," + remedy},
		"docker's syntax":     {text: "# syntax=docker/dockerfile:1\nFROM a\n"},
		"docker's, in full":   {text: "#syntax = docker.io/docker/dockerfile@sha256:12\nFROM a\n"},
		"another's syntax":    {text: "# syntax=evil.example/x:1\nFROM a\n", want: "x/Dockerfile:1: syntax=evil.example/x:1" + syntax},
		"almost docker's":     {text: "# escape=\\\n# syntax=docker/dockerfile-x\nFROM a\n", want: "x/Dockerfile:2: syntax=docker/dockerfile-x" + syntax},
		"another escape":      {text: "\ufeff# check=skip=all\n #escape = `\nFROM a\nRUN `\n--network=host x\n", want: "x/Dockerfile:4: RUN --network=host, in stage 0," + remedy},
		"an escape for us":    {text: "#\u00a0escape=`\nFROM a\nRUN x `\nRUN --network=host x\n", want: escape},
		"an escape after one": {text: "#\u00a0check=skip=all\n# escape=`\nFROM a\nRUN x `\nRUN --network=host x\n", want: escape},
		"an escape in flags":  {text: "# escape=`\nFROM a\nRUN --mount='target=/x`' --network=host '\n", want: "x/Dockerfile:3: RUN: its flags cannot be told apart. Write the instruction with plain spaces and quotes"},
		"the usual one there": {text: "# escape=`\nFROM a\nONBUILD RUN --mount='target=\\x' y\n", want: "x/Dockerfile:3: ONBUILD: its flags cannot be told apart. Write the instruction with plain spaces and quotes"},
		"a command with both": {text: "# escape=`\nFROM a\nRUN `\n --network=none `\n echo \\ ` \n x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := dockerfile.Parse("x/Dockerfile", []byte(c.text))
			require.NoError(t, err)
			err = file.CheckReach(dockerfile.Build{Target: c.target}, c.allowed)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Equal(t, c.want, err.Error())
		})
	}
}

func TestCheckTriggers(t *testing.T) {
	file, err := dockerfile.Parse("x/Dockerfile", []byte("FROM --platform=$TARGETPLATFORM \\\n  evil:1 AS a\nCOPY --from=evil:1 a b\n"))
	require.NoError(t, err)
	images, err := file.Images(dockerfile.Build{Platform: "linux/arm64"})
	require.NoError(t, err)
	require.Equal(t, []dockerfile.Image{{Reference: "evil:1", Line: 1, Base: true, Platform: "linux/arm64"}}, images)
	host := []dockerfile.Entitlement{dockerfile.NetworkHost}
	const instead = ". Build on another one, or pin this one by an image lock"
	for trigger, c := range map[string]struct {
		build   dockerfile.Build
		allowed []dockerfile.Entitlement
		want    string
	}{
		"COPY . .":                                      {},
		"RUN --mount=target=/x --network=none x":        {build: dockerfile.Build{CacheKey: "k"}},
		"RUN --mount=type=cache,target=/x x":            {},
		"RUN --mount=type=cache,target=/y x":            {build: dockerfile.Build{CacheKey: "k"}, want: "mounts a cache" + instead},
		"RUN --mount=type=$T,target=/x x":               {build: dockerfile.Build{CacheKey: "k"}, want: "mounts a cache" + instead},
		"RUN --network=host x":                          {want: "reaches out of its container" + instead},
		"RUN --network=host y":                          {allowed: host},
		"# escape=`\nRUN --mount='x`' --network=host '": {want: "changes the escape character" + instead},
		"RUN x\nRUN --network=host x":                   {want: "reaches out of its container" + instead},
		"RUNS x":                                        {want: "unknown instruction: RUNS (did you mean RUN?)" + instead},
	} {
		err := file.CheckTriggers(images[0], []string{"USER 1", trigger}, c.build, c.allowed)
		if c.want == "" {
			require.NoError(t, err, trigger)
			continue
		}
		require.EqualError(t, err, fmt.Sprintf("x/Dockerfile:1: FROM --platform=$TARGETPLATFORM evil:1 AS a: the image has the trigger %q, which %s", trigger, c.want))
	}
}
