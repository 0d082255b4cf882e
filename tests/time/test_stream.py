#!/usr/bin/env python3
"""The live event stream: where it begins, its lines, and its end.

The program is $GHOSTKEYD."""

import json
import signal
import socket
import struct
import sys
import time

import timekit
from stream import Stream
from timekit import Daemon, http1, tap, wait_for

VIRTUAL = ("--seed", "stream", "--clock", "virtual")
HEARTBEAT_S = 15
HEARTBEAT_LATE_MAX_S = 10
ENDS_WITHIN_S = 3
UNREAD_EVENTS = 6000
GAUGE = "ghostkey_event_streams"


def change(connection, count):
    for number in range(count):
        timekit.put(connection, f"s{number % 7}", value="canary")


def the_head_comes_at_once(check):
    with Daemon(*VIRTUAL) as daemon, Stream(daemon.socket) as stream:
        check.equal(stream.head(), 200, "nothing has happened, and the head is there")
        check.equal(stream.headers.get("content-type"), "text/event-stream", "of its media type")
        check.equal(stream.headers.get("transfer-encoding"), "chunked", "without a length")
        check.ok(stream.is_silent(), "no event comes")
        check.equal(timekit.counted(daemon, GAUGE), 1, "the reader is counted")


def it_says_what_the_list_says(check):
    with Daemon(*VIRTUAL, "--max-value", "9") as daemon, daemon.connect() as connection:
        with Stream(daemon.socket) as stream:
            stream.head()
            timekit.put(connection, "a/b", value="x", ttl=60)
            timekit.put(connection, "c", value="x", ttl=60,
                        rotation={"strategy": "hex", "length": 8, "on_expiry": True})
            timekit.put(connection, "fails", value="x", ttl=61,
                        rotation={"strategy": "token", "on_expiry": True})
            connection.request("POST", "/v1/rotate/fails")
            timekit.advance(connection, 130)
            connection.request("POST", "/v1/cleanup")
            connection.request("DELETE", "/v1/secrets/c")
            listed = timekit.events(connection)
            got = stream.events(len(listed))
            check.equal(got, listed, f"{len(listed)} events, each as the list has it")
            check.equal({e["event"] for e in listed},
                        {"created", "rotated", "expired", "failed", "cleaned", "deleted"}, "of all kinds")
            page = connection.request("GET", "/v1/events").body.decode()
            check.equal([fields for fields in stream.fields if [n for n, _ in fields] != ["id", "data"]
                         or fields[0][1] != str(json.loads(fields[1][1])["seq"])
                         or fields[1][1] not in page], [],
                        "an id, which is the seq, and the data, with the same bytes")
            check.ok(stream.is_silent(), "and nothing else")


