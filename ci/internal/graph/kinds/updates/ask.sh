# Asks the package sources of the image in /image, by an apt of the engine's own
# platform, for what updates packages of an architecture, and leaves in /answer each
# package's record and what it would run.
set -eu
architecture=$1
shift
info=/image/var/lib/dpkg/info
options="-o APT::Architecture=$architecture -o APT::Architectures::=$architecture -o APT::Sandbox::User=root
    -o Dir::Etc=/image/etc/apt -o Dir::State::status=/image/var/lib/dpkg/status -o Dir::State::Lists=/lists -o Dir::Cache=/cache"
mkdir -p /lists/partial /cache/archives/partial /packages /answer/show /answer/scripts
cd /packages
apt-get $options -qq update
apt-get $options -qq --simulate --no-install-recommends --only-upgrade install "$@" > /plan
if grep '^Remv ' /plan; then
    echo "error: the update takes packages away" >&2
    exit 1
fi
for package in $(sed -n 's/^Inst \([^ ]*\)\( \[[^]]*\]\)* (\([^ ]*\) .*/\1=\3/p' /plan); do
    name=${package%%=*}
    apt-cache $options show "$package" > "/answer/show/$name"
    apt-get $options -qq download "$package"
    dpkg-deb --control "$name"_*.deb "/answer/scripts/$name"
    rm -f "/answer/scripts/$name/prerm" "/answer/scripts/$name/postrm"
    for script in prerm postrm; do
        for installed in "$info/$name.$script" "$info/$name:$architecture.$script"; do
            if [ -e "$installed" ]; then cp "$installed" "/answer/scripts/$name/$script"; fi
        done
    done
done
