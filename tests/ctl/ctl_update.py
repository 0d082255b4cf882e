#!/usr/bin/env python3
"""ghostctl update: the definition changes, the value stays."""

import json

import ctl

DEFINED = {"ttl": 900, "env": "DB", "labels": {"a": "b", "team": "core"}, "description": "of the shop",
           "rotation": {"strategy": "hex", "length": 16, "on_expiry": True, "grace": 60}}


def definition(it):
    found = it.document("db")
    return {"value": found["value"], "version": found["metadata"]["version"],
            **{member: found["metadata"].get(member) for member in DEFINED}}


def each_option_changes_its_part(check):
    with ctl.Ctl() as it:
        it.put("db", "kept", **DEFINED)
        (it.directory / "values").write_text("one\ntwo")
        wanted = {"value": "kept", "version": 1, **DEFINED}
        hexed = DEFINED["rotation"]
        steps = [(["--ttl", "1h"], {"ttl": 3600}),
                 (["--env", ""], {"env": "DB"}),
                 (["--env", "OTHER"], {"env": "OTHER"}),
                 (["--no-env"], {"env": False}),
                 (["--label", "new=1", "--no-label", "a", "--no-label", "absent"],
                  {"labels": {"new": "1", "team": "core"}}),
                 (["--description", ""], {"description": None}),
                 (["--description", "d"], {"description": "d"}),
                 (["--length", "8"], {"rotation": hexed | {"length": 8}}),
                 (["--strategy", "uuid"], {"rotation": {"strategy": "uuid", "on_expiry": True, "grace": 60}}),
                 (["--strategy", "hex"], {"rotation": hexed | {"length": 32}}),
                 (["--grace", "0"], {"rotation": {"strategy": "hex", "length": 32, "on_expiry": True}}),
                 (["--no-rotate-on-expiry"], {"rotation": {"strategy": "hex", "length": 32, "on_expiry": False}}),
                 (["--no-ttl"], {"ttl": None}),
                 (["--template", "x{hex:4}"],
                  {"rotation": {"strategy": "template", "template": "x{hex:4}", "on_expiry": False}}),
                 (["--values", "values", "--grace", "1d"],
                  {"rotation": {"strategy": "cycle", "count": 2, "on_expiry": False, "grace": 86400}}),
                 (["--ttl", "60", "--rotate-on-expiry"],
                  {"ttl": 60, "rotation": {"strategy": "cycle", "count": 2, "on_expiry": True, "grace": 86400}})]
        for arguments, change in steps:
            wanted |= change
            said = it.run("update", "db", *arguments)
            check.ok((said.status, said.out, said.err) == (0, b"", "") and definition(it) == wanted, f"{arguments}",
                     said, definition(it), wanted)
        said = it.run("update", "db", "--no-env", "--json")
        check.equal(json.loads(said.out)["metadata"]["env"], False, "--json prints the document")


def what_cannot_be_done_is_said(check):
    with ctl.Ctl() as it:
        it.put("db", "kept")
        before = it.document("db")
        for arguments in (["db"], ["db", "--ttl", "1h", "--no-ttl"], ["db", "c4nary", "--ttl", "1h"], [],
                          ["db", "--generate"], ["a//b", "--ttl", "1h"]):
            said = it.run("update", *arguments)
            check.ok(said.status == 2 and said.out == b"" and "c4nary" not in said.err, f"update {arguments}: 2", said)
        said = it.run("update", "bd", "--ttl", "1h")
        check.ok(said.status == 4 and "did you mean 'db'?" in said.err, "none of that name: 4", said)
        for arguments, status, wanted in ((["--ttl", "c4nary"], 2, "'--ttl' is not a length of time"), (["--length", "4"], 1, "'--length 4': ")):
            said = it.run("update", "db", *arguments)
            check.ok(said.status == status and said.err.startswith("ghostctl: " + wanted) and "c4nary" not in said.err,
                     f"{arguments}: {wanted}", said)
        check.equal(it.document("db"), before, "and nothing was changed")


ctl.main(each_option_changes_its_part, what_cannot_be_done_is_said)
