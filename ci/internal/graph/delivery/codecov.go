package delivery

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/codecov"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Codecov is where coverage is uploaded to.
type Codecov struct {
	codecov.Upload
	Service *dagger.Service
	Token   *dagger.Secret
	// Tokenless uploads without a token.
	Tokenless bool
	// Fork says that it is a fork's pull request.
	Fork bool
}

// Send uploads the coverage among a run's files, a line a component.
func (u Codecov) Send(ctx context.Context, c Caller, files *dagger.Directory) ([]string, error) {
	if err := u.Check(); err != nil {
		return nil, err
	}
	if skip, err := u.skips(ctx); skip != "" || err != nil {
		return []string{skip}, err
	}
	reports, found, err := measured(ctx, files)
	if err != nil || len(found) == 0 {
		return []string{"skipped: the run measured no coverage"}, err
	}
	cli, err := u.cli(ctx, c, reports)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, file := range found {
		if _, err := cli.WithExec(u.Command(file)).Sync(ctx); err != nil {
			return lines, ground.Failed(codecov.Component(file)+" codecov", err)
		}
		lines = append(lines, codecov.Component(file)+": uploaded "+plain.Line(file))
	}
	return lines, nil
}

// skips says why there is nothing to upload with.
func (u Codecov) skips(ctx context.Context) (string, error) {
	token, err := ground.Optional(ctx, u.Token, "Codecov's token")
	switch {
	case err != nil || token != "":
		return "", err
	case u.Fork:
		return "skipped: a fork's pull request is given no secrets, and there is no token", nil
	case !u.Tokenless:
		return "skipped: there is no Codecov token. Give it with --token, or say --tokenless for a public repository that allows it", nil
	}
	return "", nil
}

// measured are the files of coverage that a run left.
func measured(ctx context.Context, files *dagger.Directory) (*dagger.Directory, []string, error) {
	const folder = "coverage"
	is, err := files.Exists(ctx, folder)
	if err != nil || !is {
		return nil, nil, err
	}
	reports := files.Directory(folder)
	entries, err := reports.Entries(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list the files of coverage: %w", err)
	}
	return reports, codecov.Files(entries), nil
}

// cli is Codecov's own, with the token in its environment alone. It reads the names of
// the repository's files, and runs none of them.
func (u Codecov) cli(ctx context.Context, c Caller, reports *dagger.Directory) (*dagger.Container, error) {
	python, err := c.Pinned.Container(ctx, "python:3.13-slim", "")
	if err != nil {
		return nil, err
	}
	const lock = "/codecov/requirements.txt"
	with := python.
		WithNewFile(lock, codecov.Lock).
		WithExec([]string{"pip", "install", "--quiet", "--no-cache-dir", "--root-user-action=ignore", "--require-hashes", "--requirement", lock}).
		WithNewFile(codecov.Settings, "codecov: {}\n").
		WithDirectory(codecov.Reports, reports).
		WithDirectory(codecov.Names, c.Source.Directory.WithoutDirectory(".git")).
		WithWorkdir(codecov.Reports)
	if u.Service != nil {
		with = with.WithServiceBinding(u.Host(), u.Service)
	}
	if u.Token != nil {
		with = with.WithSecretVariable("CODECOV_TOKEN", u.Token)
	}
	return with, nil
}
