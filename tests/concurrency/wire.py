"""The clients of a fixed schedule: sockets that send what the schedule says, at its time."""

import array
import fcntl
import socket

import client
import http1

SIOCOUTQ = 0x5411
PEEK_BYTES = 1 << 20


class Client:
    """One client: its connections, one after another, with what it has still to send and to get."""

    def __init__(self, letter, path):
        self.letter = letter
        self.path = path
        self.socket = None
        self.unsent = b""
        self.asked = []  # operations that are under way, oldest first; the last may be half sent
        self.got = b""  # read off the socket, not yet a whole answer

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(self.path)
        self.socket.setblocking(False)

    def hang_up(self):
        """-> the operations that will get no answer"""
        if self.socket is not None:
            self.socket.close()
        lost, self.asked = self.asked, []
        self.socket, self.unsent, self.got = None, b"", b""
        for operation in lost:
            operation.pop("end", None)
        return lost

    def ask(self, operation):
        if self.socket is None:
            self.connect()
        self.asked.append(operation)
        self.unsent = client.bytes_of(operation)

    def send(self, count):
        sent = self.socket.send(self.unsent[:count])
        self.unsent = self.unsent[sent:]
        return sent

    def available(self):
        try:
            return self.socket.recv(PEEK_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            return b""

    def is_settled(self):
        """Whether nothing is on its way to the daemon, and each whole request has its whole answer."""
        if self.socket is None:
            return True
        waiting = array.array("i", [0])
        fcntl.ioctl(self.socket, SIOCOUTQ, waiting)
        due = len(self.asked) - bool(self.unsent)
        return waiting[0] == 0 and len(split_answers(self.got + self.available())) >= due

    def take_answers(self):
        """-> (operation, bytes) of what has been answered"""
        if self.socket is None or not self.asked:
            return []
        if self.available():
            self.got += self.socket.recv(PEEK_BYTES)
        answers = split_answers(self.got)
        self.got = self.got[sum(len(each) for each in answers):]
        done, self.asked = self.asked[:len(answers)], self.asked[len(answers):]
        return list(zip(done, answers))


def split_answers(data):
    """The whole answers that data begins with."""
    found = []
    while True:
        head, mark, rest = data.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n")
                   if line.startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        if not mark or len(rest) < length:
            return found
        found.append(data[:len(head) + len(mark) + length])
        data = data[len(found[-1]):]


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    pairs = [tuple(line.split(": ", 1)) for line in lines[1:]]
    return http1.Answer(int(lines[0].split(" ")[1]), lines[0], pairs, body)
