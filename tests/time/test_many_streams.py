#!/usr/bin/env python3
"""200 streams of events, half of which are never read. The other readers miss nothing, answers stay right,
and memory is bounded. A stream that is not read is closed when it is 1 MiB behind; its reader comes back
with Last-Event-ID and misses nothing either.

The program is $GHOSTKEYD."""

import json
import os
import select
import subprocess
import sys
import time

import timekit
from daemon import is_sanitized
from fake_clock import FakeClock
from stream import Ended, Stream
from timekit import DAY_S, Daemon, tap, wait_for

READERS = 200
SECRETS = 500
DAYS = 18
BEHIND_MAX_BYTES = 1 << 20
MEMORY_GROWTH_MAX_KIB = 64 * 1024
DEADLINE_S = 60
RETURN_EACH = 5
COMMENT = b":\n\n"
GAUGE = "ghostkey_event_streams"
BURST = 16000  # events of 300 bytes
READ_AT_ONCE = 3200  # far more than the socket and a piece of the daemon hold
STALL_S = 0.25  # GK_STREAM_STALL_MS
KEPT = timekit.EVENTS_KEPT


class Readers:
    """Streams that are read: only the amount is looked at, and the bytes at the end."""

    def __init__(self, daemon, count):
        self.streams = [Stream(daemon.socket, version="1.0") for _ in range(count)]
        for stream in self.streams:
            stream.head()
            stream.take()
            stream.got = [b""]
            stream.size = 0
            stream.socket.setblocking(False)
        self.poll = select.epoll()
        self.by_fd = {stream.fileno(): stream for stream in self.streams}
        for fd in self.by_fd:
            self.poll.register(fd, select.EPOLLIN)

    def drain(self, size):
        """Until each has so many bytes of events."""
        end = time.monotonic() + DEADLINE_S
        behind = {fd for fd, stream in self.by_fd.items() if stream.size < size}
        while behind:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(behind)} readers are behind")
            for fd, _ in self.poll.poll(1):
                stream = self.by_fd[fd]
                data = stream.socket.recv(1 << 20)
                if not data:
                    raise Ended(False)
                stream.got.append(data)
                stream.size += len(data) - 3 * (data == COMMENT)
                if stream.size >= size:
                    behind.discard(fd)


def wire_of(events, text_of):
    return "".join(f"id: {e['seq']}\ndata: {text_of[e['seq']]}\n\n" for e in events).encode()


def texts(connection):
    """Each event as the list writes it, by its seq."""
    found, after = {}, 0
    while True:
        body = connection.request("GET", f"/v1/events?after={after}&limit=1000").body.decode()
        inner = body[len('{"events":['):body.rindex('],"next":')]
        if not inner:
            return found
        for text in inner.split("},{"):
            text = "{" + text.strip("{}") + "}"
            after = timekit.json.loads(text)["seq"]
            found[after] = text


def come_back(daemon, stream, last):
    """-> (what a closed stream had sent, what its reader gets when it comes back)"""
    got, _ = stream.rest()
    with Stream(daemon.socket, last_event_id=got[-1]["seq"] if got else 0) as again:
        more = again.events(last - (got[-1]["seq"] if got else 0))
        return [e["seq"] for e in got + more], again.is_silent(0.02)


