#!/usr/bin/env python3
"""ghostctl drill: an app in a sandbox, to which the steps of a plan happen."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import ctl
import mounts
from daemon import wait_for

APPS = pathlib.Path(__file__).resolve().parents[2] / "fixtures/drill"
PROBE = "ghostctl verify db_pass < in-use"
DEADLINE_S = 170
PATIENT = ("--wait", "60s")  # on a busy machine, too


class Drill:
    """A folder with an environment file, in which drills run; their sandboxes have their folders there."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ghostkey-drill-"))
        self.places = self.folder / "places"
        self.places.mkdir()
        (self.folder / ".env").write_text("DB_PASS=s3cr3t\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GHOSTKEY_")}
        programs = [str(pathlib.Path(os.environ[each]).parent) for each in ("GHOSTCTL", "GHOSTKEYD")]
        return kept | {"PATH": ":".join([*programs, os.environ["PATH"]]), "PYTHONDONTWRITEBYTECODE": "1",
                       "XDG_RUNTIME_DIR": str(self.places)}

    def arguments(self, *options, steps=None, command=()):
        plan = []
        if steps is not None:
            (self.folder / "plan.json").write_text(json.dumps({"steps": steps}))
            plan = ["--plan", "plan.json"]
        return ["drill", "--import", ".env", *plan, *options, "--", *command]

    def run(self, *options, steps=None, command=(), program=None, before=()):
        """-> Said, of ghostctl or of that program; `before` is the beginning of a command that executes it."""
        done = subprocess.run([*before, program or ctl.program(), *self.arguments(*options, steps=steps, command=command)],
                              cwd=self.folder, env=self.environment(), capture_output=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=DEADLINE_S)
        return ctl.Said(done.returncode, done.stdout, done.stderr)

    def report(self, check, status, *options, **more):
        """-> the steps of the report"""
        said = self.run("--json", *options, **more)
        check.equal(said.status, status, f"exit status {status}")
        check.equal(list(self.places.iterdir()), [], "nothing is left of the sandbox")
        return json.loads(said.out)["steps"]


def runs(pid):
    """Whether that process is there, and not only its status."""
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def app(name):
    return (sys.executable, str(APPS / f"{name}.py"))


STEPS = [
    {"do": {"put": {"db_pass": "other", "more": "x"}}, "expect": "fresh"},
    {"do": {"run": "ghostctl update db_pass --strategy hex --ttl 1h --grace 10s"}},
    {"do": {"rotate": "db_pass"}},
    {"do": {"advance": "10s"}, "expect": "fresh"},
    {"do": {"advance": "1h"}, "expect": "unhealthy", "within": "1s"},
    {"do": {"rotate": "db_pass"}},
    {"do": {"restart": True}},
    {"do": {"rotate": "db_pass"}, "expect": "fresh"},
    {"do": {"kill": True}},
    {"do": {"stop": True}, "expect": "unhealthy", "within": "1s"},
    {"do": {"start": True}},
    {"do": {"delete": "db_pass"}, "expect": "unhealthy", "within": "1s"},
    {"do": {"restore": "db_pass"}},
]


def an_app_that_asks_again_survives(check):
    with Drill() as drill:
        steps = drill.report(check, 0, "--probe", PROBE, "--junit", "report.xml", *PATIENT, steps=STEPS,
                             command=app("reads_once_mended"))
        check.equal([each["do"] for each in steps],
                    ["put db_pass more", "run ghostctl update db_pass --strategy hex --ttl 1h --grace 10s",
                     "rotate db_pass", "advance 10s", "advance 1h", "rotate db_pass", "restart", "rotate db_pass",
                     "kill", "stop", "start", "delete db_pass", "restore db_pass"], "each step was taken")
        check.ok(all(each["ok"] for each in steps), "and held", steps)
        suite = xml.etree.ElementTree.parse(drill.folder / "report.xml").getroot()
        check.equal((suite.get("tests"), suite.get("failures"), len(suite)), (str(len(STEPS)), "0", len(STEPS)),
                    "and the XML says the same")


