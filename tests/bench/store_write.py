#!/usr/bin/env python3
"""Durable writes, beside Redis: 16 clients PUT secrets into a --store file, and 16 clients SET keys
in a Redis with `appendfsync always`, on the same disk, by turns; and how long a GET takes while they
write. TAP: at least Redis's rate, and the GETs' 99th percentile under 10 ms.

    GHOSTKEYD=BUILD/daemon/ghostkeyd tests/bench/store_write.py [ROUNDS]

Needs redis-server, redis-benchmark and h2load; on Debian, as root, it installs what is missing
(redis-server, nghttp2-client)."""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import peers
import tap  # where peers has said that it is
from daemon import Daemon

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
KEYS = 1000
SECONDS = 3
GET_LIMIT_MS = 10
PACKAGES = {"redis-server": "redis-server", "redis-benchmark": "redis-tools",
            "h2load": "nghttp2-client"}


def install_missing():
    missing = sorted({package for name, package in PACKAGES.items() if not shutil.which(name)})
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing],
                       check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    return all(shutil.which(name) for name in PACKAGES)


def many_puts(directory):
    """What makes h2load PUT one secret after the other."""
    targets, body = os.path.join(directory, "targets"), os.path.join(directory, "body")
    with open(targets, "w", encoding="ascii") as file:
        file.writelines(f"http://localhost/v1/secrets/key-{n:06}\n" for n in range(KEYS))
    pathlib.Path(body).write_text(f'{{"value":"{peers.VALUE}"}}', "ascii")
    return ["-i", targets, *peers.put_load_of(body)]


class Reader(threading.Thread):
    """Asks for one secret after the other, and notes how long each answer took."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.connection, self.times, self.done = daemon.connect(), [], False

    def run(self):
        number = 0
        while not self.done:
            number = (number + 7) % KEYS
            begun = time.monotonic()
            answer = self.connection.request("GET", f"/v1/secrets/key-{number:06}")
            self.times.append(time.monotonic() - begun)
            assert answer.status in (200, 404), answer
            time.sleep(0.001)  # it must measure, not load

    def p99_ms(self):
        return sorted(self.times)[len(self.times) * 99 // 100] * 1000


def durable_writes_keep_up_with_redis(check):
    if not install_missing():
        check.skip("durable writes beside Redis", f"needs {', '.join(PACKAGES)}")
        return
    with tempfile.TemporaryDirectory(prefix="ghostkey-bench-", dir=os.getcwd()) as directory, \
            Daemon("--store", os.path.join(directory, "store"), "--seed", "bench",
                   err=open(os.devnull, "wb").fileno()) as daemon:
        puts = many_puts(directory)
        ours, theirs, slowest = [], [], []
        with peers.Redis(directory, durable=True) as redis:
            for _ in range(ROUNDS):
                theirs.append(redis.rate("set", SECONDS, KEYS))
                reader = Reader(daemon)
                reader.start()
                ours.append(peers.h2load(daemon.socket, SECONDS, *puts, target=None))
                reader.done = True
                reader.join()
                slowest.append(reader.p99_ms())
    check.note(f"PUT/s {[round(each) for each in ours]}, SET/s {[round(each) for each in theirs]}")
    check.note(f"p99 of GET meanwhile, ms: {[round(each, 2) for each in slowest]}")
    ratio = statistics.median(ours) / statistics.median(theirs)
    check.ok(ratio >= 1, f"{ratio:.2f} times the rate of Redis SET with appendfsync always")
    check.ok(statistics.median(slowest) < GET_LIMIT_MS,
             f"p99 of GET {statistics.median(slowest):.2f} ms, under {GET_LIMIT_MS} ms")


if __name__ == "__main__":
    sys.exit(tap.run(durable_writes_keep_up_with_redis))