def two_hundred_readers(check):
    with Daemon("--seed", "streams", "--clock", "virtual") as daemon, daemon.connect() as connection:
        for number in range(SECRETS):
            timekit.put(connection, f"app/{number:03}/{'n' * 80}", value="x", ttl="1d",
                        rotation={"strategy": "token", "on_expiry": True})
        before = timekit.memory_kib(daemon.pid, "VmRSS")
        stuck = [Stream(daemon.socket, "/v1/events?after=0") for _ in range(READERS // 2)]
        readers = Readers(daemon, READERS // 2)
        for stream in stuck:
            stream.head()
        check.equal(timekit.counted(daemon, GAUGE), READERS, "200 readers")
        size = right = 0
        for day in range(1, DAYS + 1):
            clock = timekit.advance(connection, DAY_S)
            page = timekit.send(connection, "GET", f"/v1/events?after={day * SECRETS}&limit=1000")[1]
            right += clock["rotated"] == SECRETS == len(page["events"])
            text = texts_of_page(connection, day)
            size += len(text)
            readers.drain(size)
        check.equal(right, DAYS, "the broker's answers are right all the while")
        check.ok(size > BEHIND_MAX_BYTES * 3 / 2, f"{size} bytes of events")
        text_of = texts(connection)
        last = max(text_of)
        events = [{"seq": seq} for seq in range(SECRETS + 1, last + 1)]
        wanted = wire_of(events, text_of)
        bad = [s for s in readers.streams if b"".join(s.got).replace(COMMENT, b"") != wanted]
        check.equal(len(bad), 0, "who reads has each event, once, in order, as the list has it")
        wait_for(lambda: timekit.counted(daemon, GAUGE) == READERS // 2, "the others to be closed")
        check.ok(True, "who does not read is closed")
        grown = timekit.memory_kib(daemon.pid, "VmHWM") - before
        if is_sanitized():
            check.skip("memory does not grow", "AddressSanitizer keeps what is freed")
        else:
            check.ok(grown < MEMORY_GROWTH_MAX_KIB, f"memory grew by {grown} KiB at most")
        check_return(check, daemon, stuck, last)


def texts_of_page(connection, day):
    """The bytes that a day's events have on the wire."""
    body = connection.request("GET", f"/v1/events?after={day * SECRETS}&limit={SECRETS}").body
    inner = body[len(b'{"events":['):body.rindex(b'],"next":')]
    seqs = range(day * SECRETS + 1, (day + 1) * SECRETS + 1)
    return inner.replace(b"},{", b"}{") + b"".join(b"id: %d\ndata: \n\n" % seq for seq in seqs)


def check_return(check, daemon, stuck, last):
    missed = twice = loud = 0
    for stream in stuck[::RETURN_EACH]:
        seqs, silent = come_back(daemon, stream, last)
        missed += sorted(set(seqs)) != list(range(1, last + 1))
        twice += len(set(seqs)) != len(seqs) or seqs != sorted(seqs)
        loud += not silent
    check.equal((missed, twice, loud), (0, 0, 0),
                "who comes back with Last-Event-ID misses nothing and gets nothing twice")


def rotating(connection, name):
    timekit.put(connection, name, value="x", ttl=60,
                rotation={"strategy": "hex", "length": 8, "on_expiry": True})


def five_megabytes_at_once(check):
    """One advance makes more events than a reader may be behind. Time passes for the daemon only between
    two reads, so that a busy machine makes no reader slow."""
    with FakeClock() as clock, clock.daemon("--clock", "virtual") as daemon, \
            daemon.connect() as connection:
        clock.move_loop(0)
        rotating(connection, "n" * 200)
        stuck = [Stream(daemon.socket), Stream(daemon.socket, "/v1/events?after=0")]
        reading = Stream(daemon.socket)
        for stream in (*stuck, reading):
            stream.head()
        begun = time.monotonic()
        timekit.advance(connection, 60 * BURST)
        clock.move_loop(time.monotonic() - begun)  # the daemon was busy, and puts its time limits off by as much
        got, left = [], []
        for so_many in range(READ_AT_ONCE, BURST + 1, READ_AT_ONCE):
            got += reading.events(so_many - len(got), DEADLINE_S)
            clock.move_loop(STALL_S)
            for _ in range(2):  # the second is answered after the timers of the first one's turn
                streams = timekit.counted(daemon, GAUGE)
            left.append(streams)
        check.equal([e["seq"] for e in got], list(range(2, BURST + 2)),
                    f"who reads gets {BURST} events that came at once, whole")
        check.equal((left[0], left[2:]), (3, [1] * len(left[2:])),
                    "who reads nothing is closed in time, though nothing more comes")
        for stream in stuck:
            got, clean = stream.rest()
            check.ok(not clean and len(got) < BURST, "by no clean end", len(got))
        timekit.advance(connection, 60)
        check.equal(reading.events(1)[0]["seq"], BURST + 2, "who reads stays")


def check_ghostctl(check, daemon):
    for options in ([], ["--follow"]):
        env = dict(os.environ, GHOSTKEY_SOCKET=daemon.socket)
        run = subprocess.run([os.environ["GHOSTCTL"], "events", "--after", "1", *options], env=env,
                             timeout=60, capture_output=True, check=False)
        check.ok(run.returncode == 1 and b"are no longer kept" in run.stderr and not run.stdout,
                 f"ghostctl events --after 1 {' '.join(options)}: says so, and ends with 1", run)


def what_is_no_longer_kept(check):
    """A reader gets a message if events are gone; none is left out without one."""
    with Daemon("--seed", "gap", "--clock", "virtual") as daemon, daemon.connect() as connection:
        rotating(connection, "key")
        with Stream(daemon.socket) as live:
            live.head()
            timekit.advance(connection, 60 * (KEPT + 9))
            last = KEPT + 10
            oldest = last - KEPT + 1
            got, clean = live.rest()
            check.ok(not clean and not got, "a stream whose next events are gone ends in an error")
            check.ok(f": events 2 to {oldest - 1} are no longer kept" in live.said, "and says so",
                     live.said[-200:])
        stream = {"Accept": "text/event-stream"}
        for what, target, headers in [
                ("a page", "/v1/events?after=1", {}), ("a stream", "/v1/events?after=1", stream),
                ("a stream that goes on", "/v1/events", stream | {"Last-Event-ID": str(oldest - 2)})]:
            status, got, body = daemon.request("GET", target, None, headers)
            check.equal((status, got["content-type"]), (410, "application/problem+json"),
                        f"{what} after what is gone: 410")
            check.ok(f"after {oldest - 1}," in json.loads(body)["detail"], "which says where to go on",
                     body)
        for target in (f"/v1/events?after={oldest - 1}", "/v1/events", "/v1/events?after=0"):
            page = timekit.send(connection, "GET", target)[1]
            check.equal(page["events"][0]["seq"], oldest, f"{target}: from the oldest that is kept")
        for after in (oldest - 1, 0):
            with Stream(daemon.socket, f"/v1/events?after={after}") as stream:
                stream.head()
                check.equal(stream.events(1)[0]["seq"], oldest, f"a stream behind {after}, too")
        check_ghostctl(check, daemon)
        with Stream(daemon.socket, "/v1/events", last + 1) as stream:
            stream.head()
            check.equal(stream.events(1)[0]["seq"], oldest,
                        "one that had more than there is knows another log: it gets all of this one")


if __name__ == "__main__":
    sys.exit(tap.run(two_hundred_readers, five_megabytes_at_once, what_is_no_longer_kept))