OVER_TCP = """import os, time, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
asked = urllib.request.Request(os.environ["VAULT_ADDR"] + "/v1/secret/data/db_pass", headers={"X-Vault-Token": os.environ["VAULT_TOKEN"]})
while True:
    try:
        opener.open(asked).read()
        open("asked", "w").close()
    except OSError:
        open("refused", "w").close()
    time.sleep(0.01)
"""


def until(name):
    """A step that waits for OVER_TCP to make that file anew."""
    return {"do": {"run": f"rm -f {name}; until [ -e {name} ]; do sleep 0.01; done"}}


def the_port_stays_while_the_broker_is_gone(check):
    stops = [until("asked"), {"do": {"stop": True}}, until("refused"), {"do": {"start": True}}]
    with Drill() as drill:
        steps = drill.report(check, 0, *PATIENT, steps=[*stops, *stops, until("asked")], command=(sys.executable, "-c", OVER_TCP))
        check.ok(all(each["ok"] for each in steps), "stopped and started twice, with clients over TCP", steps)


def a_broker_that_does_not_start_again_is_refused(check):
    """The ghostkeyd beside this ghostctl serves the first and the third time that it is started."""
    steps = [until("asked"), {"do": {"restart": True}}, until("refused"), {"do": {"start": True}}, until("asked")]
    with Drill() as drill:
        program = drill.folder / "ghostctl"
        shutil.copy(ctl.program(), program)
        wrapper = drill.folder / "ghostkeyd"
        wrapper.write_text('#!/bin/sh\necho start >> starts\n[ "$(wc -l < starts)" != 2 ] || { echo "out of luck" >&2; exit 3; }\n'
                           f'exec {os.environ["GHOSTKEYD"]} "$@"\n')
        wrapper.chmod(0o755)
        found = drill.report(check, 1, *PATIENT, steps=steps, command=(sys.executable, "-c", OVER_TCP), program=program)
        check.equal([each["ok"] for each in found], [True, False, True, True, True],
                    "the restart fails, clients are refused and do not wait, and a start heals it")


def a_secret_that_a_step_makes_is_looked_at(check):
    app_of_later = OVER_TCP.replace("data/db_pass", "data/later")
    with Drill() as drill:
        found = drill.report(check, 0, *PATIENT, steps=[{"do": {"put": {"later": "1"}}, "expect": "fresh", "within": "30s"}],
                             command=(sys.executable, "-c", app_of_later))
        check.equal([each["ok"] for each in found], [True], "the app reads it, so it is fresh")


def a_report_says_what_is_not_known(check):
    with Drill() as drill:
        said = drill.run("--probe", "ghostctl status", *PATIENT, steps=[{"do": {"stop": True}, "within": "1s"}], command=("sleep", "600"))
        check.ok(said.status == 1 and b"what it asked for is not known: no broker runs" in said.out, "a step that ends with no broker", said)


