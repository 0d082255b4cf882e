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
        check.equal(it.run("list", "--prefix", "b +&").status in (0, 1), True,
                    "a strange prefix is no accident")
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
         json_of_one_page_is_what_the_daemon_said, a_person_sees_a_table)
