#!/usr/bin/env python3
"""The limits of one connection: head, body, the time to send a request, pipelines, streams of
events. A client past a limit gets a clear answer or is closed, and other clients notice nothing
(contract, section 7)."""

import json
import pathlib
import select
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from seckit import costs_at_most, is_problem, memory_kib, wait_until_closed, start_with_a

A = "/v1/secrets/a"
HEAD_MAX_BYTES = 16 * 1024
VALUE_MAX_BYTES = 65536
BODY_MAX_BYTES = VALUE_MAX_BYTES * 12 + 320 * 1024
REQUEST_TIME_S = 10
LATE_S = 8  # on a busy machine
PIPELINE = 1000
READERS = 100
EVENTS = 200


def head_of(size):
    """A GET whose head has that many bytes, the empty line included."""
    bare = http1.encode("GET", A, headers={"X-Padding": ""})
    return http1.encode("GET", A, headers={"X-Padding": "x" * (size - len(bare))})


def heads(check):
    daemon, fds = start_with_a()
    with daemon:
        for size, status in [(HEAD_MAX_BYTES - 1, 200), (HEAD_MAX_BYTES, 200),
                             (HEAD_MAX_BYTES + 1, 400), (2 * HEAD_MAX_BYTES, 400)]:
            data = head_of(size)
            with daemon.connect() as connection:
                connection.send(data)
                answer = connection.answer()
                check.ok(len(data) == size and answer.status == status,
                         f"a head of {size} bytes: {status}", answer)
                if status == 400:
                    check.ok(is_problem(answer, 400) and b"16384" in answer.body
                             and connection.is_closed(), "which says the limit, and is the end",
                             answer)
        for what, piece in [("one header", b"x" * 4096), ("many", b"a: b\r\n" * 600),
                            ("the request line", b"/" * 4096)]:
            before = memory_kib(daemon.pid)
            with daemon.connect() as connection:
                start_of = b"GET /" if what == "the request line" else b"GET / HTTP/1.1\r\nHost: x\r\nX: "
                sent = babble(connection, start_of, piece)
                check.ok(sent < 4 * 1024 * 1024, f"a head without end in {what} is cut off", sent)
            costs_at_most(check, daemon.pid, before, 8192, f"and costs little: {what}")
        wait_until_closed(daemon.pid, fds)
        check.equal(daemon.answer("GET", A).status, 200, "the others are served")


