#!/usr/bin/env python3
"""--audit-log: each event is one whole line in a file of the user's own, also over restarts.

The program is $GHOSTKEYD."""

import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import timekit
from test_log import CANARY, LINES_MAX, LOST, VIRTUAL, every_kind, list_lines
from timekit import Daemon, http1, program, tap

LIMIT_BYTES = 2 << 20
ROOM_BYTES = 1000


class Folder:
    """A directory, gone afterwards."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="ghostkey-audit-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def mode(path):
    return f"{path.stat().st_mode & 0o7777:o}"


def each_event_is_a_line_in_it(check):
    with Folder() as folder:
        log = folder / "audit.jsonl"
        with Daemon(*VIRTUAL, "--audit-log", str(log)) as daemon, daemon.connect() as connection:
            check.equal((mode(log), log.read_bytes()), ("600", b""), "it is there, and one's own")
            every_kind(connection)
            first = list_lines(connection)
            check.equal(log.read_text("utf-8").splitlines(), first, "each event, the same bytes")
            check.ok(CANARY not in log.read_text("utf-8"), "no value is in it")
        with Daemon(*VIRTUAL, "--audit-log", str(log)) as daemon, daemon.connect() as connection:
            timekit.put(connection, "again", value="x")
            timekit.wait_for_log(connection)
            check.equal(log.read_text("utf-8").splitlines(), first + list_lines(connection),
                        "another daemon appends to it")
            log.rename(folder / "rotated")
            timekit.put(connection, "again", value="x")
            timekit.wait_for_log(connection)
            check.equal(len((folder / "rotated").read_text("utf-8").splitlines()), len(first) + 2,
                        "it goes on in a file that was renamed")


def a_flood_is_in_it_whole(check):
    with Folder() as folder:
        log = folder / "audit.jsonl"
        with Daemon(*VIRTUAL, "--audit-log", str(log)) as daemon, daemon.connect() as connection:
            timekit.put(connection, "key", value="x", ttl=1,
                        rotation={"strategy": "hex", "length": 8, "on_expiry": True})
            timekit.advance(connection, 5 * LINES_MAX)
            timekit.wait_for_log(connection)
            got = [json.loads(line)["seq"] for line in log.read_text("utf-8").splitlines()]
            check.equal(got, list(range(1, 5 * LINES_MAX + 2)), "what stderr leaves out is in it")


def more_at_once_than_are_kept(check):
    """In one advance, and at a start."""
    with Folder() as folder:
        log = folder / "audit.jsonl"
        many = timekit.EVENTS_KEPT + 20000
        with Daemon(*VIRTUAL, "--audit-log", str(log)) as daemon, daemon.connect() as connection:
            timekit.put(connection, "key", value="x", ttl=1,
                        rotation={"strategy": "hex", "length": 8, "on_expiry": True})
            timekit.advance(connection, many)
            with open(log, encoding="utf-8") as file:
                got = [json.loads(line)["seq"] for line in file]
            check.equal((len(got), got == list(range(1, many + 2))), (many + 1, True),
                        f"{many} events of one turn are in it when the turn is answered")
            page = timekit.send(connection, "GET", "/v1/events?limit=1")[1]
            check.equal(page["events"][0]["seq"], many + 2 - timekit.EVENTS_KEPT,
                        "the newest are kept")
            check.equal(timekit.counted(daemon, LOST), 0, "none counts as lost")


def kills_lose_nothing(check):
    """SIGKILL while changes are made; and a file whose last line is cut off, as if it came during the write."""
    draw = random.Random(7)
    with Folder() as folder:
        log = folder / "audit.jsonl"
        options = (*VIRTUAL, "--store", str(folder / "store"), "--audit-log", str(log))
        for number in range(6):
            with Daemon(*options) as daemon, daemon.connect() as connection:
                for name in range(30):
                    timekit.put(connection, f"s{name}", value=f"{number}")
                connection.send(b"".join(http1.encode("PUT", f"/v1/secrets/s{name}",
                                                      '{"value":"x"}') for name in range(200)))
                for _ in range(draw.randrange(200)):
                    connection.answer()
                daemon.stop(signal.SIGKILL)
            os.truncate(log, log.stat().st_size - draw.choice([0, 1, 30, 1000]))
        with Daemon(*options) as daemon, daemon.connect() as connection:
            check.equal(log.read_text("utf-8").splitlines(), list_lines(connection),
                        "after six kills each event is in it once, in order")


def others_could_read_it(check):
    with Folder() as folder:
        log = folder / "audit.jsonl"
        log.write_text('{"before":1}\n', "utf-8")
        log.chmod(0o644)
        with Daemon(*VIRTUAL, "--audit-log", str(log)) as daemon:
            check.equal((mode(log), log.read_text("utf-8")), ("644", '{"before":1}\n'),
                        "a file that others could read is left as it is")
            check.ok(f"others can read or write {log}" in daemon.stderr(), "which is said",
                     daemon.stderr())


def the_disk_is_full(check):
    """RLIMIT_FSIZE cuts a write short just as a full disk does."""
    with Folder() as folder:
        log = folder / "audit.jsonl"
        old = b'{"before":1}\n' * ((LIMIT_BYTES - ROOM_BYTES) // 13)
        log.write_bytes(old)
        log.chmod(0o600)
        with Daemon(*VIRTUAL, "--audit-log", str(log),
                    limits=[(resource.RLIMIT_FSIZE, LIMIT_BYTES)]) as daemon, \
                daemon.connect() as connection:
            for number in range(100):
                timekit.put(connection, f"s{number:02}", value=CANARY)
            timekit.wait_for_log(connection)
            new = log.read_bytes()[len(old):]
            lines = new.decode().splitlines()
            check.ok(0 < len(lines) < 100 and new.endswith(b"\n"), f"{len(lines)} lines fit, whole")
            check.equal(lines, list_lines(connection)[:len(lines)], "as they should be")
            check.equal(timekit.counted(daemon, LOST), 100.0 - len(lines), "the others are counted")
            said = [line for line in daemon.stderr().splitlines() if "cannot write events" in line]
            check.ok(len(said) == 1 and str(log) in said[0], "which is said once, and where", said)
            os.truncate(log, 0)
            timekit.put(connection, "again", value=CANARY)
            timekit.wait_for_log(connection)
            check.equal(log.read_text("utf-8").splitlines(), list_lines(connection)[len(lines):],
                        "where there is room again it goes on with what is missing")


def the_disk_is_full_at_the_start(check):
    """And the last line was cut short."""
    with Folder() as folder:
        log = folder / "audit.jsonl"
        options = (*VIRTUAL, "--store", str(folder / "store"), "--audit-log", str(log))
        old = b'{"before":1}\n' * (LIMIT_BYTES // 13)
        log.write_bytes(old)
        log.chmod(0o600)
        with Daemon(*options) as daemon, daemon.connect() as connection:
            for name in ("a", "b"):
                timekit.put(connection, name, value="x")
            timekit.wait_for_log(connection)
            first = list_lines(connection)[0]
        for cut in (5, 1):
            full = log.stat().st_size - cut
            os.truncate(log, full)
            with Daemon(*options, limits=[(resource.RLIMIT_FSIZE, full)]) as daemon, daemon.connect() as connection:
                check.equal(log.read_bytes()[len(old):].decode(), f"{first}\n", f"{cut} bytes are missing: the line is taken away")
                check.ok("cannot end the last line" in daemon.stderr(), "which is said", daemon.stderr())
                log.write_bytes(f"{first}\n".encode())
                timekit.put(connection, "c", value="x")
                timekit.wait_for_log(connection)
                check.equal(log.read_text("utf-8").splitlines(), list_lines(connection), "and written again where there is room")
                log.write_bytes(old + log.read_bytes())
                first = "\n".join(list_lines(connection)[:-1])


def refused(check, folder, path, what):
    arguments = [program(), "--socket", str(folder / "s"), "--audit-log", str(path)]
    run = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
                         check=False)
    said = run.stderr.decode().splitlines()
    check.equal((run.returncode, run.stdout, len(said)), (2, b"", 1), f"{what}: status 2, one line")
    check.ok("--audit-log" in said[0] and str(path) in said[0], f"{what}: which names it", said)
    check.ok(not (folder / "s").exists(), f"{what}: nothing was listened on")


def what_is_no_file_is_refused(check):
    with Folder() as folder:
        os.mkfifo(folder / "fifo")
        (folder / "link").symlink_to("/dev/full")
        for path, what in [("/dev/full", "a device"), (folder, "a directory"),
                           (folder / "none" / "log", "a directory that is not there"),
                           (folder / "fifo", "a pipe"), (folder / "link", "a link to a device")]:
            refused(check, folder, path, what)
        check.equal(sorted(each.name for each in folder.iterdir()), ["fifo", "link"],
                    "nothing was made")


if __name__ == "__main__":
    sys.exit(tap.run(each_event_is_a_line_in_it, a_flood_is_in_it_whole,
                     more_at_once_than_are_kept, kills_lose_nothing, others_could_read_it,
                     the_disk_is_full, the_disk_is_full_at_the_start, what_is_no_file_is_refused))
