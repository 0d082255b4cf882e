"""A program of its own that asks the daemon over the Unix socket, so that the daemon sees another process."""

import ctypes
import os
import signal
import socket

import http1
from daemon import die_with

LIBC = ctypes.CDLL(None)
PR_SET_NAME = 15
HEAD_BYTES = 4096


class App:
    """It keeps one connection. Its process ends with the `with` block, if it has not ended before."""

    def __init__(self, path, name="app"):
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            self.become(path, name, theirs, parent)
        theirs.close()
        self.has_ended = False
        self.peer = f"{name}[{self.pid}]"

    @staticmethod
    def become(path, name, channel, parent):
        """In the child: never returns."""
        try:
            die_with(parent)
            LIBC.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
            with http1.Connection(path) as connection:
                while True:
                    method, target, body, *headers = channel.recv(HEAD_BYTES).decode().split("\n")
                    pairs = [tuple(each.split(": ", 1)) for each in headers if each]
                    answer = connection.request(method, target, body or None, pairs)
                    channel.send(b"%d" % answer.status)
        finally:
            os._exit(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        self.ours.close()

    def ask(self, method, target, body="", headers=()):
        """-> the status of the answer"""
        self.ours.send("\n".join([method, target, body, *(f"{n}: {v}" for n, v in headers)]).encode())
        return int(self.ours.recv(HEAD_BYTES))

    def die(self):
        """It ends, but nobody waits for it: its pid stays."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def end(self):
        if not self.has_ended:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.has_ended = True
