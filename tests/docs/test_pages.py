#!/usr/bin/env python3
"""test_pages.py SCDOC PAGE.scd...: the man pages are pages, and their examples fit a terminal of 80
columns, where man(1) does not wrap them."""

import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402

COLUMNS = 80
MARGIN = 11  # of man's two indents


def pages_are_made(check):
    for path in map(pathlib.Path, sys.argv[2:]):
        text = path.read_text("utf-8")
        done = subprocess.run([sys.argv[1]], input=text, capture_output=True, text=True, check=False)
        check.ok(done.returncode == 0 and ".SH NAME" in done.stdout, f"{path.name} is a page",
                 done.stderr)
        name, number = re.match(r"([\w.]+)\((\d)\)", text).groups()
        check.equal(path.name, f"{name}.{number}.scd", f"{path.name} says its own name")
        titles = re.findall(r"^# (.*)$", text, re.M)
        check.ok(titles[0] == "NAME" and titles[-2:] == ["EXAMPLES", "SEE ALSO"],
                 f"{path.name} has its sections in order", titles)
        wide = [line for part in text.split("```")[1::2] for line in part.replace("\\\\", "\\").splitlines()
                if len(line) > COLUMNS - MARGIN]
        check.ok(not wide, f"the examples of {path.name} fit", *wide)


def pages_name_each_other(check):
    pages = {re.sub(r"\.(\d)\.scd$", r"*(\1)", path.name): path for path in map(pathlib.Path, sys.argv[2:])}
    for page, path in pages.items():
        see = path.read_text("utf-8").split("# SEE ALSO\n", 1)[1]
        missing = [other for other in pages if other != page and f"*{other}" not in see]
        check.ok(not missing, f"{path.name} names the others", missing)


sys.exit(tap.run(pages_are_made, pages_name_each_other))
