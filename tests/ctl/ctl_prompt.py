#!/usr/bin/env python3
"""ghostctl put asking for a value on a real terminal: nothing typed is shown, whatever happens meanwhile, the
value is taken whole, and the terminal's settings are restored."""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios

import ctl
from daemon import wait_for

VALUE = b"c4nary-value"
ASKED = b"value of pw: "
AGAIN = b"once more: "
LONG_BYTES = 20000
TIOCGPTN = 0x80045430  # the number of a terminal; termios has no name for it


class Terminal:
    """A program on a terminal of its own, which is hung up at the end of the block."""

    def __init__(self, it, *arguments):
        begins, begin = os.pipe()  # the program begins when its terminal's settings are known
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.close(begin)
            os.read(begins, 1)
            os.close(begins)
            os.chdir(it.directory)
            os.execvpe(arguments[0], arguments, it.environment(PS1="ready> ", TERM="dumb", G=ctl.program()))
        os.close(begins)
        self.found = self.mode()
        os.close(begin)
        self.shown = b""
        self.at = 0  # expect() searches from here on
        self.status = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()
        self.wait()

    def mode(self):
        return termios.tcgetattr(self.fd)

    def read(self):
        """More of what is shown; False at the end."""
        more = ctl.read_terminal(self.fd, self.shown)
        self.shown += more
        return more != b""

    def expect(self, text):
        while text not in self.shown[self.at:]:
            if not self.read():
                raise EOFError(f"{text} is not in {self.shown[-500:]}")
        self.at = self.shown.index(text, self.at) + len(text)

    def say(self, text):
        """Types it, reading what is shown meanwhile."""
        while text:
            readable, writable, _ = select.select([self.fd], [self.fd], [], ctl.DEADLINE_S)
            if readable and not self.read():
                return
            if writable:
                text = text[os.write(self.fd, text[:512]):]

    def answer(self, *pairs):
        for prompt, text in pairs:
            self.expect(prompt)
            self.say(text)

    def hang_up(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def wait(self):
        """Its exit status, when all that it shows has been read."""
        while self.fd >= 0 and self.read():
            pass
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status


def open_inside(terminal):
    """The terminal as the program has it, which does not let its own user see its files."""
    number = int.from_bytes(fcntl.ioctl(terminal.fd, TIOCGPTN, b"\0" * 4), sys.byteorder)
    return os.open(f"/dev/pts/{number}", os.O_RDWR | os.O_NOCTTY)


def unread(terminal):
    """How many bytes were typed and not read yet."""
    inside = open_inside(terminal)
    waiting = fcntl.ioctl(inside, termios.FIONREAD, b"\0" * 4)
    os.close(inside)
    return int.from_bytes(waiting, sys.byteorder)


def waits(terminal):
    """How often the program has begun to wait."""
    status = pathlib.Path(f"/proc/{terminal.pid}/status").read_text("ascii")
    return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.M)[1])


