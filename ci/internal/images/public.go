package images

// The names of the images that the module itself uses.
const (
	Scanner   = "aquasec/trivy:0.74.0"
	WebServer = "nginxinc/nginx-unprivileged:1.29-alpine"
	Registry  = "registry:2"
)

// Public is every image of somebody else's that the module uses, by tag and by
// the digest of its multi-platform index, with the public, dated source that
// the digest was taken from. An image lock replaces entries.
var Public = Table{
	{
		Name:      "python:3.15-slim",
		Reference: "docker.io/library/python:3.15-slim",
		Source:    "docker-library/python",
		Unpinned:  "no public source tells the digest of a release of 3.15 yet, only of candidates",
	},
	{
		Name:      "python:3.14-slim",
		Reference: "docker.io/library/python:3.14-slim@sha256:656d12e70054d5fda18a045e2494c96701e9792dd1445f95b3d038df954f57e9",
		Source:    "docker-library/repo-info repos/python/remote/3.14-slim.md, commit 422f3cfe, 2026-09-01; the same in ten more repositories",
	},
	{
		Name:      "python:3.13-slim",
		Reference: "docker.io/library/python:3.13-slim@sha256:9662417aace5ae7b8e2609cce472b72a8958e134ba372808abe9cc1a0c0125e6",
		Source:    "docker-library/repo-info repos/python/remote/3.13-slim.md, 2026-08-05",
	},
	{
		Name:      "python:3.12-slim",
		Reference: "docker.io/library/python:3.12-slim@sha256:229a2c5bfa27522db7815ea81f9bed70af17ccb9de9fc7ad142b1877b5830d36",
		Source:    "docker-library/repo-info repos/python/remote/3.12-slim.md, 2026-08-05",
	},
	{
		Name:      "python:3.11-slim",
		Reference: "docker.io/library/python:3.11-slim@sha256:90744cff8f32887f075c47d747a173ff333e9e98801667af93c357fa9f5e28ff",
		Source:    "docker-library/repo-info repos/python/remote/3.11-slim.md, 2026-08-05",
	},
	{
		Name:      "python:3.10-slim",
		Reference: "docker.io/library/python:3.10-slim@sha256:63669fd2563fa90b0442fa7b568e66e3667755636cda086d7bcaaa895f66fe39",
		Source:    "docker-library/repo-info repos/python/remote/3.10-slim.md, commit 2477d553, 2026-08-05; the same in seven more repositories",
	},
	{
		Name:      "node:26-slim",
		Reference: "docker.io/library/node:26-slim@sha256:4ebb5ace66f15a24c14c492e01a8beeed4fddf970a856109f5126e703e5fe503",
		Source:    "docker-library/repo-info repos/node/remote/26-slim.md, commit 28583009, 2026-08-05; the same in ten more repositories",
	},
	{
		Name:      "node:24-slim",
		Reference: "docker.io/library/node:24-slim@sha256:cd84903a12dbd26b46f1f3b8144a2568c41c5d37ddd0c7a80a34c7a19786b35f",
		Source:    "docker-library/repo-info repos/node/remote/24-slim.md, commit 2534b852, 2026-08-03; the same in five more repositories",
	},
	{
		Name:      "node:22-slim",
		Reference: "docker.io/library/node:22-slim@sha256:48e4b67d85f87bd551df43704e24d252f56cc5f8e9718841aace50f19948f0f9",
		Source:    "docker-library/repo-info repos/node/remote/22-slim.md, 2026-09-19",
	},
	{
		Name:      "node:20-slim",
		Reference: "docker.io/library/node:20-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0",
		Source:    "ten repositories' Dockerfiles, one of them saying that it is the index's of 2026-09-21; the line has had no release since 20.20.2",
	},
	{
		Name:      WebServer,
		Reference: "docker.io/nginxinc/nginx-unprivileged:1.29-alpine@sha256:0c79d56aee561a1d81c63f00eee5fb5fe29279560cdc55e91425133104c7fbe6",
		Source:    "yonggyu/neowadaeum-frontend Dockerfile, commit 68c71653; the same in ten more repositories",
	},
	{
		Name:      "nvidia/cuda:12.6.3-base-ubuntu24.04",
		Reference: "docker.io/nvidia/cuda:12.6.3-base-ubuntu24.04@sha256:c87e78933f4c16e3272123bf2f75537306596d0fbaa395a29696a22786e5ee0e",
		Source:    "openwall/john-packages Releases/1.9.1-ce/readme.md, 2025-01-31",
	},
	{
		Name:      Scanner,
		Reference: "docker.io/aquasec/trivy:0.74.0@sha256:62b1e65e8869bc4b4c6aa4fa2b21595256c7c2f6018a9d9ad61caf87187c1969",
		Source:    "PastureStack/server .github/workflows/publish-current-server.yml, commit 875e4e1a, after 2026-08-16; the same in nine more repositories",
	},
	{
		Name:      Registry,
		Reference: "docker.io/library/registry:2@sha256:a3d8aaa63ed8681a604f1dea0aa03f100d5895b6a58ace528858a7b332415373",
		Source:    "NVIDIA/NemoClaw tools/e2e/managed-image-protected-runtime-workflow-boundary.mts, commit 28174f56; as the index of 2.8.3 in fourteen more repositories, 2026-08",
	},
}
