# shellcheck shell=sh
# Sourced by the scripts in this folder: where the tree is, what a step says, what must be installed.
# POSIX sh. A script sets `set -eu`, then `. "$(dirname "$0")/lib.sh"`.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root" || exit

# Nothing may be written beside the sources, and no output may depend on who runs it.
export PYTHONDONTWRITEBYTECODE=1
export LC_ALL=C.UTF-8
# As root in somebody else's clone git refuses to look; these scripts only read.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$root"
umask 022

step() {
    printf '\n==> %s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Says what it runs, then runs it.
run() {
    printf '    $ %s\n' "$*"
    "$@"
}

# The same, of which only errors are of interest.
run_quietly() {
    printf '    $ %s\n' "$*"
    "$@" >/dev/null
}

# What each purpose needs: a probe that works on any system (cmd: a program, pkg: a pkg-config
# module; py: a Python module; pg: a program of PostgreSQL; lib: a library of clang's), then the
# package that has it on Debian and Ubuntu, Fedora, and Arch.
needed_packages() {
    case $1 in
    build)
        cat <<'TABLE'
cmd:cc               gcc                 gcc               gcc
hdr:stdio.h          libc6-dev           glibc-devel       glibc
cmd:meson            meson               meson             meson
cmd:ninja            ninja-build         ninja-build       ninja
cmd:pkg-config       pkg-config          pkgconf           pkgconf
pkg:libh2o-evloop    libh2o-evloop-dev   libh2o-devel      h2o
pkg:jansson          libjansson-dev      jansson-devel     jansson
pkg:libdeflate       libdeflate-dev      libdeflate-devel  libdeflate
pkg:libbsd           libbsd-dev          libbsd-devel      libbsd
pkg:libcrypto        libssl-dev          openssl-devel     openssl
pkg:libsystemd       libsystemd-dev      systemd-devel     systemd-libs
cmd:scdoc            scdoc               scdoc             scdoc
cmd:systemctl        systemd             systemd           systemd
TABLE
        ;;
    package)
        cat <<'TABLE'
cmd:dpkg-shlibdeps   dpkg-dev            dpkg-dev          dpkg
TABLE
        ;;
    test)
        cat <<'TABLE'
pkg:cmocka           libcmocka-dev       libcmocka-devel   cmocka
cmd:curl             curl                curl              curl
cmd:git              git                 git               git
cmd:ps               procps              procps-ng         procps-ng
cmd:python3          python3             python3           python
py:jsonschema        python3-jsonschema  python3-jsonschema python-jsonschema
py:prometheus_client python3-prometheus-client python3-prometheus_client python-prometheus_client
cmd:strace           strace              strace            strace
pg:initdb            postgresql          postgresql-server postgresql
cmd:tmux             tmux                tmux              tmux
cmd:valgrind         valgrind            valgrind          valgrind
cmd:zsh              zsh                 zsh               zsh
cmd:fish             fish                fish              fish
TABLE
        ;;
    check)
        cat <<'TABLE'
cmd:clang            clang               clang             clang
lib:clang_rt.fuzzer  libclang-rt-dev     compiler-rt       compiler-rt
cmd:clang-format     clang-format        clang-tools-extra clang
cmd:clang-tidy       clang-tidy          clang-tools-extra clang
cmd:cppcheck         cppcheck            cppcheck          cppcheck
cmd:gcovr            gcovr               gcovr             gcovr
cmd:qemu-i386        qemu-user           qemu-user         qemu-user
cmd:aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc
cmd:i686-linux-gnu-gcc gcc-i686-linux-gnu gcc              gcc
cmd:s390x-linux-gnu-gcc gcc-s390x-linux-gnu gcc-s390x-linux-gnu s390x-linux-gnu-gcc
cmd:ip               iproute2            iproute           iproute2
cmd:lintian          lintian             lintian           lintian
cmd:chromium         chromium            chromium          chromium
cmd:chromedriver     chromium-driver     chromedriver      chromium
TABLE
        ;;
    bench)
        # On Debian redis-tools has all of Redis but the service; nginx is unpacked: unpack_debian.
        cat <<'TABLE'
