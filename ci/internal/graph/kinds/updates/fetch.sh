# Fetches packages by their hashes into /packages, from whichever of the package
# sources in /sources has them. Each argument is HASH:FILE.
set -eu
mkdir /packages
sites=$(apt-get -o Dir::Etc=/sources --print-uris update | sed -n "s/^'\(.*\/\)dists\/.*/\1/p" | sort -u)
fetched() {
    file=$(printf %s "$2" | sed 's/+/%2b/g')
    for site in $sites; do
        if /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$site$file" "/packages/$1.deb" "SHA256:$1"; then return 0; fi
    done
    return 1
}
for package in "$@"; do
    if ! fetched "${package%%:*}" "${package#*:}"; then
        echo "error: no package source of the image has ${package#*:} with the hash of the lock any more: there is a newer version. Write the lock again with lock-updates" >&2
        exit 1
    fi
done
