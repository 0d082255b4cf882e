"""Keeps file descriptors as a service manager does (sd_notify(3), FDSTORE=1): what a daemon hands over is passed to
the next one, however the first one ends.

    with ServiceManager() as manager, manager.start("--seed", "test") as daemon:
"""

import array
import os
import shutil
import socket
import tempfile
import threading

from daemon import Daemon

FDS_MAX = 8  # FileDescriptorStoreMax= of the unit
MESSAGE_BYTES = 4096


class Kept:
    """One file descriptor, as a file that Daemon passes on."""

    def __init__(self, fd):
        self.fd = fd

    def fileno(self):
        return self.fd


class ServiceManager:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ghostkey-manager-")
        self.path = os.path.join(self.folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.kept, self.said = [], []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"END", self.path)
        self.reader.join()
        self.socket.close()
        for kept in self.kept:
            os.close(kept.fd)
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self):
        while True:
            message, control, _, _ = self.socket.recvmsg(MESSAGE_BYTES, socket.CMSG_SPACE(4 * FDS_MAX))
            fds = array.array("i")
            for level, kind, data in control:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
            if message == b"END":
                return
            self.take(message.decode().splitlines(), list(fds))

    def take(self, lines, fds):
        """A barrier is met by closing its fd, once all before it was read."""
        self.said += lines
        for fd in fds:
            inodes = [os.fstat(kept.fd).st_ino for kept in self.kept]
            if "FDSTORE=1" in lines and os.fstat(fd).st_ino not in inodes and len(inodes) < FDS_MAX:
                self.kept.append(Kept(fd))
            else:
                os.close(fd)
        if "FDSTOREREMOVE=1" in lines:
            for kept in self.kept:
                os.close(kept.fd)
            self.kept = []

    def start(self, *options, **more):
        """A daemon that gets all that is kept."""
        return Daemon(*options, state=list(self.kept), notify=self.path, **more)
