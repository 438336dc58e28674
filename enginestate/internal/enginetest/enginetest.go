// Package enginetest writes what a Dagger engine has of its snapshots, for tests.
package enginetest

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// Kinds of snapshots, as containerd numbers them.
const (
	View      byte = 1
	Active    byte = 2
	Committed byte = 3
)

// Snapshot is one of an engine's.
type Snapshot struct {
	ID           uint64
	Name, Parent string
	Kind         byte
	// Keeps is what keeps it: lease, label, or nothing.
	Keeps string
}

// Path is where the files of the snapshot are, below the engine's directory.
func (s Snapshot) Path() string { return fmt.Sprintf("worker/snapshots/snapshots/%d/fs", s.ID) }

// Write writes snapshots into an engine's directory, without their files, in the place of
// those that it has.
func Write(t testing.TB, dir string, all []Snapshot) {
	t.Helper()
	write(t, filepath.Join(dir, "worker/snapshots/metadata.db"), func(tx *bbolt.Tx) {
		for _, s := range all {
			of := bucket(t, tx, "v1", "snapshots", "dagger/"+s.Name)
			put(t, of, "id", binary.AppendUvarint(nil, s.ID))
			put(t, of, "kind", []byte{s.Kind})
			if s.Parent != "" {
				put(t, of, "parent", []byte("dagger/"+s.Parent))
			}
		}
	})
	write(t, filepath.Join(dir, "worker/containerdmeta.db"), func(tx *bbolt.Tx) {
		for _, s := range all {
			put(t, bucket(t, tx, "v1", "dagger", "snapshots", "overlayfs", s.Name), "name", []byte("dagger/"+s.Name))
			bucket(t, tx, "v1", "dagger", "leases", "empty")
			switch s.Keeps {
			case "lease":
				put(t, bucket(t, tx, "v1", "dagger", "leases", "of-"+s.Name, "snapshots", "overlayfs"), s.Name, nil)
			case "label":
				put(t, bucket(t, tx, "v1", "dagger", "snapshots", "overlayfs", s.Name, "labels"), "containerd.io/gc.root", []byte("x"))
			}
		}
	})
}

func write(t testing.TB, path string, fill func(tx *bbolt.Tx)) {
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.RemoveAll(path))
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		fill(tx)
		return nil
	}))
	require.NoError(t, db.Close())
}

func bucket(t testing.TB, tx *bbolt.Tx, names ...string) *bbolt.Bucket {
	of, err := tx.CreateBucketIfNotExists([]byte(names[0]))
	require.NoError(t, err)
	for _, name := range names[1:] {
		of, err = of.CreateBucketIfNotExists([]byte(name))
		require.NoError(t, err)
	}
	return of
}

func put(t testing.TB, in *bbolt.Bucket, key string, value []byte) {
	require.NoError(t, in.Put([]byte(key), value))
}
