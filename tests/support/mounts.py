"""Tests that mount something: in a process with a mount namespace of its own, which its mounts end with."""

import shutil
import subprocess
import sys

import tap

WAYS = (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"])


def command():
    """A command that runs another one where it may mount: here, or in a user namespace. None: there is none."""
    for way in WAYS:
        if shutil.which("unshare") and subprocess.run([*way, "true"], check=False,
                                                      capture_output=True).returncode == 0:
            return way
    return None


def in_a_namespace(check, what, function):
    """Runs this program again there, with the name of one of the functions of run(), and repeats its checks."""
    way = command()
    if way is None:
        check.skip(what, "nothing can be mounted here")
        return
    done = subprocess.run([*way, sys.executable, sys.argv[0], function.__name__], check=False, text=True,
                          stdout=subprocess.PIPE)
    for line in done.stdout.splitlines():
        verdict, _, name = line.partition(" - ")
        if verdict.startswith(("ok", "not ok")):
            check.ok(verdict.startswith("ok"), name)
        elif not line.startswith("1.."):
            check.note(line.removeprefix("# "))
    check.ok(done.returncode in (0, 1) and "ok 1" in done.stdout, f"{what} was tried", done)


def run(*functions, mounting):
    """tap.run(), or in the namespace the one of `mounting` that is asked for."""
    asked = [each for each in mounting if each.__name__ in sys.argv]
    return tap.run(*(asked or functions))
