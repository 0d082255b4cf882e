#!/usr/bin/env python3
"""A virtual year and longer: how much fires, in which order and when; what is kept of it; how far a clock may
be moved at once. tests/bench/year.py measures how long it takes.

The program is $GHOSTKEYD."""

import datetime
import heapq
import json
import sys
import threading

import timekit
from daemon import KeptDaemon
from timekit import DAY_S, EVENTS_KEPT, Daemon, tap

VIRTUAL = ("--seed", "year", "--clock", "virtual")
DAILY = {"strategy": "token", "on_expiry": True}
EPOCH = datetime.datetime(2000, 1, 1)
ROUNDS = 8
JOURNAL_MAX_BYTES = 16 << 20  # a longer one is written anew, if it is mostly dead
MEMORY_GROWTH_MAX_KIB = 512
FIRINGS_MAX = 1000000
MILLION_TIMEOUT_S = 300    # a daemon that hangs; a busy one with coverage needs more than 60


def instant(seconds):
    return (EPOCH + datetime.timedelta(seconds=seconds)).isoformat(timespec="milliseconds") + "Z"


def expected(ttls, until_s):
    """(at, name, version) of each rotation, in order: computed from the contract alone."""
    due = [(ttl, name.encode(), 2, ttl) for name, ttl in ttls.items()]
    heapq.heapify(due)
    fired = []
    while due and due[0][0] <= until_s:
        at, name, version, ttl = heapq.heappop(due)
        fired.append((instant(at), name.decode(), version))
        heapq.heappush(due, (at + ttl, name, version + 1, ttl))
    return fired


def each_fires_in_order_at_its_instant(check):
    ttls = {f"{'aZ_.0'[i % 5]}{i}": [DAY_S, DAY_S, 3600, 7 * DAY_S, 5003][i % 5]
            for i in range(200)}
    until = 31 * DAY_S + 1
    wanted = expected(ttls, until)
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        for name, ttl in ttls.items():
            timekit.put(connection, name, value="x", ttl=ttl, rotation=DAILY)
        clock = timekit.advance(connection, until)
        got = timekit.events(connection, len(ttls))
        check.equal((clock["rotated"], clock["expired"], len(got)), (len(wanted), 0, len(wanted)),
                    f"{len(wanted)} rotations, and an event for each")
        check.equal([each["seq"] for each in got],
                    list(range(len(ttls) + 1, len(ttls) + len(wanted) + 1)), "no gap in seq")
        check.ok([(e["at"], e["name"], e["version"]) for e in got] == wanted,
                 "in the order of (due, name), each at its instant")
        check.equal({(e["event"], e["cause"]) for e in got}, {("rotated", "expiry")}, "by expiry")
        check.equal((clock["now"], clock["next_due"]), (instant(until), instant(until + 5002 - (
            until - 1) % 5003)), "the clock stands where it was moved to, and knows what is next")
        check.equal(timekit.send(connection, "GET", "/v1/status")[1]["last_event"],
                    len(ttls) + len(wanted), "the status has the last of them")


def small_journal(connection):
    """What the status says of it, once it was written anew if it has to be."""
    def status():
        found = timekit.send(connection, "GET", "/v1/status")[1]["journal"]
        return found if found["bytes"] < JOURNAL_MAX_BYTES else None
    return timekit.wait_for(status, "the journal to be written anew")


def what_is_kept_is_bounded(check):
    with KeptDaemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        for number in range(1000):
            timekit.put(connection, f"s{number:04}", value="x", ttl="1d", rotation=DAILY)
        seen, journals = [], []
        for _ in range(ROUNDS):
            now = timekit.advance(connection, 120 * DAY_S)["now"]
            journals.append((small_journal(connection), now))
            seen.append(timekit.memory_kib(daemon.pid, "VmHWM"))
        last = 1000 + ROUNDS * 120 * 1000
        kept = timekit.events(connection)
        check.equal((kept[0]["seq"], kept[-1]["seq"], len(kept)),
                    (last - EVENTS_KEPT + 1, last, EVENTS_KEPT), "the newest events are kept")
        check.ok(seen[-1] - seen[-2] < MEMORY_GROWTH_MAX_KIB,
                 "once the state has turned over the daemon's memory does not grow", seen)
        anew = [now for journal, now in journals if journal["rewritten_at"] == now]
        check.ok(len(anew) > 1, "its journal was written anew, more than once, at the time that it says", journals)


