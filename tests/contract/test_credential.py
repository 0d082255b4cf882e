#!/usr/bin/env python3
"""Secrets as systemd credentials: what a reader gets that connects as systemd does, from an abstract address that
names the unit and the credential."""

import base64
import contextlib
import json
import pathlib
import re
import resource
import secrets
import select
import signal
import socket
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import Daemon, wait_for
from http1 import encode

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


def set_rule(daemon, effect, match=None, when=None, fault="f"):
    rule = {"match": match or {}, "effect": effect, "when": when or {}}
    answer = daemon.request("PUT", f"/v1/faults/{fault}", json.dumps(rule))
    assert answer[0] == 200, answer


def counts(daemon, fault="f"):
    shown = daemon.json("GET", f"/v1/faults/{fault}")[1]
    return shown["matched"], shown["fired"]


def seen(daemon, *members):
    """Of each request for a credential."""
    return [tuple(each[member] for member in members)
            for each in daemon.json("GET", "/v1/requests")[1]["requests"] if each["api"] == "credential"]


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


ERRORS = {"unavailable": 503, "internal": 500, "throttled": 429, "forbidden": 403, "sealed": 503, "not_found": 404}


def faults(check):
    with Daemon("--clock", "virtual", "--seed", "test", credentials=True) as daemon:
        for value in ("one", "two"):
            put(daemon, "a", json.dumps({"value": value}))
        put(daemon, "app/db", '{"value":"db"}')
        put(daemon, "once", '{"value":"x"}')
        for effect, status in [({"error": kind}, status) for kind, status in ERRORS.items()] + [
                ({"status": 418}, 418), ({"drop": "before"}, None), ({"drop": "after"}, None)]:
            set_rule(daemon, effect)
            check.ok(is_refused(read(daemon, "a")), f"{effect}: the unit does not start")
            check.equal(seen(daemon, "status", "fault")[-1], (status, "f"), f"and the list of requests says {status}")
        check.ok("app.service gets no credential a, and does not start: refused by the fault rule 'f'" in daemon.stderr(),
                 "the log names the rule", daemon.stderr())
        check.equal(daemon.json("GET", "/v1/readers/a")[1]["readers"], [], "none of these has read it")
        set_rule(daemon, {"truncate": 2})
        check.equal((read(daemon, "a"), read(daemon, "once")), (b"tw", b"x"), "truncate: the first bytes of the value")
        set_rule(daemon, {"truncate": 0})
        check.equal(read(daemon, "a"), b"", "also none")
        set_rule(daemon, {"stale": True})
        check.equal((read(daemon, "a"), read(daemon, "once")), (b"one", b"x"), "stale: the previous version, if there is one")
        check.equal([(each["version"], each["stage"]) for each in daemon.json("GET", "/v1/readers/a")[1]["readers"]],
                    [(1, "previous")], "which the readers say, too")
        set_rule(daemon, {"error": "forbidden"}, when={"skip": 1, "times": 1})
        check.equal([is_refused(read(daemon, "a")) for _ in range(3)], [False, True, False], "skip and times")
        check.equal(counts(daemon), (3, 1), "are counted")
        check.ok(is_refused(read(daemon, "missing")), "a rule that does not fire leaves the refusal as it is")
        check.equal(seen(daemon, "name", "status", "fault")[-1], ("missing", 404, None), "404")


def fault_matches(check):
    with Daemon("--clock", "virtual", credentials=True) as daemon:
        put(daemon, "app/db", '{"value":"db"}')
        put(daemon, "short", '{"value":"x","ttl":"1m"}')

        def fires(match, credential="app.db"):
            set_rule(daemon, {"error": "internal"}, match)
            return is_refused(read(daemon, credential))

        check.equal([fires({"api": each}) for each in ("credential", "ghostkey", "vault", "aws")],
                    [True, False, False, False], "api")
        check.equal([fires({"operation": each}) for each in ("credential", "read", "get", "GetSecretValue", "write")],
                    [True, True, False, False, False], "operation")
        check.equal([fires({"name": each}) for each in ("app/db", "app/*", "app.db", "other")],
                    [True, True, False, False], "name: that of the secret")
        set_rule(daemon, {"delay": "1s"}, {"api": "credential"})
        check.equal(daemon.request("GET", "/v1/secrets/app/db")[0], 200, "requests of other APIs do not match")
        check.equal(counts(daemon), (0, 0), "and are not counted")
        set_rule(daemon, {"status": 499})
        for address in ("", "\0g/unit/a/short"):
            read(daemon, "", address=address)
        check.equal(counts(daemon), (0, 0), "nor is a reader that is not systemd")
        set_rule(daemon, {"error": "internal"}, {"name": "no*"})
        read(daemon, "\xff\xff")
        read(daemon, "no.such")
        check.equal(counts(daemon), (1, 1), "one that is not there matches by the credential's name")
        check.equal(seen(daemon, "name", "status")[-2:], [(None, 404), ("no.such", 500)], "what is no name is shown as none")


