package mirror

import (
	"context"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
)

// uvProgram is one of uv's, in the wheel of a platform.
type uvProgram struct{ Name, SHA256 string }

// uvWheels carry uv, by architecture: the version that the module installs.
var uvWheels = map[string]struct {
	Wheel    pinnedWheel
	Platform string
	Programs []uvProgram
}{
	amd64: {
		pinnedWheel{"uv", "0.13.9", "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19"}, "manylinux2014_x86_64",
		[]uvProgram{{"uv", "b73acdf73b96c3ac9e56d2fa933427b3ee6a901e3cce6ba1e3ecb3f91ca0d86a"}, {"uvx", "d5fbc16089c2c31c076b2d61b4f1f455cdebcdef16f5306d4852ef2ce6e117bc"}},
	},
	arm64: {
		pinnedWheel{"uv", "0.13.9", "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375"}, "manylinux_2_28_aarch64",
		[]uvProgram{{"uv", "6109e47a75f2380d1cc90b00a6ee82b7b5792ddf66588625ec168545ae17512e"}, {"uvx", "245375dd57d266a7f0f39b3de55026fec81ce267f916541819d668171a75a0a3"}},
	},
}

// uv is what Dockerfiles copy uv from. It has nothing else in it.
func (r recipes) uv() image {
	version := uvWheels[amd64].Wheel.Version
	programs := func(architecture string) *debian.Layer {
		from := uvWheels[architecture]
		return debian.Files("uv-"+architecture, nil, func(ctx context.Context, site debian.Site) error {
			return from.Wheel.fetched(ctx, func(wheel string) error {
				for _, program := range from.Programs {
					member := "uv-" + version + ".data/scripts/" + program.Name
					if err := unzip(wheel, member, program.SHA256, filepath.Join(site.Root, program.Name)); err != nil {
						return err
					}
				}
				return nil
			}, from.Platform)
		}, from)
	}
	return image{
		lock: "ghcr.io/astral-sh/uv:" + version, also: []string{"ghcr.io/astral-sh/uv:0.13.0", "ghcr.io/astral-sh/uv:latest"},
		repository: "astral-sh/uv", tag: fixed(version),
		about:  "uv " + version + " and uvx, which need glibc, where those of the public image need nothing.",
		parts:  map[string]string{"uv": version},
		stacks: []stack{{amd64, programs(amd64)}, {arm64, programs(arm64)}},
		config: v1.Config{Env: []string{"PATH=" + systemPath}, Entrypoint: []string{"/uv"}, WorkingDir: "/io"},
	}
}
