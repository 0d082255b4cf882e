"""The real ghostkeyd, started as a service manager does it: in a directory of its own, with a
socket that listens already and is passed in.

    with Daemon("--seed", "test") as daemon:
        status, headers, body = daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')

The program is $GHOSTKEYD.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
import time

import http1

DEADLINE_S = 20
FIRST_PASSED_FD = 3
ASKING = {signal.SIGTERM, signal.SIGINT}
CLOSED = -1
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def program():
    path = os.environ.get("GHOSTKEYD")
    if not path:
        sys.exit("GHOSTKEYD must name the ghostkeyd to test")
    return path


def is_sanitized():
    """Whether the daemon was built with AddressSanitizer, which keeps freed memory unchanged."""
    return b"__asan_init" in pathlib.Path(program()).read_bytes()


def preloaded(library, env=None, **more):
    """The environment of a program into which that library is preloaded, with more variables."""
    env = dict(os.environ if env is None else env, LD_PRELOAD=library, **more)
    # a sanitizer's library asks to be the first, and need not be
    env["ASAN_OPTIONS"] = (env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0").lstrip(":")
    return env


def open_to_its_user(env=None):
    """The environment of a program whose memory or files this test reads. Root may read any; an ordinary user may
    not read the programs (PR_SET_DUMPABLE), and $DUMPABLE_LIB prevents that. Not for tests of just that."""
    env = dict(os.environ if env is None else env)
    return env if os.geteuid() == 0 else preloaded(os.environ["DUMPABLE_LIB"], env)


def open_files(pid):
    """{number: what it is} of the files that a process has open. One that is closed while this
    looks is left out."""
    found = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        except FileNotFoundError:
            continue
    return found


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """Calls condition() until it is true, and returns its result; fails after the deadline."""
    end = time.monotonic() + deadline_s
    pause = 0.001
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline_s} s for {what}")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def die_with(parent):
    """This process, which `parent` has forked, gets SIGKILL when the parent ends, by whatever way.
    The kernel means the thread that forked: no test starts a program in a thread that ends first."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it has ended already
        os._exit(127)


class EndedBadly(Exception):
    """A program ended with a bad exit status; its messages are in the text."""


class Process:
    """A program whose output goes to files, which gets chosen fds, and which ends when its test does.

    err: its stderr, if that is no file: an open fd, or CLOSED.
    notify: the socket of its service manager (service_manager.py)."""

    def __init__(self, arguments, directory, env=None, passed=(), limits=(), err=None, notify=None):
        self.out = pathlib.Path(directory) / "stdout"
        self.err = pathlib.Path(directory) / "stderr"
        self.status = None
        self.sent = set()  # numbers of the signals that the test sent
        for log in (self.out, self.err):
            log.unlink(missing_ok=True)  # of an earlier process in this directory
        environment = dict(os.environ if env is None else env)
        environment.pop("NOTIFY_SOCKET", None)
        if notify:
            environment["NOTIFY_SOCKET"] = notify
        self.test_pid = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            self.become(arguments, environment, passed, limits, err)
        self.pidfd = os.pidfd_open(self.pid)

    def become(self, arguments, environment, passed, limits, err):
        """In the child: never returns."""
        try:
            die_with(self.test_pid)  # after a change of the user, which would undo it
            for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, which would be inherited
                signal.signal(ignored, signal.SIG_DFL)
            low = FIRST_PASSED_FD + len(passed)
            fds = [os.open(os.devnull, os.O_RDONLY)]
            fds += [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                    for path in (self.out, self.err)]
            fds[2] = fds[2] if err in (None, CLOSED) else os.dup(err)
            fds += [os.dup(each.fileno()) for each in passed]
            while min(fds) < low:  # out of the way of the numbers they are to get
                fds = [os.dup(fd) if fd < low else fd for fd in fds]
            for number, fd in enumerate(fds):
                os.dup2(fd, number, inheritable=True)
            os.closerange(low, 1024)
            if err == CLOSED:
                os.close(2)
            if passed:
                environment |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(passed))}
            for what, soft in limits:
                resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))
            os.execve(arguments[0], arguments, environment)
        finally:
            os._exit(127)

    def stdout(self):
        return self.out.read_text("utf-8", "replace") if self.out.exists() else ""

    def stderr(self):
        return self.err.read_text("utf-8", "replace") if self.err.exists() else ""

    def wait(self, deadline_s=DEADLINE_S):
        """Its exit status, or minus the signal it died of."""
        if self.status is None:
            if not select.select([self.pidfd], [], [], deadline_s)[0]:
                raise TimeoutError(f"{self.pid} still runs after {deadline_s} s: {self.stderr()}")
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self.pidfd)
        return self.status

    def runs(self):
        return self.status is None and not select.select([self.pidfd], [], [], 0)[0]

    def kill(self, number):
        if self.status is None:
            self.sent.add(number)
            signal.pidfd_send_signal(self.pidfd, number)

    def stop(self, number=signal.SIGTERM, deadline_s=DEADLINE_S):
        self.kill(number)
        try:
            return self.wait(deadline_s)
        except TimeoutError:
            self.kill(signal.SIGKILL)
            self.wait()
            raise

    def end(self):
        """Ends it if it still runs; raises if it did not end well. It may die of a signal that the test sent, but not of
        one that asks it to end. A report of a sanitizer changes the exit status."""
        status = self.stop() if self.status is None else self.status
        if status != 0 and (-status not in self.sent or -status in ASKING):
            raise EndedBadly(f"{self.pid} ended with {status}: {self.stderr()}")


