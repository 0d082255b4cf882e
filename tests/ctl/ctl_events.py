#!/usr/bin/env python3
"""ghostctl events: the list, and each event as it happens, also over a restart of the daemon."""

import json
import os
import signal
import socket
import subprocess

import ctl
from proxy import Proxy


def seqs(lines):
    return [json.loads(line)["seq"] for line in lines]


def each_is_a_line(check):
    with ctl.Ctl() as it:
        check.equal(it.run("events").out, b"", "none")
        it.put("db_pass", "x", ttl=60)
        it.run("rotate", "db_pass")
        it.run("clock", "advance", "60")
        said = it.run("events")
        check.equal(said.out.decode(), "2000-01-01T00:00:00.000Z created db_pass 1 put\n"
                    "2000-01-01T00:00:00.000Z rotated db_pass 2 rotate\n"
                    "2000-01-01T00:01:00.000Z expired db_pass 2 expiry\n",
                    "time, event, name, version, cause")
        check.equal(it.run("events", "--after", "2").out.decode().split()[1], "expired", "--after")
        body = it.daemon.request("GET", "/v1/events")[2].decode()
        lines = it.run("events", "--json").out.decode().splitlines()
        check.ok(len(lines) == 3 and all(line in body for line in lines),
                 "--json: the daemon's own bytes", lines)
        for arguments in (["--limit", "0"], ["--limit", "x"], ["--limit", ""], ["a b"],
                          ["--follow", "--after", "1", "--limit", "2"]):
            check.equal(it.run("events", *arguments).status, 2, f"{arguments}: 2")
        for after in ("", "x", "-1", "1.5"):
            check.equal(it.run("events", f"--after={after}").status, 2, f"--after {after!r}: 2")


def a_failure_says_why(check):
    with ctl.Ctl("--max-value", "10") as it:
        it.put("a", "x", ttl=60, rotation={"strategy": "uuid", "on_expiry": True})
        it.run("clock", "advance", "60")
        line = it.run("events").out.decode().splitlines()[-1]
        check.ok(line.split()[1] == "failed" and len(line.split()) > 5, "the reason is last", line)


def all_pages_are_read(check):
    with ctl.Ctl() as it:
        with it.daemon.connect() as connection:
            for number in range(2100):
                connection.request("PUT", f"/v1/secrets/n{number}", '{"value":"x"}')
        check.equal(seqs(it.run("events", "--json", "--after", "0").out.splitlines()), list(range(1, 2101)),
                    "each once, in order")
        for arguments, wanted in (([], (1101, 2100)), (["--limit", "3"], (2098, 2100)), (["--limit", "5000"], (1, 2100)),
                                  (["--after", "7", "--limit", "1500"], (8, 1507)), (["--after", "2099"], (2100, 2100)),
                                  (["--limit", "1000000"], (1, 2100))):
            check.equal(seqs(it.run("events", "--json", *arguments).out.splitlines()), list(range(wanted[0], wanted[1] + 1)),
                        f"{arguments}: these, in order")
        check.equal(seqs(it.run("events", "--json", "n7", "--limit", "3").out.splitlines()), [8], "of a name, wherever it is")
        check.equal(seqs(it.run("events", "--json", "n20?9", "--limit", "2").out.splitlines()), [2090, 2100], "the newest of a pattern")
        check.equal(seqs(it.run("events", "--json", "n1*", "--after", "1100", "--limit", "2").out.splitlines()), [1101, 1102],
                    "the next of a pattern")
        shown = it.on_a_terminal("events", "--limit", "3")[1].decode()
        check.ok(shown.count("created") == 3 and "these are the newest 3; '--after 0' prints all" in shown,
                 "a person is told that there are more", shown)
        with it.begin("events", "--follow", "--after", "0", "--json") as follower:
            check.equal([json.loads(follower.line())["seq"] for _ in range(2100)],
                        list(range(1, 2101)), "--follow --after 0 gives them too")


def what_comes_is_followed(check):
    with ctl.Ctl() as it:
        it.put("before", "x")
        with it.begin("events", "--follow") as follower:
            wait_for_reader(it)
            check.ok(follower.is_silent(), "nothing of what was")
            it.put("a", "1")
            check.equal(follower.line(), b"2000-01-01T00:00:00.000Z created a 1 put\n",
                        "a line at once")
            it.put("b", "1")
            check.ok(b" created b 1 put" in follower.line(), "and the next")
            follower.signal(signal.SIGINT)
            ctl.quiet(check, follower.end(), 0, "an interrupt is its good end")


