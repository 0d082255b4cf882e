"""What the tests of ghostctl share: a daemon, by default with a virtual clock, and a ghostctl that calls it from
a directory of its own. The program is $GHOSTCTL."""

import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402
from daemon import Daemon, wait_for  # noqa: E402

DEADLINE_S = 30


class Said:
    """The result of a run of ghostctl."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err.decode("utf-8", "replace")

    def __repr__(self):
        return f"status {self.status}, out {self.out!r}, err {self.err!r}"


class Running:
    """A running program, whose lines are read as they come; it ends with the `with` block."""

    def __init__(self, arguments, directory, env, stdin=subprocess.DEVNULL, **more):
        self.process = subprocess.Popen(arguments, stdin=stdin, stdout=subprocess.PIPE, cwd=directory,
                                        stderr=subprocess.PIPE, env=env, **more)
        self.read = {self.process.stdout: b"", self.process.stderr: b""}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, *self.read):
            if stream:
                stream.close()  # not read to its end: a process that is left may hold it

    def line(self, stream=None, deadline_s=DEADLINE_S):
        """The next whole line of standard output, or of standard error; b"" at its end."""
        stream = stream or self.process.stdout
        while b"\n" not in self.read[stream]:
            if not select.select([stream], [], [], deadline_s)[0]:
                raise TimeoutError(f"no line for {deadline_s} s, only {self.read[stream]}; on the "
                                   f"other stream: {self.unread(stream)}")
            more = os.read(stream.fileno(), 65536)
            if not more:
                return b""
            self.read[stream] += more
        line, self.read[stream] = self.read[stream].split(b"\n", 1)
        return line + b"\n"

    def unread(self, but):
        """What is still unread on the stream that is not `but`."""
        (other,) = self.read.keys() - {but}
        waits = select.select([other], [], [], 0)[0]
        return self.read[other] + (os.read(other.fileno(), 65536) if waits else b"")

    def error_line(self, deadline_s=DEADLINE_S):
        return self.line(self.process.stderr, deadline_s)

    def is_silent(self, seconds=0.2):
        return not self.read[self.process.stdout] and \
            not select.select([self.process.stdout], [], [], seconds)[0]

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, deadline_s=DEADLINE_S):
        """Waits for its end -> Said, with what was not read of its output."""
        out, err = self.process.communicate(timeout=deadline_s)
        out, err = self.read[self.process.stdout] + out, self.read[self.process.stderr] + err
        return Said(self.process.returncode, out, err)


class Ctl:
    """A daemon and a ghostctl that talks to it."""

    def __init__(self, *options, clock="virtual"):
        self.daemon = Daemon("--seed", "test", "--clock", clock, *options)
        self.socket = self.daemon.socket
        self.directory = pathlib.Path(self.daemon.directory) / "work"
        self.directory.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.close()
        shutil.rmtree(self.daemon.directory, ignore_errors=True)

    def restart(self, *options, clock="virtual"):
        """Starts another daemon at the same path, in place of this one."""
        self.stop()
        self.start(*options, clock=clock)

    def stop(self):
        self.daemon.end()
        os.unlink(self.socket)

    def start(self, *options, clock="virtual"):
        self.daemon = Daemon("--seed", "test", "--clock", clock, *options,
                             directory=self.daemon.directory)

    def begin(self, *arguments, env=None, **more):
        """ghostctl with these arguments, running -> Running"""
        return Running([program(), *arguments], self.directory, env or self.environment(), **more)

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("GHOSTKEY_") and name != "XDG_RUNTIME_DIR"}
        return kept | {"GHOSTKEY_SOCKET": self.socket} | more

    def run(self, *arguments, stdin=b"", env=None):
        """ghostctl with these arguments -> Said"""
        done = subprocess.run([program(), *arguments], input=stdin, capture_output=True,
                              cwd=self.directory, timeout=DEADLINE_S, check=False,
                              env=self.environment() if env is None else env)
        return Said(done.returncode, done.stdout, done.stderr)

    def on_a_terminal(self, *arguments, dialogue=(), env=None, command=None):
        """ghostctl, or another command, on a terminal of its own, answering each (prompt, bytes) of the dialogue when
        the terminal shows the prompt -> (exit status, all that the terminal showed)"""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.directory)
            path = command or program()
            os.execve(path, [path, *arguments], env or self.environment())
        shown = b""
        for prompt, answer in dialogue:
            while prompt not in shown:
                shown += read_terminal(terminal, shown)
            os.write(terminal, answer)
        while more := read_terminal(terminal, shown):
            shown += more
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown

    def put(self, name, value, **members):
        """Puts by HTTP, so that a test of one command needs no other."""
        body = json.dumps({"value": value, **members})
        status, _, answer = self.daemon.request("PUT", f"/v1/secrets/{name}", body)
        assert status == 200, answer

    def wait_until_expired(self, name):
        wait_for(lambda: self.document(name)["expired"], f"{name} to expire")

    def document(self, name):
        """Gets the secret's document by HTTP."""
        return self.daemon.json("GET", f"/v1/secrets/{name}")[1]


def read_terminal(terminal, shown=b""):
    """The next bytes that the terminal shows; b"" at its end."""
    if not select.select([terminal], [], [], DEADLINE_S)[0]:
        raise TimeoutError(f"the terminal was silent for {DEADLINE_S} s after {shown[-300:]}")
    try:
        return os.read(terminal, 4096)
    except OSError:  # how the end of a terminal reads
        return b""


def program():
    path = os.environ.get("GHOSTCTL")
    if not path:
        sys.exit("GHOSTCTL must name the ghostctl to test")
    return path


def quiet(check, said, status, name):
    """Whether it printed nothing and had that exit status."""
    return check.ok((said.status, said.out, said.err) == (status, b"", ""), name, said)


def main(*functions):
    sys.exit(tap.run(*functions))
