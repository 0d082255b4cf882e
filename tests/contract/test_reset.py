#!/usr/bin/env python3
"""POST /v1/reset: what follows is as after a start from nothing, byte for byte; nothing of before is left."""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon, wait_for

CANARY = "canary-77d0"
START = "2001-02-03T04:05:06.000Z"
SESSION = [
    ("PUT", "/v1/secrets/a", '{"value":"one","ttl":"1h","rotation":{"strategy":"hex","on_expiry":true}}'),
    ("PUT", "/v1/secrets/b", '{"generate":true}'),
    ("POST", "/v1/rotate/a", '{"pending":true}'),
    ("POST", "/v1/promote/a", None),
    ("DELETE", "/v1/secrets/b?recover=30m", None),
    ("POST", "/v1/clock/advance", '{"by":"150m"}'),
    ("PUT", "/v1/secrets/b", '{"generate":true}'),
    ("GET", "/v1/metadata/a", None),
    ("GET", "/v1/metadata/b", None),
    ("GET", "/v1/secrets?values=true&deleted=include", None),
    ("GET", "/v1/events", None),
    ("GET", "/v1/clock", None),
]
VAULT = {"X-Vault-Token": "any"}


def aws(operation, **members):
    return ("POST", "/", json.dumps(members),
            {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"secretsmanager.{operation}"})


EVERY_API = [
    ("PUT", "/v1/secrets/c", '{"generate":true}'),
    ("PUT", "/v1/faults/some", '{"match":{"name":"c"},"effect":{"error":"unavailable"},"when":{"percent":50}}'),
    *[("GET", "/v1/secrets/c", None)] * 8,
    ("POST", "/v1/secret/data/app", '{"data":{"k":"v"}}', VAULT),
    ("POST", "/v1/sys/mounts/team", '{"type":"kv","options":{"version":"2"}}', VAULT),
    ("GET", "/v1/sys/mounts", None, VAULT),
    aws("CreateSecret", Name="db", SecretString="v"),
    aws("RotateSecret", SecretId="db"),
    aws("DescribeSecret", SecretId="db"),
    *SESSION,
    ("GET", "/v1/dump?values=true", None),
    ("GET", "/v1/faults", None),
    ("GET", "/v1/status", None),
    ("GET", "/v1/readers/c", None),
    ("GET", "/v1/requests?limit=1000", None),
]


def play(daemon, session=None):
    """The status and the body of each answer, without how long it took."""
    answers = [daemon.request(*step)[::2] for step in session or SESSION]
    return [(status, re.sub(rb'"us":\d+', b'"us":0', body)) for status, body in answers]


def options(*more):
    return ("--seed", "test", "--clock", f"virtual:{START}", *more)


def a_session_answers_the_same_bytes_again(check):
    with Daemon(*options()) as daemon:
        first = play(daemon)
        check.equal(daemon.request("POST", "/v1/reset")[2], b'{"reset":true}', "the answer")
        check.equal(daemon.json("GET", "/v1/events")[1], {"events": [], "next": 0}, "there are no events")
        check.equal(daemon.json("GET", "/v1/clock")[1]["now"], START, "the clock is where it began")
        check.equal(play(daemon), first, "the same bytes")
        daemon.request("POST", "/v1/reset")
        daemon.request("POST", "/v1/reset")
        check.equal(play(daemon), first, "and after two more")


def every_api_begins_anew(check):
    """Also what faults counted, and who read and asked what."""
    with Daemon(*options()) as daemon:
        daemon.request("GET", "/v1/status")  # how a daemon is found to be there
        daemon.request("POST", "/v1/reset")
        begun = daemon.json("GET", "/v1/requests")[1]
        check.equal(begun, {"requests": [], "next": 0}, "no request was made before")
        first = play(daemon, EVERY_API)
        check.equal({status for status, _ in first}, {200, 204, 503}, "each is answered, some by the fault")
        daemon.request("POST", "/v1/reset")
        check.equal(play(daemon, EVERY_API), first, "a session of every API answers the same bytes again")
    with Daemon(*options()) as fresh:
        check.equal(play(fresh, EVERY_API)[:-1], first[:-1], "as a daemon that was just started does")


