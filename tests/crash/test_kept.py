#!/usr/bin/env python3
"""The memory that a service manager kept is used again; or, if another version of GhostKey made it, it is
refused with a message and left as it is. The daemon never silently begins with nothing."""

import os
import select
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
from statekit import FORMAT, OPTIONS, Daemon, dump, patch_format, put
import tap


def memory(content=b""):
    file = open(os.memfd_create("ghostkey"), "w+b", buffering=0)
    file.write(content)
    return file


def content(file):
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def kept():
    """-> (the state of a daemon that was killed, what could be read of it)"""
    with memory() as state, Daemon(*OPTIONS, state=state) as daemon:
        for name in ("a", "b"):
            assert daemon.request("PUT", f"/v1/secrets/{name}", put(name))[0] == 200
        with daemon.connect() as connection:
            seen = dump(connection)
        daemon.stop(9)
        return content(state), seen


def its_own_is_taken_back(check):
    before, seen = kept()
    with memory(patch_format(before, FORMAT)) as state, Daemon(state=state) as daemon:
        check.equal(daemon.json("GET", "/v1/status")[1]["state"], "fdstore", "it is the manager's")
        with daemon.connect() as connection:
            check.equal(dump(connection), seen, "with all that was in it")


def another_versions_is_refused(check):
    before, _ = kept()
    others = {f"format {number}": patch_format(before, number)
              for number in (0, FORMAT - 1, FORMAT + 1)}
    others["an older GhostKey"] = statekit.older_store()
    for what, other in others.items():
        check.ok(other != before, f"a state of {what}")
        with memory(other) as state:
            try:
                with Daemon(state=state):
                    said = "it came up"
            except RuntimeError as error:
                said = str(error)
            check.ok("ended with 75:" in said and "another version of GhostKey" in said
                     and "systemctl --user stop ghostkey.service" in said,
                     "it is refused, with what to do", said)
            check.ok(content(state) == other, "and left as it is")


class Manager(threading.Thread):
    """Reads what a daemon tells its service manager, until it says that it is ready or that it does not start."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="ghostkey-manager-")
        self.path = os.path.join(self.folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(statekit.DAEMON_S)
        self.said = []  # the first line of each message
        self.memories = []
        self.went_on = False  # although the barrier was not confirmed

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.join()
        self.socket.close()
        self.folder.cleanup()

    def run(self):
        while not self.said or not self.said[-1].startswith(("READY=1", "STATUS=not started")):
            text, fds, _, _ = socket.recv_fds(self.socket, 65536, 8)
            self.said.append(text.decode().split("\n", maxsplit=1)[0])
            if self.said[-1] == "BARRIER=1":
                self.went_on = bool(select.select([self.socket], [], [], 0.2)[0])
                os.close(fds.pop())
            self.memories += [os.fdopen(fd, "r+b", buffering=0) for fd in fds]

    def under(self):
        """A command that runs another one with $NOTIFY_SOCKET."""
        return ["/usr/bin/env", f"NOTIFY_SOCKET={self.path}"]


def both_memories_are_confirmed_before_it_is_ready(check):
    with Manager() as manager, Daemon(*OPTIONS, under=manager.under()) as daemon:
        check.equal(daemon.request("PUT", "/v1/secrets/a", put("x"))[0], 200, "it takes a write")
        with daemon.connect() as connection:
            seen = dump(connection)
        daemon.stop(9)
    check.equal(manager.said, ["FDSTORE=1", "FDSTORE=1", "BARRIER=1", "READY=1"],
                "two memfds were sent, then a barrier, then that it was ready")
    check.ok(not manager.went_on, "it waited for the barrier")
    with Daemon(*OPTIONS, state=manager.memories) as daemon, daemon.connect() as connection:
        check.equal(dump(connection), seen, "the next daemon finds all of it in these memfds")


def what_cannot_be_read_is_handed_back(check):
    before, _ = kept()
    with memory(patch_format(before, FORMAT + 1)) as state:
        with Manager() as manager:
            try:
                Daemon(*OPTIONS, state=state, under=manager.under()).close()
                said = "it came up"
            except RuntimeError as error:
                said = str(error)
        check.ok("handed back" in said, "the log says that it is handed back", said)
        check.equal(manager.said[:2], ["FDSTORE=1", "BARRIER=1"], "it is sent to the service manager")
        check.equal(os.fstat(manager.memories[0].fileno()).st_ino, os.fstat(state.fileno()).st_ino, "the same memfd")


if __name__ == "__main__":
    sys.exit(tap.run(its_own_is_taken_back, another_versions_is_refused,
                     both_memories_are_confirmed_before_it_is_ready, what_cannot_be_read_is_handed_back))
