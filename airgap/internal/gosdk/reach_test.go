package gosdk

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAProxyThatDoesNotAnswerIsLeftOut(t *testing.T) {
	there := httptest.NewServer(http.NotFoundHandler())
	defer there.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for goproxy, want := range map[string]string{
		there.URL:                       there.URL,
		there.URL + "/go,direct":        there.URL + "/go,direct",
		gone.URL + "|" + there.URL:      gone.URL + "|" + there.URL,
		gone.URL + ",direct":            "off",
		gone.URL:                        "off",
		"off":                           "off",
		"direct":                        "direct",
		"file:///srv/proxy":             "file:///srv/proxy",
		"file:///srv/proxy," + gone.URL: "file:///srv/proxy,off",
	} {
		assert.Equal(t, want, inReach(t.Context(), goproxy), goproxy)
	}
}
