#!/usr/bin/env python3
"""A start that is refused makes nothing and changes nothing, whichever option is wrong. Also the limit of
open files that the daemon sets, and what signals do to it."""

import contextlib
import itertools
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import Daemon, Process, program, wait_for

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU)
MEANINGLESS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF,
               signal.SIGIO, signal.SIGPWR, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTTOU,
               signal.SIGRTMIN, signal.SIGRTMAX)
TOO_FEW_FILES = (6, 8, 12, 20, 31)
FEWEST_FILES = 32
SIGNAL_TIME_S = 0.2


@contextlib.contextmanager
def folder_of_its_own():
    folder = tempfile.mkdtemp(prefix="ghostkey-")
    try:
        yield pathlib.Path(folder)
    finally:
        shutil.rmtree(folder)


def run(*arguments, **how):
    """ghostkeyd with options that it is to refuse -> (status, stdout, stderr)"""
    done = subprocess.run([program(), *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=30, check=False, text=True, **how)
    return done.returncode, done.stdout, done.stderr


def tree(folder):
    """All that can be seen of the folder: names, kinds, modes, times and contents."""
    return {str(path): (oct(path.lstat().st_mode), path.lstat().st_ino, path.lstat().st_mtime_ns,
                        path.read_bytes() if path.is_file() else None)
            for path in sorted(folder.rglob("*"))}


def wrong_options(folder, port):
    """-> (status, options), each with one thing wrong; the folder has the files that they need"""
    (folder / "letter").write_text("a letter\n" * 1000, "utf-8")
    (folder / "letter").chmod(0o755)
    (folder / "open-token").write_text("token\n", "utf-8")
    (folder / "open-token").chmod(0o644)
    (folder / "key").write_bytes(b"k" * 32)
    (folder / "key").chmod(0o600)
    (folder / "readers").mkdir(0o755)
    return [
        (2, {"--audit-log": "none/audit"}), (2, {"--audit-log": "readers"}),
        (2, {"--token-file": "open-token"}), (2, {"--token-file": "none/token"}),
        (2, {"--store-key": "letter"}), (2, {"--seed-file": "none"}), (2, {"--clock": "wall"}),
        (2, {"--audit-log": "store"}), (2, {"--audit-log": "key", "--store-key": "key"}),
        (2, {"--store": "same", "--token-file": "same"}), (2, {"--socket": "readers/"}),
        (2, {"--store": "same", "--token-file": "./same"}),
        (2, {"--audit-log": "same", "--token-file": "readers/../same"}),
        (1, {"--store": "letter"}), (1, {"--store": "none/store"}),
        (1, {"--socket": "letter"}), (1, {"--socket": "none/there/s"}),
        (1, {"--tcp": f"127.0.0.1:{port}"}),
    ]


def nothing_is_made(check):
    with socket.create_server(("127.0.0.1", 0)) as taken, folder_of_its_own() as folder:
        for status, wrong in wrong_options(folder, taken.getsockname()[1]):
            options = {"--socket": "made/s", "--store": "store", "--token-file": "token",
                       "--audit-log": "audit", "--tcp": "127.0.0.1:0"} | wrong
            before = tree(folder)
            words = [word for pair in options.items() for word in pair]
            got = run(*words, cwd=folder)
            check.ok((got[0], got[1], got[2].count("\n")) == (status, "", 1),
                     f"{wrong} is refused with {status} and one line", got)
            check.equal(tree(folder), before, f"{wrong}: nothing is made or changed")


def an_old_store_is_left_as_it_was(check):
    with folder_of_its_own() as folder:
        store = folder / "store"
        audit = folder / "audit"
        with Daemon("--store", str(store), "--seed", "t") as daemon:
            daemon.request("PUT", "/v1/secrets/a", json.dumps({"value": "v", "ttl": 1}))
            events = daemon.json("GET", "/v1/status")[1]["last_event"]
        store.chmod(0o644)
        before = store.read_bytes()
        time.sleep(1.1)  # the secret's TTL: it falls due while no daemon runs
        for wrong in (["--seed", "other"], ["--clock", "virtual"], ["--audit-log", "none/audit"],
                      ["--tcp", "127.0.0.1:0", "--token-file", "none/token"],
                      ["--socket", "none/there/s"]):
            options = [] if "--socket" in wrong else ["--socket", "s"]
            status, _, said = run(*options, "--store", store, *wrong, cwd=folder)
            check.ok(status in (1, 2), f"{wrong} is refused", status, said)
            check.equal(oct(store.stat().st_mode)[-3:], "644", f"{wrong}: the store's mode stays")
            check.ok(store.read_bytes() == before, f"{wrong}: what is due does not fire in it")
        with Daemon("--store", str(store), "--audit-log", str(audit)) as daemon:
            logged = [json.loads(line)["seq"] for line in audit.read_text("utf-8").splitlines()]
            check.equal(logged[-1:], [events + 1], "it fires at the start that succeeds")
            check.equal(oct(store.stat().st_mode)[-3:], "600", "the start that succeeds closes it")


def runtime_directories_of_others(check):
    if os.geteuid() != 0:
        check.skip("a runtime directory of another user", "only root can make one")
        return
    with folder_of_its_own() as folder:
        theirs = folder / "theirs"
        theirs.mkdir(0o700)
        os.chown(theirs, 65534, 65534)
        env = dict(os.environ, XDG_RUNTIME_DIR=str(theirs))
        for options in ([], ["--socket", folder / "s", "--tcp", "127.0.0.1:0"]):
            status, _, said = run(*options, env=env)
            check.ok(status == 2 and str(theirs) in said and "belongs to another user" in said,
                     f"{options}: root makes nothing in another user's runtime directory", said)
            check.equal(list(theirs.iterdir()), [], f"{options}: it is left as it was")


class FewFiles(Process):
    def __init__(self, files, folder):
        self.files = files
        super().__init__([program(), "--socket", str(folder / "s")], folder)

    def become(self, arguments, environment, passed, limits, err):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))
        super().become(arguments, environment, passed, limits, err)


