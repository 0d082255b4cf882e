#!/usr/bin/env python3
"""ghostctl rotate --with: the broker and what COMMAND changes change together, or neither does; also a PostgreSQL."""

import json
import os
import resource
import signal
import subprocess
import sys

import ctl
import postgres


def stages(it):
    versions = it.daemon.json("GET", "/v1/metadata/a")[1]["metadata"]["versions"]
    return {stage: version["version"] for version in versions for stage in version["stages"]}


def what_command_gets(check):
    with ctl.Ctl() as it:
        it.put("a", "one")
        said = it.run("rotate", "a", "--print", "--with", 'cat >got; echo "$GHOSTKEY_NAME $GHOSTKEY_VERSION" >vars')
        got = json.loads((it.directory / "got").read_bytes())
        new = it.document("a")["value"]
        check.equal((said.status, said.out, said.err), (0, f"a 2 {new}\n".encode(), ""), "the new version is current")
        check.equal(got, {"name": "a", "current": {"version": 1, "value": "one"}, "pending": {"version": 2, "value": new}},
                    "COMMAND got both values")
        check.equal((it.directory / "vars").read_text(), "a 2\n", "and the variables")
        it.run("put", "a", stdin=b"\xff")
        said = it.run("rotate", "a", "--json", "--with", "cat >got")
        check.equal(json.loads((it.directory / "got").read_bytes())["current"], {"version": 3, "value_base64": "/w=="},
                    "a binary value as base64")
        check.equal(json.loads(said.out)["metadata"]["version"], 4, "--json")
        it.put("a", "x" * 65536)
        check.equal(it.run("rotate", "a", "--with", "true").status, 0, "a COMMAND that does not read it")


def a_command_that_fails_changes_nothing(check):
    with ctl.Ctl() as it:
        it.put("a", "one")
        for command, status in (("exit 7", 7), ("kill -9 $$", 137), ("/no/such/command", 127)):
            said = it.run("rotate", "a", "--with", command)
            check.ok((said.status, said.out) == (status, b"") and "nothing has changed" in said.err, f"{command}: {status}", said)
            check.equal((it.document("a")["value"], stages(it)), ("one", {"current": 1}), "the value stays, nothing is pending")
        with it.begin("rotate", "a", "--with", "echo begun; exec sleep 600") as running:
            running.line()
            running.signal(signal.SIGTERM)
            check.equal((running.end().status, stages(it)), (143, {"current": 1}), "a signal is passed on, nothing is pending")
        status, shown = it.on_a_terminal("rotate", "a", "--with", "echo begun; exec sleep 600", dialogue=[(b"begun", b"\x03")])
        check.ok((status, stages(it)) == (-signal.SIGINT, {"current": 1}), "Ctrl-C ends it as it ends COMMAND, nothing is pending",
                 status, shown)
        for arguments in (["a", "b"], ["a", "--pending"], ["--prefix", "a"]):
            check.equal(it.run("rotate", *arguments, "--with", "true").status, 2, f"{arguments}: 2")
        check.equal(it.run("rotate", "a", "--with", "").status, 2, "no COMMAND: 2")
        check.equal(it.run("rotate", "b", "--with", "touch ran").status, 4, "no such secret: 4")
        check.ok(not (it.directory / "ran").exists(), "and COMMAND is not run")


