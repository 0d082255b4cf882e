#!/usr/bin/env python3
"""Who is answered on the Unix socket, and who may read it and the files beside it (contract, section 7)."""

import json
import os
import pathlib
import shutil
import socket
import stat
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import seckit
import tap
from daemon import Daemon, listening_socket
from seckit import as_other, attempt, is_problem

KEY_BYTES = 32


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def without_umask(function):
    """Starts it with umask 0, as a careless user may."""
    before = os.umask(0)
    try:
        return function()
    finally:
        os.umask(before)


def default_place(runtime):
    env = dict(os.environ, XDG_RUNTIME_DIR=runtime)
    return env, os.path.join(runtime, "ghostkey")


def modes(check):
    runtime = seckit.temporary()
    env, folder = default_place(runtime)
    path = os.path.join(folder, "ghostkey.sock")
    daemon = without_umask(lambda: seckit.Process(
        [seckit.program(), "--tcp", "127.0.0.1:0"], runtime, env))
    try:
        seckit.wait_for(lambda: "listening on tcp:" in daemon.stdout(), "readiness")
        check.equal(oct(mode(folder)), "0o700", "the default directory is made with mode 0700")
        check.equal(oct(mode(path)), "0o600", "the socket with mode 0600")
        check.equal(oct(mode(os.path.join(folder, "token"))), "0o600",
                    "the token file with mode 0600")
        check.equal(daemon.stop(), 0, "the daemon ends")
        check.ok(not os.path.exists(path), "and removes the socket that it made")
    finally:
        daemon.stop(9)
        shutil.rmtree(runtime)


def files(check):
    folder = seckit.temporary()
    try:
        key = pathlib.Path(folder, "key")
        key.write_bytes(os.urandom(KEY_BYTES))
        options = ["--store", f"{folder}/store", "--store-key", str(key), "--audit-log",
                   f"{folder}/audit", "--token-file", f"{folder}/token", "--tcp", "127.0.0.1:0"]
        with without_umask(lambda: Daemon(*options, directory=folder)) as daemon:
            daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')
            kept = ["store", "audit", "token"]
            check.equal([oct(mode(f"{folder}/{name}")) for name in kept], ["0o600"] * 3,
                        "store, audit log and token are 0600 whatever the umask is")
            leftovers = sorted(name for name in os.listdir(folder)
                               if name not in (*kept, "s", "key", "stdout", "stderr"))
            check.equal([oct(mode(f"{folder}/{name}")) for name in leftovers],
                        ["0o600"] * len(leftovers), f"and what lies beside them ({leftovers})")
            if not seckit.may_become_others():
                check.skip("another user cannot open them", "needs root to become another user")
                return
            os.chmod(folder, 0o755)
            for name in kept:
                path = f"{folder}/{name}"
                check.equal(as_other(lambda path=path: attempt(os.open, path, os.O_RDONLY)),
                            "EACCES", f"another user cannot read the {name}")
                check.equal(as_other(lambda path=path: attempt(os.open, path, os.O_WRONLY)),
                            "EACCES", f"nor write it ({name})")
            for name in ("environ", "mem", "maps", "fd"):
                path = f"/proc/{daemon.pid}/{name}"
                how = os.O_DIRECTORY if name == "fd" else os.O_RDONLY
                said = as_other(lambda path=path, how=how: attempt(os.open, path, how))
                check.equal(said, "EACCES", f"nor open /proc/PID/{name} of the daemon")
    finally:
        shutil.rmtree(folder)


def connect_and_ask(path, *requests):
    """-> the status, body and media type of each answer, and whether a refusal was the end."""
    with http1.Connection(path) as connection:
        answers = [connection.request(method, target, body) for method, target, body in requests]
        return [[answer.status, answer.body.decode(), http1.header(answer.headers, "content-type")]
                for answer in answers], answers[-1].status == 403 and connection.is_closed()


def another_user(check):
    if not seckit.may_become_others():
        check.skip("another user is refused", "needs root to become another user")
        return
    with Daemon("--seed", "test", passed=False) as daemon:
        os.chmod(daemon.directory, 0o755)
        said = as_other(lambda: attempt(http1.Connection, daemon.socket))
        check.equal(said, "EACCES", "the socket's mode keeps another user from connecting")
        os.chmod(daemon.directory, 0o700)
        os.chmod(daemon.socket, 0o666)
        said = as_other(lambda: attempt(http1.Connection, daemon.socket))
        check.equal(said, "EACCES", "so does the directory's alone")
        os.chmod(daemon.directory, 0o755)
        for method, target, body in [("GET", "/v1/status", None), ("GET", "/v1/nothing", None),
                                     ("PUT", "/v1/secrets/a", '{"value":"theirs"}'),
                                     ("POST", "/v1/secrets/a//b", '{')]:
            answers, closed = as_other(
                lambda method=method, target=target, body=body:
                connect_and_ask(daemon.socket, (method, target, body)))
            status, text, media = answers[0]
            check.ok(status == 403 and json.loads(text)["status"] == 403 and closed
                     and media == "application/problem+json",
                     f"with both opened up by hand, {method} {target} of another user is a 403, "
                     "and the end", answers, closed)
        said = as_other(lambda: fragments(daemon.socket))
        check.ok(said in ([400, True], [403, True], [0, True]), "so is what is not HTTP", said)
        answer = daemon.answer("GET", "/v1/secrets/a")
        check.ok(is_problem(answer, 404), "nothing of it happened, and the owner is served", answer)
        said = as_other(lambda: many_at_once(daemon.socket))
        check.equal(daemon.answer("GET", "/v1/status").status, 200,
                    f"also after {said} connections of another user")


