#!/usr/bin/env python3
"""HTTP itself: connections, pipelines, bodies in chunks, and what is not HTTP at all."""

import json
import pathlib
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon

A = "/v1/secrets/a"
BODY_MAX_BYTES = 65536 * 12 + 320 * 1024
HEAD_MAX_BYTES = 16 * 1024
CONNECTIONS = 400
ROUTES = [A, "/v1/metadata/a", "/v1/secrets", "/v1/secrets?values=true", "/v1/events", "/v1/clock",
          "/v1/status", "/v1/openapi.json", f"{A}?version=1", "/v1/secrets/nothing", "/v1/nothing",
          "/v1/secrets/a//b", "/v1/secrets?x=1"]


def value(text):
    return json.dumps({"value": text})


def start():
    daemon = Daemon("--seed", "test", "--clock", "virtual")
    daemon.request("PUT", A, value("first"))
    return daemon


def said(answer):
    return json.loads(answer.body).get("value")


def headers_of(answer):
    return sorted((n.lower(), v) for n, v in answer.headers if n.lower() != "date")


def is_problem(answer, status):
    return (answer.status == status and json.loads(answer.body)["status"] == status
            and http1.header(answer.headers, "content-type") == "application/problem+json")


def keep_alive(check):
    with start() as daemon, daemon.connect() as connection:
        for number in range(50):
            connection.request("PUT", A, value(str(number)))
            got = said(connection.request("GET", A))
            if got != str(number):
                break
        check.equal(got, "49", "a connection serves one request after another")
        connection.request("GET", A, headers={"If-None-Match": "*"})
        check.equal(said(connection.request("GET", A)), "49", "also after an answer without a body")
        answer = connection.request("GET", A, headers={"Connection": "close"})
        check.ok(said(answer) == "49" and connection.is_closed(), "until it is asked to close")


def pipelines(check):
    with start() as daemon, daemon.connect() as connection:
        sent = b"".join(
            http1.encode("PUT", A, value(f"v{n}")) + http1.encode("GET", A) for n in range(50))
        connection.send(sent)
        answers = [connection.answer() for _ in range(100)]
        check.equal([said(answer) for answer in answers[1::2]], [f"v{n}" for n in range(50)],
                    "in a pipeline each GET sees the PUT before it")
        check.equal([http1.header(answer.headers, "etag") for answer in answers[::2]],
                    [f'"{n + 2}"' for n in range(50)], "and the answers come in order")
        connection.send(http1.encode("HEAD", A) + http1.encode("GET", "/v1/nothing") +
                        http1.encode("DELETE", A) + http1.encode("GET", A))
        statuses = [connection.answer(is_head=n == 0).status for n in range(4)]
        check.equal(statuses, [200, 404, 200, 404], "whatever they are")
        for byte in http1.encode("PUT", A, value("slow")):
            connection.send(bytes([byte]))
        check.equal(connection.answer().status, 200, "a request may come byte by byte")


def heads(check):
    with start() as daemon, daemon.connect() as connection:
        for target in ROUTES:
            got = connection.request("GET", target)
            head = connection.request("HEAD", target)
            check.equal((head.status, headers_of(head)), (got.status, headers_of(got)),
                        f"HEAD {target} is GET without the body")
            names = [name for name, _ in headers_of(got)]
            check.equal(http1.header(got.headers, "content-length"), str(len(got.body)),
                        f"GET {target} says how long it is")
            check.ok(not got.body.endswith(b"\n") and "server" not in names and
                     "transfer-encoding" not in names and len(set(names)) == len(names),
                     f"GET {target} has nothing else", names)


def http_1_0(check):
    with start() as daemon:
        with daemon.connect() as connection:
            answer = connection.request("GET", A, version="1.0")
            check.ok(said(answer) == "first" and connection.is_closed(),
                     "HTTP/1.0: an answer, then the end")
        with daemon.connect() as connection:
            connection.send(b"GET /v1/secrets/a HTTP/1.0\r\n\r\n")
            check.equal(said(connection.answer()), "first", "HTTP/1.0 without a Host")
        with daemon.connect() as connection:
            answer = connection.request("PUT", A, value("ten"), version="1.0")
            check.equal(answer.status, 200, "HTTP/1.0: a PUT")
        with daemon.connect() as connection:
            answer = connection.request("GET", f"http://localhost{A}")
            check.equal(said(answer), "ten", "a target with scheme and host")
            answer = connection.request("GET", "http://example.com:81/v1/secrets/nothing?x=1")
            check.ok(is_problem(answer, 400), "and with a query")


