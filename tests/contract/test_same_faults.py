#!/usr/bin/env python3
"""The same seed and the same requests give the same faults, with any number of connections that keep their order, and
with a restart in the middle (contract, section 11).

    test_same_faults.py [RUNS]

The program is $GHOSTKEYD. What fires is also computed a second time, from the contract alone."""

import json
import pathlib
import random
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon
from derive import Stream

SEED = "test"
REQUESTS = 60
CONNECTIONS_MAX = 16
RULES = {
    "a": {"match": {"api": "vault"}, "effect": {"error": "sealed"}, "when": {"percent": 25, "skip": 2}},
    "b": {"match": {"operation": "read", "name": "app/*"}, "effect": {"status": 418}, "when": {"percent": 40, "times": 9}},
    "c": {"effect": {"error": "throttled"}, "when": {"every": 7}},
    "d": {"match": {"operation": "write"}, "effect": {"drop": "after"}, "when": {"percent": 30}},
    "e": {"match": {"name": "key"}, "effect": {"stale": True}, "when": {"percent": 50, "every": 2}},
}
AWS = {"X-Amz-Target": "secretsmanager.GetSecretValue", "Content-Type": "application/x-amz-json-1.1"}


def requests():
    """[(API, class, name, the request)]"""
    chance = random.Random(SEED)
    kinds = {
        "get": lambda name: ("ghostkey", "read", ("GET", f"/v1/secrets/{name}")),
        "put": lambda name: ("ghostkey", "write", ("PUT", f"/v1/secrets/{name}", '{"value":"x"}')),
        "kv": lambda name: ("vault", "read", ("GET", f"/v1/secret/data/{name}")),
        "aws": lambda name: ("aws", "read", ("POST", "/", json.dumps({"SecretId": name}), AWS)),
    }
    made = []
    for _ in range(REQUESTS):
        name = chance.choice(["app/db", "key", "other"])
        api, its_class, request = kinds[chance.choice(list(kinds))](name)
        made.append((api, its_class, name, request))
    return made


def matches(match, api, its_class, name):
    pattern = match.get("name", "**")
    return (match.get("api", api) == api and match.get("operation", its_class) == its_class
            and (pattern in ("**", name) or (pattern == "app/*" and name.startswith("app/"))))


def fires(fault, when, number, fired):
    if number <= when.get("skip", 0) or fired >= when.get("times", number) or number % when.get("every", 1) != 0:
        return False
    if "percent" not in when:
        return True
    stream = Stream(SEED.encode(), fault, number, b"fault").bytes
    return next(byte for byte in stream if byte < 200) % 100 < when["percent"]


def wanted_faults():
    """[the rule that fires on each request, or None], and {rule: (matched, fired)}"""
    counts = {fault: [0, 0] for fault in RULES}
    found = []
    for api, its_class, name, _ in requests():
        hit = None
        for fault, rule in RULES.items():
            if matches(rule.get("match", {}), api, its_class, name):
                counts[fault][0] += 1
                if fires(fault, rule["when"], counts[fault][0], counts[fault][1]):
                    counts[fault][1] += 1
                    hit = fault
                    break
        found.append(hit)
    return found, {fault: tuple(each) for fault, each in counts.items()}


class Connections:
    """Several, of which each is connected anew when a fault has closed it."""

    def __init__(self, count):
        self.open = [None] * count

    def ask(self, daemon, at, request):
        """-> the rule that fired, or None"""
        if self.open[at] is None:
            self.open[at] = daemon.connect()
        try:
            answer = self.open[at].request(*request)
        except (http1.Closed, OSError):
            self.close(at)
            return "closed"
        return http1.header(answer.headers, "GhostKey-Fault")

    def close(self, at):
        if self.open[at] is not None:
            self.open[at].close()
            self.open[at] = None

    def close_all(self):
        for at in range(len(self.open)):
            self.close(at)


def begin(daemon):
    for name in ("app/db", "key", "other"):
        for value in ("one", "two"):
            assert daemon.request("PUT", f"/v1/secrets/{name}", json.dumps({"value": value}))[0] == 200
    for fault in sorted(RULES, reverse=True):
        assert daemon.request("PUT", f"/v1/faults/{fault}", json.dumps(RULES[fault]))[0] == 200


def counts_of(daemon):
    return {each["id"]: (each["matched"], each["fired"]) for each in daemon.json("GET", "/v1/faults")[1]["faults"]}


def run(store, restart_at, connections, chance):
    """-> (what fired on each request, the counts)"""
    options = ("--seed", SEED, "--clock", "virtual") + (("--store", store) if restart_at is not None else ())
    asked = requests()
    pool = Connections(connections)
    found = []
    for at, part in enumerate([asked] if restart_at is None else [asked[:restart_at], asked[restart_at:]]):
        with Daemon(*options) as daemon:
            if at == 0:
                begin(daemon)
            found += [pool.ask(daemon, chance.randrange(connections), request) for *_, request in part]
            counts = counts_of(daemon)
            pool.close_all()
    return found, counts


def the_same(runs):
    def test(check):
        faults, counts = wanted_faults()
        wanted = ["closed" if fault == "d" else fault for fault in faults], counts
        check.ok(all(1 < fired < matched for matched, fired in counts.values()), "each rule fires sometimes", counts)
        chance = random.Random(runs)
        with tempfile.TemporaryDirectory(prefix="ghostkey-same-") as folder:
            for number in range(runs):
                restart_at = chance.randrange(1, REQUESTS) if number % 3 == 0 else None
                connections = 1 + number % CONNECTIONS_MAX
                got = run(f"{folder}/{number}", restart_at, connections, chance)
                if got != wanted:
                    check.equal(got, wanted, f"run {number}, of {connections} connections, with a restart at {restart_at}")
                    return
        check.ok(True, f"{runs} runs: the faults that the contract's stream gives, with a restart in each third")

    return test


if __name__ == "__main__":
    sys.exit(tap.run(the_same(int(sys.argv[1]) if len(sys.argv) > 1 else 10)))
