package pyenv

// flags are options of tools that take no value.
var flags = []string{
	"--fix", "--check", "--diff", "--df", "--check-only", "--strict", "--pretty", "--preview", "--quiet", "--verbose", "--no-cache", "--no-fix", "--show-fixes", "--unsafe-fixes",
	"--ignore-missing-imports", "--explicit-package-bases", "--namespace-packages", "--check-untyped-defs", "--show-error-codes", "--exit-non-zero-on-fix", "-v", "-q",
}

// grammar is what options of a tool mean here.
type grammar struct {
	valued, kept []string // those that take a value, and those that a verdict depends on
	unless       []string // where kept is empty, those that none does
}

// modules are mypy's options that name what it is run on.
var modules = []string{"-p", "--package", "-m", "--module"}

var grammars = map[string]grammar{
	"mypy": {
		valued: append([]string{
			"--config-file", "--python-version", "--platform", "--always-true", "--always-false", "--python-executable", "--cache-dir", "--exclude", "--follow-imports",
			"--enable-error-code", "--disable-error-code", "--package-root", "--custom-typeshed-dir", "--custom-typing-module", "--untyped-calls-exclude", "--junit-xml", "--junit-format",
			"--any-exprs-report", "--cobertura-xml-report", "--html-report", "--linecount-report", "--linecoverage-report", "--lineprecision-report", "--txt-report", "--xml-report",
			"--num-workers", "-n", "-O", "--output",
		}, modules...),
		unless: []string{
			"--pretty", "--no-pretty", "--show-traceback", "--tb", "--pdb", "--python-executable", "--cache-dir", "--incremental", "--no-incremental", "--install-types", "--non-interactive",
			"--color-output", "--no-color-output", "--error-summary", "--no-error-summary", "--show-error-context", "--show-column-numbers", "--show-error-end", "--show-error-codes",
			"--hide-error-codes", "--show-absolute-path", "-v", "--verbose", "--junit-xml", "--junit-format", "--any-exprs-report", "--cobertura-xml-report", "--html-report", "--linecount-report",
			"--linecoverage-report", "--lineprecision-report", "--txt-report", "--xml-report", "--num-workers", "-n", "-O", "--output",
		},
	},
	"ruff": {
		valued: []string{"--config", "--select", "--ignore", "--extend-select", "--extend-ignore", "--exclude", "--extend-exclude", "--line-length", "--target-version", "--output-format", "--per-file-ignores"},
		kept:   []string{"--config", "--select", "--ignore", "--extend-select", "--extend-ignore", "--exclude", "--extend-exclude", "--line-length", "--target-version", "--preview", "--isolated"},
	},
	"flake8": {
		valued: []string{
			"--exclude", "--extend-exclude", "--filename", "--format", "--ignore", "--extend-ignore", "--per-file-ignores", "--max-line-length", "--max-doc-length", "--indent-size", "--select", "--extend-select",
			"--jobs", "-j", "--output-file", "--config", "--append-config", "--enable-extensions", "--require-plugins", "--max-complexity", "--builtins", "--include-in-doctest", "--exclude-from-doctest", "--color",
			"--import-order-style", "--application-import-names", "--inline-quotes", "--docstring-convention",
		},
		unless: []string{"--format", "--jobs", "-j", "--output-file", "--tee", "--color", "--count", "--statistics", "--show-source", "--no-show-source", "--benchmark", "-v", "--verbose", "-q", "--quiet"},
	},
	"black": {
		valued: []string{"-l", "--line-length", "-t", "--target-version", "--include", "--exclude", "--extend-exclude", "--force-exclude", "--config", "-W", "--workers", "--required-version", "--enable-unstable-feature", "--line-ranges"},
		unless: []string{"--check", "--diff", "--color", "--no-color", "-v", "--verbose", "-q", "--quiet", "-W", "--workers"},
	},
	"isort": {
		valued: []string{
			"--profile", "-l", "-w", "--line-length", "--line-width", "--settings-path", "--sp", "--settings-file", "--settings", "-s", "--skip", "--extend-skip", "--sg", "--skip-glob", "--extend-skip-glob", "-p", "--project",
			"--src", "--src-path", "-o", "--thirdparty", "-f", "--future", "-b", "--builtin", "-m", "--multi-line", "-a", "--add-import", "--rm", "--remove-import", "--py", "--python-version", "-t", "--top", "-j", "--jobs",
		},
		unless: []string{"-c", "--check", "--check-only", "--diff", "--df", "-q", "--quiet", "-v", "--verbose", "--color", "-j", "--jobs", "-rc", "--recursive"},
	},
	"pylint": {
		valued: []string{
			"--rcfile", "-d", "--disable", "-e", "--enable", "-j", "--jobs", "-f", "--output-format", "--output", "--fail-under", "--fail-on", "--load-plugins", "--ignore", "--ignore-paths", "--ignore-patterns",
			"--max-line-length", "--msg-template", "--py-version", "--init-hook", "--extension-pkg-allow-list", "--extension-pkg-whitelist", "--good-names", "--recursive", "--source-roots", "--score", "-s", "--reports", "-r",
		},
		unless: []string{"-j", "--jobs", "-f", "--output-format", "--output", "--msg-template", "--score", "-s", "--reports", "-r", "-v", "--verbose"},
	},
	"pyright":      pyrightGrammar,
	"basedpyright": pyrightGrammar,
	"ty": {
		valued: []string{"--project", "--python", "--python-version", "--python-platform", "--config", "-c", "--config-file", "--error", "--warn", "--ignore", "--exclude", "--extra-search-path", "--typeshed", "--output-format", "--color"},
		unless: []string{"--output-format", "--color", "-v", "--verbose", "-q", "--quiet", "--no-progress"},
	},
	"pyrefly": {
		valued: []string{"--config", "-c", "--python-version", "--python-platform", "--search-path", "--site-package-path", "--project-excludes", "--output-format", "--output", "--color", "--threads", "-j", "--summarize-errors"},
		unless: []string{"--output-format", "--output", "--color", "--threads", "-j", "-v", "--verbose", "--no-progress-bar"},
	},
	"pytest": {
		valued: []string{"-m", "-k", "-c", "-p", "-o", "-W", "-n", "--ignore", "--ignore-glob", "--deselect", "--rootdir", "--confcutdir", "--import-mode", "--tb", "--maxfail", "--durations", "--junitxml", "--junit-xml", "--numprocesses", "--dist", "--basetemp", "--cov", "--cov-report", "--cov-config", "--cov-fail-under", "--timeout", "--ds", "--asyncio-mode"},
		unless: []string{
			"-v", "--verbose", "-q", "--quiet", "-r", "-l", "--showlocals", "--tb", "--full-trace", "--color", "--code-highlight", "--durations", "--durations-min", "--no-header", "--no-summary",
			"-n", "--numprocesses", "--dist", "--maxprocesses", "--cov", "--no-cov", "--cov-report", "--cov-config", "--cov-fail-under", "--cov-append", "--cov-branch", "--cov-context",
			"--junitxml", "--junit-xml", "--junit-prefix", "--html", "--self-contained-html", "--basetemp", "--cache-clear", "--lf", "--last-failed", "--ff", "--failed-first",
			"-x", "--exitfirst", "--maxfail", "--disable-warnings", "--disable-pytest-warnings", "--benchmark-disable", "--benchmark-skip", "--pdb", "--sw", "--stepwise",
		},
	},
}

var pyrightGrammar = grammar{
	valued: []string{"-p", "--project", "--pythonversion", "--pythonplatform", "--pythonpath", "-v", "--venvpath", "--typeshedpath", "-t", "--level", "--verifytypes", "--threads", "--baselinefile"},
	unless: []string{"-v", "--venvpath", "--pythonpath", "--outputjson", "--stats", "--verbose", "--threads", "--dependencies"},
}

// configures are the tools whose configuration says what they are run on, so that a line
// need not.
var configures = []string{"mypy", "flake8", "pyright", "basedpyright", "ty", "pyrefly"}

// asks are options by which a tool tells of itself, and checks nothing.
var asks = []string{"--version", "-V", "--help", "-h"}

// writes are options with which a tool writes a file, waits for edits or lists what it has,
// in place of judging the code, or judges what a package says of its types alone.
var writes = []string{
	"--createstub", "--writebaseline", "--watch", "-w", "--verifytypes", "--generate-toml-config", "--generate-rcfile", "--list-msgs", "--list-msgs-enabled", "--bug-report", "--show-settings", "--show-files",
}

// lenient are those by which it passes, whatever it finds.
var lenient = []string{"--exit-zero", "--exit-zero-even-if-changed"}
