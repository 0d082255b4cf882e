#!/usr/bin/env python3
"""How long a virtual year takes: 1,000 secrets that rotate daily, 365,000 rotations, each with its
event. Prints the median of several years for each way to log; tests/bench/README.md has the figures.

    GHOSTKEYD=build/daemon/ghostkeyd tests/bench/year.py [YEARS]
"""

import os
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "time"))

import timekit  # pylint: disable=wrong-import-position
from timekit import DAY_S, Daemon  # pylint: disable=wrong-import-position

SECRETS = 1000
DAYS = 365
YEARS = 5
LIMIT_S = 2.0


def year(connection):
    begun = time.monotonic()
    clock = timekit.advance(connection, DAYS * DAY_S)
    took = time.monotonic() - begun
    assert clock["rotated"] == SECRETS * DAYS, clock
    begun = time.monotonic()
    timekit.send(connection, "GET", "/v1/secrets/s0000")
    return took, time.monotonic() - begun


def measure(what, years, *options, err=None, strategy="token"):
    with Daemon("--seed", "bench", "--clock", "virtual", *options, err=err) as daemon, \
            daemon.connect(300) as connection:
        for number in range(SECRETS):
            timekit.put(connection, f"s{number:04}", value="x", ttl="1d",
                        rotation={"strategy": strategy, "on_expiry": True})
        rows = [year(connection) for _ in range(years)]
        took = statistics.median(row[0] for row in rows)
        after = statistics.median(row[1] for row in rows)
        memory = timekit.memory_kib(daemon.pid, "VmHWM") / 1024
    print(f"{what:36} {took:7.3f} s   {SECRETS * DAYS / took:9.0f} rotations/s   "
          f"next answer {1000 * after:5.1f} ms   {memory:5.1f} MiB at most")
    return took


def main():
    years = int(sys.argv[1]) if len(sys.argv) > 1 else YEARS
    null = os.open(os.devnull, os.O_WRONLY)
    print(f"{SECRETS} secrets, {DAYS} days: {SECRETS * DAYS} rotations; median of {years} years")
    took = [measure("token, stderr to /dev/null", years, err=null),
            measure("token, stderr to a file", years),
            measure("uuid, stderr to /dev/null", years, err=null, strategy="uuid")]
    with tempfile.TemporaryDirectory() as folder:
        took.append(measure("token, /dev/null, --audit-log", years, "--audit-log",
                            os.path.join(folder, "audit"), err=null))
    return 0 if max(took[:2]) < LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
