#!/usr/bin/env python3
"""Secrets as systemd credentials: what a reader gets that connects as systemd does, from an abstract address that
names the unit and the credential."""

import base64
import pathlib
import re
import secrets
import select
import socket
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import Daemon

SYSTEMD_MAX_BYTES = 1024 * 1024
READERS = 64
CONNECTIONS_MAX = 1024  # GK_CONNECTIONS_MAX
WAIT_S = 20


class Reader(socket.socket):
    """A connection as systemd makes it."""

    def __init__(self, daemon, credential, unit="app.service", address=None):
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self.settimeout(WAIT_S)
        if address is None:
            address = f"\0{secrets.randbits(64):x}/unit/{unit}/{credential}"
        if address:
            self.bind(address)
        self.connect(daemon.socket + "-credential")

    def read_all(self):
        parts = []
        while part := self.recv(65536):
            parts.append(part)
        return b"".join(parts)


def read(daemon, *arguments, **more):
    with Reader(daemon, *arguments, **more) as reader:
        return reader.read_all()


def is_refused(answer):
    return len(answer) == SYSTEMD_MAX_BYTES + 1 and not answer.strip(b"\0")


def put(daemon, name, body):
    answer = daemon.request("PUT", f"/v1/secrets/{name}", body)
    assert answer[0] == 200, answer


def values(check):
    binary = bytes(range(256))
    with Daemon("--clock", "virtual", credentials=True) as daemon:
        put(daemon, "db_pass", '{"value":"hunter2"}')
        put(daemon, "binary", '{"value_base64":"%s"}' % base64.b64encode(binary).decode())
        put(daemon, "large", '{"value":"%s"}' % ("x" * 65536))
        put(daemon, "empty", '{"value":""}')
        put(daemon, "app/db_pass", '{"value":"with a slash"}')
        put(daemon, "a/b/c", '{"value":"all of them"}')
        put(daemon, "both/ways", '{"value":"slash"}')
        put(daemon, "both.ways", '{"value":"dot"}')
        check.equal(read(daemon, "db_pass"), b"hunter2", "a text is answered as it is, and the connection is closed")
        check.equal(read(daemon, "binary"), binary, "so are bytes")
        check.equal(read(daemon, "large"), b"x" * 65536, "and 64 KiB")
        check.equal(read(daemon, "empty"), b"", "an empty secret is an empty credential")
        check.equal(read(daemon, "app.db_pass"), b"with a slash", "'.' stands for '/'")
        check.equal(read(daemon, "a.b.c"), b"all of them", "each of them")
        check.equal(read(daemon, "both.ways"), b"dot", "but a secret that is named so comes first")
        check.equal(read(daemon, "db_pass", unit="user@1000-x:y.service"), b"hunter2", "whatever the unit's name")
        check.equal(read(daemon, "", address="\0000f/unit/a.service/db_pass"), b"hunter2", "or the number's length")
        daemon.request("POST", "/v1/rotate/db_pass", "")
        put(daemon, "db_pass", '{"value":"hunter3"}')
        check.equal(read(daemon, "db_pass"), b"hunter3", "the next start gets the new value")
        check.ok("hunter" not in daemon.stderr(), "no value is logged")


def refusals(check):
    with Daemon("--clock", "virtual", credentials=True) as daemon:
        put(daemon, "short", '{"value":"x","ttl":"1m"}')
        put(daemon, "kept", '{"value":"y"}')
        put(daemon, "a.b", '{"value":"z","ttl":"1m"}')
        put(daemon, "a/b", '{"value":"live"}')
        check.ok(is_refused(read(daemon, "missing")), "of a secret that is not there, more comes than systemd takes")
        check.ok("app.service gets no credential missing, and does not start: no secret named 'missing'"
                 in daemon.stderr(), "and the log says why", daemon.stderr())
        check.ok(is_refused(read(daemon, "no.such")), "the same with a dot")
        check.ok("no secret named 'no.such', and none named 'no/such'" in daemon.stderr(), "which names both names",
                 daemon.stderr())
        daemon.request("POST", "/v1/clock/advance", '{"by":"1m"}')
        check.ok(is_refused(read(daemon, "short")), "so it is of an expired one")
        check.ok(re.search(r"credential short, .*'short' has expired", daemon.stderr()), "for which the log has that reason",
                 daemon.stderr())
        check.ok(is_refused(read(daemon, "a.b")), "one that is expired has no other in its place")
        daemon.request("DELETE", "/v1/secrets/kept?recover=7d")
        check.ok(is_refused(read(daemon, "kept")), "nor has one whose deletion can be undone")
        check.ok(re.search(r"credential kept, .*deleted", daemon.stderr()), "which is said, too", daemon.stderr())
        for address in ("", "\0", "\0unit/a/b", "\0/unit/a/kept", "\0f/unit/a/", "\0f/unit//kept", "\0f/user/a/short",
                        "\0" + "0" * 17 + "/unit/a/short", "\0g/unit/a/short"):
            check.ok(is_refused(read(daemon, "", address=address)), f"nobody else is answered: {address!r}")
        check.ok("its reader is not systemd" in daemon.stderr(), "and that is said", daemon.stderr())
        check.equal(daemon.request("GET", "/v1/secrets/a/b")[0], 200, "the daemon goes on")


def many(check):
    """Readers at once, those that take nothing, and those that leave."""
    with Daemon("--clock", "virtual", credentials=True) as daemon:
        put(daemon, "a", '{"value":"%s"}' % ("v" * 60000))
        waiting = [Reader(daemon, "missing", unit=f"w{n}.service") for n in range(READERS)]
        for reader in waiting:
            select.select([reader], [], [], WAIT_S)
        check.equal(daemon.request("GET", "/v1/secrets/a")[0], 200, "readers that take nothing hold up nobody")
        got = [None] * READERS

        def one(number):
            got[number] = read(daemon, "a", unit=f"u{number}.service")

        threads = [threading.Thread(target=one, args=(n,), daemon=True) for n in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        check.ok(all(value == b"v" * 60000 for value in got), f"{READERS} at once get it whole")
        for reader in waiting[::2]:
            reader.close()
        check.ok(all(is_refused(reader.read_all()) for reader in waiting[1::2]), "a late one gets all of the refusal")
        for reader in waiting[1::2]:
            reader.close()
        got = {read(daemon, "a", unit=f"v{number}.service") for number in range(CONNECTIONS_MAX + READERS)}
        check.equal(got, {b"v" * 60000}, "no connection is left open: there is a place for each of many more")
        with Reader(daemon, "missing") as reader:
            select.select([reader], [], [], WAIT_S)
            daemon.stop()
            check.ok(True, "one that takes nothing does not hold up the end of the daemon for ever")


def alone(check):
    """Without a socket for HTTP the daemon makes one."""
    with Daemon(passed=False, credentials=True) as daemon:
        put(daemon, "a", '{"value":"b"}')
        check.equal(read(daemon, "a"), b"b", "a socket for credentials takes the place of no other")
        check.equal(daemon.stdout().count("listening on unix:"), 2, "both are announced")


if __name__ == "__main__":
    sys.exit(tap.run(values, refusals, many, alone))
