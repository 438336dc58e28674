package harness

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// imageLock is where this machine has the images of the module's table.
type imageLock struct {
	Version int               `json:"version"`
	Images  map[string]string `json:"images"`
}

// readImageLock reads the environment's lock, if it names one.
func readImageLock(t *testing.T) (lock imageLock, is bool) {
	t.Helper()
	file := os.Getenv("PINGVAS_IMAGE_LOCK")
	if file == "" {
		return lock, false
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &lock))
	return lock, true
}

// Pinned is the reference of an image of the module's table on this machine.
func Pinned(t *testing.T, image string) string {
	t.Helper()
	lock, is := readImageLock(t)
	if !is {
		return image
	}
	require.Contains(t, lock.Images, image)
	return lock.Images[image]
}

// LockWith writes the image lock with some images replaced, by others of it or by
// references.
func LockWith(t *testing.T, replaced map[string]string) string {
	t.Helper()
	lock, is := readImageLock(t)
	if !is {
		t.Skip("the images to replace are those of an image lock")
	}
	for name, by := range replaced {
		if known, is := lock.Images[by]; is {
			by = known
		}
		lock.Images[name] = by
	}
	text, err := json.Marshal(lock)
	require.NoError(t, err)
	made := filepath.Join(t.TempDir(), "images.lock.json")
	require.NoError(t, os.WriteFile(made, text, 0o644))
	return made
}

// VersionsOf are the versions of a language, such as 3.13, that the image lock has
// slim images of: of the table's, those that tests elsewhere use, where there is no
// lock.
func VersionsOf(t *testing.T, language string) (versions []string) {
	t.Helper()
	lock, is := readImageLock(t)
	if !is {
		return map[string][]string{"python": {"3.11", "3.13"}, "node": {"22"}}[language]
	}
	for name := range lock.Images {
		if version, is := strings.CutPrefix(name, language+":"); is {
			if version, is = strings.CutSuffix(version, "-slim"); is {
				versions = append(versions, version)
			}
		}
	}
	slices.Sort(versions)
	return versions
}
