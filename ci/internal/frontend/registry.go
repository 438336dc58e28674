package frontend

import (
	"fmt"
	"regexp"
	"strings"
)

// Health is a shell's command that fails when the server of Server does not
// answer. Images have wget, or bash, and seldom both.
const Health = `wget -q -O /dev/null http://127.0.0.1:8080/healthz || ` +
	`bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080 && printf "GET /healthz HTTP/1.0\r\n\r\n" >&3 && grep -q " 200 " <&3'`

var (
	refusedFetch = regexp.MustCompile(`ERR_PNPM_FETCH_(401|403)\b[^\n]*?https?://([^\s/]+)(/\S*)`)
	address      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?(/[A-Za-z0-9._~-]+)*/?$`)
	variable     = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// RefusedFetch says what to do when a fetch's output shows that a registry
// wants another token, or any. It is nil for any other output.
func RefusedFetch(output string) error {
	m := refusedFetch.FindStringSubmatch(output)
	if m == nil {
		return nil
	}
	return fmt.Errorf("the npm registry %s answers %s for %s. Give the right token: with-npm-registry --address %s --token env:NPM_TOKEN",
		m[2], m[1], strings.TrimSuffix(m[3], ":"), m[2])
}

var silentRegistry = regexp.MustCompile(`(?m)GET https?://([^\s/]+)/\S* error \((ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT)\)`)

// SilentRegistry says which npm registry has not answered, where a fetch's output shows
// that. It is nil for any other output.
func SilentRegistry(output string) error {
	m := silentRegistry.FindStringSubmatch(output)
	if m == nil {
		return nil
	}
	return fmt.Errorf("the npm registry %s does not answer (%s), which the repository's .npmrc or lock file names. Let the engine reach it, or have them name another", m[1], m[2])
}

// Registry takes apart what names a private npm registry: its host without a
// port, and its Credentials.
func Registry(address, variable string) (host, credentials string, err error) {
	credentials, err = Credentials(address, variable)
	host, _, _ = strings.Cut(address, "/")
	host, _, _ = strings.Cut(host, ":")
	return host, credentials, err
}

// Credentials is the line of a user's .npmrc by which one registry, and no
// other, gets the token that a variable holds.
func Credentials(registry, name string) (string, error) {
	if !address.MatchString(registry) {
		return "", fmt.Errorf("npm registry %q: write its host, with port and path where it has them, and without https://, such as npm.example/team", registry)
	}
	if !variable.MatchString(name) {
		return "", fmt.Errorf("npm token variable %q: write upper-case letters, digits and '_', such as NPM_TOKEN", name)
	}
	return "//" + strings.TrimSuffix(registry, "/") + "/:_authToken=${" + name + "}\n", nil
}

// registryLine is a line of an .npmrc that says where packages come from, without
// any variable: registry=https://… or @scope:registry=https://….
var registryLine = regexp.MustCompile(`^\s*(@[A-Za-z0-9._~-]+:)?registry\s*=\s*https?://[^\s${}"']+\s*$`)

// Registries are the lines of an .npmrc that say where packages come from, and
// nothing else of it: no credential, no variable, no address of another setting.
func Registries(npmrc string) string {
	var kept strings.Builder
	for line := range strings.Lines(npmrc) {
		if line = strings.TrimRight(line, "\r\n"); registryLine.MatchString(line) {
			kept.WriteString(strings.TrimSpace(line) + "\n")
		}
	}
	return kept.String()
}
