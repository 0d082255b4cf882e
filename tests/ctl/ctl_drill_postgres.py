#!/usr/bin/env python3
"""ghostctl drill with a real PostgreSQL: the password of its role rotates by `rotate --with`, and the probe logs in with
what the app uses."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import ctl
import postgres

APPS = pathlib.Path(__file__).resolve().parents[2] / "fixtures/drill"
PROBE = 'PGUSER=app PGPASSWORD="$(cat in-use)" psql -Xqc "SELECT 1"'
DEADLINE_S = 400


def drill(base, app, *options):
    """-> (exit status, the steps of the report)"""
    with tempfile.TemporaryDirectory(prefix="ghostkey-apps-") as folder:
        programs = [str(pathlib.Path(os.environ[each]).parent) for each in ("GHOSTCTL", "GHOSTKEYD")]
        path = os.pathsep.join([*programs, base.programs, os.environ["PATH"]])
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GHOSTKEY_")}
        done = subprocess.run(
            [ctl.program(), "drill", "--json", *options, "--apply", APPS / "secrets.json", "--plan", APPS / "postgres.json",
             "--probe", PROBE, "--", sys.executable, APPS / app], cwd=folder, capture_output=True, check=False,
            stdin=subprocess.DEVNULL, timeout=DEADLINE_S, env=kept | base.environment("boss", "boss-pass") | {
                "PATH": path, "DRILL": str(APPS), "XDG_RUNTIME_DIR": folder, "PYTHONDONTWRITEBYTECODE": "1"})
        return done.returncode, json.loads(done.stdout)["steps"] if done.stdout else done.stderr.decode()


def the_app_and_the_database_go_together(check):
    if not postgres.programs():
        check.skip("a drill with a PostgreSQL", postgres.MISSING)
        return
    with postgres.Postgres() as base:
        base.lets_in("boss", "boss-pass", "CREATE ROLE app LOGIN PASSWORD 'not-a-real-password'")
        status, steps = drill(base, "reads_once_mended.py", "--wait", "60s")
        check.ok(status == 0 and len(steps) == 7 and all(step["ok"] for step in steps),
                 "an app that asks again is let in after each rotation", steps)
        check.ok(not base.lets_in("app", "not-a-real-password"), "and the first password is not")
        base.lets_in("boss", "boss-pass", "ALTER ROLE app PASSWORD 'not-a-real-password'")
        status, steps = drill(base, "reads_once.py", "--wait", "10s")
        check.ok(status == 1 and not any(step["ok"] for step in steps), "one that reads once is not", steps)
        found = steps[0]
        check.equal((found["requests"], [(each["version"], each["current"]) for each in found["holds"]]), ([], [(1, 2)]),
                    "since it asked for nothing, and holds the old version")


ctl.main(the_app_and_the_database_go_together)
