#!/usr/bin/env python3
"""Tests the checker: with the histories of fixtures/concurrency/histories (y_ is linearizable, n_ is not),
and with small random ones, of which every order is tried.

    test_linearize.py HISTORIES"""

import itertools
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import history
import linearize
import register
import tap

RANDOM_HISTORIES = 3000
NAME = "n"
CLIENTS = 4  # of a random history; one of two may overlap: it does not wait for its answer


def verdict(lines):
    logs = [each for each in lines if each["op"] == "log"]
    lived = [each for each in lines if each["op"] != "log"]
    if not logs:
        return history.check_linearizable(lived) + history.wrong_failures(lived, False)
    return history.check(lived, logs[0]["events"], logs[0].get("stream"), logs[0].get("full"),
                         logs[0].get("past", ()))


def is_noticed(lines):
    """Whether the rule that a history is made for finds what is wrong with it, too."""
    rule = next((each["rule"] for each in lines if "rule" in each), None)
    lived = [each for each in lines if each["op"] != "log"]
    return rule is None or bool(getattr(history.Log(lines[-1]["events"], lived), rule)())


def written_histories(check):
    paths = sorted(pathlib.Path(sys.argv[1]).glob("[yn]_*.jsonl"))
    for path in paths:
        lines = history.load(path)
        wrong = verdict(lines)
        check.ok(bool(wrong) == path.name.startswith("n_") and is_noticed(lines),
                 path.stem.replace("_", " "), *wrong)
    check.ok(sum(path.name.startswith("n_") for path in paths) >= 10, "there are ten broken ones")


def turned(operations, one, other):
    """Whether the same client sent `other` before `one`."""
    sent = sorted(operations, key=lambda each: each["start"])
    return one["client"] == other["client"] and sent.index(other) < sent.index(one)


def has_order(operations):
    """Tries every order."""
    for order in itertools.permutations(operations):
        if any(later["end"] < earlier["start"] for earlier, later in
               itertools.combinations(order, 2)):
            continue
        if any(turned(operations, *pair) for pair in itertools.combinations(order, 2)):
            continue
        state = register.EMPTY
        for each in order:
            state = state and register.apply(state, NAME, each)
        if state:
            return True
    return False


ASKED = {
    "put": lambda rng: {"value": rng.choice("ab"), "ttl": rng.choice((0, 5))},
    "advance": lambda rng: {"by": 3},
    "rotate": lambda rng: rng.choice(({}, {"pending": True})),
    "promote": lambda rng: rng.choice(({}, {"version": 1})),
    "delete": lambda rng: rng.choice(({}, {"recover": 6})),
}
OPERATIONS = ("put", "put", "get", "rotate", "rotate", "delete", "patch", "advance", "promote",
              "discard", "restore", "metadata")


def random_history(rng):
    """Operations that overlap, answered by one register in some order; half the time one answer
    is then changed."""
    instants = rng.sample(range(100), 12)
    spans = [sorted(instants[at:at + 2]) for at in range(0, 12, 2)]
    operations, state = [], register.EMPTY
    for start, end in sorted(spans, key=lambda span: rng.uniform(*span)):
        kind = rng.choice(OPERATIONS)
        asked = ASKED.get(kind, lambda rng: {})(rng)
        state, out = register.OPERATIONS[kind](state, NAME, asked)
        operations.append({"client": rng.randrange(CLIENTS), "op": kind, "name": NAME,
                           "in": asked, "out": dict(out), "start": start, "end": end})
    if rng.random() < 0.5:
        out = rng.choice(operations)["out"]
        member = rng.choice(sorted(out))
        out[member] = {"status": 404, "value": "b", "expired": True}.get(member, 2)
    return operations


def random_histories(check):
    rng = random.Random("histories")
    counts, wrong = {True: 0, False: 0}, []
    for number in range(RANDOM_HISTORIES):
        operations = random_history(rng)
        there_is = has_order(operations)
        counts[there_is] += 1
        if bool(linearize.check(NAME, operations)) != there_is:
            wrong.append(number)
    check.equal(wrong, [], f"{RANDOM_HISTORIES} random histories are judged as by trying all orders")
    check.ok(min(counts.values()) > RANDOM_HISTORIES // 5, f"of both kinds: {counts}")


def the_search_is_bounded(check):
    writes = [{"client": n, "op": "put", "name": NAME, "in": {"value": str(n)},
               "out": {"status": 200}, "start": n, "end": 1000} for n in range(40)]
    read = {"client": 0, "op": "get", "name": NAME, "in": {}, "start": 2000, "end": 2001,
            "out": {"status": 200, "value": "nobody's"}}
    verdict = linearize.check(NAME, writes + [read], 2000)
    check.ok(not verdict and "undecided" in str(verdict), "past its bound it says so", verdict)


if __name__ == "__main__":
    sys.exit(tap.run(written_histories, random_histories, the_search_is_bounded))
