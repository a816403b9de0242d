#!/bin/sh
# The command `ingot` of an installed app: the app's own program without a window.
here=$(dirname "$(readlink -f "$0" 2>/dev/null || perl -MCwd -e 'print Cwd::abs_path(shift)' "$0")")
app=$here/../ingot-app
[ -x "$app" ] || app=$here/../MacOS/Ingot
# No page is shown, so no display, no sandbox and no GPU are needed. What follows the two dashes is not read by Chromium.
exec "$app" --ozone-platform=headless --no-sandbox --disable-gpu --cli -- "$@"
