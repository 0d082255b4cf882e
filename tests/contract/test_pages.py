#!/usr/bin/env python3
"""Lists of secrets: an answer holds at most 8 MiB but one secret at least, and `next` says where to
go on (contract, section 3).

The program is $GHOSTKEYD."""

import base64
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import Daemon

MIB = 1 << 20
ANSWER_MAX_BYTES = 8 * MIB
NEXT_MAX_BYTES = 300  # what `next` may take; room is kept for the longest name


def start(value_max=65536):
    return Daemon("--seed", "test", "--clock", "virtual", "--max-value", str(value_max),
                  "--keep-versions", "1")


def put(connection, name, **members):
    answer = connection.request("PUT", f"/v1/secrets/{name}", json.dumps(members))
    assert answer.status == 200, answer


def pages(connection, query="values=true&limit=1000"):
    """The bodies of all pages, one after another."""
    bodies, after = [], ""
    while after is not None:
        answer = connection.request("GET", f"/v1/secrets?{query}" + (after and f"&after={after}"))
        assert answer.status == 200, answer
        bodies.append(answer.body)
        after = json.loads(answer.body)["next"]
    return bodies


def names(bodies):
    return [[secret["name"] for secret in json.loads(body)["secrets"]] for body in bodies]


def is_full(body, following):
    """Whether the first secret of the next page did not fit into this one."""
    first = json.dumps(json.loads(following)["secrets"][0], separators=(",", ":"),
                       ensure_ascii=False)
    return len(body) + 1 + len(first.encode()) > ANSWER_MAX_BYTES - NEXT_MAX_BYTES


def check_pages(check, what, bodies, wanted):
    check.ok(len(bodies) > 1 and max(map(len, bodies)) <= ANSWER_MAX_BYTES,
             f"{what}: no answer of more than 8 MiB", [len(body) for body in bodies])
    check.equal(sum(names(bodies), []), wanted, f"{what}: each secret once, in order")
    check.ok(all(map(is_full, bodies, bodies[1:])), f"{what}: each answer holds what it can")


def values_of_many_kinds(check):
    with start(MIB) as daemon, daemon.connect() as connection:
        for kind, members in [("plain", {"value": "v" * MIB}),
                              ("escaped", {"value": "\x01" * (MIB // 4)}),
                              ("binary", {"value_base64": base64.b64encode(b"\xff" * MIB).decode()})]:
            wanted = [f"{kind}/{number:02}" for number in range(10)]
            for name in wanted:
                put(connection, name, **members)
            check_pages(check, kind, pages(connection, f"prefix={kind}/&values=true&limit=1000"), wanted)
            check.equal(len(pages(connection, f"prefix={kind}/&limit=1000")), 1,
                        f"{kind}: without the values one answer has them all")


def around_the_limit(check):
    with start(ANSWER_MAX_BYTES) as daemon, daemon.connect() as connection:
        put(connection, "a", value="")
        put(connection, "b", value="")
        bare = len(connection.request("GET", "/v1/secrets?values=true").body)
        for over in (-NEXT_MAX_BYTES, -1, 0, 1):
            put(connection, "b", value="v" * (ANSWER_MAX_BYTES - bare + over))
            bodies = pages(connection)
            check.ok(max(map(len, bodies)) <= ANSWER_MAX_BYTES, f"8 MiB and {over} bytes: "
                     f"no answer is too large", [len(body) for body in bodies])
            if over in (-NEXT_MAX_BYTES, 1):
                check.equal(names(bodies), [["a", "b"]] if over < 0 else [["a"], ["b"]],
                            f"8 MiB and {over} bytes: {len(bodies)} answers")


def one_that_is_larger(check):
    with start(2 * ANSWER_MAX_BYTES) as daemon, daemon.connect() as connection:
        for name, size in [("a", 1), ("b", ANSWER_MAX_BYTES + 1), ("c", ANSWER_MAX_BYTES + 1), ("d", 1)]:
            put(connection, name, value="v" * size)
        check.equal(names(pages(connection)), [["a"], ["b"], ["c"], ["d"]],
                    "one secret is shown in any case, alone")
        put(connection, "c", value="c")
        check.equal(names(pages(connection)), [["a"], ["b"], ["c", "d"]], "others stand beside others")


def large_without_values(check):
    labels = {f"{number:02}{'n' * 120}": "v" * 128 for number in range(64)}
    with start() as daemon, daemon.connect() as connection:
        wanted = [f"secret/{number:03}" for number in range(600)]
        for name in wanted:
            put(connection, name, value="v", labels=labels)
        check_pages(check, "labels", pages(connection, "limit=1000"), wanted)
        head = connection.request("HEAD", "/v1/secrets?limit=1000")
        check.equal((head.status, int(dict(head.headers)["Content-Length"])),
                    (200, len(pages(connection, "limit=1000")[0])), "HEAD says the same length")


if __name__ == "__main__":
    sys.exit(tap.run(values_of_many_kinds, around_the_limit, one_that_is_larger, large_without_values))
