#!/usr/bin/env python3
"""ghostctl's help, and what it says to a command line it does not understand."""

import re

import ctl

COMMANDS = ("put", "update", "get", "promote", "discard", "rollback", "restore", "verify", "reset", "rotate", "list", "describe", "delete", "cleanup", "export", "import", "run",
            "events", "clock", "completion",
            "status", "help")


def fits_80_columns(check, said):
    longest = max(said.out.decode().splitlines(), key=len)
    check.ok(len(longest) <= 80, "in 80 columns", longest)


def help_is_for_all_and_for_each(check):
    with ctl.Ctl() as it:
        said = it.run("--help")
        text = said.out.decode()
        check.ok(said.status == 0 and said.err == "", "--help", said)
        check.ok(all(re.search(f"^  {name} ", text, re.M) for name in COMMANDS), "each command")
        fits_80_columns(check, said)
        check.equal(it.run("help").out, said.out, "the command help says the same")
        check.equal(it.run("-h").out, said.out, "-h too")
        for name in COMMANDS:
            said = it.run("help", name)
            check.ok(said.status == 0 and f"Usage: ghostctl {name}".encode() in said.out and
                     b"\nExample:\n" in said.out, f"help {name}", said)
            check.equal(it.run(name, "--help").out, said.out, f"{name} --help says the same")
            fits_80_columns(check, said)
        check.ok(re.fullmatch(rb"ghostctl \d+\.\d+\.\d+\n", it.run("--version").out), "--version")


def mistyped_words_are_answered(check):
    with ctl.Ctl() as it:
        for arguments, word in ((["exprot"], "'export'"), (["lst"], "'list'"),
                                (["get", "a", "--no-newlin"], "'--no-newline'"),
                                (["--jsno", "list"], "'--json'")):
            said = it.run(*arguments)
            check.ok(said.status == 2 and f"did you mean {word}?" in said.err, f"{arguments}", said)
        for arguments in ([], ["frobnicate"], ["help", "frobnicate"], ["get"], ["get", "a", "b", "-n"], ["promote", "a", "b"],
                          ["status", "x"], ["list", "x y"], ["list", "-z"], ["--socket"],
                          ["list", "--json=yes"]):
            said = it.run(*arguments)
            check.ok(said.status == 2 and said.out == b"" and said.err.startswith("ghostctl: "),
                     f"{arguments}: 2", said)


def control_characters_of_arguments_are_escaped(check):
    with ctl.Ctl() as it:
        (it.directory / "bad.json").write_text('{"\\u001b]0;owned\\u0007\\nx: 1":"x"}')
        for arguments in (["get", "\x1b[31mx\nghostctl: done"], ["\x1b[31m"], ["help", "\x1b[31m"],
                          ["get", b"\x9b31m"], ["get", "\x9b31m"], ["import", "bad.json"],
                          ["import", "no\x1bfile"], ["--socket", "/no\x1bsocket", "list"],
                          ["rotate", "--prefix", "\x1b"], ["run", "--", "\x1b[31m"],
                          ["events", "--after", "\x1b"], ["get", "a", "--version", "\x1b"]):
            said = it.run(*arguments)
            shown = said.err.encode("utf-8", "surrogateescape")
            check.ok(said.status != 0 and said.err.startswith("ghostctl: ") and
                     all(line.startswith("ghostctl: ") for line in said.err.splitlines()) and
                     not any(byte in shown for byte in b"\x1b\x07\r\t") and b"\xc2\x9b" not in shown and
                     "\ufffd" not in said.err, f"{arguments}", said)


ctl.main(help_is_for_all_and_for_each, mistyped_words_are_answered,
         control_characters_of_arguments_are_escaped)
