#!/usr/bin/env python3
"""The machine's clock: what is due fires when it is due, and an idle daemon does nothing at all.

The program is $GHOSTKEYD."""

import datetime
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import timekit
from daemon import open_to_its_user
from stream import Stream
from timekit import Daemon, tap, wait_for

ROTATIONS = 5
LATE_MAX_S = 0.05
IDLE_S = 10
SETTLE_S = 2


def parse(instant):
    return datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def what_is_due_fires_in_time(check):
    with Daemon("--seed", "alarm") as daemon, daemon.connect() as connection:
        with Stream(daemon.socket) as stream:
            stream.head()
            made = timekit.put(connection, "key", generate=True, ttl=1,
                               rotation={"strategy": "hex", "on_expiry": True})
            stream.events(1)
            due = parse(made["metadata"]["expires_at"])
            late = []
            for number in range(ROTATIONS):
                event = stream.events(1)[0]
                late.append(time.time() - parse(event["at"]))
                check.ok(abs(parse(event["at"]) - due - number) < 0.0005,
                         f"rotation {number + 1} is at the instant it was due", event, due)
            check.ok(sorted(late)[ROTATIONS // 2] < LATE_MAX_S, "a reader has each within 50 ms",
                     late)
            print("# late by", ", ".join(f"{1000 * each:.1f} ms" for each in late))
            check.ok(min(late) >= 0, "and none before its time", late)


def switches(pid):
    """How often the daemon has slept: once more for each time that it woke."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text("utf-8")
    return [line for line in text.splitlines() if "ctxt_switches" in line]


def wait_until_idle(daemon):
    """Waits until the short timers that follow a request have run out."""
    seen = [switches(daemon.pid), time.monotonic()]

    def quiet():
        now = switches(daemon.pid)
        if now != seen[0]:
            seen[:] = now, time.monotonic()
        return time.monotonic() - seen[1] > SETTLE_S

    wait_for(quiet, "the daemon to be idle", 60)


class Strace:
    """strace on a daemon; ends with it."""

    def __init__(self, daemon):
        self.trace = pathlib.Path(daemon.directory) / "trace"
        self.process = subprocess.Popen(
            ["strace", "-f", "-o", self.trace, "-p", str(daemon.pid)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def attached(self):
        return b"attached" in self.process.stderr.readline()

    def lines(self):
        return self.trace.read_text("utf-8").splitlines() if self.trace.exists() else []

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self.process.stderr.close()


def an_idle_daemon_does_nothing(check):
    with Daemon("--seed", "alarm", env=open_to_its_user()) as daemon:
        with daemon.connect() as connection:
            timekit.put(connection, "later", value="x", ttl=3600)
            timekit.put(connection, "static", value="x")
        strace = None
        if shutil.which("strace"):
            strace = Strace(daemon)
            if not strace.attached():
                strace.end()
                strace = None
        wait_until_idle(daemon)
        before = switches(daemon.pid), strace and strace.lines()
        time.sleep(IDLE_S)  # what happens meanwhile is what is measured
        check.equal(switches(daemon.pid), before[0], f"in {IDLE_S} s it is not woken once")
        if strace is None:
            check.skip("nor makes a system call", "strace cannot attach here")
        else:
            check.equal(strace.lines(), before[1], "nor makes a system call")
            check.equal(daemon.request("GET", "/v1/status")[0], 200, "until it is asked")
            wait_for(lambda: strace.lines() != before[1], "strace to see that")
            strace.end()


if __name__ == "__main__":
    sys.exit(tap.run(what_is_due_fires_in_time, an_idle_daemon_does_nothing))
