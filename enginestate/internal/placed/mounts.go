package placed

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Remove removes a directory, and what is mounted in it.
func Remove(dir string) error {
	if err := Release(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// Release ends what is mounted in a directory. Who still uses it may go on.
func Release(dir string) error {
	at, err := mounts(dir)
	if err != nil {
		return err
	}
	for i := len(at) - 1; i >= 0; i-- { // the last one first: it may lie on another
		if err := unix.Unmount(at[i], unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", at[i], err)
		}
	}
	return nil
}

// mounts are the mount points below a directory, as they were made.
func mounts(dir string) (at []string, err error) {
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return nil, err
	}
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		if point := plain.Replace(fields[4]); strings.HasPrefix(point, real+"/") {
			at = append(at, point)
		}
	}
	return at, nil
}

// plain has the characters of a path that the kernel writes as numbers.
var plain = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
