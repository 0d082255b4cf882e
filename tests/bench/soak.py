#!/usr/bin/env python3
"""A long run: secrets are put, rotated, expired and deleted at random, for an hour of a virtual clock, with values of up
to 64 KiB. Prints what the daemon takes and how soon it answers, over the time, then what is left once all of it
was deleted; `tombstones` what is kept of deleted names. tests/bench/README.md has the figures.

    GHOSTKEYD=build/daemon/ghostkeyd tests/bench/soak.py [memory|store|tombstones] [NAMES [CHANGES]]

Memory must be level over the second half of the run, and given back within a minute once all was deleted: else the
exit status is 1.
"""

import math
import os
import pathlib
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "time"))

# pylint: disable=wrong-import-position
import http1
import timekit
from daemon import Daemon
from service_manager import ServiceManager

HOUR_S = 3600
STEPS = 3600 // 5  # the clock moves by five seconds at once
ROWS = 12
WINDOW = 32  # requests that are sent before their answers are read
VALUE_MIN_BYTES, VALUE_MAX_BYTES = 16, 65536
MIB = 1 << 20
LEVEL = 1.25  # how much more the last third may take than the one before it
LEFT = 1 / 3  # of what was taken, once all was deleted: 100,000 events, what is kept of names, and gaps
TOMBSTONES = (60000, 160000)
GIVEN_BACK_S = 60


def choose(rng, names, text):
    """A change, as bytes: (method, target, body)"""
    name = f"/v1/secrets/app/{rng.randrange(names):06}"
    kind = rng.random()
    if kind < 0.50:
        size = int(math.exp(rng.uniform(math.log(VALUE_MIN_BYTES), math.log(VALUE_MAX_BYTES))))
        start = rng.randrange(len(text) - size)
        more = rng.random()
        ttl = f',"ttl":{rng.randint(60, 1200)}' if more < 0.5 else ""
        policy = ',"rotation":{"strategy":"hex","length":32,"on_expiry":true}' if more < 0.2 else ""
        return "PUT", name, f'{{"value":"{text[start:start + size]}"{ttl}{policy}}}'
    if kind < 0.75:
        return "POST", name.replace("secrets", "rotate"), None
    return "DELETE", name, None


class Probe:
    """One client among the others; how long its requests take."""

    def __init__(self, daemon):
        self.connection = daemon.connect(120)
        self.took = {"PUT": [], "GET": []}

    def ask(self):
        for method, body in (("PUT", '{"value":"of the probe"}'), ("GET", None)):
            begun = time.perf_counter()
            answer = self.connection.request(method, "/v1/secrets/probe", body)
            self.took[method].append(1000 * (time.perf_counter() - begun))
            assert answer.status == 200, answer

    def report(self):
        text = ""
        for method, took in self.took.items():
            took.sort()
            text += "".join(f"{took[int(part * (len(took) - 1))]:8.2f}" for part in (0.5, 0.99, 1))
            self.took[method] = []
        return text


