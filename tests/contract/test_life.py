#!/usr/bin/env python3
"""The life of versions, where a session (stages, undo, refused-steps, described) cannot show it: limits of size, the
system clock, restarts, streams, logs, and order among many secrets."""

import json
import pathlib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import derive
import http1
import tap
from daemon import Daemon, wait_for

VIRTUAL = ("--seed", "life", "--clock", "virtual")
CANARY = "canary-77a1"


def put(daemon, name, **members):
    status, document = daemon.json("PUT", f"/v1/secrets/{name}", json.dumps(members))
    assert status == 200, document
    return document


def post(daemon, path, **members):
    return daemon.json("POST", path, json.dumps(members) if members else None)


def events(daemon, after=0):
    return daemon.json("GET", f"/v1/events?after={after}&limit=1000")[1]["events"]


def brief(found):
    return [(each["event"], each["name"], each["version"], each["cause"]) for each in found]


def versions(daemon, name):
    """{number: stages}"""
    document = daemon.json("GET", f"/v1/metadata/{name}")[1]
    return {each["version"]: each["stages"] for each in document["metadata"]["versions"]}


def limits_of_size(check):
    rows = [
        ("a label's value of 512 bytes", {"labels": {"a": "x" * 512}}, 200),
        ("one of 513", {"labels": {"a": "x" * 513}}, 400),
        ("512 bytes of two-byte letters", {"labels": {"a": "é" * 256}}, 200),
        ("514 of them", {"labels": {"a": "é" * 257}}, 400),
        ("a label's name of 128 bytes", {"labels": {"n" * 128: ""}}, 200),
        ("one of 129", {"labels": {"n" * 129: ""}}, 400),
        ("64 labels", {"labels": {f"l{n}": "x" * 512 for n in range(64)}}, 200),
        ("65 labels", {"labels": {f"l{n}": "" for n in range(65)}}, 400),
        ("a description of 2,048 bytes", {"description": "d" * 2048}, 200),
        ("one of 2,049", {"description": "d" * 2049}, 400),
        ("2,048 bytes of two-byte letters", {"description": "é" * 1024}, 200),
        ("2,050 of them", {"description": "é" * 1025}, 400),
    ]
    with Daemon(*VIRTUAL) as daemon:
        put(daemon, "patched", value="v")
        for what, members, wanted in rows:
            body = json.dumps({"value": "v", **members})
            check.equal(daemon.request("PUT", "/v1/secrets/a", body)[0], wanted, f"{what}: put")
            daemon.request("PATCH", "/v1/secrets/patched", '{"labels":null,"description":null}')
            status, document = daemon.json("PATCH", "/v1/secrets/patched", json.dumps(members))
            check.equal(status, wanted, f"{what}: patch")
            if wanted == 200:
                shown = {name: document["metadata"][name] for name in members}
                check.equal(shown, members, f"{what}: shown as it was given")
        for text, wanted in (("n" * 128 + "=" + "x" * 512, 200), ("n" * 129, 400), ("n=" + "x" * 513, 400)):
            check.equal(daemon.request("GET", f"/v1/secrets?label={text}")[0], wanted,
                        f"a list by a label of {len(text)} bytes")
        longest = "%" * 255
        path = "/v1/secrets/" + longest.replace("%", "%25")
        check.equal(daemon.request("PUT", path, '{"value":"v"}')[0], 200, "a name of 255 per cent signs")
        check.equal(daemon.json("GET", path)[1]["name"], longest, "is read")
        check.equal(daemon.request("PUT", path + "%25", "{}")[0], 400, "256 are too many")


def ids_are_derived(check):
    """By a second program, from seed, name and revision; no life of a name has one again."""
    name = "app/100%!"
    path = name.replace("%", "%25")
    seen = []
    with Daemon(*VIRTUAL) as daemon:
        for life in range(3):
            put(daemon, path, value="v")
            post(daemon, f"/v1/rotate/{path}")
            daemon.request("PATCH", f"/v1/secrets/{path}", "{}")
            post(daemon, f"/v1/rotate/{path}", pending=True)
            document = daemon.json("GET", f"/v1/metadata/{path}")[1]["metadata"]
            revisions = [document["revision"] - 3, document["revision"] - 2, document["revision"]]
            ids = [each["id"] for each in document["versions"]]
            check.equal(ids, [derive.version_id("life", name, revision) for revision in revisions],
                        f"life {life + 1}: ids are made from the seed, the name and the revision")
            seen += ids
            daemon.request("DELETE", f"/v1/secrets/{path}")
    check.equal(len(set(seen)), len(seen), "and none comes twice")


