#!/bin/bash
# A developer's session in a real user manager: the installed units, the first call that wakes the
# daemon, rotate, export, crash, restart, stop. Prints TAP.
#
#   test_user_session.sh BUILD_DIR PREFIX    installs the build, then runs itself inside
#   test_user_session.sh --inside            the steps, as the user (user-manager calls this)
set -u

readonly CRASHES=10

# ---- outside ------------------------------------------------------------------------------------

outside() {
    local here

    here=$(cd "$(dirname "$0")" && pwd -P)
    . "$here/inside.sh"
    run_inside "$1" "$2" "install -D -m 0755 '$here/test_user_session.sh' /run/ghostkey-test/session" \
        bash /run/ghostkey-test/session --inside
}

# ---- inside -------------------------------------------------------------------------------------

count=0
failed=0

# check DESCRIPTION COMMAND...: one TAP line; what the command printed is shown if it failed.
check() {
    local description=$1 output

    shift
    count=$((count + 1))
    if output=$("$@" 2>&1); then
        echo "ok $count - $description"
    else
        echo "not ok $count - $description"
        printf '%s\n' "$output" | sed 's/^/# /'
        failed=$((failed + 1))
    fi
}

equal() {
    [ "$1" = "$2" ] || { echo "expected '$2', got '$1'"; return 1; }
}

state_of() {
    systemctl --user show -P ActiveState "$1"
}

main_pid() {
    systemctl --user show -P MainPID ghostkey.service
}

silent() {
    local output

    output=$("$@" 2>&1) && [ -z "$output" ] || { echo "$output"; return 1; }
}

exits_with() {
    local expected=$1 status

    shift
    "$@" >/dev/null
    status=$?
    equal "$status" "$expected"
}

status_field() {
    equal "$(awk -v field="$1:" '$1 == field { print $2 }' "/proc/$(main_pid)/status")" "$2"
}

exposure() {
    systemd-analyze --user security --no-pager ghostkey.service |
        sed -n 's/^.*Overall exposure level for ghostkey\.service: \([0-9.]*\) .*$/\1/p'
}

at_most() {
    [ -n "$1" ] && awk -v have="$1" -v most="$2" 'BEGIN { exit !(have <= most) }' ||
        { echo "expected at most $2, got '$1'"; return 1; }
}

put_first() {
    printf 'first\n' | ghostctl put db_pass --ttl 1h --strategy alphanumeric --rotate-on-expiry
}

rotated_value() {
    local value

    value=$(ghostctl get db_pass) || return
    [[ $value =~ ^[0-9A-Za-z]{32}$ ]] || { echo "not 32 alphanumerics (${#value} bytes)"; return 1; }
}

exported_value() {
    grep -qx "DB_PASS=$(ghostctl get db_pass)" .env.ghost || { echo "not in the file"; return 1; }
}

# Kills the daemon again and again; each time the next call must be answered by a new one.
crash_and_call() {
    local pid

    for _ in $(seq "$CRASHES"); do
        pid=$(main_pid)
        [ "$pid" != 0 ] || { echo "no daemon to kill"; return 1; }
        kill -KILL "$pid"
        ghostctl list >/dev/null || { echo "not answered after a crash"; return 1; }
    done
}

inside() {
    local socket=$XDG_RUNTIME_DIR/ghostkey/ghostkey.sock level

    check "the manager reads its units anew" silent systemctl --user daemon-reload
    # --man=no: whether a man page is installed says nothing about the unit.
    check "the installed units verify silently" \
        silent systemd-analyze --user --man=no verify ghostkey.socket ghostkey.service
    check "the socket starts" silent systemctl --user start ghostkey.socket
    check "the socket has mode 0600" equal "$(stat -c %a "$socket")" 600
    check "its directory has mode 0700" equal "$(stat -c %a "${socket%/*}")" 700
    check "the daemon does not run yet" equal "$(state_of ghostkey.service)" inactive

    check "the first put is answered" put_first
    check "it woke the daemon" equal "$(state_of ghostkey.service)" active
    check "get gives what was put" equal "$(ghostctl get db_pass)" first
    check "rotate is answered" ghostctl rotate db_pass
    check "rotate made a new value" rotated_value
    check "list names the secret" grep -q db_pass <(ghostctl list)

    check "export is answered" ghostctl export -o .env.ghost
    check "the env file has mode 0600" equal "$(stat -c %a .env.ghost)" 600
    check "the env file has the rotated value" exported_value

    check "the daemon can gain no rights" status_field NoNewPrivs 1
    check "the daemon's system calls are filtered" status_field Seccomp 2
    level=$(exposure)
    echo "# systemd-analyze security: $level"
    check "the exposure level is at most 4.5" at_most "$level" 4.5

    check "$CRASHES crashes in a row refuse no call" crash_and_call
    check "restart succeeds" silent systemctl --user restart ghostkey.service
    check "the restarted daemon answers" ghostctl put again value
    check "the restarted daemon keeps what it is given" equal "$(ghostctl get again)" value

    check "both stop" silent systemctl --user stop ghostkey.service ghostkey.socket
    check "the service ended well" equal "$(state_of ghostkey.service)" inactive
    check "the socket ended well" equal "$(state_of ghostkey.socket)" inactive
    check "the socket file is gone" equal "$(ls -A "${socket%/*}")" ""
    check "a call now finds nobody" exits_with 5 ghostctl list
    echo "1..$count"
    [ "$failed" = 0 ]
}

case ${1-} in
--inside) inside ;;
*) outside "$1" "$2" ;;
esac
