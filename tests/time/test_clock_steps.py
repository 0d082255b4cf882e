#!/usr/bin/env python3
"""The machine's clock stops during sleep, is set late, forward and back, by seconds and by years, also while
no daemon runs. What fell due meanwhile fires once. GhostKey's clock never goes back, and never stops
for long.

The program is $GHOSTKEYD, what sets its clock $FAKE_CLOCK_LIBRARY."""

import datetime
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import timekit
from fake_clock import FakeClock
from timekit import tap, wait_for

ROTATING = {"strategy": "hex", "length": 8, "on_expiry": True}
HOUR = 3600
TEN_YEARS = 10 * 365 * 86400
ALLOWED_S = 30  # what a busy machine may take for a test's own steps, below every limit


def parse(instant):
    return datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def clock_of(connection):
    clock = timekit.send(connection, "GET", "/v1/clock")[1]
    return parse(clock["now"]), clock.get("ahead")


def fired(connection, name="key"):
    return [parse(e["at"]) for e in timekit.events(connection)
            if e["name"] == name and e["cause"] == "expiry"]


def put_key(connection, ttl=60, name="key"):
    document = timekit.put(connection, name, generate=True, ttl=ttl, rotation=ROTATING)
    return parse(document["metadata"]["created_at"])


def ghostctl(daemon, command):
    """The lines of its answer."""
    run = subprocess.run([os.environ["GHOSTCTL"], command], timeout=60, capture_output=True,
                         env={"GHOSTKEY_SOCKET": daemon.socket}, stdin=subprocess.DEVNULL,
                         check=True)
    return run.stdout.decode().splitlines()


class Folder:
    """A directory, gone afterwards."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="ghostkey-steps-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def an_hour_of_sleep(check):
    with FakeClock() as clock, clock.daemon() as daemon, daemon.connect() as connection:
        start = put_key(connection)
        timekit.put(connection, "once", value="x", ttl=90)
        clock.pass_by(HOUR)
        wait_for(lambda: len(fired(connection)) >= 1, "what is due")
        at = fired(connection)
        check.equal(len(at), 1, "a machine that slept for an hour: what rotates each minute did once")
        check.ok(0 <= at[0] - start - HOUR < ALLOWED_S, "at the instant at which that was found", at)
        check.equal(fired(connection, "once"), at, "with what else was due, at the same instant")
        secret = timekit.send(connection, "GET", "/v1/secrets/key")[1]
        check.ok(abs(parse(secret["metadata"]["expires_at"]) - at[0] - 60) < 0.002,
                 "its TTL begins there", secret)


def half_a_minute_of_sleep(check):
    with FakeClock() as clock, clock.daemon() as daemon, daemon.connect() as connection:
        start = put_key(connection, ttl=10)
        clock.pass_by(25)
        wait_for(lambda: len(fired(connection)) >= 2, "what is due")
        at = fired(connection)
        check.ok(all(abs(each - start - 10 * number) < 0.002 for number, each in enumerate(at, 1)),
                 "found less than a minute late: each at its own instant", at)


def an_hour_of_work(check):
    with FakeClock() as clock, clock.daemon() as daemon, daemon.connect() as connection:
        start = put_key(connection)
        clock.pass_by(HOUR + 1, worked=True)
        wait_for(lambda: len(fired(connection)) >= 60, "what is due")
        at = fired(connection)
        check.ok(all(abs(each - start - 60 * number) < 0.002 for number, each in enumerate(at, 1)),
                 "an hour in which the daemon itself worked: each at its own instant", at)


def a_machine_that_learns_its_time_late(check):
    with FakeClock() as clock:
        clock.write(1, -int((time.time() - 86400) * 1000000000))  # it boots on 2 January 1970
        with clock.daemon() as daemon, daemon.connect() as connection:
            put_key(connection, ttl=1)
            wait_for(lambda: len(fired(connection)) >= 1, "a rotation in 1970")
            before = len(fired(connection))
            clock.set(offset_s=0)
            wait_for(lambda: fired(connection)[-1] > 1e9, "a rotation of today")
            at = fired(connection)
            check.ok(len(at) - before <= 1 + ALLOWED_S, "56 years fire once, not 1.8 billion times",
                     (before, at))
            check.ok(all(each < 1e8 or time.time() - each < ALLOWED_S for each in at),
                     "nothing is dated in between", at)
            made = timekit.put(connection, "new", value="x")
            check.ok(abs(parse(made["metadata"]["created_at"]) - time.time()) < ALLOWED_S,
                     "what is put then is of today", made)


def back_by_seconds(check):
    for seconds in (1, 50):
        with FakeClock() as clock, clock.daemon() as daemon, daemon.connect() as connection:
            put_key(connection, ttl=300)
            before = clock_of(connection)[0]
            clock.set(offset_s=-seconds, frozen_ms=int((before - seconds) * 1000))
            first, ahead = clock_of(connection)
            check.ok(0 <= first - before < ALLOWED_S, f"back by {seconds} s: nothing goes back")
            check.equal((clock_of(connection)[0], ahead), (first, None), "the clock waits")
            check.equal([line for line in ghostctl(daemon, "status") if "ahead" in line], [],
                        "which ghostctl need not say")
            clock.set(frozen_ms=int((first + 100) * 1000))
            check.ok(abs(clock_of(connection)[0] - first - 100) < 0.002,
                     "once the machine's has come that far it follows it again")


def back_by_an_hour(check):
    with FakeClock() as clock, clock.daemon() as daemon, daemon.connect() as connection:
        start = put_key(connection, ttl=600)
        before = clock_of(connection)[0]
        clock.set(offset_s=-HOUR)
        now, ahead = clock_of(connection)
        check.ok(0 <= now - before < ALLOWED_S, "back by an hour: GhostKey's clock does not go back")
        check.ok(HOUR - 1 <= ahead <= HOUR + 1, "how far ahead it is, is said", ahead)
        wait_for(lambda: "s ahead of the machine's" in daemon.stderr(), "the log to say so")
        for command in ("clock", "status"):
            lines = [line for line in ghostctl(daemon, command) if line.startswith("ahead: ")]
            check.ok(len(lines) == 1 and lines[0].split()[1] in ("59m59s", "1h") and
                     "new state" in lines[0], f"ghostctl {command} says so and what to do", lines)
        clock.pass_by(50)
        check.ok(50 <= clock_of(connection)[0] - now < 50 + ALLOWED_S, "it goes on at its own pace")
        clock.pass_by(590, worked=True)
        wait_for(lambda: fired(connection), "the rotation")
        check.ok(abs(fired(connection)[0] - start - 600) < 0.002, "a TTL of ten minutes takes ten",
                 fired(connection))
        clock.set(offset_s=640 - HOUR + 1800)
        check.ok(1799 <= clock_of(connection)[1] <= 1801, "half an hour forward: half an hour less")
        last = clock_of(connection)[0]
        clock.set(offset_s=640)
        now, ahead = clock_of(connection)
        check.ok(0 <= now - last < ALLOWED_S and ahead is None, "forward by all of it: it follows")
        wait_for(lambda: "follows the machine's again" in daemon.stderr(), "the log to say so")
        check.equal(daemon.stderr().count("s ahead of the machine's"), 2,
                    "the lead is said when it begins and when it changes")


def the_alarm_knows_the_lead(check):
    """GhostKey's clock is ten years ahead: what is due fires at its time, without a request."""
    with FakeClock() as clock, clock.daemon() as daemon:
        with daemon.connect() as connection:
            clock.set(offset_s=-TEN_YEARS)
            put_key(connection, ttl=2)
        wait_for(lambda: daemon.stderr().count('"event":"rotated"') >= 2, "two rotations")
        check.ok(True, "ten years ahead: the alarm rings by GhostKey's clock")


