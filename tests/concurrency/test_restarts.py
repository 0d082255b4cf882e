#!/usr/bin/env python3
"""Schedules by seed (schedule.py) over restarts of the daemon: between two steps, or while requests are under
way, it is killed or told to end, and the next one goes on with what is kept: a --store file, a sealed
one, or the memfds of a service manager. All of it is one history of the model in register.py.

    test_restarts.py FIRST COUNT [STEPS]

The programs are $GHOSTKEYD and $GHOSTCTL."""

import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import http1
import register
import schedule
import tap
from daemon import Daemon
from stream import Stream
from test_schedule import FAILURES_MAX, wrong_with

FIRST, COUNT = int(sys.argv[1]), int(sys.argv[2])
STEPS = int(sys.argv[3]) if len(sys.argv) > 3 else 100
KINDS = ("file", "memfds", "sealed")
RESTART_SHARE = 0.05  # of the steps
IN_FLIGHT_MAX = 3  # clients that get no answer by one restart: the search tries both ways of each


class Home:
    """What the state lives on, and the daemons on it, one after another."""

    def __init__(self, kind):
        self.kind, self.folder = kind, tempfile.mkdtemp(prefix="ghostkey-restarts-")
        self.options = ["--seed", register.SEED, "--clock", "virtual"]
        self.memfds = None
        if kind == "memfds":
            self.memfds = [open(os.memfd_create("ghostkey"), "w+b", buffering=0) for _ in range(2)]
        else:
            self.options += ["--store", os.path.join(self.folder, "store")]
        if kind == "sealed":
            key = pathlib.Path(self.folder, "key")
            key.touch(0o600)
            key.write_bytes(bytes(range(32)))
            self.options += ["--store-key", str(key)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for memfd in self.memfds or ():
            memfd.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        socket = os.path.join(self.folder, "s")
        if os.path.exists(socket):
            os.unlink(socket)
        return Daemon(*self.options, directory=self.folder, state=self.memfds)


class Follower:
    """A reader of the event stream that comes back with Last-Event-ID after each restart."""

    def __init__(self, daemon):
        self.lines, self.stream = [], None
        self.come_back(daemon)

    def come_back(self, daemon):
        last = {"Last-Event-ID": self.lines[-2].removeprefix("id: ")} if self.lines else {}
        self.stream = Stream(daemon.connect(), "/v1/events?after=0", last)

    def read_on(self):
        """All that the daemon, which has ended, had sent."""
        try:
            while True:
                self.lines += self.stream.next() or []
        except http1.Closed:
            self.stream.close()

    def read_to(self, last):
        if f"id: {last}" not in self.lines:
            self.lines += self.stream.read_to(last)
        return self.lines

    def read_to_reset(self):
        return self.lines + self.stream.read_to_reset()

    def close(self):
        self.stream.close()


class Schedule(schedule.Schedule):
    def __init__(self, home, seed):
        self.home, self.rng = home, random.Random(f"restarts/{seed}")
        self.counts = {"killed": 0, "stopped": 0, "in flight": 0}
        super().__init__(home.start(), len(schedule.ROLES))

    def follow(self):
        return Follower(self.daemon)

    def lose(self):
        """Nobody reads the answers that are under way."""
        for each in self.clients:
            self.counts["in flight"] += len(each.asked)
            self.hang_up(each)

    def restart(self, dice):
        self.step += 1
        self.daemon.kill(signal.SIGSTOP)
        os.waitid(os.P_PID, self.daemon.pid, os.WSTOPPED)
        for each in self.rng.sample(self.clients, self.rng.randrange(IN_FLIGHT_MAX + 1)):
            dice.action(each)()
        killed = self.rng.random() < 0.7
        self.daemon.kill(signal.SIGCONT)
        if killed and self.rng.random() < 0.5:
            self.daemon.kill(signal.SIGSTOP)  # somewhere within its turn, or before
        self.counts["killed" if killed else "stopped"] += 1
        self.daemon.kill(signal.SIGKILL if killed else signal.SIGTERM)
        if not killed:
            self.lose()  # it waits until its clients have gone
        self.control.close()
        self.resetter.close()
        self.daemon.end()
        if killed:
            self.lose()
        self.follower.read_on()
        self.daemon = self.home.start()
        self.connect()
        self.follower.come_back(self.daemon)
        self.wait_until_idle()


def play(home, seed):
    """-> (Played, the counts)"""
    played = Schedule(home, seed)
    try:
        dice = schedule.Dice(played, seed)
        for _ in range(STEPS):
            if played.rng.random() < RESTART_SHARE:
                played.restart(dice)
            dice.step()
        played.restart(dice)
        return played.finish(), played.counts
    finally:
        played.daemon.close()


def restarts_are_part_of_one_history(check):
    total = {}
    for seed in range(FIRST, FIRST + COUNT):
        kind = KINDS[seed % len(KINDS)]
        try:
            with Home(kind) as home:
                played, counts = play(home, seed)
            wrong = wrong_with(played)
            counts["requests"] = len(played.history)
            total = {name: total.get(name, 0) + count for name, count in counts.items()}
        except Exception as error:  # pylint: disable=broad-except
            wrong = [f"{type(error).__name__}: {error}"]
        if wrong:
            check.ok(False, f"seed {seed} ({kind})", *wrong)
            if check.failures == FAILURES_MAX:
                break
    check.ok(check.failures == 0, f"{COUNT} seeds from {FIRST}: {total}: one register per name")
    check.ok(COUNT < 10 or min(total.values()) > COUNT // 2, "daemons were killed, stopped, and "
             "requests were under way", total)


if __name__ == "__main__":
    sys.exit(tap.run(restarts_are_part_of_one_history))
