#!/usr/bin/env python3
"""Nobody reads what the daemon writes, to a terminal, another user's terminal, standard output or the
service manager's socket. None of that stops the daemon.

The program is $GHOSTKEYD."""

import json
import os
import pty
import shutil
import socket
import sys
import tempfile

import timekit
from daemon import DEADLINE_S, listening_socket, program
from timekit import Daemon, Process, http1, tap, wait_for

VIRTUAL = ("--seed", "unread", "--clock", "virtual")
LOST = "ghostkey_log_lost_total"
CHANGES = 3000
BATCH = 50
STOPPED = b"\x13"  # ^S
OTHER_UID = 59098  # of a user that need not exist
WATCHDOG_US = 40000


def change(daemon, count):
    """Changes secrets, a few in a pipeline -> how many changes were answered with 200."""
    body = json.dumps({"value": "x"})
    done = 0
    with daemon.connect() as connection:
        for first in range(0, count, BATCH):
            connection.send(b"".join(http1.encode("PUT", f"/v1/secrets/n{n}", body)
                                     for n in range(first, first + BATCH)))
            for _ in range(BATCH):
                done += connection.answer().status == 200
    return done


def lines_of(master):
    """The lines that the terminal has got so far."""
    os.set_blocking(master, False)
    text = b""
    try:
        while True:
            text += os.read(master, 1 << 16)
    except BlockingIOError:
        return text.decode().replace("\r\n", "\n")


def terminal(check, what, keys=b"", under=(), owner=None):
    master, slave = pty.openpty()
    try:
        if keys:
            os.write(master, keys)
        if owner is not None:
            os.chown(os.ttyname(slave), owner, -1)
            os.chmod(os.ttyname(slave), 0o600)
        with Daemon(*VIRTUAL, err=slave, under=under) as daemon:
            check.equal(change(daemon, CHANGES), CHANGES, f"{what}: {CHANGES} changes are answered")
            lost = timekit.counted(daemon, LOST)
            check.ok(0 < lost <= CHANGES, f"{what}: what the log did not take is counted", lost)
            os.write(master, b"\x11")  # ^Q
            lines_of(master)
            text, number = "", 0
            while '"again' not in text and number < 1000:  # it passes over some, where it waited
                put(daemon, f"again{number}")
                text += lines_of(master)
                number += 1
            check.ok(number < 1000, f"{what}: it takes lines again when it is read")
            put(daemon, "last")
            more = [text]
            wait_for(lambda: more.append(lines_of(master)) or '"last"' in "".join(more), "the last")
            told = "".join(more).split("\n")
            told = told[['"again' in line for line in told].index(True):-1]
            check.equal(json.loads(told[-1])["name"], "last", f"{what}: which are whole")
            check.equal(daemon.stop(), 0, f"{what}: SIGTERM ends it")
    finally:
        os.close(master)
        os.close(slave)


def put(daemon, name):
    with daemon.connect() as connection:
        timekit.put(connection, name, value="x")
        timekit.wait_for_log(connection)


def terminals(check):
    terminal(check, "a terminal")
    terminal(check, "a terminal that is stopped", STOPPED)


def another_users_terminal(check):
    """As after su(1): it is open, and cannot be opened a second time."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        check.skip("another user's terminal", "needs root, and setpriv")
        return
    under = (setpriv, "--bounding-set=-dac_override,-dac_read_search,-fowner")
    terminal(check, "another user's terminal", under=under, owner=OTHER_UID)


class Unready(Process):
    """A daemon whose standard output is `out`, an open fd; env is added to the environment."""

    def __init__(self, out=None, env=None):
        self.directory = tempfile.mkdtemp(prefix="ghostkey-")
        self.socket = os.path.join(self.directory, "s")
        self.place = out
        self.more = env or {}
        listener = listening_socket(self.socket)
        super().__init__([program(), *VIRTUAL], self.directory, None, [listener])
        listener.close()

    def become(self, arguments, environment, passed, limits, err):
        if self.place is not None:
            self.out = f"/proc/self/fd/{self.place}"
        super().become(arguments, environment | self.more, passed, limits, err)

    def ask(self):
        with http1.Connection(self.socket, DEADLINE_S) as connection:
            return connection.request("GET", "/v1/status").status

    def close(self):
        try:
            self.end()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)


def standard_output_is_full(check):
    read, write = os.pipe()
    try:
        os.set_blocking(write, False)
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(write, True)
    daemon = Unready(out=write)
    try:
        check.equal(daemon.ask(), 200, "standard output is a full pipe: it serves")
    finally:
        daemon.close()
        os.close(read)
        os.close(write)


def fill(path):
    """Until the socket at path takes no more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        try:
            while True:
                sender.sendto(b"X=1", path)
        except BlockingIOError:
            pass


def the_service_manager_does_not_read(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey-") as folder, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = os.path.join(folder, "notify")
        manager.bind(path)
        manager.setblocking(False)
        daemon = Unready(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": str(WATCHDOG_US)})
        try:
            check.equal(daemon.ask(), 200, "there is a service manager")
            said = b""
            while b"WATCHDOG=1" not in said:
                said = wait_for(lambda: attempt(manager), "a sign of life")
            fill(path)
            waited = [wait_for(lambda: daemon.ask() == 200, "an answer") for _ in range(200)]
            check.equal(len(waited), 200, "it reads no more, and the daemon serves all the same")
        finally:
            daemon.close()
        check.equal(daemon.wait(), 0, "and ends")


def attempt(manager):
    try:
        return manager.recv(4096)
    except BlockingIOError:
        return b""


if __name__ == "__main__":
    sys.exit(tap.run(terminals, another_users_terminal, standard_output_is_full,
                     the_service_manager_does_not_read))
