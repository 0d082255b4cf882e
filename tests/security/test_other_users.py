#!/usr/bin/env python3
"""Files of another user where GhostKey expects its own: a directory, a log, a key, and a socket on which that
user listens where ghostctl connects. Most of it needs root, to become another user."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import seckit
import tap
from canary import names_in, value
from daemon import Daemon

THIRD_UID = seckit.OTHER_UID + 1
HEARD_S = 5
UNREACHABLE = 5
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def become(uid):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def run_as(uid, *command, stdin=b"", env=None):
    return subprocess.run(command, env=env or {"PATH": os.environ["PATH"]}, input=stdin,
                          preexec_fn=lambda: become(uid), capture_output=True, check=False)


def open_folder():
    folder = seckit.temporary()
    os.chmod(folder, 0o755)
    for variable in ("GHOSTKEYD", "GHOSTCTL"):
        seckit.copy_program(os.environ[variable], folder)
    return folder


class Listener:
    """Another user's process that accepts every request."""

    def __init__(self, uid, listener):
        self.heard, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                become(uid)
                listener = listener()
                os.write(writing, b"ready")
                signal.alarm(HEARD_S * 4)
                while True:
                    connection = listener.accept()[0]
                    connection.settimeout(HEARD_S)
                    os.write(writing, connection.recv(65536))
                    connection.sendall(ANSWER)
            finally:
                os._exit(0)
        os.close(writing)
        assert os.read(self.heard, 5) == b"ready"

    def end(self):
        """-> all that it was sent"""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        with os.fdopen(self.heard, "rb") as pipe:
            return pipe.read()


def at_path(path):
    def listen():
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen()
        return listener
    return listen


def at_port(family, address, port):
    def listen():
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
        return listener
    return listen


def free_port(family, address):
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def try_one(check, what, folder, uid, listen, *place):
    """Whether ghostctl sent anything to that user's listener."""
    listener = Listener(uid, listen)
    token = pathlib.Path(folder, "token")
    token.write_text(value("token"), "ascii")
    os.chmod(token, 0o644)
    if "--url" in place:
        place += ("--token-file", str(token))
    try:
        said = run_as(seckit.OTHER_UID, f"{folder}/ghostctl", *place,
                      "put", "a", stdin=value("told").encode())
    finally:
        heard = listener.end()
    if uid == seckit.OTHER_UID or uid == 0:
        check.ok("told" in names_in(heard), f"{what}: one's own, or root's, is spoken to", said)
        return
    check.equal((said.returncode, heard), (UNREACHABLE, b""),
                f"{what}: another user who listens there hears nothing")
    check.ok(b"another user listens at" in said.stderr, f"{what}: which is said", said.stderr)


def who_listens(check):
    folder = open_folder()
    shared = pathlib.Path(folder, "shared")
    shared.mkdir()
    os.chmod(shared, 0o1777)
    try:
        for uid in (THIRD_UID, seckit.OTHER_UID, 0):
            path = str(shared / f"s{uid}")
            try_one(check, f"a Unix socket of {uid}", folder, uid, at_path(path), "--socket", path)
            port = free_port(socket.AF_INET, "127.0.0.1")
            for address in ("127.0.0.1", "0.0.0.0"):
                try_one(check, f"TCP on {address} of {uid}", folder, uid,
                        at_port(socket.AF_INET, address, port), "--url", f"http://127.0.0.1:{port}")
        if not pathlib.Path("/proc/net/if_inet6").exists():
            check.skip("TCP on ::1", "there is no IPv6 here")
            return
        for uid in (THIRD_UID, seckit.OTHER_UID):
            port = free_port(socket.AF_INET6, "::")
            try_one(check, f"TCP on all addresses of both kinds of {uid}", folder, uid,
                    at_port(socket.AF_INET6, "::", port), "--url", f"http://127.0.0.1:{port}")
        for uid in (THIRD_UID, seckit.OTHER_UID):
            port = free_port(socket.AF_INET6, "::1")
            try_one(check, f"TCP on ::1 of {uid}", folder, uid,
                    at_port(socket.AF_INET6, "::1", port), "--url", f"http://[::1]:{port}")
    finally:
        shutil.rmtree(folder)


