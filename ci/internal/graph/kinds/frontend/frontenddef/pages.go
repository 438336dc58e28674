package frontenddef

import (
	"maps"
	"path"
	"regexp"
	"slices"

	"io/fs"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// makers are packages that make pages of Markdown.
var makers = regexp.MustCompile(`^(vitepress|vuepress|@vuepress/.*|@slidev/.*|@docusaurus/.*|nextra|astro|@astrojs/.*|@11ty/.*|@nuxt/content|@mdx-js/.*|@next/mdx|fumadocs.*|mdsvex|docsify|@?rspress.*|dumi|contentlayer.*|velite)$|markdown`)

// pages are what the pages of a site may include that is else for readers: the README of
// a library, the CHANGELOG of the repository. Which do, their text alone says.
func (w *workspace) pages(fsys fs.FS, c *component.Component) []inputs.Part {
	m, err := component.ReadPackageJSON(fsys, c.Path)
	if err != nil || !slices.ContainsFunc([]string{"dependencies", "devDependencies"}, func(field string) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(component.Lookup(m.Document, field))), makers.MatchString)
	}) {
		return nil
	}
	var dirs []string
	for _, l := range c.Libraries {
		dirs = append(dirs, l.Path)
	}
	for at := c.Path; at != "."; {
		at = path.Dir(at)
		dirs = append(dirs, at)
	}
	var parts []inputs.Part
	for _, dir := range dirs {
		parts = append(parts, inputs.Part{Dir: dir, Include: component.Readers(), Why: "a page may include it"})
	}
	return parts
}