def it_begins_where_the_client_asks(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        change(connection, 10)
        for target, last, wanted in [
                ("/v1/events?after=0", None, 1), ("/v1/events?after=7", None, 8),
                ("/v1/events", 3, 4), ("/v1/events?after=9", 3, 4), ("/v1/events?after=2", 10, 11),
                ("/v1/events", None, 11), ("/v1/events", 0, 1),
                ("/v1/events", 10, 11), ("/v1/events", 11, 1), ("/v1/events", 2**64 - 1, 1)]:
            with Stream(daemon.socket, target, last) as stream:
                stream.head()
                what = f"{target}, Last-Event-ID {last}"
                if wanted <= 10:
                    got = [e["seq"] for e in stream.events(11 - wanted)]
                    check.equal(got, list(range(wanted, 11)), f"{what}: from {wanted} on")
                else:
                    stream.take()
                    check.ok(stream.is_silent(0.05), f"{what}: what is to come")
        with Stream(daemon.socket) as stream:
            stream.head()
            change(connection, 1)
            check.equal([e["seq"] for e in stream.events(1)], [11], "as this shows")


def what_is_refused(check):
    with Daemon(*VIRTUAL) as daemon:
        stream = {"Accept": "text/event-stream"}
        for what, target, headers in [
                ("limit", "/v1/events?limit=5", stream), ("after", "/v1/events?after=x", stream),
                ("Last-Event-ID", "/v1/events", stream | {"Last-Event-ID": "x"}),
                ("Last-Event-ID", "/v1/events", stream | {"Last-Event-ID": "-1"}),
                ("Last-Event-ID", "/v1/events", stream | {"Last-Event-ID": str(2**64)}),
                ("Last-Event-ID", "/v1/events", stream | {"Last-Event-ID": ""})]:
            status, got, body = daemon.request("GET", target, None, headers)
            check.equal((status, got["content-type"]), (400, "application/problem+json"),
                        f"{target} {headers.get('Last-Event-ID')}: 400")
            check.ok(what in json.loads(body)["detail"], f"which names {what}", body)
        status, headers, _ = daemon.request("GET", "/v1/events?limit=5", None,
                                            {"Accept": "text/event-streams, */*"})
        check.equal((status, headers["content-type"]), (200, "application/json"),
                    "who accepts something else gets the list")
        with Stream(daemon.socket, "/v1/status") as other:
            other.head()
            check.equal(other.headers["content-type"], "application/json",
                        "another route is no stream, whatever is accepted")


def head_is_only_a_head(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        answer = connection.request("HEAD", "/v1/events", None, {"Accept": "text/event-stream"})
        check.equal((answer.status, http1.header(answer.headers, "content-type"), answer.body),
                    (200, "text/event-stream", b""), "the head of a stream")
        check.equal(connection.request("GET", "/v1/status").status, 200,
                    "the connection serves the next request")
        check.equal(timekit.counted(daemon, GAUGE), 0, "there is no reader")


def http_1_0_gets_it_bare(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        with Stream(daemon.socket, version="1.0") as stream:
            check.equal((stream.head(), stream.headers.get("transfer-encoding")), (200, None),
                        "HTTP/1.0: no chunks")
            change(connection, 300)
            check.equal([e["seq"] for e in stream.events(300)], list(range(1, 301)), "all the same")
            daemon.kill(signal.SIGTERM)
            check.equal(stream.rest(), ([], True), "it ends when the connection does")
            check.equal(daemon.wait(), 0, "which the daemon's end brings")


def who_vanishes_is_forgotten(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        streams = [Stream(daemon.socket, "/v1/events?after=0") for _ in range(60)]
        for stream in streams:
            stream.head()
        check.equal(timekit.counted(daemon, GAUGE), 60, "60 readers")
        for number, stream in enumerate(streams):
            if number % 3 == 0:
                change(connection, 5)
            if number % 3 == 1:
                stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stream.socket.close()
        change(connection, 20)
        wait_for(lambda: timekit.counted(daemon, GAUGE) == 0, "the readers to be gone")
        check.equal(len(timekit.events(connection)), 120, "they are gone, and nothing else is")


def a_comment_now_and_then(check):
    with Daemon(*VIRTUAL) as daemon, Stream(daemon.socket) as stream:
        stream.head()
        stream.take()
        stream.socket.settimeout(HEARTBEAT_S + HEARTBEAT_LATE_MAX_S)
        begun, before = time.monotonic(), stream.comments
        stream.pull()
        took = time.monotonic() - begun
        check.equal((stream.take(), stream.comments), ([], before + 1), "a comment, and no event")
        check.ok(HEARTBEAT_S - 1 < took < HEARTBEAT_S + HEARTBEAT_LATE_MAX_S, "after 15 s", took)


def the_end_of_the_daemon_is_the_end(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        reading, idle = Stream(daemon.socket), Stream(daemon.socket)
        stuck = Stream(daemon.socket)  # it never takes what waits for it
        for stream in (reading, idle, stuck):
            stream.head()
        change(connection, UNREAD_EVENTS // 20)
        got = reading.events(UNREAD_EVENTS // 20)
        change(connection, UNREAD_EVENTS // 2)
        begun = time.monotonic()
        daemon.kill(signal.SIGTERM)
        status = daemon.wait()
        took = time.monotonic() - begun
        check.ok(status == 0 and took < ENDS_WITHIN_S, "with a reader that is stuck it ends soon",
                 status, took)
        rest, clean = reading.rest()
        seqs = [e["seq"] for e in got + rest]
        check.equal(seqs, list(range(1, len(seqs) + 1)), "what a reader has is without a gap")
        for stream in (idle, stuck):
            stream.rest()
        check.equal(daemon.stderr().count("ghostkeyd:"), 0, "there is nothing to complain of")
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        with Stream(daemon.socket) as stream:
            stream.head()
            change(connection, 3)
            stream.events(3)
            daemon.kill(signal.SIGTERM)
            check.equal(stream.rest(), ([], True), "who has all it gets a clean end")
            check.equal(daemon.wait(), 0, "and the daemon its own")
    print(f"# stuck reader: {took:.2f} s; the other's end was {'clean' if clean else 'cut'}")


def the_end_waits_for_nobody(check):
    """The daemon ends although nothing but readers of streams could wake it."""
    for what, leave in [("that stays", False), ("that has vanished", True)]:
        with Daemon(*VIRTUAL) as daemon, Stream(daemon.socket) as stream:
            stream.head()
            if leave:
                stream.socket.close()
            begun = time.monotonic()
            check.equal(daemon.stop(), 0, f"with a reader {what} the daemon ends")
            took = time.monotonic() - begun
            check.ok(took < ENDS_WITHIN_S, "at once", took)
            if not leave:
                check.equal(stream.rest(), ([], True), "and the stream with it")


if __name__ == "__main__":
    sys.exit(tap.run(the_head_comes_at_once, it_says_what_the_list_says, it_begins_where_the_client_asks,
                     what_is_refused, head_is_only_a_head, http_1_0_gets_it_bare,
                     who_vanishes_is_forgotten, a_comment_now_and_then,
                     the_end_of_the_daemon_is_the_end, the_end_waits_for_nobody))
