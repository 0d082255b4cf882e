#!/usr/bin/env python3
"""The daemon dies at every call, or the machine loses power at every sync. A run of operations is
recorded; for each call the file that would be left is made (deaths.c says how), and checked.

    test_deaths.py DEATHS [OPERATIONS [LOSSES]]    DEATHS: the program of deaths.c"""

import os
import shutil
import struct
import subprocess
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
import tap
from statekit import MEMORY, OPTIONS, Place, ask, dump

PROGRAM = sys.argv[1]
OPERATIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
LOSSES = int(sys.argv[3]) if len(sys.argv) > 3 else 3


def record(place):
    """Runs the operations -> what can be read at the end; the recording is in the files of the place."""
    notes = place.path("notes")
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    env = dict(os.environ, LD_PRELOAD=os.environ["RECORDER_LIB"], RECORD_FILE=place.store,
               RECORD_TO=notes, ASAN_OPTIONS=sanitizer)
    marks = []
    with place.start(*OPTIONS).connect() as connection:  # makes the store
        ask(connection, "GET", "/v1/status")
    place.daemon.stop()
    with open(place.store, "rb") as store, open(notes, "wb") as file:
        content = store.read()
        file.write(struct.pack("=QQQ", 0, 0, len(content)) + content)
    marks.append(os.path.getsize(notes))
    with place.start(env=env).connect() as connection:
        for operation in statekit.operations(OPERATIONS):
            ask(connection, *operation)
            marks.append(os.path.getsize(notes))
        end = dump(connection)
    place.daemon.stop()
    with open(place.path("marks"), "wb") as file:
        file.write(struct.pack(f"={len(marks)}Q", *marks))
    return end, marks


def deaths_leave_one_of_two_states(check):
    with Place(MEMORY) as place, Place(MEMORY) as other:
        end, marks = record(place)
        changes = sum(before != after for before, after in zip(marks, marks[1:]))
        check.ok(changes > OPERATIONS // 2, f"{changes} of {OPERATIONS} operations wrote something")
        shutil.copyfile(place.store, other.store)
        os.chmod(other.store, 0o600)
        with other.start().connect() as connection:
            check.ok(dump(connection) == end, "what was recorded is what was acknowledged")
        done = subprocess.run([PROGRAM, place.path("notes"), place.path("marks"), str(LOSSES)],
                              capture_output=True, text=True, check=False)
        *wrong, said = done.stdout.splitlines() or [done.stderr]
        counts = {name: int(count) for count, name in zip(*[iter(said.split())] * 2)}
        check.ok(done.returncode == 0 and counts["wrong"] == 0,
                 f"{counts['deaths']} deaths and {counts['losses']} losses of power: each leaves a "
                 f"whole state, {counts['before']} before and {counts['after']} after", *wrong)
        check.ok(counts["deaths"] >= changes * 6 and counts["losses"] >= changes * LOSSES,
                 "each operation was tried")
        check.ok(counts["before"] > 0 and counts["after"] > 0, "both states are met")


if __name__ == "__main__":
    sys.exit(tap.run(deaths_leave_one_of_two_states))
