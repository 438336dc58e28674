package python

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// credentials is where uv finds what it sends to private indexes.
const credentials = "/run/uv"

// withIndexes is a container in which uv may fetch from the private indexes. What it
// then holds but files is not to be gone on with, and no code of anybody's runs in it.
func (p Project) withIndexes(ctx context.Context, c *dagger.Container) (*dagger.Container, error) {
	if len(p.PythonIndexes) == 0 {
		return c, nil
	}
	c = p.reaching(c)
	var all []pyenv.Credential
	for _, index := range p.PythonIndexes {
		token, err := ground.Plaintext(ctx, index.Token, "the token of "+index.URL)
		if err != nil {
			return nil, err
		}
		all = append(all, pyenv.Credential{Service: index.URL, Username: index.Username, Password: strings.TrimSpace(token)})
	}
	text, err := pyenv.Credentials(all...)
	if err != nil {
		return nil, err
	}
	return c.
		WithMountedSecret(path.Join(credentials, "credentials.toml"), dag.SetSecret("python-indexes", text)).
		WithEnvVariable("UV_CREDENTIALS_DIR", credentials).
		WithEnvVariable("UV_KEYRING_PROVIDER", "disabled"), nil
}

// reaching is a container in which the private indexes can be reached that are services.
func (p Project) reaching(c *dagger.Container) *dagger.Container {
	for _, index := range p.PythonIndexes {
		if index.Service != nil {
			c = c.WithServiceBinding(index.Host, index.Service)
		}
	}
	return c
}

// taken is a container with the files of another that reached the indexes, and nothing
// else of it.
func taken(c, from *dagger.Container) *dagger.Container {
	return c.WithRootfs(from.Rootfs().WithoutDirectory(credentials))
}

// refused says what to do where an index wants credentials, or others.
func (p Project) refused(err error) error {
	printed, isExec := ground.Printed(err)
	at := pyenv.RefusedBy(printed)
	if !isExec || at == nil {
		return err
	}
	return ground.Explained(err, "the Python index %s refuses %s. Give the right token: with-python-index --address %s --token env:PYTHON_INDEX_TOKEN. The installer says:",
		at.Host, at.Path, at.Host)
}

// refusedBuild says so where packages are built, and no token is.
func (p Project) refusedBuild(err error) error {
	printed, isExec := ground.Printed(err)
	at := pyenv.RefusedBy(printed)
	known := at != nil && slices.ContainsFunc(p.PythonIndexes, func(i kinds.PythonIndex) bool { return i.Host == strings.ToLower(at.Hostname()) })
	if !isExec || !known {
		return p.refused(err)
	}
	return ground.Explained(err, "where a package has to be built, its code runs, and the token of %s is not given. Publish it there as a wheel, "+
		"or lock with uv, and with explicit = true at the [[tool.uv.index]], so that nothing but its own packages is looked for there. The installer says:", at.Host)
}

// refusedChoice says what to do where packages cannot be chosen without a token, nor
// with it, when none is built.
func (p Project) refusedChoice(err, unbuilt error) error {
	printed, _ := ground.Printed(err)
	at := pyenv.RefusedBy(printed)
	if at == nil {
		return err
	}
	if printed, _ := ground.Printed(unbuilt); pyenv.RefusedBy(printed) != nil {
		return p.refused(unbuilt)
	}
	return ground.Explained(cmp.Or(unbuilt, err), "the packages of %s are not locked, and to choose them can take building some, which runs their code: the token of %s is not given for that. "+
		"Commit a lock: that of `uv lock` or `poetry lock`, or requirements with hashes. The installer says:", p.Spec.Path, at.Host)
}

// archives is where the sources of packages lie that a private index has no wheel of.
const archives = "/tmp/archives"

// fetchArchive is the Python that fetches a file from an index: the credentials go
// along to nobody that it is sent on to.
const fetchArchive = `import base64, os, sys, urllib.request
request = urllib.request.Request(sys.argv[1])
login = sys.argv[3] + ":" + os.environ["INDEX_TOKEN"].strip()
request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
with urllib.request.urlopen(request, timeout=60) as response, open(sys.argv[2], "wb") as file:
    file.write(response.read())`

// withArchives installs the packages that a private index has as sources alone: these
// are fetched where no code runs, and built where no token is.
func (p project) withArchives(ctx context.Context, installer *dagger.Container, use pyenv.Use, without []pyenv.Wheelless) (*dagger.Container, error) {
	var list strings.Builder
	for _, w := range without {
		archive, locked := p.made.Archive(w.Name)
		of := slices.IndexFunc(p.PythonIndexes, func(i kinds.PythonIndex) bool { return archive.From(i.URL) })
		if !locked || of < 0 {
			continue
		}
		file, err := p.archive(ctx, p.PythonIndexes[of], archive.URL)
		if err != nil {
			return nil, fmt.Errorf("fetch the sources of %s %s: %w", archive.Name, archive.Version, err)
		}
		installer = installer.WithFile(path.Join(archives, path.Base(archive.URL)), file)
		list.WriteString(archive.Requirement())
	}
	if list.Len() == 0 {
		return installer, nil
	}
	const file = lists + "/archives.txt"
	return installer.WithNewFile(file, list.String()).WithExec(p.made.InstallArchives(use, archives, file)), nil
}

// archive is a file that an index has.
func (p Project) archive(ctx context.Context, index kinds.PythonIndex, url string) (*dagger.File, error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	const at = "/tmp/archive"
	fetched, err := p.reaching(base).
		WithSecretVariable("INDEX_TOKEN", index.Token).
		WithExec([]string{"python", "-I", "-c", fetchArchive, url, at, index.Username}).
		Sync(ctx)
	if err != nil {
		return nil, err
	}
	return fetched.File(at), nil
}