def listening_socket(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1024)
    return listener


class Daemon(Process):
    """passed: the socket is made here and passed in; else the daemon makes it (--socket).
    state: a memfd, as a file, that a service manager would have kept, or several; needs passed.
    under: a command that runs it, such as valgrind."""

    def __init__(self, *options, passed=True, env=None, limits=(), directory=None, err=None,
                 state=None, under=(), notify=None, credentials=False):
        self.owns_directory = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="ghostkey-")
        self.socket = os.path.join(self.directory, "s")
        sockets = [listening_socket(self.socket)] if passed else []
        sockets += [listening_socket(self.socket + "-credential")] if credentials else []
        place = [] if passed else ["--socket", self.socket]
        states = [] if state is None else state if isinstance(state, list) else [state]
        given = [*sockets, *states]
        if states or credentials:
            names = ":".join(["socket"] * passed + ["credential"] * credentials + ["state"] * len(states))
            env = dict(os.environ if env is None else env) | {"LISTEN_FDNAMES": names}
        command = [*under, program(), *place, *options]
        super().__init__(command, self.directory, env, given, limits, err, notify)
        for each in sockets:
            each.close()
        try:
            wait_for(lambda: "listening on " in self.stdout() or not self.runs(), "readiness",
                     DEADLINE_S * (6 if under else 1))
            if not self.runs():
                raise RuntimeError(f"ghostkeyd ended with {self.wait()}: {self.stderr()}")
        except BaseException:
            self.give_up()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends it and removes its directory; raises if it ends badly."""
        try:
            self.end()
        finally:
            self.give_up()

    def give_up(self):
        """Ends it if it still runs, however that ends, and removes its directory."""
        try:
            if self.status is None:
                self.stop()
        finally:
            if self.owns_directory:
                shutil.rmtree(self.directory, ignore_errors=True)

    def connect(self, timeout=http1.ANSWER_TIMEOUT_S):
        return http1.Connection(self.socket, timeout)

    def answer(self, method, path, body=None, headers=(), version="1.1"):
        """One request on a connection of its own -> http1.Answer."""
        with self.connect() as connection:
            return connection.request(method, path, body, headers, version)

    def request(self, method, path, body=None, headers=()):
        """-> (status, headers with lower-case names, body)"""
        answer = self.answer(method, path, body, headers)
        return answer.status, {n.lower(): v for n, v in answer.headers}, answer.body

    def json(self, method, path, body=None, headers=()):
        """-> (status, what the body says)"""
        answer = self.answer(method, path, body, headers)
        return answer.status, json.loads(answer.body) if answer.body else None


@contextlib.contextmanager
def tight_daemon(store_bytes, *options, start=Daemon):
    """A daemon whose store can become so long and no longer."""
    limits = [(resource.RLIMIT_FSIZE, store_bytes)]
    with tempfile.TemporaryDirectory(prefix="ghostkey-tight-") as folder, \
            start("--store", f"{folder}/store", *options, limits=limits) as daemon:
        yield daemon


class KeptDaemon(Daemon):
    """One whose state a service manager would keep: it has a journal, in memory."""

    def __init__(self, *options, **more):
        memory = [open(os.memfd_create("ghostkey"), "w+b", buffering=0) for _ in range(2)]
        try:
            super().__init__(*options, state=memory, **more)
        finally:
            for each in memory:
                each.close()