def an_app_that_reads_once_is_found(check):
    steps = [{"do": {"put": {"db_pass": "other"}}, "within": "2s"}, {"do": {"restart": True}, "within": "2s"}]
    with Drill() as drill:
        said = drill.run("--probe", PROBE, "--junit", "report.xml", *PATIENT, steps=steps, command=app("reads_once"))
        lines = said.out.decode().splitlines()
        check.equal(said.status, 1, "exit status 1")
        check.ok(lines[0].startswith("1 FAILED ") and lines[0].endswith(" healthy put db_pass"), "the step failed", said)
        check.ok("step 1 failed: the probe did not succeed in 2 s (" in said.out.decode(), "and why", said)
        check.ok("  asked for nothing meanwhile" in lines, "what the app asked meanwhile", said)
        check.ok(any(line.startswith("  holds: db_pass version 1 (previous) in python") and
                     line.endswith("; current: 2") for line in lines), "and which version it holds", said)
        suite = xml.etree.ElementTree.parse(drill.folder / "report.xml").getroot()
        check.ok("holds: db_pass version 1" in suite[0][0].text, "the XML has it, too", suite[0][0].text)
        steps = [step | {"expect": "fresh", "within": "10s"} for step in steps]
        (drill.folder / "in-use").unlink()
        found = drill.report(check, 1, "--probe", "test -s in-use", *PATIENT, steps=steps, command=app("reads_once"))
        check.equal(found[0].get("why"), "the app holds version 1 of 'db_pass', and version 2 is current",
                    "a probe that sees no difference: it is not fresh")
        check.equal([{key: each[key] for key in ("name", "version", "stage", "current")} for each in found[1]["holds"]],
                    [{"name": "db_pass", "version": 1, "stage": "previous", "current": 2}],
                    "what it holds is known after a restart of the broker, too")
        check.ok("s3cr3t" not in said.out.decode() + said.err and "other" not in said.out.decode(), "but no value")


def a_command_that_ends_is_started_again(check):
    script = 'echo run >> runs; sleep 600 & echo $! >> left; while [ ! -e end ]; do sleep 0.01; done; rm end; exit 7'
    steps = [{"do": {"run": "touch end; while [ -e end ]; do sleep 0.01; done"}},
             {"do": {"run": "until [ \"$(wc -l < runs)\" = 2 ]; do sleep 0.01; done"}}]
    with Drill() as drill:
        found = drill.report(check, 1, *PATIENT, steps=steps, command=("sh", "-c", script))
        check.equal([each["ok"] for each in found], [False, True], "the step fails, and the next one has it again")
        check.equal(found[0]["why"], "COMMAND ended with exit status 7", "which is said")
        left = [int(each) for each in (drill.folder / "left").read_text().split()]
        wait_for(lambda: not any(runs(each) for each in left), "what it left to end")
        check.ok(True, "what it left is ended, too")


def what_fails_is_said(check):
    with Drill() as drill:
        steps = [{"do": {"run": "exit 3"}}, {"do": {"rotate": "db_pass"}}, {"do": {"rotate": "none"}},
                 {"do": {"stop": True}}, {"do": {"put": {"db_pass": "x"}}}, {"do": {"start": True}},
                 {"do": {"advance": 1}, "expect": "unhealthy", "within": 1},
                 {"do": {"advance": 1}, "expect": "fresh", "within": 1},
                 {"do": {"fault": {"gone": {"match": {"operation": "patch", "name": "db_pass"}, "effect": {"error": "not_found"}}}}},
                 {"do": {"put": {"db_pass": "x"}}},
                 {"do": {"fault": {"late": {"match": {"operation": "patch", "name": "new"}, "effect": {"delay": "1ms"}}}}},
                 {"do": {"put": {"new": "x"}}}]
        found = drill.report(check, 1, steps=steps, command=("sleep", "600"))
        said = ["'exit 3' ended with exit status 3", "it cannot be rotated", "no secret named 'none'", None,
                "the broker was stopped by an earlier step", None, "the app was healthy", "the app has read no secret", None,
                "'db_pass' is refused by the fault rule 'gone'", None, None]
        for step, wanted in zip(found, said):
            check.ok(step["ok"] == (wanted is None) and (wanted or "") in step.get("why", ""), f"{step['do']}: {wanted}",
                     step)
        said = drill.run("--probe", "false", "--wait", "1s", steps=steps, command=("sleep", "600"))
        check.ok(said.status == 1 and b"start COMMAND" in said.out and said.out.count(b"\n") == 3,
                 "an app that does not get healthy at first ends the drill", said)
        said = drill.run(steps=steps, command=("/no/such/command",))
        check.ok(said.status == 1 and b"COMMAND ended with exit status 127" in said.out, "one that is not there, too", said)


