#!/usr/bin/env python3
"""Clients that ask for much and never read the answer: each is closed after 60 s, and its memory is
freed (contract, section 7). Takes a minute."""

import json
import pathlib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from seckit import costs_at_most, cpu_s, memory_kib, open_fds, wait_until_closed, start_with_a, wait_for

SECRETS = 80
VALUE_BYTES = 60000
CLIENTS = 8
ANSWER_TIME_S = 60
LATE_S = 15
KEPT_MAX_KIB = 4096
LIST = "/v1/secrets?values=true&limit=1000"


def unread(check):
    daemon, fds = start_with_a()
    with daemon, daemon.connect() as other:
        for number in range(SECRETS):
            other.request("PUT", f"/v1/secrets/s{number}", json.dumps({"value": "v" * VALUE_BYTES}))
        whole = len(other.request("GET", LIST).body)
        before = memory_kib(daemon.pid)
        begun = time.monotonic()
        clients = [daemon.connect() for _ in range(CLIENTS)]
        for client in clients:
            client.send(http1.encode("GET", LIST))
        spent = cpu_s(daemon.pid)
        slowest = 0
        wait_for(lambda: memory_kib(daemon.pid) - before > CLIENTS * whole // 1024 // 2,
                 "answers that nobody reads to take memory")
        held = memory_kib(daemon.pid) - before
        while open_fds(daemon.pid) > fds + 1 and time.monotonic() - begun < ANSWER_TIME_S + LATE_S:
            asked = time.monotonic()
            with daemon.connect() as client:
                served = client.request("GET", "/v1/secrets/a").status
            slowest = max(slowest, time.monotonic() - asked)
            if served != 200:
                break
            time.sleep(0.05)  # between two looks
        took = time.monotonic() - begun
        check.equal(served, 200, "meanwhile others are served")
        check.ok(ANSWER_TIME_S - 1 < took < ANSWER_TIME_S + LATE_S,
                 f"who does not read is closed after {ANSWER_TIME_S} s", took)
        check.note(f"slowest answer to others {1000 * slowest:.1f} ms, {held} KiB held, "
                   f"{cpu_s(daemon.pid) - spent:.2f} s of CPU time")
        wait_until_closed(daemon.pid, fds + 1)
        costs_at_most(check, daemon.pid, before, KEPT_MAX_KIB, "and the memory is given back")
        for client in clients:
            check.ok(len(client.take_to_end()) < whole, "it got a part of the answer, and the end")


if __name__ == "__main__":
    sys.exit(tap.run(unread))
