#!/usr/bin/env python3
"""ghostctl readers: who read which version of a secret last."""

import json
import os
import pathlib
import re

import ctl

OWN = f"{pathlib.Path('/proc/self/comm').read_text('utf-8').strip()}[{os.getpid()}]"


def each_is_a_line(check):
    with ctl.Ctl() as it:
        it.put("db_pass", "one")
        ctl.quiet(check, it.run("readers", "db_pass"), 0, "nobody: nothing, and no error")
        for path in ("/v1/secrets/db_pass", "/v1/secret/data/db_pass", "/v1/secrets/db_pass"):
            it.daemon.request("GET", path)
        it.daemon.json("POST", "/v1/clock/advance", '{"by":"90s"}')
        it.put("db_pass", "two")
        it.daemon.request("GET", "/v1/secrets?values=true")
        check.equal(it.run("readers", "db_pass").out.decode(),
                    f"2 current ghostkey 3 2000-01-01T00:01:30.000Z {OWN}\n"
                    f"1 previous vault 1 2000-01-01T00:00:00.000Z {OWN}\n", "version, stage, API, reads, time, program")
        it.daemon.request("DELETE", "/v1/secrets/db_pass")
        it.put("db_pass", "again")
        check.equal(it.run("readers", "db_pass").out.decode().split()[:3], ["2", "-", "ghostkey"], "no stage: a dash")
        body = it.daemon.request("GET", "/v1/readers/db_pass")[2]
        check.equal(it.run("readers", "db_pass", "--json").out, body + b"\n", "--json: the daemon's own bytes")


def a_person_sees_a_table(check):
    with ctl.Ctl() as it:
        it.put("db_pass", "one")
        shown = it.on_a_terminal("readers", "db_pass")[1].decode()
        check.ok("no program that still runs has read it" in shown, "nobody is said", shown)
        it.daemon.request("GET", "/v1/secrets/db_pass")
        it.put("db_pass", "two")
        status, shown = it.on_a_terminal("readers", "db_pass")
        rows = [line.split() for line in re.sub("\x1b\\[\\d*m", "", shown.decode()).splitlines()]
        check.ok(status == 0 and ["VERSION", "STAGE", "API", "READS", "LAST", "READ", "PEER"] in rows and
                 ["1", "previous", "ghostkey", "1"] in [row[:4] for row in rows], "with a heading", shown)
        check.ok("the current version is 2" in shown.decode(), "and which version is current", shown)
        it.run("reset", "--yes")
        it.put("db_pass", "three")
        shown = " ".join(it.on_a_terminal("readers", "db_pass")[1].decode().split())
        check.ok("no program that still runs has read it since the daemon started or was reset" in shown, "a reset forgets readers", shown)


def errors(check):
    with ctl.Ctl() as it:
        it.put("db_pass", "x")
        said = it.run("readers", "db_pas")
        check.ok(said.status == 4 and "db_pass" in said.err, "no such secret: 4, with a suggestion", said)
        for arguments in ([], ["a b"], ["db_pass", "other"], ["db_pass", "--follow"]):
            check.equal(it.run("readers", *arguments).status, 2, f"{arguments}: 2")
        check.equal(it.run("--socket", "/missing/s", "readers", "db_pass").status, 5, "no daemon: 5")
        check.equal(json.loads(it.run("readers", "db_pass", "--json").out)["readers"], [], "a failure is no reader")


ctl.main(each_is_a_line, a_person_sees_a_table, errors)
