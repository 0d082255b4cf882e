#!/usr/bin/env python3
"""ghostctl put: values from every source, every option, and what is refused."""

import base64
import json
import os

import ctl
import played


def values_come_from_every_source(check):
    with ctl.Ctl() as it:
        said = it.run("put", "a", "s3cr3t")
        check.equal((said.status, said.out, said.err), (0, b"a 1\n", ""), "put says the name and the version")
        check.equal(it.document("a")["value"], "s3cr3t", "a value given as argument arrives")
        it.run("put", "a", stdin=b"from input\n")
        check.equal(it.document("a")["value"], "from input", "one newline of the input is dropped")
        it.run("put", "a", "-", stdin=b"two\n\n")
        check.equal(it.document("a")["value"], "two\n", "but only one")
        it.run("put", "a", "--raw", stdin=b"raw\n")
        check.equal(it.document("a")["value"], "raw\n", "--raw keeps it")
        it.run("put", "a", stdin=b"")
        check.equal(it.document("a")["value"], "", "an empty value is a value")
        (it.directory / "file").write_bytes(b"in a file\n")
        it.run("put", "a", "@file")
        check.equal(it.document("a")["value"], "in a file\n", "a file is taken byte for byte")
        it.run("put", "a", "--", "-dashed")
        check.equal(it.document("a")["value"], "-dashed", "after -- a value may begin with a dash")
        it.run("put", "a", "grün \U0001f600")
        check.equal(it.document("a")["value"], "grün \U0001f600", "UTF-8 is text")


def what_is_no_text_is_put_as_binary(check):
    with ctl.Ctl() as it:
        for value in (b"\xff\xfe\n", b"a\0b", b"\xed\xa0\x80", bytes(range(256))):
            said = it.run("put", "bin", stdin=value)
            found = it.document("bin").get("value_base64", "")
            check.ok(said.status == 0 and base64.b64decode(found) == value,
                     f"{value[:4]!r} arrives as binary", said)


def rotated(it, name):
    return it.daemon.json("POST", f"/v1/rotate/{name}")[1]["value"]


def options_become_members(check):
    with ctl.Ctl() as it:
        said = it.run("put", "app/db", "x", "--ttl", "15m", "--strategy", "hex", "--length", "16",
                      "--rotate-on-expiry", "--env", "DB", "--label", "team=core",
                      "--label=a=b=c")
        found = it.document("app/db")["metadata"]
        check.equal(said.status, 0, "put with all options")
        check.equal(found["ttl"], 900, "--ttl")
        check.equal(found["rotation"], {"strategy": "hex", "length": 16, "on_expiry": True},
                    "--strategy, --length and --rotate-on-expiry")
        check.equal(found["env"], "DB", "--env")
        check.equal(found["labels"], {"a": "b=c", "team": "core"}, "--label, repeated")
        said = it.run("put", "cycled", "--generate", "--values", "lines", "--no-env", "--grace", "90s",
                      "--description", "three\nlines", "--ttl", "60", "--no-rotate-on-expiry", "--no-label", "k")
        check.ok(said.status == 1 and "the file of '--values'" in said.err, "a file of values that is not there", said)
        (it.directory / "lines").write_text("one\n\nthree\n")
        said = it.run("put", "cycled", "--generate", "--values", "lines", "--no-env", "--grace", "90s",
                      "--description", "three\nlines", "--ttl", "60", "--no-rotate-on-expiry", "--no-label", "k")
        found = it.document("cycled")
        check.equal(said.out, b"cycled 1\n", "put with the other options")
        check.equal(found["metadata"]["rotation"], {"strategy": "cycle", "count": 3, "on_expiry": False, "grace": 90},
                    "--values, which implies the strategy cycle, and --grace")
        check.equal([found["value"]] + [rotated(it, "cycled") for _ in range(3)], ["one", "", "three", "one"],
                    "a value a line")
        found = found["metadata"]
        check.equal((found["env"], found["ttl"], found["description"], found["labels"]),
                    (False, 60, "three\nlines", {}), "--no-env, a TTL in seconds, --description, --no-label")
        said = it.run("put", "made", "--generate", "--strategy", "uuid")
        check.ok(said.status == 0 and len(it.document("made")["value"]) == 36, "--generate", said)
        said = it.run("--json", "put", "a", "x")
        check.ok(json.loads(said.out)["name"] == "a" and said.out.endswith(b"}\n"),
                 "--json prints the document", said)


