#!/usr/bin/env python3
"""ghostctl export while one process reads the file all the time and another changes secrets: the reader sees
only whole files of mode 0600, each of one moment."""

import hashlib
import multiprocessing
import os
import random
import stat
import threading
import time

import ctl

EXPORTS = 1000
SECRETS = 5
VALUE_BYTES = 8000  # so that a file is more than a few pages
PAGED_EXPORTS = 30
PAGED_SECRETS = 5000
SEED = 2
PAGED_STATES = 4  # that the exports must show; a busy machine needs more exports
PAGED_EXPORTS_MAX = 600
WRITER_PAUSE_EXPORTS = 6  # up to so many times what the last export took

MARK = b"# GhostKey env file, format portable: written by ghostctl export, do not edit\n"


def text_of(round_number):
    value = f"{round_number:04}" * (VALUE_BYTES // 4)
    return MARK + b"".join(f"S{n}={value}\n".encode() for n in range(SECRETS))


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Reader:
    """A process that reads the file and lists its directory until it is stopped."""

    def __init__(self, directory):
        self.directory = directory
        self.reads = 0
        self.digests = set()
        self.modes = set()
        self.names = set()

    def start(self):
        context = multiprocessing.get_context("fork")
        self.stopped = context.Event()
        self.results = context.SimpleQueue()
        self.process = context.Process(target=self.run, daemon=True)
        self.process.start()

    def stop(self):
        self.stopped.set()
        self.reads, self.digests, self.modes, self.names = self.results.get()
        self.process.join()

    def run(self):
        while not self.stopped.is_set():
            self.look()
        self.results.put((self.reads, self.digests, self.modes, self.names))

    def look(self):
        fd = os.open(self.directory / ".env.ghost", os.O_RDONLY)
        try:
            self.modes.add(stat.S_IMODE(os.fstat(fd).st_mode))
            self.digests.add(digest(os.read(fd, 1 << 20)))
        finally:
            os.close(fd)
        for entry in os.scandir(self.directory):
            self.names.add(".tmp" if entry.name.startswith(".ghostkey-") else entry.name)
            try:
                self.modes.add(stat.S_IMODE(entry.stat().st_mode))
            except FileNotFoundError:  # a temporary that has become the file
                pass
        self.reads += 1


def put_round(connection, number):
    for n in range(SECRETS):
        value = f"{number:04}" * (VALUE_BYTES // 4)
        connection.request("PUT", f"/v1/secrets/s{n}", f'{{"value":"{value}"}}')


def a_reader_sees_whole_files_of_mode_0600(check):
    with ctl.Ctl() as it, it.daemon.connect() as connection:
        reader = Reader(it.directory)
        failed = []
        for number in range(EXPORTS):
            put_round(connection, number)
            said = it.run("export")
            failed += [said] if said.status else []
            if number == 0:
                reader.start()
        reader.stop()
        wanted = {digest(text_of(number)) for number in range(EXPORTS)}
        check.equal(failed, [], f"{EXPORTS} exports of changing values")
        check.ok(reader.digests <= wanted, f"{reader.reads} reads: each a whole file",
                 f"{len(reader.digests - wanted)} are none that was written")
        check.ok(len(reader.digests) > EXPORTS // 20, f"of {len(reader.digests)} of the states")
        check.equal(reader.modes, {0o600}, "no mode but 0600")
        check.ok(reader.names <= {".env.ghost", ".tmp"}, "no other name", reader.names)
        check.equal(os.listdir(it.directory), [".env.ghost"], "nothing is left behind")
        check.equal((it.directory / ".env.ghost").read_bytes(), text_of(EXPORTS - 1),
                    "the last state is there")


class Writer(threading.Thread):
    """Raises a secret of the first page, then one of the last, again and again."""

    def __init__(self, it, pause_s):
        super().__init__()
        self.it = it
        self.pause_s = pause_s
        self.stopped = threading.Event()
        self.rounds = 0

    def run(self):
        chance = random.Random(SEED)
        while not self.stopped.wait(chance.uniform(0, self.pause_s)):
            self.rounds += 1
            with self.it.daemon.connect() as connection:  # one kept open would be closed as idle
                for name in ("first", "last"):
                    connection.request("PUT", f"/v1/secrets/{name}", f'{{"value":"{self.rounds}"}}')


def export_took(it):
    """-> seconds, what it said"""
    start = time.monotonic()
    said = it.run("export", "--stdout")
    return time.monotonic() - start, said


def pages_are_of_one_moment(check):
    with ctl.Ctl() as it:
        with it.daemon.connect() as connection:
            for name in ("first", *(f"g{n:04}" for n in range(PAGED_SECRETS)), "last"):
                connection.request("PUT", f"/v1/secrets/{name}", '{"value":"0"}')
        writer = Writer(it, export_took(it)[0] * WRITER_PAUSE_EXPORTS)
        writer.start()
        pairs = []
        try:
            for _ in range(PAGED_EXPORTS_MAX):
                if len(pairs) >= PAGED_EXPORTS and len(set(pairs)) >= PAGED_STATES:
                    break
                took_s, said = export_took(it)
                writer.pause_s = took_s * WRITER_PAUSE_EXPORTS
                if said.status:
                    raise RuntimeError(said.err)
                if "changed while they were read" in said.err:
                    continue  # a secret changed during each of three readings, and a warning says so
                found = dict(line.split("=") for line in said.out.decode().splitlines()[1:])
                pairs.append((int(found["FIRST"]), int(found["LAST"])))
        finally:
            writer.stopped.set()
            writer.join()
        torn = [pair for pair in pairs if pair[0] - pair[1] not in (0, 1)]
        check.equal(torn, [], f"{len(pairs)} exports of {PAGED_SECRETS} secrets")
        check.ok(len(set(pairs)) >= PAGED_STATES, f"while {writer.rounds} changes were made")


ctl.main(a_reader_sees_whole_files_of_mode_0600, pages_are_of_one_moment)
