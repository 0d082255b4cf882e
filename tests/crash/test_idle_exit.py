#!/usr/bin/env python3
"""--idle-exit: the daemon ends when nobody was connected for so long and nothing would be lost. The next
call, on the socket that is kept open, finds the state. Without --store nothing is written to a disk."""

import json
import os
import select
import shutil
import sys
import tempfile
import threading

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from statekit import Place, Process, ask, listening_socket, program, put, wait_for
from daemon import open_files, open_to_its_user
from writers import Writer
import http1
import tap

IDLE_S = 1
LONG_S = 2.5 * IDLE_S  # long enough: it would have ended by now
SPARED_FDS = {"pipe", "socket", "anon_inode", "/memfd", "/dev/null"}


class Activated:
    """Does what a service manager does: keeps the socket, and starts a daemon at the first call."""

    def __init__(self, place, *options):
        self.place, self.options = place, options
        self.path = place.path("s")
        self.listener = listening_socket(self.path)
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        if self.process:
            self.process.end()

    def call(self):
        """A connection; a daemon is started if none runs."""
        connection = http1.Connection(self.path)
        if self.process is None or not self.process.runs():
            if self.process:
                self.process.end()
            assert select.select([self.listener], [], [], 10)[0]
            self.process = Process([program(), "--idle-exit", f"{IDLE_S}s", *self.options],
                                   self.place.directory, open_to_its_user(), [self.listener])
        return connection

    def ends(self):
        """Whether it ends by itself, in time and with status 0."""
        return self.process.wait(IDLE_S + 10) == 0

    def stays(self):
        return not select.select([self.process.pidfd], [], [], LONG_S)[0]


def what_would_be_lost_keeps_it(check):
    with Place() as place, Activated(place) as service:
        with service.call() as connection:
            check.equal(ask(connection, "GET", "/v1/secrets")[0], 200, "a daemon answers")
        check.ok(service.ends(), "nothing is in its memory: it ends")
        with service.call() as connection:
            check.equal(ask(connection, "GET", "/v1/status")[0], 200, "the next call brings one")
            ask(connection, "PUT", "/v1/secrets/a", put("x"))
        check.ok(service.stays(), "a secret is in its memory: it stays")
        with service.call() as connection:
            ask(connection, "DELETE", "/v1/secrets/a")
        check.ok(service.stays(), "its events and what is left of the name are: it stays")
    for what, path, body in [("a token that a login gave", "/v1/auth/approle/login", "{}"),
                             ("a mount", "/v1/sys/mounts/team", '{"type":"kv-v2"}')]:
        with Place() as place, Activated(place) as service:
            with service.call() as connection:
                check.ok(ask(connection, "POST", path, body)[0] in (200, 204), f"{what} is made")
            check.ok(service.stays(), "it is in its memory, though it is no event: it stays")
    with Place() as place, Activated(place, "--clock", "virtual") as service:
        with service.call() as connection:
            ask(connection, "POST", "/v1/clock/advance", '{"by":60}')
        check.ok(service.stays(), "a clock that was moved is: it stays")


def a_store_lets_it_go(check):
    with Place() as place, Activated(place, "--store", place.store, "--seed", "t") as service:
        for number in range(1, 4):
            with service.call() as connection:
                answer = ask(connection, "PUT", "/v1/secrets/a", put(f"value {number}"))
                check.equal(json.loads(answer[1])["metadata"]["version"], number,
                            f"call {number} finds the state")
            check.ok(service.ends(), "it ends by itself")


