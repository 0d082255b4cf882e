#!/bin/bash
# ghostkey-credential.socket in a real user manager: installs the build, then has credential_session.py run
# inside as an ordinary user. Prints TAP.
#
#   test_credential.sh BUILD_DIR PREFIX
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/inside.sh"

inside=/run/ghostkey-test/credential
run_inside "$1" "$2" "
    install -d -m 0755 $inside &&
    install -m 0644 '$here/credential_session.py' '$here/../support/tap.py' \
        $inside" /usr/bin/python3 -B $inside/credential_session.py
