#!/usr/bin/env python3
"""The daemon dies at every call, or the machine loses power at every sync. A run of operations is
recorded; for each call the journals that would be left are made (deaths.c says how), and a start is tried
on them. So it is done of a store in a file, a sealed one, and memfds that a service manager keeps; and
again while the journal is written anew.

    test_deaths.py DEATHS [OPERATIONS [LOSSES]]    DEATHS: the program of deaths.c"""

import os
import signal
import struct
import subprocess
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
import tap
from daemon import preloaded
from statekit import MEMORY, OPTIONS, Daemon, Place, ask, dump

PROGRAM = sys.argv[1]
OPERATIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
LOSSES = int(sys.argv[3]) if len(sys.argv) > 3 else 3
KEY = bytes([4, 6, *[0] * 14, 4, 6, *[0] * 14])  # DEATHS_KEY in digest.h
WRITE, SYNC, LENGTH, CREATE, RENAME, UNLINK, FOLDER, MARK = range(8)  # tests/support/recorder.c
KINDS = ("file", "sealed", "memfd")
MOST_OPERATIONS = 2000


class Run:
    """One recorded run of a daemon, on journals of a kind."""

    def __init__(self, kind, place):
        self.kind, self.place, self.notes = kind, place, place.path("notes")
        self.memfds = []
        if kind == "memfd":
            self.memfds = [open(os.memfd_create("ghostkey"), "w+b", buffering=0) for _ in range(2)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for memfd in self.memfds:
            memfd.close()

    def start(self, *options, env=None):
        if self.kind == "memfd":
            self.place.end()
            if os.path.exists(self.place.path("s")):
                os.unlink(self.place.path("s"))
            self.place.daemon = Daemon(*options, env=env, state=self.memfds,
                                       directory=self.place.directory)
            return self.place.daemon
        if self.kind == "sealed":
            with open(self.place.path("key"), "wb") as key:
                key.write(KEY)
            os.chmod(self.place.path("key"), 0o600)
            options = (*options, "--store-key", self.place.path("key"))
        return self.place.start(*options, env=env)

    def contents(self):
        """[(inode, bytes)] of the journals that there are."""
        if self.kind == "memfd":
            return [(os.fstat(m.fileno()).st_ino, os.pread(m.fileno(), os.fstat(m.fileno()).st_size, 0))
                    for m in self.memfds]
        with open(self.place.store, "rb") as store:
            return [(os.fstat(store.fileno()).st_ino, store.read())]

    def note(self, what, inode=0, content=b""):
        """Appended in one write, as the recorder's are."""
        with open(self.notes, "ab", buffering=0) as notes:
            notes.write(struct.pack("=QQQQ", what, inode, 0, len(content)) + content +
                        bytes(-len(content) % 8))

    def journal(self):
        """Which file or memfd the state is in: another one, once it was written anew."""
        kept = [(int.from_bytes(content[32:40], "little"), inode)
                for inode, content in self.contents() if content]
        return max(kept)[1]

    def begin(self):
        """Starts the daemon that is recorded."""
        for inode, content in self.contents():
            self.note(CREATE, inode)
            self.note(WRITE, inode, content)
        self.note(MARK)
        return self.start(env=preloaded(os.environ["RECORDER_LIB"], RECORD_TO=self.notes,
                                        RECORD_FILE="memfd" if self.memfds else self.place.store))

    def perform(self, connection, operations, until=lambda: False):
        """-> how many there were"""
        count = 0
        for operation in operations:
            assert ask(connection, *operation)[0] in (200, 404), operation
            self.note(MARK)
            count += 1
            if until():
                break
        return count

    def judge(self, losses):
        """-> (the counts, what was wrong)"""
        done = subprocess.run([PROGRAM, self.kind, self.notes, self.place.path("tried"), str(losses)],
                              capture_output=True, text=True, check=False)
        *wrong, said = done.stdout.splitlines() or [f"0 wrong {done.returncode} {done.stderr}"]
        counts = {name: int(count) for count, name in zip(*[iter(said.split())] * 2)}
        assert done.returncode == bool(counts["wrong"]), (done.returncode, said, done.stderr)
        return counts, wrong


def what_was_recorded_is_what_was_acknowledged(check, run, end):
    """A copy of the journals, as they are once the daemon was killed."""
    run.place.daemon.kill(signal.SIGKILL)
    run.place.daemon.wait()
    with run.start().connect() as connection:
        check.ok(dump(connection) == end, f"{run.kind}: what is kept is what was acknowledged")
    run.place.daemon.stop()


def deaths_leave_one_of_two_states(check):
    total = 0
    for kind in KINDS:
        with Place(MEMORY) as place, Run(kind, place) as run:
            with run.start(*OPTIONS).connect() as connection:  # makes the state
                ask(connection, "GET", "/v1/status")
            place.daemon.stop()
            with run.begin().connect() as connection:
                run.perform(connection, statekit.operations(OPERATIONS))
                end = dump(connection)
            counts, wrong = run.judge(LOSSES)
            what_was_recorded_is_what_was_acknowledged(check, run, end)
        check.equal(counts["wrong"], 0, f"{kind}: {counts['deaths']} deaths and {counts['losses']} "
                    f"losses of power: each leaves a whole state, {counts['before']} before and "
                    f"{counts['after']} after")
        check.note("\n".join(wrong))
        check.ok(counts["deaths"] >= OPERATIONS * 2 and
                 (kind == "memfd" or counts["losses"] >= OPERATIONS // 2 * LOSSES),
                 f"{kind}: each operation was tried")
        check.ok(counts["before"] > 0 and counts["after"] > 0, f"{kind}: both states are met")
        total += counts["deaths"] + counts["losses"]
    check.note(f"{total} points")


def fill(run):
    """A journal that is nearly long enough to be written anew, as a daemon that was killed leaves it."""
    with run.start(*OPTIONS, "--keep-versions", "2").connect() as connection:
        statekit.fill_journal(connection, lambda: max(
            len(content.rstrip(b"\0")) for _, content in run.contents()))
    run.place.daemon.kill(signal.SIGKILL)
    run.place.daemon.wait()
    run.place.daemon = None


def deaths_while_it_is_written_anew(check):
    for kind in KINDS:
        with Place(MEMORY) as place, Run(kind, place) as run:
            fill(run)
            before = run.journal()
            with run.begin().connect() as connection:
                done = run.perform(connection, statekit.operations(MOST_OPERATIONS),
                                   lambda: run.journal() != before)
                done += run.perform(connection, statekit.operations(10, seed=5))
                end = dump(connection)
            check.ok(run.journal() != before, f"{kind}: written anew within {done} operations")
            counts, wrong = run.judge(LOSSES)
            what_was_recorded_is_what_was_acknowledged(check, run, end)
        check.equal(counts["wrong"], 0, f"{kind}, while it is written anew: {counts['deaths']} deaths and "
                    f"{counts['losses']} losses of power, {counts['before']} before and "
                    f"{counts['after']} after")
        check.note("\n".join(wrong))
        check.ok(kind == "memfd" or counts["renames"] == 1, f"{kind}: the new file took the place of the old")


if __name__ == "__main__":
    sys.exit(tap.run(deaths_leave_one_of_two_states, deaths_while_it_is_written_anew))
