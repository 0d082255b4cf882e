#!/usr/bin/env python3
"""ghostctl's three streams: readers that go away, full disks, streams that are closed."""

import os
import subprocess

import ctl


def shell(it, line):
    """A shell line with $G for ghostctl -> (exit status, standard error)"""
    done = subprocess.run(["sh", "-c", line], capture_output=True, cwd=it.directory, check=False,
                          timeout=ctl.DEADLINE_S, env=it.environment(G=ctl.program()))
    return done.returncode, done.stderr.decode()


def a_reader_that_goes_away_is_no_error(check):
    with ctl.Ctl() as it:
        it.put("a", "x" * 60000)
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run([ctl.program(), "get", "a"], stdout=write_end, stderr=subprocess.PIPE,
                              env=it.environment(), timeout=ctl.DEADLINE_S, check=False)
        os.close(write_end)
        check.equal((done.returncode, done.stderr), (0, b""), "a pipe without a reader")


def a_closed_stream_is_no_error(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        check.equal(shell(it, '"$G" get a >&-'), (0, ""), "standard output closed")
        check.equal(shell(it, '"$G" get nobody 2>&-'), (4, ""), "standard error closed")
        check.equal(shell(it, '"$G" put b <&- >&- 2>&-'), (0, ""), "all three closed")
        check.equal(it.document("b")["value"], "", "a closed input is an empty one")
        check.equal(it.document("a")["value"], "x", "nothing went the wrong way")


def a_full_disk_is_an_error(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        status, said = shell(it, '"$G" get a >/dev/full')
        check.ok(status == 1 and "No space left" in said, "get: 1", status, said)
        status, said = shell(it, '"$G" export --stdout >/dev/full')
        check.ok(status == 1 and "No space left" in said, "export: 1", status, said)
        status, said = shell(it, '"$G" --help >/dev/full')
        check.ok(status == 1 and "No space left" in said, "help: 1", status, said)


def no_value_is_in_a_message(check):
    with ctl.Ctl() as it:
        it.put("a", "c4nary", rotation={"strategy": "none"})
        messages = [it.run("put", "a", "c4nary", "--ttl", "0"),
                    it.run("put", "a", "c4nary", "--create"), it.run("rotate", "a"),
                    it.run("put", "a", "--template", "c4nary{", "--generate"),
                    it.run("put", "a", "c4nary", "c4nary"),
                    it.run("--socket", "/missing/s", "put", "a", "c4nary")]
        check.ok(all(said.status and said.err for said in messages), "six failures", messages)
        check.ok(not any("c4nary" in said.err for said in messages), "none shows it", messages)


ctl.main(a_reader_that_goes_away_is_no_error, a_closed_stream_is_no_error, a_full_disk_is_an_error,
         no_value_is_in_a_message)