DEFINED = {"ttl": 900, "env": "DB", "labels": {"a": "b", "team": "core"}, "description": "of the shop",
           "rotation": {"strategy": "hex", "length": 16, "on_expiry": True, "grace": 60}}


def definition(it, name):
    found = it.document(name)["metadata"]
    return {member: found.get(member) for member in DEFINED}


def what_no_option_names_is_kept(check):
    with ctl.Ctl() as it:
        it.put("db", "1", **DEFINED)
        check.equal(it.run("put", "db", "2").out, b"db 2\n", "a new value")
        check.equal((it.document("db")["value"], definition(it, "db")), ("2", DEFINED), "keeps the definition")
        it.run("put", "db", stdin=b"\xff")
        check.equal((it.document("db")["value_base64"], definition(it, "db")), ("/w==", DEFINED), "a binary one, too")
        it.run("put", "db", "--generate")
        check.equal((len(it.document("db")["value"]), definition(it, "db")), (16, DEFINED), "a generated one, too")
        it.run("put", "db", "3", "--label", "new=1", "--no-label", "a", "--length", "20", "--env", "")
        check.equal(definition(it, "db"), DEFINED | {
            "env": "DB", "labels": {"new": "1", "team": "core"}, "rotation": DEFINED["rotation"] | {"length": 20}},
                    "what options name is changed, and nothing else")
        said = it.run("put", "db", "4", "--replace", "--label", "new=2")
        check.equal((said.out, definition(it, "db")),
                    (b"db 6\n", {"ttl": None, "env": "DB", "labels": {"new": "2"}, "description": None,
                                 "rotation": {"strategy": "token", "on_expiry": False}}), "--replace defines it anew")


def who_comes_between_is_tried_again(check):
    """The daemon is played: the secret is absent, then made by somebody else, then there."""
    ok = {"name": "a", "expired": False, "metadata": {
        "version": 7, "revision": 7, "mode": "static", "ttl": None, "expires_at": None,
        "rotation": {"strategy": "token", "on_expiry": False}, "env": "A", "labels": {}}}
    problem = {"type": "about:blank", "title": "x", "detail": "played"}
    with ctl.Ctl() as it, played.Broker([(404, problem), (412, problem), (404, problem), (412, problem),
                                         (200, ok)]) as broker:
        said = it.run("put", "a", "x", "--label", "k=1", "--no-label", "j", env=it.environment(GHOSTKEY_SOCKET=broker.path))
        check.equal((said.status, said.out, said.err), (0, b"a 7\n", ""), "without a word about it")
        patch = ("PATCH", "/v1/secrets/a", {"labels": {"k": "1", "j": None}, "value": "x"}, None)
        make = ("PUT", "/v1/secrets/a", {"labels": {"k": "1"}, "value": "x"}, "*")
        check.equal(broker.requests, [patch, make, patch, make, patch], "a patch and If-None-Match: * in turns")
    with ctl.Ctl() as it, played.Broker([(404, problem), (412, problem)] * 50) as broker:
        said = it.run("put", "a", "x", env=it.environment(GHOSTKEY_SOCKET=broker.path))
        check.equal((said.status, said.out, said.err), (6, b"", "ghostctl: played\n"), "but not for ever")


