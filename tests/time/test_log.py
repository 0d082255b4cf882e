#!/usr/bin/env python3
"""The log on stderr: a line for each event, and what happens if stderr takes none.

The program is $GHOSTKEYD."""

import fcntl
import json
import os
import pathlib
import re
import sys

import timekit
from daemon import CLOSED
from timekit import DAY_S, Daemon, http1, tap

VIRTUAL = ("--seed", "log", "--clock", "virtual", "--max-value", "12")
CANARY = "canary-12"
LINES_MAX = 1000  # written for one turn
LOST = "ghostkey_log_lost_total"
PIPE_BYTES = 16384


def every_kind(connection):
    """Events of every kind, and what they were of."""
    timekit.put(connection, "app/a", value=CANARY, ttl=60, labels={"team": CANARY})
    timekit.put(connection, "app/a", value=CANARY, ttl=60)
    timekit.put(connection, "key", value=CANARY, ttl=60,
                rotation={"strategy": "hex", "length": 8, "on_expiry": True})
    timekit.put(connection, "fails", value=CANARY, ttl=90,
                rotation={"strategy": "token", "on_expiry": True})
    connection.request("POST", "/v1/rotate/fails")
    connection.request("POST", "/v1/rotate/key")
    connection.request("PATCH", "/v1/secrets/key", '{"labels":{"a":"b"}}')
    timekit.advance(connection, 200)
    connection.request("POST", "/v1/cleanup")
    connection.request("DELETE", "/v1/secrets/key")


def event_lines(text):
    return [line for line in text.splitlines() if line.startswith("{")]


def list_lines(connection):
    """The events as the list writes them, all pages of it."""
    lines, after = [], 0
    while True:
        body = connection.request("GET", f"/v1/events?limit=1000&after={after}").body.decode()
        if body.startswith('{"events":[]'):
            return lines
        lines += ["{" + each + "}" for each in
                  body[len('{"events":[{'):body.rindex('}],"next":')].split("},{")]
        after = json.loads(body)["next"]


