#!/usr/bin/env python3
"""ghostctl delete: one, several, none."""

import ctl


def secrets_are_removed(check):
    with ctl.Ctl() as it:
        for name in ("a", "b/c", "d"):
            it.put(name, "x")
        ctl.quiet(check, it.run("delete", "a", "b/c"), 0, "two are removed without a word")
        check.equal(it.run("list").out, b"d 1 static - token\n", "and only those")
        check.equal(it.run("delete", "d", "--json").out, b'{"name":"d","deleted":true}\n', "--json")


def each_is_tried(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        said = it.run("delete", "nobody", "a")
        check.equal((said.status, said.out, said.err),
                    (4, b"", "ghostctl: no secret named 'nobody'\n"), "a missing one: 4")
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 0, "the other was removed")
        it.put("a", "x")
        check.equal(it.run("delete", "a", "../a").status, 2, "a wrong name: 2")
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 1, "and nothing is removed")
        check.equal(it.run("delete").status, 2, "no name: 2")


ctl.main(secrets_are_removed, each_is_tried)