def everything_falls_due_in_order(check):
    """By (due, name): ends of deletions among expiries and rotations. `first` is made last."""
    with Daemon(*VIRTUAL) as daemon:
        rotating = {"rotation": {"strategy": "hex", "length": 4, "on_expiry": True}}
        put(daemon, "d", value="v", ttl=20, **rotating)
        put(daemon, "c", value="v", ttl=20)
        put(daemon, "b", value="v", ttl=5)
        put(daemon, "a", value="v")
        daemon.request("DELETE", "/v1/secrets/b?recover=20")
        daemon.request("DELETE", "/v1/secrets/a?recover=21s")
        check.equal(daemon.json("GET", "/v1/clock")[1]["next_due"], "2000-01-01T00:00:20.000Z",
                    "what is deleted is due at its end, not when it would have expired")
        last = events(daemon)[-1]["seq"]
        status, moved = post(daemon, "/v1/clock/advance", by=21)
        check.equal((status, moved["rotated"], moved["expired"], moved["deleted"]), (200, 1, 1, 2),
                    "an advance says how many of each kind there were")
        found = events(daemon, last)
        check.equal(brief(found), [("deleted", "b", 1, "expiry"), ("expired", "c", 1, "expiry"),
                                   ("rotated", "d", 2, "expiry"), ("deleted", "a", 1, "expiry")],
                    "each at its own instant, and those of one instant by name")
        check.equal([each["at"][17:19] for each in found], ["20", "20", "20", "21"], "as they say")
        check.ok(all("gone_at" not in each for each in found), "an end that has come has no gone_at")
        put(daemon, "e", value="v", ttl=1, **rotating)
        daemon.request("DELETE", "/v1/secrets/e?recover=60")
        daemon.request("DELETE", "/v1/secrets/d")
        status, moved = post(daemon, "/v1/clock/advance", by="30d")
        check.equal((status, moved.get("rotated"), moved.get("deleted")), (200, 0, 1),
                    "what is deleted does not rotate a million times on the way")


def advances_in_pieces(check):
    """advance(a); advance(b) is advance(a + b), for ends of deletions and what a restore fires."""
    def play(pieces):
        with Daemon(*VIRTUAL) as daemon:
            put(daemon, "a", value="v", ttl=7,
                rotation={"strategy": "hex", "length": 4, "on_expiry": True})
            put(daemon, "b", value="v", ttl=3)
            post(daemon, "/v1/rotate/a", pending=True)
            daemon.request("DELETE", "/v1/secrets/b?recover=50")
            for by in pieces:
                post(daemon, "/v1/clock/advance", by=by)
            post(daemon, "/v1/restore/b")
            post(daemon, "/v1/promote/a")
            daemon.request("DELETE", "/v1/secrets/a?recover=30")
            for by in pieces:
                post(daemon, "/v1/clock/advance", by=by)
            return events(daemon), [daemon.request("GET", f"/v1/metadata/{name}")[2] for name in "ab"]
    whole = play([40])
    check.equal(play([1] * 40), whole, "40 steps of a second are one of 40")
    check.equal(play([13, 20, 7]), whole, "and so are three")


def the_system_clock(check):
    """A deletion ends by itself, also while no daemon runs."""
    with Daemon("--seed", "life") as daemon:
        put(daemon, "a", value="v")
        gone_at = daemon.json("DELETE", "/v1/secrets/a?recover=1")[1]["gone_at"]
        found = wait_for(lambda: events(daemon, 2), "the end of a deletion")
        check.equal((brief(found), found[0]["at"]), ([("deleted", "a", 1, "expiry")], gone_at),
                    "a deletion ends by itself, at its instant")
        check.equal(post(daemon, "/v1/restore/a")[0], 404, "and then for good")
        daemon_directory = pathlib.Path(daemon.directory) / "kept"
        daemon_directory.mkdir()
        store = ("--store", str(daemon_directory / "store"))
        with Daemon(*store) as first:
            put(first, "b", value="v", ttl=1)
            put(first, "c", value="v")
            for name in "bc":
                first.request("DELETE", f"/v1/secrets/{name}?recover={1 if name == 'c' else 3600}")
            ended_at = time.time() + 1
        while time.time() <= ended_at:  # it is over when the machine's clock says so
            time.sleep(0.05)
        with Daemon(*store) as second:
            check.equal(brief(events(second, 4)), [("deleted", "c", 1, "expiry")],
                        "what ended while no daemon ran has ended at the next start; what is deleted does not expire")
            check.equal(post(second, "/v1/restore/b")[0], 200, "the other can be restored")
            check.equal(brief(events(second, 5)), [("restored", "b", 1, "restore"), ("expired", "b", 1, "expiry")],
                        "and then expires, once")


