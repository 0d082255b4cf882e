#!/bin/bash
# What the state outlives in a real user manager: crashes and restarts under load, not a stop.
# Installs the build, then has state_session.py run inside as an ordinary user. Prints TAP.
#
#   test_state.sh BUILD_DIR PREFIX
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/inside.sh"

inside=/run/ghostkey-test/state
run_inside "$1" "$2" "
    install -d -m 0755 $inside &&
    install -m 0644 '$here/state_session.py' '$here/../crash/writers.py' \
        '$here/../support/http1.py' '$here/../support/tap.py' $inside" /usr/bin/python3 -B $inside/state_session.py
