package frontend

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// Marks are the patterns of files by which a build shows what it has written: the
// pages of a site, those of a Storybook, and the servers of applications.
var Marks = []string{
	"**/index.html", "**/200.html", "**/iframe.html", "**/BUILD_ID", "**/server/index.mjs", "**/server/index.js", "**/server/entry.mjs",
	"**/server/server.mjs", "**/server/server.js", "**/handler.js", "**/.vercel/output/functions/**/.vc-config.json", "**/_worker.js", "**/_worker.js/index.js",
	"**/.netlify/functions*/**/*.mjs", "**/.netlify/v1/functions/**/*.mjs",
}

// hosts are the servers of those who run applications, by what lies in the path of a file
// that an adapter of theirs writes.
var hosts = []struct{ part, name string }{
	{".vercel/output/functions/", "for Vercel's functions"}, {"_worker.js", "for Cloudflare's workers"}, {".netlify/", "for Netlify's functions"},
}

// servers are those of applications that render on a server, by the ends of their
// files, each with what to write for one that is files alone.
var servers = []struct{ file, name, static string }{
	{"server/entry.mjs", "Astro", `output: "static" in its configuration`},
	{"server/index.mjs", "Nuxt, TanStack Start or another one of Nitro", "a build script such as nuxt generate"},
	{"server/index.js", router, "ssr: false in react-router.config"},
	{"server/server.mjs", "Angular", `"outputMode": "static" in angular.json`},
	{"server/server.js", "TanStack Start", "spa: { enabled: true } in its configuration"},
	{"build/handler.js", "SvelteKit with a node adapter", "@sveltejs/adapter-static"},
}

// router is what is called React Router today, and unserved has it write files alone.
const router = "React Router or Remix"

var unserved = regexp.MustCompile(`(?m)^[^/*]*\bssr["']?\s*:\s*false\b`)

// asides are folders of pages that are no site, and what tools keep for themselves.
var asides = []string{"storybook-static", "coverage", "playwright-report", "test-results", ".svelte-kit", ".next", ".nuxt", ".angular", ".cache", ".turbo", ".vercel", ".netlify"}

// usual are where tools write a site unless they are told otherwise, the likeliest
// first, from the package's directory.
var usual = []string{"dist", "build", "out", ".output/public"}

// Built is what a build has left, by the files that match the marks, from the
// repository's root.
type Built struct {
	// Dir is the package's directory, and Before and After what there was.
	Dir           string
	Before, After []string
	// Router is the configuration of React Router, which leaves its server where that
	// says that there is none.
	Router string
}

// Site is the folder of the site that the build has written.
func (b Built) Site() (string, error) {
	written := b.written()
	pages := tops(written, func(file string) bool {
		return slices.Contains([]string{"index.html", "200.html"}, path.Base(file)) && !aside(path.Dir(file))
	})
	if server := b.server(written, pages); server != nil {
		return "", server
	}
	dirs := b.near(pages)
	for _, name := range usual {
		if dir := path.Join(b.Dir, name); slices.Contains(dirs, dir) || len(dirs) == 0 && slices.Contains(b.After, path.Join(dir, "index.html")) {
			return dir, nil // It may be committed, too.
		}
	}
	switch len(dirs) {
	case 1:
		return dirs[0], nil
	case 0:
		return "", fmt.Errorf("the build has left no site: no index.html in %s, nor in another folder that it wrote. %s, or where it is a program and no site, add a Dockerfile in %[3]s. Where it is neither, write exclude = [\"%[3]s\"] in the settings of the repository", strings.Join(usual, ", "), decide, b.Dir)
	}
	return "", fmt.Errorf("the build has left an index.html in %s, and one of them is the site. %s. Where none is, write exclude = [%q] in the settings of the repository", strings.Join(dirs, ", "), decide, b.Dir)
}

const decide = `Name the folder, from the package's directory: "output" in "pingvas-ci" of package.json`

// Storybook is the folder of the Storybook that was built.
func (b Built) Storybook() (string, error) {
	for _, dir := range tops(b.After, func(file string) bool { return path.Base(file) == "iframe.html" }) {
		if _, below := inputs.Below(b.Dir, dir); below && slices.Contains(b.After, path.Join(dir, "index.html")) {
			return dir, nil
		}
	}
	return "", errors.New("it has left no Storybook: no folder with an index.html and an iframe.html. Have it build one with storybook build")
}

// server says that the build has written a server, and what that takes.
func (b Built) server(written, pages []string) error {
	refuse := func(file, name, static string) error {
		return fmt.Errorf("it renders on a server (%s: the build wrote %s), and the built-in image serves files alone. "+
			"Add a Dockerfile in %s (docs/frontend.md has one), or have it write files: %s. Where it does, name their folder: \"output\" in \"pingvas-ci\" of package.json",
			name, file, b.Dir, static)
	}
	for _, file := range written {
		for _, host := range hosts {
			if strings.Contains("/"+file, "/"+host.part) {
				return refuse(file, "built "+host.name, "its framework's adapter for static files, or none")
			}
		}
	}
	for _, file := range written {
		for _, known := range servers {
			if known.name == router && unserved.MatchString(b.Router) {
				continue
			}
			if rest, is := strings.CutSuffix(file, "/"+known.file); is && !aside(rest) {
				return refuse(file, known.name, known.static)
			}
		}
	}
	if len(b.near(pages)) > 0 {
		return nil
	}
	for _, file := range written {
		switch {
		case path.Base(file) == "BUILD_ID":
			return refuse(file, "Next.js", `output: "export" in next.config`)
		case strings.HasSuffix(file, ".svelte-kit/output/server/index.js"):
			return refuse(file, "SvelteKit, and no adapter anything else", "@sveltejs/adapter-static")
		}
	}
	return nil
}

// written are the files that were not there before.
func (b Built) written() []string {
	return slices.DeleteFunc(slices.Sorted(slices.Values(b.After)), func(file string) bool { return slices.Contains(b.Before, file) })
}

// near are the folders that may be the site: those in the package, or where there
// are none, those beside it.
func (b Built) near(dirs []string) []string {
	inside := slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool {
		relative, below := inputs.Below(b.Dir, dir)
		return !below || relative == "."
	})
	if len(inside) > 0 {
		return inside
	}
	return dirs
}

// tops are the uppermost folders with such files.
func tops(files []string, such func(file string) bool) (dirs []string) {
	for _, file := range files {
		if such(file) {
			dirs = append(dirs, path.Dir(file))
		}
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	return slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool {
		return slices.ContainsFunc(dirs, func(other string) bool { return other != dir && strings.HasPrefix(dir, other+"/") })
	})
}

func aside(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(part string) bool { return slices.Contains(asides, part) })
}
