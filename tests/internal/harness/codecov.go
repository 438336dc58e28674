package harness

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Codecov takes uploads as Codecov does: a request that says what they are, answered
// with where they go, and then the upload itself, without the token.
type Codecov struct {
	t     *testing.T
	token string
	url   *url.URL

	mu      sync.Mutex
	begun   []CodecovUpload
	uploads []CodecovUpload
}

// CodecovUpload is one file of coverage.
type CodecovUpload struct {
	// Authorization is the header; empty of one without a token.
	Authorization      string
	Flag, Branch, Pull string
	// Text is the coverage, and Files are the repository's.
	Text  string
	Files []string
}

// NewCodecov starts it until the test ends. Another token than its own is refused, and
// none is not, as of a public repository.
func NewCodecov(t *testing.T, token string) *Codecov {
	t.Helper()
	c := &Codecov{t: t, token: token}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	var err error
	c.url, err = url.Parse(server.URL)
	require.NoError(t, err)
	return c
}

// At are the arguments that have coverage go there.
func (c *Codecov) At() []string {
	return []string{"--api", "http://" + net.JoinHostPort("codecov.test", c.url.Port()), "--service", "tcp://" + c.url.Host}
}

// Uploads are those that came.
func (c *Codecov) Uploads() []CodecovUpload {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.uploads)
}

func (c *Codecov) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	assert.NoError(c.t, err)
	switch r.Method + " " + r.URL.Path {
	case "POST /upload/github/pingvas::::pingvas-studio/upload-coverage":
		c.begin(w, r, body)
	case "PUT /storage":
		assert.Empty(c.t, r.Header.Get("Authorization"), "the storage is given no token")
		c.take(body)
	default:
		http.NotFound(w, r)
	}
}

func (c *Codecov) begin(w http.ResponseWriter, r *http.Request, body []byte) {
	authorization := r.Header.Get("Authorization")
	if authorization != "" && authorization != "token "+c.token {
		http.Error(w, `{"detail":"Not valid tokenless upload"}`, http.StatusUnauthorized)
		return
	}
	var said struct {
		Commit  string `json:"commitid"`
		Branch  string
		Pull    string `json:"pullid"`
		Flags   []string
		Version string
	}
	assert.NoError(c.t, json.Unmarshal(body, &said))
	assert.Regexp(c.t, "^[0-9a-f]{40}$", said.Commit)
	assert.Len(c.t, said.Flags, 1)
	assert.NotContains(c.t, string(body), c.token)
	c.begun = append(c.begun, CodecovUpload{Authorization: authorization, Flag: strings.Join(said.Flags, " "), Branch: said.Branch, Pull: said.Pull})
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]string{"url": "https://codecov.test/report", "raw_upload_location": "http://" + r.Host + "/storage"})
}

func (c *Codecov) take(body []byte) {
	var said struct {
		Network []string                `json:"network_files"`
		Files   []struct{ Data []byte } `json:"coverage_files"`
	}
	assert.NoError(c.t, json.Unmarshal(body, &said))
	upload := c.begun[len(c.begun)-1]
	slices.Sort(said.Network)
	upload.Files = said.Network
	for _, file := range said.Files {
		upload.Text += inflate(c.t, file.Data)
	}
	c.uploads = append(c.uploads, upload)
}

// inflate is what zlib has packed.
func inflate(t *testing.T, packed []byte) string {
	reader, err := zlib.NewReader(bytes.NewReader(packed))
	if !assert.NoError(t, err) {
		return ""
	}
	text, err := io.ReadAll(reader)
	assert.NoError(t, err)
	return string(text)
}
