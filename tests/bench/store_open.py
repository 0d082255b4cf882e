#!/usr/bin/env python3
"""How long the daemon takes from its start to its first answer on a --store file with a million
secrets. TAP: less than 1 s.

    store_open.py STORE_FILL [COUNT]    STORE_FILL: the program that makes the file"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import Daemon

COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
LIMIT_S = 1
STARTS = 3


def a_large_store_is_open_soon(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey-bench-") as directory:
        store = os.path.join(directory, "store")
        subprocess.run([sys.argv[1], store, str(COUNT)], check=True)
        times = []
        for _ in range(STARTS):
            begun = time.monotonic()
            with Daemon("--store", store) as daemon:
                _, status = daemon.json("GET", "/v1/status")
                times.append(time.monotonic() - begun)
            check.equal(status["secrets"], COUNT, "all secrets are there")
        check.note(f"{COUNT} secrets, {os.stat(store).st_size >> 20} MiB: "
                   + ", ".join(f"{each:.2f} s" for each in times))
        check.ok(min(times) < LIMIT_S, f"open in {min(times):.2f} s, less than {LIMIT_S} s")


if __name__ == "__main__":
    sys.exit(tap.run(a_large_store_is_open_soon))
