#!/usr/bin/env python3
"""ghostctl export: what is in the file, and how it gets to the disk."""

import json
import os
import re
import stat

import ctl

MARK = "# GhostKey env file, format portable: written by ghostctl export, do not edit\n"


def lines_are_ordered_and_chosen(check):
    with ctl.Ctl() as it:
        it.put("b/x", "two words")
        it.put("a", "plain")
        it.put("9lives", "9")
        it.put("hidden", "x", env=False)
        it.put("named", "n", env="AAA")
        it.run("put", "bin", stdin=b"\xff\0")
        said = it.run("export")
        ctl.quiet(check, said, 0, "no word for what is as it should be")
        wanted = MARK + "A=plain\nAAA=n\nBIN=/wA=\nB_X='two words'\n_9LIVES=9\n"
        check.equal((it.directory / ".env.ghost").read_text(), wanted, ".env.ghost")
        check.equal(it.run("export", "--stdout").out.decode(), wanted, "--stdout")
        check.equal(it.run("export", "--stdout", "--prefix", "b/").out.decode(),
                    MARK + "B_X='two words'\n", "--prefix")
        it.run("export", "-o", "other")
        check.equal((it.directory / "other").read_text(), wanted, "-o FILE")
        check.equal(sorted(os.listdir(it.directory)), [".env.ghost", "other"], "nothing else")


def no_secrets_make_an_empty_file(check):
    with ctl.Ctl() as it:
        check.equal(it.run("export").status, 0, "no secrets")
        check.equal((it.directory / ".env.ghost").read_text(), MARK, "only the mark")


def expired_ones_are_left_out(check):
    with ctl.Ctl(clock="system") as it:
        it.put("a", "x")
        it.put("b", "x", ttl=1)
        it.wait_until_expired("b")
        check.equal(it.run("export", "--stdout").out.decode(), MARK + "A=x\n", "no expired entry")


def many_pages_make_one_file(check):
    with ctl.Ctl() as it:
        with it.daemon.connect() as connection:
            for number in range(2100):
                connection.request("PUT", f"/v1/secrets/n{number:04}", f'{{"value":"v{number}"}}')
        lines = it.run("export", "--stdout").out.decode().splitlines()
        check.equal(lines[1:], [f"N{number:04}=v{number}" for number in range(2100)], "each line")


