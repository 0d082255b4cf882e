#!/usr/bin/env python3
"""A store that cannot grow: writes get 500, the old state stays readable, and the daemon goes on.

The limit is RLIMIT_FSIZE. tests/crash/test_full.py tries the others."""

import json
import pathlib
import resource
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon, tight_daemon

STORE_BYTES = 2 << 20
VALUE_BYTES = 60000
WRITERS = 8
WRITES_MAX = 200
PROBLEM = (b'{"type":"about:blank","title":"Internal Server Error","status":500,'
           b'"detail":"the store is full, so nothing was changed: delete secrets, or give ghostkeyd more '
           b'memory or disk"}')


def full_daemon():
    return tight_daemon(STORE_BYTES, "--seed", "test", "--clock", "virtual")


def value_of(number, size=VALUE_BYTES):
    return f"canary-{number}-".ljust(size, "x")


def definition(number, size=VALUE_BYTES):
    return json.dumps({"value": value_of(number, size)})


def fill(connection, size=VALUE_BYTES):
    """Puts until one is refused -> (the number put, the refusal)"""
    for number in range(STORE_BYTES // size + 1):
        answer = connection.request("PUT", f"/v1/secrets/s{number:03}", definition(number, size))
        if answer.status != 200:
            return number, answer
    raise AssertionError(f"{STORE_BYTES // size} values of {size} bytes fit into {STORE_BYTES}")


def dump(connection):
    targets = ["/v1/secrets?values=true&limit=1000", "/v1/events?limit=1000", "/v1/status", "/v1/clock", "/v1/faults"]
    return [connection.request("GET", target).body for target in targets]


def a_full_store_answers_500(check):
    with full_daemon() as daemon, daemon.connect() as connection:
        count, answer = fill(connection)
        check.ok(count > 3, f"{count} values fit before")
        check.equal(answer.status, 500, "the one that does not fit is refused")
        check.equal(answer.body, PROBLEM, "with a problem document that says nothing of the store")
        check.equal(http1.header(answer.headers, "content-type"), "application/problem+json",
                    "of its type")
        check.equal(http1.header(answer.headers, "etag"), None, "and without a tag")
        before = dump(connection)
        listed = json.loads(before[0])["secrets"]
        check.equal([(each["name"], each["value"]) for each in listed],
                    [(f"s{i:03}", value_of(i)) for i in range(count)],
                    "what was acknowledged is there, and nothing else")
        events = json.loads(before[1])["events"]
        check.equal([(e["seq"], e["name"]) for e in events],
                    [(i + 1, f"s{i:03}") for i in range(count)], "the events are the same changes")
        for _ in range(20):
            check.equal(connection.request("PUT", "/v1/secrets/late", definition(0)).status, 500,
                        "it stays full")
        check.ok(dump(connection) == before, "refused writes change nothing")
        status, _, _ = daemon.request("GET", "/v1/status")
        check.equal(status, 200, "another connection is served")
        check.ok("canary" not in daemon.stderr(), "the log has no value in it")
        check.ok(daemon.stderr() != "", "but says that something is wrong")


def a_store_filled_to_the_last_page_answers_500(check):
    """Where the limit falls between two writes, the kernel sends SIGXFSZ as well."""
    for size in (3000, 1000, 100):
        with full_daemon() as daemon, daemon.connect() as connection:
            count, answer = fill(connection, size)
            check.equal(answer.status, 500, f"values of {size} bytes fill it, too")
            statuses = {connection.request("PUT", f"/v1/secrets/t{n}", definition(n, size)).status
                        for n in range(20)}
            check.ok(statuses <= {200, 500}, "the daemon goes on", statuses)
            for number in (0, count // 2, count - 1):
                got = json.loads(connection.request("GET", f"/v1/secrets/s{number:03}").body)
                check.equal(got["value"], value_of(number, size), f"number {number} is whole")


def room_is_used_again(check):
    with full_daemon() as daemon, daemon.connect() as connection:
        count, _ = fill(connection)
        statuses = [connection.request("DELETE", f"/v1/secrets/s{i:03}").status
                    for i in range(count)]
        check.equal(statuses, [200] * count, "all can be deleted")
        check.equal(json.loads(dump(connection)[0])["secrets"], [], "what was deleted is gone")
        answer = connection.request("PUT", "/v1/secrets/again", definition(1))
        check.equal(answer.status, 200, "there is room for a value again")
        got = json.loads(connection.request("GET", "/v1/secrets/again").body)["value"]
        check.ok(got == value_of(1), "which is read as it was put")
        check.equal(daemon.stop(), 0, "and the daemon ends as ever")


def a_reset_that_cannot_be_kept_changes_nothing(check):
    """What --apply read would be larger than the store can become. The state was begun without it."""
    with tempfile.TemporaryDirectory(prefix="ghostkey-reset-") as folder:
        store, document = ("--store", f"{folder}/store"), pathlib.Path(folder) / "document"
        document.write_text(json.dumps({"secrets": {f"s{number:03}": {"value": value_of(number)} for number in range(40)}}))
        with Daemon("--clock", "virtual", *store) as daemon:
            daemon.request("PUT", "/v1/secrets/own", definition(0, 10))
            daemon.request("PUT", "/v1/faults/own", '{"match":{"name":"other"},"effect":{"error":"internal"}}')
            daemon.request("POST", "/v1/clock/advance", '{"by":"1h"}')
        with Daemon(*store, "--apply", str(document), limits=[(resource.RLIMIT_FSIZE, STORE_BYTES)]) as daemon, \
                daemon.connect() as connection:
            before = dump(connection)
            check.equal(connection.request("POST", "/v1/reset").status, 500, "a reset that does not fit is refused")
            for was, now in zip(before, dump(connection)):
                check.equal(now, was, "and changes nothing of what is told")


def write_until_full(daemon, writer, outcomes):
    with daemon.connect() as connection:
        for number in range(WRITES_MAX // WRITERS):
            name = f"w{writer}-{number:03}"
            answer = connection.request("PUT", f"/v1/secrets/{name}", definition(name, 20000))
            outcomes.append((name, answer.status))


def concurrent_writers_know_what_is_kept(check):
    with full_daemon() as daemon:
        outcomes = [[] for _ in range(WRITERS)]
        threads = [threading.Thread(target=write_until_full, args=(daemon, i, outcomes[i]))
                   for i in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answered = dict(outcome for each in outcomes for outcome in each)
        kept = sorted(name for name, status in answered.items() if status == 200)
        check.equal(len(answered), WRITES_MAX // WRITERS * WRITERS, "every write is answered")
        check.equal(set(answered.values()), {200, 500}, "with 200 or 500")
        with daemon.connect() as connection:
            listed, events, status = (json.loads(body) for body in dump(connection)[:3])
        check.equal([s["name"] for s in listed["secrets"]], kept,
                    "all that was acknowledged is there, and nothing that was refused")
        check.ok(all(s["value"] == value_of(s["name"], 20000) for s in listed["secrets"]),
                 "each value is whole")
        check.equal([e["seq"] for e in events["events"]], list(range(1, len(kept) + 1)),
                    "the events have no gap")
        check.equal(sorted(e["name"] for e in events["events"]), kept, "and are the same changes")
        check.equal((status["secrets"], status["last_event"]), (len(kept), len(kept)),
                    "the status counts them")


if __name__ == "__main__":
    sys.exit(tap.run(a_full_store_answers_500, a_store_filled_to_the_last_page_answers_500,
                     room_is_used_again, a_reset_that_cannot_be_kept_changes_nothing,
                     concurrent_writers_know_what_is_kept))