def fragments(path):
    with http1.Connection(path) as connection:
        connection.send(b"\0\r\n\r\n")
        try:
            return [connection.answer().status, connection.is_closed()]
        except (http1.Closed, ConnectionResetError):
            return [0, True]


def many_at_once(path, count=200):
    held = [http1.Connection(path) for _ in range(count)]
    return len(held)


class TheirDaemon(seckit.Process):
    """ghostkeyd as an ordinary user."""

    def become(self, arguments, environment, passed, limits, err):
        os.setgroups([])
        os.setresgid(*[seckit.OTHER_UID] * 3)
        os.setresuid(*[seckit.OTHER_UID] * 3)
        super().become(arguments, environment, passed, limits, err)


def their_own_daemon(check):
    """An ordinary user's daemon serves that user and root, and shows its memory to no user."""
    if not seckit.may_become_others():
        check.skip("an ordinary user's daemon", "needs root to become another user")
        return
    folder = seckit.temporary()
    os.chown(folder, seckit.OTHER_UID, seckit.OTHER_UID)
    path = os.path.join(folder, "s")
    program = seckit.copy_program(seckit.program(), folder)
    daemon = TheirDaemon([program, "--socket", path], folder)
    try:
        seckit.wait_for(lambda: "listening on" in daemon.stdout() or not daemon.runs(), "readiness")
        check.ok(daemon.runs(), "an ordinary user's daemon runs", daemon.stderr())
        check.equal(connect_and_ask(path, ("GET", "/v1/status", None))[0][0][0], 200,
                    "root may speak to it")
        check.equal(as_other(lambda: connect_and_ask(path, ("GET", "/v1/status", None)))[0][0][0],
                    200, "its own user, too")
        os.chmod(folder, 0o755)
        os.chmod(path, 0o666)
        third = seckit.OTHER_UID + 1
        said = as_other(lambda: connect_and_ask(path, ("GET", "/v1/status", None)), third)
        check.equal((said[0][0][0], said[1]), (403, True), "a third may not")
        for name in ("mem", "environ", "maps"):
            said = as_other(lambda name=name: attempt(os.open, f"/proc/{daemon.pid}/{name}",
                                                      os.O_RDONLY))
            check.ok(said in ("EACCES", "EPERM"),
                     f"its own user cannot open its /proc/PID/{name}: it is not dumpable", said)
        limits = pathlib.Path(f"/proc/{daemon.pid}/limits").read_text("ascii")
        core = [line.split()[4:6] for line in limits.splitlines() if "core file" in line]
        check.equal(core, [["0", "0"]], "it leaves no core file")
        check.equal(daemon.stop(), 0, "it ends")
    finally:
        daemon.stop(9)
        shutil.rmtree(folder)


def directories(check):
    runtime = seckit.temporary()
    env, folder = default_place(runtime)
    try:
        os.mkdir(folder, 0o700)
        for wrong in (0o755, 0o710, 0o701):
            os.chmod(folder, wrong)
            status, said, out = seckit.run_refused(runtime, env=env)
            check.ok(status == 1 and folder in said and "open to others" in said and out == "",
                     f"a default directory of mode {wrong:o} is refused", status, said)
        named = os.path.join(runtime, "named")
        os.mkdir(named)
        os.chmod(named, 0o777)
        status, said, _ = seckit.run_refused(runtime, "--socket", f"{named}/s")
        check.ok(status == 1 and "lets everybody replace" in said,
                 "so is a named one in which everybody can replace the socket", status, said)
        os.chmod(folder, 0o700)
        if not seckit.may_become_others():
            check.skip("a default directory of another user is refused",
                       "needs root to give it away")
            return
        os.chown(folder, seckit.OTHER_UID, seckit.OTHER_UID)
        status, said, _ = seckit.run_refused(runtime, env=env)
        check.ok(status == 1 and folder in said and "belongs to another user" in said,
                 "a default directory of another user is refused", status, said)
    finally:
        shutil.rmtree(runtime)


def passed_in(check):
    folder = seckit.temporary()
    try:
        daemon = Daemon(directory=folder)
        before = os.lstat(daemon.socket)
        check.equal(daemon.stop(), 0, "a daemon on a passed-in socket ends")
        after = os.lstat(daemon.socket)
        check.equal((after.st_ino, after.st_dev), (before.st_ino, before.st_dev),
                    "a socket that was passed in is never unlinked")
        os.unlink(daemon.socket)
        listener = listening_socket(daemon.socket)
        daemon = seckit.Process([seckit.program(), "--bogus"], folder, None, [listener])
        check.equal(daemon.wait(), 2, "one that is refused ends")
        check.ok(stat.S_ISSOCK(os.lstat(os.path.join(folder, "s")).st_mode),
                 "and leaves the passed-in socket, too")
        listener.close()
    finally:
        shutil.rmtree(folder)


def the_wrong_sockets(check):
    folder = seckit.temporary()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(os.path.join(folder, "d"))
            status, said, _ = seckit.run_refused(folder, passed=[datagrams])
            check.ok(status == 1 and "no stream socket" in said,
                     "a passed-in socket that is no stream is refused", status, said)
        with open(os.path.join(folder, "file"), "wb") as file:
            status, said, _ = seckit.run_refused(folder, passed=[file])
            check.ok(status == 1 and "is no socket" in said,
                     "so is what is no socket at all", status, said)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(tap.run(modes, files, another_user, their_own_daemon, directories, passed_in, the_wrong_sockets))
