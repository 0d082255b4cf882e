#!/usr/bin/env python3
"""A server whose answer does not end: ghostctl gives up with a message, and uses bounded time and memory."""

import json
import os
import resource
import socket
import tempfile
import threading

import ctl
from daemon import is_sanitized

IS_SANITIZED = is_sanitized()  # AddressSanitizer takes terabytes of addresses
MEMORY_BYTES = 300 << 20  # of address space that ghostctl gets
STATUS = {"status": "ok", "clock": "virtual", "now": "2000-01-01T00:00:00.000Z", "mode": "virtual",
                     "next_due": None, "secrets": 3, "last_event": 0}


def answer(body, head=b"Content-Length: %d\r\n"):
    return b"HTTP/1.1 200 OK\r\n" + (head % len(body) if b"%d" in head else head) + b"\r\n" + body


def forever(piece, before=b""):
    """An answer of `before`, and then `piece` again and again."""
    def say(connection, _):
        connection.sendall(before)
        while True:
            connection.sendall(piece * 100)
    return say


def page(names, following):
    secrets = [{"name": name, "expired": False, "value": "x",
                "metadata": {"version": 1, "mode": "static", "expires_at": None, "rotation": {"strategy": "token"},
                             "env": name.upper()}} for name in names]
    return answer(json.dumps({"secrets": secrets, "next": following}, separators=(",", ":")).encode())


def name_after(name, count):
    return f"n{int(name[1:]) + count:09}"


def pages(connection, path, count, step):
    """A page of `count` names, whose `next` is `step` further than the one that it begins after."""
    after = path.split("after=")[1].split("&")[0].split(" ")[0] if "after=" in path else "n000000000"
    connection.sendall(page([name_after(after, number + 1) for number in range(count)], name_after(after, step)))


class Server:
    """Answers /v1/status and /v1/clock as the daemon does, everything else by say(connection, request line)."""

    def __init__(self, say, status=None):
        self.say = say
        self.status = status or STATUS
        self.directory = tempfile.TemporaryDirectory()
        self.path = self.directory.name + "/s"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        self.directory.cleanup()

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection:
                try:
                    self.talk(connection)
                except OSError:  # it was left
                    pass

    def talk(self, connection):
        file = connection.makefile("rb")
        while line := file.readline().decode():
            while file.readline() not in (b"\r\n", b""):
                pass
            if " /v1/status" in line or " /v1/clock" in line:
                connection.sendall(answer(json.dumps(self.status).encode()))
            else:
                self.say(connection, line)


def limit_memory(most=MEMORY_BYTES):
    if not IS_SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def answered(say, arguments, limits=limit_memory, status=None):
    with Server(say, status) as server, tempfile.TemporaryDirectory() as directory:
        env = {"PATH": os.environ["PATH"], "GHOSTKEY_SOCKET": server.path}
        with ctl.Running([ctl.program(), *arguments], directory, env, preexec_fn=limits) as running:
            return running.end(deadline_s=100)


def given_up(check, name, say, arguments, said, limits=limit_memory, status=None):
    done = answered(say, arguments, limits, status)
    check.ok(done.status == 1 and said in done.err and len(done.err) < 500, f"{name}, {arguments[0]}: given up",
             done.status, done.err[-500:])


def heads_end(check):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for name, say in (("interim answers", forever(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")),
                      ("header fields", forever(b"X-More: x\r\n", b"HTTP/1.1 200 OK\r\n")),
                      ("one header field", forever(b"x" * 100, b"HTTP/1.1 200 OK\r\nX-More: ")),
                      ("a status line", forever(b"x" * 100, b"HTTP/1.1 200 ")),
                      ("a chunk's extension", forever(b"x", chunked + b"1;")),
                      ("extensions of chunks", forever(b"1;" + b"x" * 1000 + b"\r\nx\r\n", chunked)),
                      ("a trailer", forever(b"X-More: x\r\n", chunked + b"0\r\n"))):
        given_up(check, name, say, ["get", "a"], "without end")
    given_up(check, "interim answers", forever(b"HTTP/1.1 100 Continue\r\n\r\n"), ["list"], "without end")


def bodies_end(check):
    wide = lambda: limit_memory(2 << 30)  # noqa: E731
    given_up(check, "a body", forever(b"x" * 10000, b"HTTP/1.1 200 OK\r\n\r\n"), ["get", "a"], "larger than 512 MiB",
             wide)


def lists_end(check):
    backwards = {"the same page again": lambda connection, _: connection.sendall(page(["a"], "a")),
                 "an empty page again": lambda connection, _: connection.sendall(page([], "a"))}
    onwards = {"pages of a thousand": lambda connection, path: pages(connection, path, 1000, 1000),
               "pages of none": lambda connection, path: pages(connection, path, 0, 1)}
    for arguments in (["list"], ["list", "--json"], ["export", "--stdout"], ["run", "--", "true"],
                      ["rotate", "--prefix", "n"]):
        for name, say in (backwards | onwards).items():
            given_up(check, name, say, arguments, "without end")


def event_page(first, count):
    return answer(json.dumps({"events": [
        {"seq": number, "at": "2000-01-01T00:00:00.000Z", "event": "created", "name": "a", "version": 1, "cause": "put"}
        for number in range(first, first + count)], "next": first + count - 1}).encode())


def pages_of_events_end(check):
    for name, first in (("the same page again", 1), ("numbers below 1", -5)):
        given_up(check, name, lambda connection, _, first=first: connection.sendall(event_page(first, 2)),
                 ["events"], "'seq'", status=STATUS | {"last_event": 9})

    def more(connection, path):
        connection.sendall(event_page(int(path.split("after=")[1].split(" ")[0]) + 1, 1000))

    said = answered(more, ["events", "--after", "0", "--json"], status=STATUS | {"last_event": 1500})
    check.ok(said.status == 0 and len(said.out.splitlines()) == 2000,
             "events that happen all the time: up to what had happened at the beginning", said.status, said.err)


def refused_streams_end(check):
    moved = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"
    given_up(check, "a redirect", lambda connection, _: connection.sendall(moved),
             ["events", "--follow", "--after", "0"], "302")


def event_streams_end(check):
    stream = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    for name, begin in (("a comment", b": "), ("an event", b"id: 1\ndata: ")):
        given_up(check, name, forever(b"x" * 100, stream + begin), ["events", "--follow", "--after", "0"], "1 MiB")


def what_a_server_says_is_escaped(check):
    said = answer(json.dumps({"status": "\x1b[2J", "clock": "a\nb: c"}).encode())
    with Server(None) as server:
        server.talk = lambda connection: connection.makefile("rb").readline() and connection.sendall(said)
        with ctl.Running([ctl.program(), "--socket", server.path, "status"], server.directory.name, {}) as running:
            done = running.end()
    check.equal((done.status, done.out), (0, b"status: \\u001B[2J\nclock: a\\nb: c\n"), "status")


ctl.main(heads_end, bodies_end, lists_end, pages_of_events_end, refused_streams_end, event_streams_end, what_a_server_says_is_escaped)
