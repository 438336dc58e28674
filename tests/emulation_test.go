package tests

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

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

// TestPythonEmulation builds a service for arm64 whose dependency has no wheel:
// refused where the machine emulates no arm64, and built where it does.
func TestPythonEmulation(t *testing.T) {
	r := harness.NewRepository(t, nil)
	checksum := r.In("services/checksum")
	for name, text := range compiled {
		checksum.Write(name, text)
	}
	image := func(args ...string) harness.Result { return r.Image("checksum", "linux/arm64", args...) }
	if emulator.Registered() {
		t.Log("the machine emulates arm64 already: that it does not is not tried")
	} else {
		checksum.Write("requirements.txt", lockedSource+"# "+time.Now().String()+"\n")
		image("user").Refused(t,
			"checksum image linux/arm64: the build runs programs of linux/arm64, and the engine's machine emulates none",
			"apt-get install qemu-user-static")
		emulate(t)
	}

	// What was built once is built: only the first run takes minutes.
	checksum.Write("requirements.txt", lockedSource)
	said := image("with-env-variable", "--name", "NOW", "--value", time.Now().String(), "with-exec", "--use-entrypoint", "--args", "", "stdout").Must(t)
	assert.Equal(t, "aarch64 crcmod._crcfunext 0x3610a686", strings.TrimSpace(said))
	files := image("rootfs", "glob", "--pattern", "app/deps/crcmod/*.so").Must(t)
	assert.Equal(t, "app/deps/crcmod/_crcfunext.cpython-313-aarch64-linux-gnu.so", strings.TrimSpace(files))
	compilers := image("rootfs", "glob", "--pattern", "usr/bin/*gcc*").Must(t)
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
