"""What the tests in this folder share: a daemon that serves TCP, too, connections over TCP, and processes of
another user."""

import errno
import json
import os
import pathlib
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
from daemon import Daemon, Process, is_sanitized, open_to_its_user, program, wait_for

OTHER_UID = 59099  # of a user that need not exist
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
REFUSAL_S = 20
SEED = "seed-of-the-security-tests"


def copy_program(path, folder):
    """Copies a program for another user, who may not read the build directory, and h2o with it, if that is not
    the system's."""
    loaded = subprocess.run(["ldd", path], stdout=subprocess.PIPE, text=True, check=False).stdout
    for library in re.findall(r"=> (/\S*/libh2o-evloop\.so\S*) ", loaded):
        shutil.copy(library, folder)
    return shutil.copy(path, folder)


class Tcp(http1.Connection):
    """A connection over TCP; `path` is the port."""

    def __init__(self, port, timeout=http1.ANSWER_TIMEOUT_S, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""


class TcpDaemon(Daemon):
    """ghostkeyd on a passed-in Unix socket and on a TCP port that it chooses."""

    def __init__(self, *options, address="127.0.0.1:0", directory=None, **more):
        super().__init__("--seed", SEED, "--clock", "virtual", "--tcp", address, *options,
                         directory=directory, **more)
        self.port = tcp_port(self.stdout())
        self.token = None

    def read_token(self, path):
        self.token = pathlib.Path(path).read_text("ascii").rstrip("\n")
        return self.token

    def tcp(self):
        return Tcp(self.port)

    def bearer(self):
        return ("Authorization", f"Bearer {self.token}")

    def host(self, name="127.0.0.1"):
        return ("Host", f"{name}:{self.port}")

    def ask(self, method, path, body=None, headers=(), version="1.1"):
        """One request over TCP on a connection of its own, just so -> http1.Answer"""
        with self.tcp() as connection:
            return connection.request(method, path, body, headers, version)


def start_tcp(*options, **more):
    """A daemon with a token file beside its socket, the token read."""
    folder = more.pop("directory", None) or temporary()
    path = os.path.join(folder, "token")
    daemon = TcpDaemon("--token-file", path, *options, directory=folder, **more)
    daemon.owns_directory = True
    try:
        daemon.read_token(path)
    except BaseException:
        daemon.give_up()
        raise
    return daemon


def temporary():
    return tempfile.mkdtemp(prefix="ghostkey-security-")


def tcp_port(text):
    """The port of the first TCP listener that the daemon printed."""
    found = re.search(r"^listening on tcp:(?:[0-9.]+|\[[0-9a-f:]+\]):([0-9]+)$", text, re.M)
    if not found:
        raise AssertionError(f"no TCP port in {text!r}")
    return int(found[1])


def run_refused(directory, *options, env=None, passed=()):
    """Starts a daemon that must refuse to -> (exit status, its message, its standard output)"""
    process = Process([program(), *options], directory, env, passed)
    try:
        status = process.wait(REFUSAL_S)
    except TimeoutError:
        process.stop(9)
        return None, "it came up", process.stdout()
    return status, process.stderr(), process.stdout()


def is_problem(answer, status):
    return (answer.status == status and json.loads(answer.body)["status"] == status
            and http1.header(answer.headers, "content-type") == "application/problem+json")


def may_become_others():
    return os.geteuid() == 0


def as_other(function, uid=OTHER_UID):
    """What function() returns (JSON) in a process of another user; root only."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            said = function()
        except BaseException:  # pylint: disable=broad-except
            said = traceback.format_exc()
        try:
            os.write(writing, json.dumps(said).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(said)


def attempt(function, *arguments):
    """What it returns, or the name of the system's error."""
    try:
        return function(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


def open_fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory_kib(pid, what="VmRSS"):
    text = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.search(rf"^{what}:\s*([0-9]+) kB$", text, re.M)[1])


def costs_at_most(check, pid, before, most_kib, name):
    """Memory has not grown by more than that."""
    if is_sanitized():
        return check.skip(name, "AddressSanitizer keeps what is freed")
    grown = memory_kib(pid) - before
    return check.ok(grown <= most_kib, f"{name} ({grown} KiB)")


def cpu_s(pid):
    """User and system time spent."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def readable(connection, seconds=0):
    """Whether there is something to read, the end included, now or within that time."""
    poll = select.poll()  # select() knows no descriptor past 1,023
    poll.register(connection.socket, select.POLLIN)
    return bool(poll.poll(1000 * seconds))


def start_with_a(*options, kind=Daemon, **more):
    """A daemon with one secret, `a`, and nobody connected -> the daemon, its open files"""
    daemon = kind("--seed", "test", "--clock", "virtual", *options, env=open_to_its_user(), **more)
    try:
        fds = open_fds(daemon.pid)
        daemon.request("PUT", "/v1/secrets/a", '{"value":"first"}')
        wait_until_closed(daemon.pid, fds)
    except BaseException:
        daemon.give_up()
        raise
    return daemon, fds


def wait_until_closed(pid, fds):
    """Waits until the daemon has no more files open than that."""
    return wait_for(lambda: open_fds(pid) <= fds, f"{pid} to have {fds} open files")
