package frontend

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Site is what a server has to know of a built site.
type Site struct {
	// Base is the path that it was built for, such as /shop; empty for the root.
	Base string
	// Fallback is what a path is answered with that is no file: a page, or =404.
	Fallback string
	// NotFound is the page that says so, where there is one.
	NotFound string
	// Files are those that are named by their content: under such a name there is
	// never another one.
	Files []string
}

// Survey looks at the files of a built site, of which some were copied as they are
// in the sources, and at its page.
func Survey(files, copied []string, page string) Site {
	s := Site{Base: baseOf(files, page), Fallback: "/index.html"}
	has := func(name string) bool { return slices.Contains(files, name) }
	switch {
	case has("200.html"):
		s.Fallback = "/200.html"
	case has("404.html"):
		s.Fallback = "=404"
	}
	if has("404.html") {
		s.NotFound = "/404.html"
	}
	for _, file := range files {
		if named(file) && path.Ext(file) != ".html" && !slices.Contains(copied, file) {
			s.Files = append(s.Files, file)
		}
	}
	return s
}

// Copied are the folders that tools copy into a site as they are, by where they
// copy them to.
var Copied = map[string]string{"public": "", "static": "", "src/assets": "assets"}

// named tells whether a file's name has a hash of its content, as Rollup, webpack,
// esbuild and what is built on them write it: main-BAfOyh4N.js, main.1a2b3c4d.css.
func named(file string) bool {
	stem, _, _ := strings.Cut(path.Base(file), ".")
	parts := strings.Split(path.Base(file), ".")
	for _, part := range parts[1:max(1, len(parts)-1)] {
		if isHash(part) {
			return true
		}
	}
	if at := len(stem) - 9; at > 0 && stem[at] == '-' && isHash(stem[at+1:]) {
		return true
	}
	_, last, _ := strings.Cut(stem, "-")
	for last != "" {
		if isSum(last) {
			return true
		}
		_, last, _ = strings.Cut(last, "-")
	}
	return ofTool.MatchString(file) && isHash(stem)
}

var (
	// ofTool are folders in which whole names may be hashes.
	ofTool = regexp.MustCompile(`(^|/)(_nuxt|_app/immutable|_astro|_next/static)/`)
	short  = regexp.MustCompile(`^[A-Za-z0-9_-]{8}$`)
	sum    = regexp.MustCompile(`^[0-9a-f]{8,64}$`)
	// words are such as section1 and MyButton, or the size of an image.
	words = regexp.MustCompile(`^[A-Z]?[a-z]+([A-Z][a-z]{2,})*\d{0,4}$|^\d+x\d+$`)
)

// isHash tells whether a word is none that a person would write.
func isHash(word string) bool {
	return isSum(word) || short.MatchString(word) && strings.ContainsFunc(word, unicode.IsLetter) && !words.MatchString(word)
}

func isSum(word string) bool {
	return sum.MatchString(word) && strings.ContainsAny(word, "0123456789") && strings.ContainsFunc(word, unicode.IsLetter)
}

var (
	asset    = regexp.MustCompile(`(?:src|href)=["']?(/[^"'/?#\s>][^"'?#\s>]*\.(?:m?js|css))\b`)
	basePath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)
)

// baseOf is the path that a page was built for, by what it names of the files.
func baseOf(files []string, page string) string {
	for _, found := range asset.FindAllStringSubmatch(page, -1) {
		name := found[1]
		for at := 0; at >= 0; {
			if base := name[:at]; slices.Contains(files, name[at+1:]) && (base == "" || basePath.MatchString(base)) {
				return base
			}
			next := strings.Index(name[at+1:], "/")
			if next < 0 {
				break
			}
			at += next + 1
		}
	}
	return ""
}

// Config is the config.js of one environment, which the page loads before
// anything else. A URL that is empty is left to what the page was built with.
func Config(apiURL, wsURL string) (string, error) {
	values := map[string]string{}
	for key, given := range map[string]struct {
		value   string
		schemes []string
	}{
		"apiUrl": {apiURL, []string{"https", "http"}},
		"wsUrl":  {wsURL, []string{"wss", "ws"}},
	} {
		if given.value == "" {
			continue
		}
		u, err := url.Parse(given.value)
		if err != nil || !slices.Contains(given.schemes, u.Scheme) || u.Host == "" {
			return "", fmt.Errorf("%s %q is no URL of it. Write one that begins with %s://", key, given.value, strings.Join(given.schemes, ":// or "))
		}
		values[key] = given.value
	}
	text, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write config.js: %w", err)
	}
	return "window.__PINGVAS_CONFIG__ = " + string(text) + ";\n", nil
}
