package pyenv

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// mostCells is how many cells a matrix may have, by GitHub.
const mostCells = 256

var (
	// keyed is a value of a matrix in a text, by its key: of a table, by a path.
	keyedCell = regexp.MustCompile(`\$\{\{\s*matrix\.([\w.-]+)\s*\}\}`)
	// moving is where a command says in which directory something runs.
	moving = regexp.MustCompile(`(?:\b(?:cd|pushd)|--directory|--project|\s-C)[ =]+["']?[^\s;&|]*$`)
)

// withCells has each job whose directories its matrix says stand once for each of these. Of a
// matrix that only a run knows, the directory of interest may be one.
func withCells(workflow map[string]any, of string) {
	jobs := table(workflow["jobs"])
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		job := table(jobs[name])
		texts := placesOf(job)
		keys := map[string]bool{}
		for _, text := range texts {
			for _, m := range keyedCell.FindAllStringSubmatch(text, -1) {
				keys[m[1]] = true
			}
		}
		if len(keys) == 0 {
			continue
		}
		cells, known := cellsFor(table(job["strategy"])["matrix"], slices.Sorted(maps.Keys(keys)), texts, of)
		if !known || len(cells) == 0 && namesPlace(job, of) {
			continue
		}
		delete(jobs, name)
		for at, cell := range cells {
			if of != "." && !slices.ContainsFunc(texts, func(text string) bool { return leads(cell.fill(text), of) }) && !namesPlace(job, of) {
				continue // It is about other directories.
			}
			jobs[fmt.Sprintf("%s (%d)", name, at)] = replaced(job, cell.fill)
		}
	}
}

// valuesOf are those of a cell of a matrix, by their keys.
type valuesOf map[string]string

// fill is a text with the values of a cell.
func (v valuesOf) fill(text string) string {
	return keyedCell.ReplaceAllStringFunc(text, func(use string) string {
		if value, has := v[keyedCell.FindStringSubmatch(use)[1]]; has {
			return value
		}
		return use
	})
}

// leads tells whether a directory may be the one of interest, or lie below or above it.
func leads(dir, of string) bool {
	dir = strings.TrimPrefix(path.Clean(dir), "/")
	return variable.MatchString(dir) || dir == of || dir == "." || strings.HasPrefix(dir, of+"/") || strings.HasPrefix(of, dir+"/")
}

// namesPlace tells whether a job's steps name a directory as it is.
func namesPlace(job map[string]any, of string) bool {
	return slices.ContainsFunc(list(job["steps"]), func(one any) bool {
		step := table(one)
		return strings.Contains(plain(step["run"]), of) || strings.Contains(plain(step["working-directory"]), of)
	})
}

// placesOf are the texts of a job that say in which directories it runs, up to where one ends.
func placesOf(job map[string]any) (texts []string) {
	add := func(of map[string]any) {
		texts = append(texts, plain(table(table(of["defaults"])["run"])["working-directory"]), plain(of["working-directory"]))
	}
	add(job)
	for _, one := range list(job["steps"]) {
		step := table(one)
		add(step)
		run := plain(step["run"])
		for _, at := range keyedCell.FindAllStringIndex(run, -1) {
			line := run[strings.LastIndex(run[:at[0]], "\n")+1 : at[0]]
			if m := moving.FindString(line); m != "" {
				texts = append(texts, strings.TrimLeft(m[strings.LastIndexAny(m, " =")+1:], `"'`)+run[at[0]:at[1]])
			}
		}
	}
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// cellsFor are the values of some keys of a matrix: those of its lists with what it includes
// beside them, else those that it includes; of one that is not known, that by which a text
// names the directory of interest, below the root.
func cellsFor(matrix any, keys, texts []string, of string) (cells []valuesOf, known bool) {
	lists := table(matrix)
	var included []valuesOf
	for _, one := range list(lists["include"]) {
		included = append(included, flat(table(one)))
	}
	unlisted := slices.ContainsFunc(keys, func(key string) bool { return list(lists[ofPath(key)]) == nil })
	switch {
	case !unlisted:
		cells = ofLists(lists, keys, included)
	case len(included) > 0:
		cells = slices.DeleteFunc(included, func(cell valuesOf) bool { return !cell.has(keys) })
	case len(keys) == 1 && of != ".":
		return fitting(texts, keys[0], of), true
	default:
		return nil, false
	}
	return cells[:min(len(cells), mostCells)], true
}

// ofPath is the key that a path of a table in a matrix begins with.
func ofPath(key string) string {
	name, _, _ := strings.Cut(key, ".")
	return name
}

// ofLists are the cells of some lists of a matrix, with what it includes in them or beside them.
func ofLists(lists map[string]any, keys []string, included []valuesOf) []valuesOf {
	var names []string
	for _, key := range keys {
		names = append(names, ofPath(key))
	}
	slices.Sort(names)
	cells := []valuesOf{{}}
	for _, name := range slices.Compact(names) {
		cells = times(cells, name, list(lists[name]))
	}
	count := len(cells)
	for _, more := range included {
		fits := false
		for _, cell := range cells[:count] {
			own := cell
			of := slices.ContainsFunc(slices.Collect(maps.Keys(more)), func(key string) bool { return !slices.Contains(names, ofPath(key)) && list(lists[ofPath(key)]) != nil })
			if of { // It is of some of the cells alone that this one stands for.
				own = maps.Clone(cell)
			}
			if !own.extend(more) {
				continue
			}
			if fits = true; of {
				cells = append(cells, own)
			}
		}
		if !fits && more.has(keys) {
			cells = append(cells, more)
		}
	}
	return cells
}

// fitting is the value of a key by which a text names the directory of interest; none where
// none does.
func fitting(texts []string, key, of string) []valuesOf {
	for _, text := range texts {
		begin, end, holds := strings.Cut(keyedCell.ReplaceAllString(text, "\x00"), "\x00")
		value, begins := strings.CutPrefix(of, strings.TrimPrefix(begin, "./"))
		value, ends := strings.CutSuffix(value, strings.TrimSuffix(end, "/"))
		if holds && begins && ends && value != "" {
			return []valuesOf{{key: value}}
		}
	}
	return nil
}

func (v valuesOf) has(keys []string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { _, has := v[key]; return !has })
}

// times are cells with each value of one more key.
func times(cells []valuesOf, key string, values []any) (all []valuesOf) {
	for _, cell := range cells {
		for _, value := range values {
			next := maps.Clone(cell)
			maps.Copy(next, flat(map[string]any{key: value}))
			all = append(all, next)
		}
	}
	return all[:min(len(all), mostCells)]
}

// extend adds to a cell what a matrix includes beside it, and tells whether that is of this cell.
func (v valuesOf) extend(more valuesOf) bool {
	for key, value := range more {
		if was, has := v[key]; has && was != value {
			return false
		}
	}
	maps.Copy(v, more)
	return true
}

// flat are the values of a table, those of tables in it by their paths.
func flat(of map[string]any) valuesOf {
	all := valuesOf{}
	for key, value := range of {
		if inner := table(value); inner != nil {
			for name, value := range flat(inner) {
				all[key+"."+name] = value
			}
			continue
		}
		all[key] = fmt.Sprint(value)
	}
	return all
}
