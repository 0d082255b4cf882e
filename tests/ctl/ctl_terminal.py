#!/usr/bin/env python3
"""What a person sees on a terminal of 80 columns: nothing wraps, no value is shown that was not asked
for."""

import re

import ctl

LONG = "team/" + "long-name-" * 9 + "end"
VALUE = "c4nary-value"


def on_80_columns(it, line, dialogue=()):
    """A shell line, with $G for ghostctl, on a terminal of 80 columns -> (status, lines shown)"""
    env = it.environment(G=ctl.program(), TERM="xterm", NO_COLOR="1")
    status, shown = it.on_a_terminal("-c", f"stty cols 80; {line}", env=env, command="/bin/sh",
                                     dialogue=dialogue)
    return status, shown.decode().replace("\r", "").split("\n")


def fits(check, lines, name):
    check.ok(all(len(line) <= 80 for line in lines) and not any(VALUE in line for line in lines),
             f"{name}: nothing wraps, nothing leaks", *lines)


def tables_fit(check):
    with ctl.Ctl() as it:
        it.put(LONG, VALUE, ttl="15m", rotation={"strategy": "alphanumeric", "on_expiry": True})
        it.put("db_pass", VALUE)
        status, lines = on_80_columns(it, '"$G" list')
        fits(check, lines, "list")
        check.ok(status == 0 and any("…  1" in line for line in lines), "a long name is cut", *lines)
        check.ok(any(re.search(r" 15m +alphanumeric$", line) for line in lines), "all columns are there")
        check.ok(LONG.encode() in it.run("list").out, "a pipe gets it whole")
        _, lines = on_80_columns(it, '"$G" events')
        fits(check, lines, "events")
        check.ok(any("…" in line for line in lines), "a long name is cut there, too")
        it.run("rotate", "--pending", "db_pass")
        it.run("discard", "db_pass")
        _, lines = on_80_columns(it, '"$G" events db_pass')
        fits(check, lines, "events")
        check.ok(len(lines) == 4 and len({line.index(" db_pass") for line in lines if line}) == 1, "the names stand in a column", *lines)
        _, lines = on_80_columns(it, '"$G" rotate db_pass')
        fits(check, lines, "rotate")
        _, lines = on_80_columns(it, '"$G" clock; "$G" status; "$G" export; "$G" export; "$G" import x')
        fits(check, lines, "clock, status, export, import")
        check.ok("ghostctl: wrote .env.ghost (2 entries)" in lines and "ghostctl: .env.ghost is up to date" in lines,
                 "export says what it did", *lines)


def wide_lists_and_versions_fit(check):
    with ctl.Ctl() as it:
        it.put("db_pass", VALUE, ttl="15m", labels={"team": "core"})
        it.put("db_pass", VALUE, ttl="15m", labels={"team": "core"})
        it.run("clock", "advance", "5m")
        _, lines = on_80_columns(it, '"$G" list --wide; "$G" describe db_pass')
        fits(check, lines, "list --wide, describe")
        check.ok(any(re.search(r"^db_pass  2 .* DB_PASS  5m ago  +team=core$", line) for line in lines), "with the age", *lines)
        check.ok(any(re.search(r"^  2  +5m +put +live +current +[0-9a-f-]{36}$", line) for line in lines), "versions in columns", *lines)
        said = it.run("describe", "db_pass").out.decode()
        check.ok("\n  version=2 age=5m cause=put state=live stages=current created_at=" in said, "a pipe gets words", said)


def a_prompt_hides_the_value(check):
    with ctl.Ctl() as it:
        status, lines = on_80_columns(it, '"$G" put asked', dialogue=(
            (b"value of asked: ", VALUE.encode() + b"\n"), (b"once more: ", VALUE.encode() + b"\n")))
        fits(check, lines, "put")
        check.equal((status, it.document("asked")["value"]), (0, VALUE), "and takes it")


def followed_events_come_in_lines(check):
    with ctl.Ctl() as it:
        it.put("a", VALUE)
        _, lines = on_80_columns(it, '"$G" events --follow --after 0', dialogue=((b"put", b"\x03"),))
        fits(check, lines, "events --follow")
        check.ok(lines[0].startswith("2000-01-01T00:00:00.000Z created   a "), "in columns", *lines)


def long_work_shows_its_progress(check):
    with ctl.Ctl() as it:
        with open(it.directory / "many.env", "w", encoding="utf-8") as file:
            file.writelines(f"N{number}={VALUE}\n" for number in range(100000))
        status, lines = on_80_columns(it, '"$G" import many.env')
        shown = "\n".join(lines)
        check.ok(status == 0 and "put 100000 of 100000 secrets" in shown, "it is done", shown[-300:])
        check.ok(re.search(r"putting \d+ of 100000\x1b\[K", shown), "and showed how far it was",
                 shown[:300])
        with it.begin("import", "many.env") as running:
            said = running.end(deadline_s=100)
        check.ok(said.status == 0 and "putting" not in said.err, "but not to a pipe", said)


ctl.main(tables_fit, wide_lists_and_versions_fit, a_prompt_hides_the_value, followed_events_come_in_lines,
         long_work_shows_its_progress)
