package workflow

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var settings = Settings{
	Module:  "github.com/pingvas/pingvas-ci@v1.0.0",
	Account: "123456789012",
	Region:  "ap-northeast-2",
	Role:    "arn:aws:iam::123456789012:role/GitHubActionsRole",
	Gitops:  "https://github.com/pingvas/pingvas-gitops.git",
	Gates:   "lint,test",
}

func TestEveryActionIsPinnedByCommit(t *testing.T) {
	text, err := Render(settings)
	require.NoError(t, err)
	uses := regexp.MustCompile(`uses: (\S+)`).FindAllStringSubmatch(text, -1)
	require.Len(t, uses, 4)
	for _, use := range uses {
		require.Regexp(t, `@[0-9a-f]{40}$`, use[1])
	}
}

func TestTheWorkflowIsYAMLWithTimeoutsAndFullHistory(t *testing.T) {
	text, err := Render(settings)
	require.NoError(t, err)
	var parsed struct {
		Jobs map[string]struct {
			Timeout int `yaml:"timeout-minutes"`
			Steps   []struct {
				With map[string]string `yaml:"with"`
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &parsed))
	require.Len(t, parsed.Jobs, 2)
	for name, job := range parsed.Jobs {
		require.Positive(t, job.Timeout, name)
		require.Equal(t, "0", job.Steps[0].With["fetch-depth"], name)
		require.NotContains(t, job.Steps[1].With["args"], "${{", "an expression in %s would be run by the shell", name)
	}
}

func TestFindingsMayBeShown(t *testing.T) {
	text, err := Render(settings)
	require.NoError(t, err)
	require.Contains(t, text, "with-code-scanning --repository \"$GITHUB_REPOSITORY\" --ref \"$GITHUB_REF\" --token env:GITHUB_TOKEN")
	require.Contains(t, text, "security-events: write")
}

func TestGatesAreAskedForInBothJobs(t *testing.T) {
	text, err := Render(settings)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(text, "with-policy --gates lint,test"))
	none := settings
	none.Gates = ""
	text, err = Render(none)
	require.NoError(t, err)
	require.NotContains(t, text, "with-policy")
}

func TestKeylessSigningIsAskedFor(t *testing.T) {
	text, err := Render(settings)
	require.NoError(t, err)
	require.NotContains(t, text, "keyless")
	keyless := settings
	keyless.Keyless = true
	signed, err := Render(keyless)
	require.NoError(t, err)
	require.Contains(t, signed, "with-job-identity --oidc-url env:ACTIONS_ID_TOKEN_REQUEST_URL")
	var parsed any
	require.NoError(t, yaml.Unmarshal([]byte(signed), &parsed))
}

func TestValuesThatCouldEscapeAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Settings){
		"module":  func(s *Settings) { s.Module = "x\n  evil: true" },
		"account": func(s *Settings) { s.Account = "$(id)" },
		"role":    func(s *Settings) { s.Role = "arn; id" },
		"gitops":  func(s *Settings) { s.Gitops = "https://user:token@github.com/x.git" },
	} {
		bad := settings
		spoil(&bad)
		_, err := Render(bad)
		require.ErrorContains(t, err, "workflow: "+name)
	}
}
