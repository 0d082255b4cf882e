#!/bin/sh
# Every session has its golden and its line in meson.build, and every golden its session.
#
#   test_sessions.sh NAME...      the names in meson.build
set -eu
cd "$(dirname "$0")/../.."

status=0
complain() {
    echo "$*" >&2
    status=1
}

for session in fixtures/sessions/*.http; do
    name=$(basename "$session" .http)
    [ -f "golden/$name.golden" ] || complain "$session has no golden: ci/bless"
    case " $* " in
    *" $name "*) ;;
    *) complain "$session is not in tests/contract/meson.build" ;;
    esac
done
for golden in golden/*; do
    name=${golden#golden/}
    name=${name%.golden}
    name=${name%.env.ghost}
    [ -f "fixtures/sessions/$name.http" ] || complain "$golden has no session"
done
exit "$status"
