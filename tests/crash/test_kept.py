#!/usr/bin/env python3
"""The memory that a service manager kept is used again; or, if another version of GhostKey made it, it is
refused with a message and left as it is. The daemon never silently begins with nothing."""

import os
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from statekit import OPTIONS, Daemon, dump, put
from test_refusals import patch_format
import tap

OWN_FORMAT = 3


def memory(content=b""):
    file = open(os.memfd_create("ghostkey"), "w+b", buffering=0)
    file.write(content)
    return file


def content(file):
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def kept():
    """-> (the state of a daemon that was killed, what could be read of it)"""
    with memory() as state, Daemon(*OPTIONS, state=state) as daemon:
        for name in ("a", "b"):
            assert daemon.request("PUT", f"/v1/secrets/{name}", put(name))[0] == 200
        with daemon.connect() as connection:
            seen = dump(connection)
        daemon.stop(9)
        return content(state), seen


def its_own_is_taken_back(check):
    before, seen = kept()
    with memory(patch_format(before, OWN_FORMAT)) as state, Daemon(state=state) as daemon:
        check.equal(daemon.json("GET", "/v1/status")[1]["state"], "fdstore", "it is the manager's")
        with daemon.connect() as connection:
            check.equal(dump(connection), seen, "with all that was in it")


def another_versions_is_refused(check):
    before, _ = kept()
    for number in (0, OWN_FORMAT - 1, OWN_FORMAT + 1):
        other = patch_format(before, number)
        check.ok(other != before, f"a state of format {number}")
        with memory(other) as state:
            try:
                with Daemon(state=state):
                    said = "it came up"
            except RuntimeError as error:
                said = str(error)
            check.ok("ended with 75:" in said and "another version of GhostKey" in said
                     and "systemctl --user stop ghostkey.service" in said,
                     "it is refused, with what to do", said)
            check.ok(content(state) == other, "and left as it is")


if __name__ == "__main__":
    sys.exit(tap.run(its_own_is_taken_back, another_versions_is_refused))
