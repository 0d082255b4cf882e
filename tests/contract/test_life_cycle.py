#!/usr/bin/env python3
"""From the daemon's start to its end: options, sockets, readiness, signals; and the starts that it refuses."""

import json
import os
import pathlib
import re
import signal
import socket
import stat
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import derive
import http1
import tap
from daemon import Daemon, Process, listening_socket, program, wait_for

IN_FLIGHT = 40
CANARY = "canary-5b1e"


def value(text):
    return json.dumps({"value": text})


class Refused:
    """A start that must fail, in an empty directory."""

    def __init__(self, *arguments, env=None, passed=(), directory=None):
        self.folder = tempfile.TemporaryDirectory(prefix="ghostkey-")
        self.place = pathlib.Path(self.folder.name)
        runtime = self.place / "runtime"
        runtime.mkdir(mode=0o700)
        environment = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(runtime)}
        environment.update(env or {})
        environment = {k: v for k, v in environment.items() if v is not None}
        log = directory or self.folder.name
        self.process = Process([program(), *arguments], log, environment, passed)
        self.status = self.process.wait()
        self.stderr = self.process.stderr()
        self.left = sorted(p.name for p in runtime.rglob("*"))

    def fault(self, status, *named):
        """What is not as it must be, or None."""
        if self.status != status:
            return f"exit status {self.status}, wanted {status}: {self.stderr}"
        if len(self.stderr.splitlines()) != 1 or self.process.stdout():
            return f"not one line on stderr: {self.stderr!r} {self.process.stdout()!r}"
        missing = [text for text in named if text not in self.stderr]
        if missing:
            return f"{missing} not named in: {self.stderr}"
        return f"left behind: {self.left}" if self.left else None


BAD_OPTIONS = [
    (["--sockt", "x"], "--sockt"), ([f"--sede={CANARY}"], "--sede"), (["-x"], "-x"),
    (["-"], "argument"), (["serve"], "argument"), (["--socket"], "--socket"),
    (["--socket", ""], "--socket"),
    (["--socket", "/tmp/" + "x" * 200], "--socket"), (["--socket", "/"], "--socket"),
    (["--clock"], "--clock"), (["--clock", "wall"], "--clock"), (["--clock", "Virtual"], "--clock"),
    (["--clock", "virtual:"], "--clock"), (["--clock", "virtual:yesterday"], "--clock"),
    (["--clock", "virtual:2000-13-01T00:00:00Z"], "--clock"),
    (["--clock", "virtual:2001-02-29T00:00:00Z"], "--clock"),
    (["--clock", "virtual:2000-01-01T00:00:00"], "--clock"),
    (["--clock", "virtual:9900-01-02T00:00:00Z"], "--clock"),
    (["--max-value", "0"], "--max-value"), (["--max-value", "-1"], "--max-value"),
    (["--max-value", "64k"], "--max-value"), (["--max-value", ""], "--max-value"),
    (["--max-value", "99999999999999999999"], "--max-value"),
    (["--keep-versions", "0"], "--keep-versions"), (["--keep-versions", "x"], "--keep-versions"),
    (["--keep-versions", "1.5"], "--keep-versions"), (["--version=1"], "--version"),
    (["--seed", ""], "--seed"), (["--seed", CANARY, "--seed", "b"], "--seed"),
    (["--seed-file", "/nonexistent/seed"], "--seed-file"),
    (["--seed", CANARY, "--seed-file", "/dev/null"], "--seed-file"),
]


def bad_options(check):
    for arguments, named in BAD_OPTIONS:
        refused = Refused(*arguments)
        fault = refused.fault(2, named)
        if CANARY in refused.stderr:
            fault = "the seed is shown"
        check.ok(fault is None, f"{' '.join(arguments):.60}: exit 2, one line, nothing left", fault)
    refused = Refused(env={"XDG_RUNTIME_DIR": None})
    check.ok(refused.fault(2, "XDG_RUNTIME_DIR", "--socket") is None,
             "no XDG_RUNTIME_DIR: it says how to be started", refused.stderr)
    refused = Refused(env={"XDG_RUNTIME_DIR": "relative"})
    check.ok(refused.fault(2, "XDG_RUNTIME_DIR") is None, "a relative one is none", refused.stderr)


