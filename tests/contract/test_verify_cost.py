#!/usr/bin/env python3
"""`verify` costs the same whatever it is shown: instructions inside it, counted by valgrind's callgrind, for a value that
a version holds, one of the same length that none holds, and one of a length that no version has.

The program is $GHOSTKEYD."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import Daemon, is_sanitized, program

LENGTH = 4 * 4096
ANSWER_S = 120
APART_MAX = 200  # instructions of one verification: which version it is. A byte compared costs some
VALUES = {"the oldest": "o" * LENGTH, "the previous": "p" * LENGTH, "the current": "c" * LENGTH}
SHOWN = {
    **VALUES,
    "one that differs in its first byte": "x" + "c" * (LENGTH - 1),
    "one that differs in its last byte": "c" * (LENGTH - 1) + "x",
}


def prepare(connection, name, values, fields):
    """Four versions, one of them pending."""
    rotation = {"strategy": "template", "template": fields}
    for value in values:
        body = json.dumps({"value": value, "rotation": rotation})
        assert connection.request("PUT", f"/v1/secrets/{name}", body).status == 200
    answer = connection.request("POST", f"/v1/rotate/{name}", '{"pending":true}')
    assert answer.status == 200
    return json.loads(answer.body)["value"]


def counted():
    """What was shown -> instructions of one verification of it. Each call is dumped by itself."""
    with tempfile.TemporaryDirectory(prefix="ghostkey-verify-") as directory:
        under = [shutil.which("valgrind"), "--tool=callgrind", "--toggle-collect=broker_verify",
                 "--dump-after=broker_verify", f"--log-file={directory}/log",
                 f"--callgrind-out-file={directory}/out"]
        with Daemon("--seed", "verify", "--clock", "virtual", under=under) as daemon, \
                daemon.connect(ANSWER_S) as connection:
            pending = prepare(connection, "long", VALUES.values(), "{hex:4096}" * 4)
            prepare(connection, "short", "opc", "{hex:2}")
            shown = [("what comes first", "long", "c"), *((what, "long", value) for what, value in SHOWN.items()),
                     ("the pending one", "long", pending),
                     ("one of a length that no version has", "short", "c" * LENGTH)]
            for _, name, value in shown:
                answer = connection.request("POST", f"/v1/verify/{name}", json.dumps({"value": value}))
                assert answer.status == 200, answer
            assert daemon.stop(deadline_s=ANSWER_S) == 0, daemon.stderr()
        dumps = [pathlib.Path(f"{directory}/out.{number}").read_text("ascii")
                 for number in range(1, len(shown) + 1)]
    costs = {what: int(re.search(r"^(?:summary|totals): (\d+)", dump, re.MULTILINE)[1])
             for (what, *_), dump in zip(shown, dumps)}
    del costs["what comes first"]  # it may link functions
    return costs


def each_value_costs_the_same(check):
    if shutil.which("valgrind") is None or is_sanitized():
        check.skip("what a verification costs", "valgrind is not installed, or the daemon has a sanitizer in it")
        return
    if subprocess.run(["valgrind", "--quiet", "--tool=none", program(), "--version"], check=False,
                      capture_output=True).returncode != 0:
        check.skip("what a verification costs", "this valgrind cannot read what the compiler says for debuggers")
        return
    if b"broker_verify" not in pathlib.Path(program()).read_bytes():
        check.skip("what a verification costs", "the program has no symbols")
        return
    costs = counted()
    least = min(costs.values())
    check.ok(least > LENGTH, f"it looks at each byte: {least} instructions")
    for what, cost in costs.items():
        check.ok(cost - least <= APART_MAX, f"{what}: {cost - least} more than the least", costs)


if __name__ == "__main__":
    sys.exit(tap.run(each_value_costs_the_same))
