"""What the tests in this folder share: a daemon on a --store file that can be ended and started again, a
run of operations that is the same each time, and everything that can be read of a state."""

import datetime
import json
import mmap
import os
import pathlib
import random
import shutil
import signal
import struct
import sys
import tempfile
import urllib.parse
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
from daemon import Daemon, Process, is_sanitized, listening_socket, preloaded, program, wait_for
from writers import ask, pages, put

SEED = "statekit"
OPTIONS = ("--seed", SEED, "--clock", "virtual")
DAEMON_S = 30
# Where a sync costs nothing: for tests that make it fail, and do not wait for a disk.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None


class Place:
    """A directory with a store, and the daemons on it, one after another."""

    def __init__(self, base=None):
        self.directory = tempfile.mkdtemp(prefix="ghostkey-crash-", dir=base)
        self.store = os.path.join(self.directory, "store")
        self.daemon = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def end(self):
        """Ends the running daemon, which may write to its store until then."""
        if self.daemon:
            self.daemon.close()
            self.daemon = None

    def start(self, *options, env=None, limits=(), passed=True):
        """Ends the running daemon and starts another one on the store."""
        self.end()
        if os.path.exists(self.path("s")):
            os.unlink(self.path("s"))
        self.daemon = Daemon("--store", self.store, *options, env=env, limits=limits,
                             passed=passed, directory=self.directory)
        return self.daemon

    def refused(self, *options, env=None, limits=()):
        """Starts one that must refuse to -> (exit status, its message)"""
        arguments = [program(), "--socket", self.path("refused"), *options]
        with tempfile.TemporaryDirectory(prefix="ghostkey-said-") as said:
            process = Process(arguments, said, env, (), limits)
            wait_for(lambda: not process.runs() or "listening on" in process.stdout(), "an end")
            if process.runs():
                process.stop(signal.SIGKILL)
                return None, "it came up"
            status = process.wait()
            return status, process.stderr()


FORMAT = 4  # of a store that this GhostKey makes: FRAME_FORMAT in daemon/store/frame.h


def patch_format(content, number):
    """Gives the head of a store another format number, with the right checksum (frame.h)."""
    patched = bytearray(content)
    patched[8:12] = number.to_bytes(4, "little")
    patched[92:96] = zlib.crc32(patched[:92]).to_bytes(4, "little")
    return bytes(patched)


def older_store(byte_order="little"):
    """The beginning of a store of format 1, 2 or 3: is_older_store() in daemon/store/frame.c."""
    return bytes(16) + 0xBEEFC0DE.to_bytes(4, byte_order) + bytes(8172)


def operations(count, seed=4):
    """A run of count operations of every kind: (method, target, body)."""
    rng = random.Random(seed)
    names = [f"app/{n}" for n in range(14)] + [f"other-{n}" for n in range(6)]
    policy = {"strategy": "hex", "length": 24, "on_expiry": True}
    for number in range(count):
        name = rng.choice(names)
        kind = rng.random()
        if kind < 0.30:
            yield "PUT", f"/v1/secrets/{name}", put(f"{number}-" + "v" * rng.choice((5, 5, 300)))
        elif kind < 0.42:
            yield "PUT", f"/v1/secrets/{name}", put(f"{number}", ttl=rng.randint(30, 900),
                                                    rotation=policy)
        elif kind < 0.48:
            yield "PUT", f"/v1/secrets/{name}", put(f"{number}", ttl=rng.randint(30, 900))
        elif kind < 0.54:
            yield "PUT", f"/v1/secrets/{name}", put(str(number % 10) * rng.randint(4000, 30000))
        elif kind < 0.66:
            yield "PATCH", f"/v1/secrets/{name}", json.dumps({"labels": {"n": str(number)}})
        elif kind < 0.80:
            yield "POST", f"/v1/rotate/{name}", None
        elif kind < 0.88:
            yield "DELETE", f"/v1/secrets/{name}", None
        elif kind < 0.92:
            yield "POST", "/v1/cleanup", None
        else:
            yield "POST", "/v1/clock/advance", json.dumps({"by": rng.randint(1, 400)})


