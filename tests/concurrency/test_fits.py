#!/usr/bin/env python3
"""Each fault of faults.py has exactly one place in today's code, and compiles there. test_faults.py needs
that; this test is quick, since it builds no daemon.

    test_fits.py SOURCE_ROOT BUILD_DIR"""

import json
import pathlib
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import faults
import tap

WITH_AN_ARGUMENT = ("-o", "-MF", "-MQ", "-MT")


def commands_of(build_dir):
    """source -> the command that compiles it"""
    made = json.loads((build_dir / "compile_commands.json").read_text("utf-8"))
    return {(build_dir / each["file"]).resolve(): shlex.split(each["command"]) for each in made}


def looking_at_input(command, source):
    """The same command, which only checks the source that it gets as standard input."""
    arguments = iter(command[:-1])  # the last is the source
    kept = [each for each in arguments
            if each not in ("-c", "-MD") and not (each in WITH_AN_ARGUMENT and next(arguments))]
    return [*kept, "-Wno-error", "-iquote", str(source.parent), "-fsyntax-only", "-x", "c", "-"]


def each_fault_fits(check):
    root, build_dir = (pathlib.Path(each).resolve() for each in sys.argv[1:])
    commands = commands_of(build_dir)
    for name, path, old, new in faults.FAULTS:
        source = root / path
        faulty = faults.put_in(source.read_text("utf-8"), old, new)
        if not check.ok(faulty, f"{name} has one place in {path}",
                        "what stands there has changed: tests/concurrency/faults.py"):
            continue
        done = subprocess.run(looking_at_input(commands[source], source), input=faulty, text=True,
                              cwd=build_dir, capture_output=True, check=False)
        check.ok(done.returncode == 0, f"{name} compiles", done.stderr)


def the_readme_has_each(check):
    listed = faults.table(pathlib.Path(sys.argv[1]))
    check.equal(sorted(listed), sorted(each[0] for each in faults.FAULTS),
                "the README's table has a row for each fault, and no others")


if __name__ == "__main__":
    sys.exit(tap.run(each_fault_fits, the_readme_has_each))
