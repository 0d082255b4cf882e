#!/usr/bin/env python3
"""If much falls due at once, the daemon does it in slices and serves requests between them. The timer starts
this without a request, also when the machine's clock is set. A daemon that waits does not use the CPU.

The program is $GHOSTKEYD, what sets its clock $FAKE_CLOCK_LIBRARY."""

import datetime
import json
import sys
import time

import timekit
from fake_clock import FakeClock
from timekit import http1, tap, wait_for

MINUTELY = {"strategy": "hex", "length": 8, "on_expiry": True}
SECRETS = 20000
SLICES_AT_LEAST = 20


def parse(instant):
    return datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def now_of(connection):
    return parse(timekit.send(connection, "GET", "/v1/clock")[1]["now"])


def forward_without_a_request(check):
    """The timer alone starts the work."""
    with FakeClock() as clock, clock.daemon() as daemon:
        with daemon.connect() as connection:
            timekit.put(connection, "key", generate=True, ttl=86400, rotation=MINUTELY)
        clock.set(offset_s=86401)
        wait_for(lambda: '"event":"rotated"' in daemon.stderr(), "the rotation")
        check.ok(True, "a day ahead: the rotation fires though nobody asks")


def idle_though_the_clock_waits(check):
    """The clock is set back while something is due: the daemon must sleep until then."""
    with FakeClock() as clock, clock.daemon() as daemon, daemon.connect() as connection:
        timekit.put(connection, "key", generate=True, ttl=60, rotation=MINUTELY)
        clock.set(offset_s=-86400)
        wait_for(lambda: now_of(connection) > 0, "an answer")
        before = cpu_ticks(daemon.pid)
        time.sleep(0.5)  # how much it works meanwhile is what is measured
        check.ok(cpu_ticks(daemon.pid) - before <= 10, "the daemon sleeps meanwhile")


def cpu_ticks(pid):
    fields = timekit.pathlib.Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def fill(connection, **members):
    body = json.dumps({"value": "x", "ttl": 3600, **members})
    for start in range(0, SECRETS, 500):
        names = [f"s{number:05}" for number in range(start, start + 500)]
        connection.send(b"".join(http1.encode("PUT", f"/v1/secrets/{n}", body) for n in names))
        for _ in names:
            assert connection.answer().status == 200


def ask_until_done(connection, seen):
    """Sends requests, one after another, until all is done -> how long each took."""
    latencies = []
    while True:
        begun = time.monotonic()
        status, clock = timekit.send(connection, "GET", "/v1/clock")
        latencies.append(time.monotonic() - begun)
        seen.append((status, clock["now"], clock["next_due"]))
        secret = timekit.send(connection, "GET", "/v1/secrets/s00000")[1]
        seen.append((secret["metadata"]["version"], secret["expired"]))
        if parse(clock["next_due"]) - parse(clock["now"]) > 3000:
            return latencies


def many_at_once_are_worked_off_in_slices(check):
    work_off(check, 3650, "2027-01-15T09:00:00.000Z", "at its instant")
    work_off(check, 7200, "2027-01-15T10:00:00.000Z", "found an hour late: at that instant")


def work_off(check, forward_s, at, when):
    """Sets the clock forward, and sends requests while what fell due an hour after noon fires."""
    with FakeClock() as clock, clock.daemon() as daemon, daemon.connect() as connection:
        noon = 1800000000000
        clock.set(frozen_ms=noon)
        fill(connection, rotation=MINUTELY)
        seen = []
        clock.write(0, (noon + forward_s * 1000) * 1000000)
        begun = time.monotonic()
        latencies = ask_until_done(connection, seen)
        whole = time.monotonic() - begun
        clocks = [each for each in seen if len(each) == 3]
        check.ok(len(clocks) >= SLICES_AT_LEAST, f"{len(clocks)} requests are answered meanwhile")
        check.ok(sorted(latencies)[len(latencies) // 2] < whole / SLICES_AT_LEAST,
                 "each after a slice, not after all", f"{whole:.3f} s: {latencies}")
        check.ok(all(now <= due for _, now, due in clocks),
                 "no answer is from a moment past what has not fired", clocks)
        check.ok(all(each in ((1, True), (2, False)) for each in seen if len(each) == 2),
                 "a secret is expired or rotated, never live with its old value",
                 {each for each in seen if len(each) == 2})
        fired = timekit.events(connection, SECRETS)
        check.equal([e["name"] for e in fired], [f"s{n:05}" for n in range(SECRETS)],
                    "each fired once, in order of names")
        check.equal({e["at"] for e in fired}, {at}, when)


def the_alarm_works_it_off_alone(check):
    with FakeClock() as clock, clock.daemon() as daemon:
        with daemon.connect() as connection:
            clock.set(frozen_ms=1800000000000)
            fill(connection)
        clock.set(frozen_ms=1800000000000 + 3600000)
        wait_for(lambda: daemon.stderr().count('"event":"expired"') == SECRETS, "all of them")
        check.ok(True, "nobody has to ask for the next slice")


if __name__ == "__main__":
    sys.exit(tap.run(forward_without_a_request, idle_though_the_clock_waits,
                     many_at_once_are_worked_off_in_slices, the_alarm_works_it_off_alone))
