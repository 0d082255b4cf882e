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


def what_cannot_rotate_is_left_out_of_a_prefix(check):
    with ctl.Ctl() as it:
        it.put("app/a", "1")
        it.put("app/fixed", "1", rotation={"strategy": "none"})
        said = it.run("rotate", "--prefix", "app/")
        check.equal((said.status, said.out, said.err),
                    (0, b"app/a 2\n", "ghostctl: 'app/fixed' is left out: its strategy is 'none'\n"), "and named")
        it.run("fault", "add", "busy", "--name", "app/a", "--operation", "rotate", "--error", "throttled", "--times", "1")
        it.put("app/z", "1")
        said = it.run("rotate", "--prefix", "app/")
        check.ok(said.status == 1 and said.out == b"app/z 2\n" and "'busy'" in said.err,
                 "one that fails stops no other, and its status counts", said)


def the_first_step_alone(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        check.equal(it.run("rotate", "a", "--pending").out, b"a 2\n", "--pending makes a version")
        check.equal(it.document("a")["value"], "1", "that is not in force")
        said = it.run("rotate", "a", "--pending")
        check.ok(said.status == 1 and "pending already" in said.err, "there is one at a time", said)
        check.equal(it.run("rotate", "a", "--pending", "--dry-run").status, 1, "as --dry-run says")
        check.equal(it.run("promote", "a").out, b"a 2\n", "promote ends it")


def a_dry_run_rotates_none(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        it.put("fixed", "1", rotation={"strategy": "none"})
        it.put("gone", "1")
        it.daemon.json("DELETE", "/v1/secrets/gone?recover=1h")
        said = it.run("rotate", "--dry-run", "a", "fixed", "nobody", "gone")
        check.ok((said.status, said.out) == (1, b"a\n") and all(f"'{name}'" in said.err for name in ("fixed", "nobody", "gone")),
                 "names what would rotate, and what would not", said)
        check.equal(it.run("rotate", "--dry-run", "--prefix", "a").out, b"a\n", "by prefix, too")
        check.equal(it.document("a")["metadata"]["version"], 1, "and does nothing")
        for more in (["--print"], ["--export"], ["--with", "true"]):
            check.equal(it.run("rotate", "--dry-run", "a", *more).status, 2, f"{more} has no meaning then: 2")


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
         a_prefix_rotates_all_of_it, what_cannot_rotate_is_left_out_of_a_prefix,
         the_first_step_alone, a_dry_run_rotates_none, the_env_file_follows)
