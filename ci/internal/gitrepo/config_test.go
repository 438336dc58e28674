package gitrepo_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
)

func TestOrigin(t *testing.T) {
	for name, test := range map[string]struct{ config, want string }{
		"as git writes it":                {"[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://a.example/a\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n", "https://a.example/a"},
		"no remote":                       {"[core]\n\tbare = false\n\turl = https://wrong.example\n", ""},
		"another remote":                  {"[remote \"upstream\"]\nurl = https://wrong.example\n[branch \"origin\"]\nurl = https://wrong.example\n", ""},
		"another one's, in other letters": {"[remote \"Origin\"]\nurl = https://wrong.example\n", ""},
		"comments":                        {"[remote \"origin\"] ; ours\n# url = https://wrong.example\n; url = https://wrong.example\nurl = https://a.example/a # not this\n", "https://a.example/a"},
		"on one line":                     {"[remote \"origin\"] url = https://a.example/a", "https://a.example/a"},
		"quoted":                          {"[remote \"origin\"]\nurl = \"https://a.example/a;b#c\" ; this\n", "https://a.example/a;b#c"},
		"quoted in part":                  {"[remote \"origin\"]\nurl = https://a.\"example/a\"\n", "https://a.example/a"},
		"a blank in it":                   {"[remote \"origin\"]\nurl = /srv/my repository\n", "/srv/my repository"},
		"continued":                       {"[remote \"origin\"]\nurl = https://a.example/\\\nstudio\n", "https://a.example/studio"},
		"in capitals":                     {"[REMOTE \"origin\"]\nURL=https://a.example/a\n", "https://a.example/a"},
		"escaped":                         {"[remote \"or\\igin\"]\nurl = https://a.example/a\n", "https://a.example/a"},
		"twice":                           {"[remote \"origin\"]\nurl = https://a.example/a\n[core]\nbare = true\n[remote \"origin\"]\nurl = https://b.example/b\n", "https://a.example/a"},
		"replaced by git":                 {"[url \"https://wrong.example/\"]\ninsteadOf = https://a.example/\n[remote \"origin\"]\nurl = https://a.example/a\n", "https://a.example/a"},
		"included":                        {"[include]\npath = other\n[includeIf \"gitdir:/**\"]\npath = other\n", ""},
		"of a worktree":                   {"[extensions]\nworktreeConfig = true\n[core]\nworktree = /nowhere\nrepositoryformatversion = 99\n[remote \"origin\"]\nurl = https://a.example/a\n", "https://a.example/a"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o700))
			for file, content := range map[string]string{"config": test.config, "other": "[remote \"origin\"]\nurl = https://wrong.example\n"} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", file), []byte(content), 0o600))
			}
			t.Chdir(dir)
			for _, from := range []string{dir, "."} {
				url, err := gitrepo.Origin(t.Context(), from)
				require.NoError(t, err)
				require.Equal(t, test.want, url)
			}
		})
	}
}

func TestOriginOfNoConfiguration(t *testing.T) {
	dir := t.TempDir()
	url, err := gitrepo.Origin(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, url)

	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".git/config"), []byte("[remote \"origin\"\n"), 0o600))
	_, err = gitrepo.Origin(t.Context(), dir)
	require.ErrorContains(t, err, "read the configuration of "+dir)
}
