#!/bin/sh
# The scripted sessions, played by programs of other compilers and optimisations: the same bytes,
# which are those of the goldens. Builds outside the tree, one after the other.
#
#   builds.sh [COMPILER:LEVEL...]      default: gcc:0 gcc:3 clang:0 clang:3
set -eu
cd "$(dirname "$0")/../.."
export PYTHONDONTWRITEBYTECODE=1

[ $# -gt 0 ] || set -- gcc:0 gcc:3 clang:0 clang:3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

count=0
failures=0
verdict() {
    count=$((count + 1))
    [ "$1" = ok ] || failures=$((failures + 1))
    echo "$1 $count - $2"
}

# Every session with what was just built; $name is left at the first that fails.
play() {
    GHOSTKEYD=$work/build/daemon/ghostkeyd GHOSTCTL=$work/build/client/ghostctl
    export GHOSTKEYD GHOSTCTL
    for session in fixtures/sessions/*.http; do
        name=$(basename "$session" .http)
        python3 tests/contract/session.py "$session" golden >"$work/said" || {
            sed 's/^/# /' "$work/said"
            return 1
        }
    done
}

for variant; do
    compiler=${variant%:*}
    level=${variant#*:}
    if ! command -v "$compiler" >/dev/null; then
        verdict ok "$compiler -O$level # SKIP there is no $compiler here"
        continue
    fi
    rm -rf "$work/build"
    if CC=$compiler meson setup "$work/build" -Doptimization="$level" -Dtests=disabled \
        -Dman-pages=disabled >"$work/said" 2>&1 &&
        meson compile -C "$work/build" >"$work/said" 2>&1; then
        verdict ok "$compiler -O$level: it builds"
    else
        sed 's/^/# /' "$work/said"
        verdict 'not ok' "$compiler -O$level: it builds"
        continue
    fi
    if play; then
        verdict ok "$compiler -O$level: every session answers as its golden says"
    else
        verdict 'not ok' "$compiler -O$level: every session answers as its golden says ($name)"
    fi
done
echo "1..$count"
[ "$failures" = 0 ]
