package tests

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/emulator"
	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// compiled is a service with a dependency of which there is no wheel: its C
// extension has to be compiled, and by a program of the target.
var compiled = map[string]string{
	".python-version":       "3.13\n",
	"requirements.in":       "crcmod==1.7\n",
	"checksum/__init__.py":  "",
	"checksum/py.typed":     "",
	"checksum/__main__.py":  "import platform\n\nimport crcmod._crcfunext as extension\nimport crcmod.predefined\n\nprint(platform.machine(), extension.__name__, hex(crcmod.predefined.mkCrcFun('crc-32')(b'hello')))\n",
	"tests/test_nothing.py": "def test_nothing() -> None:\n    pass\n",
	"pyproject.toml": "[tool.pingvas-ci]\nentrypoint = [\"python\", \"-m\", \"checksum\"]\nplatforms = [\"linux/arm64\"]\nallow-emulation = true\n" +
		// Docker's image of Python has the headers, Debian's Python needs its own.
		"build-packages = [\"gcc\", \"libc6-dev\", \"libpython3-dev\"]\n",
}

// lockedSource is that dependency, locked.
const lockedSource = "crcmod==1.7 --hash=sha256:dc7051a0db5f2bd48665a990d3ec1cc305a466a77358ca4492826f41f283601e\n"

// emulated is a repository of that service, with a lock, and calls of its image.
func emulated(t *testing.T, lock string) func(args ...string) harness.Result {
	t.Helper()
	r := harness.NewRepository(t, nil)
	checksum := r.In("services/checksum")
	for name, text := range compiled {
		checksum.Write(name, text)
	}
	checksum.Write("requirements.txt", lock)
	return func(args ...string) harness.Result { return r.Image("checksum", "linux/arm64", args...) }
}

// TestWithoutEmulation is refused a service for arm64 whose dependency has no
// wheel, by a machine that emulates no arm64.
func TestWithoutEmulation(t *testing.T) {
	long(t, "TestDelivery: linux/arm64")
	t.Parallel()
	if emulator.Registered() {
		t.Skip("the machine emulates arm64")
	}
	image := emulated(t, lockedSource+"# "+time.Now().String()+"\n")
	image("user").Refused(t,
		"checksum image linux/arm64: the build runs programs of linux/arm64, and the engine's machine emulates none",
		"apt-get install qemu-user-static")
}

// TestEmulation builds it where the machine does. That takes minutes, the first
// time, and all that runs beside it could emulate, too: it has a target of its own.
func TestEmulation(t *testing.T) {
	if os.Getenv("PINGVAS_EMULATION") == "" {
		t.Skip("make emulation runs it")
	}
	if !emulator.Registered() {
		unregister, err := emulator.Register("pingvas-test-aarch64")
		require.NoError(t, err, "the machine emulates no arm64, and the test cannot have it do so")
		t.Cleanup(unregister)
	}
	image := emulated(t, lockedSource)
	said := image("with-env-variable", "--name", "NOW", "--value", time.Now().String(), "with-exec", "--use-entrypoint", "--args", "", "stdout").Must(t)
	assert.Equal(t, "aarch64 crcmod._crcfunext 0x3610a686", strings.TrimSpace(said))
	files := image("rootfs", "glob", "--pattern", "app/deps/crcmod/*.so").Must(t)
	assert.Equal(t, "app/deps/crcmod/_crcfunext.cpython-313-aarch64-linux-gnu.so", strings.TrimSpace(files))
	compilers := image("rootfs", "glob", "--pattern", "usr/bin/*gcc*").Must(t)
	assert.Empty(t, strings.TrimSpace(compilers), "the compiler stays out of the image")
}
