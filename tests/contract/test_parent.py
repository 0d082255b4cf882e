#!/usr/bin/env python3
"""ghostkeyd --exit-with-parent: it ends with the process that started it, not with a thread of that."""

import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import http1  # noqa: E402
import tap  # noqa: E402
from daemon import preloaded, program, wait_for  # noqa: E402

ORPHANED_LIB = sys.argv[1]
# Starts the daemon in a thread that ends, says its pid, and ends when its standard input does.
PARENT = """
import os, subprocess, sys, threading
started = []
def start():
    started.append(subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
    started[0].stdout.readline()
thread = threading.Thread(target=start)
thread.start()
thread.join()
print(started[0].pid, flush=True)
sys.stdin.read()
os._exit(0)
"""


def ask(socket):
    return http1.Connection(socket).request("GET", "/v1/status").status


class Family:
    """A parent and the daemon that it has started."""

    def __init__(self, folder, *options):
        self.socket = f"{folder}/s"
        self.parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, program(), "--socket", self.socket, *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.pid = int(self.parent.stdout.readline())
        self.pidfd = os.pidfd_open(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not ended(self.pidfd):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        os.close(self.pidfd)
        self.parent.kill()
        self.parent.wait()
        self.parent.stdin.close()
        self.parent.stdout.close()


def ended(pidfd):
    return bool(select.select([pidfd], [], [], 0)[0])


def it_stays_when_a_thread_ends(check):
    with tempfile.TemporaryDirectory() as folder, Family(folder, "--exit-with-parent") as family:
        wait_for(lambda: os.listdir(f"/proc/{family.parent.pid}/task") == [str(family.parent.pid)],
                 "the thread that started it to end")
        check.equal(ask(family.socket), 200, "the daemon stays")
        family.parent.kill()
        wait_for(lambda: ended(family.pidfd), "the daemon to end")
        check.ok(not os.path.exists(family.socket), "it ends with a parent that is killed, and removes its socket")


def it_ends_as_by_sigterm(check):
    with tempfile.TemporaryDirectory() as folder, \
            Family(folder, "--exit-with-parent", "--store", f"{folder}/store") as family:
        connection = http1.Connection(family.socket)
        connection.request("PUT", "/v1/secrets/a", '{"value":"x"}')
        family.parent.stdin.close()
        wait_for(lambda: ended(family.pidfd), "the daemon to end")
        check.equal(sorted(os.listdir(folder)), ["store"], "a parent that exits; the store is kept")


def without_the_option_it_stays(check):
    with tempfile.TemporaryDirectory() as folder, Family(folder) as family:
        family.parent.kill()
        family.parent.wait()
        check.equal(ask(family.socket), 200, "also when its parent is gone")


def a_parent_that_ends_at_once_is_noticed(check):
    """orphaned.c makes pidfd_open() wait until the parent is gone, as a slow machine would."""
    with tempfile.TemporaryDirectory() as folder:
        script = f'"$@" >"{folder}/out" 2>&1 & echo $!; read x'
        env = preloaded(ORPHANED_LIB)
        parent = subprocess.Popen(["sh", "-c", script, "sh", "env", f"ORPHANED={folder}/asked", *(
            f"{name}={env[name]}" for name in ("LD_PRELOAD", "ASAN_OPTIONS")), program(), "--socket", f"{folder}/s",
            "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        pidfd = os.pidfd_open(int(parent.stdout.readline()))
        try:
            wait_for(lambda: os.path.exists(f"{folder}/asked"), "the daemon to ask for its parent")
            parent.kill()
            parent.communicate()
            wait_for(lambda: ended(pidfd), "the daemon to end")
        finally:
            if not ended(pidfd):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)
        check.equal((os.path.exists(f"{folder}/s"), pathlib.Path(f"{folder}/out").read_text("utf-8")), (False, ""),
                    "it ends, and has made and said nothing")


tap_status = tap.run(it_stays_when_a_thread_ends, it_ends_as_by_sigterm, without_the_option_it_stays,
                     a_parent_that_ends_at_once_is_noticed)
sys.exit(tap_status)
