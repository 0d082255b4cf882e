#!/usr/bin/env python3
"""Puts each fault of faults.py into a copy of the daemon and runs the race tests on it until one fails. A
fault that no test finds is a failure of this test.

    test_faults.py SOURCE_ROOT [FAULT...]"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import faults
import tap

PARTS = ("meson.build", "meson_options.txt", "daemon", "client", "include", "units", "tests", "ci")
SEEDS, HISTORIES, OPERATIONS = 40, 4, 300
TRY_S = 100
SEERS = (  # a piece of the first line that is not ok, and the test's name in README.md
    (r"^not ok \d+ - (seed \d+)$", "{}"),
    (r"^not ok \d+ - (\S+) (?:is linearizable|gives its transcript)$", "the script `{}`"),
    (r"^not ok \d+ - history \d+ \(", "a free history"),  # which one, is a matter of time
)

# The test runs in a process group of its own, which is ended as a whole, so no daemon is left.
STOPPED_AFTER = """
import os, signal, subprocess, sys
test = subprocess.Popen(sys.argv[2:], start_new_session=True)
try:
    sys.exit(test.wait(int(sys.argv[1])))
except subprocess.TimeoutExpired:
    os.killpg(test.pid, signal.SIGKILL)
    test.wait()
    sys.exit(1)
"""


def tries(root):
    here, python = root / "tests/concurrency", sys.executable
    schedules = [python, here / "test_schedule.py"]
    return {
        f"{SEEDS} seeds": [*schedules, "seeds", "0", str(SEEDS)],
        "scripted schedules": [*schedules, "scripts", root / "fixtures/concurrency"],
        f"{HISTORIES} free histories": [python, here / "test_free.py", str(HISTORIES),
                                        str(OPERATIONS), "0"],
    }


def run(arguments, **more):
    return subprocess.run([str(each) for each in arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **more)


def run_within(seconds, arguments, environment):
    """A test that does not end in time has found the fault, too."""
    script = [sys.executable, "-c", STOPPED_AFTER, str(seconds), *arguments]
    return run(script, env=environment)


def build(tree, build_dir):
    if not build_dir.exists():
        done = run(["meson", "setup", build_dir, tree, "-Dtests=disabled", "-Dman-pages=disabled"])
        if done.returncode != 0:
            raise RuntimeError(done.stdout)
    done = run(["meson", "compile", "-C", build_dir, "ghostkeyd", "ghostctl"])
    if done.returncode != 0:
        raise RuntimeError(done.stdout)


def told(name, line):
    """Which test found it, as the table in README.md names it."""
    for pattern, words in SEERS:
        found = re.search(pattern, line)
        if found:
            return words.format(*found.groups())
    return name


def seen_by(root, build_dir):
    """-> (the test that fails first, its line), or None"""
    programs = {"GHOSTKEYD": str(build_dir / "daemon/ghostkeyd"),
                "GHOSTCTL": str(build_dir / "client/ghostctl")}
    with tempfile.TemporaryDirectory() as kept:  # the histories that are wrong, as they must be
        environment = {**os.environ, **programs, "TMPDIR": kept, "FAILURES_MAX": "1"}
        for name, arguments in tries(root).items():
            done = run_within(TRY_S, arguments, environment)
            if done.returncode != 0:
                said = done.stdout.splitlines()
                at = next((n for n, line in enumerate(said) if line.startswith("not ok")), None)
                if at is None:
                    return f"{name}, which came to no end", ""
                return told(name, said[at]), " ".join(said[at:at + 2])
    return None


def each_fault_is_seen(check):
    root, chosen = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    table = faults.table(root)
    with tempfile.TemporaryDirectory() as place:
        tree, build_dir = pathlib.Path(place) / "tree", pathlib.Path(place) / "build"
        for part in PARTS:
            copy = shutil.copytree if (root / part).is_dir() else shutil.copy2
            tree.mkdir(exist_ok=True)
            copy(root / part, tree / part)
        build(tree, build_dir)
        check.equal(seen_by(root, build_dir), None, "nothing is seen without a fault")
        for name, path, old, new in faults.FAULTS:
            if chosen and name not in chosen:
                continue
            file = tree / path
            text = file.read_text("utf-8")
            faulty = faults.put_in(text, old, new)
            if not check.ok(faulty, f"there is a place for {name}"):
                continue
            file.write_text(faulty, "utf-8")
            build(tree, build_dir)
            seen = seen_by(root, build_dir)
            check.equal(seen[0] if seen else "nobody", table.get(name),
                        f"{name} is seen by whom the README says")
            check.note(seen[1][:200] if seen else "")
            file.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(tap.run(each_fault_is_seen))
