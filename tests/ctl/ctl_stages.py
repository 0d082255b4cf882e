#!/usr/bin/env python3
"""ghostctl promote, discard, rollback, restore, verify and reset."""

import json

import ctl


def value(it):
    return it.document("a")["value"]


def pending(it):
    it.daemon.json("POST", "/v1/rotate/a", '{"pending":true}')


def versions_come_into_force(check):
    with ctl.Ctl() as it:
        it.put("a", "one")
        said = it.run("rollback", "a")
        check.equal((said.status, said.err), (4, "ghostctl: 'a' has no previous version\n"), "no previous version: 4")
        for verb in ("promote", "discard"):
            said = it.run(verb, "a")
            check.ok(said.status == 4 and "no pending version" in said.err, f"{verb} without a pending version: 4", said)
        pending(it)
        check.equal((it.run("discard", "a").out, value(it)), (b"a 2\n", "one"), "discard says which is gone")
        pending(it)
        check.equal((it.run("promote", "a").out, value(it) != "one"), (b"a 3\n", True), "promote says which is current")
        for verb in ("promote", "discard"):
            it.put("json", "x")
            it.daemon.json("POST", "/v1/rotate/json", '{"pending":true}')
            check.equal(json.loads(it.run(verb, "json", "--json").out)["name"], "json", f"{verb} --json")
        check.equal((it.run("rollback", "a").out, value(it)), (b"a 1\n", "one"), "rollback goes back")
        check.equal(it.run("rollback", "a").out, b"a 3\n", "and again, forward")
        check.equal((it.run("rollback", "a", "--version", "1").out, value(it)), (b"a 1\n", "one"), "--version names one")
        said = it.run("rollback", "a", "--version", "9")
        check.ok(said.status == 4 and said.out == b"", "one that is not kept: 4", said)
        check.equal(it.run("rollback", "a", "--version", "x").status, 2, "no number: 2")
        check.equal(json.loads(it.run("rollback", "a", "--json").out)["metadata"]["version"], 3, "--json")
        for verb in ("promote", "discard", "rollback", "restore", "verify"):
            said = it.run(verb, "A")
            check.ok(said.status == 4 and "did you mean 'a'?" in said.err, f"{verb}: no such secret: 4", said)
            check.equal(it.run(verb, "a b").status, 2, f"{verb}: no name: 2")


def a_deletion_is_undone(check):
    with ctl.Ctl() as it:
        for value_put in ("one", "two", "three"):
            it.put("a", value_put)
        it.daemon.json("DELETE", "/v1/secrets/a?recover=1h")
        said = it.run("restore", "a", "--json")
        check.equal(json.loads(said.out)["metadata"]["version"], 3, "--json")
        delete = ("POST", "/v1/secret/delete/a", '{"versions":[1,2]}', {"X-Vault-Token": "any"})
        check.equal(it.daemon.answer(*delete).status, 204, "two versions are deleted, through the API of Vault")

        def states_now():
            return [each["state"] for each in it.daemon.json("GET", "/v1/metadata/a")[1]["metadata"]["versions"]]

        states = [states_now()]
        for options in ([], ["--version", "2"]):
            said = it.run("restore", "a", *options)
            check.equal((said.status, said.out), (0, b"a 3\n"), f"restore {options} names the current version")
            states.append(states_now())
        check.equal(states, [*2 * [["deleted", "deleted", "live"]], ["deleted", "live", "live"]],
                    "--version restores that one alone")


def a_value_is_judged(check):
    with ctl.Ctl() as it:
        it.put("a", "one", ttl="1h", rotation={"grace": "10m"})
        it.put("a", "two", ttl="1h", rotation={"grace": "10m"})
        pending(it)
        made = it.daemon.json("GET", "/v1/secrets/a?stage=pending")[1]["value"].encode()
        rows = [("5m", b"two\n", 0, "current"), ("0", b"one", 0, "previous"), ("0", made, 1, "pending"),
                ("0", b"none", 1, "unknown"), ("0", b"two\n\n", 1, "unknown"), ("0", b"\xff", 1, "unknown"),
                ("6m", b"one", 1, "old"), ("1h", b"two", 1, "expired"), ("0", b"one", 1, "old")]
        for by, given, status, word in rows:
            if by != "0":
                it.daemon.json("POST", "/v1/clock/advance", json.dumps({"by": by}))
            said = it.run("verify", "a", stdin=given)
            check.equal((said.status, said.out, said.err), (status, word.encode() + b"\n", ""), f"{given[:4]} is {word}")
        it.run("put", "a", stdin=b"\xff")
        check.equal(it.run("verify", "a", stdin=b"\xff").out, b"current\n", "a binary value")
        said = it.run("verify", "a", "--json", stdin=b"c4nary")
        check.equal((said.status, json.loads(said.out)["accepted"]), (1, False), "--json has the same status")
        said = it.run("verify", "a", "c4nary")
        check.ok(said.status == 2 and "c4nary" not in said.err, "a value as argument: 2", said)
        it.put("a", "typed")
        status, shown = it.on_a_terminal("verify", "a", dialogue=[(b"value of a: ", b"typed\n")])
        check.ok(status == 0 and b"current" in shown and b"typed" not in shown, "a person is asked, once, in silence", shown)


def all_is_forgotten_when_asked(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        said = it.run("reset")
        check.ok(said.status == 2 and "--yes" in said.err, "without a terminal: 2", said)
        status, shown = it.on_a_terminal("reset", dialogue=[(b"[y/N] ", b"\n")])
        check.ok(status == 1 and b"nothing was done" in shown and value(it) == "1", "without a yes nothing is done", shown)
        status, shown = it.on_a_terminal("reset", dialogue=[(b"[y/N] ", b"Y\n")])
        check.equal((status, it.daemon.json("GET", "/v1/status")[1]["last_event"]), (0, 0), "a yes forgets all")
        it.put("a", "1")
        ctl.quiet(check, it.run("reset", "--yes"), 0, "--yes does not ask")
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 0, "and forgets all")
    with ctl.Ctl(clock="system") as it:
        it.put("a", "1")
        check.equal((it.run("reset", "--yes", "--json").out, it.daemon.json("GET", "/v1/status")[1]["secrets"]),
                    (b'{"reset":true}\n', 0), "on the system clock, too")


ctl.main(versions_come_into_force, a_deletion_is_undone, a_value_is_judged, all_is_forgotten_when_asked)