def few_files(check):
    with folder_of_its_own() as folder:
        for files in TOO_FEW_FILES:
            process = FewFiles(files, folder)
            status, said = process.wait(), process.stderr()
            check.ok(status == 1 and said.count("\n") == 1 and f"only {files} files" in said,
                     f"a hard limit of {files} open files: exit status 1, one line", status, said)
            check.ok(not (folder / "s").exists(), "and nothing is made")
        process = FewFiles(FEWEST_FILES, folder)
        try:
            wait_for(lambda: "listening on" in process.stdout() or not process.runs(), "readiness")
            check.ok(process.runs(), f"with {FEWEST_FILES} it serves", process.stderr())
            held = [socket.socket(socket.AF_UNIX) for _ in range(FEWEST_FILES)]
            for each in held:
                each.connect(str(folder / "s"))
            held[0].sendall(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            check.ok(held[0].recv(12) == b"HTTP/1.1 200", "also when more clients come than files")
            for each in held:
                each.close()
        finally:
            check.equal(process.stop(), 0, "and ends well")


class Hung(Daemon):
    """As nohup(1) starts it."""

    def become(self, arguments, environment, passed, limits, err):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        super().become(arguments, environment, passed, limits, err)


def signals(check):
    with folder_of_its_own() as folder:
        for number in ENDING:
            store = folder / f"store{int(number)}"
            with Daemon("--store", str(store), passed=False) as daemon:
                daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')
                check.equal(daemon.stop(number), 0, f"{number.name} ends it with 0")
                check.ok(not os.path.exists(daemon.socket), f"{number.name}: its socket is gone")
    with Daemon(passed=False) as daemon:
        for number in MEANINGLESS:
            daemon.kill(number)
            check.equal(daemon.answer("GET", "/v1/status").status, 200,
                        f"signal {int(number)} means nothing to it")
        daemon.sent.clear()
    with Hung(passed=False) as daemon:
        daemon.kill(signal.SIGHUP)
        check.equal(daemon.answer("GET", "/v1/status").status, 200, "nor SIGHUP under nohup")
        time.sleep(SIGNAL_TIME_S)  # for an end that must not come
        check.ok(daemon.runs(), "and it stays")


def open_for_writing(fifo):
    """An fd, once somebody opens the FIFO for reading."""
    with contextlib.suppress(OSError):
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    return None


def a_file_that_does_not_come_to_its_end(check):
    """The file of an option may be a FIFO. While nobody writes into it, signals end the start."""
    with folder_of_its_own() as folder:
        os.mkfifo(folder / "fifo")
        for option, number in itertools.product(("--seed-file", "--apply", "--store-key"), (signal.SIGTERM, signal.SIGINT)):
            process = Process([program(), "--socket", str(folder / "s"), option, str(folder / "fifo")], folder)
            writer = wait_for(lambda: open_for_writing(folder / "fifo"), "the FIFO's reader")
            check.equal(process.stop(number), -number, f"{option}: {number.name} ends it")
            os.close(writer)
        process = Process([program(), "--socket", str(folder / "s"), "--seed-file", str(folder / "fifo")], folder)
        writer = wait_for(lambda: open_for_writing(folder / "fifo"), "the FIFO's reader")
        os.write(writer, b"seed")
        os.close(writer)
        wait_for(lambda: "listening on " in process.stdout(), "readiness")
        check.equal(process.stop(), 0, "one that is written is read, and SIGTERM ends with 0 then")


def what_the_status_tells_of_the_places(check):
    names = ["tcp", "token_file", "vault_mount", "aws_region"]
    with Daemon("--clock", "virtual") as daemon:
        status = daemon.json("GET", "/v1/status")[1]
        check.equal([status[name] for name in names], [None, None, "secret", "us-east-1"], "without TCP")
        check.equal(list(status)[-len(names):], names, "they are at the end")
    with folder_of_its_own() as folder, Daemon("--tcp", "127.0.0.1:0", "--token-file", f"{folder}/./token",
                                               "--vault-mount", "team", "--aws-region", "eu-west-1") as daemon:
        status = daemon.json("GET", "/v1/status")[1]
        check.ok(f"listening on tcp:{status['tcp']}\n" in daemon.stdout(), "the address that was printed", status)
        check.equal([status[name] for name in names[1:]], [str((folder / "token").resolve()), "team", "eu-west-1"], "and what was chosen")
        token = pathlib.Path(status["token_file"]).read_text("ascii").strip()
        request = urllib.request.Request(f"http://{status['tcp']}/v1/status", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            over_tcp = json.loads(answer.read())
        check.equal(set(status) - set(over_tcp), set(names), "over TCP none of it is told")


def openssl_is_not_configured(check):
    """A configuration that leaves OpenSSL without any algorithm changes neither a generated value nor a sealed store."""
    with folder_of_its_own() as folder:
        (folder / "empty.cnf").write_text("openssl_conf = a\n[a]\nproviders = b\n[b]\nnull = c\n[c]\nactivate = 1\n")
        (folder / "key").write_bytes(b"k" * 32)
        (folder / "key").chmod(0o600)
        values = []
        for env in (None, dict(os.environ, OPENSSL_CONF=str(folder / "empty.cnf"))):
            store = folder / str(len(values))
            options = ["--seed", "t", "--store", str(store), "--store-key", str(folder / "key")]
            with Daemon(*options, env=env) as daemon:
                daemon.request("PUT", "/v1/secrets/a", json.dumps({"generate": True}))
            with Daemon(*options) as daemon:
                values.append(daemon.json("GET", "/v1/secrets/a")[1]["value"])
        check.equal(values[1], values[0], "the same seed and key are the same, whatever openssl.cnf says")


if __name__ == "__main__":
    sys.exit(tap.run(nothing_is_made, an_old_store_is_left_as_it_was, runtime_directories_of_others,
                     few_files, signals, a_file_that_does_not_come_to_its_end, what_the_status_tells_of_the_places, openssl_is_not_configured))
