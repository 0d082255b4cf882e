#!/usr/bin/env python3
"""Each function that the broker offers and that can fail is called by the tests whose allocations
fail.

    test_covered.py BROKER_FOLDER SOURCE..."""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

# pylint: disable=wrong-import-position
import tap


def code_of(path):
    return re.sub(r"/\*.*?\*/", " ", pathlib.Path(path).read_text("utf-8"), flags=re.DOTALL)


def each_verb_is_tried(check):
    headers = [path for path in sorted(pathlib.Path(sys.argv[1]).glob("*.h"))
               if not path.name.endswith("_internal.h")]
    sources = [code_of(path) for path in sys.argv[2:]]
    can_fail = [verb for header in headers
                for verb in re.findall(r"^int (broker_\w+)\(", code_of(header), re.MULTILINE)]
    called = set(re.findall(r"\bbroker_\w+(?=\()", "".join(sources)))
    check.ok(len(can_fail) > 10, "the broker has verbs", can_fail)
    for verb in can_fail:
        check.ok(verb in called, f"{verb} is tried while allocations fail",
                 "add it to tests/unit/alloc/verbs.c")


if __name__ == "__main__":
    sys.exit(tap.run(each_verb_is_tried))
