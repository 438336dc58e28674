package debian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pingvas/pingvas-ci/airgap/internal/host"
)

// Install says what Packages adds to a layer.
type Install struct {
	// Packages are installed by apt, without what they only recommend.
	Packages []string
	// Components are of the archive and needed besides main, for instance non-free.
	Components []string
	// Script is run by sh as root in the finished file system.
	Script string
}

// Packages returns the recipe of a layer that installs packages over another
// one, whose lowest layer is a Base.
func Packages(name string, below *Layer, machine host.Machine, install Install) *Layer {
	return &Layer{
		Name:   name,
		Below:  below,
		Inputs: []any{install, installScript, overlayScript},
		Fill: func(ctx context.Context, site Site) error {
			return install.fill(ctx, site, machine)
		},
	}
}

// overlayScript runs in namespaces of its own, whose mounts and processes end
// with it. $1 is the mount point, $2 the layers below, $3 the layer, $4 the
// overlay's scratch directory, $5 the package lists.
const overlayScript = `
mount -t overlay overlay -o "lowerdir=$2,upperdir=$3,workdir=$4,redirect_dir=off,metacopy=off,index=off" "$1"
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/tmp"
mount -t tmpfs tmpfs "$1/var/cache/apt"
mkdir -p "$1/var/cache/apt/archives/partial"
mount --bind "$5" "$1/var/lib/apt/lists"
mount --bind /etc/resolv.conf "$1/etc/resolv.conf"
exec chroot "$1" sh -eu
`

// installScript updates the package lists only when they do not do, so that
// all layers over a base are of one state of the mirror.
const installScript = `
install() { apt-get -qq -o APT::Sandbox::User=root install --yes --no-install-recommends "$@"; }
if [ -n "$COMPONENTS" ]; then
	sed "s/ main$/ $COMPONENTS/" /etc/apt/sources.list > /etc/apt/sources.list.d/components.list
	apt-get -qq -o APT::Sandbox::User=root update
fi
[ -z "$PACKAGES" ] || install $PACKAGES || { apt-get -qq update && install $PACKAGES; }
`

func (i Install) fill(ctx context.Context, site Site, _ host.Machine) error {
	if len(site.Below) == 0 {
		return errors.New("packages need a base below them")
	}
	scratch, err := os.MkdirTemp(filepath.Dir(site.Root), "overlay-")
	if err != nil {
		return fmt.Errorf("prepare overlay: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	mountPoint, work, lists := filepath.Join(scratch, "root"), filepath.Join(scratch, "work"), filepath.Join(scratch, "lists")
	if err := errors.Join(os.Mkdir(mountPoint, 0o755), os.Mkdir(work, 0o755)); err != nil {
		return fmt.Errorf("prepare overlay: %w", err)
	}
	if err := copyTree(ctx, filepath.Join(site.Below[0].Keep(), "lists"), lists); err != nil {
		return err
	}
	epoch, err := released(lists)
	if err != nil {
		return err
	}
	cmd := isolated(ctx, "sh", "-euc", overlayScript, "sh", mountPoint, lowerDirs(site.Below), site.Root, work, lists)
	cmd.Stdin = strings.NewReader(installScript + i.Script)
	cmd.Env = append(proxies(),
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
		"SOURCE_DATE_EPOCH="+strconv.FormatInt(epoch.Unix(), 10),
		"PACKAGES="+strings.Join(i.Packages, " "),
		"COMPONENTS="+strings.Join(i.Components, " "),
	)
	if out, err := output(cmd); err != nil {
		return explain(i, lastLines(out), err)
	}
	newest, err := released(lists)
	if err != nil {
		return err
	}
	return site.Dated(newest)
}

// explain tells which of the usual things went wrong.
func explain(i Install, output string, err error) error {
	hint := fmt.Sprintf("Check that the mirror in /etc/apt has %s", strings.Join(i.Packages, " "))
	switch {
	case strings.Contains(output, "overlay") && strings.Contains(output, "mount"):
		hint = "The kernel or the disk of the state directory has no overlayfs. Use a state directory on ext4 or xfs, outside a container"
	case strings.Contains(output, "No space left"):
		hint = "The disk of the state directory is full. Free some space"
	}
	return fmt.Errorf("install %s: %w: %s. %s", strings.Join(i.Packages, " "), err, output, hint)
}

// lowerDirs is in overlayfs's order, the uppermost first.
func lowerDirs(below []Made) string {
	dirs := make([]string, len(below))
	for n, made := range below {
		dirs[len(below)-1-n] = made.Root()
	}
	return strings.Join(dirs, ":")
}

func proxies() []string {
	var set []string
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
		if value, ok := os.LookupEnv(name); ok {
			set = append(set, name+"="+value)
		}
	}
	return set
}

// copyTree copies with owners, times, links and devices, into a directory that
// need not be there.
func copyTree(ctx context.Context, from, to string) error {
	out, err := exec.CommandContext(ctx, "cp", "--archive", "--no-target-directory", from, to).CombinedOutput()
	if err != nil {
		return fmt.Errorf("copy %s: %w: %s", from, err, lastLines(out))
	}
	return nil
}