def babble(connection, start_of, piece):
    """Sends until the other side closes -> how many bytes were sent"""
    sent = 0
    try:
        connection.send(start_of)
        while sent < 64 * 1024 * 1024:
            connection.send(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


def bodies(check):
    with start_with_a()[0] as daemon:
        text = json.dumps({"value": "v" * VALUE_MAX_BYTES})
        padded = text + " " * (BODY_MAX_BYTES - len(text))
        answer = daemon.answer("PUT", A, padded)
        check.equal(answer.status, 200, f"a body of {BODY_MAX_BYTES} bytes is taken")
        answer = daemon.answer("PUT", A, padded + " ")
        check.ok(is_problem(answer, 413), "one byte more: 413", answer)
        before = memory_kib(daemon.pid)
        with daemon.connect() as connection:
            head = http1.encode("PUT", A, headers={"Transfer-Encoding": "chunked"})
            sent = babble(connection, head, b"1000\r\n" + b" " * 4096 + b"\r\n")
            check.ok(sent < 16 * BODY_MAX_BYTES, "a body without end in chunks is cut off", sent)
        costs_at_most(check, daemon.pid, before, 8192, "and costs no more than its limit")


def answers_within(connection, seconds):
    return bool(select.select([connection.socket], [], [], seconds)[0])


def slowness(check):
    """Each client stalls at another place of its request, and each is closed after the same time."""
    put = http1.encode("PUT", A, '{"value":"slow"}')
    chunked = http1.encode("PUT", A, headers={"Transfer-Encoding": "chunked"})
    stalls = {"nothing": b"", "one byte": b"G", "a request line": b"GET /v1/status HTTP/1.1\r\n",
              "half a head": put[:40], "a head": put[:-16], "half a body": put[:-8],
              "all but one byte": put[:-1], "no chunk": chunked, "half a chunk": chunked + b"8\r\n{",
              "no last chunk": chunked + b'2\r\n{}\r\n'}
    daemon, fds = start_with_a()
    with daemon:
        begun = time.monotonic()
        slow = {what: daemon.connect() for what in stalls}
        for what, data in stalls.items():
            slow[what].send(data)
        served = worst = 0
        while time.monotonic() - begun < REQUEST_TIME_S - 2:
            asked = time.monotonic()
            served += daemon.answer("GET", A).status == 200
            worst = max(worst, time.monotonic() - asked)
            time.sleep(0.01)  # between two looks
        check.ok(served > 50, f"meanwhile another client is served ({served} times)")
        check.note(f"slowest answer {1000 * worst:.1f} ms")
        open_still = [what for what, connection in slow.items() if not answers_within(connection, 0)]
        check.equal(open_still, list(slow), f"nobody is closed before {REQUEST_TIME_S} s")
        for what, connection in slow.items():
            left = begun + REQUEST_TIME_S + LATE_S - time.monotonic()
            closed = answers_within(connection, max(left, 0)) and refused_or_closed(connection)
            check.ok(closed, f"who sends {what} and stops is closed after {REQUEST_TIME_S} s")
            connection.close()
        wait_until_closed(daemon.pid, fds)
        check.equal(json.loads(daemon.answer("GET", A).body)["value"], "first",
                    "nothing of it was done")


def refused_or_closed(connection):
    try:
        return connection.answer().status in (400, 408) and connection.is_closed()
    except (http1.Closed, ConnectionResetError):
        return True


def dripping(check):
    """One byte a second gives a client no more time."""
    with start_with_a()[0] as daemon, daemon.connect() as connection:
        begun = time.monotonic()
        data = http1.encode("PUT", A, '{"value":"' + "x" * 200 + '"}')
        sent = 0
        while sent < len(data) and time.monotonic() - begun < REQUEST_TIME_S + LATE_S:
            try:
                connection.send(data[sent:sent + 1])
            except OSError:
                break
            sent += 1
            if answers_within(connection, 0.25):
                break
        took = time.monotonic() - begun
        check.ok(refused_or_closed(connection) and REQUEST_TIME_S - 1 < took,
                 f"who sends four bytes a second is closed as well, after {took:.1f} s")


def pipelines(check):
    with start_with_a()[0] as daemon, daemon.connect() as connection, daemon.connect() as other:
        sent = b"".join(http1.encode("GET", A, headers={"X-Number": str(n)}) if n % 10 else
                        http1.encode("PUT", f"/v1/secrets/p{n}", json.dumps({"value": str(n)}))
                        for n in range(PIPELINE))
        connection.socket.setblocking(False)
        got, statuses, others = 0, [], 0
        while got < PIPELINE:
            readable, writable, _ = select.select([connection.socket],
                                                  [connection.socket] if sent else [], [], 20)
            if not readable and not writable:
                break
            if writable:
                sent = sent[connection.socket.send(sent[:65536]):]
            if readable:
                connection.more()
            while whole_answer(connection.rest):
                statuses.append(connection.answer().status)
                got += 1
            others += other.request("GET", A).status == 200
        check.equal(statuses, [200] * PIPELINE, f"a pipeline of {PIPELINE} requests is answered")
        check.ok(others > 0, f"and others are served beside it ({others} times)")
        check.equal(daemon.json("GET", "/v1/status")[1]["secrets"], 1 + PIPELINE // 10,
                    "all of it was done")


def whole_answer(data):
    head, found, rest = data.partition(b"\r\n\r\n")
    length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(found) and len(rest) >= int(length[0].split(b":")[1])


def event_readers(check):
    with start_with_a()[0] as daemon:
        readers = [daemon.connect() for _ in range(READERS)]
        for reader in readers:
            reader.send(http1.encode("GET", "/v1/events?after=0",
                                     headers={"Accept": "text/event-stream"}))
        for reader in readers:
            while b"id: 1\n" not in reader.rest:
                reader.more()
        with daemon.connect() as writer:
            for number in range(EVENTS):
                answer = writer.request("PUT", A, json.dumps({"value": str(number)}))
                if answer.status != 200:
                    break
        check.equal(answer.status, 200, f"beside {READERS} readers of events writes are served")
        last = f"id: {EVENTS + 1}\n".encode()
        behind = 0
        for reader in readers[READERS // 2:]:  # the others never read
            while last not in reader.rest:
                reader.more()
            behind += reader.rest.count(b"id: ") != EVENTS + 1
        check.equal(behind, 0, "each reader gets each event, whether or not the others read")
        for reader in readers:
            reader.close()


if __name__ == "__main__":
    sys.exit(tap.run(heads, bodies, slowness, dripping, pipelines, event_readers))
