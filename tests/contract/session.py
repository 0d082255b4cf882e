#!/usr/bin/env python3
"""Plays a scripted session against the real ghostkeyd and compares the answers with its golden.

    session.py [--bless] SESSION.http GOLDEN_FOLDER

fixtures/sessions/README.md describes sessions and goldens. A session is played three times, each in
a fresh daemon: the third time in another time zone and locale. The programs are $GHOSTKEYD and
$GHOSTCTL.
"""

import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import tap  # pylint: disable=wrong-import-position
from daemon import Daemon  # pylint: disable=wrong-import-position

COMMAND_TIMEOUT_S = 30
ENV_FILE = ".env.ghost"
ENV_FILE_MODE = 0o600

# What differs from run to run or from one HTTP library to the next; all else is recorded.
DROPPED = {"date", "server", "connection", "content-length"}

PLACES = ({"TZ": "UTC", "LC_ALL": "C.UTF-8"}, {"TZ": "UTC", "LC_ALL": "C.UTF-8"},
          {"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"})


class Step:
    """One section of a session: a request, or a command."""

    def __init__(self, title, lines):
        self.title = title
        self.command = None
        while lines and (not lines[0] or lines[0].startswith("#")):
            lines.pop(0)
        if not lines:
            raise ValueError(f"'{title}' has neither a request nor a command")
        if lines[0].startswith("$ "):
            self.read_command(lines)
        else:
            self.read_request(lines)

    def read_command(self, lines):
        self.command = lines[0][2:]
        if any(line and not line.startswith("#") for line in lines[1:]):
            raise ValueError(f"'{self.title}' has more than one command")

    def read_request(self, lines):
        self.method, _, self.target = lines.pop(0).partition(" ")
        self.headers = []
        while lines and lines[0]:
            name, colon, value = lines.pop(0).partition(":")
            if not colon:
                raise ValueError(f"'{self.title}' has a header without a colon")
            self.headers.append((name, value.strip()))
        self.body = "\n".join(lines).strip("\n") or None

    def play(self, connection, directory, env):
        if self.command is None:
            return self.play_request(connection)
        run = subprocess.run(
            self.command, shell=True, cwd=directory, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=COMMAND_TIMEOUT_S,
            check=False)
        return [f"$ {self.command}", f"exit status {run.returncode}"], run.stdout

    def play_request(self, connection):
        answer = connection.request(self.method, self.target, self.body, self.headers)
        head = [f"{self.method} {self.target}", f"{answer.status} {answer.reason}".rstrip()]
        names = {"etag": "ETag"}
        head += sorted(
            f"{names.get(name.lower(), name.title())}: {value}"
            for name, value in answer.headers if name.lower() not in DROPPED)
        return head, answer.body


class Session:
    def __init__(self, path):
        self.name = path.stem
        lines = path.read_text("utf-8").split("\n")
        starts = [at for at, line in enumerate(lines) if line.startswith("### ")]
        if not starts:
            raise ValueError(f"{path} has no '### ' line")
        self.options = self.read_options(lines[:starts[0]])
        self.steps = [
            Step(lines[start][4:].strip(), lines[start + 1:end])
            for start, end in zip(starts, starts[1:] + [len(lines)])]

    def read_options(self, comment):
        found = [re.fullmatch(r"#\s+ghostkeyd\s+(.*)", line) for line in comment]
        options = [match[1] for match in found if match]
        if len(options) != 1:
            raise ValueError("the first comment must have one line '# ghostkeyd OPTIONS'")
        return shlex.split(options[0])

    def play(self, place):
        """-> (the text of the golden, that of the env file or None)"""
        client = pathlib.Path(os.environ["GHOSTCTL"]).parent
        env = {**os.environ, **place}
        for name in [name for name in env if name.startswith("GHOSTKEY_")]:
            del env[name]
        with Daemon(*self.options, env=env) as daemon:
            work = pathlib.Path(daemon.directory) / "work"
            work.mkdir()
            env |= {"GHOSTKEY_SOCKET": daemon.socket, "PATH": f"{client}:{os.environ['PATH']}"}
            text = b""
            with daemon.connect() as connection:
                for step in self.steps:
                    head, body = step.play(connection, work, env)
                    body = body if not body or body.endswith(b"\n") else body + b"\n"
                    text += "\n".join([f"### {step.title}", *head, "", ""]).encode()
                    text += body + (b"\n" if body else b"")
            return text[:-1], self.read_env_file(work / ENV_FILE)

    def read_env_file(self, path):
        if not path.exists():
            return None
        mode = path.stat().st_mode & 0o7777
        if mode != ENV_FILE_MODE:
            raise ValueError(f"{ENV_FILE} has mode {mode:o}")
        return path.read_bytes()


def difference(wanted, got, path, played):
    def lines(text):
        return text.decode("utf-8", "backslashreplace").split("\n")

    return "\n".join(difflib.unified_diff(lines(wanted), lines(got), str(path), played, "", "", 2,
                                          lineterm=""))


def compare(check, path, got, name):
    wanted = path.read_bytes() if path.exists() else None
    if wanted is None or got is None:
        check.ok(wanted == got, name, f"{path} is missing" if wanted is None
                 else f"no {ENV_FILE} was written, and {path} is there")
        return
    check.ok(wanted == got, name, difference(wanted, got, path, "as it is answered"))


def write(path, text):
    if text is None:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_bytes() != text:
        path.write_bytes(text)


def main():
    arguments = [each for each in sys.argv[1:] if each != "--bless"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    session = Session(pathlib.Path(arguments[0]))
    golden = pathlib.Path(arguments[1]) / f"{session.name}.golden"
    env_golden = golden.with_name(f"{session.name}.env.ghost")
    first, again, elsewhere = (session.play(place) for place in PLACES)
    check = tap.Tap()
    check.ok(first == again, f"{session.name}: the same bytes in a second daemon",
             difference(first[0], again[0], "first", "second"))
    check.ok(first == elsewhere, f"{session.name}: the same bytes in another zone and locale",
             difference(first[0], elsewhere[0], "first", "elsewhere"))
    if "--bless" in sys.argv and not check.failures:
        write(golden, first[0])
        write(env_golden, first[1])
    compare(check, golden, first[0], f"{session.name}: every answer")
    if env_golden.exists() or first[1] is not None:
        compare(check, env_golden, first[1], f"{session.name}: the env file")
    return check.leave()


if __name__ == "__main__":
    sys.exit(main())
