#!/usr/bin/env python3
"""ghostctl's help, and what it says to a command line it does not understand."""

import re

import ctl
import played


def fits_80_columns(check, said):
    check.ok(not any(line.endswith(" ") for line in said.out.decode().splitlines()), "no blank ends a line", said)
    longest = max(said.out.decode().splitlines(), key=len)
    check.ok(len(longest) <= 80, "in 80 columns", longest)


def help_is_for_all_and_for_each(check):
    with ctl.Ctl() as it:
        said = it.run("--help")
        text = said.out.decode()
        check.ok(said.status == 0 and said.err == "", "--help", said)
        commands = re.findall(r"^  ([a-z]+) ", text.split("\nCommands:\n")[1].split("\n\n")[0], re.M)
        check.ok({"put", "get", "list", "fault", "help"} <= set(commands) and len(commands) > 30, "each command", commands)
        fits_80_columns(check, said)
        check.equal(it.run("help").out, said.out, "the command help says the same")
        check.equal(it.run("-h").out, said.out, "-h too")
        alone = it.run()
        check.equal((alone.status, alone.out, alone.err), (2, said.out, ""), "without a command the same, and 2")
        for name in commands:
            said = it.run("help", name)
            check.ok(said.status == 0 and f"Usage: ghostctl {name}".encode() in said.out and
                     b"\nExample:\n" in said.out, f"help {name}", said)
            check.equal(it.run(name, "--help").out, said.out, f"{name} --help says the same")
            fits_80_columns(check, said)
        check.ok(re.fullmatch(rb"ghostctl \d+\.\d+\.\d+\n", it.run("--version").out), "--version")
        for more in (["list"], ["get", "none"], ["frobnicate"]):
            check.equal(it.run("--version", *more).out, it.run("--version").out, f"--version before {more}: the version, and it is not run")
        check.equal(it.run("list", "--version").status, 2, "behind it: no such option")


def mistyped_words_are_answered(check):
    with ctl.Ctl() as it:
        for arguments, word in ((["exprot"], "'export'"), (["lst"], "'list'"),
                                (["get", "a", "--no-newlin"], "'--no-newline'"),
                                (["--jsno", "list"], "'--json'")):
            said = it.run(*arguments)
            check.ok(said.status == 2 and f"did you mean {word}?" in said.err, f"{arguments}", said)
        for arguments in (["frobnicate"], ["help", "frobnicate"], ["get"], ["get", "a", "b", "-n"], ["promote", "a", "b"],
                          ["status", "x"], ["list", "x y"], ["list", "-z"], ["--socket"],
                          ["list", "--json=yes"]):
            said = it.run(*arguments)
            check.ok(said.status == 2 and said.out == b"" and said.err.startswith("ghostctl: "),
                     f"{arguments}: 2", said)


# each is wrong whatever the daemon holds
WRONG = [["clock", "advance", "x"], ["clock", "advance", "0"], ["clock", "advance", ""], ["clock", "set", "x"], ["clock", "set", "1h"],
         *[[*command, "--prefix", prefix] for prefix in ("a b", "ä", "a" * 256) for command in (
             ["list"], ["rotate"], ["delete", "--yes"], ["export", "--stdout"], ["import", "-"])], ["run", "--prefix", "a b", "--", "true"],
         *[[command, "a", "--version", number] for command in ("get", "rollback", "restore")
           for number in ("0", "x", "-1", "1x", "", "99999999999999999999")],
         ["list", "--label", ""], ["list", "--label", "=x"], ["list", "--label", "k" * 129], ["list", "--label", "k=" + "v" * 513],
         *[["update", "a", *options] for options in (
             ["--label", "k=" + "v" * 513], ["--description", "x" * 2049], ["--length", "1"], ["--length", "4097"], ["--length", "x"],
             ["--rotate-on-expiry", "--no-ttl"])],
         *[["fault", "add", fault_id, "--delay", "1s"] for fault_id in ("a b", "", "..", "x" * 65)],
         ["fault", "remove", "fine", "a b"], *[["fault", "add", "x", *options] for options in (
             ["--error", "x"], ["--drop", "x"], ["--status", "399"], ["--status", "600"], ["--status", "x"], ["--truncate", "-1"],
             ["--truncate", "9" * 20], ["--stale", "--api", "x"], ["--stale", "--operation", "x"], ["--stale", "--name", "a b"],
             ["--stale", "--percent", "0"], ["--stale", "--percent", "101"], ["--stale", "--times", "0"], ["--stale", "--every", "0"],
             ["--stale", "--skip", "x"])],
         ["--socket", "", "list"], ["--token-file", "", "list"]]