def options_that_print_and_exit(check):
    for option, wanted in (("--version", r"ghostkeyd \d+\.\d+\.\d+\n"),
                           ("--help", r"(?s)usage: ghostkeyd .*--socket .*--seed .*--clock .*")):
        with tempfile.TemporaryDirectory() as folder:
            process = Process([program(), option], folder)
            status = process.wait()
            printed = re.fullmatch(wanted, process.stdout())
            check.ok(status == 0 and printed and not process.stderr(),
                     f"{option} is answered on stdout",
                     process.stdout(), process.stderr())


def seeds(check):
    with tempfile.TemporaryDirectory() as folder:
        seed_file = pathlib.Path(folder) / "seed"
        seed_file.write_text("test\n")
        wanted = derive.derive("test", "a", 1, 1, {"strategy": "token"})
        made = {}
        for name, options in (("--seed", ("--seed", "test")),
                              ("--seed-file", ("--seed-file", str(seed_file))), ("none", ())):
            with Daemon(*options) as daemon:
                daemon.request("PUT", "/v1/secrets/a", '{"generate":true}')
                made[name] = daemon.json("GET", "/v1/secrets/a")[1]["value"]
                command_line = pathlib.Path(f"/proc/{daemon.pid}/cmdline").read_bytes()
                check.ok(b"\0test" not in command_line, f"{name}: the seed does not stay in argv")
        with Daemon() as daemon:
            daemon.request("PUT", "/v1/secrets/a", '{"generate":true}')
            another = daemon.json("GET", "/v1/secrets/a")[1]["value"]
        check.equal(made["--seed"], wanted, "--seed makes the values")
        check.equal(made["--seed-file"], wanted, "--seed-file as well, without its newline")
        check.ok(len({wanted, made["none"], another}) == 3, "without a seed each state has its own")


def own_sockets(check):
    with tempfile.TemporaryDirectory() as folder:
        env = {"XDG_RUNTIME_DIR": folder}
        path = os.path.join(folder, "ghostkey/ghostkey.sock")
        process = Process([program()], folder, env)
        wait_for(lambda: "listening on" in process.stdout() or not process.runs(), "readiness")
        check.equal(process.stdout(), f"listening on unix:{path}\n",
                    "the default socket is announced")
        modes = [stat.S_IMODE(os.stat(p).st_mode) for p in (path, os.path.dirname(path))]
        check.equal(modes, [0o600, 0o700], "the socket is 0600, its directory 0700")
        check.equal(http1.Connection(path).request("GET", "/v1/status").status, 200, "it answers")
        check.equal(process.stop(), 0, "SIGTERM ends it with 0")
        check.ok(not os.path.exists(path), "its own socket is removed")
    with Daemon(passed=False) as daemon:
        check.equal(daemon.stop(signal.SIGINT), 0, "SIGINT as well")
        check.ok(not os.path.exists(daemon.socket), "a named socket is removed, too")
    with Daemon() as daemon:
        check.equal(daemon.stdout(), f"listening on unix:{daemon.socket}\n",
                    "a passed-in one is named")
        check.equal(daemon.stop(), 0, "and left behind")
        check.ok(os.path.exists(daemon.socket), "as it was")


def second_daemons(check):
    with Daemon(passed=False) as first:
        first.request("PUT", "/v1/secrets/a", value("x"))
        refused = Refused("--socket", first.socket)
        check.ok(refused.fault(1, str(first.pid), first.socket) is None,
                 "a second daemon on the same socket: exit 1, and who holds it", refused.stderr)
        check.equal(first.request("GET", "/v1/secrets/a")[0], 200, "the first one goes on")
        first.stop(signal.SIGKILL)
        check.ok(os.path.exists(first.socket), "killed, it leaves its socket")
        with Daemon(passed=False, directory=first.directory) as third:
            check.equal(third.request("GET", "/v1/secrets/a")[0], 404,
                        "which the next one replaces")
    with tempfile.TemporaryDirectory() as folder:
        for what, make in (("a file", lambda path: pathlib.Path(path).write_text("mine")),
                           ("a directory", os.mkdir), ("a FIFO", os.mkfifo)):
            path = os.path.join(folder, what.replace(" ", "-"))
            make(path)
            refused = Refused("--socket", path)
            check.ok(refused.fault(1, path) is None and os.path.exists(path),
                     f"{what} in its place: exit 1, and it stays", refused.stderr)
        refused = Refused("--socket", os.path.join(folder, "none/there/s"))
        check.ok(refused.fault(1, "none/there") is None, "no directory to make it in: exit 1",
                 refused.stderr)


