"""A reader of the live event stream: a request with Accept: text/event-stream, and what comes."""

import json
import select
import socket
import time

from timekit import http1

READ_BYTES = 1 << 18
TIMEOUT_S = 20


class Ended(Exception):
    """The daemon ended the stream; `clean`: as HTTP ends a message."""

    def __init__(self, clean):
        super().__init__("cleanly" if clean else "by closing")
        self.clean = clean


class Stream:
    """Over HTTP/1.1 unless told otherwise; connects at once, reads when asked."""

    def __init__(self, path, target="/v1/events", last_event_id=None, version="1.1", method="GET"):
        headers = [("Accept", "text/event-stream")]
        if last_event_id is not None:
            headers.append(("Last-Event-ID", str(last_event_id)))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(path)
        self.socket.sendall(http1.encode(method, target, None, headers, version))
        self.wire = b""   # as it came
        self.text = b""   # of the body, without chunks
        self.status = None
        self.headers = {}
        self.comments = 0
        self.said = ""    # the comments
        self.fields = []  # each event's lines, as (name, value)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def fileno(self):
        return self.socket.fileno()

    def pull(self):
        """Reads once; Ended at the end."""
        try:
            data = self.socket.recv(READ_BYTES)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Ended(self.status is not None and "transfer-encoding" not in self.headers)
        self.wire += data
        if self.status is None:
            self.take_head()
        if self.status is not None:
            self.take_chunks()

    def take_head(self):
        if b"\r\n\r\n" not in self.wire:
            return
        head, self.wire = self.wire.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {n.lower(): v.strip() for n, v in (line.split(":", 1) for line in lines)}

    def take_chunks(self):
        if self.headers.get("transfer-encoding") != "chunked":
            self.text += self.wire
            self.wire = b""
            return
        at = 0
        pieces = []
        while (end := self.wire.find(b"\r\n", at)) >= 0:
            size = int(self.wire[at:end].split(b";")[0], 16)
            if len(self.wire) < end + 2 + size + 2:
                break
            if size == 0:
                raise Ended(True)
            pieces.append(self.wire[end + 2:end + 2 + size])
            at = end + 2 + size + 2
        self.wire = self.wire[at:]
        self.text += b"".join(pieces)

    def head(self):
        while self.status is None:
            self.pull()
        return self.status

    def take(self):
        """The events that have arrived whole, without waiting."""
        blocks = self.text.split(b"\n\n")
        self.text = blocks.pop()
        found = []
        for block in blocks:
            lines = [tuple(line.split(": ", 1)) for line in block.decode().split("\n")
                     if line[:1] != ":"]
            self.comments += block.startswith(b":")
            self.said += block.decode() if block.startswith(b":") else ""
            if lines:
                self.fields.append(lines)
                found.append(json.loads(dict(lines)["data"]))
        return found

    def events(self, count, deadline_s=TIMEOUT_S):
        """The next `count`, waiting for them."""
        found = self.take()
        end = time.monotonic() + deadline_s
        while len(found) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} of {count} events came: {found[-3:]}")
            self.pull()
            found += self.take()
        return found

    def rest(self):
        """All events up to the end, and whether the end is a clean one."""
        found = self.take()
        try:
            while True:
                self.pull()
                found += self.take()
        except Ended as end:
            return found + self.take(), end.clean

    def is_silent(self, seconds=0.2):
        """No event comes for a while. A comment may: one comes every 15 s."""
        end = time.monotonic() + seconds
        while not self.take():
            if not select.select([self], [], [], max(0, end - time.monotonic()))[0]:
                return True
            self.pull()
        return False
