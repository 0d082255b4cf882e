#!/usr/bin/env python3
"""Many writers at once: each acknowledged write is readable at once, nothing is lost or done twice,
revisions, versions and events have no gaps, and generated values do not depend on the order."""

import json
import os
import pathlib
import random
import signal
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import derive
import http1
import tap
from daemon import Daemon

WRITERS = 12
WRITES = 120
RACES = 40
WRITERS_AT_ONCE = 32
JOIN_S = 100
EVENT_OF = {"PUT": {"created", "updated"}, "PATCH": {"updated"}, "POST": {"rotated"},
            "DELETE": {"deleted"}}


def value(text):
    return json.dumps({"value": text})


def at_once(function, *arguments):
    """Runs it in WRITERS threads, each with its number and a connection -> what each returned."""
    results = [None] * WRITERS
    start = threading.Barrier(WRITERS)

    def work(number):
        start.wait(JOIN_S)
        results[number] = function(number, *arguments)

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(JOIN_S)
    if None in results:
        raise AssertionError("a writer did not come to its end")
    return results


def revision_of(answer):
    return int(http1.header(answer.headers, "etag").strip('"'))


def all_events(daemon):
    events, after = [], 0
    with daemon.connect() as connection:
        while True:
            target = f"/v1/events?after={after}&limit=1000"
            page = json.loads(connection.request("GET", target).body)
            if not page["events"]:
                return events
            events += page["events"]
            after = page["next"]


def write_own(number, daemon):
    """Writes to a name of its own, reads each write back -> the number of writes, what was wrong"""
    target = f"/v1/secrets/own/{number}"
    with daemon.connect() as connection:
        for count in range(1, WRITES + 1):
            text = f"{number}:{count}"
            answer = connection.request("PUT", target, value(text))
            with daemon.connect() as another:  # acknowledged, so every reader sees it
                got = json.loads(another.request("GET", target).body)
            metadata = got["metadata"]
            if (answer.status, got["value"], metadata["version"], metadata["revision"]) != (
                    200, text, count, count):
                return count, f"{answer.status} {got}"
    return WRITES, ""


def writes_are_readable(check):
    with Daemon("--seed", "test") as daemon:
        results = at_once(write_own, daemon)
        check.equal([wrong for _, wrong in results if wrong], [], "each write is read back at once")
        events = all_events(daemon)
        check.equal([e["seq"] for e in events], list(range(1, WRITERS * WRITES + 1)),
                    "the events have no gap")
        for number in range(WRITERS):
            versions = [e["version"] for e in events if e["name"] == f"own/{number}"]
            check.equal(versions, list(range(1, WRITES + 1)),
                        f"those of writer {number} are in order")
        times = [e["at"] for e in events]
        check.ok(times == sorted(times), "and time does not go back")


def write_shared(number, daemon):
    """-> the (method, revision, version) of each change that was acknowledged"""
    rng = random.Random(number)
    done = []
    with daemon.connect() as connection:
        for count in range(WRITES):
            method, target, body = rng.choice((
                ("PUT", "/v1/secrets/shared", value(f"{number}:{count}")),
                ("PATCH", "/v1/secrets/shared", '{"labels":{"a":"b"}}'),
                ("POST", "/v1/rotate/shared", None)))
            answer = connection.request(method, target, body)
            metadata = json.loads(answer.body).get("metadata", {})
            done.append((method, metadata.get("revision"), metadata.get("version")))
    return done


def a_shared_name_has_one_history(check):
    with Daemon("--seed", "test") as daemon:
        daemon.request("PUT", "/v1/secrets/shared", value("first"))
        changes = sorted((change for each in at_once(write_shared, daemon) for change in each),
                         key=lambda change: change[1])
        total = WRITERS * WRITES
        check.equal([revision for _, revision, _ in changes], list(range(2, total + 2)),
                    "each change has a revision of its own, without gaps")
        wanted, version = [], 1
        for method, _, _ in changes:
            version += method != "PATCH"
            wanted.append(version)
        check.equal([version for _, _, version in changes], wanted,
                    "a version for each value, in the order of revisions")
        events = all_events(daemon)[1:]
        matches = [(event["event"] in EVENT_OF[method], event["version"] == version)
                for event, (method, _, version) in zip(events, changes)]
        check.ok(len(events) == total and set(matches) == {(True, True)},
                 "the events are the same changes in the same order")
        last = daemon.json("GET", "/v1/secrets/shared")[1]["metadata"]
        check.equal((last["revision"], last["version"]), (total + 1, version),
                    "the last one is current")


def create(number, daemon, names):
    with daemon.connect() as connection:
        return [connection.request("PUT", f"/v1/secrets/{name}", value(str(number)),
                                   {"If-None-Match": "*"}).status for name in names]


def races_have_one_winner(check):
    names = [f"race{n}" for n in range(RACES)]
    with Daemon() as daemon:
        results = at_once(create, daemon, names)
        for name, statuses in zip(names, zip(*results)):
            winner = str(statuses.index(200)) if statuses.count(200) == 1 else None
            got = daemon.json("GET", f"/v1/secrets/{name}")[1]["value"]
            check.ok(got == winner and statuses.count(412) == WRITERS - 1,
                     f"{name} is made by one of {WRITERS}", statuses)


