#!/usr/bin/env python3
"""ghostctl status."""

import json
import os
import socket
import tempfile
import time

import ctl


def the_daemon_is_described(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        said = it.run("status")
        lines = said.out.decode().splitlines()
        for line in ("status: ok", "state: memory", "clock: virtual", "secrets: 1",
                     "last_event: 1"):
            check.ok(line in lines, line, said)
        _, _, body = it.daemon.request("GET", "/v1/status")
        check.equal(it.run("status", "--json").out, body + b"\n", "--json")


def the_journal_is_described(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey-status-") as place, \
            ctl.Ctl("--store", f"{place}/store") as it:
        it.put("a", "x")
        journal = json.loads(it.run("status", "--json").out)["journal"]
        check.ok(journal["bytes"] >= 100, "it has a size", journal)
        check.equal(journal["rewritten_at"], None, "and was never written anew")
        before = f"journal: {journal['bytes']} bytes, never written anew"
        check.ok(before in it.run("status").out.decode().splitlines(), before, it.run("status"))


def a_start_is_waited_for(check):
    with ctl.Ctl() as it:
        it.stop()
        with it.begin("status", "--wait") as running:
            check.ok(running.is_silent(0.3), "it waits where nothing has that name")
            it.start()
            check.equal(running.end().status, 0, "and goes on when the daemon answers")
        it.stop()
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(it.socket)
        with it.begin("status", "--wait=20s") as running:
            check.ok(running.is_silent(0.3), "it waits where nobody listens")
            os.unlink(it.socket)
            it.start()
            said = running.end()
            check.ok(said.status == 0 and b"status: ok\n" in said.out and said.err == "", "and says nothing of that", said)


def a_wait_has_an_end(check):
    with ctl.Ctl() as it:
        it.stop()
        begun = time.monotonic()
        said = it.run("status", "--wait=1s")
        took = time.monotonic() - begun
        check.ok(said.status == 5 and "cannot reach the daemon" in said.err and took >= 1, "nobody comes", said, took)
        deaf = socket.socket(socket.AF_UNIX)
        deaf.bind(it.socket)
        deaf.listen(1)
        said = it.run("status", "--wait=1")
        check.ok(said.status == 5 and f"{it.socket} has not answered in 1 s" in said.err, "nobody answers", said)
        os.unlink(it.socket)
        it.start()
        for text in ("0", "2d", "soon", ""):
            said = it.run("status", f"--wait={text}")
            check.ok(said.status == 2 and f"'--wait={text}'" in said.err, f"--wait={text}", said)
        check.equal(it.run("status", "--wait", "5").status, 2, "the time stands behind a =")


ctl.main(the_daemon_is_described, the_journal_is_described, a_start_is_waited_for, a_wait_has_an_end)
