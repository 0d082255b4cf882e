#!/usr/bin/env python3
"""What clients notice while a large journal is written anew: one of them GETs, one PUTs, and so they
do for as long on a journal that need not be written anew. For a --store file and for the memfds that
a service manager keeps. TAP: p99.9 of either at most 5 ms more.

    GHOSTKEYD=BUILD/daemon/ghostkeyd tests/bench/rewrite_pause.py STORE_FILL [COUNT]

STORE_FILL: the program that makes the journal. COUNT secrets, 500,000 if not given; the journal is about
500 bytes for each."""

import gc
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import peers  # says where the next two are
import http1
import tap
from daemon import Daemon, wait_for

COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 500000
TURNS = 4         # each secret is in the journal so many times, its event only while it is kept
PAUSE_S = 0.0005  # from one request to the next: they must measure, not load
MORE_MS = 5
DEADLINE_S = 120


def ask(method, socket, done, times):
    """One request after the other, till done; puts how long each took, in ms, into `times`."""
    connection = http1.Connection(socket, http1.ANSWER_TIMEOUT_S)
    body = json.dumps({"value": peers.VALUE}) if method == "PUT" else None
    took, number = [], 0
    gc.disable()
    while not done.is_set():
        number = (number + 7919) % COUNT
        target = f"/v1/secrets/service-{number % 1000:03}/secret-{number:07}"
        begun = time.perf_counter()
        answer = connection.request(method, target, body)
        took.append((time.perf_counter() - begun) * 1000)
        assert answer.status == 200, answer
        time.sleep(PAUSE_S)
    times.send(took)


def measured(daemon, seconds, is_done):
    """{"GET": times, "PUT": times} till is_done(), and at least so long -> (those, how long)"""
    context = multiprocessing.get_context("fork")
    done, asking = context.Event(), []
    for method in ("GET", "PUT"):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=ask, args=(method, daemon.socket, done, theirs), daemon=True)
        process.start()
        asking.append((method, process, ours))
    begun = time.monotonic()
    wait_for(lambda: time.monotonic() - begun >= seconds and is_done(), "the rewrite", DEADLINE_S)
    took_s = time.monotonic() - begun
    done.set()
    found = {method: sorted(ours.recv()) for method, _, ours in asking}
    for _, process, _ in asking:
        process.join()
    return found, took_s


def p999(times):
    return times[len(times) * 999 // 1000]


class File:
    """The journal as a --store file."""

    def __init__(self, directory, made):
        self.path = os.path.join(directory, "store")
        shutil.move(made, self.path)
        self.inode = os.stat(self.path).st_ino

    def start(self):
        return Daemon("--store", self.path, err=open(os.devnull, "wb").fileno())

    def is_rewritten(self):
        return os.stat(self.path).st_ino != self.inode


class Memfds:
    """The same in a memfd, and a second one to write it anew in."""

    def __init__(self, _, made):
        self.files = [open(os.memfd_create("ghostkey"), "r+b") for _ in range(2)]
        with open(made, "rb") as source:
            shutil.copyfileobj(source, self.files[0])
        self.files[0].flush()
        os.unlink(made)

    def start(self):
        return Daemon(state=self.files, err=open(os.devnull, "wb").fileno())

    def is_rewritten(self):
        return os.fstat(self.files[0].fileno()).st_size == 0


def run(fill, kind, turns, seconds):
    """-> (times, how long, MiB of the journal before)"""
    with tempfile.TemporaryDirectory(prefix="ghostkey-bench-", dir=os.getcwd()) as directory:
        made = os.path.join(directory, "made")
        subprocess.run([fill, made, str(COUNT), "0", str(turns)], check=True)
        size = os.stat(made).st_size >> 20
        place = kind(directory, made)
        with place.start() as daemon:
            times, took_s = measured(daemon, seconds, place.is_rewritten if turns > 1 else lambda: True)
        return times, took_s, size


def a_rewrite_is_not_noticed(check):
    for kind in (File, Memfds):
        during, took_s, size = run(sys.argv[1], kind, TURNS, 0)
        without, _, _ = run(sys.argv[1], kind, 1, took_s)
        check.note(f"{kind.__name__}: {size} MiB written anew in {took_s:.1f} s")
        for method, times in during.items():
            figures = [f"p99 {times[len(times) * 99 // 100]:.2f}", f"p99.9 {p999(times):.2f}",
                       f"max {times[-1]:.2f}"]
            beside = without[method]
            check.note(f"{method}, ms: {', '.join(figures)} of {len(times)}; without: p99.9 "
                       f"{p999(beside):.2f}, max {beside[-1]:.2f} of {len(beside)}")
            more = p999(times) - p999(beside)
            check.ok(more <= MORE_MS, f"{kind.__name__}: p99.9 of {method} is {more:.2f} ms more, "
                                      f"at most {MORE_MS} ms")


if __name__ == "__main__":
    sys.exit(tap.run(a_rewrite_is_not_noticed))
