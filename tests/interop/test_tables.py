#!/usr/bin/env python3
"""test_tables.py: the tables in matrix.md, which interop.py wrote, are whole. $GHOSTCTL names the formats."""

import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import corpus  # noqa: E402
import interop  # noqa: E402
import tables  # noqa: E402
import tap  # noqa: E402

OPTIONAL = interop.BY_OTHER_MEANS


def first_cells(text):
    return [match.strip("`") for match in re.findall(r"^\| ([^|]*?) \|", text, re.M)]


def tables_are_whole(check):
    whole = tables.MATRIX.read_text("utf-8")
    short, classes = whole.split(tables.SHORT, 1)[1].split("\n## By class\n", 1)
    classes, formats = classes.split("\n## By format\n", 1)
    check.equal(first_cells(short), ["reader", *interop.FORMATS["portable"], *interop.OTHERS, "format",
                                     *interop.FORMATS], "in short: a row for each reader and format")
    check.equal(first_cells(classes)[1:], [*corpus.CLASSES, "long"], "a row for each class of values")
    said = subprocess.run([os.environ["GHOSTCTL"], "export", "--format", "no-such"], check=False,
                          capture_output=True, text=True, env={}).stderr
    known = re.findall(r"[a-z-]+", said.split("the formats are ", 1)[1].split(";")[0])
    check.ok(len(known) >= 10 and set(first_cells(formats)[1:]) == set(known), "each format", known)
    asked = [f"{name} {reader}" for name, each in interop.FORMATS.items() for reader in each]
    told = [f"{name.strip('`')} {reader}"
            for name, reader in re.findall(r"^\| (`[^|]*`) \| ([^|]*?) \|", formats, re.M)]
    check.equal([each for each in told if each.split(" ", 1)[1] not in OPTIONAL],
                [each for each in asked if each.split(" ", 1)[1] not in OPTIONAL],
                "each format with each reader that it is for")
    missed = re.findall(r"^\| `[^|]*` \| [^|]* \| \d+ % of .*$", formats, re.M)
    check.ok(not missed, "all of which read all", *missed)
    columns = classes.split("| values |", 1)[1].split("\n", 1)[0]
    check.equal(re.findall(r"[^|]+?(?= \|)", columns.replace("| ", "|")) and
                [each.strip() for each in columns.split("|") if each.strip()],
                interop.FORMATS["portable"] + interop.OTHERS, "a column for each reader")


if __name__ == "__main__":
    sys.exit(tap.run(tables_are_whole))