def write_no_file():
    """In the child that becomes ghostctl: a write to a file fails, as it does where there is no memory for one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def a_command_that_cannot_be_started_was_not_run(check):
    with ctl.Ctl() as it:
        it.put("a", "one")
        with it.begin("rotate", "a", "--with", "touch ran", preexec_fn=write_no_file) as running:
            said = running.end()
        check.ok((said.status, said.out) == (1, b"") and "cannot pass the value to COMMAND: File too large\n" in said.err and
                 "COMMAND was not run: version 2 of 'a' is discarded, and nothing has changed\n" in said.err and "exit status" not in said.err,
                 "its values cannot be passed: it was not run", said)
        check.ok(not (it.directory / "ran").exists(), "which is true")
        check.equal((it.document("a")["value"], stages(it)), ("one", {"current": 1}), "the value stays, nothing is pending")


def a_signal_after_command_waits_for_the_answer(check):
    with ctl.Ctl() as it:
        it.put("a", "one")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before = it.document("a")["metadata"]["version"]
            it.run("fault", "add", "slow", "--delay", "2s", "--operation", "promote")  # it is done at once, and answered later
            with it.begin("rotate", "a", "--with", "true") as running:
                ctl.wait_for(lambda before=before: stages(it)["current"] > before, "the promotion")
                running.signal(number)
                said = running.end()
            check.equal((said.status, said.out, said.err), (0, f"a {before + 1}\n".encode(), ""), f"{number.name}: the answer is told")


def what_is_half_done_is_said(check):
    with ctl.Ctl() as it:
        it.put("a", "one")
        it.run("rotate", "a", "--pending")
        said = it.run("rotate", "a", "--with", "touch ran")
        check.ok(said.status == 1 and "finish with 'ghostctl promote a'\n" in said.err and "finish with 'ghostctl discard a'\n" in said.err and
                 not (it.directory / "ran").exists(), "a pending version of an earlier run", said)
        it.put("a!b", "one")
        it.run("rotate", "a!b", "--pending")
        said = it.run("rotate", "a!b", "--with", "true")
        check.ok("finish with: ghostctl promote 'a!b'\n" in said.err, "a name that a shell would take for history is in quotes", said)
        it.run("put", "--", "-a", "one")
        it.run("rotate", "--pending", "--", "-a")
        said = it.run("rotate", "--with", "true", "--", "-a")
        check.ok("finish with 'ghostctl promote -- -a'\n" in said.err, "a name that begins with '-' is told from an option", said)
        it.run("discard", "a")
        said = it.run("rotate", "a", "--with", '"$G" discard a', env=it.environment(G=ctl.program()))
        check.ok(said.status == 4 and "COMMAND succeeded, but version 3" in said.err and "'ghostctl promote a'\n" in said.err,
                 "a promotion that fails", said)
        said = it.run("--socket", it.socket, "rotate", "a", "--with", f"mv {it.socket} {it.socket}.away")
        os.rename(it.socket + ".away", it.socket)
        check.ok(said.status == 5 and f"ghostctl --socket '{it.socket}' promote a\n" in said.err, "a daemon that is gone", said)
        check.equal((it.document("a")["value"], stages(it)), ("one", {"current": 1, "pending": 4}), "leaves it pending")
        quoted = it.directory / "it's; here"
        quoted.symlink_to(it.socket)
        said = it.run("--socket", str(quoted), "rotate", "a", "--with", "true")
        line = said.err.splitlines()[1].partition("finish with: ghostctl ")[2]
        done = subprocess.run(["/bin/sh", "-c", f'"$G" {line}'], env=it.environment(G=ctl.program()), capture_output=True, check=False)
        check.equal((done.returncode, done.stdout, stages(it)), (0, b"a 4\n", {"current": 4, "previous": 1}),
                    f"the line finishes it as it stands, also with quotes in the path: {line}")


ALTER = """import json, subprocess, sys
new = json.load(sys.stdin)["pending"]["value"]
sys.exit(subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1"], text=True,
                        input=f"ALTER ROLE {sys.argv[1]} PASSWORD '{new}'").returncode)
"""


PATIENCE_S = 120  # a database and the programs of Python take their time on a busy machine


def rotated_with(it, command, env):
    with it.begin("rotate", "a", "--with", command, env=env) as running:
        return running.end(PATIENCE_S)


def a_database_changes_with_the_broker(check):
    if not postgres.programs():
        check.skip("a role of PostgreSQL and the broker change together", postgres.MISSING)
        return
    with ctl.Ctl() as it, postgres.Postgres() as base:
        base.lets_in("boss", "boss-pass", "CREATE ROLE app LOGIN PASSWORD 'first'")
        it.put("a", "first")
        (it.directory / "alter.py").write_text(ALTER)
        alter = f"'{sys.executable}' alter.py"
        env = it.environment() | base.environment("boss", "boss-pass")
        check.ok(base.lets_in("app", "first"), "the database knows the first password")
        said = rotated_with(it, alter + " app", env)
        second = it.document("a")["value"]
        check.equal((said.status, said.out), (0, b"a 2\n"), "ALTER ROLE succeeds")
        check.ok(second != "first" and base.lets_in("app", second) and not base.lets_in("app", "first"),
                 "both have the new password")
        said = rotated_with(it, alter + " nobody_there", env)
        check.ok(said.status != 0 and it.document("a")["value"] == second and base.lets_in("app", second),
                 "a command that fails changes neither", said)
        said = rotated_with(it, alter + " app", env | {"PGPASSWORD": "wrong"})
        check.ok(said.status != 0 and stages(it) == {"current": 2, "previous": 1} and base.lets_in("app", second),
                 "nor does one that is not let in", said)


ctl.main(what_command_gets, a_command_that_fails_changes_nothing,
         a_command_that_cannot_be_started_was_not_run, a_signal_after_command_waits_for_the_answer, what_is_half_done_is_said,
         a_database_changes_with_the_broker)