# A journal is written anew once it has so many bytes, most of them dead (daemon/store/rewrite.c).
REWRITE_MIN_BYTES = 16 << 20
LARGE_NAMES, LARGE_BYTES, SMALL_BYTES = 20, 30000, 2000


def fill_journal(connection, length, short_of=128 << 10):
    """Replaces values until the journal, of length() bytes, is nearly long enough to be written anew. Of a
    daemon that keeps two versions."""
    number, end = 0, REWRITE_MIN_BYTES - short_of
    while length() < end:
        for _ in range(max(1, (end - length()) // (3 * LARGE_BYTES))):
            size = LARGE_BYTES if length() < end - 4 * LARGE_BYTES else SMALL_BYTES
            ask(connection, "PUT", f"/v1/secrets/large-{number % LARGE_NAMES}",
                put(f"{number}".ljust(size, "v")))
            number += 1


def journal_length(path):
    """Up to the last byte that is not zero: a file is allocated in larger steps."""
    with open(path, "rb") as file:
        return len(file.read().rstrip(b"\0"))


def dump(connection):
    """Everything that can be read: current values, events, the clock."""
    secrets = pages(connection, "/v1/secrets?values=true&limit=1000", "secrets")
    events = pages(connection, "/v1/events?limit=1000", "events")
    return json.dumps([secrets, events, json.loads(ask(connection, "GET", "/v1/clock")[1])])


def look(connection, seq):
    """The same with only the events after seq, which is quicker."""
    return [ask(connection, "GET", target) for target in (
        "/v1/secrets?values=true&limit=1000", f"/v1/events?after={seq}&limit=1000", "/v1/clock")]


def versions(connection):
    """Every older value, by name and number."""
    found = {}
    for secret in pages(connection, "/v1/secrets?limit=1000", "secrets"):
        name = secret["name"]
        place = urllib.parse.quote(name)
        _, body = ask(connection, "GET", f"/v1/metadata/{place}")
        for version in json.loads(body)["metadata"]["versions"]:
            number = version["version"]
            found[f"{name} {number}"] = [
                version, ask(connection, "GET", f"/v1/secrets/{place}?version={number}")[0:2]]
    return repr(sorted(found.items()))


def last_seq(connection):
    return json.loads(ask(connection, "GET", "/v1/status")[1])["last_event"]


class Fault:
    """Tells tests/support/fault.c, through shared memory, which call is to fail."""

    KINDS = {"EIO": 1, "ENOSPC": 2, "short": 3, "kill": 4, "torn": 5, "done": 6, "lie": 7,
             "dead": 8, "once": 9}
    FORMAT = "=QQQQQ"

    def __init__(self, place):
        self.path = place.path("control")
        with open(self.path, "wb") as control:
            control.write(bytes(4096))
        with open(self.path, "r+b") as control:
            self.memory = mmap.mmap(control.fileno(), 4096)
        self.env = preloaded(os.environ["FAULT_LIB"], FAULT_FILE=place.store, FAULT_CONTROL=self.path)

    def read(self):
        return struct.unpack_from(self.FORMAT, self.memory)

    def calls(self):
        return self.read()[0]

    def hits(self):
        return self.read()[3]

    def syncs(self):
        return self.read()[4]

    def arm(self, kind, ahead):
        """Makes the call fail that is the ahead-th from now (1: the next)."""
        struct.pack_into("=QQQ", self.memory, 8, self.calls() + ahead, self.KINDS[kind], 0)

    def disarm(self):
        struct.pack_into("=QQQ", self.memory, 8, 0, 0, 0)


def wait_until(instant):
    """Until the machine's clock is past an RFC 3339 time of the daemon's."""
    def is_past():
        now = datetime.datetime.now(datetime.timezone.utc)
        return now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z" > instant
    wait_for(is_past, f"the clock to reach {instant}")
