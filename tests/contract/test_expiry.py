#!/usr/bin/env python3
"""Expiry on the machine's clock, while the golden files use the virtual one: what expires, what rotates by
itself, what cleanup removes."""

import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import derive
import tap
from daemon import Daemon, wait_for

HEX = {"strategy": "hex", "length": 8, "on_expiry": True}


def put(daemon, name, **members):
    return daemon.json("PUT", f"/v1/secrets/{name}", json.dumps(members))[1]


def get(daemon, name):
    return daemon.json("GET", f"/v1/secrets/{name}")[1]


def listed(daemon, expired):
    return [s["name"] for s in daemon.json("GET", f"/v1/secrets?expired={expired}")[1]["secrets"]]


def events_of(daemon, name):
    return [(e["event"], e["cause"], e["version"], e["at"])
            for e in daemon.json("GET", "/v1/events")[1]["events"] if e["name"] == name]


def clean_up(daemon):
    return daemon.json("POST", "/v1/cleanup")[1]["removed"]


def now(daemon):
    return daemon.json("GET", "/v1/clock")[1]["now"]


def a_secret_expires(check):
    with Daemon("--seed", "test") as daemon:
        made = put(daemon, "short", value="x", ttl=1)["metadata"]
        put(daemon, "static", value="y")
        put(daemon, "long", value="z", ttl="1h")
        status, clock = daemon.json("GET", "/v1/clock")
        check.equal((status, clock["mode"], clock["next_due"]), (200, "system", made["expires_at"]),
                    "it is what is due next")
        wait_for(lambda: get(daemon, "short")["expired"], "expiry")
        got = get(daemon, "short")
        check.ok(now(daemon) >= made["expires_at"], "it does not expire before its time")
        check.equal((got["value"], got["metadata"]["version"]), ("x", 1), "it is still readable")
        check.equal(got["metadata"]["revision"], 2, "its revision counts the expiry")
        check.equal(got["metadata"]["updated_at"], made["updated_at"], "which is no update")
        check.equal(events_of(daemon, "short")[1:],
                    [("expired", "expiry", 1, made["expires_at"])],
                    "an event says so, at that instant")
        check.equal((listed(daemon, "only"), listed(daemon, "exclude"), listed(daemon, "include")),
                    (["short"], ["long", "static"], ["long", "short", "static"]), "lists can tell")
        check.equal(daemon.json("GET", "/v1/clock")[1]["next_due"],
                    get(daemon, "long")["metadata"]["expires_at"], "it is due only once")
        check.equal(clean_up(daemon), ["short"], "cleanup removes it")
        check.equal(clean_up(daemon), [], "once")
        check.equal([event[:3] for event in events_of(daemon, "short")[2:]],
                    [("cleaned", "cleanup", 1)], "with an event")
        check.equal(listed(daemon, "include"), ["long", "static"], "and nothing else")
        check.equal(put(daemon, "short", value="x")["metadata"]["revision"], 4,
                    "the revision goes on after it")


def an_expired_one_comes_back(check):
    with Daemon("--seed", "test") as daemon:
        for name in ("rotated", "put", "patched"):
            put(daemon, name, value="x", ttl=1)
        wait_for(lambda: len(listed(daemon, "only")) == 3, "expiry")
        status, rotated = daemon.json("POST", "/v1/rotate/rotated")
        check.equal((status, rotated["expired"]), (200, False), "a rotation makes it live again")
        check.equal(put(daemon, "put", value="y", ttl=60)["expired"], False, "a put, too")
        patched = daemon.json("PATCH", "/v1/secrets/patched", '{"ttl":3600}')[1]
        check.equal((patched["expired"], patched["metadata"]["version"]), (False, 1),
                    "and a patch of its TTL, which counts from the version's time")


def one_rotates_by_itself(check):
    with Daemon("--seed", "test") as daemon:
        made = put(daemon, "key", generate=True, ttl=1, rotation=HEX)["metadata"]
        first = get(daemon, "key")["value"]
        wait_for(lambda: get(daemon, "key")["metadata"]["version"] >= 3, "two rotations")
        versions = daemon.json("GET", "/v1/metadata/key")[1]["metadata"]["versions"]
        check.equal([(v["version"], v["cause"]) for v in versions[:3]],
                    [(1, "put"), (2, "expiry"), (3, "expiry")], "its versions say so")
        check.equal(versions[1]["created_at"], made["expires_at"], "each is made when it is due")
        values = [daemon.json("GET", f"/v1/secrets/key?version={n}")[1]["value"] for n in (1, 2, 3)]
        check.equal([first, *values[1:]],
                    [derive.derive("test", "key", n, n, HEX) for n in (1, 2, 3)],
                    "with the value of its generation")
        check.equal(events_of(daemon, "key")[1],
                    ("rotated", "expiry", 2, made["expires_at"]), "and an event at that instant")
        check.ok(not get(daemon, "key")["expired"], "so it is never expired")
        check.equal(clean_up(daemon), [], "nor removed by cleanup")


def a_patch_can_make_it_due(check):
    with Daemon("--seed", "test") as daemon:
        put(daemon, "late", value="x")
        put(daemon, "late_key", value="x", rotation={"strategy": "hex", "length": 8})
        put(daemon, "watch", value="x", ttl=2)
        wait_for(lambda: get(daemon, "watch")["expired"], "two seconds to pass")
        patched = daemon.json("PATCH", "/v1/secrets/late", '{"ttl":1}')[1]
        metadata = patched["metadata"]
        check.equal((patched["expired"], metadata["version"], metadata["revision"]), (True, 1, 3),
                    "a TTL that is over already: the answer is expired")
        events = events_of(daemon, "late")
        check.equal([event[:3] for event in events],
                    [("created", "put", 1), ("updated", "patch", 1), ("expired", "expiry", 1)],
                    "the expiry follows the update")
        check.equal(events[1][3], events[2][3], "at the same instant")
        patched = daemon.json("PATCH", "/v1/secrets/late_key",
                              '{"ttl":1,"rotation":{"on_expiry":true}}')[1]
        check.equal((patched["expired"], patched["metadata"]["version"]), (False, 2),
                    "with on_expiry it is rotated already")
        check.equal([event[:3] for event in events_of(daemon, "late_key")[1:3]],
                    [("updated", "patch", 1), ("rotated", "expiry", 2)], "after the update")


def one_that_cannot_rotate_expires(check):
    with Daemon("--seed", "test", "--max-value", "8") as daemon:
        put(daemon, "key", value="x", ttl=1,
            rotation={"strategy": "hex", "length": 9, "on_expiry": True})
        wait_for(lambda: get(daemon, "key")["expired"], "expiry")
        got = get(daemon, "key")
        check.equal((got["value"], got["metadata"]["version"]), ("x", 1), "the old value stays")
        last = daemon.json("GET", "/v1/events?after=1")[1]["events"]
        check.ok(len(last) == 1 and last[0]["event"] == "failed" and last[0]["cause"] == "expiry"
                 and last[0]["reason"], "one event says that it failed, and why", last)
        check.equal(daemon.json("GET", "/v1/clock")[1]["next_due"], None, "it is not tried again")
        status, problem = daemon.json("POST", "/v1/rotate/key")
        check.equal(status, 409, "by hand it is a 409")
        check.equal(clean_up(daemon), ["key"],
                    "since it will not rotate by itself, cleanup removes it")


if __name__ == "__main__":
    sys.exit(tap.run(a_secret_expires, an_expired_one_comes_back, one_rotates_by_itself,
                     a_patch_can_make_it_due, one_that_cannot_rotate_expires))
