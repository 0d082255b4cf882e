#!/usr/bin/env python3
"""ghostctl cleanup: removes what is expired and does not rotate."""

import ctl


def nothing_expired_nothing_removed(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        ctl.quiet(check, it.run("cleanup"), 0, "nothing is removed, nothing said")
        check.equal(it.run("cleanup", "--json").out, b'{"removed":[]}\n', "--json")
        check.equal(it.run("cleanup", "a").status, 2, "an argument: 2")


def expired_ones_are_removed_and_named(check):
    with ctl.Ctl(clock="system") as it:
        it.put("b", "x", ttl=1)
        it.put("a", "x", ttl=1)
        it.put("c", "x")
        it.wait_until_expired("a")
        it.put("r", "x", ttl=3600, rotation={"strategy": "hex", "on_expiry": True})
        said = it.run("cleanup", "--dry-run")
        check.equal((said.status, said.out, said.err), (0, b"a\nb\n", ""), "--dry-run names them")
        check.equal(it.run("cleanup", "--dry-run", "--json").out, b'{"removed":["a","b"]}\n', "as JSON, too")
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 4, "and removes none")
        check.equal(it.run("cleanup").out, b"a\nb\n", "their names")


def one_that_could_not_rotate_is_removed_as_well(check):
    with ctl.Ctl("--max-value", "10") as it:
        it.put("failed", "x", ttl=60, rotation={"strategy": "uuid", "on_expiry": True})
        it.put("plain", "x", ttl=60)
        it.run("clock", "advance", "60")
        check.equal([it.document(name)["expired"] for name in ("failed", "plain")], [True, True], "both are expired")
        check.equal(it.run("cleanup", "--dry-run").out, b"failed\nplain\n", "--dry-run names both")
        check.equal(it.run("cleanup").out, b"failed\nplain\n", "which are removed")


ctl.main(nothing_expired_nothing_removed, expired_ones_are_removed_and_named, one_that_could_not_rotate_is_removed_as_well)
