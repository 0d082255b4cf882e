#!/usr/bin/env python3
"""An export whose n-th allocation fails, n = 1, 2, ... until none does: it says so and ends with 1,
and the env file is the old one or the new one, whole, with nothing beside it.

    test_export.py STARVED_GHOSTCTL"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import Daemon

FAILURES_MAX = 5000
OLD = "# GhostKey env file, format portable: written before\nA=old\n"


def export(program, number, daemon, path):
    path.write_text(OLD, "utf-8")
    path.chmod(0o600)
    done = subprocess.run([program, str(number), "--socket", daemon.socket, "export", "-o", path],
                          capture_output=True, text=True, check=False, env={"LC_ALL": "C"},
                          preexec_fn=lambda: os.chdir(path.parent))
    return done.returncode, done.stdout, done.stderr, path.read_text("utf-8")


def each_failure_leaves_a_whole_file(check):
    with tempfile.TemporaryDirectory() as folder, Daemon("--seed", "test") as daemon:
        path = pathlib.Path(folder) / ".env.ghost"
        for name in ("a", "b/c"):
            daemon.request("PUT", f"/v1/secrets/{name}", '{"value":"it\'s $new\\n"}')
        new = export(sys.argv[1], FAILURES_MAX, daemon, path)
        check.ok(new[0] == 0 and new[1] == "" and new[3] != OLD, "it exports if nothing fails", new)
        wrong, number = [], 0
        for number in range(1, FAILURES_MAX):
            status, said, noted, text = export(sys.argv[1], number, daemon, path)
            if status == 0 and not said:
                break
            whole = text == new[3] if status == 0 else text in (OLD, new[3])
            if not whole or status not in (0, 1) or (status == 1 and not noted):
                wrong.append((number, status, noted))
            if os.listdir(folder) != [path.name]:
                wrong.append((number, os.listdir(folder)))
        check.ok(not wrong, f"{number - 1} failures: the file is whole", *wrong)
        check.ok(10 < number < FAILURES_MAX - 1, "until none came", number)


if __name__ == "__main__":
    sys.exit(tap.run(each_failure_leaves_a_whole_file))
