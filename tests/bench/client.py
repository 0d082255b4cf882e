"""The benches of ghostctl: import and export of 10,000 secrets, and what `run` adds to a command's start."""

import os
import statistics
import subprocess
import time

from peers import GhostKey
from rates import hyperfine, place

TEN_THOUSAND = 10000


def took_ms(*command):
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return 1000 * (time.monotonic() - begun)


def ten_thousand(run):
    """Each import into a daemon that holds nothing yet, each export into a new file."""
    imports, exports = [], []
    for _ in range(run.rounds):
        with place() as directory, GhostKey() as ours:
            source, target = (os.path.join(directory, name) for name in ("source", ".env.ghost"))
            with open(source, "w", encoding="ascii") as file:
                file.writelines(f"SERVICE_{n:05}={n:032x}\n" for n in range(TEN_THOUSAND))
            ghostctl = os.environ["GHOSTCTL"], "--socket", ours.socket
            imports.append(took_ms(*ghostctl, "import", source))
            exports.append(took_ms(*ghostctl, "export", "-o", target))
            with open(target, "rb") as file:
                assert sum(1 for _ in file) > TEN_THOUSAND
    return {"import-10000": [imports], "export-10000": [exports]}


def run_added(run):
    with place() as directory, GhostKey() as ours:
        added = []
        for _ in range(run.rounds):
            plain = hyperfine(directory, "/bin/true")
            through = hyperfine(directory, os.environ["GHOSTCTL"], "--socket", ours.socket, "run",
                                "--", "/bin/true")
            added.append(1000 * (through - plain))
    run.note(f"`ghostctl run -- true` takes {statistics.median(added):.1f} ms more than `true`")
    return {"run-added": [added]}
