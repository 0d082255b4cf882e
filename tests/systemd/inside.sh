# shellcheck shell=bash
# Sourced by the tests beside it: what each of them does before it is in the user manager, and after.
# shellcheck disable=SC2154 # $here is the caller's

# run_in_manager ARGUMENT...: as user-manager takes them. Ends the test with its status; a test that
# cannot be tried here says so in TAP.
run_in_manager() {
    local reason status

    reason=$(mktemp) || exit 1
    "$here/user-manager" "$@" 2>"$reason"
    status=$?
    cat "$reason" >&2
    if [ "$status" = 77 ]; then
        echo "1..0 # SKIP $(tail -n 1 "$reason")"
        status=0
    fi
    rm -f "$reason"
    exit "$status"
}

# run_inside BUILD_DIR PREFIX SETUP COMMAND...: installs the build and does SETUP as root in a user
# manager's own place (user-manager says which), then COMMAND as an ordinary user. Ends the test.
run_inside() {
    local build=$1 prefix=$2 setup=$3

    shift 3
    case $prefix in
    /usr | /usr/*) ;;
    *)
        echo "1..0 # SKIP user managers look for units below /usr, not in $prefix"
        exit 0
        ;;
    esac
    # meson writes a log beside the build as it installs; as root's it would be in the way later.
    run_in_manager --writable "$build" --setup "
        meson install -C '$build' --no-rebuild --quiet && $setup" -- "$@"
}