def what_ghostctl_can_judge_is_not_asked(check):
    """The exit status is 2, although there is no daemon."""
    with ctl.Ctl() as it:
        for arguments in WRONG:
            said = it.run(*arguments, env=it.environment(GHOSTKEY_SOCKET="/missing/s"))
            check.ok((said.status, said.out) == (2, b"") and said.err.startswith("ghostctl: "), f"{arguments}: 2"[:90], said)


def words_of_other_programs_are_answered(check):
    with ctl.Ctl() as it:
        for word, meant in (("set", "'put'"), ("add", "'put'"), ("rm", "'delete'"), ("del", "'delete'"), ("ls", "'list'"),
                            ("show", "'get' prints a value, and 'describe'"), ("cat", "'get'"), ("edit", "'update'"),
                            ("mv", "'ghostctl get -n OLD | ghostctl put --raw NEW', then 'ghostctl delete OLD'"),
                            ("cp", "'ghostctl get -n OLD | ghostctl put --raw NEW'"), ("undelete", "'restore'")):
            said = it.run(word, "x")
            check.ok(said.status == 2 and said.out == b"" and said.err.startswith(f"ghostctl: unknown command '{word}': ") and
                     meant in said.err, word, said)
        it.put("OLD", "a\n")
        copied = it.run("put", "--raw", "NEW", stdin=it.run("get", "-n", "OLD").out)
        check.equal((copied.status, it.document("NEW")["value"]), (0, "a\n"), "the way round mv and cp copies byte for byte")


def an_older_daemon_is_named(check):
    """The daemon is played: it does not know a path, a method, a parameter or a member of this version."""
    def problem(detail):
        return {"type": "about:blank", "title": "x", "detail": detail}

    version = it_version()
    for status, detail, arguments in ((404, "there is nothing at this path", ["reset", "--yes"]),
                                      (405, "this path does not know that method", ["promote", "a"]),
                                      (400, "unknown member 'rotation.grace': no strategy has such a parameter", ["update", "a", "--grace", "1m"]),
                                      (400, "unknown parameter 'recover': this path takes none", ["delete", "a", "--recover", "1d"])):
        for other, is_named in (("0.0.1", True), (version, False)):
            with ctl.Ctl() as it, played.Broker([(status, problem(detail)), (200, {"status": "ok", "version": other})] * 9) as broker:
                said = it.run(*arguments, env=it.environment(GHOSTKEY_SOCKET=broker.path))
                named = ("it is GhostKey 0.0.1" in said.err and f"ghostctl is {version}" in said.err and detail not in said.err and
                         "systemctl --user restart ghostkey.service" in said.err)
                check.ok(named == is_named, f"{status} of version {other}", said)
                check.ok(said.status in ((1,) if is_named else (1, 4)) and said.out == b"", "1", said)
    with ctl.Ctl() as it, played.Broker([(404, problem("no secret named 'a'"))] * 9) as broker:
        it.run("promote", "a", env=it.environment(GHOSTKEY_SOCKET=broker.path))
        check.ok(not any(path == "/v1/status" for _, path, _, _ in broker.requests), "a missing secret asks for no version", broker.requests)


def it_version():
    with ctl.Ctl() as it:
        return it.run("--version").out.decode().split()[1]


def topics_are_printed(check):
    with ctl.Ctl() as it:
        listed = it.run("help", "topics").out.decode()
        for typed, meant in (("format", "formats"), ("topic", "topics"), ("exit_status", "exit-status"), ("puts", None)):
            said = it.run("help", typed)
            lines = said.err.splitlines()
            check.equal((said.status, said.out, lines[1:]),
                        (2, b"", [f"ghostctl: did you mean the topic '{meant}'?"] if meant else []), f"a word like a topic: {typed}")
        for topic, said in (("formats", "js-expand"), ("strategies", "{alnum:N}"), ("durations", "1d12h30m"), ("patterns", "**"),
                            ("environment", "GHOSTKEY_CAUSE"), ("exit-status", "'drill' with 1")):
            told = it.run("help", topic)
            check.ok(f"\n  {topic} " in listed and told.status == 0 and said in told.out.decode(), f"help {topic}", told)
            fits_80_columns(check, told)


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


ctl.main(help_is_for_all_and_for_each, topics_are_printed, mistyped_words_are_answered, what_ghostctl_can_judge_is_not_asked, words_of_other_programs_are_answered,
         an_older_daemon_is_named,
         control_characters_of_arguments_are_escaped)
