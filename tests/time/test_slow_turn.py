#!/usr/bin/env python3
"""A disk stalls for longer than a client's time limit: the daemon is busy, and the limits of its clients do
not run meanwhile (contract, section 4).

The program is $GHOSTKEYD; tests/support/slow_disk.c, $SLOW_DISK_LIBRARY, is preloaded."""

import json
import os
import sys
import time

import timekit
from timekit import Daemon, http1, preloaded, tap, wait_for

REQUEST_TIME_S = 10
SLOW_S = 12
LATE_S = 8  # on a busy machine
VALUE = json.dumps({"value": "x"})


def answered(connection, method="GET", path="/v1/status", body=None):
    """Its status, or how it ended."""
    try:
        return connection.request(method, path, body).status
    except (http1.Closed, ConnectionResetError) as error:
        return repr(error)


def a_disk_stalls(check):
    library, folder = os.environ["SLOW_DISK_LIBRARY"], timekit.temporary()
    order = os.path.join(folder, "order")
    env = preloaded(library, SLOW_DISK=order)
    daemon = Daemon("--seed", "slow", "--store", os.path.join(folder, "db"), directory=folder, env=env)
    daemon.owns_directory = True
    with daemon, daemon.connect(60) as writer, daemon.connect() as idle, daemon.connect() as half:
        check.equal([answered(each) for each in (writer, idle)], [200, 200], "two clients")
        data = http1.encode("PUT", "/v1/secrets/half", VALUE)
        half.send(data[:-5])
        timekit.wait_for_log(idle)  # that it has been read
        begun = time.monotonic()
        with open(order, "wb"):
            pass
        writer.send(http1.encode("PUT", "/v1/secrets/a", VALUE))
        wait_for(lambda: not os.path.exists(order), "the disk to stall", 2 * SLOW_S)
        half.send(data[-5:])
        check.equal(writer.answer().status, 200, "a write that waited for the disk is answered")
        took = time.monotonic() - begun
        check.ok(took > REQUEST_TIME_S, f"after {took:.1f} s")
        check.equal(half.answer().status, 200, "so is a request that was half sent before")
        time.sleep(0.2)  # in which the daemon would close them
        check.equal([answered(each) for each in (writer, idle, half)], [200, 200, 200],
                    "and each connection serves its next request")
        with daemon.connect() as lazy:
            begun = time.monotonic()
            lazy.send(data[:-5])
            check.ok(lazy.is_closed(), "the limit runs again afterwards")
            took = time.monotonic() - begun
            check.ok(REQUEST_TIME_S - 1 < took < REQUEST_TIME_S + LATE_S, "as long as it is", took)


if __name__ == "__main__":
    sys.exit(tap.run(a_disk_stalls))
