#!/usr/bin/env python3
"""The file of a store that is cut, moved, replaced or removed while the daemon runs: the log says so at once, although
nobody asks for anything; reads go on; no change is acknowledged that the next start would not find."""

import json
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
from statekit import OPTIONS, Place, ask, dump, put
import tap

SECRETS = 20


def begin(place):
    """-> a daemon with some secrets, what can be read of it"""
    daemon = place.start(*OPTIONS)
    with daemon.connect() as connection:
        for number in range(SECRETS):
            assert ask(connection, "PUT", f"/v1/secrets/s{number}", put("x" * 3000))[0] == 200
        return daemon, dump(connection)


def says(daemon, words):
    """Waits for a line of the log; asks for nothing meanwhile."""
    return statekit.wait_for(lambda: words in daemon.stderr(), f"'{words}' in the log")


def refuses_changes(check, what, daemon, words, seen):
    with daemon.connect() as connection:
        status, body = ask(connection, "PUT", "/v1/secrets/late", put("y"))[:2]
        check.ok(status == 500 and words in json.loads(body)["detail"],
                 f"{what}: a change is a 500 that says why", status, body)
        check.equal(ask(connection, "DELETE", "/v1/secrets/s0")[0], 500, f"{what}: a deletion, too")
        check.ok(dump(connection) == seen, f"{what}: reads go on, and nothing changed")


def a_file_that_is_cut(check):
    for length in (0, 50, 96, 5000):
        for ending in (9, 15):
            what = f"cut to {length}, ended by {ending}"
            with Place() as place:
                daemon, seen = begin(place)
                os.truncate(place.store, length)
                check.ok(says(daemon, "the store's file was cut short"), f"{what}: it is said")
                os.truncate(place.store, 100000)  # which brings nothing back
                refuses_changes(check, what, daemon, "cut short", seen)
                check.equal(daemon.stderr().count("cut short"), 1, f"{what}: once")
                daemon.stop(ending)
                status, said = place.refused("--store", place.store)
                check.ok(status == 1 and place.store in said, f"{what}: the next start is refused", status, said)


def a_file_that_is_moved(check):
    with Place() as place:
        daemon, seen = begin(place)
        os.rename(place.store, place.path("elsewhere"))
        check.ok(says(daemon, "moved, replaced or removed"), "moved: it is said")
        refuses_changes(check, "moved", daemon, "moved, replaced or removed", seen)
        os.rename(place.path("elsewhere"), place.store)
        check.ok(says(daemon, "can be written again"), "moved back: that is said")
        check.equal(daemon.request("PUT", "/v1/secrets/late", put("y"))[0], 200, "moved back: changes go on")
        with daemon.connect() as connection:
            seen = dump(connection)
        with place.start().connect() as connection:
            check.ok(dump(connection) == seen, "moved back: the next start finds all of it")


def a_file_that_is_replaced(check):
    with Place() as place:
        daemon, seen = begin(place)
        shutil.copyfile(place.store, place.path("copy"))
        os.rename(place.path("copy"), place.store)
        check.ok(says(daemon, "moved, replaced or removed"), "replaced: it is said")
        refuses_changes(check, "replaced", daemon, "moved, replaced or removed", seen)
        with place.start().connect() as connection:
            check.ok(dump(connection) == seen, "replaced by a copy: the next start finds all of it")


def a_file_that_is_removed(check):
    with Place() as place:
        daemon, seen = begin(place)
        os.unlink(place.store)
        check.ok(says(daemon, "moved, replaced or removed"), "removed: it is said")
        refuses_changes(check, "removed", daemon, "moved, replaced or removed", seen)
        check.equal(daemon.stop(), 0, "removed: the daemon ends as ever")


def its_own_file_is_no_surprise(check):
    """It is watched also after it was written anew, which replaces it."""
    with Place() as place:
        daemon, _ = begin(place)
        before = os.stat(place.store).st_ino
        with daemon.connect() as connection:
            for number in range(400):
                assert ask(connection, "PUT", "/v1/secrets/big", put(str(number % 10) * 60000))[0] == 200
                assert ask(connection, "DELETE", "/v1/secrets/big")[0] == 200
            statekit.wait_for(lambda: os.stat(place.store).st_ino != before, "the journal to be written anew")
            journal = json.loads(ask(connection, "GET", "/v1/status")[1])["journal"]
            check.ok(journal["rewritten_at"] is not None, "the status says when it was written anew", journal)
            check.ok("moved" not in daemon.stderr(), "the daemon replaces its own file, and says nothing",
                     daemon.stderr())
        os.unlink(place.store)
        check.ok(says(daemon, "moved, replaced or removed"), "the new one is watched as well")


def wakes(daemon):
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as status:
        return next(line for line in status if line.startswith("voluntary_ctxt_switches"))


def an_idle_daemon_sleeps(check):
    """It waits for the kernel to say that something happened to the file, and does not look again and again."""
    def sleeps():
        before = wakes(daemon)
        time.sleep(3)  # 30 looks
        return wakes(daemon) == before
    with Place() as place:
        daemon, _ = begin(place)
        check.ok(statekit.wait_for(sleeps, "3 s without a wake-up"), "a daemon without requests sleeps")
        os.truncate(place.store, 0)
        check.ok(says(daemon, "cut short"), "and wakes up when its file is cut")


if __name__ == "__main__":
    sys.exit(tap.run(a_file_that_is_cut, a_file_that_is_moved, a_file_that_is_replaced, a_file_that_is_removed,
                     its_own_file_is_no_surprise, an_idle_daemon_sleeps))
