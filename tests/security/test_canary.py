#!/usr/bin/env python3
"""No value is left where it must not be: unique values go through every operation of the contract, good and
failing, and are then looked for everywhere (contract, section 7)."""

import json
import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import canary
import http1
import seckit
import tap
from daemon import open_to_its_user
from seckit import SEED, wait_until_closed, start_tcp

LARGE_UNITS = 2700  # of 24 bytes: nearly the largest value
TOO_LARGE_UNITS = 2800
JSON = ("Content-Type", "application/json")
HAS_VALUE = ("/v1/secrets/", "/v1/rotate/", "/v1/secrets?values=true")
SECRETS = "/v1/secrets/"


def put(name, units=4, **more):
    return json.dumps({"value": canary.value(name, units), **more})


def good():
    """(method, target, body, headers): what is done."""
    cycle = [canary.value("cycle1"), canary.value("cycle2"), canary.value("cycle3")]
    yield "PUT", SECRETS + "a", put("put"), ()
    yield "PUT", SECRETS + "a", put("replaced", ttl="1h", labels={"team": "core"}), ()
    yield "PUT", SECRETS + "b", json.dumps({"value_base64": canary.as_base64("binary")}), ()
    yield "PUT", SECRETS + "large", put("large", LARGE_UNITS), ()
    yield "PUT", SECRETS + "large", json.dumps(
        {"value_base64": canary.as_base64("largebin", LARGE_UNITS)}), ()
    yield "PUT", SECRETS + "escaped", '{"value":"' + "".join(
        f"\\u{ord(c):04x}" for c in canary.value("escaped")) + '"}', ()
    yield "PATCH", SECRETS + "a", put("patched"), ()
    yield "PATCH", SECRETS + "a", put("patchhead"), (("If-Match", '"3"'),)
    yield "PUT", SECRETS + "cycle", json.dumps(
        {"value": canary.value("cycled"), "rotation": {"strategy": "cycle", "values": cycle}}), ()
    yield "POST", "/v1/rotate/cycle", None, ()
    yield "POST", "/v1/rotate/cycle", "{}", ()
    yield "PUT", SECRETS + "gone", put("expired", ttl=1, rotation={"strategy": "cycle",
          "values": [canary.value("expiry1"), canary.value("expiry2")], "on_expiry": True}), ()
    yield "PUT", SECRETS + "stale", put("stale", ttl=1), ()
    yield "POST", "/v1/clock/advance", '{"by":"3s"}', ()
    yield "POST", "/v1/cleanup", None, ()
    for target in (SECRETS + "a", SECRETS + "a?version=1", SECRETS + "b", SECRETS + "large",
                   SECRETS + "cycle", "/v1/secrets?values=true", "/v1/secrets",
                   "/v1/metadata/a", "/v1/metadata/cycle", "/v1/events", "/v1/status", "/v1/clock",
                   "/metrics", "/v1/openapi.json"):
        yield "GET", target, None, ()
        yield "HEAD", target, None, ()
    yield "GET", SECRETS + "a", None, (("If-None-Match", '"1", "4"'),)


def failing():
    """Requests with a value that are refused."""
    value = canary.value
    yield "PUT", SECRETS + "a", put("unknown", nonsense=1), ()
    yield "PUT", SECRETS + "a", put("badttl", ttl="x"), ()
    yield "PUT", SECRETS + "a", put("badttl2", ttl=value("ttlvalue")), ()
    yield "PUT", SECRETS + "a", put("badenv", env=value("envvalue")), ()
    yield "PUT", SECRETS + "a", put("badpolicy", rotation={"strategy": value("strategy")}), ()
    yield "PUT", SECRETS + "a", put("badtempl", rotation={"strategy": "template",
                                                         "template": value("t") + "{nope}"}), ()
    yield "PUT", SECRETS + "a", put("badcycle", rotation={"strategy": "cycle",
                                                         "values": [value("single")]}), ()
    yield "PUT", SECRETS + "a", put("cut")[:-2], ()
    yield "PUT", SECRETS + "a", put("behind") + value("garbage"), ()
    yield "PUT", SECRETS + "a", '{"value":' + value("unquoted") + "}", ()
    yield "PUT", SECRETS + "a", '{"value":"' + value("badescape") + '\\q"}', ()
    yield "PUT", SECRETS + "a", b'{"value":"' + value("badutf8").encode() + b'\xff"}', ()
    yield "PUT", SECRETS + "a", put("nul").replace("Canary", "\\u0000Canary", 1), ()
    yield "PUT", SECRETS + "a", ('{"value":"' + value("twice1") + '","value":"' + value("twice2")
                                 + '"}'), ()
    yield "PUT", SECRETS + "a", json.dumps({"value": value("both"),
                                            "value_base64": canary.as_base64("both2")}), ()
    yield "PUT", SECRETS + "a", json.dumps({"value_base64": value("nobase64")}), ()
    yield "PUT", SECRETS + "a", json.dumps([value("array")]), ()
    yield "PUT", SECRETS + "a", json.dumps(value("text")), ()
    yield "PUT", SECRETS + "a", put("toolarge", TOO_LARGE_UNITS), ()
    yield "PUT", SECRETS + "a", put("farlarge", 30000), ()
    yield "PUT", SECRETS + "a", put("ifmatch"), (("If-Match", '"99"'),)
    yield "PUT", SECRETS + "a", put("ifnone"), (("If-None-Match", "*"),)
    yield "PUT", SECRETS + "a", put("media"), (("Content-Type", "text/plain"),)
    yield "PUT", SECRETS + "a//b", put("badname"), ()
    yield "PUT", SECRETS + "a?x=1", put("badquery"), ()
    yield "PUT", "/v1/nothing", put("nopath"), ()
    yield "POST", SECRETS + "a", put("nomethod"), ()
    yield "PATCH", SECRETS + "none", put("nosecret"), ()
    yield "PATCH", SECRETS + "a", put("patchbad", ttl=0), ()
    yield "POST", "/v1/rotate/a", put("rotatebad"), ()
    yield "POST", "/v1/clock/advance", json.dumps({"by": value("advance")}), ()
    yield "PUT", "/v1/clock", json.dumps({"now": value("now")}), ()
    yield "POST", "/v1/cleanup", put("cleanup"), ()
    yield "GET", SECRETS + "a", put("getbody"), ()


