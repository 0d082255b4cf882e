#!/usr/bin/env python3
"""Bad input: the status and problem document of the contract, nothing changed, no value echoed."""

import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import bad_input
import bad_requests
import http1
import tap
from bad_input import BODY_MAX_BYTES, CANARY
from daemon import Daemon

TITLES = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
          412: "Precondition Failed", 413: "Content Too Large", 415: "Unsupported Media Type"}

STORED = [
    ("db_pass", {"value": CANARY}),
    ("fixed", {"value": CANARY, "rotation": {"strategy": "none"}}),
    ("short", {"value_base64": "AP8=", "ttl": 60, "env": False, "labels": {"a": "b"},
               "rotation": {"strategy": "hex", "length": 8, "on_expiry": True}}),
]


class Client:
    """Sends requests over one connection, and over a new one when the daemon has closed it."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.connection = None

    def ask(self, method, target, body=None, headers=()):
        if self.connection is None:
            self.connection = self.daemon.connect()
        answer = self.connection.request(method, target, body, headers)
        if (http1.header(answer.headers, "connection") or "").lower() == "close":
            self.connection.close()
            self.connection = None
        return answer

    def dump(self):
        """All secrets and events, byte for byte."""
        targets = ["/v1/secrets?values=true&limit=1000", "/v1/events?limit=1000", "/v1/status",
                   "/v1/clock", *[f"/v1/metadata/{name}" for name, _ in STORED]]
        return [self.ask("GET", target) for target in targets]


def bodies(answers):
    return [(each.status, http1.header(each.headers, "etag"), each.body) for each in answers]


def problem_fault(case, answer):
    """What is wrong with the answer to a case, or None."""
    wanted = {"type": "about:blank", "title": TITLES[case.status], "status": case.status}
    media = http1.header(answer.headers, "content-type")
    if answer.status != case.status:
        return f"status {answer.status}, wanted {case.status}: {answer.body!r:.300}"
    if media != "application/problem+json":
        return f"Content-Type {media}"
    if case.method == "HEAD":
        return f"a body: {answer.body!r}" if answer.body else None
    document = json.loads(answer.body)
    detail = document.get("detail")
    if list(document) != [*wanted, "detail"] or any(document[k] != v for k, v in wanted.items()):
        return f"document {answer.body!r}"
    if json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() != answer.body:
        return f"not compact JSON: {answer.body!r}"
    missing = [name for name in case.names if name not in detail]
    if not detail or missing:
        return f"detail {detail!r} does not name {missing}"
    if any(ord(character) < 0x20 or 0x7f <= ord(character) < 0xa0 for character in detail):
        return f"detail {detail!r} has a control character"
    if case.status == 405:
        allow = http1.header(answer.headers, "allow") or ""
        if not set(case.names) <= set(allow.split(", ")):
            return f"Allow: {allow}"
    return None


def refuses(tap_, daemon, client, cases):
    before = bodies(client.dump())
    for case in cases:
        answer = client.ask(case.method, case.target, case.body, case.headers)
        fault = problem_fault(case, answer)
        if CANARY.encode() in answer.body + str(answer.headers).encode():
            fault = "the value is echoed"
        after = bodies(client.dump())
        if after != before:
            fault = "it changed something"
            before = after
        tap_.ok(fault is None, f"{case.what} is {case.status}".replace("\0", "NUL"), fault)
    tap_.ok(CANARY not in daemon.stderr(), "the daemon's log has no value in it")


def fill(client):
    for name, body in STORED:
        answer = client.ask("PUT", f"/v1/secrets/{name}", json.dumps(body))
        assert answer.status == 200, answer


def table(*groups):
    def test(check):
        with Daemon("--seed", "test", "--clock", "virtual") as daemon:
            client = Client(daemon)
            fill(client)
            refuses(check, daemon, client, [case for group in groups for case in group()])
    test.__name__ = " and ".join(group.__name__ for group in groups)
    return test


def just_within(check):
    """What is just within each limit is accepted."""
    value = "x" * 65536
    accepted = [
        ("a value of 65536 bytes", {"value": value}),
        ("as many bytes in base64", {"value_base64": "AAAA" * 21845 + "AA=="}),
        ("64 labels", {"value": "x", "labels": {f"l{i}": "x" for i in range(64)}}),
        ("labels of 128 bytes", {"value": "x",
                                 "labels": {"n" * 128: "v" * 128, "ä" * 64: "ä" * 64}}),
        ("a TTL of a second", {"value": "x", "ttl": 1}),
        ("the longest TTL", {"value": "x", "ttl": 315360000}),
        ("the longest duration", {"value": "x", "ttl": "3650d"}),
        ("the longest generated value", {"generate": True,
                                         "rotation": {"strategy": "hex", "length": 4096}}),
        ("64 values in turn", {"value": "x", "rotation": {"strategy": "cycle",
                                                          "values": ["x" * 1024] * 64}}),
    ]
    types = ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
             "application/vnd.x+json", "application/merge-patch+json", "application/json ;a=b"]
    with Daemon("--seed", "test", "--clock", "virtual") as daemon:
        client = Client(daemon)
        for what, body in accepted:
            answer = client.ask("PUT", "/v1/secrets/a", json.dumps(body))
            check.equal(answer.status, 200, f"{what} is accepted")
        longest = "/v1/secrets/" + "a" * 255
        check.equal(client.ask("PUT", longest, '{"value":"x"}').status, 200, "a name of 255 bytes")
        check.equal(client.ask("GET", longest.replace("a" * 255, "%61" * 255)).status, 200,
                    "a name of 255 bytes, each one escaped")
        escaped = '{"value":"' + "\\u0041" * 65536 + '"}'
        body = escaped + " " * (BODY_MAX_BYTES - len(escaped))
        check.equal(client.ask("PUT", "/v1/secrets/a", body).status, 200, "the largest body")
        got = json.loads(client.ask("GET", "/v1/secrets/a").body)["value"]
        check.ok(got == "A" * 65536, "its value is whole")
        for media in types:
            answer = client.ask("PUT", "/v1/secrets/a", '{"value":"x"}', (("Content-Type", media),))
            check.equal(answer.status, 200, f"{media} is JSON")
        for coding in ("identity", "Identity", "identity, identity", ""):
            answer = client.ask("PUT", "/v1/secrets/a", '{"value":"x"}', (("Content-Encoding", coding),))
            check.equal(answer.status, 200, f"a body in '{coding}' is taken as it is")
        answer = client.ask("POST", "/v1/rotate/a", None, (("Content-Encoding", "gzip"),))
        check.equal(answer.status, 200, "where there is no body, its coding does not matter")
    with Daemon("--max-value", "8") as daemon:
        client = Client(daemon)
        for length, status in ((8, 200), (9, 413)):
            answer = client.ask("PUT", "/v1/secrets/a", json.dumps({"value": "x" * length}))
            check.equal(answer.status, status, f"--max-value 8 and a value of {length} bytes")
        limit = 8 * 12 + 320 * 1024
        for size, status in ((limit, 200), (limit + 1, 413)):
            answer = client.ask("PUT", "/v1/secrets/a", '{"value":"x"}'.ljust(size))
            check.equal(answer.status, status, f"--max-value 8 and a body of {size} bytes")


if __name__ == "__main__":
    sys.exit(tap.run(
        table(bad_input.names), table(bad_input.syntax, bad_input.members), table(bad_input.types),
        table(bad_input.policies), table(bad_requests.queries, bad_requests.routes),
        table(bad_requests.preconditions, bad_requests.media, bad_requests.codings,
              bad_requests.absences),
        table(bad_requests.sizes, bad_requests.precedence), just_within))
