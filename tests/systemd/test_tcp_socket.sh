#!/bin/bash
# ghostkey-tcp.socket in a real user manager: installs the build, then has tcp_session.py run inside
# as an ordinary user. Prints TAP.
#
#   test_tcp_socket.sh BUILD_DIR PREFIX
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/inside.sh"

inside=/run/ghostkey-test/tcp
run_inside "$1" "$2" "
    install -d -m 0755 $inside &&
    install -m 0644 '$here/tcp_session.py' '$here/../support/http1.py' '$here/../support/tap.py' \
        $inside" /usr/bin/python3 -B $inside/tcp_session.py
