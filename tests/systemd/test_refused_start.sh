#!/bin/bash
# A start that is refused under a real user manager loses no secret. Installs the build, then has
# refused_session.py run inside as an ordinary user. Prints TAP.
#
#   test_refused_start.sh BUILD_DIR PREFIX
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/inside.sh"

inside=/run/ghostkey-test/refused
run_inside "$1" "$2" "
    install -d -m 0755 $inside &&
    install -m 0644 '$here/refused_session.py' '$here/../support/http1.py' '$here/../support/tap.py' \
        $inside" /usr/bin/python3 -B $inside/refused_session.py
