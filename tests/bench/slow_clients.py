#!/usr/bin/env python3
"""The latency of a normal client beside 1,000 clients that never finish their request and 1,000 that send
nothing; and alone, for comparison. On a connection that lasts, and on a new one for each request.

    GHOSTKEYD=build/daemon/ghostkeyd tests/bench/slow_clients.py [SECONDS]
"""

import pathlib
import resource
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import http1  # pylint: disable=wrong-import-position
from daemon import Daemon  # pylint: disable=wrong-import-position

SLOW = 1000
IDLE = 1000
SECONDS = 4  # the slow ones are closed after 10
LIMIT_P99_S = 0.010
A = "/v1/secrets/a"
PUT = http1.encode("PUT", A, '{"value":"never to its end"}')


def slow_and_idle(daemon):
    """Opens the slow connections, then idle ones until the daemon accepts no more."""
    clients = []
    for number in range(SLOW):
        clients.append(daemon.connect())
        clients[-1].send(PUT[:10 + number % 80])
    for _ in range(IDLE):
        client = socket.socket(socket.AF_UNIX)
        client.connect(daemon.socket)
        clients.append(client)
    return clients


def lasting(daemon, seconds):
    took = []
    end = time.monotonic() + seconds
    with daemon.connect() as connection:
        while time.monotonic() < end:
            begun = time.monotonic()
            assert connection.request("GET", A).status == 200
            took.append(time.monotonic() - begun)
    return took


def anew(daemon, seconds):
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        assert daemon.answer("GET", A).status == 200
        took.append(time.monotonic() - begun)
    return took


def measure(what, way, seconds, with_others):
    with Daemon("--seed", "bench") as daemon:
        daemon.request("PUT", A, '{"value":"x"}')
        clients = slow_and_idle(daemon) if with_others else []
        took = sorted(way(daemon, seconds))
        for client in clients:
            client.close()
    p50, p99 = (took[len(took) * part // 100] for part in (50, 99))
    print(f"{what:44} {len(took):7} requests   p50 {1000 * p50:7.3f} ms   "
          f"p99 {1000 * p99:7.3f} ms   worst {1000 * took[-1]:7.1f} ms")
    return p99


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, SLOW + IDLE + 200), hard))
    for way, name in [(lasting, "one connection"), (anew, "a new one each time")]:
        measure(f"{name}, alone", way, seconds, False)
        p99 = measure(f"{name}, beside {SLOW} slow, {IDLE} idle", way, seconds, True)
        if p99 >= LIMIT_P99_S:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
