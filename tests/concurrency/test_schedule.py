#!/usr/bin/env python3
"""Fixed schedules: by seed, and scripted ones (fixtures/concurrency/*.schedule with their
transcripts).

    test_schedule.py seeds FIRST COUNT      each is played, and its history checked
    test_schedule.py repeat SEED COUNT      the same bytes each time: alone, under load, and half as
                                            often again by a daemon that is late ($LATE_LIB)
    test_schedule.py scripts FOLDER [bless] each gives its transcript, byte by byte
    test_schedule.py replay SEED            prints the transcript of one seed, and what is wrong

The programs are $GHOSTKEYD and $GHOSTCTL."""

import difflib
import os
import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import history
import schedule
import tap
from daemon import Daemon, preloaded

STEPS = 60
FAILURES_MAX = int(os.environ.get("FAILURES_MAX", "3"))  # enough to look into
REPLAY = "replay it: GHOSTKEYD=… GHOSTCTL=… python3 tests/concurrency/test_schedule.py replay {}"


def play(function, *arguments, env=None):
    """-> schedule.Played, of a fresh daemon"""
    with Daemon(*schedule.options(), env=env) as daemon:
        return function(daemon, *arguments)


def wrong_with(played):
    return history.check(played.history, played.events, played.streamed, past=played.past)


def seeds(check, first, count):
    bursts = 0
    for seed in range(int(first), int(first) + int(count)):
        try:
            played = play(schedule.play_seed, seed, STEPS)
            wrong = wrong_with(played)
            bursts += len(played.history)
        except Exception as error:  # pylint: disable=broad-except
            wrong = [f"{type(error).__name__}: {error}"]
        if wrong:
            check.ok(False, f"seed {seed}", *wrong, REPLAY.format(seed))
            if check.failures == FAILURES_MAX:
                break
    check.ok(check.failures == 0, f"{count} seeds from {first}: {bursts} requests were answered as "
             "by one register per name")


class Load:
    """Every core busy with something else."""

    def __enter__(self):
        self.pids = []
        for _ in range(os.cpu_count()):
            pid = os.fork()
            if pid == 0:
                signal.alarm(600)
                while True:
                    pass
            self.pids.append(pid)

    def __exit__(self, *_):
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def difference(first, other):
    return "\n".join(difflib.unified_diff(first.splitlines(), other.splitlines(), lineterm=""))


def late(number):
    """The environment of a daemon that is late for some of its waits, differently for each number:
    tests/support/late.c."""
    return preloaded(os.environ["LATE_LIB"], LATE=str(number))


def repeat(check, seed, count):
    half = int(count) // 2
    wanted = play(schedule.play_seed, seed, STEPS).transcript

    def same_bytes(name, environments):
        others = [play(schedule.play_seed, seed, STEPS, env=each).transcript
                  for each in environments]
        differ = [other for other in others if other != wanted]
        check.ok(not differ, f"seed {seed}, {len(others)} times {name}: the same "
                 f"{len(wanted)} bytes", f"{len(differ)} of them differ",
                 *[difference(wanted, other) for other in differ[:1]])

    same_bytes("alone", [None] * half)
    with Load():
        same_bytes("under load", [None] * half)
    same_bytes("by a daemon that is late", [late(number) for number in range(half)])


def scripts(check, folder, bless=""):
    for path in sorted(pathlib.Path(folder).glob("*.schedule")):
        try:
            played = play(schedule.play_script, path.read_text("utf-8"))
        except Exception as error:  # pylint: disable=broad-except
            check.ok(False, f"{path.stem} is linearizable", f"{type(error).__name__}: {error}")
            continue
        expected = path.with_suffix(".transcript")
        if bless:
            expected.write_text(played.transcript, "utf-8")
        wrong = wrong_with(played)
        check.ok(not wrong, f"{path.stem} is linearizable", *wrong)
        wanted = expected.read_text("utf-8")
        check.ok(played.transcript == wanted, f"{path.stem} gives its transcript",
                 difference(wanted, played.transcript))


def replay(seed):
    played = play(schedule.play_seed, seed, STEPS)
    print(played.transcript, end="")
    wrong = wrong_with(played)
    print("\n".join(wrong) or "# nothing is wrong with it")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1] == "replay":
        sys.exit(replay(*sys.argv[2:]))
    kinds = {"seeds": seeds, "repeat": repeat, "scripts": scripts}
    chosen = kinds[sys.argv[1]]

    def chosen_kind(check):
        chosen(check, *sys.argv[2:])

    sys.exit(tap.run(chosen_kind))
