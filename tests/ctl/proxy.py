"""A socket in front of a daemon's, which can be removed and made again: to ghostctl this looks like a daemon
that restarts and has kept its state."""

import os
import select
import socket
import threading

PIECE_BYTES = 65536


class Proxy:
    """Listens at `path` while it is up, and passes each connection on to `target`."""

    def __init__(self, path, target):
        self.path = path
        self.target = target
        self.thread = None
        self.is_silent = False
        self.unanswered = []

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *_):
        self.down()

    def up(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.wake, self.waker = socket.socketpair()
        self.other = {}  # of each connection, the one behind or before it
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def down(self):
        """Nobody listens any more, and every connection is cut."""
        if self.thread is None:
            return
        self.waker.close()
        self.thread.join()
        self.thread = None
        for each in (self.listener, self.wake, *self.other, *self.unanswered):
            each.close()
        os.unlink(self.path)

    def silence(self):
        """Open connections go on; new ones get no answer."""
        self.is_silent = True

    def run(self):
        while True:
            for ready in select.select([self.wake, self.listener, *self.other], [], [])[0]:
                if ready is self.wake:
                    return
                if ready is self.listener:
                    self.accept()
                elif ready in self.other:
                    self.pass_on(ready)

    def accept(self):
        front, _ = self.listener.accept()
        if self.is_silent:
            self.unanswered.append(front)
            return
        back = socket.socket(socket.AF_UNIX)
        back.connect(self.target)
        self.other |= {front: back, back: front}

    def pass_on(self, source):
        target = self.other[source]
        try:
            data = source.recv(PIECE_BYTES)
            target.sendall(data)
        except OSError:
            data = b""
        if not data:
            for each in (source, target):
                del self.other[each]
                each.close()
