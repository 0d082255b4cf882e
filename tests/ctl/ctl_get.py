#!/usr/bin/env python3
"""ghostctl get: values as they are, older versions, expired ones."""

import json

import ctl


def the_value_comes_with_one_newline(check):
    with ctl.Ctl() as it:
        for value in ("s3cr3t", "", "two\nlines\n", "grün \U0001f600", "\t\x01\x7f"):
            it.put("a", value)
            said = it.run("get", "a")
            check.ok((said.status, said.out, said.err) == (0, value.encode() + b"\n", ""),
                     f"{value!r}", said)
            check.equal(it.run("get", "-n", "a").out, value.encode(), f"{value!r} alone with -n")


def a_binary_value_comes_as_its_bytes(check):
    with ctl.Ctl() as it:
        value = bytes(range(256)) * 3 + b"\0"
        it.run("put", "bin", stdin=value)
        check.equal(it.run("get", "-n", "bin").out, value, "all bytes")


def the_largest_value_comes_whole(check):
    with ctl.Ctl() as it:
        value = ("\x01x" * 32768)
        it.put("a", value)
        check.equal(it.run("get", "-n", "a").out, value.encode(), "64 KiB, half of it escaped")


def every_kind_of_name_is_found(check):
    with ctl.Ctl() as it:
        for name in ("a/b/c", "a+b=c@d", "...", "a..b", "-", "x" * 255, "100%", "a%2Fb", "!"):
            it.run("put", "--", name, f"of {name}")
            said = it.run("get", "--", name)
            check.ok(said.out == f"of {name}\n".encode(), f"the name {name[:20]}", said)


def older_versions_are_read(check):
    with ctl.Ctl() as it:
        for value in ("one", "two", "three"):
            it.put("a", value)
        check.equal(it.run("get", "a", "--version", "1").out, b"one\n", "--version 1")
        check.equal(it.run("get", "a", "--version=3").out, b"three\n", "--version=3")
        said = it.run("get", "a", "--version", "9")
        check.ok(said.status == 4 and said.out == b"" and said.err, "one not kept: 4", said)
        check.equal(it.run("get", "a", "--version", "x").status, 2, "no number: 2")


def stages_are_read(check):
    with ctl.Ctl() as it:
        it.put("a", "one")
        it.put("a", "two")
        it.daemon.json("POST", "/v1/rotate/a", '{"pending":true}')
        pending = it.daemon.json("GET", "/v1/secrets/a?stage=pending")[1]["value"]
        for stage, value in (("current", "two"), ("previous", "one"), ("pending", pending)):
            check.equal(it.run("get", "a", "--stage", stage).out.decode(), value + "\n", f"--stage {stage}")
        said = it.run("get", "a", "--stage", "old")
        check.ok(said.status == 2 and "'--stage old'" in said.err, "no such stage: 2", said)
        check.equal(it.run("get", "a", "--stage", "pending", "--version", "1").status, 2, "and a version: 2")
        it.put("b", "x")
        said = it.run("get", "b", "--stage", "previous")
        check.ok((said.status, said.out) == (4, b"") and "no previous version" in said.err, "none has it: 4", said)


def several_are_lines(check):
    with ctl.Ctl() as it:
        for name, value in (("a", "1"), ("b", "two words"), ("tab", "x\ty"), ("line", "x\ny")):
            it.put(name, value)
        it.run("put", "bin", stdin=b"\xff")
        said = it.run("get", "a", "b")
        check.equal((said.status, said.out, said.err), (0, b"a\t1\nb\ttwo words\n", ""), "NAME, a tab, the value")
        said = it.run("get", "a", "nobody", "tab", "line", "bin", "b")
        check.equal((said.status, said.out), (4, b"a\t1\nb\ttwo words\n"), "each is tried; the first failure counts")
        check.ok(all(f"'{name}'" in said.err for name in ("nobody", "tab", "line", "bin")) and "--json" in said.err,
                 "and what is no line is said", said)
        check.equal(it.run("get", "tab", "a").status, 1, "which is a failure")
        said = it.run("get", "tab", "bin", "--json")
        check.equal([json.loads(line)["name"] for line in said.out.splitlines()], ["tab", "bin"], "--json has them")


def an_expired_value_is_printed_with_a_warning(check):
    with ctl.Ctl(clock="system") as it:
        it.put("a", "old", ttl=1)
        it.wait_until_expired("a")
        said = it.run("get", "a")
        check.ok(said.status == 3 and said.out == b"old\n" and "expired" in said.err,
                 "an expired one: printed, warned of, 3", said)
        said = it.run("--json", "get", "a")
        check.ok(said.status == 3 and json.loads(said.out)["expired"], "with --json too", said)


def a_missing_secret_is_reported(check):
    with ctl.Ctl() as it:
        said = it.run("get", "nobody")
        check.equal((said.status, said.out, said.err),
                    (4, b"", "ghostctl: no secret named 'nobody'\n"), "no such secret: 4")
        check.equal(it.run("get", "a b").status, 2, "no name: 2")


def json_is_what_the_daemon_said(check):
    with ctl.Ctl() as it:
        it.put("a", "\"\\\n\u00e4")
        _, _, body = it.daemon.request("GET", "/v1/secrets/a")
        check.equal(it.run("get", "a", "--json").out, body + b"\n", "byte for byte")


ctl.main(the_value_comes_with_one_newline, a_binary_value_comes_as_its_bytes,
         the_largest_value_comes_whole, every_kind_of_name_is_found, older_versions_are_read, stages_are_read, several_are_lines,
         an_expired_value_is_printed_with_a_warning, a_missing_secret_is_reported, json_is_what_the_daemon_said)
