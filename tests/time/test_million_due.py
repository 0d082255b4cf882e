#!/usr/bin/env python3
"""More secrets than one step of the clock may expire, all due at the same instant (contract, section 4): a step past
that instant is refused and says where the clock can go, the step to it is not, and the clock goes on from there.

    test_million_due.py STORE_FILL

The program is $GHOSTKEYD."""

import os
import subprocess
import sys

import timekit
from timekit import Daemon, send, tap

FIRINGS_MAX = 1000000
DUE = FIRINGS_MAX + 5
SECRETS = 2 * DUE  # every second one has a TTL
PATIENT_S = 120


def a_million_and_more_at_one_instant(check):
    folder = timekit.temporary()
    store = os.path.join(folder, "store")
    subprocess.run([sys.argv[1], store, str(SECRETS)], check=True)
    daemon = Daemon("--seed", "bench", "--clock", "virtual", "--store", store, directory=folder)
    daemon.owns_directory = True
    with daemon, daemon.connect(PATIENT_S) as client:
        next_due = send(client, "GET", "/v1/clock")[1]["next_due"]
        later = next_due.replace(".000Z", ".001Z")
        status, problem = send(client, "PUT", "/v1/clock", {"now": later})
        check.equal(status, 400, "a step past the instant is refused")
        check.ok(f"more than {FIRINGS_MAX} expiries" in problem["detail"] and next_due in problem["detail"],
                 "with the bound, and the instant to which a step is accepted", problem)
        check.equal(send(client, "GET", "/v1/clock")[1]["next_due"], next_due, "and the clock has not moved")
        status, clock = send(client, "PUT", "/v1/clock", {"now": next_due})
        check.equal((status, clock.get("expired"), clock.get("next_due")), (200, DUE, None),
                    f"the step to it expires all {DUE}")
        check.equal(send(client, "PUT", "/v1/clock", {"now": later})[0], 200, "and the clock goes on from there")
        check.equal(send(client, "GET", "/v1/status")[1]["last_event"], SECRETS + DUE, "each is one event")


if __name__ == "__main__":
    sys.exit(tap.run(a_million_and_more_at_one_instant))
