#!/usr/bin/env python3
"""10,000 malformed requests in Vault's form: each is answered with a 4xx in Vault's form, changes nothing, and holds up no
other client.

    test_malformed.py [COUNT]
"""

import json
import random
import sys
import time

import vaultkit
from vaultkit import MERGE_PATCH, Vault

import http1  # pylint: disable=wrong-import-order
import tap  # pylint: disable=wrong-import-order

COUNT = 10000
SLOW_S = 2  # much more than any answer takes, also on a busy machine

BODIES = {
    "secret/data/a": {"data": {"k": "v", "n": [1, {"x": None}]}, "options": {"cas": 1}},
    "secret/metadata/a": {"max_versions": 5, "custom_metadata": {"a": "b"}, "delete_version_after": "1h"},
    "secret/delete/a": {"versions": [1, "2"]},
    "secret/undelete/a": {"versions": "1,2"},
    "secret/destroy/a": {"versions": [1]},
    "secret/config": {"max_versions": 5, "cas_required": False, "delete_version_after": "1h"},
    "sys/mounts/new": {"type": "kv", "options": {"version": "2"}, "description": "x"},
    "auth/approle/login": {"role_id": "r", "secret_id": "s"},
    "auth/token/create": {"ttl": "1h", "policies": ["a"], "meta": {"a": "b"}, "renewable": True},
    "auth/token/renew": {"token": "hvs.ghost", "increment": "1h"},
}
WRONG = {
    "secret/data/a": [("data", [1, "x", True, [], None, "1"]), ("options", [1, "x", True, []]),
                      ("options", [{"cas": each} for each in ("x", 1.5, [], {}, True, -1, "1e3", "")])],
    "secret/metadata/a": [("max_versions", ["x", -1, 1.5, [], {}, True, 10 ** 30]), ("cas_required", ["maybe", 2, [], {}]),
                          ("delete_version_after", ["x", "1x", -5, [], {}, "10000000h"]),
                          ("custom_metadata", [1, "x", [], {"a": {}}, {"": "x"}, {"a": ""}, {"a": "\x02"}, {"a": [1]}])],
    "secret/delete/a": [("versions", ["x", [], {}, True, None, [None], [1.5], [[]], -1, "", "1,x"])],
    "secret/undelete/a": [("versions", ["x", [], {}, True, None, [{}], ["1", "y"]])],
    "secret/destroy/a": [("versions", ["x", [], {}, True, None, [-1], [True]])],
    "secret/config": [("max_versions", ["x", -1, 1.5, [], {}, True, 10 ** 30]), ("cas_required", ["maybe", 2, [], {}]),
                      ("delete_version_after", ["x", "1x", -5, [], {}, "10000000h"])],
    "sys/mounts/new": [("type", [1, "pki", "", [], {}, None]), ("description", [[], {}, "x" * 3000]),
                       ("options", [None, {}, {"version": "1"}, {"version": 3}, {"version": {}}, "x", 1, []])],
    "auth/approle/login": [("role_id", [[], {}]), ("secret_id", [[1], {"a": 1}]), ("role", [[], {}])],
    "auth/token/create": [("ttl", ["x", -1, [], {}, "10000000h", 1.5]), ("policies", [{}, [1], [{}], [None], [str(each) for each in range(65)]]), ("id", ["mine"]),
                          ("meta", ["x", 1, [], {"a": {}}, {"a": None}]), ("renewable", ["perhaps", 2, [], {}]), ("period", ["x", []])],
    "auth/token/renew": [("token", [[], {}, None, "", "other"]), ("increment", ["x", -1])],
}
METHODS = ["GETT", "get", "TRACE", "OPTIONS", "CONNECT", "BREW", "L", "LIST2", "PROPFIND"]
PATHS = ["secret/data/%", "secret/data/%z1", "secret/data/a%f", "secret/data/%ff", "secret/metadata/%c3%28", "nowhere/data/a",
         "secretdata/a", "secret/data/" + "n" * 300, "secret/metadata/" + "%20" * 90, "secret/data/a/", "secret/data//"]


def valid(random_source):
    path = random_source.choice(sorted(BODIES))
    return path, json.dumps(BODIES[path]).encode()