def others_are_answered_at_once_after_it(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as mover, daemon.connect() as other:
        for number in range(1000):
            timekit.put(mover, f"s{number:04}", value="x", ttl="1d", rotation=DAILY)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(timekit.advance(mover, 60 * DAY_S)))
        thread.start()
        while not answers:  # before, during or after it: the answer shows the state before or after, nothing between
            secret = timekit.send(other, "GET", "/v1/secrets/s0999")[1]["metadata"]
            if (secret["version"], secret["updated_at"]) not in [
                    (1, instant(0)), (61, instant(60 * DAY_S))]:
                check.equal(secret, None, "an advance is seen whole or not at all")
                break
        thread.join()
        check.equal(timekit.send(other, "GET", "/v1/secrets/s0999")[1]["metadata"]["version"], 61,
                    "who asks after it gets what is there then")
        check.equal(timekit.send(other, "GET", "/v1/clock")[1]["now"], instant(60 * DAY_S),
                    "and the time it is then")


def refused(check, connection, by, what):
    before = timekit.send(connection, "GET", "/v1/clock")[1]
    last = timekit.send(connection, "GET", "/v1/status")[1]["last_event"]
    status, problem = timekit.send(connection, "POST", "/v1/clock/advance", {"by": by})
    check.equal(status, 400, f"{what}: refused")
    check.ok(str(FIRINGS_MAX) in problem["detail"], "the limit is named", problem)
    check.equal((timekit.send(connection, "GET", "/v1/clock")[1],
                 timekit.send(connection, "GET", "/v1/status")[1]["last_event"]), (before, last),
                "and nothing has moved")


def a_million_at_once_is_the_limit(check):
    cheap = {"strategy": "cycle", "values": ["a", "b"], "on_expiry": True}
    with Daemon(*VIRTUAL, "--keep-versions", "1") as daemon, daemon.connect(MILLION_TIMEOUT_S) as connection:
        timekit.put(connection, "one", value="x", ttl=1, rotation=cheap)
        refused(check, connection, FIRINGS_MAX + 1, "one too many of one secret")
        timekit.put(connection, "two", value="x", ttl=2, rotation=cheap)
        timekit.put(connection, "three", value="x", ttl=666667)
        refused(check, connection, 666667, "one too many of three secrets")
        clock = timekit.advance(connection, 666666)
        check.equal((clock["rotated"], clock["expired"]), (666666 + 333333, 0),
                    "one step less is done")


def far_away_is_refused(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        for by in (2**63 - 1, "250000000000s"):
            status, problem = timekit.send(connection, "POST", "/v1/clock/advance", {"by": by})
            check.ok(status == 400 and "9900" in problem["detail"], f"by {by}: past the end of time",
                     problem)
        check.equal(timekit.send(connection, "GET", "/v1/clock")[1]["now"], instant(0),
                    "the clock has not moved")
        status, clock = timekit.send(connection, "PUT", "/v1/clock", {"now": "9900-01-01T00:00:00Z"})
        check.equal((status, clock["now"]), (200, "9900-01-01T00:00:00.000Z"), "its end can be reached")
        answer = connection.request("POST", "/v1/clock/advance", '{"by":1}')
        check.equal((answer.status, "9900" in json.loads(answer.body)["detail"]), (400, True),
                    "and not passed")


if __name__ == "__main__":
    sys.exit(tap.run(each_fires_in_order_at_its_instant, what_is_kept_is_bounded,
                     others_are_answered_at_once_after_it, a_million_at_once_is_the_limit,
                     far_away_is_refused))
