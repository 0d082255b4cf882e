#!/usr/bin/env python3
"""The daemon listens for TCP on loopback only, by an option or a passed-in socket; and the file with
the token (contract, sections 1 and 7)."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import seckit
import tap
from daemon import Daemon, open_files, open_to_its_user
from seckit import start_tcp

ELSEWHERE = ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "10.0.0.1:8080", "8.8.8.8:80", "[fe80::1]:0",
             "[2001:db8::1]:8080", "[::ffff:127.0.0.1]:0", "128.0.0.1:0", "126.255.255.255:0",
             "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
             "127.0.0.1:+80", "127.0.0.1: 80", "127.1:0", "::1:0", "[::1]", "0x7f000001:0", ":0", "0",
             "", "127.0.0.1:http", "127.0.0.1:0 "]


def listeners():
    """The TCP sockets of this machine that listen, as /proc has them."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/self/net/{table}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                found.add((fields[1], fields[9]))
    return found


def sockets_of(pid):
    """The inodes of the sockets that a process has open."""
    return {link[8:-1] for link in open_files(pid).values() if link.startswith("socket:[")}


def addresses(check):
    folder = seckit.temporary()
    try:
        for address in ELSEWHERE:
            token = os.path.join(folder, "token")
            status, said, out = seckit.run_refused(
                folder, "--socket", f"{folder}/s", "--token-file", token, "--tcp", address)
            left = sorted(set(os.listdir(folder)) - {"stdout", "stderr"})
            check.ok(status == 2 and "--tcp" in said and said.count("\n") == 1 and out == ""
                     and not left, f"--tcp {address!r} is refused; nothing is listened on, "
                     "nothing written", status, said, out, left)
        for address, label in [("127.0.0.1:0", "127.0.0.1"), ("127.0.0.53:0", "127.0.0.53"), ("localhost:0", "127.0.0.1"),
                               ("[::1]:0", "[::1]")]:
            if address.startswith("[") and not has_ipv6():
                check.skip(f"--tcp {address}", "this machine has no IPv6 loopback")
                continue
            with start_tcp(address=address, env=open_to_its_user()) as daemon:
                check.ok(f"listening on tcp:{label}:{daemon.port}\n" in daemon.stdout()
                         and daemon.port > 0, f"--tcp {address} picks a port and says which",
                         daemon.stdout())
                bound = {where.split(":")[0] for where, inode in listeners()
                         if inode in sockets_of(daemon.pid)}
                ours = {"127.0.0.1": "0100007F", "127.0.0.53": "3500007F",
                        "[::1]": "0" * 24 + "01000000"}
                check.equal(bound, {ours[label]}, f"--tcp {address} listens there alone")
    finally:
        shutil.rmtree(folder)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def token_is_made(check):
    folder = seckit.temporary()
    try:
        made = set()
        for number in range(8):
            with start_tcp(directory=folder) as daemon:
                text = pathlib.Path(folder, "token").read_bytes()
                made.add(text)
                daemon.owns_directory = False
                if number == 0:
                    check.ok(re.fullmatch(rb"[A-Za-z0-9_-]{43}\n", text),
                             "a token is 43 characters of base64url and a newline", len(text))
                    check.equal(oct(os.stat(f"{folder}/token").st_mode), "0o100600", "mode 0600")
                    said = daemon.stdout() + daemon.stderr()
                    command = pathlib.Path(f"/proc/{daemon.pid}/cmdline").read_bytes()
                    check.ok(text.strip().decode() not in said and text.strip() not in command,
                             "it is not said, nor in the arguments")
            os.unlink(f"{folder}/token")
            os.unlink(f"{folder}/s")
        check.equal(len(made), 8, "each is another one, also with the same --seed")
    finally:
        shutil.rmtree(folder)


def token_is_kept(check):
    folder = seckit.temporary()
    try:
        path = pathlib.Path(folder, "token")
        for text in ("my-own-token\n", "without-a-newline", "x" * 1022 + "\n", "!~=+/\n"):
            path.write_text(text, "ascii")
            path.chmod(0o600)
            before = os.stat(path)
            with start_tcp(directory=folder) as daemon:
                daemon.owns_directory = False
                after = os.stat(path)
                check.equal((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns),
                            f"a token file that exists is taken as it is: {text[:20]!r}")
                status = daemon.ask("GET", "/v1/status", headers=[daemon.host(), daemon.bearer()])
                check.equal(status.status, 200, f"and its token is the one to bear: {text[:20]!r}")
            os.unlink(f"{folder}/s")
        path.chmod(0o400)
        with start_tcp(directory=folder) as daemon:
            daemon.owns_directory = False
            check.ok(daemon.token, "it may be read-only")
    finally:
        shutil.rmtree(folder)


