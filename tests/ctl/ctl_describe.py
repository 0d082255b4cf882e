#!/usr/bin/env python3
"""ghostctl describe: all but the value."""

import ctl


def all_but_the_value_is_shown(check):
    with ctl.Ctl() as it:
        it.put("app/db", "hidden-1", ttl="15m", env="DB", labels={"team": "core", "a": "b"})
        it.put("app/db", "hidden-2", ttl="15m", env="DB", labels={"team": "core", "a": "b"})
        said = it.run("describe", "app/db")
        lines = said.out.decode().splitlines()
        for line in ("name: app/db", "expired: false", "version: 2", "revision: 2", "mode: ttl",
                     "ttl: 900", "created_at: 2000-01-01T00:00:00.000Z",
                     "expires_at: 2000-01-01T00:15:00.000Z",
                     "rotation: strategy=token on_expiry=false", "env: DB", "labels: a=b team=core",
                     "versions:",
                     "  version=1 created_at=2000-01-01T00:00:00.000Z cause=put",
                     "  version=2 created_at=2000-01-01T00:00:00.000Z cause=put"):
            check.ok(line in lines, line, said)
        check.equal(said.status, 0, "exit status 0")
        check.ok(b"hidden" not in said.out, "no value", said)


def what_is_absent_is_a_dash(check):
    with ctl.Ctl() as it:
        it.put("a", "x", env=False)
        lines = it.run("describe", "a").out.decode().splitlines()
        for line in ("ttl: -", "expires_at: -", "env: false", "labels: -"):
            check.ok(line in lines, line, lines)


def errors_and_json(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        _, _, body = it.daemon.request("GET", "/v1/metadata/a")
        check.equal(it.run("describe", "a", "--json").out, body + b"\n", "--json")
        check.equal(it.run("describe", "nobody").status, 4, "no such secret: 4")
        check.equal(it.run("describe").status, 2, "no name: 2")
        check.equal(it.run("describe", "a", "b").status, 2, "two names: 2")


ctl.main(all_but_the_value_is_shown, what_is_absent_is_a_dash, errors_and_json)
