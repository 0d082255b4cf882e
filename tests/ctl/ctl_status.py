#!/usr/bin/env python3
"""ghostctl status."""

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


ctl.main(the_daemon_is_described)
