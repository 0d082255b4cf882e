#!/usr/bin/env python3
"""10,000 malformed requests: no crash, no leak of file descriptors or memory, and right answers to
a well-behaved client all the while.

    test_malformed.py [COUNT [SEED]]"""

import json
import pathlib
import socket
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import malformed
import tap
from daemon import open_to_its_user
from seckit import (costs_at_most, memory_kib, open_fds, readable, wait_until_closed, start_tcp,
                    start_with_a)

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
SEED = sys.argv[2] if len(sys.argv) > 2 else "ghostkey"
STAYING_MAX = 100
WARM = 0.2  # of the requests, before memory is looked at
GROWTH_MAX_KIB = 4096
ANSWER_S = 0.05  # what is malformed need not be answered at all
STATUSES = {100, 200, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 417}


class Well:
    """A client that does everything right, on one connection that lasts."""

    def __init__(self, daemon):
        self.connection = daemon.connect()
        self.number = 0
        self.wrong = []

    def ask(self):
        self.number += 1
        value = f"right-{self.number}"
        put = self.connection.request("PUT", "/v1/secrets/well", json.dumps({"value": value}))
        got = self.connection.request("GET", "/v1/secrets/well")
        if put.status != 200 or json.loads(got.body).get("value") != value:
            self.wrong.append((self.number, put, got))


def send(connection, pieces):
    try:
        for piece in pieces:
            connection.send(piece)
        return True
    except (BrokenPipeError, ConnectionResetError):
        return False  # it was refused before it was complete


def statuses(connection):
    """The statuses of the answers; each answer must be whole."""
    found = []
    try:
        while readable(connection, ANSWER_S if not found else 0) or connection.rest:
            found.append(connection.answer().status)
    except (http1.Closed, ConnectionResetError, BrokenPipeError):
        pass
    except TimeoutError:
        found.append("half an answer")
    return found


def part(connection, ending):
    if ending == "half-close":
        connection.socket.shutdown(socket.SHUT_WR)
    elif ending == "reset":
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Babblers:
    """Sends all requests; some connections stay open for a while with an unfinished one."""

    def __init__(self, connect):
        self.connect = connect
        self.staying = []
        self.odd = []
        self.answers = {}

    def do(self, number, kind, pieces, ending):
        connection = self.connect()
        sent = send(connection, pieces)
        if ending == "stay" and sent:
            self.staying.append(connection)
            if len(self.staying) > STAYING_MAX:
                self.staying.pop(0).close()
            return
        if ending == "read":
            for status in statuses(connection):
                self.answers[status] = self.answers.get(status, 0) + 1
                if status not in STATUSES:
                    self.odd.append((number, kind, status))
        try:
            part(connection, ending)
        except OSError:
            connection.close()

    def leave(self):
        for connection in self.staying:
            connection.close()


def babble(check, daemon, fds, connect, what, count):
    well, babblers, warm = Well(daemon), Babblers(connect), 0
    for number, (kind, pieces, ending) in enumerate(malformed.requests(count, f"{SEED}-{what}")):
        if number == int(count * WARM):
            warm = memory_kib(daemon.pid)
        babblers.do(number, kind, pieces, ending)
        if number % 20 == 0:
            well.ask()
    babblers.leave()
    well.connection.close()
    check.equal(babblers.odd, [], f"{what}: {count} malformed requests get known answers, or none")
    check.note(f"{what}: {dict(sorted(babblers.answers.items(), key=str))}")
    check.equal(well.wrong, [], f"{what}: a well-behaved client got {well.number} right answers")
    check.ok(daemon.runs(), f"{what}: the daemon lives", daemon.stderr())
    wait_until_closed(daemon.pid, fds)
    check.ok(True, f"{what}: no file descriptor is left open")
    costs_at_most(check, daemon.pid, warm, GROWTH_MAX_KIB,
                  f"{what}: memory does not grow any more after the first {int(count * WARM)}")
    check.equal(json.loads(daemon.answer("GET", "/v1/secrets/a").body).get("value"), "first",
                f"{what}: nothing was smuggled past: the secret that it was to delete is there")


def over_unix(check):
    daemon, fds = start_with_a()
    with daemon:
        babble(check, daemon, fds, daemon.connect, "unix", COUNT)
        check.equal(daemon.stop(), 0, "unix: it ends well")


def over_tcp(check):
    with start_tcp(env=open_to_its_user()) as daemon:
        fds = open_fds(daemon.pid)
        daemon.request("PUT", "/v1/secrets/a", '{"value":"first"}')
        babble(check, daemon, fds, daemon.tcp, "tcp", COUNT // 10)
        check.equal(daemon.json("GET", "/v1/secrets/m")[0], 404, "tcp: without a token nothing is done")
        check.equal(daemon.stop(), 0, "tcp: it ends well")


if __name__ == "__main__":
    sys.exit(tap.run(over_unix, over_tcp))