def text_file(text, mode=0o600):
    def make(path):
        with open(path, "w", encoding="latin-1") as file:
            file.write(text)
        os.chmod(path, mode)
    return make


def bad_tokens(check):
    folder = seckit.temporary()
    cases = [
        ("read by the group", text_file("good\n", 0o640), "can be read by others"),
        ("read by all", text_file("good\n", 0o604), "can be read by others"),
        ("written by all", text_file("good\n", 0o602), "can be read by others"),
        ("empty", text_file(""), "holds no token"), ("a newline", text_file("\n"), "no token"),
        ("two lines", text_file("one\ntwo\n"), "one line"), ("a blank", text_file("a b\n"), "one line"),
        ("two newlines", text_file("one\n\n"), "one line"), ("a NUL", text_file("a\0b\n"), "one line"),
        ("a carriage return", text_file("one\r\n"), "one line"), ("not ASCII", text_file("é\n"), "one line"),
        ("too long", text_file("x" * 2000), "at most"), ("a directory", os.mkdir, "no regular file"),
        ("a FIFO", lambda path: os.mkfifo(path, 0o600), "no regular file"),
        ("a dangling link", lambda path: os.symlink("nowhere", path), "cannot be"),
        ("a loop of links", lambda path: os.symlink(os.path.basename(path), path), "cannot be"),
        ("a device", lambda path: os.symlink("/dev/null", path), "no regular file"),
        ("a socket", lambda path: socket.socket(socket.AF_UNIX).bind(path), "cannot be"),
    ]
    try:
        for what, make, why in cases:
            path = os.path.join(folder, what.replace(" ", "-"))
            make(path)
            before = os.lstat(path)
            status, said, out = seckit.run_refused(
                folder, "--socket", f"{folder}/s", "--tcp", "127.0.0.1:0", "--token-file", path)
            same = os.lstat(path)
            check.ok(status == 2 and path in said and why in said and out == ""
                     and not os.path.exists(f"{folder}/s") and same.st_ino == before.st_ino
                     and "good" not in said, f"a token file that is {what}: refused", status, said)
        check.ok(not os.path.lexists(os.path.join(folder, "nowhere")),
                 "what a link leads to is not made")
        env = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
        status, said, _ = seckit.run_refused(
            folder, "--socket", f"{folder}/s", "--tcp", "127.0.0.1:0", env=env)
        check.ok(status == 2 and "--token-file" in said,
                 "without a runtime directory it says to name the file", status, said)
        another_users_token(check, folder)
    finally:
        shutil.rmtree(folder)


def another_users_token(check, folder):
    if not seckit.may_become_others():
        check.skip("a token file of another user is refused", "needs root to give it away")
        return
    path = os.path.join(folder, "theirs")
    text_file("good\n")(path)
    os.chown(path, seckit.OTHER_UID, seckit.OTHER_UID)
    status, said, _ = seckit.run_refused(
        folder, "--socket", f"{folder}/s", "--tcp", "127.0.0.1:0", "--token-file", path)
    check.ok(status == 2 and path in said and "belongs to another user" in said, "a token file of another user is refused", status, said)


def no_token_without_tcp(check):
    folder = seckit.temporary()
    try:
        with Daemon("--token-file", f"{folder}/token") as daemon:
            check.equal(daemon.answer("GET", "/v1/status").status, 200,
                        "a Unix socket needs no token")
            check.ok(not os.path.exists(f"{folder}/token"), "and none is made for it")
    finally:
        shutil.rmtree(folder)


def bound(address, family=socket.AF_INET, listening=True):
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind(address)
    if listening:
        made.listen(16)
    return made