def back_and_forth(check):
    with FakeClock() as clock, clock.daemon() as daemon, daemon.connect() as connection:
        put_key(connection, ttl=HOUR)
        last = clock_of(connection)[0]
        for offset in (1, -1, HOUR, -HOUR, TEN_YEARS, -TEN_YEARS, 0, TEN_YEARS, 0, -45, 45, 0):
            clock.set(offset_s=offset)
            now, ahead = clock_of(connection)
            check.ok(now >= last, f"{offset} s off: the clock does not go back")
            machine = time.time() + offset
            check.ok(abs(now - machine - (ahead or 0)) < 61 + ALLOWED_S,
                     f"{offset} s off: it says how far ahead it is", (now - machine, ahead))
            last = now
        instants = [e["at"] for e in timekit.events(connection)]
        check.equal(instants, sorted(instants), "the events are in order")


def over_a_restart(check, how, back_s, while_down):
    with FakeClock() as clock, Folder() as folder:
        store = ["--store", str(folder / "store")]
        with clock.daemon(*store) as daemon, daemon.connect() as connection:
            timekit.put(connection, "a", value="x", ttl=TEN_YEARS)
            if not while_down:
                clock.set(offset_s=-back_s)
                clock_of(connection)
                ask_no_more = time.monotonic() + 2.5
                wait_for(lambda: time.monotonic() > ask_no_more, "what is kept each second")
            before = time.time() if while_down else time.time() - 1.5
            daemon.stop(how)
        clock.write(1, -back_s * 1000000000)
        with clock.daemon(*store) as daemon, daemon.connect() as connection:
            now, ahead = clock_of(connection)
            check.ok(before - 0.002 <= now < before + ALLOWED_S,
                     f"{how.name}, {back_s} s back{' while it is down' * while_down}: it goes on "
                     "where it stood", (now - before))
            if back_s <= 60:
                check.equal(ahead, None, "and waits")
            else:
                check.ok(abs(ahead - back_s) < ALLOWED_S, "that far ahead", ahead)
            made = timekit.put(connection, "b", value="x", ttl=1)
            clock.pass_by(2)
            wait_for(lambda: back_s <= 60 or fired(connection, "b"), "its expiry")
            if back_s > 60:
                check.ok(abs(fired(connection, "b")[0] - parse(made["metadata"]["expires_at"])) < .002,
                         "TTLs are right")


def over_restarts(check):
    over_a_restart(check, signal.SIGTERM, TEN_YEARS, while_down=True)
    over_a_restart(check, signal.SIGTERM, HOUR, while_down=False)
    over_a_restart(check, signal.SIGTERM, 30, while_down=True)
    over_a_restart(check, signal.SIGKILL, TEN_YEARS, while_down=False)


def a_new_state_follows_the_machine(check):
    with FakeClock() as clock:
        with clock.daemon() as daemon, daemon.connect() as connection:
            clock.set(offset_s=TEN_YEARS)
            timekit.put(connection, "a", value="x")
        clock.write(1, 0)
        with clock.daemon() as daemon, daemon.connect() as connection:
            now, ahead = clock_of(connection)
            check.ok(abs(now - time.time()) < ALLOWED_S and ahead is None,
                     "a start without the old state is at the machine's time", (now, ahead))


if __name__ == "__main__":
    sys.exit(tap.run(an_hour_of_sleep, half_a_minute_of_sleep, an_hour_of_work,
                     a_machine_that_learns_its_time_late, back_by_seconds, back_by_an_hour,
                     the_alarm_knows_the_lead, back_and_forth, over_restarts,
                     a_new_state_follows_the_machine))
