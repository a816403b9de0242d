#!/bin/sh
# The command `ingot` of an installed app: the app's own program without a window.
here=$(dirname "$(readlink -f "$0" 2>/dev/null || perl -MCwd -e 'print Cwd::abs_path(shift)' "$0")")
app=$here/../ingot-app
[ -x "$app" ] || app=$here/../MacOS/Ingot
# Electron wants a display, or this, even where no window is opened.
[ -n "$DISPLAY$WAYLAND_DISPLAY" ] && headless= || headless=--ozone-platform=headless
# No page is shown, so neither a sandbox nor a GPU is needed, and Chromium has nothing to log. It reads nothing after the dashes.
exec "$app" $headless --no-sandbox --disable-gpu --log-level=3 --cli -- "$@"
