"""Readers of the live stream of events (text/event-stream)."""

import random
import select
import threading
import time

import http1

LOOK_S = 0.05
RESET_S = 10
RESET = ["event: reset", "id: 0", "data: {}"]
STAY_MAX = 200  # events after which a watcher hangs up and comes back


class Stream:
    """One connection of such a reader."""

    def __init__(self, connection, target, headers=()):
        self.connection = connection
        self.text = ""
        connection.send(http1.encode("GET", target, None,
                                     {"Accept": "text/event-stream", **dict(headers)}))
        while connection.take_line():
            pass

    def has_more(self, seconds):
        return bool("\n\n" in self.text or self.connection.rest or
                    select.select([self.connection.socket], [], [], seconds)[0])

    def block(self):
        while "\n\n" not in self.text:
            size = int(self.connection.take_line(), 16)
            if size == 0:
                raise http1.Closed("the stream was ended")
            self.text += self.connection.take(size).decode()
            self.connection.take(2)
        block, self.text = self.text.split("\n\n", 1)
        return block

    def next(self):
        """The next two lines, id and data; None for a comment, which is sent every 15 seconds."""
        block = self.block()
        return None if block.startswith(":") else block.split("\n")

    def read_to(self, last):
        """The lines up to that event, or up to the end, if the daemon closes before."""
        lines = []
        try:
            while last and f"id: {last}" not in lines:
                lines += self.next() or []
        except http1.Closed:
            pass  # what is missing is found when the lines are compared
        return lines

    def read_to_reset(self):
        """The lines up to the message that tells of a reset, which is the last one."""
        lines, block, end = [], None, time.monotonic() + RESET_S
        while block != RESET:
            if time.monotonic() > end:  # looked at with each comment, at the latest
                raise TimeoutError("the stream was not told of a reset that was answered")
            lines += block or []
            block = self.next()
        return lines

    def close(self):
        self.connection.close()


class Watcher(threading.Thread):
    """Reads all events as they happen. It hangs up now and then, and comes back with Last-Event-ID for the
    events after the last one that it has."""

    def __init__(self, daemon, seed):
        super().__init__(daemon=True)
        self.place, self.lines = daemon, []
        self.rng = random.Random(f"watcher/{seed}")
        self.over = threading.Event()
        self.stream, self.left = None, 0
        self.come_back()

    def come_back(self):
        if self.stream:
            self.stream.close()
        last = {"Last-Event-ID": self.lines[-2].removeprefix("id: ")} if self.lines else {}
        self.stream = Stream(self.place.connect(), "/v1/events?after=0", last)
        self.left = self.rng.randint(1, STAY_MAX)

    def run(self):
        try:
            while not self.over.is_set():
                if self.left <= 0:
                    self.come_back()
                elif self.stream.has_more(LOOK_S):
                    self.lines += self.stream.next() or []
                    self.left -= 1
        except http1.Closed:
            pass  # finish() comes to the same end

    def finish(self, last):
        """-> all lines up to that event, after the last change"""
        self.over.set()
        self.join()
        if f"id: {last}" not in self.lines:
            self.lines += self.stream.read_to(last)
        self.stream.close()
        return self.lines
