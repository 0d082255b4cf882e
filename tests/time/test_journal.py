#!/usr/bin/env python3
"""If stderr is the journal, each event is an entry with fields. Here the journal is a socket of the test at
/run/systemd/journal/socket, in a mount namespace of the test, which root and, on most machines, users
may make.

The program is $GHOSTKEYD."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import timekit
from test_log import CANARY, LINES_MAX, LOST, VIRTUAL, every_kind
from timekit import Daemon, tap, wait_for

RUN = pathlib.Path("/run")
JOURNAL = RUN / "systemd/journal/socket"
READ_PAUSE_S = 0.05
INSIDE = "--inside"
MEMBERS = {"seq": "GHOSTKEY_SEQ", "at": "GHOSTKEY_AT", "event": "GHOSTKEY_EVENT",
           "name": "GHOSTKEY_NAME", "version": "GHOSTKEY_VERSION", "cause": "GHOSTKEY_CAUSE",
           "reason": "GHOSTKEY_REASON"}
OTHERS = {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER"}


def parse(datagram):
    """An entry: the fields in their order."""
    lines = datagram.decode().split("\n")
    assert lines.pop() == "", datagram
    return [tuple(line.split("=", 1)) for line in lines]


class Journal:
    """The socket, and a stderr that $JOURNAL_STREAM names."""

    def __init__(self):
        JOURNAL.parent.mkdir(parents=True, exist_ok=True)
        JOURNAL.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(JOURNAL))
        self.socket.setblocking(False)
        self.stderr = tempfile.TemporaryFile()
        stat = os.fstat(self.stderr.fileno())
        self.got = self.reader = None
        self.closing = False
        self.env = dict(os.environ, JOURNAL_STREAM=f"{stat.st_dev}:{stat.st_ino}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        if self.reader is not None:
            self.reader.join()
        self.socket.close()
        self.stderr.close()

    def read_on(self):
        """Reads what comes, as the journal does: only few entries fit into its socket."""
        self.got = []
        self.socket.settimeout(READ_PAUSE_S)
        self.reader = threading.Thread(target=self.read_until_closed)
        self.reader.start()

    def read_until_closed(self):
        while not self.closing:
            try:
                self.got.append(parse(self.socket.recv(1 << 16)))
            except TimeoutError:
                pass

    def daemon(self):
        return Daemon(*VIRTUAL, env=self.env, err=self.stderr.fileno())

    def entries(self):
        """What waits in the socket."""
        found = []
        while True:
            try:
                found.append(parse(self.socket.recv(1 << 16)))
            except BlockingIOError:
                return found

    def said(self):
        return os.pread(self.stderr.fileno(), 1 << 20, 0).decode()


def event_of(entry):
    """The event that an entry's fields describe."""
    fields = dict(entry)
    event = {member: fields[name] for member, name in MEMBERS.items() if name in fields}
    return event | {"seq": int(event["seq"]), "version": int(event["version"])}


class Unhurried:
    """A connection that sends its next request when the journal has read the entries of the last one. Few
    entries fit into the journal's socket, and others are dropped."""

    def __init__(self, connection, journal):
        self.connection, self.journal = connection, journal

    def request(self, *arguments):
        answer = self.connection.request(*arguments)
        count = len(timekit.events(self.connection))
        wait_for(lambda: len(self.journal.got) >= count, "the entries")
        return answer


