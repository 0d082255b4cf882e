#!/usr/bin/env python3
"""Every operation of test_canary.py again, for a daemon whose stderr is the journal: no value is in
any entry. The journal is a socket of the test's own (tests/time/test_journal.py)."""

import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(TESTS / "support"), str(TESTS / "time")]

# pylint: disable=wrong-import-position
import canary
import tap
import test_canary
import timekit
from seckit import SEED, start_tcp, wait_for
from test_journal import INSIDE, Journal, enter
from test_log import LOST

LEAST = 20


def every_operation(check):
    with Journal() as journal:
        journal.read_on()
        with start_tcp(env=journal.env, err=journal.stderr.fileno()) as daemon:
            test_canary.do_everything(check, daemon)
            last = daemon.json("GET", "/v1/status")[1]["last_event"]
            lost = timekit.counted(daemon, LOST)  # this reader is slower than the journal
            wait_for(lambda: len(journal.got) + lost >= last, "the entries")
            token = daemon.token
        said = (repr(journal.got) + journal.said()).encode()
        check.ok(len(journal.got) > LEAST, f"{len(journal.got)} entries came")
        seen = canary.names_in(repr([("MESSAGE", canary.value("here"))]).encode())
        check.ok(seen, "a value in one would be seen")
        check.equal(canary.names_in(said), {}, "no value is in the journal")
        check.ok(token.encode() not in said and SEED.encode() not in said, "nor the token, or the seed")


def main():
    if INSIDE in sys.argv:
        return tap.run(every_operation)
    command = enter()
    if command is None:
        return tap.run(lambda check: check.skip("journal", "no mount namespace can be made here"))
    return subprocess.run([*command[:-2], __file__, INSIDE], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