def what_a_step_cannot_show_is_said(check):
    begun = {"do": {"run": "until [ -s in-use ]; do sleep 0.01; done"}}
    steps = [begun, {"do": {"fault": {"gone": {"effect": {"error": "not_found"}}}}, "within": "2s"},
             {"do": {"unfault": "gone"}}, {"do": {"put": {"db_pass": "other"}}}]
    with Drill() as drill:
        found = drill.report(check, 0, *PATIENT, "--junit", "report.xml", steps=steps, command=app("reads_once"))
        check.equal([each.get("note") for each in found],
                    [None, None, "no request met the fault 'gone'", "the app holds version 1 of 'db_pass', and version 2 is current"],
                    "a fault that nothing met; without a probe, an old version")
        suite = xml.etree.ElementTree.parse(drill.folder / "report.xml").getroot()
        check.equal(suite[2][0].text, found[2]["note"], "the XML has it, too")
        steps.insert(2, {"do": {"run": "until ghostctl requests --json | grep -q '\"fault\":\"gone\"'; do sleep 0.01; done"}})
        (drill.folder / "in-use").unlink()
        said = drill.run("--probe", "test -s in-use", *PATIENT, steps=steps[:4], command=app("reads_once_mended"))
        check.ok(said.status == 0 and b"step" not in said.out, "one that was met", said)
        said = drill.run("--wait", "1s", command=("sleep", "0.1"))
        check.ok("no secret can rotate" in said.err and "without --probe" in said.err, "a drill that looks at little", said)
        said = drill.run("--name", "db_pass", command=("touch", "ran"))
        check.ok(said.status == 1 and "--name db_pass: it cannot rotate" in said.err and not (drill.folder / "ran").exists(),
                 "--name of a secret that cannot rotate: 1", said)


def a_report_that_does_not_fit_names_the_reason(check):
    steps = [{"do": {"run": "true " + "x" * 8000}}]  # more than a page, which the report says again
    with Drill() as drill:
        said = drill.run("--junit", "/dev/full", steps=steps, command=("sleep", "600"))
        check.ok(said.status == 1 and "cannot write '/dev/full': No space left on device\n" in said.err and b"true x" in said.out,
                 "a full disk: the reason, and the table all the same", said.status, said.err)
        way = mounts.command()
        if way is None:
            check.skip("a disk that has room for a part of it", "nothing can be mounted here")
            return
        (drill.folder / "small").mkdir()
        before = (*way, "sh", "-c", 'mount -t tmpfs -o size=4k none small && exec "$@"', "sh")
        said = drill.run("--junit", "small/report.xml", steps=steps, command=("sleep", "600"), before=before)
        check.ok(said.status == 1 and "cannot write 'small/report.xml': No space left on device\n" in said.err,
                 "a disk that has room for a part of it", said.status, said.err)


def a_probe_that_hangs_is_ended(check):
    with Drill() as drill:
        probe = "sleep 600 & echo $! > asleep; wait"
        steps = [{"do": {"advance": 1}, "expect": "unhealthy", "within": "1s"}]
        said = drill.run("--probe", f"[ -e begun ] || {{ touch begun; exit 0; }}; {probe}", steps=steps,
                         command=("sleep", "600"))
        check.equal((said.status, said.err), (0, ""), "it is unhealthy")
        pid = int((drill.folder / "asleep").read_text())
        wait_for(lambda: not runs(pid), "the end of its group")
        check.ok(True, "and its process group is gone")