def a_fault_is_not_taken_for_a_missing_secret(check):
    with ctl.Ctl() as it:
        it.run("put", "a", "1", "--ttl", "1h", "--label", "k=v")
        it.run("fault", "add", "gone", "--error", "not_found", "--operation", "patch", "--name", "a")
        for more in ((), ("--if-match", "1")):
            said = it.run("put", "a", "2", *more)
            check.equal((said.status, said.out, said.err), (4, b"", "ghostctl: 'a' is refused by the fault rule 'gone'\n"),
                        f"the rule is named: {more}")
        check.equal(json.loads(it.run("fault", "list", "--json").out)["faults"][0]["matched"], 2, "each put asks once")
        check.equal((it.run("get", "a").out, definition(it, "a")["labels"]), (b"1\n", {"k": "v"}), "nothing is changed")
        it.run("fault", "add", "made", "--status", "412", "--operation", "put")
        said = it.run("put", "b", "1")
        check.equal((said.status, said.out, said.err), (6, b"", "ghostctl: 'b' is refused by the fault rule 'made'\n"),
                    "nor is one for a secret that somebody else made")
        it.run("fault", "remove", "--all")
        it.run("fault", "add", "late", "--delay", "1ms", "--operation", "patch", "--name", "c")
        check.equal(it.run("put", "c", "1").out, b"c 1\n", "a rule that only delays refuses nothing: the secret is made")


def preconditions_are_kept(check):
    with ctl.Ctl() as it:
        check.equal(it.run("put", "a", "1", "--create").out, b"a 1\n", "--create where there is none")
        said = it.run("put", "a", "2", "--create")
        check.ok(said.status == 6 and said.err.startswith("ghostctl: "),
                 "--create where there is one: 6", said)
        check.equal(it.run("put", "a", "2", "--if-match", "7").status, 6, "another revision: 6")
        check.equal(it.document("a")["value"], "1", "nothing was changed")
        check.equal(it.run("put", "a", "2", "--if-match", "1").status, 0, "the current revision")
        check.equal(it.run("put", "a", "3", "--if-match", "*").status, 0, "any revision")
        said = it.run("put", "b", "3", "--if-match", "*")
        check.equal((said.status, said.err), (6, "ghostctl: '--if-match *': no secret named 'b'\n"), "none there: 6")
        check.equal(it.run("put", "a", "4", "--if-match", "1", "--replace").status, 6, "with --replace, too")
        check.equal(it.run("put", "a", "4", "--if-match", "3", "--replace").out, b"a 4\n", "which is done if it holds")
        it.daemon.json("DELETE", "/v1/secrets/a?recover=1h")
        said = it.run("put", "a", "5")
        check.ok(said.status == 1 and "'a' is deleted" in said.err, "one that can be restored is not changed", said)


