#!/bin/sh
# Gives a project's tools a browser: browsers.sh COMPONENT BROWSER...
# Playwright gets its own, in the version that the lock file has. Where that cannot be
# fetched, Debian's Chromium stands where it looks for its own. Who drives another way
# reads CHROME_BIN and the like.
set -eu
mkdir -p /ms-playwright
: > /ms-playwright/instead
component=$1
shift
cd "$component"
PATH=$component/node_modules/.bin:$PATH
command -v playwright > /dev/null || exit 0
export PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=20000
if playwright install "$@" > /tmp/browsers.log 2>&1; then
    exit 0
fi
for place in $(playwright install --dry-run "$@" | sed -n 's/^ *Install location: *//p' | grep chromium); do
    for program in chrome-linux/chrome chrome-linux64/chrome chrome-linux/headless_shell chrome-headless-shell-linux64/chrome-headless-shell; do
        mkdir -p "$place/$(dirname $program)"
        ln -sf /usr/bin/chromium "$place/$program"
    done
    touch "$place/INSTALLATION_COMPLETE"
done
# Whoever runs this reads it: what an exec prints is shown once, and not where it is cached.
echo "Playwright's own browser cannot be fetched ($(grep -m1 -o 'Failed to download.*\|getaddrinfo.*' /tmp/browsers.log || echo "it says nothing")): $(chromium --version) stands in its place" > /ms-playwright/instead
