#!/usr/bin/env python3
"""One scripted session gives the same bytes in a hundred fresh daemons, in different time zones and locales.

    test_hundred_runs.py SESSION.http [RUNS]

The programs are $GHOSTKEYD and $GHOSTCTL."""

import pathlib
import sys

from timekit import tap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "contract"))

import session  # pylint: disable=wrong-import-position

RUNS = 100
ZONES = ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", ":/nowhere", "XXX+23:59:59"]
LOCALES = ["C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8", "ar_EG.UTF-8", "nonsense"]


def place(run):
    zone, locale = ZONES[run % len(ZONES)], LOCALES[run // len(ZONES) % len(LOCALES)]
    return {"TZ": zone, "LC_ALL": locale, "LANG": locale}


def a_hundred_runs_give_the_same_bytes(check):
    script = session.Session(pathlib.Path(sys.argv[1]))
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else RUNS
    first = script.play(place(0))
    others = {run: script.play(place(run)) for run in range(1, runs)}
    differ = [run for run, played in others.items() if played != first]
    check.ok(first[0] and first[1], "there are answers, and an env file")
    check.ok(not differ, f"{runs} runs of {script.name}: the same bytes",
             *[f"{place(run)}\n" + session.difference(first[0], others[run][0], "first", f"run {run}")
               for run in differ[:1]])


if __name__ == "__main__":
    sys.exit(tap.run(a_hundred_runs_give_the_same_bytes))
