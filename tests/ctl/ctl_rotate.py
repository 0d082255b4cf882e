#!/usr/bin/env python3
"""ghostctl rotate: one, several, by prefix, and the env file after it."""

import json

import ctl


def names_and_versions_are_printed(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        it.put("b", "1")
        said = it.run("rotate", "a", "b")
        check.equal((said.status, said.out, said.err), (0, b"a 2\nb 2\n", ""), "two of them")
        said = it.run("rotate", "a", "--print")
        value = it.document("a")["value"]
        check.equal(said.out, f"a 3 {value}\n".encode(), "--print prints the value too")
        said = it.run("rotate", "a", "b", "--json")
        lines = said.out.splitlines()
        check.equal([json.loads(line)["metadata"]["version"] for line in lines], [4, 3],
                    "--json: a document a line")


def each_is_tried_and_the_first_failure_counts(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        it.put("fixed", "1", rotation={"strategy": "none"})
        said = it.run("rotate", "nobody", "fixed", "a")
        check.equal(said.out, b"a 2\n", "what can be rotated is")
        check.equal(said.status, 4, "the first failure's status")
        check.ok("nobody" in said.err and "fixed" in said.err, "each failure is reported", said)
        check.equal(it.run("rotate", "fixed", "nobody").status, 1, "in the order given")
        check.equal(it.run("rotate", "a", "no name").status, 2, "a wrong name: 2")
        check.equal(it.document("a")["metadata"]["version"], 2, "and nothing was rotated")


def a_prefix_rotates_all_of_it(check):
    with ctl.Ctl() as it:
        for name in ("app/a", "app/b", "apple"):
            it.put(name, "1")
        check.equal(it.run("rotate", "--prefix", "app/").out, b"app/a 2\napp/b 2\n", "--prefix")
        said = it.run("rotate", "--prefix", "x")
        check.ok(said.status == 4 and said.out == b"" and said.err, "a prefix of none: 4", said)
        check.equal(it.run("rotate").status, 2, "neither names nor a prefix: 2")
        check.equal(it.run("rotate", "--prefix", "app/", "apple").status, 2, "both: 2")


def the_env_file_follows(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        it.put("other", "2")
        said = it.run("rotate", "a", "--export")
        value = it.document("a")["value"]
        lines = (it.directory / ".env.ghost").read_text().splitlines()
        check.equal((said.status, lines[1:]), (0, [f"A={value}", "OTHER=2"]), "--export")
        it.run("rotate", "a", "--export=named")
        value = it.document("a")["value"]
        lines = (it.directory / "named").read_text().splitlines()
        check.equal(lines[1], f"A={value}", "--export=FILE")
        said = it.run("rotate", "nobody", "a", "--export=named")
        value = it.document("a")["value"]
        lines = (it.directory / "named").read_text().splitlines()
        check.equal((said.status, lines[1]), (4, f"A={value}"), "also after a failure")


ctl.main(names_and_versions_are_printed, each_is_tried_and_the_first_failure_counts,
         a_prefix_rotates_all_of_it, the_env_file_follows)
