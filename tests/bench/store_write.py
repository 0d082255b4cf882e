#!/usr/bin/env python3
"""Durable writes, beside Redis: 16 clients PUT secrets into a --store file, and 16 clients SET keys
in a Redis with `appendfsync always`, on the same disk, by turns; and how long a GET takes while they
write. TAP: at least Redis's rate, and the GETs' 99th percentile under 10 ms.

    GHOSTKEYD=BUILD/daemon/ghostkeyd tests/bench/store_write.py [ROUNDS]

Needs redis-server, redis-benchmark and h2load; on Debian, as root, it installs what is missing
(redis-server, nghttp2-client)."""

import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import DEADLINE_S, Daemon, wait_for

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
CLIENTS = 16
KEYS = 1000
SECONDS = 3
VALUE = "x" * 40
GET_LIMIT_MS = 10
PACKAGES = {"redis-server": "redis-server", "redis-benchmark": "redis-tools",
            "h2load": "nghttp2-client"}


def install_missing():
    missing = sorted({package for name, package in PACKAGES.items() if not shutil.which(name)})
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing],
                       check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    return all(shutil.which(name) for name in PACKAGES)


class Redis:
    """A server of its own on a socket in the directory."""

    def __init__(self, directory):
        self.socket = os.path.join(directory, "redis")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", directory,
             "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
            stdout=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.socket), "Redis", DEADLINE_S)

    def rate(self, requests):
        said = subprocess.run(
            ["redis-benchmark", "-s", self.socket, "-t", "set", "-c", str(CLIENTS), "-r", str(KEYS),
             "-d", str(len(VALUE)), "-n", str(requests), "-q"], check=True, capture_output=True,
            text=True).stdout
        return float(re.findall(r"SET: ([0-9.]+) requests per second", said)[-1])

    def close(self):
        self.process.terminate()
        self.process.wait()


def put_rate(daemon, directory):
    """What 16 clients put in SECONDS, each answered with 200."""
    targets, body = os.path.join(directory, "targets"), os.path.join(directory, "body")
    with open(targets, "w", encoding="ascii") as file:
        file.writelines(f"http://localhost/v1/secrets/key-{n:06}\n" for n in range(KEYS))
    with open(body, "w", encoding="ascii") as file:
        file.write(f'{{"value":"{VALUE}"}}')
    said = subprocess.run(
        ["h2load", "--h1", "-c", str(CLIENTS), "-t", "1", "-D", str(SECONDS), "-i", targets,
         "-d", body, "-H", ":method: PUT", "-H", "content-type: application/json",
         f"--base-uri=unix:{daemon.socket}"], check=True, capture_output=True, text=True).stdout
    codes = [int(count) for count in re.search(
        r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", said).groups()]
    assert codes[0] > 0 and not any(codes[1:]), said
    return codes[0] / SECONDS


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
            time.sleep(0.001)  # it is to measure, not to load

    def p99_ms(self):
        return sorted(self.times)[len(self.times) * 99 // 100] * 1000


def durable_writes_keep_up_with_redis(check):
    if not install_missing():
        check.skip("durable writes beside Redis", f"needs {', '.join(PACKAGES)}")
        return
    with tempfile.TemporaryDirectory(prefix="ghostkey-bench-", dir=os.getcwd()) as directory, \
            Daemon("--store", os.path.join(directory, "store"), "--seed", "bench",
                   err=open(os.devnull, "wb").fileno()) as daemon:
        redis = Redis(directory)
        ours, theirs, slowest = [], [], []
        try:
            for _ in range(ROUNDS):
                theirs.append(redis.rate(int((theirs or [5000])[-1]) * SECONDS))
                reader = Reader(daemon)
                reader.start()
                ours.append(put_rate(daemon, directory))
                reader.done = True
                reader.join()
                slowest.append(reader.p99_ms())
        finally:
            redis.close()
    check.note(f"PUT/s {[round(each) for each in ours]}, SET/s {[round(each) for each in theirs]}")
    check.note(f"p99 of GET meanwhile, ms: {[round(each, 2) for each in slowest]}")
    ratio = statistics.median(ours) / statistics.median(theirs)
    check.ok(ratio >= 1, f"{ratio:.2f} times the rate of Redis SET with appendfsync always")
    check.ok(statistics.median(slowest) < GET_LIMIT_MS,
             f"p99 of GET {statistics.median(slowest):.2f} ms, under {GET_LIMIT_MS} ms")


if __name__ == "__main__":
    sys.exit(tap.run(durable_writes_keep_up_with_redis))