def is_asleep(terminal):
    return pathlib.Path(f"/proc/{terminal.pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "S"


def say_and_see_read(terminal, text):
    wait_for(lambda: is_asleep(terminal), "the program to wait")
    before = waits(terminal)
    terminal.say(text)
    wait_for(lambda: waits(terminal) > before and unread(terminal) == 0, "what was typed to be read")


def put(it, *arguments):
    return Terminal(it, ctl.program(), "put", "pw", *arguments)


def value_of(it):
    status, document = it.daemon.json("GET", "/v1/secrets/pw")
    return document["value"].encode() if status == 200 else None


def is_hidden(check, terminal, name):
    check.ok(b"4nary" not in terminal.shown, f"{name}: nothing that was typed is shown", terminal.shown[-300:])


def child_is_stopped(pid):
    """Whether a child of that process is stopped: one that is not yet would stop behind an `fg`."""
    listed = subprocess.run(["ps", "--ppid", str(pid), "-o", "stat="], capture_output=True, text=True, check=False)
    return any(state.startswith("T") for state in listed.stdout.split())


def job_control_keeps_it_silent(check):
    for shell in (["bash", "--norc", "--noprofile", "-i"], ["zsh", "-f", "-i"]):
        if not shutil.which(shell[0]):
            check.skip(shell[0], "not installed")
            continue
        with ctl.Ctl() as it, Terminal(it, *shell) as terminal:
            if shell[0] == "zsh":
                terminal.say(b"PS1='ready> '; unsetopt zle\n")
            terminal.answer((b"ready> ", b'"$G" put pw\n'), (ASKED, b"half-4nary\x1a"), (b"ready> ", b"fg\n"),
                            (ASKED, VALUE + b"\n"), (AGAIN, b"\x1a"), (b"ready> ", b"fg\n"), (AGAIN, VALUE + b"\n"),
                            (b"ready> ", b"echo done\n"))
            terminal.expect(b"done")
            is_hidden(check, terminal, f"Ctrl-Z and fg in {shell[0]}")
            check.equal(value_of(it), VALUE, "and what was typed after it is the value")
            terminal.answer((b"ready> ", b'"$G" put pw &\n'))
            wait_for(lambda: child_is_stopped(terminal.pid), "the job to be stopped by the terminal")
            terminal.answer((b"ready> ", b"fg\n"), (ASKED, b"2" + VALUE + b"\n"),
                            (AGAIN, b"2" + VALUE + b"\n"), (b"ready> ", b"echo well\n"))
            terminal.expect(b"well")
            is_hidden(check, terminal, f"begun in the background of {shell[0]}")
            check.equal(value_of(it), b"2" + VALUE, "and taken in the foreground")
            terminal.say(b"exit\n")


def a_stop_that_cannot_be_caught_ends_in_silence(check):
    with ctl.Ctl() as it, put(it) as terminal:
        terminal.expect(ASKED)
        silent = terminal.mode()
        os.kill(terminal.pid, signal.SIGSTOP)
        os.waitpid(terminal.pid, os.WUNTRACED)
        termios.tcsetattr(terminal.fd, termios.TCSANOW, terminal.found)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.expect(ASKED)
        check.equal(terminal.mode(), silent, "the echo is off again")
        terminal.say(VALUE + b"\n")
        terminal.answer((AGAIN, VALUE + b"\n"))
        check.equal((terminal.wait(), value_of(it)), (0, VALUE), "and the value is taken")
        is_hidden(check, terminal, "SIGSTOP and SIGCONT")


def stop_by_hand(terminal):
    os.kill(terminal.pid, signal.SIGSTOP)
    os.waitpid(terminal.pid, os.WUNTRACED)


def what_is_typed_early_is_kept(check):
    with ctl.Ctl() as it, put(it) as terminal:
        terminal.expect(ASKED)
        stop_by_hand(terminal)
        terminal.say(VALUE + b"\n")
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.expect(AGAIN)
        say_and_see_read(terminal, VALUE[:6])
        stop_by_hand(terminal)
        terminal.say(VALUE[6:] + b"\n")
        os.kill(terminal.pid, signal.SIGCONT)
        check.equal((terminal.wait(), value_of(it)), (0, VALUE), "typed while it was stopped: the value is taken")
        check.equal((terminal.shown.count(ASKED), terminal.shown.count(AGAIN)), (1, 1), "and each prompt is shown once")
        is_hidden(check, terminal, "typed early")
    with ctl.Ctl() as it, put(it) as terminal:
        terminal.expect(ASKED)
        stop_by_hand(terminal)
        termios.tcsetattr(terminal.fd, termios.TCSANOW, terminal.found)
        terminal.say(VALUE + b"\n")
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.answer((AGAIN, VALUE + b"\n"))  # the first prompt may be shown again
        check.equal((terminal.wait(), value_of(it)), (0, VALUE), "also where another program had the terminal meanwhile")
    with ctl.Ctl() as it, put(it) as terminal:
        terminal.expect(ASKED)
        say_and_see_read(terminal, b"half")
        stop_by_hand(terminal)
        termios.tcsetattr(terminal.fd, termios.TCSANOW, terminal.found)
        terminal.say(b"other half")
        terminal.expect(b"other half")  # the echo: it has arrived
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.answer((ASKED, VALUE + b"\n"), (AGAIN, VALUE + b"\n"))
        check.equal((terminal.wait(), value_of(it)), (0, VALUE), "but not the rest of a line that was begun before")


def a_long_line_is_taken_whole(check):
    value = VALUE * (LONG_BYTES // len(VALUE))
    with ctl.Ctl() as it, put(it) as terminal:
        terminal.answer((ASKED, value + b"\n"), (AGAIN, value + b"\n"))
        check.equal((terminal.wait(), value_of(it) == value), (0, True), f"{len(value)} bytes in one line")
        is_hidden(check, terminal, "a long line")


def several_lines_at_once_are_refused(check):
    with ctl.Ctl() as it, Terminal(it, "sh", "-c", '"$G" put pw; echo "status $?"; cat') as terminal:
        pasted = b"c4nary line\n" * 2000
        terminal.answer((ASKED, pasted))
        terminal.expect(b"more than one line came at once")
        terminal.expect(b"status 1")
        terminal.say(b"end\n\x04")
        terminal.expect(b"end")
        check.equal((terminal.wait(), value_of(it)), (0, None), "nothing is put")
        is_hidden(check, terminal, "several lines")


def keys_edit_the_line(check):
    for typed, value in ((b"ab\x7fc", b"ac"), ("aä€\x7f\x7fb".encode(), b"ab"), (b"wrong\x15right", b"right"),
                         (b"one two\x17three", b"one three"), (b"a\x16\x7fb", b"a\x7fb"), (b"\x7fa", b"a")):
        with ctl.Ctl() as it, put(it) as terminal:
            terminal.answer((ASKED, typed + b"\n"), (AGAIN, value.replace(b"\x7f", b"\x16\x7f") + b"\r"))
            check.equal((terminal.wait(), value_of(it)), (0, value), f"{typed!r} is {value!r}")


def every_end_leaves_the_terminal_as_it_was(check):
    ends = {"two values": lambda terminal: terminal.answer((ASKED, b"a\n"), (AGAIN, b"b\n")),
            "Ctrl-C": lambda terminal: terminal.answer((ASKED, b"4nary\x03")),
            "Ctrl-\\": lambda terminal: terminal.answer((ASKED, b"4nary"), (b"", b"\x1c")),
            "Ctrl-D": lambda terminal: terminal.answer((ASKED, b"\x04")),
            "lines": lambda terminal: terminal.answer((ASKED, b"4nary\n4nary\n"))}
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2):
        ends[number.name] = lambda terminal, number=number: (terminal.expect(ASKED), os.kill(terminal.pid, number))
    for name, end in ends.items():
        with ctl.Ctl() as it, put(it) as terminal:
            keep = open_inside(terminal)  # so that its settings outlive ghostctl
            end(terminal)
            terminal.status = os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1])
            check.equal(terminal.mode(), terminal.found, f"{name}: the settings are as they were")
            check.ok(terminal.status != 0 and value_of(it) is None, "nothing is put", terminal.status)
            os.close(keep)


def a_terminal_that_goes_away_ends_it(check):
    for ignored in (False, True):
        with ctl.Ctl() as it:
            line = 'trap "" HUP; exec "$G" put pw' if ignored else 'exec "$G" put pw'
            with Terminal(it, "sh", "-c", line) as terminal:
                terminal.answer((ASKED, b"half"))
                terminal.hang_up()
                status = terminal.wait()
            check.ok(status in (1, -signal.SIGHUP) and value_of(it) is None,
                     f"a hangup{', ignored,' if ignored else ''} ends it, and nothing is put", status)


ctl.main(job_control_keeps_it_silent, a_stop_that_cannot_be_caught_ends_in_silence, what_is_typed_early_is_kept, a_long_line_is_taken_whole,
         several_lines_at_once_are_refused, keys_edit_the_line, every_end_leaves_the_terminal_as_it_was,
         a_terminal_that_goes_away_ends_it)
