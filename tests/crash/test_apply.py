#!/usr/bin/env python3
"""kill -9 while a document is applied, and while a first start applies one: all of it is there afterwards, or nothing.

    test_apply.py [ROUNDS]"""

import json
import pathlib
import random
import signal
import socket
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon, Process, program

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 25
COUNT = 400
OPTIONS = ("--seed", "crash", "--clock", "virtual", "--log", "warnings")
DOCUMENT = json.dumps({"secrets": {f"n{at:04}": {"value": "v" * 200} for at in range(COUNT)}})


def seen(store):
    """How many secrets and events the store has."""
    with Daemon(*OPTIONS, "--store", str(store)) as daemon:
        status = daemon.json("GET", "/v1/status")[1]
        return status["secrets"], status["last_event"]


def killed_while_it_applies(check):
    chance = random.Random(7)
    outcomes = set()
    with Daemon(*OPTIONS) as place:
        for number in range(ROUNDS):
            store = pathlib.Path(place.directory) / f"store{number}"
            with Daemon(*OPTIONS, "--store", str(store)) as daemon:
                daemon.request("PUT", "/v1/secrets/before", '{"value":"x"}')
                with daemon.connect() as connection:
                    connection.send(http1.encode("POST", "/v1/apply", DOCUMENT))
                    time.sleep(chance.random() * 0.08)
                    daemon.kill(signal.SIGKILL)
                    try:
                        acknowledged = connection.answer().status == 200
                    except (http1.Closed, ConnectionResetError):
                        acknowledged = False
            found = seen(store)
            outcomes.add((found, acknowledged))
            check.ok(found == (COUNT + 1, COUNT + 1) or found == (1, 1) and not acknowledged,
                     f"round {number}: all of it, or nothing", found, acknowledged)
        print(f"# seen: {sorted(outcomes)}")


def killed_in_its_first_start(check):
    chance = random.Random(8)
    outcomes = set()
    with Daemon(*OPTIONS) as place:
        directory = pathlib.Path(place.directory)
        (directory / "first.json").write_text(DOCUMENT)
        begun = time.monotonic()
        with Daemon(*OPTIONS, "--store", str(directory / "timed"), "--apply", str(directory / "first.json")):
            start_s = time.monotonic() - begun
        for number in range(ROUNDS):
            store = directory / f"first{number}"
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(directory / f"s{number}"))
            listening.listen()
            process = Process([program(), *OPTIONS, "--store", str(store), "--apply", str(directory / "first.json")],
                              place.directory, passed=[listening])
            time.sleep(chance.random() * start_s * 1.5)
            process.stop(signal.SIGKILL)
            listening.close()
            there = store.exists()
            outcomes.add(there)
            check.ok(not there or seen(store) == (COUNT, COUNT), f"round {number}: all of it, or no store", there)
        print(f"# there was a store: {sorted(outcomes)}")


sys.exit(tap.run(killed_while_it_applies, killed_in_its_first_start))
