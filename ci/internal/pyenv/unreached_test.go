package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestUnreached: a service that tests could not reach, in the words of its clients.
func TestUnreached(t *testing.T) {
	for output, want := range map[string]string{
		`E   psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused`: `connection to server at "localhost" (127.0.0.1), port 5432 failed`,
		`psycopg.OperationalError: failed to resolve host 'db': [Errno -3] Temporary failure`:                                  `failed to resolve host 'db'`,
		`OSError: [Errno 111] Connect call failed ('127.0.0.1', 5432)`:                                                         `Connect call failed ('127.0.0.1', 5432)`,
		`redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.`:                        `Error 111 connecting to localhost:6379`,
		`django.db.utils.OperationalError: (2002, "Can't connect to server on 'db' (115)")`:                                    `Can't connect to server on 'db' (115)`,
		`requests.exceptions.ConnectionError: Connection refused by Responses`:                                                 "",
	} {
		assert.Equal(t, want, pyenv.Unreached(output))
	}
}
