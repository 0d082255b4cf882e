#!/usr/bin/env python3
"""The daemon and its clients as in containers: each with namespaces and a read-only root of its own, without
capabilities, /proc or XDG_RUNTIME_DIR. They share a folder, or the network as well."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402
from daemon import is_sanitized, program  # noqa: E402

GHOSTCTL = os.path.abspath(sys.argv[1])  # a container begins in its root
TIMEOUT_S = 60
# FOLDER is a mount of its own, so it stays as it is when the root becomes read-only.
SET_UP = r"""
set -e
mount --make-rprivate /
mount --bind "$FOLDER" "$FOLDER"
mount -o remount,bind,ro /
mount -t tmpfs none /proc
cd /
exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all env -i PATH="$PROGRAMS:/usr/bin:/bin" \
    LD_LIBRARY_PATH="$LIBRARIES" "$@"
"""
# Where the system has no h2o: a program of the build finds its own by $ORIGIN, for which the loader needs /proc. One
# that is installed has a whole path.
LIBRARIES = pathlib.Path(program()).resolve().parents[2] / "build-h2o/lib"


# Options, the exit status, what the message has in it, and what is tried.
REFUSED = (
    (("--socket", "{place}/ghost.sock"), 1, "listens on", "a second daemon, without /proc to look the first up"),
    (("--socket", "/ghost.sock"), 1, "cannot make the socket", "a socket in the read-only root"),
    ((), 2, "--socket", "no socket and no XDG_RUNTIME_DIR"),
    (("--socket", "{place}/o", "--exit-with-parent"), 1, "--exit-with-parent", "a parent outside of the container"),
)


class Containers:
    """A folder, and commands that run in a container which has it."""

    def __init__(self, network=False):
        self.network = network
        self.folder = tempfile.TemporaryDirectory(prefix="gk-")
        self.place = self.folder.name
        self.socket = f"{self.place}/ghost.sock"
        self.daemons = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for daemon in self.daemons:
            daemon.kill()
            daemon.wait()
            daemon.stdout.close()
            daemon.stderr.close()
        self.folder.cleanup()

    def command(self, *words):
        return ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--ipc", "--uts",
                *([] if self.network else ["--net"]), "--fork", "--kill-child",
                "sh", "-c", SET_UP, "sh", *map(str, words)]

    def environment(self):
        return {"PATH": os.environ["PATH"], "FOLDER": self.place, "PROGRAMS": os.path.dirname(program()),
                "LIBRARIES": str(LIBRARIES)}

    def run(self, *words):
        return subprocess.run(self.command(*words), env=self.environment(), text=True, check=False,
                              capture_output=True, timeout=TIMEOUT_S)

    def ghostctl(self, *words):
        return self.run(GHOSTCTL, "--socket", self.socket, *words)

    def start(self, *options):
        """-> the daemon, the first process of its container, and what it listens on"""
        daemon = subprocess.Popen(self.command(program(), "--socket", self.socket, *options), text=True,
                                  env=self.environment(), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        self.daemons.append(daemon)
        count = 2 if "--tcp" in options else 1
        return daemon, [daemon.stdout.readline().strip().removeprefix("listening on ") for _ in range(count)]


def is_possible(check):
    if is_sanitized():
        check.skip("in containers", "AddressSanitizer needs /proc")
        return False
    with Containers() as containers:
        tried = containers.run("sh", "-c", "! touch / 2>/dev/null && [ ! -e /proc/self ]")
    if tried.returncode != 0:
        check.skip("in containers", f"namespaces are not allowed here: {tried.stderr.strip()}")
    return tried.returncode == 0


def ended_by_sigterm(daemon):
    """Sends it to the first process of the container, and waits for that to end; -> its exit status"""
    children = pathlib.Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text("ascii").split()
    os.kill(int(children[0]), signal.SIGTERM)
    return daemon.wait(TIMEOUT_S)


def a_folder_is_shared(check):
    if not is_possible(check):
        return
    with Containers() as containers:
        document = pathlib.Path(containers.place, "secrets.json")
        document.write_text('{"secrets":{"db_pass":{"value":"from-a-file"}}}', "utf-8")
        daemon, listening = containers.start("--apply", document)
        check.equal(listening, [f"unix:{containers.socket}"], "it listens in the folder that they share")
        check.equal(containers.ghostctl("get", "db_pass").stdout, "from-a-file\n", "another container reads a secret")
        check.equal(containers.ghostctl("status", "--wait").returncode, 0, "`status` is a health check")
        for options, status, part, what in REFUSED:
            done = containers.run(program(), *(each.format(place=containers.place) for each in options))
            check.ok(done.returncode == status and part in done.stderr, what, done)
        check.equal(ended_by_sigterm(daemon), 0, "the first process of a container ends on SIGTERM")
        check.ok(not os.path.exists(containers.socket), "and removes its socket")


def a_store_is_kept(check):
    if not is_possible(check):
        return
    with Containers() as containers:
        store = f"{containers.place}/store"
        daemon, _ = containers.start("--store", store)
        check.ok(containers.ghostctl("put", "db_pass", "kept").returncode == 0, "a secret is put")
        check.equal(ended_by_sigterm(daemon), 0, "the container ends")
        containers.start("--store", store)
        check.equal(containers.ghostctl("get", "db_pass").stdout, "kept\n", "the next container has it")
        check.equal(sorted(os.listdir(containers.place)), ["ghost.sock", "store"], "nothing else is left in the folder")
        env = containers.ghostctl("export", "--output", f"{containers.place}/env")
        check.ok(env.returncode == 0 and pathlib.Path(containers.place, "env").exists(), "export writes there", env)


def a_sandbox_starts(check):
    if not is_possible(check):
        return
    with Containers() as containers:
        done = containers.run(f"TMPDIR={containers.place}", GHOSTCTL, "sandbox", "--",
                              GHOSTCTL, "status")
        check.ok(done.returncode == 0 and "status: ok" in done.stdout, "ghostctl sandbox", done)
        check.equal(os.listdir(containers.place), [], "nothing of it is left in the folder")


def the_network_is_shared(check):
    if not is_possible(check):
        return
    with Containers(network=True) as containers:
        token = f"{containers.place}/token"
        daemon, listening = containers.start("--tcp", "127.0.0.1:0", "--token-file", token)
        url = listening[1].replace("tcp:", "http://")
        put = containers.ghostctl("put", "db_pass", "seen-by-both")
        check.ok(put.returncode == 0, "a client puts a secret by the folder", put)
        header = pathlib.Path(containers.place, "header")
        header.write_text(f"X-Vault-Token: {pathlib.Path(token).read_text('ascii').strip()}\n", "ascii")
        read = containers.run("curl", "-sS", "-H", f"@{header}", f"{url}/v1/secret/data/db_pass")
        check.ok("seen-by-both" in read.stdout, "another reads it by Vault's API over TCP", read.stdout + read.stderr)
        refused = containers.run("curl", "-sS", f"{url}/v1/secrets/db_pass")
        check.ok('"status":401' in refused.stdout, "without the token it is refused", refused.stdout)
        got = containers.run(GHOSTCTL, "--url", url, "--token-file", token, "get", "db_pass")
        check.ok(got.stdout == "seen-by-both\n", "and ghostctl", got)
        check.equal(ended_by_sigterm(daemon), 0, "it ends on SIGTERM")


if __name__ == "__main__":
    sys.exit(tap.run(a_folder_is_shared, a_store_is_kept, a_sandbox_starts, the_network_is_shared))