def an_unchanged_file_is_not_written(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        it.run("export")
        file = it.directory / ".env.ghost"
        os.utime(file, ns=(1, 1))
        before = file.stat()
        check.equal(stat.S_IMODE(before.st_mode), 0o600, "mode 0600")
        check.equal(it.run("export", "--check").status, 0, "--check: up to date")
        it.put("a", "1")
        check.equal(it.run("export").status, 0, "again")
        after = file.stat()
        check.equal((after.st_ino, after.st_mtime_ns), (before.st_ino, 1), "same inode and mtime")
        it.put("a", "2")
        check.equal(it.run("export", "--check").status, 1, "--check: it would change: 1")
        check.equal(file.stat().st_mtime_ns, 1, "and it did not")
        it.run("export")
        check.ok(file.stat().st_ino != before.st_ino, "a change makes a new file")
        check.equal(file.read_text(), MARK + "A=2\n", "with the new value")
        file.chmod(0o644)
        it.run("export")
        check.equal(stat.S_IMODE(file.stat().st_mode), 0o600, "a mode that was opened is closed")
        file.unlink()
        check.equal(it.run("export", "--check").status, 1, "--check: none there: 1")
        check.ok(not file.exists(), "and none is made")


def a_foreign_file_stays(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        file = it.directory / ".env.ghost"
        for content in ("MINE=1\n", ""):
            file.write_text(content)
            said = it.run("export")
            check.ok(said.status == 1 and "--force" in said.err, "a file without the mark: 1", said)
            check.equal(file.read_text(), content, "it stays as it was")
        check.equal(it.run("export", "--check", "--force").status, 1, "--check writes nothing")
        check.equal(file.read_text(), "", "even with --force")
        check.equal(it.run("export", "--force").status, 0, "--force overwrites it")
        check.equal(file.read_text(), MARK + "A=1\n", "whole")


def two_secrets_with_one_environment_name_are_both_named(check):
    with ctl.Ctl() as it:
        it.put("app/db", "1")
        it.put("app-db", "2")
        said = it.run("export")
        check.ok(said.status == 1 and all(word in said.err for word in
                                          ("'app/db'", "'app-db'", "APP_DB")), "both named", said)
        check.equal(os.listdir(it.directory), [], "nothing is written")


def refusals_come_all_at_once(check):
    with ctl.Ctl() as it:
        it.put("good", "1")
        it.put("cr", "hidden\r")
        it.put("both", "hid'den$(id)")
        said = it.run("export")
        check.equal(said.status, 1, "a value that cannot be written: 1")
        check.ok("'cr' (CR)" in said.err and "carriage-return" in said.err, "one by its code", said)
        check.ok("'both' (BOTH)" in said.err and "command-substitution" in said.err, "the other")
        check.ok("hid" not in said.err, "no value in it")
        check.ok(said.err.endswith("; these formats carry all: shell, systemd, compose, python, fish, json, nul\n"),
                 "and what can be written", said)
        check.equal(os.listdir(it.directory), [], "nothing is written")
        said = it.run("export", "--skip-refused")
        check.ok(said.status == 0 and "2 of 3" in said.err, "--skip-refused says how many", said)
        check.equal((it.directory / ".env.ghost").read_text(), MARK + "GOOD=1\n", "and writes the rest")


def warnings_name_the_readers(check):
    with ctl.Ctl() as it:
        it.put("a", "$HOME")
        it.put("b", "x\ny=\\\\$(z)")
        said = it.run("export")
        lines = said.err.splitlines()
        check.equal([line.split(": ")[:4] for line in lines],
                    [["ghostctl", "warning", *each] for each in (["A", "expands"], ["B", "command"], ["B", "newline"],
                                                                 ["B", "newline-name"], ["B", "backslash-pair"])],
                    "NAME: code: what readers do, a line each")
        check.ok(lines[0].endswith(": bun, Vite, Next and dotenv-expand would expand '$' (and '${' also python-dotenv with "
                                   "interpolation and compose v1); --format js-expand carries it") and
                 lines[4].endswith("python-dotenv and compose v1 would halve '\\\\'; --format python carries it") and
                 "--format" not in lines[1], "and the format that carries it", said)
        check.equal(said.status, 0, "a warning is no failure")
        check.equal(it.run("export", "--quiet").err, "", "--quiet")
        (it.directory / ".env.ghost").unlink()
        said = it.run("export", "--strict", "--quiet")
        check.ok(said.status == 1 and "'a' (A)" in said.err and "expands" in said.err,
                 "--strict makes it a failure", said)
        check.ok("these formats carry all: shell, " in said.err and "portable" not in said.err,
                 "and names formats that warn of nothing", said)
        check.equal(os.listdir(it.directory), [], "and writes nothing")


def a_refused_value_is_named(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        (it.directory / "link").symlink_to("target")
        check.equal(it.run("export", "-o", "link").status, 0, "through a symbolic link")
        check.ok((it.directory / "link").is_symlink(), "the link stays")
        check.equal((it.directory / "target").read_text(), MARK + "A=1\n", "its target is written")
        for path in ("missing/x", ".", "/dev/null", "/proc/version/x"):
            said = it.run("export", "-o", path)
            check.ok(said.status == 1 and path in said.err, f"{path}: 1, and named", said)
        for arguments in (["--format", "nonsense"], ["--stdout", "-o", "x"], ["--stdout", "--check"],
                          ["x"]):
            check.equal(it.run("export", *arguments).status, 2, f"{arguments}: 2")


def many_pages_are_one_file(check):
    marks = "/-.1a_Z"  # which come in another order in an environment
    secrets = {f"n{marks[number % 7]}x{marks[number // 7 % 7]}{number:04}": f"v{number}" for number in range(2500)}
    with ctl.Ctl() as it:
        it.run("import", "-", stdin=json.dumps(secrets).encode())
        said = it.run("export", "--quiet")
        lines = {name if name.isidentifier() else re.sub("[^A-Z0-9]", "_", name.upper()): value
                 for name, value in secrets.items()}  # a variable keeps its own name
        text = "".join(f"{env}={lines[env]}\n" for env in sorted(lines))
        path = it.directory / ".env.ghost"
        check.ok(said.status == 0 and path.read_text().split("\n", 1)[1] == text, "whole, and in order", said)
        before = path.stat()
        check.equal(it.run("export", "--quiet").status, 0, "again")
        check.equal((path.stat().st_ino, path.stat().st_mtime_ns), (before.st_ino, before.st_mtime_ns),
                    "the same file stays untouched")
        it.put("n-", "last")
        check.equal(it.run("export", "--check").status, 1, "one more, and it would change")


def each_shared_name_of_many_is_named(check):
    with ctl.Ctl() as it:
        secrets = {f"{kind}{number:04}": "c4nary" for number in range(1500) for kind in ("a/", "b-")}
        it.run("import", "-", stdin=json.dumps(secrets).encode())
        shared = [f"A_{number * 7:04}" for number in range(100)]
        for env in shared:
            it.put("c/" + env, "c4nary", env=env)
        said = it.run("export")
        named = [line.split() for line in said.err.splitlines() if "same environment name" in line]
        check.ok("'update --no-env'" in said.err, "what to do keeps the value", said)
        check.equal([(line[1], line[3]) for line in named],
                    [(f"'a/{env[2:]}'", f"'c/{env}'") for env in shared], "all 100, both names each")
        check.ok(said.status == 1 and not (it.directory / ".env.ghost").exists() and "c4nary" not in said.err,
                 "and nothing is written", said.status)


ctl.main(many_pages_are_one_file, each_shared_name_of_many_is_named, lines_are_ordered_and_chosen, no_secrets_make_an_empty_file, expired_ones_are_left_out,
         many_pages_make_one_file, an_unchanged_file_is_not_written, a_foreign_file_stays,
         two_secrets_with_one_environment_name_are_both_named, refusals_come_all_at_once, warnings_name_the_readers,
         a_refused_value_is_named)