def a_store_begins_anew_too(check):
    with Daemon() as place:
        path = pathlib.Path(place.directory) / "store"
        with Daemon(*options("--store", str(path))) as daemon:
            daemon.request("PUT", f"/v1/secrets/{CANARY}", json.dumps({"value": CANARY + "-value"}))
            first = play(daemon)
            daemon.request("POST", "/v1/reset")
            wait_for(lambda: CANARY.encode() not in path.read_bytes(), "the store to be written anew")
            again = play(daemon)
        with Daemon("--store", str(path)) as daemon:
            events = daemon.request("GET", "/v1/events")[2]
            check.equal(daemon.json("GET", f"/v1/secrets/{CANARY}")[0], 404, "what was there is gone")
            daemon.request("POST", "/v1/reset")
            check.equal(play(daemon), again, "a reset after a restart is the same")
            daemon.request("POST", "/v1/reset")
        with Daemon("--store", str(path)) as daemon:
            check.equal(daemon.json("GET", "/v1/clock")[1]["now"], START, "a restart after a reset leaves the clock there")
    check.equal(events, again[10][1], "the events of after the reset are kept")
    check.ok(events != first[10][1], "and are those of after it")


def readers_are_told(check):
    with Daemon(*options()) as daemon:
        play(daemon)
        last = daemon.json("GET", "/v1/status")[1]["last_event"]
        with daemon.connect() as connection:
            connection.send(http1.encode("GET", "/v1/events", None,
                                         {"Accept": "text/event-stream", "Last-Event-ID": str(last - 1)}))
            while b"\nid: %d\n" % last not in connection.rest:
                connection.more()
            daemon.request("POST", "/v1/reset")
            while b"0\r\n\r\n" not in connection.rest:
                connection.more()
            check.ok(connection.rest.split(b"\r\n\r\n", 1)[1].count(b"event: reset\nid: 0\ndata: {}\n\n") == 1,
                     "a reader gets the event as its last message", connection.rest[-200:])
        check.ok("reset" in daemon.stderr(), "and the log says it")


def what_came_in_the_same_turn_is_kept_apart(check):
    """Requests that come at once share a turn; a reset among them takes what came before it, and nothing else."""
    with Daemon(*options()) as daemon, daemon.connect() as connection:
        connection.send(b"".join([
            http1.encode("PUT", "/v1/secrets/before", '{"value":"x"}', {}),
            http1.encode("POST", "/v1/reset", None, {}),
            http1.encode("PUT", "/v1/secrets/after", '{"value":"x"}', {})]))
        check.equal([connection.answer().status for _ in range(3)], [200, 200, 200], "all are answered")
        names = [each["name"] for each in daemon.json("GET", "/v1/secrets")[1]["secrets"]]
        events = daemon.json("GET", "/v1/events")[1]["events"]
        check.equal((names, [each["seq"] for each in events]), (["after"], [1]), "what came behind it is there")
        wait_for(lambda: '"name":"after"' in daemon.stderr(), "the event in the log")
        check.ok('"name":"before"' in daemon.stderr(), "the log has the event of what came before it")


def the_machines_clock_needs_force(check):
    with Daemon("--seed", "test") as daemon:
        daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')
        status, _, body = daemon.request("POST", "/v1/reset")
        check.equal(status, 409, "without force: 409")
        check.ok(b"force" in body, "which says how", body)
        check.equal(daemon.json("GET", "/v1/secrets/a")[0], 200, "and changes nothing")
        check.equal(daemon.request("POST", "/v1/reset", '{"force":true}')[0], 200, "with force")
        check.equal(daemon.json("GET", "/v1/secrets/a")[0], 404, "all is gone")


if __name__ == "__main__":
    sys.exit(tap.run(a_session_answers_the_same_bytes_again, every_api_begins_anew, a_store_begins_anew_too, readers_are_told,
                     what_came_in_the_same_turn_is_kept_apart, the_machines_clock_needs_force))
