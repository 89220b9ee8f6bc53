#!/bin/sh
# Installs the shared libraries that OpenCV (libGL, GLib) and MediaPipe (libEGL, libGLESv2) load, if any is missing.
# Wheels do not carry them; desktop machines have them, slim images often do not.
missing=""
for library in libGL.so.1 libglib-2.0.so.0 libEGL.so.1 libGLESv2.so.2; do
    ldconfig -p 2>/dev/null | grep -q "$library" || missing="$missing $library"
done
[ -z "$missing" ] && exit 0
exec sh "$(dirname "$0")/debian.sh" "shared libraries:$missing" libgl1 libglib2.0-0 libegl1 libgles2