def a_plan_that_is_wrong_starts_nothing(check):
    with Drill() as drill:
        said = drill.run(steps=[{"do": {"rotate": ""}}, {"expect": "x"}], command=("touch", "ran"))
        check.ok(said.status == 2 and said.err.count("plan.json: step 1: ") == 1 and
                 said.err.count("plan.json: step 2: ") == 2, "every mistake is named: 2", said)
        for options in (["--wait", "0s"], ["--name", "a//b"], ["--name", "a", "--plan", "p"], ["--socket", "s"]):
            check.equal(drill.run(*options, command=("touch", "ran")).status, 2, f"{options}: 2")
        check.equal(drill.run("--plan", "none.json", command=("touch", "ran")).status, 1, "no such file: 1")
        check.equal(drill.run("--name", "none", command=("touch", "ran")).status, 4, "--name of no secret: 4")
        check.ok(not (drill.folder / "ran").exists(), "and nothing was started")


def its_sandbox_is_as_the_options_say(check):
    """The app is `sleep`; a step of the plan writes down what an app sees."""
    look = "ghostctl put made --generate; { ghostctl get made; ghostctl clock; ghostctl list --names; env; } > seen"
    with Drill() as drill:
        (drill.folder / "apply.json").write_text(json.dumps({"secrets": {"applied": {"value": "x"}}}))

        def seen(*options):
            check.ok(all(each["ok"] for each in drill.report(check, 0, *options, steps=[{"do": {"run": look}}], command=("sleep", "600"))),
                     f"a drill with {options}")
            return (drill.folder / "seen").read_text().splitlines()

        plain, seeded = seen(), seen("--seed", "other", "--clock", "virtual:2030-01-01T00:00:00Z", "--apply", "apply.json", "--no-tcp")
        check.equal((seen()[0] == plain[0], seen("--seed", "sandbox")[0] == plain[0], seeded[0] == plain[0]), (True, True, False),
                    "--seed: other values, and 'sandbox' is the default")
        check.equal([[line for line in lines if line.startswith("now: ")] for lines in (plain, seeded)],
                    [["now: 2000-01-01T00:00:00.000Z"], ["now: 2030-01-01T00:00:00.000Z"]], "--clock")
        check.equal(["applied" in lines for lines in (plain, seeded)], [False, True], "--apply")
        check.equal([any(line.startswith("VAULT_ADDR=http:") for line in lines) for lines in (plain, seeded)], [True, False], "--no-tcp")
        check.equal(any(line.startswith("AWS_REGION=") for line in seen("--api", "vault")), False, "--api")
        stored = [seen("--store", "store")[0], (drill.folder / "store").exists(), *seen("--store", "store")[:1]]
        check.equal((stored[0] == plain[0], stored[1], stored[2] == plain[0]), (True, True, False),
                    "--store: the next drill goes on with what this one left")


def a_signal_ends_all(check):
    with Drill() as drill:
        for number in (signal.SIGINT, signal.SIGTERM):
            arguments = drill.arguments(steps=[{"do": {"run": "echo begun >&2; sleep 600"}}],
                                        command=("sh", "-c", "echo $$ > pid; exec sleep 600"))
            with ctl.Running([ctl.program(), *arguments], drill.folder, drill.environment()) as running:
                check.equal(running.error_line(60), b"begun\n", "the drill is under way")
                pid = int((drill.folder / "pid").read_text())
                running.signal(number)
                said = running.end(60)
                check.equal((said.status, said.err), (-number, ""), f"{number.name} ends it, and nothing else is said")
                check.ok(not pathlib.Path(f"/proc/{pid}").exists(), "with COMMAND")
                check.equal(list(drill.places.iterdir()), [], "and the sandbox")


ctl.main(an_app_that_asks_again_survives, the_port_stays_while_the_broker_is_gone,
         a_broker_that_does_not_start_again_is_refused, a_secret_that_a_step_makes_is_looked_at,
         a_report_says_what_is_not_known, an_app_that_reads_once_is_found, a_command_that_ends_is_started_again,
         what_fails_is_said, what_a_step_cannot_show_is_said,
         a_report_that_does_not_fit_names_the_reason, a_probe_that_hangs_is_ended, a_plan_that_is_wrong_starts_nothing,
         its_sandbox_is_as_the_options_say, a_signal_ends_all)
