#!/bin/sh
# Installs the browser in which the tests look at pages, if there is none; without one those tests are left out.
for name in chromium chromium-browser google-chrome; do
    command -v $name >/dev/null && exit 0
done
packages="chromium fonts-dejavu-core"
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing chromium" >&2
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
    echo "no browser for the tests of pages; on Debian or Ubuntu: sudo apt-get install $packages" >&2
fi
exit 0
