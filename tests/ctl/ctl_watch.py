#!/usr/bin/env python3
"""ghostctl watch: a command for each new current version."""

import signal

import ctl
from proxy import Proxy

# Each run is one line, which says what the command got.
TELL = 'printf "%s %s %s %s\\n" "$GHOSTKEY_NAME" "$GHOSTKEY_VERSION" "$GHOSTKEY_CAUSE" "$(od -An -c | tr -d " \\n")"'


def counted(it, name):
    lines = it.daemon.answer("GET", "/metrics").body.decode().split("\n")
    return next((int(line.split()[-1]) for line in lines if line.startswith(name + " ")), 0)


def begin(it, *arguments, command=TELL, env=None):
    """ghostctl watch, once it has seen what is there -> Running"""
    asked = 'ghostkey_http_requests_total{api="ghostkey",route="/v1/metadata/{name}",status="200"}'
    names = [each for each in arguments if it.daemon.request("GET", f"/v1/secrets/{each}")[0] == 200]
    before = counted(it, asked)
    running = it.begin("watch", *arguments, "--", "sh", "-c", command, env=env)
    ctl.wait_for(lambda: counted(it, "ghostkey_event_streams") == 1 and
                 counted(it, asked) >= before + len(names), "it to watch")
    return running


def a_command_runs_for_each_version(check):
    with ctl.Ctl() as it:
        it.put("a", "one", ttl=60, rotation={"strategy": "cycle", "values": ["x", "y"], "on_expiry": True})
        it.put("other", "1")
        with begin(it, "a") as watcher:
            it.put("other", "2")
            steps = [
                (("put", "a", "two"), b"a 2 patch two\n"),
                (("rotate", "a"), b"a 3 rotate x\n"),
                (("clock", "advance", "60"), b"a 4 expiry y\n"),
                (("rollback", "a"), b"a 3 promote x\n"),
                (("put", "a", "--replace", "three"), b"a 5 put three\n"),
            ]
            for arguments, wanted in steps:
                check.equal(it.run(*arguments).status, 0, f"{arguments[0]}")
                check.equal(watcher.line(), wanted, f"{' '.join(arguments)}: it runs, and gets the version")
            for arguments in (("update", "a", "--label", "k=v"), ("rotate", "a", "--pending"), ("discard", "a"),
                              ("delete", "a", "--recover", "1d"), ("restore", "a")):
                it.run(*arguments)
            check.ok(watcher.is_silent(), "not for what makes no version current")
            it.run("delete", "a")
            it.run("put", "a", "again")
            check.equal(watcher.line(), b"a 1 put again\n", "a secret that was deleted and made again")
            it.run("put", "a", stdin=b"\x00\xff\n\n")
            check.equal(watcher.line(), b"a 2 patch \\0377\\n\\n\n", "a binary value, as it is")
            watcher.signal(signal.SIGINT)
            ctl.quiet(check, watcher.end(), 0, "an interrupt is its good end")


