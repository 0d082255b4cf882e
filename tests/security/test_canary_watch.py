#!/usr/bin/env python3
"""Values in a ghostctl that keeps running: what is typed at its prompt, what /proc shows of it while it
watches, and its memory once a secret is gone. Also each format of export: its warnings and refusals may
name the secret, never the value."""

import os
import pathlib
import pty
import select
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import canary
import seckit
import tap
from daemon import Daemon, open_to_its_user, wait_for

FORMATS = ["portable", "shell", "systemd", "docker", "compose", "js", "js-expand", "python", "json",
           "nul"]
GHOSTCTL = os.environ["GHOSTCTL"]
PROMPT_S = 10
LARGE_UNITS = 1500  # long enough that what comes later does not write over all of it


def typed(daemon, name, *answers):
    """What a terminal shows while `put` asks for the value, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(GHOSTCTL, ["ghostctl", "--socket", daemon.socket, "put", name], dict(os.environ))
    shown = b""
    end = time.monotonic() + PROMPT_S
    left = list(answers)
    asked = 0
    while time.monotonic() < end and select.select([terminal], [], [], PROMPT_S)[0]:
        try:
            shown += os.read(terminal, 4096)
        except OSError:
            break  # the other side is gone
        if left and shown.count(b": ") > asked:
            asked += 1
            os.write(terminal, left.pop(0).encode() + b"\n")
    os.close(terminal)
    return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def prompts(check):
    with Daemon() as daemon:
        value = canary.value("prompted")
        shown, status = typed(daemon, "a", value, value)
        check.equal((status, canary.names_in(shown)), (0, {}), "what is typed twice is put, and not shown")
        check.equal(daemon.json("GET", "/v1/secrets/a")[1]["value"], value, "it is what was typed")
        shown, status = typed(daemon, "a", value, canary.value("differs"))
        check.ok(status == 1 and b"differ" in shown and not canary.names_in(shown),
                 "what differs is refused, and not shown either", shown)


def formats(check):
    with Daemon() as daemon:
        folder = pathlib.Path(daemon.directory, "work")
        folder.mkdir()
        for number, tail in enumerate(["", "'", '"', "$x", "`x`", "\\", " ", "#", "\n", "é", "\t", "\x7f",
                                       "\ufeff", "${x}", "%", "!"]):
            subprocess.run([GHOSTCTL, "--socket", daemon.socket, "put", "--raw", f"s{number}"],
                           input=(canary.value(f"odd{number}") + tail + "x").encode(), check=True,
                           capture_output=True)
        subprocess.run([GHOSTCTL, "--socket", daemon.socket, "put", "twin/s0"], check=True,
                       input=canary.value("twin").encode(), capture_output=True)
        for name in FORMATS:
            for more in ([], ["--prefix", "s"], ["--check"]):
                said = subprocess.run(
                    [GHOSTCTL, "--socket", daemon.socket, "export", "--format", name, "-o",
                     f"out.{name}", *more], cwd=folder, capture_output=True, check=False)
                check.equal(canary.names_in(said.stdout + said.stderr), {},
                            f"export --format {name} {' '.join(more)}: {said.returncode}")


def of_process(pid):
    return {name: canary.names_in(pathlib.Path(f"/proc/{pid}/{name}").read_bytes())
            for name in ("cmdline", "environ")}


def watching(check):
    if seckit.is_sanitized():
        check.skip("the memory of ghostctl", "AddressSanitizer keeps what is freed, as it was")
        return
    with Daemon() as daemon:
        folder = pathlib.Path(daemon.directory, "work")
        folder.mkdir()
        daemon.request("PUT", "/v1/secrets/stays", '{"value":"harmless"}')
        daemon.request("PUT", "/v1/secrets/a", '{"value":"%s"}' % canary.value("watched", LARGE_UNITS))
        export = subprocess.Popen([GHOSTCTL, "--socket", daemon.socket, "export", "--watch"], cwd=folder,
                                  env=open_to_its_user(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run = subprocess.Popen([GHOSTCTL, "--socket", daemon.socket, "run", "--watch", "--", "sh", "-c",
                                'echo "run:$A:"; exec sleep 60'], cwd=folder, stdout=subprocess.PIPE,
                               env=open_to_its_user(), stderr=subprocess.DEVNULL)
        env_file = folder / ".env.ghost"
        try:
            wait_for(lambda: env_file.exists() and canary.names_in(env_file.read_bytes()), "the file")
            check.ok(canary.names_in(run.stdout.readline()), "the command has the value: this test can see")
            for what, process in (("export --watch", export), ("run --watch", run)):
                check.equal(of_process(process.pid), {"cmdline": {}, "environ": {}},
                            f"{what} shows no value in its own argv and environment")
            daemon.request("PATCH", "/v1/secrets/a", '{"value":"%s"}' % canary.value("patched", LARGE_UNITS))
            check.ok("patched" in canary.names_in(run.stdout.readline()), "it is started again at a change")
            check.ok(canary.in_memory(run.pid), "it is in the memory of ghostctl: this test can see")
            daemon.request("DELETE", "/v1/secrets/a")
            check.equal(run.stdout.readline(), b"run::\n", "and when the secret is gone")
            wait_for(lambda: not canary.names_in(env_file.read_bytes()), "the file without it")
            for what, process in (("export --watch", export), ("run --watch", run)):
                wait_for(lambda process=process: not canary.in_memory(process.pid),
                         f"no piece of a value to be in the memory of {what}")
                check.ok(True, f"then no piece of a value is in the memory of {what} but its stack")
        finally:
            for process in (export, run):
                process.terminate()
                process.wait()
            run.stdout.close()


if __name__ == "__main__":
    sys.exit(tap.run(prompts, formats, watching))
