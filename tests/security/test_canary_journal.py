#!/usr/bin/env python3
"""Every operation of test_canary.py, with a daemon whose stderr is the journal: no value is in any entry.
The journal is a socket of the test (tests/time/test_journal.py), in a network namespace of the test if
possible: there the socket can hold as many entries as under systemd. The kernel's default of 11 is too few
for the events of one advance."""

import fcntl
import pathlib
import shutil
import socket
import struct
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
QUEUE = pathlib.Path("/proc/sys/net/unix/max_dgram_qlen")
QUEUE_ENTRIES = 512  # systemd sets it at boot
APART = "--apart"
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def set_up_network():
    """Sets up a new namespace -> whether its sockets hold enough entries"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_one:
        fcntl.ioctl(any_one, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    try:
        QUEUE.write_text(str(QUEUE_ENTRIES), "ascii")
    except OSError:  # a user's namespace has no such setting
        return False
    return True


def every_operation(check):
    roomy = APART in sys.argv and set_up_network()
    with Journal() as journal:
        journal.read_on()
        with start_tcp(env=journal.env, err=journal.stderr.fileno()) as daemon:
            test_canary.do_everything(check, daemon)
            last = daemon.json("GET", "/v1/status")[1]["last_event"]
            lost = timekit.counted(daemon, LOST)
            wait_for(lambda: len(journal.got) + lost >= last, "the entries")
            token = daemon.token
        said = (repr(journal.got) + journal.said()).encode()
        check.ok(len(journal.got) >= (last if roomy else LEAST), f"{len(journal.got)} entries came",
                 f"{last} were to come, {lost} were lost")
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
    command = [*command[:-2], __file__, INSIDE]
    apart = [shutil.which("unshare"), "--net"]
    if subprocess.run([*command[:-3], *apart, "true"], capture_output=True, check=False).returncode == 0:
        command = [*command[:-3], *apart, *command[-3:], APART]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
