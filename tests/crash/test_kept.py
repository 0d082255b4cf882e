#!/usr/bin/env python3
"""The memory that a service manager kept is used again; or, if another version of GhostKey made it, it is
refused with a message and left as it is. The daemon never silently begins with nothing."""

import os
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
from statekit import FORMAT, OPTIONS, Daemon, dump, patch_format, put
import tap


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
    with memory(patch_format(before, FORMAT)) as state, Daemon(state=state) as daemon:
        check.equal(daemon.json("GET", "/v1/status")[1]["state"], "fdstore", "it is the manager's")
        with daemon.connect() as connection:
            check.equal(dump(connection), seen, "with all that was in it")


def another_versions_is_refused(check):
    before, _ = kept()
    others = {f"format {number}": patch_format(before, number)
              for number in (0, FORMAT - 1, FORMAT + 1)}
    others["an older GhostKey"] = statekit.older_store()
    for what, other in others.items():
        check.ok(other != before, f"a state of {what}")
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