def start_theirs(folder, name, *options):
    """ghostkeyd of another user, in a folder of that user."""
    place = pathlib.Path(folder, name)
    place.mkdir(0o700)
    os.chown(place, seckit.OTHER_UID, seckit.OTHER_UID)
    return subprocess.Popen([f"{folder}/ghostkeyd", "--socket", f"{place}/s", "--token-file",
                             f"{place}/token", *options],
                            preexec_fn=lambda: become(seckit.OTHER_UID), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def who_has_the_port(check):
    """What a second ghostkeyd says to an ordinary user."""
    folder = open_folder()
    started = []
    try:
        first = start_theirs(folder, "first", "--tcp", "127.0.0.1:0")
        started.append(first)
        first.stdout.readline()
        port = first.stdout.readline().rsplit(":", 1)[1].strip()
        second = start_theirs(folder, "second", "--tcp", f"127.0.0.1:{port}")
        said = second.communicate()[1]
        # several, if another test has that user run a ghostkeyd at this moment
        check.ok(second.returncode == 1 and (
            f"process {first.pid} listens on TCP port {port}" in said or
            f"another process of yours listens on TCP port {port}" in said),
                 "that their own first one has the port, by its pid if it is the only one", said)
        third = start_theirs(folder, "third")
        started.append(third)
        third.stdout.readline()
        said = start_theirs(folder, "fourth", "--tcp", f"127.0.0.1:{port}").communicate()[1]
        check.ok(f"another process of yours listens on TCP port {port}" in said,
                 "where it may be one of several, that it is theirs", said)
        port = free_port(socket.AF_INET, "127.0.0.1")
        listener = Listener(THIRD_UID, at_port(socket.AF_INET, "127.0.0.1", port))
        try:
            said = start_theirs(folder, "fifth", "--tcp", f"127.0.0.1:{port}").communicate()[1]
        finally:
            listener.end()
        check.ok(f"a process of another user (uid {THIRD_UID}) listens on TCP port {port}" in said,
                 "and another user's is said to be that", said)
    finally:
        for each in started:
            each.terminate()
            each.communicate()
        shutil.rmtree(folder)


def directories(check):
    """Of another user who is not root, though we may write there."""
    folder = open_folder()
    try:
        for uid, wanted in ((THIRD_UID, "belongs to another user"), (0, None)):
            named = pathlib.Path(folder, f"d{uid}")
            named.mkdir()
            os.chmod(named, 0o1777)
            os.chown(named, uid, uid)
            said = subprocess.Popen([f"{folder}/ghostkeyd", "--socket", f"{named}/s"],
                                    preexec_fn=lambda: become(seckit.OTHER_UID), text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            first = said.stdout.readline()
            said.terminate()
            rest = said.communicate()[1]
            if wanted is None:
                check.equal(said.returncode, 0, "a socket may be made in a directory of root's")
            else:
                check.ok(said.returncode == 1 and first == "" and wanted in rest,
                         "but not in one of another user's", rest)
        runtime = pathlib.Path(folder, "runtime")
        runtime.mkdir(0o700)
        theirs = pathlib.Path(folder, "theirs")
        theirs.mkdir(0o700)
        os.chown(theirs, THIRD_UID, THIRD_UID)
        (runtime / "ghostkey").symlink_to(theirs)
        status, said, _ = seckit.run_refused(folder, env=dict(os.environ, XDG_RUNTIME_DIR=str(runtime)))
        check.ok(status == 1 and "belongs to another user" in said,
                 "a default directory that is a link to another user's is refused", status, said)
        check.equal(list(theirs.iterdir()), [], "and left as it was")
    finally:
        shutil.rmtree(folder)


def files(check):
    folder = seckit.temporary()
    try:
        for name, option in (("log", "--audit-log"), ("store", "--store")):
            path = pathlib.Path(folder, name)
            path.write_bytes(b"")
            os.chown(path, THIRD_UID, THIRD_UID)
            os.chmod(path, 0o644)
            status, said, _ = seckit.run_refused(folder, "--socket", f"{folder}/s", option, str(path))
            check.ok(status in (1, 2) and "belongs to another user" in said
                     and oct(path.stat().st_mode)[-3:] == "644",
                     f"{option} of another user's file is refused, also for root", status, said)
    finally:
        shutil.rmtree(folder)


def a_key_that_others_can_read(check):
    folder = seckit.temporary()
    try:
        key = pathlib.Path(folder, "key")
        for mode in (0o600, 0o640, 0o644, 0o602):
            key.write_bytes(os.urandom(32))
            os.chmod(key, mode)
            with Daemon("--store", f"{folder}/store{mode}", "--store-key", str(key)) as daemon:
                check.equal("--store-key: others can" in daemon.stderr(), mode != 0o600,
                            f"a key of mode {mode:o}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    if seckit.may_become_others():
        sys.exit(tap.run(who_listens, who_has_the_port, directories, files, a_key_that_others_can_read))
    sys.exit(tap.run(a_key_that_others_can_read,
                     lambda check: check.skip("other users", "needs root to become them")))
