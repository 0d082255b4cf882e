#!/usr/bin/env python3
"""ghostctl status."""

import json
import tempfile

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


ctl.main(the_daemon_is_described, the_journal_is_described)
