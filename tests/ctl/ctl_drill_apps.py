#!/usr/bin/env python3
"""ctl_drill_apps.py [ROUNDS]: the default drill names the fault of each sample app in fixtures/drill, and none of
its mended twin.

In each round some of them run side by side. Those that need a client of Vault or AWS run only if ROUNDS is given; if it is not
installed they are skipped, and with $GHOSTKEY_INTEROP_ALL they are failures.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import ctl

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))

import readers  # noqa: E402

APPS = HERE.parents[1] / "fixtures/drill"
PROBE = "ghostctl verify db_pass < in-use"
WAITS = {"python3-boto3": "30s", "node-vault": "15s"}  # boto3 alone takes seconds to start on a busy machine
WAIT = "10s"
DEADLINE_S = 400
STARTS = 5
AT_ONCE = 3
PYTHON = "/usr/bin/python3"  # which has Debian's packages
STEPS = ["rotate db_pass", "rotate db_pass twice", "the TTL of db_pass passes (1h)",
         "rotate db_pass, then its grace passes (10m)", "broker slow, then rotate db_pass",
         "broker throttled, then rotate db_pass", "broker failing, then rotate db_pass",
         "broker gone, then rotate db_pass", "broker restarted, then rotate db_pass"]
WITHOUT_GRACE = [step for step in STEPS if "grace" not in step]


def node_modules():
    return str(pathlib.Path(readers.npm_directory()) / "node_modules")


def run(command, secrets, wait):
    """-> the steps of the report of a default drill"""
    with tempfile.TemporaryDirectory(prefix="ghostkey-apps-") as folder:
        programs = [str(pathlib.Path(os.environ[each]).parent) for each in ("GHOSTCTL", "GHOSTKEYD")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GHOSTKEY_", "AWS_", "VAULT_"))}
        done = subprocess.run(
            [ctl.program(), "drill", "--json", "--wait", wait, "--apply", APPS / secrets, "--probe", PROBE, "--", *command],
            cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=DEADLINE_S,
            env=kept | {"PATH": os.pathsep.join([*programs, os.environ["PATH"]]), "PYTHONDONTWRITEBYTECODE": "1",
                        "NODE_PATH": node_modules(), "XDG_RUNTIME_DIR": folder, "HOME": folder, "no_proxy": "127.0.0.1"})
        steps = json.loads(done.stdout)["steps"] if done.stdout else []
        return steps or [{"do": "", "ok": False, "why": done.stderr.decode()}]


def run_patiently(command, secrets, wait):
    """The same, again if the machine was so busy that the app did not start in time."""
    for _ in range(STARTS):
        steps = run(command, secrets, wait)
        if steps[0]["do"] != "start COMMAND":
            break
    return steps


def failed(steps):
    return [step["do"] for step in steps if not step["ok"]]


def held(step):
    return [(each["version"], each["stage"], each["current"]) for each in step["holds"]]


def reads_once(check, steps):
    check.equal(failed(steps), WITHOUT_GRACE, "reads_once.py: no step holds")
    check.equal((steps[0].get("requests"), held(steps[0])), ([], [(1, "previous", 2)]),
                "from the first rotation on, after which it asked for nothing and held the old version")
    check.equal([held(step)[0][0] for step in steps], [1] * len(steps), "as ever after, also where the broker was ended")


def cache(check, steps):
    check.equal(failed(steps), STEPS[1:], "cache.py: all but a single rotation fail")
    check.equal((steps[1].get("requests"), held(steps[1])), ([], [(1, None, 4)]),
                "from the second rotation on, which the cache has not seen, and which ends the old version")


def pool(check, steps):
    found = [step for step in steps if step["do"] in STEPS[5:8]]
    check.ok(set(STEPS[5:8]) <= set(failed(steps)) <= set(STEPS[5:9]), "pool.js: what makes the broker refuse fails",
             failed(steps))
    check.equal([step.get("why") for step in found], ["COMMAND ended with exit status 1"] * 3, "since the app ends")
    answers = [{(each["status"], each["fault"]) for each in step["requests"]} for step in found[:2]]
    check.ok((429, "throttled") in answers[0] and (500, "failing") in answers[1], "at the refusals that are shown", answers)


def holds(name, wanted):
    def judge(check, steps):
        check.equal(([step["do"] for step in steps], failed(steps)), (wanted, []), f"{name}: each step holds")
    return judge


def apps():
    """-> [(its client or None, whether that is there, command, file of secrets, judge)]"""
    node = shutil.which("node")
    boto3 = ("python3-boto3", readers.works([PYTHON, "-c", "import boto3"]))
    vault = ("node-vault", bool(node) and pathlib.Path(node_modules(), "node-vault").is_dir())
    return [
        (None, True, [sys.executable, APPS / "reads_once.py"], "secrets.json", reads_once),
        (None, True, [sys.executable, APPS / "reads_once_mended.py"], "secrets.json", holds("reads_once_mended.py", WITHOUT_GRACE)),
        (*boto3, [PYTHON, APPS / "cache.py"], "graceful.json", cache),
        (*boto3, [PYTHON, APPS / "cache_mended.py"], "graceful.json", holds("cache_mended.py", STEPS)),
        (*vault, [node, APPS / "pool.js"], "graceful.json", pool),
        (*vault, [node, APPS / "pool_mended.js"], "graceful.json", holds("pool_mended.js", STEPS)),
    ]


def main(check):
    with_clients = len(sys.argv) > 1
    rounds = int(sys.argv[1]) if with_clients else 1
    wants_all = bool(os.environ.get("GHOSTKEY_INTEROP_ALL"))
    there = []
    for client, is_there, command, secrets, judge in apps():
        name = command[-1].name
        if client and not with_clients:
            continue
        if client and not is_there:
            check.skip(name, f"{client} is not installed") if not wants_all else check.ok(False, f"{client} is installed")
            continue
        there.append((command, secrets, WAITS.get(client, WAIT), judge))
    for _ in range(rounds):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as side_by_side:
            reports = list(side_by_side.map(lambda app: run_patiently(*app[:3]), there))
        for (*_, judge), steps in zip(there, reports):
            try:
                judge(check, steps)
            except (IndexError, KeyError) as error:
                check.ok(False, f"a report with what belongs in it: {error!r}", steps)


ctl.main(main)