def each_event_is_an_entry(check):
    with Journal() as journal, journal.daemon() as daemon, daemon.connect() as connection:
        journal.read_on()
        every_kind(Unhurried(connection, journal))
        events = timekit.events(connection)
        entries = journal.got
        check.equal([event_of(entry) for entry in entries], events,
                    f"{len(events)} events, an entry each")
        check.equal([len(entry) - len(dict(entry)) for entry in entries], [0] * len(events),
                    "no field comes twice")
        known = OTHERS | set(MEMBERS.values())
        check.equal({name for entry in entries for name, _ in entry} - known, set(),
                    "no other field")
        check.equal({dict(entry)["PRIORITY"] for entry in entries}, {"6"}, "informational")
        check.equal({dict(entry)["SYSLOG_IDENTIFIER"] for entry in entries}, {"ghostkeyd"},
                    "by name")
        check.equal(dict(entries[0])["MESSAGE"], "created app/a, version 1 (put)", "with a sentence")
        check.equal({dict(e)["GHOSTKEY_EVENT"] for e in entries if "GHOSTKEY_REASON" in dict(e)},
                    {"failed"}, "what failed has a reason")
        check.ok(CANARY not in str(entries), "no value is in it")
        check.ok("{" not in journal.said(), "no event goes to stderr as well", journal.said())
        check.equal(timekit.counted(daemon, LOST), 0, "nothing is lost")


def other_lines_have_a_level(check):
    with Journal() as journal, journal.daemon() as daemon, daemon.connect() as connection:
        timekit.put(connection, "key", value="x", ttl=1,
                    rotation={"strategy": "hex", "length": 8, "on_expiry": True})
        timekit.advance(connection, LINES_MAX + 5)
        timekit.wait_for_log(connection)
        check.ok("<6>5 more events" in journal.said(), "of many events at once the first are written",
                 journal.said())


def the_journal_is_full_or_gone(check):
    with Journal() as journal, journal.daemon() as daemon, daemon.connect() as connection:
        for number in range(400):
            timekit.put(connection, f"s{number}", value=CANARY)
        timekit.wait_for_log(connection)
        taken = len(journal.entries())
        check.ok(0 < taken < 400, f"a full journal: it takes {taken} of 400")
        check.equal(timekit.counted(daemon, LOST), 400.0 - taken, "a full journal: the rest is counted")
        said = journal.said()
        check.ok(said.startswith("<3>cannot write events") and said.count("\n") == 1,
                 "a full journal: said once", said)
        timekit.put(connection, "again", value=CANARY)
        timekit.wait_for_log(connection)
        check.equal([dict(e)["GHOSTKEY_NAME"] for e in journal.entries()], ["again"],
                    "a full journal: it goes on once there is room")
        journal.socket.close()
        JOURNAL.unlink()
        timekit.put(connection, "gone", value=CANARY)
        timekit.wait_for_log(connection)
        check.equal(timekit.counted(daemon, LOST), 401.0 - taken, "without a journal: counted")
        check.equal(daemon.stop(), 0, "without a journal: the daemon ends as ever")


def stderr_is_another(check):
    """$JOURNAL_STREAM is inherited although stderr is not the journal: then nothing goes there."""
    with Journal() as journal, Daemon(*VIRTUAL, env=journal.env) as daemon, \
            daemon.connect() as connection:
        timekit.put(connection, "a", value="x")
        wait_for(lambda: '"name":"a"' in daemon.stderr(), "the line")
        check.equal(journal.entries(), [], "a stderr that is not the journal gets lines of JSON")
        check.equal(json.loads(daemon.stderr().splitlines()[-1]), timekit.events(connection)[0],
                    "as ever")


def enter():
    """Runs the test again in a mount namespace with its own /run; None if that is not possible."""
    unshare = shutil.which("unshare")
    ways = [[], ["--user", "--map-root-user"]]
    mounted = 'mount -t tmpfs -o mode=755 none /run && exec "$@"'
    for way in ways:
        command = [unshare, *way, "--mount", "--propagation", "private", "sh", "-c", mounted, "sh"]
        if unshare and subprocess.run([*command, "true"], capture_output=True,
                                      check=False).returncode == 0:
            return [*command, sys.executable, __file__, INSIDE]
    return None


def main():
    if INSIDE in sys.argv:
        return tap.run(each_event_is_an_entry, other_lines_have_a_level, the_journal_is_full_or_gone,
                       stderr_is_another)
    command = enter()
    if command is None:
        return tap.run(lambda check: check.skip("journal", "no mount namespace can be made here"))
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
