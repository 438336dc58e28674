# Unpacks /packages over the image in /image as its own dpkg does, run on the
# engine's platform, but for what the packages would run. What that changed is in
# /layer. The argument is the image's architecture.
set -eu
architecture=$1
database=/image/var/lib/dpkg
info=$database/info
dpkg="dpkg --root=/image --force-architecture --force-depends --force-confold --force-unsafe-io --no-triggers"

fail() {
    echo "error: $*" >&2
    exit 1
}

# files are all but what dpkg keeps for itself.
files() {
    cd /image
    find . -xdev \( -path ./var/log -o -path ./var/cache -o -path ./var/lib/dpkg/updates \) -prune -o \
        ! -name . ! -path './var/lib/dpkg/*-old' ! -path './var/lib/dpkg/lock*' ! -path ./var/lib/dpkg/available \
        ! -path './var/lib/dpkg/triggers/*' "$@" -print | LC_ALL=C sort
}

# older tells whether the image has an older version of a package, or none.
older() {
    installed=$(dpkg-query --admindir=$database --show --showformat '${Version}\n' "$1" 2>/dev/null | head -n 1)
    dpkg --compare-versions "$installed" lt "$2"
}

# stays refuses a package that writes through a link out of the image.
stays() {
    dpkg-deb --fsys-tarfile "$1" | tar -t | sed -n 's/^\.\(.*\)\/$/\1/p' | while read -r directory; do
        case $(readlink "/image$directory" || true) in
        /*) fail "$directory of the image is a link to another place, which $2 would write to" ;;
        esac
    done
}

[ -s $database/status ] || fail "the image has no packages of dpkg"
files ! -type d > /before
: > /unpacked
mkdir /bare /whole /layer
for package in /packages/*.deb; do
    name=$(dpkg-deb --field "$package" Package)
    if ! older "$name" "$(dpkg-deb --field "$package" Version)"; then
        echo "$name is as new already"
        continue
    fi
    stays "$package" "$name"
    dpkg-deb --raw-extract "$package" "/whole/$name"
    mkdir "/bare/$name.control"
    for script in preinst postinst prerm postrm config triggers; do
        if [ -e "/whole/$name/DEBIAN/$script" ]; then mv "/whole/$name/DEBIAN/$script" "/bare/$name.control/"; fi
        rm -f "$info/$name.$script" "$info/$name:$architecture.$script"
    done
    dpkg-deb -Znone --build "/whole/$name" "/bare/$name.deb" > /dev/null
    echo "$name" >> /unpacked
done
[ -s /unpacked ] || exit 0

touch /begin
sleep 0.1
$dpkg --unpack /bare/*.deb
$dpkg --configure $(cat /unpacked)
if [ -s $database/triggers/Unincorp ]; then
    fail "the update has other packages do something, which cannot be run: $(cat $database/triggers/Unincorp)"
fi
while read -r name; do
    at=$info/$name
    if [ -e "$at:$architecture.list" ]; then at=$at:$architecture; fi
    [ -e "$at.list" ] || fail "dpkg has not kept which files are of $name"
    for script in "/bare/$name.control"/*; do
        if [ -e "$script" ]; then cp -p "$script" "$at.${script##*/}"; fi
    done
done < /unpacked

files ! -type d > /after
gone=$(LC_ALL=C comm -23 /before /after)
if [ -n "$gone" ]; then fail "the update takes files away, which a layer of its own cannot do the same twice: $gone"; fi
files -cnewer /begin > /changed
tar -C /image --no-recursion -c -T /changed | tar -C /layer -x -p
find /layer -mindepth 1 -exec touch --no-dereference --date=@0 {} + # The engine passes over hard links.
cat /unpacked
