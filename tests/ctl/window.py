"""A program on a terminal of its own, as in a window that can be closed."""

import os
import pty
import select
import signal
import time

import ctl

PATIENT_S = 25  # the 5 s until a command is killed, on a machine that is busy


class Window:
    """Sent and expected in turns: what is expected is looked for behind what was found last."""

    def __init__(self, it, *arguments, **variables):
        self.env = it.environment(G=ctl.program(), PS1="$ ", TERM="dumb", **variables)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(it.directory)
            os.execvpe(arguments[0], arguments, self.env)
        self.shown = b""
        self.found = 0
        self.status = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        try:
            ctl.wait_for(self.has_ended, "the window's program to end", PATIENT_S)
        except TimeoutError:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
            raise

    def send(self, text):
        os.write(self.terminal, text.encode())

    def expect(self, text, deadline_s=PATIENT_S):
        """Waits until it is shown -> what was shown before it"""
        ends = time.monotonic() + deadline_s
        while (at := self.shown.find(text.encode(), self.found)) < 0:
            if not self.read(ends - time.monotonic()):
                raise TimeoutError(f"no {text!r}, only {self.shown[self.found:]!r} after "
                                   f"{self.shown[:self.found]!r}")
        before = self.shown[self.found:at].decode("utf-8", "replace")
        self.found = at + len(text.encode())
        return before

    def read(self, timeout_s):
        if timeout_s < 0 or not select.select([self.terminal], [], [], timeout_s)[0]:
            return b""
        try:
            more = os.read(self.terminal, 4096)
        except OSError:  # how the end of a terminal reads
            return b""
        self.shown += more
        return more

    def type(self, line):
        """Types it at the prompt of the window's shell."""
        self.expect("$ ")
        ctl.wait_for(lambda: self.has_foreground(self.pid), "the shell to have the terminal")
        self.send(line + "\n")
        self.expect("\n")

    def has_foreground(self, group):
        return os.tcgetpgrp(self.terminal) == group

    def wait_for_job(self):
        """Until a job of the window's shell has the terminal."""
        ctl.wait_for(lambda: not self.has_foreground(self.pid), "the job to have the terminal")

    def close(self):
        """The window is closed: the terminal hangs up."""
        if self.terminal >= 0:
            os.close(self.terminal)
            self.terminal = -1

    def wait(self):
        """-> the exit status"""
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def has_ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid != 0 else None
        return self.status is not None

    def end(self, deadline_s=PATIENT_S):
        """Reads to the end of the terminal -> (exit status, all that was shown)"""
        while self.read(deadline_s):
            pass
        return self.wait(), self.shown.decode("utf-8", "replace")


def bash(it, **variables):
    return Window(it, "bash", "--norc", "--noprofile", "--noediting", "-i", **variables)