def cut(source):
    path, body = valid(source)
    return "POST", path, body[:source.randrange(1, len(body))], []


def control_byte(source):
    path, body = valid(source)
    at = source.randrange(len(body))
    return "PUT", path, body[:at] + bytes([source.randrange(1, 9)]) + body[at:], []


def no_utf8(source):
    path, body = valid(source)
    at = source.randrange(len(body))
    return "POST", path, body[:at] + source.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82"]) + body[at:], []


def more(source):
    path, body = valid(source)
    return "POST", path, body + source.choice([b"x", b"{}", b",", b"]", b"\x00", body]), []


def wrong_type(source):
    path = source.choice(sorted(WRONG))
    name, values = source.choice(WRONG[path])
    return "POST", path, json.dumps(BODIES[path] | {name: source.choice(values)}).encode(), []


def patched(source):
    path = source.choice(["secret/data/a", "secret/metadata/a"])
    _, _, body, _ = source.choice([cut, no_utf8, more])(source)
    return "PATCH", path, body, source.choice([MERGE_PATCH, [], [("Content-Type", "text/plain")]])


def method(source):
    return source.choice(METHODS), source.choice(sorted(BODIES)), source.choice([None, b"", b"{}", b"x"]), []


def path_of_none(source):
    return (source.choice(["POST", "PUT"]), source.choice(PATHS), b'{"data":{}}', [("X-Vault-Request", "true")])


def version_of_none(source):
    asked = source.choice(["x", "-1", "1.5", "%31x", "99999999999999999999999", "1,2", "+1", "7777"])
    return "GET", f"secret/{source.choice(['data', 'subkeys'])}/a?version={asked}", None, []


def deep(source):
    depth = source.choice([130, 300, 5000])
    opened, closed = source.choice([(b"[", b"]"), (b'{"a":', b"}")])
    inner = opened * depth + (b"1" if opened != b"[" else b"") + closed * depth
    return "POST", "secret/data/a", b'{"data":{"d":' + inner + b"}}", []


KINDS = [cut, control_byte, no_utf8, more, wrong_type, wrong_type, patched, method, path_of_none, version_of_none, deep]


def fault_of(answer, is_head=False):
    """What is wrong with an answer; None if nothing is."""
    if not 400 <= answer.status < 500:
        return f"status {answer.status}"
    if http1.header(answer.headers, "content-type") != "application/json":
        return f"type {answer.headers}"
    document = json.loads(answer.body)
    errors = document.get("errors")
    if list(document) != ["errors"] or not all(isinstance(each, str) for each in errors):
        return "not Vault's form"
    return None


def malformed(check):
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    source = random.Random(19)
    faults, slowest, seen = [], 0, {}
    with Vault() as vault:
        vault.write("a", {"k": "v"})
        before = vault.metadata("a"), vault.read("a"), vault.events()
        connection, other = vault.connect(), vault.connect()
        for number in range(count):
            kind = source.choice(KINDS)
            asked = kind(source)
            try:
                answer = connection.request(asked[0], f"/v1/{asked[1]}", asked[2], asked[3])
            except (http1.Closed, ConnectionError):
                connection.close()
                connection = vault.connect()
                answer = connection.request(asked[0], f"/v1/{asked[1]}", asked[2], asked[3])
            fault = fault_of(answer)
            if fault:
                faults.append((kind.__name__, asked[:2], asked[2] and asked[2][:80], fault, answer.body[:200]))
            seen[answer.status] = seen.get(answer.status, 0) + 1
            if number % 50 == 0:
                begun = time.monotonic()
                assert other.request("GET", "/v1/secret/data/a").status == 200
                slowest = max(slowest, time.monotonic() - begun)
        connection.close()
        other.close()
        check.ok(not faults, f"each of {count} is a 4xx in Vault's form", len(faults), *faults[:20])
        check.ok({400, 404, 405, 415} <= set(seen), "of each kind that there is", seen)
        check.equal((vault.metadata("a"), vault.read("a"), vault.events()), before, "none of them changes anything")
        check.ok(slowest < SLOW_S, "another client is answered at once meanwhile", slowest)


if __name__ == "__main__":
    sys.exit(tap.run(malformed))