def a_restart_keeps_all_of_it(check):
    with Daemon(*VIRTUAL) as keeper:
        store = ("--store", f"{keeper.directory}/store")
        with Daemon(*VIRTUAL, *store) as first:
            put(first, "a", value_base64="AAE=", ttl=60, labels={"l": "x" * 512}, description="d" * 2048,
                rotation={"strategy": "hex", "length": 8, "grace": 30})
            post(first, "/v1/rotate/a", pending=True)
            put(first, "gone", value="v")
            first.request("DELETE", "/v1/secrets/gone?recover=1h")
            post(first, "/v1/rotate/a")
            post(first, "/v1/discard/a")
            before = [first.request("GET", path)[2] for path in
                      ("/v1/metadata/a", "/v1/metadata/gone", "/v1/secrets/a?stage=previous", "/v1/clock", "/v1/events",
                       "/v1/secrets?values=true&deleted=include")]
        with Daemon(*VIRTUAL, *store) as second:
            after = [second.request("GET", path)[2] for path in
                     ("/v1/metadata/a", "/v1/metadata/gone", "/v1/secrets/a?stage=previous", "/v1/clock", "/v1/events",
                      "/v1/secrets?values=true&deleted=include")]
            check.equal(after, before, "a restart changes no byte of what is told")
            check.equal(post(second, "/v1/verify/a", value_base64="AAE=")[1]["accepted"], True,
                        "nor what is accepted")
            check.equal(post(second, "/v1/rotate/a")[1]["metadata"]["version"], 4,
                        "the number of what was discarded is not used again")


def as_many_are_kept(check):
    with Daemon(*VIRTUAL, "--keep-versions", "3") as daemon:
        for value in "12":
            put(daemon, "a", value=value)
        for _ in range(4):  # numbers 3 to 6
            post(daemon, "/v1/rotate/a", pending=True)
            post(daemon, "/v1/discard/a")
        check.equal(versions(daemon, "a"), {1: ["previous"], 2: ["current"]}, "what was discarded takes no one's place")
        put(daemon, "a", value="7")
        check.equal(versions(daemon, "a"), {1: [], 2: ["previous"], 7: ["current"]}, "the newest three, by count")
        put(daemon, "a", value="8")
        check.equal(list(versions(daemon, "a")), [2, 7, 8], "the oldest goes")
        check.equal(daemon.request("GET", "/v1/secrets/a?version=1")[0], 404, "and is read no more")
        post(daemon, "/v1/promote/a", version=2)
        for _ in range(3):
            post(daemon, "/v1/rotate/a", pending=True)
            post(daemon, "/v1/discard/a")
        put(daemon, "a", value="12")
        check.equal(versions(daemon, "a"), {2: ["previous"], 7: [], 8: [], 12: ["current"]}, "a staged one is kept besides")
    with Daemon(*VIRTUAL) as keeper:
        store = ("--store", f"{keeper.directory}/store")
        with Daemon(*VIRTUAL, *store) as first:
            for value in "1234":
                put(first, "a", value=value)
        with Daemon(*VIRTUAL, *store, "--keep-versions", "2") as second:
            check.equal((versions(second, "a"), second.request("GET", "/v1/secrets/a?version=2")[0],
                         post(second, "/v1/verify/a", value="2")[1]["version"]), ({3: ["previous"], 4: ["current"]}, 404, None),
                        "what a daemon that keeps fewer finds in a store is not told")
    with Daemon(*VIRTUAL, "--keep-versions", "1") as daemon:
        put(daemon, "a", value="1", ttl=1, rotation={"strategy": "hex", "length": 4, "on_expiry": True})
        post(daemon, "/v1/rotate/a", pending=True)
        post(daemon, "/v1/clock/advance", by=100)
        check.equal(versions(daemon, "a"), {2: ["pending"], 101: ["previous"], 102: ["current"]},
                    "of those that rotated in one advance the last two are kept, and the pending one")
        for number in (101, 102):
            value = daemon.json("GET", f"/v1/secrets/a?version={number}")[1]["value"]
            wanted = derive.derive("life", "a", number - 1, number, {"strategy": "hex", "length": 4})
            check.equal(value, wanted, f"version {number} has its value")


def what_is_not_live_is_not_known(check):
    """A version that a client of Vault deleted keeps its value, but nobody is told that it has it."""
    vault = {"X-Vault-Token": "any"}
    with Daemon(*VIRTUAL) as daemon:
        for value in ("one", "two"):
            put(daemon, "a", value=value, rotation={"grace": 60})

        def judged(value):
            return [post(daemon, "/v1/verify/a", value=value)[1][member] for member in ("accepted", "version", "stage")]

        def deletion_time():
            told = json.loads(daemon.request("GET", "/v1/secret/metadata/a", None, vault)[2])
            return told["data"]["versions"]["1"]["deletion_time"]

        check.equal(judged("one"), [True, 1, "previous"], "the previous value is in its grace")
        daemon.request("POST", "/v1/secret/delete/a", '{"versions":[1]}', vault)
        check.equal(judged("one"), [False, None, None], "deleted, it is a value like any other")
        check.equal(deletion_time(), "2000-01-01T00:00:00.000Z", "Vault's clients see when")
        post(daemon, "/v1/restore/a", version=1)
        check.equal((judged("one"), deletion_time()), ([True, 1, "previous"], ""), "restored, it is as before")
        daemon.request("PUT", "/v1/secret/destroy/a", '{"versions":[1]}', vault)
        check.equal((judged("one"), post(daemon, "/v1/restore/a", version=1)[0]), ([False, None, None], 409),
                    "destroyed, it is gone for good")


