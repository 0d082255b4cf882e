"""HTTP/1.1 over a stream socket, written by hand, so that a test decides about each byte that is sent,
malformed requests included."""

import math
import socket
import struct
from collections import namedtuple

ANSWER_TIMEOUT_S = 20
READ_BYTES = 65536

Answer = namedtuple("Answer", "status reason headers body")


class Closed(Exception):
    """The other side closed before an answer was complete."""


def header(headers, name):
    """The value of a header, or None; headers are (name, value) pairs."""
    values = [value for known, value in headers if known.lower() == name.lower()]
    return values[0] if values else None


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def encode(method, path, body=None, headers=(), version="1.1"):
    """The bytes of one request. headers: a dict or pairs; Host and Content-Length come by
    themselves."""
    pairs = list(headers.items() if hasattr(headers, "items") else headers)
    given = {as_bytes(name).lower() for name, _ in pairs}
    if b"host" not in given:
        pairs.insert(0, ("Host", "localhost"))
    if body is not None and not given & {b"content-length", b"transfer-encoding"}:
        pairs.append(("Content-Length", str(len(as_bytes(body)))))
    head = as_bytes(method) + b" " + as_bytes(path) + b" HTTP/" + as_bytes(version) + b"\r\n"
    head += b"".join(as_bytes(n) + b": " + as_bytes(v) + b"\r\n" for n, v in pairs)
    return head + b"\r\n" + (b"" if body is None else as_bytes(body))


class Connection:
    """One connection; answers are read in the order in which they come."""

    def __init__(self, path, timeout=ANSWER_TIMEOUT_S):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Blocking: with a timeout of Python's own a full queue would be an error, not a wait.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                               struct.pack("@ll", math.ceil(timeout), 0))
        self.socket.connect(path)
        self.socket.settimeout(timeout)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, path, body=None, headers=(), version="1.1"):
        try:
            self.send(encode(method, path, body, headers, version))
        except BrokenPipeError:
            pass  # the other side may refuse a body without reading it; its answer is there
        return self.answer(is_head=method == "HEAD")

    def more(self):
        data = self.socket.recv(READ_BYTES)
        if not data:
            raise Closed("the connection was closed")
        self.rest += data

    def take(self, count):
        while len(self.rest) < count:
            self.more()
        data, self.rest = self.rest[:count], self.rest[count:]
        return data

    def take_line(self):
        while b"\r\n" not in self.rest:
            self.more()
        line, self.rest = self.rest.split(b"\r\n", 1)
        return line

    def take_to_end(self):
        try:
            while True:
                self.more()
        except (Closed, ConnectionResetError):
            data, self.rest = self.rest, b""
            return data

    def take_chunks(self):
        data = b""
        while True:
            size = int(self.take_line().split(b";")[0], 16)
            data += self.take(size)
            self.take(2) if size else self.take_line()
            if not size:
                return data

    def answer(self, is_head=False):
        """The next answer, interim ones included."""
        status_line = self.take_line().decode("ascii")
        parts = status_line.split(" ", 2)
        headers = []
        while True:
            line = self.take_line().decode("utf-8")
            if not line:
                break
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        status = int(parts[1])
        length = header(headers, "content-length")
        if is_head or status in (204, 304) or status < 200:
            body = b""
        elif header(headers, "transfer-encoding") == "chunked":
            body = self.take_chunks()
        elif length is not None:
            body = self.take(int(length))
        else:
            body = self.take_to_end()
        return Answer(status, parts[2] if len(parts) > 2 else "", headers, body)

    def is_closed(self):
        """Waits until the other side closes; False if it sends something first."""
        try:
            return not self.rest and not self.socket.recv(1)
        except ConnectionResetError:
            return True
