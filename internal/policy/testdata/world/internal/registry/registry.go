// Package registry speaks to a server.
package registry

import (
	"fmt"
	"net/http"
	"time"
)

func Tag() error {
	_, err := http.Head("http://127.0.0.1")
	return err
}

func Render() { fmt.Println(http.StatusText(http.StatusOK)) }

func Age() time.Time { return time.Now() }

// Reader reads from the server what it is read from.
type Reader struct{}

func (Reader) Read([]byte) (int, error) { return 0, Tag() }