class Soak:
    def __init__(self, daemon, journals, names, changes):
        self.daemon, self.journals, self.names = daemon, journals, names
        self.each = changes // STEPS
        self.rng, self.rows = random.Random("soak"), []
        self.text = "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=4 * VALUE_MAX_BYTES))
        self.probe, self.client = Probe(daemon), daemon.connect(120)
        self.begun, self.changes = time.monotonic(), 0

    def send(self, requests):
        self.client.send(b"".join(http1.encode(*each) for each in requests))
        for each in requests:
            status = self.client.answer().status
            assert status in (200, 404), (each[:2], status)
        self.changes += len(requests)

    def rss(self):
        return timekit.memory_kib(self.daemon.pid, "VmRSS") * 1024

    def row(self, minute):
        status = timekit.send(self.client, "GET", "/v1/status")[1]
        row = {"rss": self.rss(), "journal": sum(self.journals())}
        self.rows.append(row)
        print(f"{minute:6.0f} {self.changes:10,} {status['secrets']:8,} {row['rss'] / MIB:9.1f} "
              f"{row['journal'] / MIB:9.1f} {self.probe.report()} "
              f"{self.changes / (time.monotonic() - self.begun):9,.0f}", flush=True)

    def run(self):
        print("minute    changes  secrets   RSS MiB   journal      PUT ms: p50, p99, max   GET ms: p50, p99, max"
              "  changes/s")
        for step in range(1, STEPS + 1):
            for first in range(0, self.each, WINDOW):
                self.send([choose(self.rng, self.names, self.text)
                           for _ in range(min(WINDOW, self.each - first))])
                self.probe.ask()
            timekit.advance(self.client, HOUR_S // STEPS)
            if step % 12 == 0:
                timekit.send(self.client, "POST", "/v1/cleanup")
            if step % (STEPS // ROWS) == 0:
                self.row(step * HOUR_S / STEPS / 60)

    def is_level(self):
        third = len(self.rows) // 3
        middle, last = self.rows[third:2 * third], self.rows[-third:]
        return all(max(row[what] for row in last) <= LEVEL * max(row[what] for row in middle)
                   for what in ("rss", "journal"))

    def delete_all(self):
        """-> how many seconds it took until what remains was small"""
        for first in range(0, self.names, WINDOW):
            self.send([("DELETE", f"/v1/secrets/app/{number:06}", None)
                       for number in range(first, min(first + WINDOW, self.names))])
        timekit.send(self.client, "DELETE", "/v1/secrets/probe")
        begun = time.monotonic()
        before = self.rows[-1]
        while time.monotonic() - begun < GIVEN_BACK_S:
            if self.rss() < LEFT * before["rss"] and sum(self.journals()) < LEFT * before["journal"]:
                break
            time.sleep(0.5)
            timekit.send(self.client, "GET", "/v1/status")  # else its connection ends as an idle one
        print(f"all deleted: RSS {self.rss() / MIB:.1f} MiB, journal {sum(self.journals()) / MIB:.1f} MiB "
              f"after {time.monotonic() - begun:.1f} s")
        return time.monotonic() - begun


def tombstones(options, null):
    """What is kept of names that were made once and deleted: the difference of two daemons that start with many and
    with more of them. Both have as many events."""
    taken = []
    for names in TOMBSTONES:
        with ServiceManager() as manager:
            with manager.start(*options, err=null) as daemon:
                run = Soak(daemon, None, names, 0)
                for first in range(0, names, WINDOW):
                    numbers = range(first, min(first + WINDOW, names))
                    run.send([(method, f"/v1/secrets/app/{number:06}", '{"value":"x"}' if method == "PUT" else None)
                              for number in numbers for method in ("PUT", "DELETE")])
                daemon.stop()
            with manager.start(*options, err=null) as daemon:
                taken.append((timekit.memory_kib(daemon.pid, "VmRSS") * 1024,
                              max(os.fstat(kept.fileno()).st_size for kept in manager.kept)))
    more = TOMBSTONES[1] - TOMBSTONES[0]
    memory, journal = ((late - early) / more for early, late in zip(*taken))
    print(f"each deleted name, of ten bytes: {memory:.0f} bytes of memory and {journal:.0f} in the journal")


def soak(daemon, journals, names, changes):
    run = Soak(daemon, journals, names, changes)
    run.run()
    level = run.is_level()
    took = run.delete_all()
    print(f"level: {'yes' if level else 'NO'}; given back: {'yes' if took < GIVEN_BACK_S else 'NO'}")
    return 0 if level and took < GIVEN_BACK_S else 1


def main():
    kind = sys.argv[1] if len(sys.argv) > 1 else "memory"
    names = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    changes = int(sys.argv[3]) if len(sys.argv) > 3 else 10 * names
    options = ("--seed", "soak", "--clock", "virtual", "--keep-versions", "2")
    null = os.open(os.devnull, os.O_WRONLY)
    if kind == "tombstones":
        return tombstones(options, null)
    print(f"{kind}: {names:,} names, {changes:,} changes in an hour of the virtual clock")
    if kind == "memory":
        with ServiceManager() as manager, manager.start(*options, err=null) as daemon:
            return soak(daemon, lambda: [os.fstat(kept.fileno()).st_blocks * 512 for kept in manager.kept],
                        names, changes)
    with tempfile.TemporaryDirectory(prefix="ghostkey-soak-", dir=os.environ.get("SOAK_DIR")) as folder, \
            Daemon(*options, "--store", f"{folder}/store", err=null) as daemon:
        return soak(daemon, lambda: [os.stat(f"{folder}/{name}").st_blocks * 512
                                     for name in os.listdir(folder) if name.startswith("store")],
                    names, changes)


if __name__ == "__main__":
    sys.exit(main())
