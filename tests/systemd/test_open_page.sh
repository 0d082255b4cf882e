#!/bin/bash
# ghostctl page in a real user manager: installs the build, then has open_page_session.py run inside
# as an ordinary user. Prints TAP.
#
#   test_open_page.sh BUILD_DIR PREFIX
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/inside.sh"

inside=/run/ghostkey-test/open-page
run_inside "$1" "$2" "
    install -d -m 0755 $inside &&
    install -m 0644 '$here/open_page_session.py' '$here/../support/http1.py' '$here/../support/tap.py' \
        $inside" /usr/bin/python3 -B $inside/open_page_session.py
