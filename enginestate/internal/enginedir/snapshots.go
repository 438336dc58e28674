package enginedir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
)

// Databases of containerd in a state: of its overlay snapshotter, and of what refers to
// snapshots.
const (
	snapshotsDB = "worker/snapshots/metadata.db"
	metadataDB  = "worker/containerdmeta.db"
)

// Kinds of containerd's snapshots.
const (
	active    byte = 2
	committed byte = 3
)

// snapshot is one of the overlay snapshotter's.
type snapshot struct {
	key, parent string
	id          uint64
	kind        byte
}

// path is where the snapshot lies in a state.
func (s snapshot) path() string {
	return path.Join("worker/snapshots/snapshots", strconv.FormatUint(s.id, 10))
}

// eachSnapshot goes through the snapshots of a state that no engine uses; an engine whose
// snapshots are no overlays has none.
func eachSnapshot(dir string, do func(snapshot)) error {
	return view(filepath.Join(dir, snapshotsDB), func(tx *bbolt.Tx) error {
		all := bucket(tx, "v1", "snapshots")
		if all == nil {
			return nil
		}
		return all.ForEachBucket(func(key []byte) error {
			of := all.Bucket(key)
			id, read := binary.Uvarint(of.Get([]byte("id")))
			kind := of.Get([]byte("kind"))
			if read <= 0 || len(kind) != 1 {
				return fmt.Errorf("the snapshot %q is none that is known", key)
			}
			do(snapshot{key: string(key), parent: string(of.Get([]byte("parent"))), id: id, kind: kind[0]})
			return nil
		})
	})
}

// Garbage are the paths of what services have left that were stopped: snapshots that were
// worked on and to which nothing refers, so that the engine drops them when it drops
// anything the next time.
func Garbage(dir string) (paths []string, err error) {
	inUse := map[string]bool{}
	if err := view(filepath.Join(dir, metadataDB), func(tx *bbolt.Tx) error { return references(tx, inUse) }); err != nil {
		return nil, err
	}
	err = eachSnapshot(dir, func(s snapshot) {
		if used, known := inUse[s.key]; s.kind == active && s.parent != "" && known && !used {
			paths = append(paths, s.path())
		}
	})
	return paths, err
}

// references tells of each snapshot of the overlay snapshotter whether a lease, a label or
// a snapshot over it keeps it.
func references(tx *bbolt.Tx, inUse map[string]bool) error {
	const overlayfs = "overlayfs"
	leased := map[string]bool{}
	if leases := bucket(tx, "v1", "dagger", "leases"); leases != nil {
		err := leases.ForEachBucket(func(lease []byte) error {
			held := within(leases, string(lease), "snapshots", overlayfs)
			if held == nil {
				return nil
			}
			return held.ForEach(func(key, _ []byte) error {
				leased[string(key)] = true
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	all := bucket(tx, "v1", "dagger", "snapshots", overlayfs)
	if all == nil {
		return nil
	}
	return all.ForEachBucket(func(key []byte) error {
		of := all.Bucket(key)
		inUse[string(of.Get([]byte("name")))] = leased[string(key)] || some(of.Bucket([]byte("labels"))) || some(of.Bucket([]byte("children")))
		return nil
	})
}

// some tells that a bucket has something.
func some(of *bbolt.Bucket) bool {
	if of == nil {
		return false
	}
	key, _ := of.Cursor().First()
	return key != nil
}

// bucket is one of a database, nil where there is none.
func bucket(tx *bbolt.Tx, first string, names ...string) *bbolt.Bucket {
	return within(tx.Bucket([]byte(first)), names...)
}

func within(of *bbolt.Bucket, names ...string) *bbolt.Bucket {
	for _, name := range names {
		if of == nil {
			return nil
		}
		of = of.Bucket([]byte(name))
	}
	return of
}

// view reads a database; one that is not there has nothing.
func view(path string, read func(*bbolt.Tx) error) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: 5 * time.Second})
	if err == nil {
		err = errors.Join(db.View(read), db.Close())
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
