#!/usr/bin/env python3
"""ghostctl fault: rules are made of options, listed and removed."""

import json

import ctl


def rule(it, name="f"):
    """The rule as the daemon has it, without its id and its counts."""
    document = it.daemon.json("GET", f"/v1/faults/{name}")[1]
    return {part: document.get(part) for part in ("match", "effect", "when") if document.get(part)}


def each_option_makes_its_part(check):
    with ctl.Ctl() as it:
        delay = {"effect": {"delay": "2s"}}
        for arguments, wanted in (
                (["--delay", "2s"], delay),
                (["--error", "throttled"], {"effect": {"error": "throttled"}}),
                (["--status", "503"], {"effect": {"status": 503}}),
                (["--drop", "after"], {"effect": {"drop": "after"}}),
                (["--truncate", "0"], {"effect": {"truncate": 0}}),
                (["--stale"], {"effect": {"stale": True}}),
                (["--error", "sealed", "--delay", "250ms"], {"effect": {"error": "sealed", "delay": "250ms"}}),
                (["--delay", "2s", "--api", "vault"], {"match": {"api": "vault"}} | delay),
                (["--delay", "2s", "--operation", "GetSecretValue"], {"match": {"operation": "GetSecretValue"}} | delay),
                (["--delay", "2s", "--name", "app/**"], {"match": {"name": "app/**"}} | delay),
                (["--delay", "2s", "--times", "3"], {"when": {"times": 3}} | delay),
                (["--delay", "2s", "--skip", "4"], {"when": {"skip": 4}} | delay),
                (["--delay", "2s", "--every", "5"], {"when": {"every": 5}} | delay),
                (["--delay", "2s", "--percent", "6"], {"when": {"percent": 6}} | delay),
                (["--delay", "2s", "--from", "2000-01-01T12:00:00.000Z"], {"when": {"from": "2000-01-01T12:00:00.000Z"}} | delay),
                (["--delay", "2s", "--until", "2000-01-02T12:00:00.000Z"], {"when": {"until": "2000-01-02T12:00:00.000Z"}} | delay)):
            said = it.run("fault", "add", "f", *arguments)
            check.equal((said.status, said.out, said.err, rule(it)), (0, b"", "", wanted), f"{arguments}")
        said = it.run("fault", "add", "f", "--stale", "--json")
        check.equal((said.status, json.loads(said.out)["effect"]), (0, {"stale": True}), "--json: the rule")


def rules_are_listed_and_removed(check):
    with ctl.Ctl() as it:
        said = it.run("fault", "list")
        check.equal((said.status, said.out, said.err), (0, b"", ""), "none: nothing")
        check.ok(b"no fault rules" in it.on_a_terminal("fault", "list")[1], "which a person is told")
        it.put("a", "x")
        it.run("fault", "add", "busy", "--error", "throttled", "--times", "1", "--name", "a")
        it.run("fault", "add", "slow", "--delay", "1ms", "--api", "vault")
        it.put("b", "y")
        said = it.run("get", "b", "a")
        check.equal((said.status, said.out, said.err), (1, b"b\ty\n", "ghostctl: 'a' is refused by the fault rule 'busy'\n"),
                    "which of two was refused, and why, is said")
        for status in (0, 0):
            check.equal(it.run("get", "a").status, status, "it fires once")
        said = it.run("fault", "list")
        check.equal(said.out, b"busy 3 1 name=a error=throttled times=1\nslow 0 0 api=vault delay=1ms\n", "id, matched, fired, rule")
        shown = it.on_a_terminal("fault", "list", env=it.environment(NO_COLOR="1", TERM="xterm"))[1].decode().splitlines()
        check.equal(shown, ["ID    MATCHED  FIRED  RULE", "busy  3        1      name=a error=throttled times=1",
                            "slow  0        0      api=vault delay=1ms"], "on a terminal a table")
        check.equal([each["id"] for each in json.loads(it.run("fault", "list", "--json").out)["faults"]], ["busy", "slow"], "--json")
        said = it.run("fault", "remove", "no", "busy")
        check.ok(said.status == 4 and "there is no fault rule 'no'" in said.err, "one that is not there: 4", said)
        check.equal(it.run("fault", "list").out, b"slow 0 0 api=vault delay=1ms\n", "and the other is removed")
        it.run("fault", "add", "more", "--stale")
        removed = [json.loads(line) for line in it.run("fault", "remove", "slow", "more", "--json").out.splitlines()]
        check.equal([(each["id"], each["fired"]) for each in removed], [("slow", 0), ("more", 0)], "--json: each as it was")
        it.run("fault", "add", "more", "--stale")
        check.equal([sorted(json.loads(line)) for line in it.run("fault", "remove", "--all", "--json").out.splitlines()], [["removed"]], "--all --json")
        it.run("fault", "add", "more", "--stale")
        ctl.quiet(check, it.run("fault", "remove", "--all"), 0, "--all")
        check.equal(it.run("fault", "list").out, b"", "removes all")