def refusals_name_what_was_typed(check):
    with ctl.Ctl() as it:
        it.run("put", "a", "x")
        it.put("n", "x", rotation={"strategy": "none"})
        it.put("r", "x", ttl=60, rotation={"strategy": "hex", "on_expiry": True})
        rows = [
            (("put", "b", "x", "--ttl", "15min"), "'--ttl 15min' is not a length of time, such as 90s, 15m, 1h30m or 7d (the units are d, h, m and s"),
            (("put", "b", "x", "--ttl", "soon"), "'--ttl' is not a length of time"),
            (("put", "b", "x", "--ttl", "0"), "'--ttl 0' is out of range: it takes 1 to 315360000 seconds"),
            (("update", "a", "--ttl", "3651d"), "'--ttl 3651d' is out of range"),
            (("import", "-", "--ttl", "1.5h"), "'--ttl 1.5h' is not a length of time"),
            (("delete", "a", "--recover", "-1d"), "'--recover -1d' is not a length of time"),
            (("rotate", "n"), "the rotation policy of 'n' is 'none': it cannot be rotated; 'ghostctl update NAME --strategy token'"),
            (("put", "b", "--generate", "--strategy", "hex", "--length", "5000"),
             "'--length 5000' is no whole number from 2 to 4096"),
            (("put", "b", "x", "--strategy", "dice"), "'--strategy' takes one of token, hex, "),
            (("put", "b", "x", "--strategy", "hx"), "'--strategy' takes one of token, hex, alphanumeric, base64url, uuid, template, cycle, none (did you mean 'hex'?)"),
            (("import", "-", "--strategy", "dice"), "'--strategy' takes one of token, hex, "),
            (("put", "b", "x", "--rotate-on-expiry"), "'--rotate-on-expiry': a static secret never expires, so it cannot rotate on expiry; give it a TTL, too: --ttl 15m"),
            (("put", "b", "--generate", "--strategy", "none"), "'--generate': strategy 'none'"),
            (("put", "b", "x", "--template", "hunter2{hex"), "'--template': at byte 8"),
            (("put", "b", "x", "--strategy", "cycle"), "strategy 'cycle' needs '--values'\n"),
            (("update", "a", "--strategy", "template"), "strategy 'template' needs '--template'\n"),
            (("put", "a", "x", "--create"), "'--create': there is a secret"),
            (("put", "a", "x", "--if-match", "7"), "'--if-match 7': 'a' is at revision 1"),
            (("put", "b", "x", "--label", "k=" + "v" * 513), "'--label' takes K=V, where V has at most 512 bytes"),
            (("update", "b", "--label", "k=1", "--no-label", "k"), "'--label' and '--no-label' name the same label twice"),
            (("put", "b", "x", "--grace", "5x"), "'--grace 5x' is not a length of time"),
            (("put", "b", "x", "--description", "d" * 2049), "'--description' takes at most 2048 bytes"),
            (("put", "b", "x", "--values", os.devnull), "'--values': "),
            (("put", "r", "x", "--no-ttl"), "'--no-ttl': a static secret"),
            (("clock", "advance", "5x"), "'5x' is not a length of time of 1s or more"),
            (("clock", "set", "5x"), "'5x' is not an RFC 3339 time"),
            (("get", "a", "--version", "0"), "'--version 0' is no version: versions are numbered from 1"),
            (("list", "--prefix", "ab:"), "'--prefix ab:' is not how names begin"),
        ]
        for arguments, wanted in rows:
            said = it.run(*arguments)
            check.ok(said.status in (1, 2, 6) and said.err.startswith("ghostctl: " + wanted)
                     and "member" not in said.err and "hunter2" not in said.err,
                     f"{arguments[2:]}: {wanted}", said)


def wrong_command_lines_put_nothing(check):
    with ctl.Ctl() as it:
        for arguments in (["a//b", "x"], ["a", "x", "y"], [], ["a", "x", "--label", "k"],
                          ["a", "x", "--label", "=v"], ["a", "x", "--label", "k=1", "--label",
                                                        "k=2"],
                          ["a", "x", "--env", "1A"], ["a", "x", "--env", "A", "--no-env"],
                          ["a", "x", "--generate"], ["a", "x", "--length", "ten"],
                          ["a", "x", "--if-match", "x"], ["a", "x", "--nonsense"],
                          ["a", "x", "--if-match", "1", "--create"], ["a", "x", "--replace", "--create"],
                          ["a", "x", "--ttl", "1h", "--no-ttl"], ["a", "x", "--template", "{hex:4}", "--values", "x"],
                          ["a", "x", "--rotate-on-expiry", "--no-rotate-on-expiry"], ["a", "x", "--no-label", ""],
                          ["a", "x", "--no-label", "k" * 129], ["a", "x", "--label", "k=1", "--no-label", "k"],
                          ["a", "x", "--description", b"\xff"], ["a", "x", "--ttl"],
                          ["a", "x", "--strategy", b"\xff"], ["a", "x", "--label", b"k=\xff"], ["a", "x", "--ttl", "0"],
                          ["a", "x", "--ttl", "soon"], ["a", "x", "--strategy", "nonsense"]):
            said = it.run("put", *arguments)
            check.ok(said.status == 2 and said.out == b"" and said.err, f"put {arguments}: 2", said)
        said = it.run("put", "a", "@missing")
        check.ok(said.status == 1 and said.out == b"" and said.err, "a file that is not there: 1", said)
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 0, "nothing was put")