def may_have_values(method, target):
    return (method in ("GET", "POST") and target.startswith(HAS_VALUE)
            and not target.endswith("?x=1"))


class Watch:
    """Each answer, looked at as it comes."""

    def __init__(self, check):
        self.check = check
        self.found = []
        self.refused = 0
        self.statuses = []

    def look(self, what, answer, allowed=False):
        data = repr(answer.headers).encode() + answer.reason.encode()
        data += b"" if allowed and answer.status == 200 else answer.body
        self.statuses.append(answer.status)
        self.refused += answer.status >= 400
        if canary.names_in(data):
            self.found.append((what, answer.status, canary.names_in(data)))


def ways_in(daemon):
    """(name, a function that opens a connection, headers that every request needs)"""
    yield "unix", daemon.connect, [("Host", "localhost")]
    yield "tcp", daemon.tcp, [daemon.host(), daemon.bearer()]


def odd_ways(daemon, watch):
    """Requests that come in pieces, in chunks, in a pipeline, or never to their end."""
    host = ("Host", "localhost")
    with daemon.connect() as connection:
        for byte in http1.encode("PUT", SECRETS + "slow", put("bytewise"), [host]):
            connection.send(bytes([byte]))
        watch.look("byte by byte", connection.answer())
        body = put("chunked", 400).encode()
        connection.send(http1.encode("PUT", SECRETS + "chunked", headers=[
            host, ("Transfer-Encoding", "chunked")]))
        for at in range(0, len(body), 100):
            connection.send(b"%x\r\n%s\r\n" % (len(body[at:at + 100]), body[at:at + 100]))
        connection.send(b"0\r\n\r\n")
        watch.look("in chunks", connection.answer())
        pipeline = [http1.encode("PUT", SECRETS + f"p{n}", put(f"pipe{n}", 40)) for n in range(40)]
        connection.send(b"".join(pipeline))
        for _ in pipeline:
            watch.look("in a pipeline", connection.answer())
    whole = http1.encode("PUT", SECRETS + "cut", put("departed", 400))
    for cut in (len(whole) // 2, len(whole) - 1):
        with daemon.connect() as connection:
            connection.send(whole[:cut])
    for what, data in [("badchunks", b"5\r\n" + canary.value("badchunks").encode() + b"\r\nzz\r\n"),
                       ("badlength", canary.value("badlength").encode())]:
        coding = (("Transfer-Encoding", "chunked") if what == "badchunks"
                  else ("Content-Length", "x"))
        with daemon.connect() as connection:
            connection.send(http1.encode("PUT", SECRETS + "a", headers=[host, coding]) + data)
            watch.look(what, connection.answer())
    with daemon.connect() as connection:
        connection.send(http1.encode("PUT", SECRETS + "a", headers=[host, (
            "X-Value", canary.value("header", 900))]))
        watch.look("a head that is too large", connection.answer())
    for headers in ([daemon.host()], [("Host", "evil.example"), daemon.bearer()]):
        with daemon.tcp() as connection:
            watch.look("without the right to", connection.request(
                "PUT", SECRETS + "a", put("noaccess", 400), headers))


def do_everything(check, daemon):
    watch = Watch(check)
    for way, connect, headers in ways_in(daemon):
        before = len(watch.statuses)
        for method, target, body, more in good():
            with connect() as connection:
                answer = connection.request(method, target, body, [*headers, *more])
                watch.look(f"{way}: {method} {target}", answer, may_have_values(method, target))
        odd = [s for s in watch.statuses[before:] if s not in (200, 304)]
        check.ok(odd in ([], [412]), f"over {way} the operations are done", odd)
        watch.refused = 0
        requests = list(failing())
        for method, target, body, more in requests:
            with connect() as connection:
                watch.look(f"{way}: {method} {target}", connection.request(
                    method, target, body, [*headers, *more]),
                    may_have_values(method, target) and method == "GET")
        check.equal(watch.refused, len(requests) - 1, f"and those that are wrong refused ({way})")
    odd_ways(daemon, watch)
    check.equal(watch.found, [], "no answer has a value but those that are to have it")


def delete_all(daemon):
    names = [one["name"] for one in daemon.json("GET", "/v1/secrets?limit=1000")[1]["secrets"]]
    for name in names:
        daemon.request("DELETE", SECRETS + name)
    return daemon.json("GET", "/v1/status")[1]["secrets"]


def look_around(check, daemon, what):
    """Looks where values must never be."""
    for name in ("cmdline", "environ"):
        data = pathlib.Path(f"/proc/{daemon.pid}/{name}").read_bytes()
        check.ok(not canary.names_in(data) and SEED.encode() not in data
                 and daemon.token.encode() not in data, f"{what}: nothing in /proc/PID/{name}", data)
    logs = {"stdout": daemon.out, "stderr": daemon.err, "audit log": f"{daemon.directory}/audit"}
    for name, path in logs.items():
        data = pathlib.Path(path).read_bytes()
        check.ok(not canary.names_in(data) and SEED.encode() not in data
                 and daemon.token.encode() not in data, f"{what}: nothing in {name}",
                 canary.names_in(data))
    check.ok(pathlib.Path(f"{daemon.directory}/audit").stat().st_size > 1000,
             f"{what}: the audit log has its events")


def look_in_memory(check, daemon, what, fds):
    looks = not seckit.is_sanitized()
    if not looks:
        check.skip(f"{what}: the daemon's memory", "AddressSanitizer keeps what is freed, as it was")
    found = canary.in_memory(daemon.pid) if looks else {}
    seen = set().union(*(found.get(where, {}) for where in ("[heap]", "anonymous")))
    check.ok(not looks or {"patchhead", "large"} <= seen, f"{what}: live values are found in memory: this test can see",
             found)
    check.equal(delete_all(daemon), 0, f"{what}: all is deleted")
    wait_until_closed(daemon.pid, fds)
    check.equal(canary.in_memory(daemon.pid) if looks else {}, {},
                f"{what}: then no piece of a value is in the daemon's memory but its stack")


def start(folder, *options, **more):
    return start_tcp("--audit-log", f"{folder}/audit", *options, directory=folder,
                     env=open_to_its_user(dict(os.environ, GHOSTKEY_NOTHING="x")), **more)


def in_memory_alone(check):
    folder = seckit.temporary()
    with start(folder) as daemon:
        fds = seckit.open_fds(daemon.pid)
        do_everything(check, daemon)
        look_around(check, daemon, "in memory")
        look_in_memory(check, daemon, "in memory", fds)
        check.equal(canary.in_memfds(daemon.pid), {}, "nor is there a journal that holds any")


def in_memory_that_is_kept(check):
    folder = seckit.temporary()
    with open(os.memfd_create("ghostkey"), "w+b", buffering=0) as state, start(folder, state=state) as daemon:
        fds = seckit.open_fds(daemon.pid)
        do_everything(check, daemon)
        look_around(check, daemon, "kept")
        check.ok("patchhead" in canary.in_memfds(daemon.pid), "a live value is in the journal that is kept")
        look_in_memory(check, daemon, "kept", fds)
        check.note(f"units and pieces in the journal, till it is written anew: "
                   f"{sum(canary.in_memfds(daemon.pid).values())}")


def in_a_store(check):
    folder = seckit.temporary()
    store = pathlib.Path(folder, "store")
    with start(folder, "--store", str(store)) as daemon:
        fds = seckit.open_fds(daemon.pid)
        do_everything(check, daemon)
        look_around(check, daemon, "stored")
        check.ok("patchhead" in canary.names_in(store.read_bytes()), "a live value is in the store")
        look_in_memory(check, daemon, "stored", fds)
        check.equal(daemon.stop(), 0, "the daemon ends")
        check.equal(canary.names_in(store.read_bytes()), {}, "and has left no deleted value in the store")


def in_a_sealed_store(check):
    folder = seckit.temporary()
    key = pathlib.Path(folder, "key")
    key.write_bytes(os.urandom(32))
    store = pathlib.Path(folder, "store")
    with start(folder, "--store", str(store), "--store-key", str(key)) as daemon:
        fds = seckit.open_fds(daemon.pid)
        do_everything(check, daemon)
        look_around(check, daemon, "sealed")
        content = store.read_bytes()
        check.equal((canary.names_in(content), SEED.encode() in content, b"cycle" in content), ({}, False, False),
                    "no value, no seed and no name in the sealed store")
        look_in_memory(check, daemon, "sealed", fds)
        check.equal(canary.names_in(store.read_bytes()), {}, "nor afterwards")
        check.ok(key.read_bytes() not in store.read_bytes(), "nor is its key")
        check.equal(daemon.stop(), 0, "the daemon ends")
        check.equal(canary.names_in(store.read_bytes()), {}, "nothing in the store it leaves")


if __name__ == "__main__":
    sys.exit(tap.run(in_memory_alone, in_memory_that_is_kept, in_a_store, in_a_sealed_store))