def each_event_is_a_line(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        every_kind(connection)
        timekit.wait_for_log(connection)
        wanted = list_lines(connection)
        check.equal(event_lines(daemon.stderr()), wanted, f"{len(wanted)} events, the same bytes")
        check.equal({json.loads(line)["event"] for line in wanted},
                    {"created", "updated", "rotated", "expired", "deleted", "cleaned", "failed"},
                    "of all kinds")
        check.ok(CANARY not in daemon.stderr(), "no value is in it")
        check.equal(timekit.counted(daemon, LOST), 0, "nothing is lost")


def a_log_of_warnings_has_no_events(check):
    with Daemon(*VIRTUAL, "--log", "warnings") as daemon, daemon.connect() as connection:
        every_kind(connection)
        timekit.wait_for_log(connection)
        timekit.advance(connection, 100000)
        check.equal(daemon.stderr(), "", "a quiet log")
        check.ok(len(list_lines(connection)) > 8, "the list has the events")
    with Daemon(*VIRTUAL, "--log", "events") as daemon, daemon.connect() as connection:
        timekit.put(connection, "app/a", value=CANARY)
        timekit.wait_for_log(connection)
        check.equal(event_lines(daemon.stderr()), list_lines(connection), "--log events is the default")


def each_request_is_a_line(check):
    with Daemon(*VIRTUAL, "--log", "requests") as daemon, daemon.connect() as connection:
        every_kind(connection)
        timekit.put(connection, "app/a", value=CANARY)
        timekit.put(connection, "app/a", value=CANARY)
        for method, path in (("GET", "/v1/secrets/app/a?version=1"), ("HEAD", "/v1/secrets/app/a"), ("GET", "/v1/secrets/absent"),
                             ("GET", "/nothing"), ("DELETE", "/v1/clock"), ("GET", "/v1/metadata/app/a")):
            connection.request(method, path)
        timekit.wait_for_log(connection)
        lines = [line.removeprefix("ghostkeyd: ") for line in daemon.stderr().splitlines() if not line.startswith("{")]
        peer = re.escape(pathlib.Path("/proc/self/comm").read_text("utf-8").strip()) + rf"\[{os.getpid()}\]"
        check.ok(all(re.fullmatch(peer + r" ghostkey (-|[A-Z]+ [a-z0-9/{}.]+) \d{3} \d+us", line) for line in lines),
                 "peer, API, operation, status, time taken", *lines)
        shown = [line.split(" ghostkey ")[1].rsplit(" ", 1)[0] for line in lines]
        check.equal(shown[:3] + shown[12:18], [*["PUT /v1/secrets/{name} 200"] * 3, "GET /v1/secrets/{name} 200",
                                               "GET /v1/secrets/{name} 200", "GET /v1/secrets/{name} 404", "- 404",
                                               "PUT /v1/clock 405", "GET /v1/metadata/{name} 200"], "one for each, in order")
        check.ok(len(event_lines(daemon.stderr())) > 8, "the events are there, too")
        text = "\n".join(lines)
        check.ok(CANARY not in text and "app/a" not in text and "absent" not in text and "nothing" not in text,
                 "no line has a name or a value", text)


def refused_changes_are_no_lines(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        for method, path, body in [("PUT", "/v1/secrets/a", '{"value":"more than a dozen"}'),
                                   ("PUT", "/v1/secrets/a", '{"value":"x","ttl":0}'),
                                   ("POST", "/v1/rotate/a", None), ("DELETE", "/v1/secrets/a", None)]:
            connection.request(method, path, body)
        timekit.wait_for_log(connection)
        check.equal(event_lines(daemon.stderr()), [], "what was refused is no event")


def a_flood_is_cut_short(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        timekit.put(connection, "key", value="x", ttl=1,
                    rotation={"strategy": "hex", "length": 8, "on_expiry": True})
        timekit.advance(connection, LINES_MAX)
        timekit.wait_for_log(connection)
        check.equal(len(event_lines(daemon.stderr())), LINES_MAX + 1, "all of 1,000 events are written")
        timekit.advance(connection, LINES_MAX + 234)
        timekit.wait_for_log(connection)
        lines = event_lines(daemon.stderr())
        check.equal(len(lines), 2 * LINES_MAX + 1, "of more that come at once 1,000 are")
        check.ok("234 more events" in daemon.stderr(), "and how many more there are",
                 daemon.stderr()[-200:])
        check.equal([json.loads(line)["seq"] for line in lines], list(range(1, 2 * LINES_MAX + 2)),
                    "they are the first of them")
        check.equal(len(timekit.events(connection)), 2 * LINES_MAX + 235, "the list has them all")
        check.equal(timekit.counted(daemon, LOST), 0, "none counts as lost")


def goes_on(check, what, err, lost):
    """A daemon with that stderr works, and counts what it could not write."""
    with Daemon(*VIRTUAL, err=err) as daemon, daemon.connect() as connection:
        every_kind(connection)
        events = timekit.events(connection)
        got = timekit.counted(daemon, LOST)
        check.equal(got, float(len(events)) if lost else 0.0, f"{what}: what is lost is counted")
        for _ in range(300):
            timekit.put(connection, "more", value="x")
        check.equal(len(timekit.events(connection)), len(events) + 300, f"{what}: the broker goes on")
        check.equal(daemon.stop(), 0, f"{what}: and ends as ever")


def a_pipe_is_full(check):
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    try:
        with Daemon(*VIRTUAL, err=write) as daemon, daemon.connect() as connection:
            for number in range(200):
                timekit.put(connection, f"s{number}", value=CANARY)
            timekit.wait_for_log(connection)
            os.set_blocking(read, False)
            lines = os.read(read, 1 << 20).decode().splitlines(keepends=True)
            written = len(lines)
            check.ok(0 < written < 200, f"a full pipe: {written} of 200 lines fit")
            check.equal([line.rstrip("\n") for line in lines], list_lines(connection)[:written],
                        "a full pipe: these are whole")
            check.equal(timekit.counted(daemon, LOST), 200.0 - written,
                        "a full pipe: the rest is counted")
            timekit.put(connection, "again", value=CANARY)
            timekit.wait_for_log(connection)
            last = os.read(read, 1 << 20).decode()
            check.ok('"name":"again"' in last and last.endswith("}\n"),
                     "a full pipe: once there is room it takes lines again", last)
    finally:
        os.close(read)
        os.close(write)


def no_stderr_stops_the_broker(check):
    goes_on(check, "closed", CLOSED, False)  # the daemon opens /dev/null in its place
    full = os.open("/dev/full", os.O_WRONLY)
    goes_on(check, "a full device", full, True)
    os.close(full)
    read, write = os.pipe()
    os.close(read)
    goes_on(check, "a pipe without a reader", write, True)
    os.close(write)


def a_request_is_answered_while_the_pipe_is_full(check):
    """A log that nobody reads holds up no request: many at once, on many connections."""
    read, write = os.pipe()
    try:
        with Daemon(*VIRTUAL, err=write) as daemon, daemon.connect() as connection:
            body = json.dumps({"value": "x"})
            for number in range(20):
                connection.send(b"".join(http1.encode("PUT", f"/v1/secrets/{number}-{i}", body)
                                         for i in range(100)))
                for _ in range(100):
                    assert connection.answer().status == 200
            clock = timekit.advance(connection, DAY_S)
            check.equal(clock["rotated"], 0, "2,000 changes, and nobody reads the log: all answered")
            check.ok(timekit.counted(daemon, LOST) > 0, "the log has lost some")
    finally:
        os.close(read)
        os.close(write)


if __name__ == "__main__":
    sys.exit(tap.run(each_event_is_a_line, a_log_of_warnings_has_no_events, each_request_is_a_line, refused_changes_are_no_lines, a_flood_is_cut_short,
                     a_pipe_is_full, no_stderr_stops_the_broker,
                     a_request_is_answered_while_the_pipe_is_full))
