#!/usr/bin/env python3
"""test_man_page.py GHOSTCTL SOURCE: the man page names each command and option that the help text
has, under its command, and none that it has not."""

import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import tap  # noqa: E402


def help_text(*arguments):
    answer = subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True, check=True)
    return answer.stdout


def options_in_help(text, heading):
    part = text.split(f"\n{heading}", 1)
    block = part[1].split("\n\n", 1)[0] if len(part) == 2 else ""
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", block, re.M))


def options_in_page(block):
    return set(re.findall(r"^(?:\*-\w\*, )?\*(--[a-z-]+)\*", block, re.M))


def compare(check):
    page = pathlib.Path(sys.argv[2]).read_text("utf-8")
    overview = help_text("--help")
    commands = re.findall(r"^  ([a-z]+) ", overview.split("Commands:")[1].split("Options")[0], re.M)
    headings = re.split(r"^\*ghostctl ([a-z]+)\*", page, flags=re.M)
    described = dict(zip(headings[1::2], headings[2::2]))
    check.ok(len(commands) >= 10, "the help text lists the commands")
    check.equal(sorted(described), sorted(commands), "the page has the commands of the program")
    for command in commands:
        block = re.split(r"^# ", described.get(command, ""), flags=re.M)[0]
        check.equal(sorted(options_in_page(block)),
                    sorted(options_in_help(help_text("help", command), "Options:")),
                    f"the page has the options of {command}")
    general = re.split(r"^# ", page.split("# OPTIONS\n", 1)[1], flags=re.M)[0]
    check.equal(sorted(options_in_page(general)),
                sorted(options_in_help(overview, "Options, before")),
                "the page has the options of every command")


sys.exit(tap.run(compare))
