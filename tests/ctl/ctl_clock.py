#!/usr/bin/env python3
"""ghostctl clock: shown, advanced, set, and refused."""

import json

import ctl

START = "2000-01-01T00:00:00.000Z"


def it_is_shown(check):
    with ctl.Ctl() as it:
        said = it.run("clock")
        check.equal((said.status, said.out.decode(), said.err),
                    (0, f"mode: virtual\nnow: {START}\nnext_due: -\n", ""), "nothing due")
        it.put("a", "x", ttl="15m")
        check.equal(it.run("clock").out.decode().splitlines()[2],
                    "next_due: 2000-01-01T00:15:00.000Z (in 15m)", "what is due, and in how long")
        _, _, body = it.daemon.request("GET", "/v1/clock")
        check.equal(it.run("clock", "--json").out, body + b"\n", "--json")


def it_is_advanced(check):
    with ctl.Ctl() as it:
        it.put("a", "x", ttl=60, rotation={"strategy": "hex", "on_expiry": True})
        it.put("b", "x", ttl=90)
        said = it.run("clock", "advance", "5m")
        check.equal(said.out.decode(), "mode: virtual\nnow: 2000-01-01T00:05:00.000Z\n"
                    "next_due: 2000-01-01T00:06:00.000Z (in 1m)\nrotated: 5\nexpired: 1\ndeleted: 0\n",
                    "now, what is due next, what fired")
        check.equal(it.document("a")["metadata"]["version"], 6, "it did fire")
        answer = json.loads(it.run("clock", "advance", "60", "--json").out)
        check.equal((answer["now"], answer["rotated"]), ("2000-01-01T00:06:00.000Z", 1),
                    "by plain seconds, --json")


def it_is_set(check):
    with ctl.Ctl() as it:
        said = it.run("clock", "set", "2000-01-02T01:00:00+01:00")
        check.equal(said.out.decode(), "mode: virtual\nnow: 2000-01-02T00:00:00.000Z\n"
                    "next_due: -\nrotated: 0\nexpired: 0\ndeleted: 0\n", "with any offset")


def a_wrong_argument_is_named(check):
    with ctl.Ctl() as it:
        for arguments, status in ((["forward"], 2), (["advance"], 2), (["set"], 2),
                                  (["advance", "1h", "2h"], 2), (["advance", "soon"], 2),
                                  (["advance", "0"], 2), (["set", "yesterday"], 2),
                                  (["set", "1999-12-31T00:00:00Z"], 1)):
            said = it.run("clock", *arguments)
            check.ok(said.status == status and said.err.startswith("ghostctl: ") and not said.out,
                     f"{arguments}: {status}", said)
        check.equal(it.run("clock").out.decode().splitlines()[1], f"now: {START}", "nothing moved")
    with ctl.Ctl(clock="system") as it:
        said = it.run("clock", "advance", "1h")
        check.ok(said.status == 1 and "system" in said.err, "the system clock stays", said)


ctl.main(it_is_shown, it_is_advanced, it_is_set, a_wrong_argument_is_named)
