#!/bin/sh
# Installs Debian packages where that is possible, else says what is missing: debian.sh WHAT PACKAGE...
what=$1
shift
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing $what" >&2
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
else
    echo "missing $what; on Debian or Ubuntu: sudo apt-get install $*" >&2
fi
exit 0
