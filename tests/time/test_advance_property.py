#!/usr/bin/env python3
"""advance(a); advance(b) has the same result as advance(a + b). Two daemons get the same requests, but the
clock is moved in different steps: lists, values, versions, events and export are the same bytes.

    test_advance_property.py [SEED [ROUNDS]]    plays a failure again

The programs are $GHOSTKEYD and $GHOSTCTL.
"""

import json
import random
import sys

import timekit
from timekit import Daemon, tap

ROUNDS = 60
MAX_VALUE = 24  # so that some policies make what is too large
SECRETS_MAX = 12
FIRINGS_MAX = 4000  # of one round, roughly
SPLITS_MAX = 4

POLICIES = [
    {"strategy": "hex", "length": 8}, {"strategy": "hex", "length": MAX_VALUE + 1},
    {"strategy": "alphanumeric", "length": 20}, {"strategy": "base64url", "length": MAX_VALUE},
    {"strategy": "token"}, {"strategy": "uuid"},  # both are too large
    {"strategy": "template", "template": "{name}-{alnum:4}-{version}"},
    {"strategy": "template", "template": "x" * (MAX_VALUE - 1) + "{version}"},  # up to version 9
    {"strategy": "template", "template": "{upper:3}{digit:3}{lower:3}{{}}"},
    {"strategy": "cycle", "values": ["one", "two", "three"]},
    {"strategy": "cycle", "values": ["", "12345678901234567890"]},
    {"strategy": "none"},
]


class Script:
    """What both daemons get: requests, and how far the clock moves between them."""

    def __init__(self, draw):
        self.draw = draw
        self.names = [self.name(i) for i in range(draw.randint(1, SECRETS_MAX))]
        self.keep = draw.randint(1, 12)
        ttls = [draw.choice([1, 2, 7, 60, 3600, 86400, 86401, 700000]) for _ in range(3)]
        self.ttls = ttls + [draw.randint(1, 100000)]
        self.scale = min(self.ttls) * FIRINGS_MAX // (len(self.names) * 6)
        self.steps = [(self.requests(), self.move()) for _ in range(draw.randint(1, 5))]

    def name(self, number):
        return self.draw.choice(["s", "app/", "Z.", "a-"]) + f"{number}"

    def move(self):
        """Moves one daemon's clock in pieces, and the other's at once."""
        whole = max(1, int(self.scale * self.draw.random() ** 2))
        cuts = sorted(self.draw.randint(1, whole) for _ in range(self.draw.randint(1, SPLITS_MAX)))
        return [b - a for a, b in zip([0] + cuts, cuts + [whole]) if b > a]

    def policy(self):
        policy = dict(self.draw.choice(POLICIES))
        if policy["strategy"] != "none":
            policy["on_expiry"] = self.draw.random() < 0.7
        return policy

    def definition(self):
        body = {"value": "v"} if self.draw.random() < 0.7 else {"generate": True}
        if self.draw.random() < 0.9:
            body["ttl"] = self.draw.choice(self.ttls)
        if self.draw.random() < 0.9:
            body["rotation"] = self.policy()
        return body

    def request(self, first):
        name = self.draw.choice(self.names)
        kind = "put" if first else self.draw.choice(
            ["put", "put", "patch", "patch", "rotate", "rotate", "delete", "cleanup"])
        if kind == "put":
            return "PUT", f"/v1/secrets/{name}", self.definition()
        if kind == "patch":
            change = {"ttl": self.draw.choice(self.ttls + [None])}
            if self.draw.random() < 0.5:
                change["rotation"] = self.policy()
            return "PATCH", f"/v1/secrets/{name}", change
        if kind == "rotate":
            return "POST", f"/v1/rotate/{name}", None
        if kind == "delete":
            return "DELETE", f"/v1/secrets/{name}", None
        return "POST", "/v1/cleanup", None

    def requests(self):
        first = not hasattr(self, "steps")
        return [self.request(first) for _ in range(self.draw.randint(1, 3 * len(self.names)))]


def play(script, cut):
    """-> all that can be read afterwards, the answers on the way included"""
    told = []
    with Daemon("--seed", "property", "--clock", "virtual", "--max-value", str(MAX_VALUE),
                "--keep-versions", str(script.keep)) as daemon, daemon.connect() as connection:
        for requests, pieces in script.steps:
            for method, path, body in requests:
                text = None if body is None else json.dumps(body)
                answer = connection.request(method, path, text)
                told.append((method, path, body, answer.status, answer.body))
            moved = [timekit.advance(connection, by) for by in (pieces if cut else [sum(pieces)])]
            told.append((moved[-1]["now"], moved[-1]["next_due"],
                         sum(each["rotated"] for each in moved),
                         sum(each["expired"] for each in moved)))
        return told, dump(daemon, connection)


def dump(daemon, connection):
    """Byte for byte, by what it was read from."""
    read = {}

    def get(path):
        read[path] = connection.request("GET", path)[2:]
        read[path] = (timekit.http1.header(read[path][0], "etag"), read[path][1])
        return json.loads(read[path][1])

    listed = get("/v1/secrets?values=true&limit=1000")["secrets"]
    for name in [each["name"] for each in listed]:
        for version in get(f"/v1/metadata/{name}")["metadata"]["versions"]:
            get(f"/v1/secrets/{name}?version={version['version']}")
    after = 0
    while page := get(f"/v1/events?after={after}&limit=1000")["events"]:
        after = page[-1]["seq"]
    read["export"] = timekit.export(daemon)
    return read


def one_round(check, seed, seen):
    script = Script(random.Random(seed))
    told, left = play(script, cut=False)
    told_cut, left_cut = play(script, cut=True)
    again = f"play it again with: test_advance_property.py {seed} 1"
    check.ok(told == told_cut, f"seed {seed}: each answer is the same", again,
             *[f"{a}\n{b}" for a, b in zip(told, told_cut) if a != b][:1])
    differ = [f"{path}\n{left.get(path)}\n{left_cut.get(path)}" for path in {**left, **left_cut}
              if left.get(path) != left_cut.get(path)]
    check.ok(not differ, f"seed {seed}: the same bytes are left", again, *differ[:1])
    for path, (_, *body) in left.items():
        if path.startswith("/v1/events"):
            for event in json.loads(body[0])["events"]:
                seen.add((event["event"], event["cause"]))
        if path == "export" and body[0]:
            seen.add("export")


def steps_do_not_matter(check):
    seed = timekit.seed_of(sys.argv)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    seen = set()
    print(f"# seed {seed}")
    for number in range(rounds):
        one_round(check, seed + number, seen)
    if rounds >= ROUNDS:
        wanted = {("rotated", "expiry"), ("expired", "expiry"), ("failed", "expiry"), "export"}
        check.ok(wanted <= seen, "rotations, expiries, failures and exports were among it", seen)


if __name__ == "__main__":
    sys.exit(tap.run(steps_do_not_matter))
