#!/usr/bin/env python3
"""ghostctl delete: one, several, none."""

import ctl


def secrets_are_removed(check):
    with ctl.Ctl() as it:
        for name in ("a", "b/c", "d"):
            it.put(name, "x")
        said = it.run("delete", "a", "b/c")
        check.equal((said.status, said.out, said.err), (0, b"a deleted\nb/c deleted\n", ""), "two are removed, and named")
        check.equal(it.run("list").out, b"d 1 static - token\n", "and only those")
        check.equal(it.run("delete", "d", "--json").out, b'{"name":"d","deleted":true}\n', "--json")


def each_is_tried(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        said = it.run("delete", "nobody", "a")
        check.equal((said.status, said.out, said.err),
                    (4, b"a deleted\n", "ghostctl: no secret named 'nobody'\n"), "a missing one: 4")
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 0, "the other was removed")
        it.put("a", "x")
        check.equal(it.run("delete", "a", "../a").status, 2, "a wrong name: 2")
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 1, "and nothing is removed")
        check.equal(it.run("delete").status, 2, "no name: 2")


def names(it):
    return it.run("list", "--names").out.decode().split()


def one_can_be_restored(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        said = it.run("delete", "a", "--recover", "7d")
        check.equal((said.status, said.out, said.err),
                    (0, b"a deleted, can be restored until 2000-01-08T00:00:00.000Z\n", ""), "--recover")
        check.equal(names(it), [], "it is gone")
        check.equal(it.run("list", "--deleted").out, b"a 1 static 7d token\n", "and listed by --deleted, with the time left")
        said = it.run("get", "a")
        check.ok(said.status == 4 and "can be restored until 2000-01-08" in said.err, "get says so", said)
        check.equal(it.run("restore", "a").out, b"a 1\n", "restore brings it back")
        check.equal(names(it), ["a"], "and it is there")
        said = it.run("delete", "a", "--recover", "5x")
        check.ok(said.status == 2 and said.err.startswith("ghostctl: '--recover 5x' is not a length of time"), "no time: 2", said)
        check.equal(it.run("restore", "nobody").status, 4, "nothing to restore: 4")


def patterns_ask_first(check):
    with ctl.Ctl() as it:
        for name in ("app/a", "app/b", "app/sub/c", "apple", "z"):
            it.put(name, "x")
        for arguments in (["app/*"], ["--prefix", "app"], ["z", "app/?"]):
            said = it.run("delete", *arguments)
            check.ok(said.status == 2 and "--yes" in said.err, f"{arguments} without a terminal: 2", said)
        for arguments in ([], ["a*", "--prefix", "a"], ["a b*"], ["a\x1b*"]):
            check.equal(it.run("delete", *arguments, "--yes").status, 2, f"{arguments}: 2")
        check.equal(len(names(it)), 5, "nothing is removed")
        status, shown = it.on_a_terminal("delete", "app/*", dialogue=[(b"[y/N] ", b"n\n")])
        check.ok(status == 1 and b"delete 2 secrets: app/a, app/b?" in shown and b"nothing was done" in shown and
                 len(names(it)) == 5, "a no keeps them", status, shown)
        status, shown = it.on_a_terminal("delete", "app/*", dialogue=[(b"[y/N] ", b"yes\n")])
        check.equal((status, names(it)), (0, ["app/sub/c", "apple", "z"]), "a yes removes them, and no others")
        said = it.run("delete", "--yes", "nothing*", "z")
        check.equal((said.status, names(it)), (4, ["app/sub/c", "apple"]), "a pattern of none: 4, the others are removed")
        check.equal(it.run("delete", "--yes", "app/**").out, b"app/sub/c deleted\n", "--yes does not ask")
        check.equal(it.run("delete", "-y", "--prefix", "app").out, b"apple deleted\n", "nor does -y")
        check.equal(names(it), [], "all are removed")


ctl.main(secrets_are_removed, each_is_tried, one_can_be_restored, patterns_ask_first)