def no_message_repeats_what_may_be_a_value(check):
    key = "-----BEGIN PRIVATE KEY-----\nc4nary\n-----END PRIVATE KEY-----\n"
    with ctl.Ctl() as it:
        for arguments in (["a", key], [key], [key, "a"], ["a", "--c4nary"], ["a", "-c4nary"], ["a", "-hc4nary"],
                          ["a", "--c4nary=x"], ["--c4nary", "a"], ["c4nary x", "a"], ["c4nary\n", "a"],
                          ["x" * 256 + "c4nary", "a"], ["a", "x", "c4nary"], ["a", "--create=c4nary"],
                          ["a", "--label", "c4nary"], ["a", "--label", "=c4nary"], ["a", "--label", key * 4 + "="],
                          ["a", "--label", "c4nary=1", "--label", "c4nary=2"], ["a", "--label", b"c4nary=\xff"],
                          ["a", "--length", "c4nary"], ["a", "--env", "c4nary x"], ["a", "--if-match", "c4nary"],
                          ["a", "--template", b"c4nary\xff"], ["a", "--strategy", b"c4nary\xff"],
                          ["a", "--values", "c4nary"], ["a", "--grace", "c4nary", "x"], ["a", "--no-label", "c4nary" * 50],
                          ["a", "--description", "c4nary" * 400, "x"], ["a", "--description", b"c4nary\xff"],
                          ["a", "--ttl", b"c4nary\xff"], ["a", "--generate", "c4nary"], ["a", "@c4nary"],
                          ["a", "@/c4nary"], ["a", "--ttl", "c4nary", "x"], ["a", "--strategy", "c4nary", "x"],
                          ["a", "--template", "{c4nary}", "x"], ["a", "x", "--label", "k=" + "c4nary" * 100]):
            said = it.run("put", *arguments)
            check.ok(said.status != 0 and said.err and "4nary" not in said.err and said.out == b"",
                     f"put {arguments}", said)
        check.ok("'--'" in it.run("put", "a", key).err, "but how such a value is put is said")
        said = it.run("put", "a", "x", "--lable", "k=v")
        check.ok("did you mean '--label'?" in said.err, "and what was meant", said)
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 0, "nothing was put")


def too_much_is_refused_with_a_reason(check):
    with ctl.Ctl() as it:
        check.equal(it.run("put", "a", stdin=b"x" * 65536).status, 0, "the largest value")
        said = it.run("put", "a", stdin=b"y" * 65537)
        check.ok(said.status == 1 and said.err, "one byte more: 1", said)
        said = it.run("put", "a", stdin=b"y" * (8 << 20))
        check.ok(said.status == 1 and said.err, "far more: 1", said)
        check.equal(it.document("a")["value"], "x" * 65536, "the old value stayed")


def ask(it, *answers):
    prompts = [b"value of asked: ", b"once more: "]
    return it.on_a_terminal("put", "asked", dialogue=zip(prompts, answers))


def a_person_is_asked_twice_without_echo(check):
    with ctl.Ctl() as it:
        status, shown = ask(it, b"h1dden\n", b"h1dden\n")
        check.equal(status, 0, "two equal answers")
        check.equal(it.document("asked")["value"], "h1dden", "are the value")
        check.ok(b"h1dden" not in shown, "which is not shown", shown)
        status, shown = ask(it, b"other\n", b"0ther\n")
        check.ok(status == 1 and b"differ" in shown, "two that differ: 1", status, shown)
        status, shown = ask(it, b"\x04")
        check.ok(status == 1 and b"no value" in shown, "none at all: 1", status, shown)
        status, shown = ask(it, b"\x03")
        check.equal(status, -2, "an interrupt ends it")
        check.equal(it.document("asked")["value"], "h1dden", "the value stayed")


ctl.main(values_come_from_every_source, what_is_no_text_is_put_as_binary, options_become_members,
         what_no_option_names_is_kept, who_comes_between_is_tried_again, a_fault_is_not_taken_for_a_missing_secret, preconditions_are_kept, refusals_name_what_was_typed, wrong_command_lines_put_nothing,
         no_message_repeats_what_may_be_a_value,
         too_much_is_refused_with_a_reason, a_person_is_asked_twice_without_echo)