def chosen_ones_are_followed(check):
    with ctl.Ctl() as it:
        for name in ("a", "b", "app/x"):
            it.put(name, "x")
        with it.begin("events", "--follow", "--json", "--limit", "1", "app/*", "a") as follower:
            check.equal(json.loads(follower.line())["name"], "app/x", "--limit 1: the newest of them")
            wait_for_reader(it)
            it.put("b", "2")
            it.put("a", "2")
            check.equal(seqs([follower.line()]), [5], "then those of them that come")


def wait_for_reader(it):
    ctl.wait_for(lambda: b"\nghostkey_event_streams 1\n" in it.daemon.request("GET", "/metrics")[2],
                 "a reader of the stream")


def following_continues_after_a_break(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        it.put("a", "1")
        with it.begin("--socket", proxy.path, "events", "--follow", "--json") as follower:
            wait_for_reader(it)
            it.put("a", "2")
            check.equal(seqs([follower.line()]), [2], "before the break")
            proxy.down()
            it.put("a", "3")
            it.put("a", "4")
            proxy.up()
            check.equal(seqs([follower.line(), follower.line()]), [3, 4], "nothing lost, none twice")
            proxy.down()
            check.ok(b"away" in follower.error_line(), "a long absence is said")
            proxy.up()
            check.ok(b"back" in follower.error_line(), "and its end")
            it.put("a", "5")
            check.equal(seqs([follower.line()]), [5], "it goes on")
            proxy.down()
            follower.signal(signal.SIGINT)
            check.equal(follower.end().status, 0, "interrupted while nobody answers: 0")


def a_reset_before_any_event_is_said(check):
    with ctl.Ctl() as it:
        with it.begin("events", "--follow", "--after", "0", "--json") as follower:
            wait_for_reader(it)
            it.daemon.request("POST", "/v1/reset")
            said = follower.end()
            check.ok(said.status == 1 and said.out == b"" and "has lost its state" in said.err, "it is no event", said)


def a_reader_that_leaves_ends_it_at_once(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        for kind, ends in (("a pipe", os.pipe()), ("a socket", [each.detach() for each in socket.socketpair()])):
            follower = subprocess.Popen([ctl.program(), "events", "--follow", "--after", "0"],
                                        stdout=ends[1], stderr=subprocess.PIPE, env=it.environment())
            os.close(ends[1])
            check.ok(os.read(ends[0], 4096).endswith(b"put\n"), f"{kind}: a first line")
            os.close(ends[0])
            check.equal((follower.communicate(timeout=ctl.DEADLINE_S)[1], follower.returncode), (b"", 0),
                        "its reader is gone and nothing happens: 0")
        file = it.directory / "log"
        with open(file, "wb") as log:
            follower = subprocess.Popen([ctl.program(), "events", "--follow", "--after", "0"], stdout=log,
                                        stderr=subprocess.PIPE, env=it.environment())
            ctl.wait_for(lambda: file.read_bytes().count(b"\n") == 1, "the first line in a file")
            it.put("a", "2")
            ctl.wait_for(lambda: file.read_bytes().count(b"\n") == 2, "the next one")
            follower.send_signal(signal.SIGINT)
            check.equal((follower.communicate(timeout=ctl.DEADLINE_S)[1], follower.returncode), (b"", 0),
                        "a file is followed into, and an interrupt ends it")


def a_reader_that_leaves_while_nobody_answers_ends_it(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        read_end, write_end = os.pipe()
        follower = subprocess.Popen([ctl.program(), "--socket", proxy.path, "events", "--follow"],
                                    stdout=write_end, stderr=subprocess.PIPE, env=it.environment())
        os.close(write_end)
        wait_for_reader(it)
        proxy.down()
        check.ok(b"away" in follower.stderr.readline(), "the daemon is away")
        os.close(read_end)
        follower.wait(timeout=ctl.DEADLINE_S)
        check.equal(follower.returncode, 0, "its reader is gone: 0")
        follower.stderr.close()


def a_missing_daemon_is_reported(check):
    with ctl.Ctl() as it:
        said = it.run("--socket", "/missing/s", "events", "--follow")
        check.ok(said.status == 5 and "start it with" in said.err, "nobody there: 5", said)


ctl.main(each_is_a_line, a_failure_says_why, all_pages_are_read, what_comes_is_followed, chosen_ones_are_followed,
         following_continues_after_a_break, a_reset_before_any_event_is_said, a_reader_that_leaves_ends_it_at_once, a_reader_that_leaves_while_nobody_answers_ends_it, a_missing_daemon_is_reported)
