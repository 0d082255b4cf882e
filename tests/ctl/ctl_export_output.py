#!/usr/bin/env python3
"""ghostctl export: where it may write, and that it changes no file of the user's."""

import json
import os
import stat
import subprocess

import ctl

MARK = "# GhostKey env file, format portable: written by ghostctl export, do not edit\n"
TEXT = (MARK + "A=1\n").encode()


def in_a_shell(it, line, **more):
    """A line for sh with $G for ghostctl -> Said"""
    done = subprocess.run(["sh", "-c", line], capture_output=True, cwd=it.directory, check=False,
                          timeout=ctl.DEADLINE_S, env=it.environment(G=ctl.program()), **more)
    return ctl.Said(done.returncode, done.stdout, done.stderr)


def what_stands_for_a_descriptor_is_written_to(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        for path in ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            said = it.run("export", "-o", path)
            check.equal((said.status, said.out, said.err), (0, TEXT, ""), f"{path} on a pipe")
        check.equal(os.listdir(it.directory), [], "no file is made")
        said = in_a_shell(it, 'echo before >log; "$G" export -o /dev/stdout >>log')
        check.equal((it.directory / "log").read_bytes(), b"before\n" + TEXT, "a file is added to, as the shell opened it")
        read_end, write_end = os.pipe()
        done = subprocess.run([ctl.program(), "export", "-o", f"/dev/fd/{write_end}"], pass_fds=[write_end],
                              cwd=it.directory, env=it.environment(), check=False, timeout=ctl.DEADLINE_S)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            check.equal((done.returncode, pipe.read()), (0, TEXT), "/dev/fd/N, as of a process substitution")
        said = in_a_shell(it, '"$G" export -o /dev/fd/3 3<log')
        check.ok(said.status == 1 and "/dev/fd/3" in said.err, "one that is open for reading alone: 1", said)
        said = it.run("export", "-o", "/dev/fd/9")
        check.ok(said.status == 1 and "/dev/fd/9" in said.err, "one that is closed: 1", said)
        for arguments in (["-o", "-", "--check"], ["-o", "-", "--watch"], ["-o", "/dev/fd/1", "--watch"], ["-o", ""]):
            check.equal(it.run("export", *arguments).status, 2, f"{arguments}: 2")
        it.run("export", "-o", "./-")
        check.equal((it.directory / "-").read_bytes(), TEXT, "./- is a file of that name")
        said = it.run("rotate", "a", "--export=-")
        check.ok(said.out.startswith(b"a 2\n" + MARK.encode()) and said.status == 0, "rotate --export=-", said)
        check.equal(it.run("rotate", "a", "--export=/dev/fd/9").status, 1, "rotate --export=/dev/fd/9: 1")
        check.equal(it.run("rotate", "a", "--export=").status, 2, "rotate --export=: 2")
        check.equal(it.document("a")["metadata"]["version"], 2, "and nothing is rotated by those")


def state_of(path):
    status = os.lstat(path)
    content = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
    return status.st_ino, status.st_mode, status.st_mtime_ns, status.st_nlink, content


def what_is_the_users_is_left_alone(check):
    with ctl.Ctl() as it:
        it.put("a", "1", rotation={"strategy": "hex"})
        here = it.directory
        (here / "mine.env").write_text("A=mine\n")
        (here / "empty").touch()
        (here / "mine.json").write_text("{}\n")
        (here / "dir").mkdir()
        os.mkfifo(here / "fifo")
        (here / "to-mine").symlink_to("mine.env")
        (here / "to-fifo").symlink_to("fifo")
        (here / "x.ghost.json").symlink_to("mine.json")
        (here / "linked").write_text("A=linked\n")
        os.link(here / "linked", here / "other-name")
        for path in here.iterdir():
            if path.is_file():
                path.chmod(0o640)
        before = {path: state_of(path) for path in here.iterdir()}
        for path in sorted(before):
            for arguments in (["export", "-o", path.name], ["export", "-o", path.name, "--in-place"],
                              ["export", "-o", path.name, "--format", "json"], ["export", "-o", path.name, "--check"],
                              ["export", "-o", path.name, "--format", "nul", "--in-place"],
                              ["rotate", "a", f"--export={path.name}"]):
                said = it.run(*arguments)
                check.ok(said.status == 1 and path.name in said.err, f"{arguments}: 1", said)
        said = it.run("export", "-o", "mine.env", "--watch")
        check.equal(said.status, 1, "--watch: 1")
        check.equal({path: state_of(path) for path in here.iterdir()}, before, "all is as it was")
        for path in ("dir", "fifo", "to-fifo"):
            check.equal(it.run("export", "-o", path, "--force").status, 1, f"{path}: 1 even with --force")
        check.equal({path: state_of(path) for path in here.iterdir()}, before, "and as it was")
        check.equal(it.run("export", "-o", "linked", "--force").status, 0, "--force replaces the one name of a file")
        check.equal((here / "other-name").read_text(), "A=linked\n", "its other name keeps what it was")


def without_a_mark_the_name_decides(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        for form in ("json", "nul"):
            file = it.directory / f".env.ghost.{form}"
            for value in ("1", "2"):
                it.put("a", value)
                ctl.quiet(check, it.run("export", "--format", form), 0, f"{form}: without -o, value {value}")
                check.ok(value.encode() in file.read_bytes(), f"is in {file.name}")
            check.equal(it.run("export", "--format", form, "--check").status, 0, "--check looks there")
            named = f"app.ghost.{form}"
            other = f"app.{form}"
            for value in ("3", "4"):
                it.put("a", value)
                check.equal(it.run("export", "--format", form, "-o", named).status, 0, f"{named}, value {value}")
            check.equal(it.run("export", "--format", form, "-o", other).status, 0, f"{other} is made")
            ctl.quiet(check, it.run("export", "--format", form, "-o", other), 0, "again, if it is the same")
            it.put("a", "5")
            said = it.run("export", "--format", form, "-o", other)
            check.ok(said.status == 1 and "--force" in said.err and f".ghost.{form}" in said.err,
                     "but to change it needs --force", said)
            check.ok(b"4" in (it.directory / other).read_bytes(), "which is why it is as it was")
            check.equal(it.run("export", "--format", form, "-o", other, "--force").status, 0, "--force")
            said = it.run("export", "--format", form, "-o", other, "--watch")
            check.ok(said.status == 2 and "--force" in said.err, "--watch of such a file: 2", said)
        it.put("b", "x", env=False)
        said = it.run("export", "-o", "app.ghost.json")
        check.ok(said.status == 1, "in a format with a mark the name is none", said)
        check.equal(json.loads((it.directory / "app.ghost.json").read_text()), {"A": "4"}, "and it is as it was")


ctl.main(what_stands_for_a_descriptor_is_written_to, what_is_the_users_is_left_alone, without_a_mark_the_name_decides)