def inherited(check):
    folder = seckit.temporary()
    try:
        with bound(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
            process = seckit.Process([seckit.program(), "--token-file", f"{folder}/token"], folder,
                                     None, [held])
            try:
                seckit.wait_for(lambda: "listening on" in process.stdout() or not process.runs(),
                                "readiness")
                check.equal(process.stdout(), f"listening on tcp:127.0.0.1:{port}\n",
                            "a passed-in TCP socket on loopback is served, and no other is made")
                token = pathlib.Path(folder, "token").read_text("ascii").strip()
                with seckit.Tcp(port) as connection:
                    headers = [("Host", f"127.0.0.1:{port}")]
                    status = connection.request("GET", "/v1/status", headers=headers).status
                    check.equal(status, 401, "it needs the token")
                with seckit.Tcp(port) as connection:
                    headers += [("Authorization", f"Bearer {token}")]
                    status = connection.request("GET", "/v1/status", headers=headers).status
                    check.equal(status, 200, "and serves who has it")
            finally:
                process.end()
        for address, family in [(("0.0.0.0", 0), socket.AF_INET), (("::", 0), socket.AF_INET6)]:
            if family == socket.AF_INET6 and not has_ipv6():
                check.skip(f"a socket on {address[0]}", "this machine has no IPv6")
                continue
            with bound(address, family) as held:
                status, said, out = seckit.run_refused(
                    folder, "--token-file", f"{folder}/other", passed=[held])
                check.ok(status == 1 and "only loopback is served" in said and out == ""
                         and not os.path.exists(f"{folder}/other"),
                         f"a passed-in socket on {address[0]} is refused", status, said)
        with bound(("127.0.0.1", 0), listening=False) as held:
            status, said, _ = seckit.run_refused(folder, passed=[held])
            check.ok(status == 1 and "does not listen" in said,
                     "so is one that does not listen", status, said)
    finally:
        shutil.rmtree(folder)


def second_daemon(check):
    with start_tcp(env=open_to_its_user()) as daemon:
        folder = seckit.temporary()
        status, said, _ = seckit.run_refused(
            folder, "--socket", f"{folder}/s", "--token-file", f"{folder}/token",
            "--tcp", f"127.0.0.1:{daemon.port}")
        check.ok(status == 1 and f"process {daemon.pid} " in said and str(daemon.port) in said,
                 "a second daemon on the same port is refused, with the pid of the first",
                 status, said, daemon.pid)
        check.ok(not os.path.exists(f"{folder}/s"), "and leaves no socket behind")
        shutil.rmtree(folder)
        answer = daemon.ask("GET", "/v1/status", headers=[daemon.host(), daemon.bearer()])
        check.equal(answer.status, 200, "the first goes on")


def ctl(daemon, *arguments, env=None, stdin=b""):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("GHOSTKEY_") and name != "XDG_RUNTIME_DIR"}
    return subprocess.run([os.environ["GHOSTCTL"], *arguments], env=kept | (env or {}),
                          input=stdin, capture_output=True, timeout=20, check=False,
                          cwd=daemon.directory)


def the_client(check):
    with start_tcp() as daemon:
        url, token = f"http://127.0.0.1:{daemon.port}", f"{daemon.directory}/token"
        said = ctl(daemon, "--url", url, "--token-file", token, "put", "a", stdin=b"over tcp")
        check.equal((said.returncode, said.stderr), (0, b""), "ghostctl --url puts over TCP")
        for host in ("127.0.0.1", "localhost"):
            said = ctl(daemon, "get", "a", env={"GHOSTKEY_TOKEN_FILE": token,
                                                "GHOSTKEY_URL": f"http://{host}:{daemon.port}"})
            check.equal((said.returncode, said.stdout), (0, b"over tcp\n"),
                        f"and gets, with what the environment says ({host})")
        said = ctl(daemon, "--url", url, "get", "a")
        check.ok(said.returncode == 1 and b"over tcp" not in said.stdout + said.stderr
                 and b"token" in said.stderr, "without the token it says that it needs one", said)
        pathlib.Path(daemon.directory, "wrong").write_text("wrong-token\n", "ascii")
        said = ctl(daemon, "--url", url, "--token-file", f"{daemon.directory}/wrong", "get", "a")
        check.ok(said.returncode == 1 and said.stdout == b"" and b"wrong-token" not in said.stderr,
                 "with a wrong one it fails, and does not show it", said)


if __name__ == "__main__":
    sys.exit(tap.run(addresses, token_is_made, token_is_kept, bad_tokens, no_token_without_tcp,
                     inherited, second_daemon, the_client))
