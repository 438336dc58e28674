package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// git runs the git program in one directory.
type git struct {
	dir     string
	partial bool // it lacks what a filter left out
	config  []setting
	env     []string
	secrets []string
}

type setting struct{ key, value string }

// run returns what git printed, or a *failure.
func (g git) run(ctx context.Context, args ...string) (string, error) {
	return g.runWith(ctx, "", args...)
}

func (g git) runWith(ctx context.Context, stdin string, args ...string) (string, error) {
	stdout, stderr := bounded{most: largest}, bounded{most: 1 << 20}
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = g.dir, g.environment()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	// The whole group, since git's helpers outlive it; and not by SIGKILL, which
	// would leave lock files behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	if err == nil {
		return stdout.String(), nil
	}
	f := &failure{command: args[0], stdout: g.scrub(stdout.String()), stderr: g.scrub(stderr.String()), cause: err}
	if ctx.Err() != nil {
		f.cause = context.Cause(ctx)
	}
	return "", g.explained(f)
}

// bounded keeps what git prints, up to a limit at which git is ended.
type bounded struct {
	text bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > b.most {
		return 0, fmt.Errorf("it printed more than %d MiB", b.most>>20)
	}
	return b.text.Write(p)
}

func (b *bounded) String() string { return b.text.String() }

// passed are the variables of this process that git may see: what it needs to
// find its programs, and a company's proxy and certificates.
var passed = []string{
	"PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_EXEC_PATH",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
}

// environment cuts git off from the machine's configuration, from prompts, and
// from every protocol that can run a command. Settings go by environment, since
// arguments can be seen by every user of the machine.
func (g git) environment() []string {
	env := []string{
		"LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=https:http:ssh:file", "GIT_LITERAL_PATHSPECS=1",
		"GIT_OPTIONAL_LOCKS=0", "HOME=" + os.DevNull,
	}
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	settings := append([]setting{
		{"credential.helper", ""}, {"core.askPass", ""}, {"core.hooksPath", os.DevNull}, {"core.fsmonitor", "false"},
		{"core.attributesFile", os.DevNull}, {"core.excludesFile", os.DevNull},
		{"core.autocrlf", "false"}, {"gc.auto", "0"}, {"maintenance.auto", "false"}, {"advice.detachedHead", "false"},
		{"http.lowSpeedLimit", "1"}, {"http.lowSpeedTime", "60"}, // a server that went silent
	}, g.config...)
	env = append(env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(settings)))
	for i, s := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s.key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s.value))
	}
	return append(env, g.env...)
}

func (g git) scrub(text string) string {
	for _, secret := range g.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

// failure is a git command that did not end well.
type failure struct {
	command, stdout, stderr string
	cause                   error
}

func (f *failure) Error() string {
	said := strings.TrimSpace(f.stderr)
	if said == "" {
		said = strings.TrimSpace(f.stdout)
	}
	text := fmt.Sprintf("git %s: %v", f.command, f.cause)
	if said == "" {
		return text
	}
	return text + ": " + plain.Line(strings.Join(strings.Fields(said), " "))
}

func (f *failure) Unwrap() error { return f.cause }

// lacking is how git says that an object is not there: older versions name who
// was asked for it, newer ones that ask nobody only the object.
var lacking = regexp.MustCompile(`from promisor remote|unable to read (tree|sha1 file)|missing (blob|tree) object|could not (get|read) object`)

// explained is the failure, or ErrPartial where git needed what a clone with a
// filter has left out.
func (g git) explained(f *failure) error {
	if !lacking.MatchString(f.stderr) || !g.partial {
		return f
	}
	return fmt.Errorf("%w: git %s needs files or directories that its filter left out. Clone without --filter (leave filter out of a checkout), "+
		"or get the rest: git fetch --refetch --no-filter", ErrPartial, f.command)
}

// exitCode is the code with which git ended, or -1.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}
