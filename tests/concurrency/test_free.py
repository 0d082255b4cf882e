#!/usr/bin/env python3
"""Clients in threads and processes, which nothing synchronises, against the real daemon: the history of
each name is linearizable, and the events have that order.

    test_free.py [HISTORIES [OPERATIONS [SECONDS]]]

Goes on for at least so many histories and so many seconds. A history that is wrong is kept in a file,
whose name is printed. The programs are $GHOSTKEYD and $GHOSTCTL."""

import pathlib
import resource
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import history
import load
import register
import stream
import tap
from daemon import Daemon

HISTORIES, OPERATIONS, SECONDS = ([int(each) for each in sys.argv[1:]] + [2, 150, 0][
    len(sys.argv) - 1:])[:3]
CLIENTS = 16
# One history in four on a file, and one on a file that cannot grow past so many bytes: what was
# answered with 500 must not have happened, and what was answered with 200 must.
KINDS = ("memory", "full", "memory", "file")
FULL_BYTES = 100_000


def all_events(daemon):
    events = []
    with daemon.connect() as connection:
        while True:
            after = events[-1]["seq"] if events else 0
            page = history.json.loads(
                connection.request("GET", f"/v1/events?after={after}&limit=1000").body)["events"]
            if not page:
                return events
            events += page


def one_history(check, number):
    with tempfile.TemporaryDirectory() as folder:
        kind = KINDS[number % len(KINDS)]
        store = [] if kind == "memory" else ["--store", f"{folder}/store"]
        limits = [(resource.RLIMIT_FSIZE, FULL_BYTES)] if kind == "full" else []
        with Daemon("--seed", register.SEED, "--clock", "virtual", *store,
                    limits=limits) as daemon:
            watcher = stream.Watcher(daemon, number)
            watcher.start()
            lived = load.run(daemon.socket, number, CLIENTS, OPERATIONS)
            events = all_events(daemon)
            streamed = watcher.finish(len(events))
    whole = len(lived) == CLIENTS * OPERATIONS
    full = kind == "full"
    wrong = (history.check(lived, events, streamed, full) if whole else
             ["a client did not come to its end"])
    if wrong:
        path = pathlib.Path(tempfile.mkstemp(prefix="ghostkey-history-", suffix=".jsonl")[1])
        history.save(path, lived)
        wrong.append(f"the history is in {path}")
    failed = len(history.failures(lived))
    check.ok(not wrong, f"history {number} ({kind}): {len(lived)} operations of {CLIENTS} clients, "
             f"{failed} that could not be stored, {len(events)} events", *wrong)
    if full:
        check.ok(failed > 0, f"history {number}: the store was full indeed")


def free_clients_see_one_history(check):
    end = time.monotonic() + SECONDS
    number = 0
    while number < HISTORIES or time.monotonic() < end:
        one_history(check, number)
        number += 1


if __name__ == "__main__":
    sys.exit(tap.run(free_clients_see_one_history))
