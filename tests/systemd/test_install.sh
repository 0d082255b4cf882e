#!/bin/bash
# What the README says about installing, done to the letter: in an account that has nothing but a copy
# of the tree, under that user's own manager, by install_session.py. Prints TAP.
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
. "$here/inside.sh"

for needed in meson ninja scdoc; do
    command -v "$needed" >/dev/null || { echo "1..0 # SKIP the program '$needed' is missing"; exit 0; }
done

# The copy has no build but the library that ci/fetch-h2o may have fetched: tests use no network.
inside=/run/ghostkey-test/install
home=/run/ghostkey-test/home
clone=$home/ghostkey
run_in_manager --setup "
    install -d -m 0755 $inside $clone &&
    install -m 0644 '$here/install_session.py' '$here/../support/tap.py' $inside &&
    tar -C '$root' --exclude='./build*' --exclude=./.git -cf - . | tar -C $clone -xf - &&
    if [ -d '$root/build-h2o' ]; then cp -a '$root/build-h2o' $clone/; fi &&
    chown -R --reference=$home $clone" \
    -- /usr/bin/python3 -B $inside/install_session.py
