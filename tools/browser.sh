#!/bin/sh
# Installs the browser in which the tests look at pages, if there is none; without one those tests are left out.
for name in chromium chromium-browser google-chrome; do
    command -v $name >/dev/null && exit 0
done
exec sh "$(dirname "$0")/debian.sh" "a browser for the tests of pages" chromium fonts-dejavu-core
