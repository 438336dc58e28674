package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/emulator"
)

// A service with a dependency of which there is no wheel: its C extension has
// to be compiled, and by a program of the target.
var compiled = map[string]string{
	".python-version":       "3.13\n",
	"requirements.in":       "crcmod==1.7\n",
	"checksum/__init__.py":  "",
	"checksum/py.typed":     "",
	"checksum/__main__.py":  "import platform\n\nimport crcmod._crcfunext as extension\nimport crcmod.predefined\n\nprint(platform.machine(), extension.__name__, hex(crcmod.predefined.mkCrcFun('crc-32')(b'hello')))\n",
	"tests/test_nothing.py": "def test_nothing() -> None:\n    pass\n",
	"pyproject.toml":        emulated + compiler,
}

const (
	emulated = "[tool.pingvas-ci]\nentrypoint = [\"python\", \"-m\", \"checksum\"]\nplatforms = [\"linux/arm64\"]\nallow-emulation = true\n"
	// Docker's image of Python has the headers, Debian's Python needs its own.
	compiler     = "build-packages = [\"gcc\", \"libc6-dev\", \"libpython3-dev\"]\n"
	lockedSource = "crcmod==1.7 --hash=sha256:dc7051a0db5f2bd48665a990d3ec1cc305a466a77358ca4492826f41f283601e\n"
)

// TestPythonEmulation builds a service for arm64 whose dependency has no wheel:
// refused where the machine emulates no arm64, and built where it does.
func TestPythonEmulation(t *testing.T) {
	s := newShapes(t, plain)
	require.NoError(t, os.RemoveAll(filepath.Join(s.dir, "services")))
	for name, text := range compiled {
		s.writeTo("checksum", name, text)
	}
	if emulator.Registered() {
		t.Log("the machine emulates arm64 already: that it does not is not tried")
	} else {
		s.writeTo("checksum", "requirements.txt", lockedSource+"# "+time.Now().String()+"\n")
		_, err := s.image("checksum", "linux/arm64", "user")
		require.ErrorContains(t, err, "checksum image linux/arm64: the build runs programs of linux/arm64, and the engine's machine emulates none")
		require.ErrorContains(t, err, "apt-get install qemu-user-static")
		emulate(t)
	}

	// What was built once is built: only the first run takes minutes.
	s.writeTo("checksum", "requirements.txt", lockedSource)
	said, err := s.image("checksum", "linux/arm64", "with-env-variable", "--name", "NOW", "--value", time.Now().String(), "with-exec", "--use-entrypoint", "--args", "", "stdout")
	require.NoError(t, err)
	assert.Equal(t, "aarch64 crcmod._crcfunext 0x3610a686", strings.TrimSpace(said))
	files, err := s.image("checksum", "linux/arm64", "rootfs", "glob", "--pattern", "app/deps/crcmod/*.so")
	require.NoError(t, err)
	assert.Equal(t, "app/deps/crcmod/_crcfunext.cpython-313-aarch64-linux-gnu.so", strings.TrimSpace(files))
	compilers, err := s.image("checksum", "linux/arm64", "rootfs", "glob", "--pattern", "usr/bin/*gcc*")
	require.NoError(t, err)
	assert.Empty(t, strings.TrimSpace(compilers), "the compiler stays out of the image")
}

// emulate has the kernel run arm64 programs until the test ends.
func emulate(t *testing.T) {
	t.Helper()
	unregister, err := emulator.Register("pingvas-test-aarch64")
	if err != nil {
		t.Skip("the machine emulates no arm64, and the test cannot have it do so: ", err)
	}
	t.Cleanup(unregister)
}