def who_is_connected_keeps_it(check):
    with Place() as place, Activated(place, "--store", place.store) as service:
        with service.call() as stream:
            stream.send(http1.encode("GET", "/v1/events", None, {"Accept": "text/event-stream"}))
            check.ok(stream.take_line().startswith(b"HTTP/1.1 200"), "a stream is open")
            with service.call() as connection:
                ask(connection, "PUT", "/v1/secrets/a", put("x"))
            check.ok(service.stays(), "it stays while a stream is")
        with service.call() as connection:  # its event shows the daemon that the reader is gone
            ask(connection, "PUT", "/v1/secrets/a", put("y"))
        check.ok(service.ends(), "and ends after it")
        with service.call():
            check.ok(service.stays(), "it stays while a connection is open that says nothing")
        check.ok(service.ends(), "and ends after it")


def session(path):
    """Some operations of every kind, by several clients at once."""
    writers = [Writer(n).again(path, stays=True) for n in range(4)]
    timer = threading.Timer(0.7, lambda: [writer.stop() for writer in writers])
    timer.start()
    timer.join()
    for writer in writers:
        writer.join(30)
    return sum(writer.acknowledged for writer in writers)


def no_option_no_disk_by_what_is_open(check):
    with Place() as place, Activated(place) as service:
        service.call().close()
        writes = session(service.path)
        pid = service.process.pid
        with open(f"/proc/{pid}/io", encoding="ascii") as io:
            counted = dict(line.split(": ") for line in io.read().splitlines())
        names = open_files(pid).values()
        with open(f"/proc/{pid}/maps", encoding="ascii") as file:
            maps = file.read().splitlines()
        logs = {os.path.join(place.directory, name) for name in ("stdout", "stderr")}
        others = [name for name in names if name not in logs
                  and name.split(":")[0] not in SPARED_FDS and not name.startswith("/memfd:")]
        check.equal(others, [], f"{writes} writes: no file is open but the test's own two logs")
        shared = [line for line in maps if line.split()[1][3] == "s" and "/memfd:" not in line]
        check.equal(shared, [], "and none is mapped to be shared")
        log_bytes = sum(os.stat(log).st_size for log in logs)
        check.ok(int(counted["write_bytes"]) <= log_bytes + 2 * 4096 * len(logs),
                 "what reached a disk is those logs", counted, log_bytes)


def no_option_no_disk_by_strace(check):
    strace = shutil.which("strace")
    if not strace:
        check.skip("no disk writes by strace", "strace is not installed")
        return
    with tempfile.TemporaryDirectory(prefix="ghostkey-strace-") as directory:
        trace, path = os.path.join(directory, "trace"), os.path.join(directory, "s")
        # The leak checker cannot look into a process that is traced, and would fail.
        env = open_to_its_user()
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        process = Process([strace, "-f", "-qq", "-o", trace, "-e",
                           "trace=open,openat,openat2,creat,rename,renameat,renameat2,mkdir,mkdirat,"
                           "link,linkat,symlink,symlinkat,mknod,mknodat,truncate,chmod,fchmodat",
                           program(), "--socket", path], directory, env)
        wait_for(lambda: "listening on" in process.stdout() or not process.runs(), "readiness")
        if not process.runs():
            check.skip("no disk writes by strace", f"strace does not run: {process.stderr()[:100]}")
            return
        writes = session(path)
        os.kill(int(open(trace, encoding="utf-8").readline().split()[0]), 15)
        process.end()
        with open(trace, encoding="utf-8") as lines:
            calls = lines.read().splitlines()
    writing = [line for line in calls if "= -1" not in line and "O_RDONLY" not in line
               and "/dev/null" not in line
               and "exited" not in line and "SIG" not in line and f'"{path}' not in line
               and f'chmod("{path}' not in line and '.gcda"' not in line]  # what ci/coverage counts
    check.ok(len(calls) > 5, f"{len(calls)} calls were seen over {writes} writes")
    check.equal(writing, [], "none opened, made or renamed a file to write to")


if __name__ == "__main__":
    sys.exit(tap.run(what_would_be_lost_keeps_it, a_store_lets_it_go, who_is_connected_keeps_it,
                     no_option_no_disk_by_what_is_open, no_option_no_disk_by_strace))