cmd:curl             curl                curl              curl
cmd:gnuplot          gnuplot-nox         gnuplot-minimal   gnuplot
cmd:h2load           nghttp2-client      nghttp2           nghttp2
cmd:hyperfine        hyperfine           hyperfine         hyperfine
cmd:python3          python3             python3           python
cmd:redis-benchmark  redis-tools         redis             redis
cmd:systemd-socket-activate systemd      systemd           systemd
TABLE
        ;;
    instructions)
        cat <<'TABLE'
cmd:python3          python3             python3           python
cmd:setarch          util-linux          util-linux        util-linux
cmd:valgrind         valgrind            valgrind          valgrind
TABLE
        ;;
    bench-peers)
        # Packages whose installation starts a service on Debian; elsewhere it starts none.
        cat <<'TABLE'
cmd:nginx            nginx               nginx             nginx
TABLE
        ;;
    *) die "no package list named '$1'" ;;
    esac
}

probe() {
    case $1 in
    cmd:*) command -v "${1#cmd:}" >/dev/null 2>&1 ;;
    pkg:*) pkg-config --exists "${1#pkg:}" 2>/dev/null ;;
    pg:*) { command -v "${1#pg:}" || ls /usr/lib/postgresql/*/bin/"${1#pg:}"; } >/dev/null 2>&1 ;;
    py:*) /usr/bin/python3 -c "import ${1#py:}" >/dev/null 2>&1 ;;
    lib:*) find "$(clang -print-resource-dir 2>/dev/null)" -name "lib${1#lib:}*" 2>/dev/null |
        grep -q . ;;
    hdr:*) printf '#include <%s>\n' "${1#hdr:}" | cc -E -x c - >/dev/null 2>&1 ;;
    esac
}

# can_be_root REASON COMMAND-LINE [THEN]: sets `sudo` to what as_root puts before a command; names the whole
# line to whoever cannot become root, who can then ask somebody else to run it.
can_be_root() {
    sudo=
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null 2>&1 || die "$1, and there is no sudo here. Run this as root${3-}:

    $2
"
    sudo='sudo -n'
    [ ! -t 0 ] || sudo=sudo
    $sudo true || die "$1, and sudo does not let you be root here. Run this${3-}:

    sudo sh -c '$2'
"
}

# apt says hundreds of lines when all is well, and its errors on standard error.
as_root() {
    # shellcheck disable=SC2086
    run_quietly $sudo "$@" </dev/null
}

# Is this Debian package there? A probe would miss half-installed ones and other versions in PATH.
debian_has() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | head -n 1)" = installed ]
}

# Can this package be installed? Where apt has no lists yet, the release says so for h2o.
debian_offers_h2o() {
    [ -z "$(apt-cache madison libh2o-evloop-dev 2>/dev/null)" ] || return 0
    [ -z "$(apt-cache madison libc6-dev 2>/dev/null)" ] || return 1
    # shellcheck disable=SC1091
    case $(. /etc/os-release && echo "$ID ${VERSION_ID-}") in
    'debian 12' | 'ubuntu 22.04' | 'ubuntu 24.04') return 0 ;;
    *) return 1 ;;
    esac
}

# The packages of these purposes, one a line. Where h2o is no package any more, what ci/fetch-h2o and
# the library that it fetches need.
debian_packages() {
    for purpose; do
        needed_packages "$purpose" | while read -r _ package _; do
            if [ "$package" = libh2o-evloop-dev ] && ! debian_has "$package" && ! debian_offers_h2o; then
                printf '%s\n' debian-archive-keyring libwslay1 zlib1g
            else
                echo "$package"
            fi
        done
    done | sort -u
}

install_debian() {
    missing=$(debian_packages "$@" | while read -r package; do
        debian_has "$package" || echo "$package"
    done | tr '\n' ' ')
    missing=${missing% }
    if [ -z "$missing" ]; then
        echo "    everything needed is installed"
        return 0
    fi
    can_be_root "packages are missing" \
        "apt-get update && apt-get install -y --no-install-recommends $missing" ", then $0 again"
    echo "    installing what is missing: a minute or two"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
}

# unpack_debian DIRECTORY PURPOSE...: what is missing of these packages is laid below DIRECTORY, not
# installed: Debian starts a service when its package is installed, and again at each boot.
unpack_debian() {
    place=$1
    shift
    for purpose in "$@"; do
        needed_packages "$purpose" | while read -r what package _; do
            probe "$what" || [ -x "$place/usr/sbin/${what#cmd:}" ] || echo "$package"
        done
    done >"$place.missing"
    while read -r package; do
        echo "    unpacking $package into $place/"
        mkdir -p "$place/packages"
        (
            cd "$place/packages"
            apt-get download -q "$package" </dev/null || {
                can_be_root "packages are missing" "apt-get update" ", then $0 again"
                as_root apt-get update -q
                apt-get download -q "$package" </dev/null
            }
        )
        dpkg-deb --extract "$place/packages/$package"_*.deb "$place"
    done <"$place.missing"
}

# Nobody's package manager but apt is driven here: name what is missing, and how to get it.
name_missing() {
    column=3 manager='dnf install'
    if command -v pacman >/dev/null 2>&1; then
        column=4 manager='pacman -S --needed'
    fi
    shortage=$(for purpose in "$@"; do
        needed_packages "$purpose" | while read -r what _ fedora arch; do
            probe "$what" && continue
            case $column in
            3) echo "$fedora" ;;
            4) echo "$arch" ;;
            esac
        done
    done | sort -u | tr '\n' ' ')
    if [ -n "$shortage" ]; then
        die "this is neither Debian nor Ubuntu; install these packages (or what they are called" \
            "here) and run this again: $manager $shortage"
    fi
    echo "    everything needed is installed"
}

# install_missing PURPOSE...
install_missing() {
    step "Looking for what is needed to $*"
    if command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1; then
        install_debian "$@"
        probe pkg:libh2o-evloop || ci/fetch-h2o
    else
        name_missing "$@"
    fi
}

# configure DIRECTORY [OPTION...]: a fresh set-up, or the one that is there with these options.
configure() {
    directory=$1
    shift
    if [ "$(id -u)" != 0 ] && [ -n "$(find "$directory" ! -user "$(id -u)" 2>/dev/null)" ]; then
        die "in $directory/ are files of somebody else (sudo?); remove it and run this again"
    fi
    if [ -f "$directory/meson-private/coredata.dat" ] &&
        setup_quietly --reconfigure "$directory" "$@"; then
        return
    fi
    # None there, or one that another meson or another place made.
    rm -rf "$directory"
    setup_quietly "$directory" "$@" || { printf '%s\n' "$said"; return 1; }
}

# meson's hundred lines of answers are of interest only if one of them is no.
setup_quietly() {
    printf '    $ meson setup %s\n' "$*"
    said=$(meson setup "$@" 2>&1 </dev/null) || return
    printf '%s\n' "$said" | grep -E 'WARNING|DEPRECATION' || true
}

# `git status`, or nothing where this is no git checkout.
tree_state() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git status --porcelain
    fi
}

# as_expected LOG LIST: whether a compiler or an analyser found what LIST has, and nothing else. LIST has
# lines `FILE: MESSAGE [CHECK]` and, in lines that begin with #, the reasons why they are wrong. A line of
# code has no number there, since it moves.
as_expected() {
    sed -n -E "s,\x1b\\[[0-9;]*[A-Za-z],,g; s,^(.*[.][.]/|$root/)?([^ :]+):[0-9]+:[0-9]+: (warning|error): (.*\\])$,\\2: \\4,p" "$1" |
        sort -u >"$1.found"
    grep -v '^#\|^$' "$2" | sort >"$1.expected"
    comm -13 "$1.expected" "$1.found" | sed 's/^/new: /'
    comm -23 "$1.expected" "$1.found" | sed "s,^,$2 expects what is not found: ,"
    cmp -s "$1.expected" "$1.found"
}