def chunked(*chunks, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def chunks(check):
    with start() as daemon, daemon.connect() as connection:
        head = http1.encode("PUT", A, headers={"Transfer-Encoding": "chunked"})
        body = value("in pieces").encode()
        good = [
            ("one chunk", chunked(body)), ("many", chunked(*[bytes([byte]) for byte in body])),
            ("an extension", b"%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(body), body)),
            ("another one", b"%x ; a = \"b;c\"\r\n%s\r\n0;d\r\n\r\n" % (len(body), body)),
            ("a trailer", chunked(body, end=b"0\r\nX-Trailer: 1\r\n\r\n")),
            ("leading zeros", b"000%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)),
        ]
        for what, data in good:
            connection.send(head + data)
            answer = connection.answer()
            check.ok(answer.status == 200 and said(connection.request("GET", A)) == "in pieces",
                     f"a body in chunks: {what}", answer)
            for byte in head + data:
                connection.send(bytes([byte]))
            check.equal(connection.answer().status, 200, "and byte by byte")
        connection.send((head + chunked(body) + http1.encode("GET", A)) * 20)
        statuses = [connection.answer().status for _ in range(40)]
        check.equal(statuses, [200] * 40, "and with other requests behind it")
    size = b"%x" % len(body)
    data = body + b"\r\n0\r\n\r\n"
    broken = [
        ("0x before the number", b"0x" + size + b"\r\n" + data),
        ("0x, and a request in the data", b"0xe\r\n\r\n" + http1.encode("DELETE", A) + b"0\r\n\r\n"),
        ("a sign", b"+" + size + b"\r\n" + data), ("a blank first", b" " + size + b"\r\n" + data),
        ("a blank last", size + b" \r\n" + data), ("a letter last", size + b"g\r\n" + data),
        ("17 digits", b"0" * 15 + size + b"\r\n" + data), ("nothing", b"\r\n" + data),
        ("a bare line feed", size + b"\n" + data), ("a bare return", size + b"\r" + data),
        ("a line feed in an extension", size + b";a\n" + data),
        ("no end of the data", size + b"\r\n" + body + b"0\r\n\r\n"),
        ("a line feed behind the data", size + b"\r\n" + body + b"\n0\r\n\r\n"),
        ("two returns behind the data", size + b"\r\n" + body + b"\r\r\n0\r\n\r\n"),
        ("a line feed as the end", size + b"\r\n" + body + b"\r\n0\r\n\n"),
        ("a request as the trailer", chunked(body, end=b"0\r\n" + http1.encode("DELETE", A))),
        ("a trailer that goes on", chunked(body, end=b"0\r\nA: b\r\n c\r\n\r\n")),
        ("no number", b"x\r\n" + body), ("a negative one", b"-1\r\n" + body),
        ("too much data", b"2\r\n" + body + b"\r\n0\r\n\r\n"),
        ("a number without end", b"f" * 40 + b"\r\n"),
    ]
    with start() as daemon:
        for what, data in broken:
            with daemon.connect() as connection:
                connection.send(head + data)
                answer = connection.answer()
                check.ok(is_problem(answer, 400) and connection.is_closed(),
                         f"broken chunks: {what}: 400 and the end", answer)
            with daemon.connect() as connection:
                pieces = [bytes([byte]) for byte in head + data]
                check.ok(refused_or_closed(connection, *pieces), f"and byte by byte: {what}")
        with daemon.connect() as connection:
            connection.send(head.replace(b"HTTP/1.1", b"HTTP/1.0") + chunked(body))
            answer = connection.answer()
            check.ok(is_problem(answer, 400) and connection.is_closed(), "chunks in HTTP/1.0", answer)
        check.equal(said(daemon.answer("GET", A)), "first", "nothing of it was taken")


def as_large_as_may_be(check):
    """The same limit for a body with a length and for one in chunks."""
    body = value("large").encode()
    with start() as daemon:
        for length, status in ((BODY_MAX_BYTES, 200), (BODY_MAX_BYTES + 1, 413)):
            data = body + b" " * (length - len(body))
            pieces = [data[at:at + 60000] for at in range(0, length, 60000)]
            for how, sent in (("", http1.encode("PUT", A, data)),
                              (" in chunks", http1.encode("PUT", A, headers={
                                  "Transfer-Encoding": "chunked"}) + chunked(*pieces))):
                with daemon.connect() as connection:
                    try:
                        connection.send(sent)
                    except BrokenPipeError:
                        pass  # it was refused before its last byte
                    answer = connection.answer()
                    check.ok(answer.status == status, f"a body of {length} bytes{how}: {status}", answer)


def expectations(check):
    with start() as daemon, daemon.connect() as connection:
        body = value("expected")
        head = http1.encode("PUT", A, headers={"Content-Length": str(len(body)),
                                              "Expect": "100-continue"})
        connection.send(head)
        check.equal(connection.answer().status, 100, "Expect: 100-continue is answered")
        connection.send(body.encode())
        check.equal(connection.answer().status, 200, "then the request is")
        check.equal(said(connection.request("GET", A)), "expected", "and done")
    with start() as daemon, daemon.connect() as connection:
        answer = connection.request("PUT", A, headers={"Content-Length": "9", "Expect": "a-gift"})
        check.ok(is_problem(answer, 417), "another expectation is a 417", answer)


def too_large(check):
    over = str(BODY_MAX_BYTES + 2)
    cases = [("PUT", A, 413), ("POST", "/v1/cleanup", 413), ("PUT", "/v1/nothing", 404),
             ("POST", A, 405), ("PUT", "/v1/secrets/a//b", 400), ("PUT", f"{A}?x=1", 400)]
    with start() as daemon:
        for method, target, status in cases:
            with daemon.connect() as connection:
                answer = connection.request(method, target, headers={"Content-Length": over})
                check.ok(is_problem(answer, status) and connection.is_closed(),
                         f"{method} {target} of {over} bytes: {status} before they are sent",
                         answer)
        for method, target, status in cases:
            with daemon.connect() as connection:
                try:
                    connection.send(http1.encode(method, target, b" " * 8192, {
                        "Transfer-Encoding": "chunked"})[:-8192])
                    for _ in range(BODY_MAX_BYTES // 8192 + 2):
                        connection.send(chunked(b" " * 8192, end=b""))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                answer = connection.answer()
                check.ok(is_problem(answer, status),
                         f"{method} {target} in too many chunks: {status}", answer)
        with daemon.connect() as connection:
            got = connection.request("GET", A, headers={"X-Padding": "x" * (HEAD_MAX_BYTES - 200)})
            check.equal(said(got), "first", "a head of nearly 16 KiB is read")


def refused_or_closed(connection, *pieces):
    """A 400 without a problem document is enough, and so is the end of the connection."""
    try:
        for piece in pieces:
            connection.send(piece)
        return connection.answer().status in (400, 413, 431)
    except (http1.Closed, ConnectionResetError, BrokenPipeError):
        return True


def not_http(check):
    junk = [
        b"\r\n\r\n\r\n\r\nx\r\n\r\n", b"GET\r\n\r\n", b"GET /v1/status\r\n\r\n", b"\0" * 64,
        b"\x16\x03\x01\x02\0",
        b"GET /v1/status HTTP/9.9\r\n\r\n", b"GET /v1/status HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /v1/st atus HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\nHost : x\r\n\r\n", b"G\x01T /v1/status HTTP/1.1\r\n\r\n",
    ]
    lengths = [b"Content-Length: x", b"Content-Length: -1", b"Content-Length: 99999999999999999999",
               b"Transfer-Encoding: gzip"]
    with start() as daemon:
        for data in junk:
            with daemon.connect() as connection:
                check.ok(refused_or_closed(connection, data), f"refused: {data!r:.60}")
        for line in lengths:
            with daemon.connect() as connection:
                head = b"PUT /v1/secrets/a HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n"
                data = head + b'{"value":"x"}'
                check.ok(refused_or_closed(connection, data), f"refused: {line.decode()}")
        check.equal(said(daemon.answer("GET", A)), "first", "nothing of it did anything")


def lists_over_lines(check):
    with start() as daemon, daemon.connect() as connection:
        tags = [("If-Match", tag) for tag in ('"9"', '"1"', '"8"')]
        answer = connection.request("PUT", A, value("second"), tags)
        check.equal(answer.status, 200, "If-Match over several lines is one list")
        tags = [("If-None-Match", tag) for tag in ('"9"', '"2"', '"8"')]
        answer = connection.request("GET", A, headers=tags)
        check.equal(answer.status, 304, "and so is If-None-Match")


def many_connections_at_once(check):
    with start() as daemon:
        connections = [daemon.connect() for _ in range(CONNECTIONS)]
        for number, connection in enumerate(connections):
            connection.send(http1.encode("PUT", f"/v1/secrets/c{number}", value(str(number))))
        statuses = {connection.answer().status for connection in connections}
        check.equal(statuses, {200}, f"{CONNECTIONS} connections at once are served")
        for connection in connections[::2]:
            connection.close()
        for connection in connections[1::2]:
            connection.send(http1.encode("GET", A))
        check.equal({said(connection.answer()) for connection in connections[1::2]}, {"first"},
                    "those that stay are served when the others leave")
        for connection in connections[1::2]:
            connection.close()
        status = json.loads(daemon.answer("GET", "/v1/status").body)
        check.equal(status["secrets"], CONNECTIONS + 1, "each did what it asked for")


def departures(check):
    with start() as daemon:
        with daemon.connect() as connection:
            connection.send(http1.encode("GET", A))
            connection.socket.shutdown(socket.SHUT_WR)
            check.equal(said(connection.answer()), "first",
                        "a client that sends no more is answered")
        with daemon.connect() as connection:
            connection.send(http1.encode("PUT", A, value("kept")))
            connection.socket.shutdown(socket.SHUT_WR)
            check.equal(connection.answer().status, 200, "one that wrote, too")
        for cut in (1, 20, -20, -1):
            with daemon.connect() as connection:
                connection.send(http1.encode("PUT", A, value("cut off"))[:cut])
        for _ in range(50):
            with daemon.connect() as connection:
                connection.send(http1.encode("GET", "/v1/openapi.json") * 20)
        check.equal(said(daemon.answer("GET", A)), "kept",
                    "those who leave in the midst of a request change nothing")
        check.equal(daemon.stop(), 0, "and harm nobody")


if __name__ == "__main__":
    sys.exit(tap.run(keep_alive, pipelines, heads, http_1_0, chunks, as_large_as_may_be, expectations, too_large,
                     not_http, lists_over_lines, many_connections_at_once, departures))
