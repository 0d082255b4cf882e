#!/usr/bin/env python3
"""ghostctl export --watch: the file follows the secrets."""

import json
import signal

import ctl
from proxy import Proxy


def content(it, name=".env.ghost"):
    file = it.directory / name
    return file.read_text().split("\n", 1)[1] if file.exists() else None


def wait_for(it, wanted):
    ctl.wait_for(lambda: content(it) == wanted, f"the file to be {wanted!r}")


def the_file_follows(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        with it.begin("export", "--watch") as watcher:
            wait_for(it, "A=1\n")
            it.put("a", "2")
            wait_for(it, "A=2\n")
            before = (it.directory / ".env.ghost").stat().st_ino
            it.put("b", "it\rs")
            check.ok("carriage-return" in watcher.error_line().decode(), "what cannot be written is said")
            while "stays as it is" not in watcher.error_line().decode():
                pass
            check.equal(content(it), "A=2\n", "and the old file stays")
            it.daemon.request("DELETE", "/v1/secrets/b")
            it.put("c", "x", ttl=60)
            wait_for(it, "A=2\nC=x\n")
            check.ok((it.directory / ".env.ghost").stat().st_ino != before, "it goes on")
            it.run("clock", "advance", "60")
            wait_for(it, "A=2\n")
            watcher.signal(signal.SIGINT)
            check.equal(watcher.end().status, 0, "an interrupt is its good end")


def the_file_follows_after_a_break(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        it.put("a", "1")
        with it.begin("--socket", proxy.path, "export", "--watch"):
            wait_for(it, "A=1\n")
            proxy.down()
            it.put("a", "2")
            proxy.up()
            wait_for(it, "A=2\n")
            check.ok(True, "what changed meanwhile is written")


def a_daemon_that_forgot_is_followed(check):
    with ctl.Ctl() as it:
        for value in "1234":
            it.put("a", value)
        with it.begin("export", "--watch"):
            wait_for(it, "A=4\n")
            it.restart()
            wait_for(it, "")
            it.put("b", "1")
            wait_for(it, "B=1\n")
            check.ok(True, "the file is what the daemon has now, whatever its events are")


def a_silent_daemon_does_not_block_an_interrupt(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        it.put("a", "1")
        with it.begin("--socket", proxy.path, "export", "--watch") as watcher:
            wait_for(it, "A=1\n")
            proxy.silence()
            it.put("a", "2")
            ctl.wait_for(lambda: proxy.unanswered, "ghostctl to ask for the secrets")
            watcher.signal(signal.SIGINT)
            ctl.quiet(check, watcher.end(), 0, "it ends while it waits for an answer")


def a_file_without_mark_is_known_by_its_name(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        file = it.directory / ".env.ghost.json"
        with it.begin("export", "--watch", "--format", "json"):
            ctl.wait_for(file.exists, "the file")
            it.put("a", "2")
            ctl.wait_for(lambda: json.loads(file.read_text())["A"] == "2", "2")
        check.equal(it.run("export", "--watch", "--format", "json", "-o", "x.json").status, 2, "another name: 2")
        check.ok(not (it.directory / "x.json").exists(), "and it is not made")


def a_file_that_becomes_the_users_stays(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        with it.begin("export", "--watch") as watcher:
            wait_for(it, "A=1\n")
            (it.directory / ".env.ghost").write_text("MINE=1\n")
            it.put("a", "2")
            check.ok("was not written by GhostKey" in watcher.error_line().decode(), "it is said")
            check.ok("stays as it is" in watcher.error_line().decode(), "once for the change")
            check.equal((it.directory / ".env.ghost").read_text(), "MINE=1\n", "and it stays")


def what_makes_no_sense_is_refused(check):
    with ctl.Ctl() as it:
        for arguments in (["--stdout"], ["--check"]):
            check.equal(it.run("export", "--watch", *arguments).status, 2, f"{arguments}: 2")
        (it.directory / ".env.ghost").write_text("MINE=1\n")
        check.equal(it.run("export", "--watch").status, 1, "a file that GhostKey did not write ends it at once")
        check.equal(it.run("--socket", "/missing/s", "export", "--watch").status, 5, "no daemon: 5")


ctl.main(the_file_follows, the_file_follows_after_a_break, a_daemon_that_forgot_is_followed,
         a_silent_daemon_does_not_block_an_interrupt, a_file_without_mark_is_known_by_its_name,
         a_file_that_becomes_the_users_stays,
         what_makes_no_sense_is_refused)
