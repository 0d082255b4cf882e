#!/usr/bin/env python3
"""ghostctl requests: what the daemon was asked, and each request as it is answered."""

import json
import os
import pathlib
import re
import signal
import subprocess

import ctl
from proxy import Proxy

OWN = f"{pathlib.Path('/proc/self/comm').read_text('utf-8').strip()}[{os.getpid()}]"
FOLLOW = ("requests", "--follow")
STATUS = ("GET", "/v1/status")


def without_time(line):
    return re.sub(r" \d+us ", " Nus ", line)


def each_is_a_line(check):
    with ctl.Ctl() as it:
        ctl.quiet(check, it.run("requests"), 0, "none: nothing")
        it.daemon.json("POST", "/v1/clock/advance", '{"by":"90s"}')
        it.put("db_pass", "x")
        it.daemon.request("GET", "/v1/secret/data/nobody")
        said = it.run("requests")
        check.equal([without_time(line) for line in said.out.decode().splitlines()],
                    [f"2000-01-01T00:01:30.000Z ghostkey - - 200 Nus - {OWN}",
                     f"2000-01-01T00:01:30.000Z ghostkey put db_pass 200 Nus - {OWN}",
                     f"2000-01-01T00:01:30.000Z vault kv-read nobody 404 Nus - {OWN}"],
                    "time, API, operation, name, status, time taken, fault, program")
        body = it.daemon.request("GET", "/v1/requests")[2].decode()
        lines = it.run("requests", "--json").out.decode().splitlines()
        check.ok(len(lines) == 3 and all(line in body for line in lines), "--json: the daemon's own bytes", lines)
        it.run("get", "nobody")
        line = it.run("requests").out.decode().splitlines()[3]
        check.ok(re.fullmatch(r"\S+ ghostkey get nobody 404 \d+us - ghostctl\[\d+\]", line), "ghostctl itself", line)
        for arguments in (["a"], ["--limit", "1"], ["--after", "1"]):
            check.equal(it.run("requests", *arguments).status, 2, f"{arguments}: 2")
        check.equal(it.run("--socket", "/missing/s", "requests").status, 5, "no daemon: 5")


def all_that_are_kept_are_printed(check):
    with ctl.Ctl() as it, it.daemon.connect() as connection:
        for _ in range(1100):
            connection.request(*STATUS)
        seqs = [json.loads(line)["seq"] for line in it.run("requests", "--json").out.splitlines()]
        check.equal(seqs, list(range(101, 1101)), "the newest 1000")
        shown = it.on_a_terminal("requests")[1].decode()
        check.equal(shown.count("\n"), 1000, "a line each on a terminal")


def follow(it, *before):
    """A follower that has begun. What it does first is no request that the list has."""
    follower = it.begin(*before, *FOLLOW)
    ctl.wait_for(lambda: is_connected(follower, it), "a connection of the follower")
    return follower


def is_connected(follower, it):
    """Whether it has had an answer: each probe is one request until it prints one."""
    it.daemon.request("GET", "/v1/probe")
    try:
        return follower.line(deadline_s=0.2)
    except TimeoutError:
        return False


def next_of(follower, operation):
    while True:
        words = follower.line().decode().split()
        if words[2] == operation:
            return words


def what_comes_is_followed(check):
    with ctl.Ctl() as it:
        it.put("before", "x")
        with follow(it) as follower:
            it.put("a", "1")
            it.daemon.request("GET", "/v1/secrets/a")
            check.equal(next_of(follower, "put")[2:5], ["put", "a", "200"], "a line at once")
            check.equal(next_of(follower, "get")[2:5], ["get", "a", "200"], "and the next")
            follower.signal(signal.SIGINT)
            ctl.quiet(check, follower.end(), 0, "an interrupt is its good end")


def a_burst_is_followed_whole(check):
    with ctl.Ctl() as it, it.daemon.connect() as connection:
        with it.begin(*FOLLOW, "--json") as follower:
            ctl.wait_for(lambda: is_connected(follower, it), "a connection of the follower")
            first = it.daemon.json("GET", "/v1/requests")[1]["next"] + 1
            seen = []
            for number in range(3000):
                connection.request("GET", "/v1/secrets/nobody")
                while number % 100 == 99 and (not seen or seen[-1] < first + number):
                    seen.append(json.loads(follower.line())["seq"])
            check.equal(seen[-3000:], list(range(first, first + 3000)), "3,000 requests, none twice, none missing")


def following_continues_after_a_break(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        with it.begin("--socket", proxy.path, *FOLLOW) as follower:
            ctl.wait_for(lambda: is_connected(follower, it), "a connection of the follower")
            proxy.down()
            it.put("a", "1")
            check.ok(b"away" in follower.error_line(), "a long absence is said")
            proxy.up()
            check.ok(b"back" in follower.error_line(), "and its end")
            check.equal(next_of(follower, "put")[2:5], ["put", "a", "200"], "nothing is lost")
            it.daemon.request("POST", "/v1/reset")
            it.put("b", "1")
            check.ok(b"forgotten" in follower.error_line(), "a reset is said")
            check.equal(next_of(follower, "put")[2:5], ["put", "b", "200"], "and it goes on")


def an_interrupt_does_not_wait_for_the_daemon(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        with follow(it, "--socket", proxy.path) as follower:
            proxy.down()
            proxy.silence()
            proxy.up()
            ctl.wait_for(lambda: proxy.unanswered, "a question that gets no answer")
            follower.signal(signal.SIGINT)
            check.equal(follower.end().status, 0, "its good end, also if the daemon says nothing")


def a_reader_that_leaves_ends_it(check):
    with ctl.Ctl() as it:
        read_end, write_end = os.pipe()
        follower = subprocess.Popen([ctl.program(), *FOLLOW], stdout=write_end, stderr=subprocess.PIPE, env=it.environment())
        os.close(write_end)
        os.close(read_end)
        check.equal((follower.communicate(timeout=ctl.DEADLINE_S)[1], follower.returncode), (b"", 0), "nobody reads: 0")
        check.equal(it.run("--socket", "/missing/s", *FOLLOW).status, 5, "no daemon: 5")


ctl.main(each_is_a_line, all_that_are_kept_are_printed, what_comes_is_followed, a_burst_is_followed_whole,
         following_continues_after_a_break,
         an_interrupt_does_not_wait_for_the_daemon, a_reader_that_leaves_ends_it)