def delays(check):
    with Daemon("--clock", "virtual", credentials=True) as daemon:
        put(daemon, "a", '{"value":"v"}')
        set_rule(daemon, {"delay": "600ms"})
        begun = time.monotonic()
        with Reader(daemon, "a") as reader:
            daemon.request("GET", "/v1/status")
            took_other = time.monotonic() - begun
            check.equal((reader.read_all(), took_other < 0.6), (b"v", True), "delay: the value comes later, and holds up nobody")
        check.ok(time.monotonic() - begun >= 0.6, "after the time")
        check.ok(seen(daemon, "us")[-1][0] >= 600_000, "which is counted", seen(daemon, "us"))
        set_rule(daemon, {"delay": "600ms", "error": "throttled"})
        begun = time.monotonic()
        check.ok(is_refused(read(daemon, "a")) and time.monotonic() - begun >= 0.6, "also before a refusal")

        def delayed():
            text = daemon.request("GET", "/metrics")[2].decode()
            return int(re.search(r"^\w*delayed_answers (\d+)$", text, re.M)[1])

        set_rule(daemon, {"delay": "10m"})
        with Reader(daemon, "a") as reader:
            wait_for(lambda: delayed() == 1, "a delayed answer")
            reader.shutdown(socket.SHUT_WR)  # as systemd does
            daemon.request("GET", "/v1/status")
            check.equal(delayed(), 1, "one that only ends its sending side waits on")
        with Reader(daemon, "a") as reader:
            wait_for(lambda: delayed() == 2, "a delayed answer")
        wait_for(lambda: delayed() == 1, "the end of one")
        check.equal(seen(daemon, "status")[-1], (None,), "a reader that leaves is given up")
        with Reader(daemon, "a") as reader:
            wait_for(lambda: delayed() == 2, "a delayed answer")
            begun = time.monotonic()
            daemon.stop()
            check.equal(reader.read_all(), b"v", "at the daemon's end it waits no longer")
            check.ok(time.monotonic() - begun < 5, "and holds up nothing")


def watched(check):
    """Readers and requests."""
    with Daemon("--clock", "virtual", "--log", "requests", credentials=True) as daemon:
        put(daemon, "a", '{"value":"v"}')
        put(daemon, "app/db", '{"value":"w","ttl":"1m"}')
        for unit in ("web.service", "worker@1.service", "web.service"):
            read(daemon, "a", unit=unit)
        read(daemon, "app.db")
        check.equal([(each["peer"], each["api"], each["version"], each["stage"], each["reads"])
                     for each in daemon.json("GET", "/v1/readers/a")[1]["readers"]],
                    [("web.service", "credential", 1, "current", 2), ("worker@1.service", "credential", 1, "current", 1)],
                    "readers: the units")
        put(daemon, "a", '{"value":"v2"}')
        read(daemon, "a", unit="worker@1.service")
        check.equal([(each["peer"], each["version"], each["stage"]) for each in daemon.json("GET", "/v1/readers/a")[1]["readers"]],
                    [("worker@1.service", 2, "current"), ("web.service", 1, "previous")], "who holds the old value is seen")
        check.equal([(each["peer"], each["version"]) for each in daemon.json("GET", "/v1/readers/app%2Fdb")[1]["readers"]],
                    [("app.service", 1)], "by the secret's name")
        daemon.request("POST", "/v1/clock/advance", '{"by":"1m"}')
        read(daemon, "app.db")
        read(daemon, "missing")
        read(daemon, "", address="\0g/unit/a/a")
        check.equal(seen(daemon, "peer", "operation", "name", "status", "fault")[-3:], [
            ("app.service", "credential", "app/db", 404, None), ("app.service", "credential", "missing", 404, None),
            (seen(daemon, "peer")[-1][0], None, None, 400, None)], "requests")
        check.ok(re.fullmatch(r"[^\[]+\[\d+\]", seen(daemon, "peer")[-1][0]), "a reader that is not systemd is a program",
                 seen(daemon, "peer"))
        check.ok(re.search(r"app\.service credential read credential 404 \d+us", daemon.stderr()), "and --log requests",
                 daemon.stderr())


def process_state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]


def only_what_is_kept(check):
    """A reader that comes in the turn of a change that cannot be kept: its write fails."""
    with tempfile.TemporaryDirectory() as folder, \
            Daemon("--clock", "virtual", "--store", f"{folder}/store", credentials=True) as daemon, daemon.connect() as connection:
        put(daemon, "a", '{"value":"before"}')
        connection.request("GET", "/v1/status")
        daemon.kill(signal.SIGSTOP)
        wait_for(lambda: process_state(daemon.pid) == "T", "a stop")
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (1, resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)[1]))
        connection.send(encode("PUT", "/v1/secrets/a", '{"value":"after"}'))
        with contextlib.ExitStack() as stack:
            # more than are accepted in a round of the loop, in which they come before the request
            coming = [stack.enter_context(Reader(daemon, "a")) for _ in range(READERS)]
            daemon.kill(signal.SIGCONT)
            got = {reader.read_all() for reader in coming}
        check.equal(connection.answer().status, 500, "the change of the secret cannot be kept")
        check.equal(got, {b"before"}, "so a reader of the same turn does not get its value")


if __name__ == "__main__":
    sys.exit(tap.run(values, refusals, many, alone, faults, fault_matches, delays, watched, only_what_is_kept))