def it_begins_with_what_is_there(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        it.put("b", "2")
        with begin(it, "a", "b", "--initial") as watcher:
            lines = [watcher.line(), watcher.line()]
            check.equal(lines, [b"a 1 initial 1\n", b"b 1 initial 2\n"], "--initial: at once, in order")
            it.put("b", "3")
            check.equal(watcher.line(), b"b 2 put 3\n", "and then for each new version")
        with begin(it, "new") as watcher:
            check.ok("'new' has no value yet" in watcher.error_line().decode(), "a name that is not there is said")
            it.put("new", "1")
            check.equal(watcher.line(), b"new 1 put 1\n", "and waited for")


def one_at_a_time_and_the_newest_only(check):
    with ctl.Ctl() as it:
        it.put("a", "0")
        it.put("b", "0")
        gate = it.directory / "gate"
        command = f'{TELL}; while [ ! -e gate ]; do sleep 0.01; done; echo done'
        with begin(it, "a", "b", command=command) as watcher:
            it.put("a", "1")
            check.equal(watcher.line(), b"a 2 put 1\n", "it runs")
            for value in "23456":
                it.put("a", value)
            it.put("b", "1")
            check.ok(watcher.is_silent(), "one at a time")
            gate.touch()
            lines = [watcher.line() for _ in range(5)]
            check.equal(lines, [b"done\n", b"b 2 put 1\n", b"done\n", b"a 7 put 6\n", b"done\n"],
                        "then the other secret's turn, and the newest version only")
            check.ok(watcher.is_silent(), "and no more")


def a_failure_is_said(check):
    with ctl.Ctl() as it:
        it.put("a", "0")
        with begin(it, "a", command="exit 7") as watcher:
            for version in (2, 3):
                it.put("a", "x")
                check.equal(watcher.error_line(), b"ghostctl: warning: 'sh' failed with exit status 7 for version "
                            b"%d of 'a'\n" % version, "a command that fails is said, and does not end it")
        with it.begin("watch", "a", "--initial", "--", "/no/such/command") as watcher:
            check.ok("cannot run '/no/such/command'" in watcher.error_line().decode(), "one that is not there, too")
            check.ok("exit status 127" in watcher.error_line().decode(), "with its status")


def a_break_loses_nothing(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        it.put("a", "0")
        with begin(it, "a", env=it.environment(GHOSTKEY_SOCKET=proxy.path)) as watcher:
            it.put("a", "1")
            check.equal(watcher.line(), b"a 2 put 1\n", "it has had each answer")
            proxy.down()
            it.run("rotate", "a")
            proxy.up()
            check.ok(watcher.line().startswith(b"a 3 rotate ghost_"), "what changed meanwhile, once it is back")
            it.put("a", "2")
            check.equal(watcher.line(), b"a 4 put 2\n", "and so on")


def a_reset_is_a_new_beginning(check):
    with ctl.Ctl() as it:
        it.put("a", "one")
        with begin(it, "a") as watcher:
            it.run("reset", "--yes")
            it.put("a", "two")
            check.equal(watcher.line(), b"a 1 put two\n", "a value with the number and the id of the one before")


def causes_are_of_the_version(check):
    with ctl.Ctl() as it:
        gate = it.directory / "gate"
        it.put("a", "1")
        with begin(it, "a", command=f"{TELL}; while [ ! -e gate ]; do sleep 0.01; done") as watcher:
            it.put("a", "2")
            check.equal(watcher.line(), b"a 2 put 2\n", "it runs")
            it.put("a", "3")
            it.daemon.request("PUT", "/v1/secret/destroy/a", '{"versions":[1]}')
            gate.touch()
            check.equal(watcher.line(), b"a 3 put 3\n", "another version that is destroyed meanwhile is no cause of this one")


def signals_reach_the_command(check):
    with ctl.Ctl() as it:
        it.put("a", "0")
        command = 'trap "echo got; exit 0" TERM; echo began; while :; do sleep 0.01; done'
        with begin(it, "a", command=command) as watcher:
            it.put("a", "1")
            watcher.line()
            watcher.signal(signal.SIGTERM)
            check.equal(watcher.line(), b"got\n", "the command gets it")
            check.equal(watcher.end().status, -signal.SIGTERM, "and then it ends ghostctl")


def what_makes_no_sense_is_refused(check):
    with ctl.Ctl() as it:
        for arguments in (["a"], ["a", "b"], ["--", "true"], ["a", "--"], ["a//b", "--", "true"]):
            said = it.run("watch", *arguments)
            check.ok(said.status == 2 and said.err.startswith("ghostctl: "), f"{arguments}: 2", said)
        check.equal(it.run("--socket", "/missing/s", "watch", "a", "--", "true").status, 5, "no daemon: 5")


ctl.main(a_command_runs_for_each_version, it_begins_with_what_is_there, one_at_a_time_and_the_newest_only,
         a_failure_is_said, a_break_loses_nothing, a_reset_is_a_new_beginning,
         causes_are_of_the_version, signals_reach_the_command, what_makes_no_sense_is_refused)