def streams_and_logs(check):
    """The live stream and the log have the bytes of the event list, new members included."""
    with Daemon(*VIRTUAL) as keeper:
        log = pathlib.Path(keeper.directory) / "audit"
        with Daemon(*VIRTUAL, "--audit-log", str(log)) as daemon, daemon.connect() as stream:
            stream.send(http1.encode("GET", "/v1/events?after=0", headers={"Accept": "text/event-stream"}))
            put(daemon, "a", value=CANARY)
            post(daemon, "/v1/rotate/a", pending=True)
            post(daemon, "/v1/verify/a", value=CANARY)
            post(daemon, "/v1/verify/a", value=f"{CANARY}-wrong")
            post(daemon, "/v1/verify/a", valeu=CANARY)
            post(daemon, "/v1/promote/a")
            daemon.request("DELETE", "/v1/secrets/a?recover=5")
            post(daemon, "/v1/restore/a")
            daemon.request("DELETE", "/v1/secrets/a?recover=5")
            post(daemon, "/v1/clock/advance", by=5)
            last = events(daemon)[-1]["seq"]
            listed = daemon.request("GET", "/v1/events")[2].decode()
            while f"id: {last}\n" not in stream.rest.decode() or not stream.rest.endswith(b"\n\n\r\n"):
                stream.more()
            told = [line[6:] for line in stream.rest.decode().splitlines() if line.startswith("data: ")]
            joined = f'{{"events":[{",".join(told)}],"next":{last}}}'
            check.equal(joined, listed, "the stream has the bytes of the list")
            kept = wait_for(lambda: log.read_text().count("\n") == last and log.read_text(), "the log")
            check.equal(kept.splitlines(), told, "so has the log")
            check.ok('"event":"deleted","name":"a","version":2,"cause":"delete","gone_at":"2000-01-01T00:00:05.000Z"}'
                     in listed, "a deletion that can be undone says until when")
            check.ok(CANARY not in daemon.stderr() + kept, "no value that was put or verified is in a log")


def lists_of_what_is_deleted(check):
    with Daemon(*VIRTUAL) as daemon:
        for number in range(6):
            put(daemon, f"s{number}", value="v", **({"ttl": 5} if number % 2 else {}))
        post(daemon, "/v1/clock/advance", by=5)
        for number in (1, 2, 3):
            daemon.request("DELETE", f"/v1/secrets/s{number}?recover=60")
        def names(query):
            found, after = [], ""
            while after is not None:
                page = daemon.json("GET", f"/v1/secrets?{query}&limit=2&after={after}")[1]
                found += [each["name"] for each in page["secrets"]]
                after = page["next"]
            return "".join(name[-1] for name in found)
        rows = {"expired=include": "045", "deleted=exclude": "045", "deleted=include": "012345", "deleted=only": "123",
                "expired=only": "5", "expired=only&deleted=only": "13", "expired=only&deleted=include": "135",
                "expired=exclude&deleted=include": "024", "expired=exclude&deleted=only": "2"}
        for query, wanted in rows.items():
            check.equal(names(query), wanted, f"{query}, in pages of two")
        check.equal(post(daemon, "/v1/cleanup")[1], {"removed": ["s5"]}, "cleanup leaves out what is deleted")
        check.equal(daemon.json("GET", "/v1/status")[1]["secrets"], 2, "so does the status")
        put(daemon, "v", value="v", ttl=5)
        daemon.request("POST", "/v1/secret/delete/v", '{"versions":[1]}', {"X-Vault-Token": "any"})
        post(daemon, "/v1/clock/advance", by=5)
        check.equal((post(daemon, "/v1/cleanup")[1], names("deleted=only&prefix=v"), daemon.json("GET", "/v1/status")[1]["secrets"]),
                    ({"removed": []}, "v", 2), "so do both with one whose current version is deleted")


if __name__ == "__main__":
    sys.exit(tap.run(limits_of_size, ids_are_derived, everything_falls_due_in_order, advances_in_pieces,
                     the_system_clock, a_restart_keeps_all_of_it, as_many_are_kept, what_is_not_live_is_not_known,
                     streams_and_logs, lists_of_what_is_deleted))
