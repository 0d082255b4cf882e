#!/usr/bin/env python3
"""ghostctl put: values from every source, every option, and what is refused."""

import base64
import json

import ctl


def values_come_from_every_source(check):
    with ctl.Ctl() as it:
        ctl.quiet(check, it.run("put", "a", "s3cr3t"), 0, "a value given as argument says nothing")
        check.equal(it.document("a")["value"], "s3cr3t", "and arrives")
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
        it.run("put", "app/db", "x", "--no-env", "--ttl", "60")
        found = it.document("app/db")["metadata"]
        check.equal((found["env"], found["ttl"]), (False, 60), "--no-env, and a TTL in seconds")
        check.equal(found["labels"], {}, "the whole definition was replaced")
        said = it.run("put", "made", "--generate", "--strategy", "uuid")
        check.ok(said.status == 0 and len(it.document("made")["value"]) == 36, "--generate", said)
        said = it.run("--json", "put", "a", "x")
        check.ok(json.loads(said.out)["name"] == "a" and said.out.endswith(b"}\n"),
                 "--json prints the document", said)


def preconditions_are_kept(check):
    with ctl.Ctl() as it:
        ctl.quiet(check, it.run("put", "a", "1", "--create"), 0, "--create where there is none")
        said = it.run("put", "a", "2", "--create")
        check.ok(said.status == 6 and said.err.startswith("ghostctl: "),
                 "--create where there is one: 6", said)
        check.equal(it.run("put", "a", "2", "--if-match", "7").status, 6, "another revision: 6")
        check.equal(it.document("a")["value"], "1", "nothing was changed")
        check.equal(it.run("put", "a", "2", "--if-match", "1").status, 0, "the current revision")
        check.equal(it.run("put", "a", "3", "--if-match", "*").status, 0, "any revision")
        check.equal(it.run("put", "b", "3", "--if-match", "*").status, 6, "none there: 6")


def refusals_name_what_was_typed(check):
    with ctl.Ctl() as it:
        it.run("put", "a", "x")
        rows = [
            (("put", "b", "x", "--ttl", "5x"), "'--ttl' must be whole seconds"),
            (("put", "b", "--generate", "--strategy", "hex", "--length", "5000"),
             "'--length 5000': the length must be"),
            (("put", "b", "x", "--strategy", "dice"), "'--strategy': there is no such"),
            (("put", "b", "x", "--rotate-on-expiry"), "'--rotate-on-expiry': a static secret"),
            (("put", "b", "--generate", "--strategy", "none"), "'--generate': strategy 'none'"),
            (("put", "b", "x", "--template", "hunter2{hex"), "'--template': at byte 8"),
            (("put", "b", "x", "--strategy", "cycle"), "strategy 'cycle' needs"),
            (("put", "a", "x", "--create"), "'--create': there is a secret"),
            (("put", "a", "x", "--if-match", "7"), "'--if-match 7': 'a' is at revision 1"),
            (("put", "b", "x", "--label", "k=" + "v" * 129), "'--label k' must be a text"),
            (("clock", "advance", "5x"), "'5x' must be whole seconds"),
            (("clock", "set", "5x"), "'5x' must be a time as in RFC 3339"),
            (("get", "a", "--version", "0"), "'--version 0' must be a version's number"),
            (("list", "--prefix", "ab:"), "'--prefix ab:' must be how names begin"),
        ]
        for arguments, wanted in rows:
            said = it.run(*arguments)
            check.ok(said.status in (1, 6) and said.err.startswith("ghostctl: " + wanted)
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
                          ["a", "x", "--if-match", "1", "--create"], ["a", "x", "--ttl"],
                          ["a", "x", "--strategy", b"\xff"], ["a", "x", "--label", b"k=\xff"]):
            said = it.run("put", *arguments)
            check.ok(said.status == 2 and said.out == b"" and said.err, f"put {arguments}: 2", said)
        for arguments in (["a", "x", "--ttl", "0"], ["a", "x", "--ttl", "soon"],
                          ["a", "x", "--strategy", "nonsense"], ["a", "@missing"]):
            said = it.run("put", *arguments)
            check.ok(said.status == 1 and said.out == b"" and said.err, f"put {arguments}: 1", said)
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
                          ["a", "--ttl", b"c4nary\xff"], ["a", "--generate", "c4nary"], ["a", "@c4nary"],
                          ["a", "@/c4nary"], ["a", "--ttl", "c4nary", "x"], ["a", "--strategy", "c4nary", "x"],
                          ["a", "--template", "{c4nary}", "x"], ["a", "x", "--label", "k=" + "c4nary" * 50]):
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
         preconditions_are_kept, refusals_name_what_was_typed, wrong_command_lines_put_nothing,
         no_message_repeats_what_may_be_a_value,
         too_much_is_refused_with_a_reason, a_person_is_asked_twice_without_echo)