def mistakes_are_named_as_they_were_typed(check):
    with ctl.Ctl() as it:
        for arguments, option in ((["--api", "foo"], "'--api foo'"), (["--operation", "foo"], "'--operation foo'"),
                                  (["--percent", "200"], "'--percent 200'"), (["--times", "0"], "'--times 0'"),
                                  (["--every", "0"], "'--every 0'")):
            said = it.run("fault", "add", "f", "--delay", "1s", *arguments)
            check.ok(said.status == 2 and said.err.startswith(f"ghostctl: {option} is n") and "member" not in said.err,
                     f"{arguments}", said)
        for arguments, option in ((["--error", "foo"], "'--error foo'"), (["--status", "200"], "'--status 200'"), (["--drop", "foo"], "'--drop foo'")):
            said = it.run("fault", "add", "f", *arguments)
            check.ok(said.status == 2 and said.err.startswith(f"ghostctl: {option} is n") and "member" not in said.err,
                     f"{arguments}", said)
        for arguments, message in ((["add"], "give the rule one id"), (["add", "f"], "say what happens: "), (["add", "f", "--stale", "--status", "500"], "say what happens: "),
                                   (["add", "f", "--delay", "1h"], "'--delay 1h' is no time to wait"), (["add", "f", "--stale", "--times", "x"], "'--times x' is no whole number"),
                                   (["add", "f", "--stale", "--from", "x"], "'--from x' is not an RFC 3339 time"), (["add", "f", "--stale", "--name", "a b"], "'--name a b' is no pattern"),
                                   (["list", "x"], "takes no argument"), (["remove"], "which rules?"), (["remove", "x", "--all"], "which rules?"),
                                   (["list", "--api", "aws"], "--api goes with 'fault add', not with 'list'"), (["list", "--all"], "--all goes with 'fault remove', not with 'list'"),
                                   (["remove", "x", "--name", "x"], "--name goes with 'fault add', not with 'remove'"),
                                   (["remove", "--all", "--stale"], "--stale goes with 'fault add', not with 'remove'"),
                                   (["add", "f", "--stale", "--all"], "--all goes with 'fault remove', not with 'add'"),
                                   (["frob"], "'frob' is unknown"), (["frob", "--all"], "'frob' is unknown"), ([], "usage: ")):
            said = it.run("fault", *arguments)
            check.ok(said.status == 2 and message in said.err and said.out == b"", f"fault {arguments}: 2", said)
        for api in ("ghostkey", "vault", "aws", "credential"):
            ctl.quiet(check, it.run("fault", "add", "f", "--stale", "--api", api, "--operation", "kv-read"), 0, f"--api {api}")
        it.run("fault", "remove", "f")
        said = it.run("fault", "add", "a b", "--stale")
        check.ok(said.status == 2 and "'a b' is no id" in said.err, "an id that is none", said)
        check.equal(it.run("fault", "list").out, b"", "nothing was made")


ctl.main(each_option_makes_its_part, rules_are_listed_and_removed, mistakes_are_named_as_they_were_typed)
