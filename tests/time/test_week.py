#!/usr/bin/env python3
"""Checks golden/week.golden against the contract: the events are computed a second time, from the policies
of the session and the times of its requests, and the values by derive.py.

    test_week.py golden/week.golden
"""

import datetime
import json
import pathlib
import sys

import timekit
import derive
from timekit import tap

SEED = "week"
HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR
START = datetime.datetime(2024, 2, 26, 8)
KEPT = 3

ALPHANUMERIC = {"strategy": "alphanumeric", "length": 20}
URL = {"strategy": "template", "template":
       "postgres://app:{alnum:16}@localhost:5432/app?v={version}"}

# name: (policy, TTL, on_expiry, whether the first value is generated), in the order of the puts
SECRETS = {
    "app/db-password": (ALPHANUMERIC, HOUR, True, True),
    "app/database-url": (URL, 12 * HOUR, True, True),
    "app/api-token": ({"strategy": "token"}, DAY, True, True),
    "app/signing-key": ({"strategy": "base64url", "length": 43}, 7 * DAY, True, True),
    "app/webhook-key": ({"strategy": "hex", "length": 16}, 7 * DAY, True, False),
    "invite": ({"strategy": "token"}, 2 * DAY, False, False),
    "colour": ({"strategy": "cycle", "values": ["blue", "green"]}, 3 * DAY, True, True),
    "app/region": ({"strategy": "token"}, None, False, False),
}


def text_of(at):
    return at.isoformat(timespec="milliseconds") + "Z"


class Week:
    """What must happen by the contract."""

    def __init__(self):
        self.now = START
        self.ttl = {name: row[1] for name, row in SECRETS.items()}
        self.version = {}
        self.made = {}
        self.live = set()  # those that something will happen to
        self.events = []
        for name in SECRETS:
            self.make(name, "created", "put")

    def tell(self, name, event, cause):
        self.events.append({"seq": len(self.events) + 1, "at": text_of(self.now), "event": event,
                            "name": name, "version": self.version[name], "cause": cause})

    def make(self, name, event, cause):
        self.version[name] = self.version.get(name, 0) + 1
        self.made[name] = self.now
        self.live |= {name} if self.ttl[name] else set()
        self.tell(name, event, cause)

    def move(self, to):
        while True:
            due, name = min((self.made[name] + self.ttl[name], name) for name in self.live)
            if due > to:
                break
            self.now = due
            if SECRETS[name][2]:
                self.make(name, "rotated", "expiry")
            else:
                self.live.discard(name)
                self.tell(name, "expired", "expiry")
        self.now = to

    def play(self):
        for to in (START + HOUR, START + 12 * HOUR, START + DAY + HOUR / 2):
            self.move(to)
        self.make("app/db-password", "rotated", "rotate")
        self.move(START + 2 * DAY)
        self.make("app/region", "updated", "patch")
        self.tell("invite", "cleaned", "cleanup")
        self.move(START + 3 * DAY)
        self.ttl["app/db-password"] = 6 * HOUR
        self.tell("app/db-password", "updated", "patch")
        self.move(START + 6 * DAY)
        self.move(START + 7 * DAY)

    def value(self, name, version):
        policy, _, _, generated = SECRETS[name]
        generation = version if generated else version - 1
        return derive.derive(SEED, name, generation, version, policy)


def read_golden(path):
    """What was answered, by the step's title."""
    steps = {}
    for step in path.read_text("utf-8").split("### ")[1:]:
        title, _, rest = step.partition("\n")
        steps[title] = rest.split("\n\n", 1)[1]
    return steps


def the_golden_is_what_the_contract_says(check):
    week = Week()
    week.play()
    steps = read_golden(pathlib.Path(sys.argv[1]))
    events = json.loads(steps["All that happened"])["events"]
    check.equal(len(events), len(week.events), "as many events as there must be")
    check.equal([e for e in zip(events, week.events) if e[0] != e[1]][:1], [], "and each as it must be")
    listed = json.loads(steps["Everything, at the end of the week"])["secrets"]
    for secret in listed:
        name, version = secret["name"], secret["metadata"]["version"]
        wanted = "eu-north 1" if name == "app/region" else week.value(name, week.version[name])
        check.equal((version, secret["value"], secret["metadata"]["updated_at"]),
                    (week.version[name], wanted, text_of(week.made[name])), f"{name} at the end")
        env = secret["metadata"]["env"]
        check.ok(f"{env}={wanted}\n" in steps["The week is over"] or
                 f"{env}='{wanted}'\n" in steps["The week is over"], f"{name} in the env file")
    check.equal([s["name"] for s in listed], sorted(set(SECRETS) - {"invite"}), "nothing else is left")
    kept = json.loads(steps["Of the password three versions are kept"])["metadata"]["versions"]
    check.equal([v["version"] for v in kept],
                [week.version["app/db-password"] - KEPT + 1 + n for n in range(KEPT)], "versions kept")
    check.ok(week.value("app/db-password", 2) in steps["The password is a new one"],
             "the second password")
    check.ok(week.value("app/signing-key", 1) in steps["The first can still verify what it signed"],
             "the first signing key")


if __name__ == "__main__":
    sys.exit(tap.run(the_golden_is_what_the_contract_says))
