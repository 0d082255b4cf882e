#!/bin/bash
# What the README says about the units, done in a real user manager: installs the build, then has
# readme_session.py run inside as an ordinary user. Prints TAP.
#
#   test_readme.sh BUILD_DIR PREFIX
set -u

build=$1
prefix=$2
here=$(cd "$(dirname "$0")" && pwd -P)
inside=/run/ghostkey-test/readme

case $prefix in
/usr | /usr/*) ;;
*)
    echo "1..0 # SKIP user managers look for units below /usr, not in $prefix"
    exit 0
    ;;
esac
reason=$(mktemp) || exit 1
"$here/user-manager" --writable "$build" --setup "
    meson install -C '$build' --no-rebuild --quiet &&
    install -d -m 0755 $inside &&
    install -m 0644 '$here/readme_session.py' '$here/../support/http1.py' '$here/../support/tap.py' \
        '$here/../../README.md' $inside" \
    -- /usr/bin/python3 -B $inside/readme_session.py 2>"$reason"
status=$?
cat "$reason" >&2
if [ "$status" = 77 ]; then
    echo "1..0 # SKIP $(tail -n 1 "$reason")"
    status=0
fi
rm -f "$reason"
exit "$status"
