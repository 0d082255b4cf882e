"""What the tests in this folder share."""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position,unused-import
import http1
import tap
from daemon import Daemon, Process, preloaded, program, wait_for, tight_daemon

EVENTS_KEPT = 100000
PAGE = 1000
DAY_S = 86400
START = "2000-01-01T00:00:00.000Z"
MILLISECONDS_PER_DAY = DAY_S * 1000


def put(connection, name, **members):
    """Puts by HTTP; it must succeed."""
    answer = connection.request("PUT", f"/v1/secrets/{name}", json.dumps(members))
    assert answer.status == 200, answer
    return json.loads(answer.body)


def send(connection, method, path, body=None):
    """-> (status, what the body says)"""
    answer = connection.request(method, path, None if body is None else json.dumps(body))
    return answer.status, json.loads(answer.body)


def advance(connection, seconds):
    status, clock = send(connection, "POST", "/v1/clock/advance", {"by": seconds})
    assert status == 200, clock
    return clock


def wait_for_log(connection):
    """Waits until the log has the last change: its line is written after the answer to the change, but before the
    answer to the next request."""
    assert connection.request("GET", "/v1/status").status == 200


def events(connection, after=0):
    """All that are kept, behind the seq `after`."""
    found = []
    while True:
        page = send(connection, "GET", f"/v1/events?after={after}&limit={PAGE}")[1]
        if not page["events"]:
            return found
        found += page["events"]
        after = page["next"]


def counted(daemon, name):
    """A number of GET /metrics; its name may have labels."""
    for line in daemon.answer("GET", "/metrics").body.decode().splitlines():
        known, _, value = line.rpartition(" ")
        if known == name:
            return float(value)
    return None


def memory_kib(pid, what):
    """VmRSS or VmHWM."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{what}:")))


def temporary():
    return tempfile.mkdtemp(prefix="ghostkey-time-")


def seed_of(arguments):
    """The first argument, or a random seed, which is printed so that a failure can be repeated."""
    return int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().randrange(2**32)


def export(daemon):
    """What `ghostctl export --stdout` prints."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GHOSTKEY_")}
    env["GHOSTKEY_SOCKET"] = daemon.socket
    run = subprocess.run([os.environ["GHOSTCTL"], "export", "--stdout"], env=env, timeout=60,
                         stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return run.returncode, run.stdout, run.stderr
