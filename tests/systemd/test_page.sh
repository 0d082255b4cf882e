#!/bin/bash
# What ghostkeyd(8) says about the units, done in a real user manager: installs the build, then has
# page_session.py run inside as an ordinary user. Prints TAP.
#
#   test_page.sh BUILD_DIR PREFIX
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/inside.sh"

inside=/run/ghostkey-test/page
run_inside "$1" "$2" "
    install -d -m 0755 $inside &&
    install -m 0644 '$here/page_session.py' '$here/../support/http1.py' '$here/../support/tap.py' \
        '$here/../../daemon/ghostkeyd.8.scd' $inside" /usr/bin/python3 -B $inside/page_session.py
