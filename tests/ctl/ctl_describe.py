#!/usr/bin/env python3
"""ghostctl describe: all but the value."""

import json

import ctl

ESCAPE = "\x1b]0;owned\x07"
FORGED = "\nexpired: true"


def all_but_the_value_is_shown(check):
    with ctl.Ctl() as it:
        it.put("app/db", "hidden-1", ttl="15m", env="DB", labels={"team": "core", "a": "b"})
        it.daemon.json("POST", "/v1/clock/advance", '{"by":"65m"}')
        it.daemon.json("POST", "/v1/rotate/app/db")
        it.daemon.json("POST", "/v1/rotate/app/db", '{"pending":true}')
        said = it.run("describe", "app/db")
        lines = said.out.decode().splitlines()
        for line in ("name: app/db", "expired: false", "version: 2", "revision: 4", "mode: ttl",
                     "ttl: 900", "created_at: 2000-01-01T00:00:00.000Z",
                     "expires_at: 2000-01-01T01:20:00.000Z",
                     "rotation: strategy=token on_expiry=false", "env: DB", "labels: a=b team=core",
                     "versions:",
                     "  version=1 age=1h5m cause=put state=live stages=previous created_at=2000-01-01T00:00:00.000Z id=",
                     "  version=2 age=0s cause=rotate state=live stages=current created_at=2000-01-01T01:05:00.000Z id="):
            check.ok(any(each == line or line.endswith("id=") and each.startswith(line) for each in lines), line, said)
        check.equal(said.status, 0, "exit status 0")
        check.ok(b"hidden" not in said.out, "no value", said)


def what_is_absent_is_a_dash(check):
    with ctl.Ctl() as it:
        it.put("a", "x", env=False)
        lines = it.run("describe", "a").out.decode().splitlines()
        for line in ("ttl: -", "expires_at: -", "env: false", "labels: -"):
            check.ok(line in lines, line, lines)


def what_would_divide_a_word_is_quoted(check):
    with ctl.Ctl() as it:
        it.put("a", "x", labels={"k=1": "v", "k": "1=v"})
        put = {"SecretId": "a", "SecretString": "y", "VersionStages": ["b,c", "d"]}
        with it.daemon.connect() as connection:
            answer = connection.request("POST", "/", json.dumps(put), [
                ("X-Amz-Target", "secretsmanager.PutSecretValue"), ("Content-Type", "application/x-amz-json-1.1")])
        check.equal(answer.status, 200, "AWS's labels are those of versions")
        lines = it.run("describe", "a").out.decode().splitlines()
        check.ok('labels: k=1=v "k=1"=v' in lines, "a name with '='", lines)
        check.ok(' stages="b,c",d ' in lines[-1], "a label with ','", lines)


def errors_and_json(check):
    with ctl.Ctl() as it:
        it.put("a", "x")
        _, _, body = it.daemon.request("GET", "/v1/metadata/a")
        check.equal(it.run("describe", "a", "--json").out, body + b"\n", "--json")
        check.equal(it.run("describe", "nobody").status, 4, "no such secret: 4")
        check.equal(it.run("describe").status, 2, "no name: 2")
        it.put("b", "x", description="of the shop")
        it.daemon.json("DELETE", "/v1/secrets/b?recover=1h")
        said = it.run("describe", "a", "nobody", "b")
        check.equal((said.status, said.out.decode().split("\n\n")[1].splitlines()[0]), (4, "name: b"),
                    "each is tried, with an empty line between")
        for line in ("description: of the shop", "deleted_at: 2000-01-01T00:00:00.000Z", "gone_at: 2000-01-01T01:00:00.000Z"):
            check.ok(line in said.out.decode().splitlines(), line, said)


def has_no_control_character(check, said, name):
    shown = said.out + said.err.encode()
    found = [byte for byte in shown if byte < 0x20 and byte != 0x0A or byte == 0x7F]
    check.ok(not found and b"\xc2\x9b" not in shown, f"{name}: nothing acts on the terminal", said)


def text_of_others_is_escaped(check):
    with ctl.Ctl() as it:
        labels = {"title": ESCAPE, "line": "x" + FORGED, "c1": "\x9b31m", "blank": "a expired=true",
                  "del": "\x7f", "\x1b[2J": "key"}
        it.put("a", "x", labels=labels,
               rotation={"strategy": "template", "template": "{hex:2}\x1b[31m" + FORGED})
        said = it.run("describe", "a")
        has_no_control_character(check, said, "describe")
        lines = said.out.decode().splitlines()
        check.equal([line for line in lines if line.startswith("expired")], ["expired: false"],
                    "no line is forged")
        check.ok(r'title="\u001B]0;owned\u0007"' in said.out.decode() and
                 'blank="a expired=true"' in said.out.decode(), "they are shown, in quotes", said)
        _, _, body = it.daemon.request("GET", "/v1/metadata/a")
        check.equal(it.run("describe", "a", "--json").out, body + b"\n",
                    "--json is the daemon's, for a pipe")
        _, shown = it.on_a_terminal("describe", "a", "--json")
        check.ok(b"\xc2\x9b" not in shown and b"\x7f" not in shown and
                 json.loads(shown) == json.loads(body), "and escaped, but the same, on a terminal", shown)


ctl.main(all_but_the_value_is_shown, what_is_absent_is_a_dash, errors_and_json,
         what_would_divide_a_word_is_quoted, text_of_others_is_escaped)
