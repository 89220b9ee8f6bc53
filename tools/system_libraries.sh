#!/bin/sh
# Installs the shared libraries that OpenCV (libGL, GLib) and MediaPipe (libEGL, libGLESv2) load, if any is missing.
# Wheels do not carry them; desktop machines have them, slim images often do not.
missing=""
for library in libGL.so.1 libglib-2.0.so.0 libEGL.so.1 libGLESv2.so.2; do
    ldconfig -p 2>/dev/null | grep -q "$library" || missing="$missing $library"
done
[ -z "$missing" ] && exit 0
packages="libgl1 libglib2.0-0 libegl1 libgles2"
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing$missing" >&2
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
    echo "missing shared libraries:$missing; on Debian or Ubuntu: sudo apt-get install $packages" >&2
fi
exit 0
