#!/bin/bash
# What the README says about the units, done in a real user manager: installs the build, then has
# readme_session.py run inside as an ordinary user. Prints TAP.
#
#   test_readme.sh BUILD_DIR PREFIX
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/inside.sh"

inside=/run/ghostkey-test/readme
run_inside "$1" "$2" "
    install -d -m 0755 $inside &&
    install -m 0644 '$here/readme_session.py' '$here/../support/http1.py' '$here/../support/tap.py' \
        '$here/../../README.md' $inside" /usr/bin/python3 -B $inside/readme_session.py
