#!/usr/bin/env python3
"""ghostctl list: columns, prefixes, many pages, a terminal."""

import json

import ctl


def rows_are_plain_columns(check):
    with ctl.Ctl() as it:
        ctl.quiet(check, it.run("list"), 0, "no secrets, no rows")
        it.put("b", "1", rotation={"strategy": "hex"})
        it.put("a", "1", ttl="1h30m")
        it.put("a", "2", ttl="1h30m")
        said = it.run("list")
        check.equal((said.status, said.out), (0, b"a 2 ttl 1h30m token\nb 1 static - hex\n"),
                    "name, version, mode, expires in, strategy")
        check.equal(it.run("list", "--prefix", "b").out, b"b 1 static - hex\n", "--prefix")
        check.equal(it.run("list", "--prefix", "b +&").status, 2, "a prefix that no name has: 2")
        ctl.quiet(check, it.run("list", "--expired"), 0, "--expired: none")


def expired_ones_are_found(check):
    with ctl.Ctl(clock="system") as it:
        it.put("a", "1", ttl=1)
        it.put("b", "1")
        it.wait_until_expired("a")
        check.equal(it.run("list", "--expired").out, b"a 1 ttl expired token\n", "--expired")


def a_list_of_many_pages_is_whole(check):
    with ctl.Ctl() as it:
        names = [f"n{number:04}" for number in range(2500)]
        with it.daemon.connect() as connection:
            for name in names:
                connection.request("PUT", f"/v1/secrets/{name}", '{"value":"x"}')
        rows = it.run("list").out.decode().splitlines()
        check.equal([row.split()[0] for row in rows], names, "every row, in order")
        document = json.loads(it.run("list", "--json").out)
        check.equal([each["name"] for each in document["secrets"]], names, "and in one document")
        check.equal(document["next"], None, "that has no next page")


def json_of_one_page_is_what_the_daemon_said(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        _, _, body = it.daemon.request("GET", "/v1/secrets?limit=1000")
        check.equal(it.run("--json", "list").out, body + b"\n", "byte for byte")


def what_is_asked_for_is_listed(check):
    with ctl.Ctl() as it:
        it.put("app/a", "1", labels={"team": "core", "x": "a b"}, env="A")
        it.put("app/b", "1", labels={"team": "web"}, env=False)
        it.put("app/sub/c", "1")
        it.put("z", "1", labels={"a+b&c": "d=e%"})
        for arguments, wanted in ((["app/*"], "app/a app/b"), (["app/**"], "app/a app/b app/sub/c"), (["app/?", "z"], "app/a app/b z"),
                                  (["**/c"], "app/sub/c"), (["z"], "z"), (["*"], "z"), (["?"], "z"), (["app"], ""),
                                  (["--label", "team"], "app/a app/b"), (["--label", "team=web"], "app/b"),
                                  (["--label", "a+b&c=d=e%"], "z"), (["app/*", "--label", "team=core"], "app/a"),
                                  (["--prefix", "app/s", "*/*/*"], "app/sub/c"), (["--prefix", "z", "app/*"], "")):
            said = it.run("list", "--names", *arguments)
            check.equal((said.status, said.out.decode().split()), (0, wanted.split()), f"{arguments}")
        document = json.loads(it.run("list", "--json", "app/*").out)
        check.equal(([each["name"] for each in document["secrets"]], document["next"]), (["app/a", "app/b"], None), "--json, too")
        check.equal(json.loads(it.run("list", "--json", "no*").out), {"secrets": [], "next": None}, "also of none")
        check.equal(it.run("list", "--wide", "app/*").out.decode(),
                    'app/a 1 static - token A 2000-01-01T00:00:00.000Z team=core x="a b"\n'
                    "app/b 1 static - token - 2000-01-01T00:00:00.000Z team=web\n", "--wide")
        for arguments in (["a b"], ["a\n"], ["[a]"], ["--names", "--json"], ["--names", "--wide"], ["--label", "a", "--label", "b"],
                          ["--label", b"\xff"], ["--label", b"team=\xff"]):
            said = it.run("list", *arguments)
            check.ok(said.status == 2 and said.out == b"", f"{arguments}: 2", said)


def on_a_terminal(it, no_color):
    shown = it.on_a_terminal("list", env=it.environment(TERM="xterm", NO_COLOR=no_color))[1]
    return shown.decode().replace("\r\n", "\n")


def a_person_sees_a_table(check):
    with ctl.Ctl() as it:
        it.put("a-long-name", "1", ttl=60)
        it.put("b", "1")
        table = ("NAME         VERSION  MODE    EXPIRES IN  STRATEGY\n"
                 "{}a-long-name  1        ttl     1m          token\n"
                 "b            1        static  -           token\n")
        check.equal(on_a_terminal(it, "1"), table.format(""), "aligned under a heading")
        check.equal(on_a_terminal(it, ""), "\033[1m" + table.format("\033[0m"),
                    "which is bold unless NO_COLOR is set")


ctl.main(rows_are_plain_columns, expired_ones_are_found, a_list_of_many_pages_is_whole,
         json_of_one_page_is_what_the_daemon_said, what_is_asked_for_is_listed, a_person_sees_a_table)