def passed_in(check):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in "abc"]
        sockets = [listening_socket(path) for path in paths]
        process = Process([program()], folder, passed=sockets)
        wait_for(lambda: process.stdout().count("\n") == 3 or not process.runs(), "readiness")
        check.equal(process.stdout(), "".join(f"listening on unix:{path}\n" for path in paths),
                    "each passed-in socket is announced")
        http1.Connection(paths[0]).request("PUT", "/v1/secrets/a", value("x"))
        statuses = [http1.Connection(path).request("GET", "/v1/secrets/a").status for path in paths]
        check.equal(statuses, [200, 200, 200], "and each leads to the same state")
        check.equal(process.stop(), 0, "SIGTERM")
        check.ok(all(os.path.exists(path) for path in paths), "all are left behind")
        unlistened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagram.bind(os.path.join(folder, "d"))
        for what, each in (("one that does not listen", unlistened),
                           ("a datagram socket", datagram),
                           ("a file", open(os.devnull, "rb"))):
            refused = Refused(passed=[each])
            check.ok(refused.fault(1, "3") is None, f"{what} passed in: exit 1, and which",
                     refused.stderr)
            each.close()


def ends_while_requests_arrive(check, own):
    """A client whose request has begun when SIGTERM comes gets its answer."""
    kind = "its own socket" if own else "a passed-in one"
    with Daemon(passed=not own) as daemon:
        idle = daemon.connect()
        idle.request("GET", "/v1/status")
        begun = [daemon.connect() for _ in range(IN_FLIGHT)]
        for number, connection in enumerate(begun):
            connection.send(http1.encode("PUT", f"/v1/secrets/s{number}", headers={
                "Content-Length": str(len(value("x"))), "Expect": "100-continue"}))
        interim = {connection.answer().status for connection in begun}
        daemon.kill(signal.SIGTERM)
        check.ok(interim == {100} and idle.is_closed(), f"{kind}: who asks nothing is sent away")
        if own:
            check.ok(not os.path.exists(daemon.socket), "nobody new can come")
        for connection in begun:
            connection.send(value("x").encode())
        statuses = {connection.answer().status for connection in begun}
        check.equal(statuses, {200}, f"{kind}: {IN_FLIGHT} requests in flight are answered")
        check.equal(daemon.wait(), 0, "then it exits with 0")
        check.equal(os.path.exists(daemon.socket), not own, "the socket is removed if it made it")


def ends(check):
    ends_while_requests_arrive(check, own=True)
    ends_while_requests_arrive(check, own=False)
    with Daemon() as daemon:
        with daemon.connect() as connection:
            connection.send(http1.encode("PUT", "/v1/secrets/a", headers={"Content-Length": "100"}))
            daemon.kill(signal.SIGTERM)
            check.equal(daemon.wait(), 0,
                        "a client that never ends its request does not hold it up")
    with Daemon() as daemon:
        with daemon.connect() as connection:
            connection.send(http1.encode("GET", "/v1/status") * 100)
            connection.answer()
            daemon.kill(signal.SIGTERM)
            check.equal(daemon.wait(), 0, "nor does one that does not read")
    with Daemon() as daemon:
        daemon.kill(signal.SIGTERM)
        daemon.kill(signal.SIGTERM)
        check.equal(daemon.wait(), 0, "a second SIGTERM changes nothing")


if __name__ == "__main__":
    sys.exit(tap.run(bad_options, options_that_print_and_exit, seeds, own_sockets, second_daemons, passed_in,
                     ends))
