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
        check.equal(it.run("cleanup").out, b"a\nb\n", "their names")


ctl.main(nothing_expired_nothing_removed, expired_ones_are_removed_and_named)
