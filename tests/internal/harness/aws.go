package harness

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// moto speaks Amazon's protocols.
const moto = "5.2.5"

// AWS is an AWS of the test's own, on loopback.
type AWS struct{ Address string }

// NewAWS starts one until the test ends.
func NewAWS(t *testing.T) AWS {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	venv := filepath.Join(cache, "pingvas-ci", "moto-"+moto)
	if _, err := os.Stat(filepath.Join(venv, "bin", "moto_server")); err != nil {
		Run(t, "python3", "-m", "venv", venv)
		Run(t, filepath.Join(venv, "bin", "pip"), "install", "--quiet", "moto[server]=="+moto)
	}
	port := freePort(t)
	aws := AWS{fmt.Sprintf("127.0.0.1:%d", port)}
	server := exec.Command(filepath.Join(venv, "bin", "moto_server"), "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	require.Eventually(t, func() bool {
		_, err := Get(t.Context(), "http://"+aws.Address+"/moto-api/data.json")
		return err == nil
	}, 30*time.Second, 100*time.Millisecond)
	return aws
}

// ECR asks what is known of container registries.
func (a AWS) ECR(t *testing.T, action, body string, answer any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+a.Address, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921."+action)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/ap-northeast-2/ecr/aws4_request, SignedHeaders=host, Signature=x")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.NoError(t, json.NewDecoder(response.Body).Decode(answer))
}