def count_up(_, daemon):
    refused = 0
    with daemon.connect() as connection:
        for _ in range(RACES):
            while True:
                before = connection.request("GET", "/v1/secrets/counter")
                tag = http1.header(before.headers, "etag")
                text = str(int(json.loads(before.body)["value"]) + 1)
                answer = connection.request("PUT", "/v1/secrets/counter", value(text),
                                            {"If-Match": tag})
                if answer.status == 200:
                    break
                refused += answer.status == 412
    return refused


def no_update_is_lost(check):
    with Daemon() as daemon:
        daemon.request("PUT", "/v1/secrets/counter", value("0"))
        refused = sum(at_once(count_up, daemon))
        check.equal(daemon.json("GET", "/v1/secrets/counter")[1]["value"], str(WRITERS * RACES),
                    "If-Match: no count is lost")
        check.ok(refused > 0, "though others came between", refused)


def rotate(_, daemon, names):
    made = []
    with daemon.connect() as connection:
        for name in names:
            document = json.loads(connection.request("POST", f"/v1/rotate/{name}").body)
            made.append((name, document["metadata"]["version"], document["value"]))
    return made


def values_do_not_depend_on_order(check):
    names = [f"key{n}" for n in range(10)]
    policy = {"strategy": "hex", "length": 16}
    definition = json.dumps({"value": "x", "rotation": policy})
    with Daemon("--seed", "test") as daemon:
        for name in names:
            daemon.request("PUT", f"/v1/secrets/{name}", definition)
        made = sorted(each for result in at_once(rotate, daemon, names) for each in result)
        wanted = [(name, generation + 1, derive.derive("test", name, generation, 0, policy))
                  for name in names for generation in range(1, WRITERS + 1)]
        check.equal(made, sorted(wanted), "each rotation makes the value of its generation")


def live(number, daemon):
    """Puts and deletes one name, over and over -> how many of each were acknowledged"""
    done = {"PUT": 0, "DELETE": 0}
    with daemon.connect() as connection:
        for count in range(WRITES):
            method = ("PUT", "DELETE")[(count + number) % 2]
            answer = connection.request(method, "/v1/secrets/shared",
                                        value("x") if method == "PUT" else None)
            done[method] += answer.status == 200
    return done


def lives_do_not_mix(check):
    with Daemon("--seed", "test") as daemon:
        results = at_once(live, daemon)
        events = all_events(daemon)
        deleted = [e for e in events if e["event"] == "deleted"]
        check.equal(len(deleted), sum(done["DELETE"] for done in results),
                    "each deletion is one event")
        check.equal(len(events) - len(deleted), sum(done["PUT"] for done in results),
                    "each put, too")
        wanted, version = [], 0
        for event in events:
            version = version if event["event"] == "deleted" else version + 1
            wanted.append(("deleted" if event["event"] == "deleted" else
                           "created" if version == 1 else "updated", version))
            version = 0 if event["event"] == "deleted" else version
        check.equal([(e["event"], e["version"]) for e in events], wanted,
                    "each life begins with version 1 and ends once")
        answer = daemon.answer("PUT", "/v1/secrets/shared", value("x"))
        check.equal(revision_of(answer), len(events) + 1,
                    "the revision went on through all of them")


def commits(daemon):
    lines = daemon.answer("GET", "/metrics").body.decode().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("ghostkey_commits_total ")))


def commits_of_many(*options):
    """Has WRITERS_AT_ONCE puts arrive while the daemon is stopped -> their statuses, the number of commits"""
    with Daemon(*options) as daemon:
        before = commits(daemon)
        sockets = [socket.socket(socket.AF_UNIX) for _ in range(WRITERS_AT_ONCE)]
        for each in sockets:
            each.settimeout(JOIN_S)
            each.connect(daemon.socket)
        daemon.answer("GET", "/v1/status")  # the other connections are accepted by now
        daemon.kill(signal.SIGSTOP)
        for number, each in enumerate(sockets):
            body = value(str(number)).encode()
            each.sendall(b"PUT /v1/secrets/many%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
                         % (number, len(body), body))
        daemon.kill(signal.SIGCONT)
        statuses = [each.recv(65536).split()[1] for each in sockets]
        for each in sockets:
            each.close()
        return statuses, commits(daemon) - before


def many_writers_share_commits(check):
    statuses, count = commits_of_many()
    check.equal(set(statuses), {b"200"}, "in memory: many writers at once are answered")
    check.ok(WRITERS_AT_ONCE // 8 <= count <= WRITERS_AT_ONCE // 4, "eight to a commit, the last of them waits "
             "for no more", count)
    with tempfile.TemporaryDirectory() as place:
        statuses, count = commits_of_many("--store", os.path.join(place, "store"))
    check.equal(set(statuses), {b"200"}, "on a disk, too")
    check.ok(count <= 2, "there one commit does for all: it is what they wait for", count)


if __name__ == "__main__":
    sys.exit(tap.run(writes_are_readable, a_shared_name_has_one_history, races_have_one_winner,
                     no_update_is_lost, values_do_not_depend_on_order, lives_do_not_mix,
                     many_writers_share_commits))
