#!/usr/bin/env python3
"""A recording of a terminal of 80 columns, made by tmux, in which a person uses ghostctl: nothing wraps,
and nothing is shown that was not asked for; neither on the screen nor anywhere in what was written to
it."""

import os
import re
import shutil
import subprocess
import tempfile

import ctl
from daemon import wait_for

COLUMNS = 80
ROWS = 50
PROMPT = "@@"
VALUE = "c4nary-value"
LONG = "team/" + "long-name-" * 9 + "end"


class Recording:
    """A terminal with a shell in it. What is run is read from a file, so that it need not fit."""

    def __init__(self, it):
        self.it = it
        self.scratch = tempfile.TemporaryDirectory(prefix="ghostkey-tmux-")
        self.socket = os.path.join(self.scratch.name, "s")
        self.record = os.path.join(self.scratch.name, "record")
        self.steps = 0
        env = it.environment(G=ctl.program(), PS1=f"{PROMPT} ", LC_ALL="C.UTF-8", ENV="", HOME="/")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "-c",
                  str(it.directory), "/bin/sh", "-i", env=env)
        self.tmux("pipe-pane", "-O", f"cat >>{self.record}")
        self.wait(lambda text: text.endswith(PROMPT))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")
        self.scratch.cleanup()

    def tmux(self, *arguments, env=None):
        done = subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], capture_output=True, check=True,
                              timeout=ctl.DEADLINE_S, env=env or os.environ | {"LC_ALL": "C.UTF-8"})
        return done.stdout.decode()

    def screen(self, joined=False):
        """What is shown; joined: with the rows that wrapped as one line."""
        return self.tmux("capture-pane", "-p", *(["-J"] if joined else [])).rstrip()

    def wait(self, condition):
        wait_for(lambda: condition(self.screen()), "the terminal to show it")

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def press(self, key):
        self.tmux("send-keys", key)

    def begin(self, line):
        """Clears the screen and runs the line."""
        self.steps += 1
        (self.it.directory / f"step{self.steps}").write_text(f"clear\n{line}\n", "utf-8")
        self.type(f". ./step{self.steps}")
        self.press("Enter")

    def run(self, line):
        """-> the lines that it showed"""
        self.begin(f"{line}\necho end-{self.steps + 1}")
        self.wait(lambda text: text.endswith(f"end-{self.steps}\n{PROMPT}"))
        return self.screen().split("\n")[:-2]


def fits(check, recording, name):
    rows, lines = recording.screen().split("\n"), recording.screen(joined=True).split("\n")
    check.equal([line.rstrip() for line in lines], rows, f"{name}: nothing wraps")
    check.ok(VALUE not in "".join(rows), f"{name}: nothing leaks")


def list_fits(check, it, recording):
    it.put(LONG, VALUE, ttl="15m", rotation={"strategy": "alphanumeric", "on_expiry": True})
    it.put("db_pass", VALUE)
    lines = recording.run('"$G" list')
    fits(check, recording, "list")
    check.ok(lines[0].startswith("NAME ") and lines[2].startswith("team/long-name-") and "…" in lines[2],
             "list is a table, a long name is cut", *lines)
    recording.run(f'"$G" describe {LONG}')
    check.ok(VALUE not in recording.screen(), "describe: nothing leaks")


def put_asks(check, it, recording):
    recording.begin('"$G" put asked')
    recording.wait(lambda text: text.endswith("value of asked:"))
    recording.type(VALUE)
    recording.press("Enter")
    recording.wait(lambda text: text.endswith("once more:"))
    recording.type(VALUE)
    recording.press("Enter")
    recording.wait(lambda text: text.endswith(PROMPT))
    fits(check, recording, "put")
    check.equal(it.document("asked")["value"], VALUE, "put took what was typed")


def put_is_interrupted(check, it, recording):
    recording.begin('"$G" put never')
    recording.wait(lambda text: text.endswith("value of never:"))
    recording.type("c4nary")
    recording.press("C-c")
    recording.wait(lambda text: text.endswith(PROMPT))
    check.ok("c4nary" not in recording.screen(), "what was typed until then is not shown")
    recording.type("echo seen")
    recording.wait(lambda text: text.endswith("echo seen"))
    recording.press("Enter")
    recording.wait(lambda text: text.endswith(f"seen\n{PROMPT}"))
    check.ok(True, "and the terminal echoes again")
    check.equal(it.run("get", "never").status, 4, "nothing was put")


def events_come(check, it, recording):
    recording.begin('"$G" events --follow --after 0')
    recording.wait(lambda text: "asked" in text)
    it.put("while-it-runs", VALUE)
    recording.wait(lambda text: "while-it-runs" in text)
    fits(check, recording, "events --follow")
    recording.press("C-c")
    recording.wait(lambda text: text.endswith(PROMPT))


def export_fits(check, it, recording):
    it.put("lines", f"it's {VALUE}\nA={VALUE}\\ \"$HOME\"")
    lines = recording.run('"$G" export')
    fits(check, recording, "export with warnings")
    check.ok("ghostctl: wrote .env.ghost (5 entries)" in lines, "export says what it did", *lines)
    check.ok(any(re.match(r"ghostctl: warning: LINES: newline-name: \w", line) for line in lines), "and warns", *lines)
    it.put("refused", f"{VALUE}\r")
    lines = recording.run('"$G" export')
    fits(check, recording, "export that is refused")
    check.ok(lines[-2].startswith("ghostctl: nothing was written; --skip-refused leaves that one out"), "a refused value is named",
             *lines)


def errors_fit(check, _, recording):
    lines = recording.run('"$G" --socket /nowhere/x.sock list')
    fits(check, recording, "the daemon cannot be reached")
    # the first where systemd runs for the user, the other one elsewhere
    commands = ("'systemctl --user start ghostkey.socket'", "'ghostkeyd --socket /nowhere/x.sock'")
    check.ok(any(command in recording.screen() for command in commands), "what to do is in one piece",
             *lines)


def a_recording(check):
    if not shutil.which("tmux"):
        check.skip("a recording", "tmux is not installed")
        return
    with ctl.Ctl() as it, Recording(it) as recording:
        for step in (list_fits, put_asks, put_is_interrupted, events_come, export_fits, errors_fit):
            step(check, it, recording)
        with open(recording.record, "rb") as file:
            recorded = file.read()
        check.ok(b"nothing was written" in recorded and VALUE.encode() not in recorded,
                 "the value is nowhere in the recording", recorded[-300:])


ctl.main(a_recording)
