#!/usr/bin/env python3
"""kill -9 at random moments under load, with --store and in memory that a service manager keeps: the next daemon
has each acknowledged write with its value, version and event, and otherwise only writes that were under way.

    test_kill.py [ROUNDS [SEED]]    so many with --store, and so many in memory"""

import json
import os
import random
import signal
import sys
import time

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
import tap
from service_manager import ServiceManager
from statekit import Place, ask, pages, put
from writers import WRITERS, Log, Writer, look

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 46
LIFE_MAX_S = 0.12
HEAD_BYTES = 96
OPTIONS = ("--seed", "kill", "--clock", "system", "--keep-versions", "3")


class Kept:
    """Daemons whose state a service manager keeps, one after another."""

    def __init__(self):
        self.manager, self.daemon = ServiceManager(), None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        self.manager.__exit__()

    def end(self):
        if self.daemon:
            self.daemon.close()
            self.daemon = None

    def start(self, *options):
        self.end()
        self.daemon = self.manager.start(*options)
        return self.daemon

    def journals(self):
        return [os.pread(kept.fileno(), HEAD_BYTES, 0) for kept in self.manager.kept]


class Stored(Place):
    def journals(self):
        with open(self.store, "rb") as store:
            return [store.read(HEAD_BYTES)]


def generation(home):
    """How often the journal was written anew (daemon/store/frame.h)."""
    return max(int.from_bytes(head[32:40], "little") for head in home.journals() if head)


def kills_lose_nothing(check, what, home):
    rng = random.Random(SEED)
    log, slowest = Log(), 0
    with home:
        writers = [Writer(n, SEED) for n in range(WRITERS)]
        daemon = home.start(*OPTIONS)
        first = generation(home)
        for each in range(ROUNDS):
            writers = [writer.again(daemon.socket) for writer in writers]
            time.sleep(rng.random() * LIFE_MAX_S)  # when to kill: this waits for nothing
            daemon.kill(signal.SIGKILL)
            daemon.wait()
            for writer in writers:
                writer.join(statekit.DAEMON_S)
            begun = time.monotonic()
            daemon = home.start(*OPTIONS)
            slowest = max(slowest, time.monotonic() - begun)
            with daemon.connect() as connection:
                secrets, events = look(connection, log)
            for writer in writers:
                writer.compare(secrets, events)
            if log.gaps or any(writer.wrong for writer in writers):
                check.note(f"round {each}")
                break
        total = sum(writer.acknowledged for writer in writers)
        check.note(f"{what}: {ROUNDS} kills, {total} acknowledged writes, slowest start "
                   f"{slowest * 1000:.0f} ms, written anew {generation(home) - first} times")
        check.ok(total > ROUNDS * WRITERS, f"{what}: there was load")
        check.equal(log.gaps, [], f"{what}: the {log.seq} events have no gap")
        check.equal(sum(writer.done for writer in writers), log.seq, f"{what}: each write made one event")
        check.equal([wrong for writer in writers for wrong in writer.wrong], [],
                    f"{what}: {ROUNDS} kills: every acknowledged write is there, and nothing else")
        check.equal(daemon.stop(), 0, f"{what}: the last daemon ends well")


def kills_lose_nothing_of_a_file(check):
    kills_lose_nothing(check, "--store", Stored())


def kills_lose_nothing_that_a_service_manager_keeps(check):
    kills_lose_nothing(check, "memory", Kept())


def a_state_goes_on(check):
    """Seed, kind of clock and time come from the state, and other ones are refused."""
    with Place() as place:
        seed = ("--seed", "canary-of-the-state")
        daemon = place.start(*seed, "--clock", "virtual:2001-02-03T04:05:06Z")
        policy = {"strategy": "hex", "on_expiry": True}
        with daemon.connect() as connection:
            ask(connection, "PUT", "/v1/secrets/a", put("x", ttl=600, rotation=policy))
            ask(connection, "POST", "/v1/clock/advance", '{"by":300}')
        for _ in range(3):
            before = (statekit.dump(place.daemon.connect()), place.daemon.stop())
            check.equal(before[1], 0, "a daemon ends")
            with place.start().connect() as connection:
                check.ok(statekit.dump(connection) == before[0], "and the next goes on from there")
        with place.start(*seed, "--clock", "virtual:1999-01-01T00:00:00Z").connect() as connection:
            now = json.loads(ask(connection, "GET", "/v1/clock")[1])
            check.equal((now["mode"], now["now"], now["next_due"]),
                        ("virtual", "2001-02-03T04:10:06.000Z", "2001-02-03T04:15:06.000Z"),
                        "the clock stands where it stood, whatever start is given")
            ask(connection, "POST", "/v1/clock/advance", '{"by":300}')
            moved = json.loads(ask(connection, "GET", "/v1/secrets/a")[1])["value"]
        place.daemon.stop()
        with Place() as other:
            connection = other.start(*seed, "--clock", "virtual:2001-02-03T04:05:06Z").connect()
            ask(connection, "PUT", "/v1/secrets/a", put("x", ttl=600, rotation=policy))
            ask(connection, "POST", "/v1/clock/advance", '{"by":600}')
            check.equal(moved, json.loads(ask(connection, "GET", "/v1/secrets/a")[1])["value"],
                        "the seed, too: the same value is made as without a stop")
            connection.close()
        before = open(place.store, "rb").read()
        for options, word in ((("--seed", "another"), "--seed"), (("--clock", "system"), "--clock")):
            status, said = place.refused("--store", place.store, *options)
            check.equal(status, 2, f"{options[0]}: another one is refused")
            check.ok(word in said and "canary" not in said and "another one" not in said
                     and said.count("\n") == 1, "in one line that shows no seed", said)
        check.ok(open(place.store, "rb").read() == before, "and nothing was written")
        check.ok(not os.path.exists(place.path("refused")), "nor listened on")


def what_fell_due_meanwhile_fires_once(check):
    """The system's clock goes on while no daemon runs."""
    with Place() as place:
        daemon = place.start("--seed", "due")
        policy = {"strategy": "hex", "on_expiry": True}
        with daemon.connect() as connection:
            for name, ttl in (("b", 1), ("a", 1), ("c", 2)):
                ask(connection, "PUT", f"/v1/secrets/{name}", put("x", ttl=ttl, rotation=policy))
            ask(connection, "PUT", "/v1/secrets/d", put("x", ttl=1))
            due = sorted((s["metadata"]["expires_at"], s["name"]) for s in pages(
                connection, "/v1/secrets?limit=9", "secrets"))
        ends = due[-1][0]
        daemon.kill(signal.SIGKILL)
        daemon.wait()
        statekit.wait_until(ends)
        with place.start().connect() as connection:
            events = pages(connection, "/v1/events?limit=1000", "events")[4:]
            fired = [(e["event"], e["name"], e["cause"]) for e in events[:4]]
            check.equal(fired, [("expired" if name == "d" else "rotated", name, "expiry")
                                for _, name in due],
                        "each thing fires once, in the order in which it fell due")
            check.equal(len({e["at"] for e in events[:4]}), 1, "at the start")
            check.ok(events[0]["at"] >= ends, "and not before")


if __name__ == "__main__":
    sys.exit(tap.run(kills_lose_nothing_of_a_file, kills_lose_nothing_that_a_service_manager_keeps,
                     a_state_goes_on, what_fell_due_meanwhile_fires_once))
