#!/usr/bin/env python3
"""Compares openapi.json with the real ghostkeyd: the document is well-formed, each
operation gives each status that it documents, each such answer is what its schema says, and the
request fixtures are accepted or refused by the schemas as they are by the daemon.

The program is $GHOSTKEYD; jsonschema is Debian's python3-jsonschema.
"""

import json
import os
import pathlib
import re
import sys

import jsonschema

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("support", "security")]

import openapi_document  # pylint: disable=wrong-import-position
import http1  # pylint: disable=wrong-import-position
import tap  # pylint: disable=wrong-import-position
from daemon import Daemon, tight_daemon  # pylint: disable=wrong-import-position
from seckit import start_tcp  # pylint: disable=wrong-import-position

MAX_VALUE = 256  # as in the fixtures' refusals.txt
STREAM = "text/event-stream"
GOOD_BODIES = {"/v1/clock/advance": '{"by":1}', "/v1/apply": '{}',
               "/v1/clock": '{"now":"2001-01-01T00:00:00Z"}',
               "/v1/page-token": '{"code":"none"}',
               "/v1/verify/{name}": '{"value":"x"}', "/v1/faults/{id}": '{"match":{"name":"no"},"effect":{"stale":true}}'}
OVER_BODY_LIMIT = MAX_VALUE * 12 + 320 * 1024 + 1
DOCUMENT_MAX_BYTES = 64 << 20  # of the body of /v1/apply
STORE_BYTES = 1 << 20
OTHER_USER = 65534

DOCUMENT = json.loads((ROOT / "daemon/api/ghostkey/openapi.json").read_text("utf-8"))
FIXTURES = ROOT / "fixtures" / "requests"
OPERATIONS = [(path, method) for path, item in DOCUMENT["paths"].items()
              for method in item if method != "parameters"]

# restore's 409 needs a destroyed version, which no request of this API makes.
# A read is answered with 500 only if there is no memory for its answer.
# 410 and 503: tests/time/test_many_streams.py, tests/security/test_many_connections.py
UNREACHED = {(method, status) for method in ("get", "head") for status in ("410", "500", "503")}

# JSON Schema counts characters, knows no limits by option, and takes 8.0 for an integer; Python's
# '$' matches before a newline.
BEYOND_SCHEMA = {"n_put_value_too_large", "n_put_value_too_large_in_bytes",
                 "n_put_base64_too_large", "n_put_base64_bits_left", "n_patch_value_too_large",
                 "n_put_ttl_duration_zero", "n_put_ttl_duration_too_large",
                 "n_put_rotation_length_fraction", "n_put_env_newline", "n_clock_no_such_day"}


def faults(schema, thing):
    """What is wrong with thing by a schema of the document."""
    whole = dict(schema, components=DOCUMENT["components"])
    validator = jsonschema.Draft202012Validator(whole)
    return [f"{'/'.join(map(str, each.absolute_path))}: {each.message}"
            for each in validator.iter_errors(thing)]


def answer_faults(path, method, status, headers, body):
    """What is wrong with an answer by the document; headers have lower-case names."""
    known = DOCUMENT["paths"][path][method]["responses"].get(str(status))
    if known is None:
        return [f"status {status} is not documented: {body!r}"]
    known = openapi_document.resolve(DOCUMENT, known)
    found = []
    for name, header in known.get("headers", {}).items():
        value = headers.get(name.lower())
        schema = openapi_document.resolve(DOCUMENT, header)["schema"]
        found += [f"no header {name}"] if value is None else faults(schema, value)
    if method == "head" or "content" not in known:
        return found + ([f"a body: {body!r}"] if body else [])
    media = headers.get("content-type")
    if media not in known["content"]:
        return found + [f"media type {media}"]
    thing = json.loads(body) if media.endswith("json") else body.decode()
    return found + faults(known["content"][media]["schema"], thing)


class Checker:
    """Sends requests, compares the answers with the document, and notes which statuses were answered."""

    def __init__(self, checks, daemon):
        self.checks = checks
        self.daemon = daemon
        self.reached = set()

    def check(self, path, method, status, answer):
        """status None: any that is documented."""
        status = answer[0] if status is None else status
        label = f"{method.upper()} {path} answers {status} as documented"
        found = answer_faults(path, method, *answer)
        if answer[0] != status:
            found.append(f"status {answer[0]}: {answer[2]!r}")
        self.checks.ok(not found, label, *found)
        self.reached.add((path, method, str(status)))

    def send(self, path, method, status, name="a", query="", body=None, headers=()):
        target = path.replace("{name}", name).replace("{id}", name) + query
        answer = self.daemon.request(method.upper(), target, body, headers)
        self.check(path, method, status, answer)
        return answer


def document_is_well_formed(checks):
    found = openapi_document.faults(DOCUMENT)
    checks.ok(not found, "the document is well-formed OpenAPI 3.1", *found)


def schemas_agree_with_fixtures(checks):
    kinds = {"put": "Put", "patch": "Patch", "empty": "Nothing", "advance": "ClockBy",
             "clock": "ClockTo"}
    for file in sorted(FIXTURES.glob("[yn]_*.json")):
        verdict, kind = file.name.split("_")[:2]
        try:
            thing = json.loads(file.read_text("utf-8"), object_pairs_hook=without_repeats)
            json.dumps(thing, ensure_ascii=False).encode()  # no half of a surrogate pair
        except (ValueError, RecursionError):
            continue  # there is nothing that a schema could judge
        if kind not in kinds or file.stem in BEYOND_SCHEMA:
            continue
        found = faults({"$ref": f"#/components/schemas/{kinds[kind]}"}, thing)
        checks.equal(not found, verdict == "y", f"the schema takes {file.name} as the daemon does")


def without_repeats(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a repeated member")
    return dict(pairs)


POLICIES = [{"strategy": "token"}, {"strategy": "hex", "length": 2},
            {"strategy": "alphanumeric"}, {"strategy": "base64url"}, {"strategy": "uuid"},
            {"strategy": "template", "template": "{hex:8}-{version}"},
            {"strategy": "cycle", "values": ["one", "two"]}]


def fill(checker):
    """Secrets of every kind, so that lists and events show every shape."""
    put = ("/v1/secrets/{name}", "put", 200)
    for policy in POLICIES:
        body = {"generate": True, "ttl": "15m", "rotation": {**policy, "on_expiry": True}}
        checker.send(*put, policy["strategy"], body=json.dumps(body))
        checker.send("/v1/rotate/{name}", "post", 200, policy["strategy"])
        checker.send("/v1/metadata/{name}", "get", 200, policy["strategy"])
    checker.send(*put, "app/binary", body='{"value_base64":"AAECAw==","env":false}')
    checker.send(*put, "none", body='{"value":"x","rotation":{"strategy":"none"}}')
    checker.send(*put, "large", body='{"value":"x","rotation":{"strategy":"hex","length":4096}}')
    checker.send("/v1/rotate/{name}", "post", 409, "large")
    checker.send(*put, "a", body='{"value":"x","labels":{"team":"core"},"env":"A"}')


def good_answers(checker):
    fill(checker)
    secret = "/v1/secrets/{name}"
    for method in ("get", "head"):
        for path in ("/v1/clock", "/v1/events", "/v1/status", "/v1/openapi.json", "/v1/secrets",
                     secret, "/v1/metadata/{name}", "/v1/readers/{name}", "/v1/requests", "/metrics"):
            _, headers, _ = checker.send(path, method, 200)
            if path == secret:
                checker.send(path, method, 304, headers={"If-None-Match": headers["etag"]})
        checker.send(secret, method, 200, "app%2Fbinary", "?version=1")
    for query in ("?values=true", "?values=false&limit=2", "?expired=only", "?after=zzz"):
        checker.send("/v1/secrets", "get", 200, query=query)
    checker.send("/v1/events", "get", 200, query="?after=1000000")
    checker.send("/v1/rotate/{name}", "post", 200, body="{}")
    for body in ('{"ttl":"1h"}', '{"labels":null,"rotation":null}', '{"value_base64":""}'):
        media = {"Content-Type": "application/merge-patch+json"}
        checker.send(secret, "patch", 200, body=body, headers=media)
    checker.send("/v1/clock/advance", "post", 200, body='{"by":"20m"}')
    checker.send("/v1/clock", "put", 200, body='{"now":"2000-01-02T00:00:00.5+01:00"}')
    checker.send("/v1/cleanup", "post", 200)
    code = checker.send("/v1/page-code", "post", 200)[2]
    checker.send("/v1/page-token", "post", 200, body=code)
    checker.send(secret, "delete", 200, "app/binary")
    documents(checker)
    lives_of_versions(checker)
    live_stream(checker)
    a_reset(checker)
    fault_rules(checker)


def documents(checker):
    """Dumped documents are what the schema says, and are applied again."""
    for query in ("", "?values=true"):
        checker.send("/v1/dump", "head", 200, query=query)
        checker.daemon.json("PUT", "/v1/faults/f", '{"match":{"api":"aws"},"effect":{"drop":"after"},"when":{"times":1}}')
        document = checker.send("/v1/dump", "get", 200, query=query)[2]
        _, _, answer = checker.send("/v1/apply", "post", 200, query="?prune=true", body=document)
        lists = json.loads(answer)
        checker.checks.equal([lists["made"], lists["deleted"]], [[], []], "what was dumped is there")
        checker.checks.equal(lists["faults"], {"made": [], "changed": [], "deleted": []}, "and the fault rules")
    for body in ('{"secrets":{"new":{"ttl":1},"a":{"value":"y"}}}', '{"secrets":{}}', "{}",
                 '{"faults":{"g":{"effect":{"delay":"1s"}}}}'):
        checker.send("/v1/apply", "post", 200, query="?dry_run=true&prune=true", body=body)
    checker.send("/v1/apply", "post", 400, body='{"secrets":{"a b":{},"c":{"ttl":0}}}')


def lives_of_versions(checker):
    """A pending version, a promotion, a deletion that is undone."""
    secret = "/v1/secrets/{name}"
    rotate, promote = ("/v1/rotate/{name}", "post"), ("/v1/promote/{name}", "post")
    restore = ("/v1/restore/{name}", "post")
    checker.send(secret, "put", 200, "staged", body='{"value":"one","rotation":{"grace":"1h"},"description":"d"}')
    checker.send(*rotate, 200, "staged", body='{"pending":true}')
    checker.send(*rotate, 409, "staged", body='{"pending":true}')
    for method in ("get", "head"):
        checker.send(secret, method, 200, "staged", "?stage=pending")
    checker.send(*promote, 200, "staged")
    checker.send("/v1/verify/{name}", "post", 200, "staged", body='{"value":"one"}')
    checker.send("/v1/verify/{name}", "post", 200, "staged", body='{"value_base64":"AA=="}')
    checker.send(*rotate, 200, "staged", body='{"pending":true}')
    checker.send("/v1/metadata/{name}", "get", 200, "staged")
    checker.send("/v1/discard/{name}", "post", 200, "staged", body='{"version":3}')
    checker.send(*promote, 200, "staged", body='{"version":1}')
    checker.send(secret, "delete", 200, "staged", "?recover=1d")
    checker.send("/v1/metadata/{name}", "get", 200, "staged")
    checker.send("/v1/secrets", "get", 200, query="?deleted=only&label=team")
    checker.send("/v1/secrets", "get", 200, query="?deleted=include&values=true")
    for path, method, body in ((secret, "put", '{"value":"x"}'), (secret, "patch", "{}"), (*rotate, None),
                               (*promote, '{"version":2}')):
        checker.send(path, method, 409, "staged", body=body)
    checker.send(*restore, 200, "staged")
    checker.send(*restore, 200, "staged", body='{"version":2}')
    checker.send(secret, "delete", 200, "staged", "?recover=1d")
    checker.send("/v1/clock/advance", "post", 200, body='{"by":"2d"}')


def fault_rules(checker):
    """Each effect once; none of them matches what this test asks."""
    when = {"skip": 1, "times": 2, "every": 3, "percent": 4, "from": "2000-01-01T00:00:00Z", "until": "2001-01-01T00:00:00Z"}
    for effect in ({"delay": "250ms"}, {"delay": "1m", "error": "sealed"}, {"status": 418}, {"drop": "after"},
                   {"truncate": 0}, {"stale": True}):
        rule = {"match": {"api": "aws", "operation": "read", "name": "no/**"}, "effect": effect, "when": when}
        checker.send("/v1/faults/{id}", "put", 200, body=json.dumps(rule))
        for method in ("get", "head"):
            checker.send("/v1/faults/{id}", method, 200)
            checker.send("/v1/faults", method, 200)
    checker.send("/v1/faults/{id}", "delete", 200)
    for number in range(1001):
        checker.daemon.request("PUT", f"/v1/faults/f{number}", '{"match":{"name":"no"},"effect":{"stale":true}}')
    checker.send("/v1/faults/{id}", "put", 409, "more", body='{"effect":{"stale":true}}')
    checker.send("/v1/faults", "delete", 200)
    checker.send("/v1/faults/{id}", "put", 200, body='{"match":{"name":"no"},"effect":{"stale":true}}')


def a_reset(checker):
    checker.send("/v1/reset", "post", 200)
    fill(checker)


def live_stream(checker):
    """All events so far: they are there when their number is."""
    count = checker.daemon.json("GET", "/v1/status")[1]["last_event"]
    with checker.daemon.connect() as connection:
        headers = {"Accept": STREAM, "Last-Event-ID": "0"}
        connection.send(http1.encode("GET", "/v1/events", None, headers))
        while connection.rest.count(b"\nid: ") < count:
            connection.more()
        head, _, rest = connection.rest.partition(b"\r\n\r\n")
        pieces = re.findall(rb"[0-9a-f]+\r\n(.*?)\r\n", rest, re.DOTALL)
        fields = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
        checker.check("/v1/events", "get", 200, (200, fields, b"".join(pieces)))
        checker.checks.equal(fields["content-type"], STREAM, "the stream has its media type")
    answer = checker.send("/v1/events", "get", 400, query="?limit=1", headers={"Accept": STREAM})
    checker.checks.ok(b"limit" in answer[2], "which knows no limit")
    checker.send("/v1/events", "head", 200, headers={"Accept": STREAM})


def bad_answers(checker):
    """What each operation refuses. All is sent to all: where a refusal is not documented, the
    request is answered in another documented way."""
    big = "x" * OVER_BODY_LIMIT
    for path, method in OPERATIONS:
        known = DOCUMENT["paths"][path][method]["responses"]
        body = {"put": '{"value":"x"}', "patch": "{}"}.get(method)
        body = GOOD_BODIES.get(path, body) if method in ("put", "post") else body
        refusals = {
            "400": {"query": "?nope=1", "body": body},
            "404": {"name": "missing", "body": body},
            "412": {"body": body, "headers": {"If-Match": '"999999"'}},
            "413": {"body": big} if path != "/v1/apply" else {
                "headers": {"Content-Length": str(DOCUMENT_MAX_BYTES + 2)}},
            "415": {"body": "{}", "headers": {"Content-Type": "text/plain"}},
            "417": {"body": "{}", "headers": {"Expect": "something"}},
        }
        checker.daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')
        checker.daemon.request("DELETE", "/v1/secrets/missing")
        checker.daemon.request("DELETE", "/v1/faults/missing")
        checker.daemon.request("PUT", "/v1/secrets/none", '{"value":"x","rotation":{"strategy":"none"}}')
        for status in sorted(refusals):
            wanted = int(status) if status in known else None
            checker.send(path, method, wanted, **refusals[status])
    checker.send("/v1/rotate/{name}", "post", 409, "none")
    checker.send("/v1/secrets/{name}", "put", 413, body=json.dumps({"value": "x" * 257}))
    checker.send("/v1/secrets/{name}", "get", 404, "a", "?version=99")


def methods_not_allowed(checker):
    for path, item in DOCUMENT["paths"].items():
        methods = {method for method in item if method != "parameters"}
        target = path.replace("{name}", "a").replace("{id}", "a")
        for other in {"get", "put", "post", "delete", "patch", "options"} - methods:
            answer = checker.daemon.request(other.upper(), target)
            allowed = set(re.split(", *", answer[1].get("allow", "").lower()))
            checker.checks.equal(allowed, methods, f"{other.upper()} {path}: Allow as documented")
            for method in methods - {"head"}:
                checker.check(path, method, 405, answer)


def every_documented_answer_is_given(checks):
    with Daemon("--clock", "virtual", "--seed", "test", "--max-value", str(MAX_VALUE)) as daemon:
        checker = Checker(checks, daemon)
        good_answers(checker)
        bad_answers(checker)
        methods_not_allowed(checker)
        wanted = {(path, method, status) for path, method in OPERATIONS
                  for status in DOCUMENT["paths"][path][method]["responses"]
                  if (method, status) not in UNREACHED and status not in ("401", "403", "500")
                  and not (path.startswith("/v1/clock") and status == "409")
                  and (path, status) not in (("/v1/restore/{name}", "409"), ("/v1/reset", "409"))
                  and (method, status) != ("head", "405")}
        checks.equal(sorted(wanted - checker.reached), [], "every documented answer was seen")
        check_served_document(checks, daemon)


def check_served_document(checks, daemon):
    _, _, body = daemon.request("GET", "/v1/openapi.json")
    _, status = daemon.json("GET", "/v1/status")
    wanted = dict(DOCUMENT, info=dict(DOCUMENT["info"], version=status["version"]))
    checks.ok(body == json.dumps(wanted, separators=(",", ":")).encode(),
              "the document is served compact, with the version of the status in it")


def the_machines_clock_cannot_be_moved(checks):
    with Daemon() as daemon:
        checker = Checker(checks, daemon)
        checker.send("/v1/clock/advance", "post", 409, body='{"by":1}')
        checker.send("/v1/clock", "put", 409, body='{"now":"9000-01-01T00:00:00Z"}')
        checker.send("/v1/reset", "post", 409, body="{}")
        checker.send("/v1/reset", "post", 200, body='{"force":true}')


def store_that_cannot_write_answers_500(checks):
    with tight_daemon(STORE_BYTES, "--clock", "virtual") as daemon:
        checker = Checker(checks, daemon)
        daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')
        body = json.dumps({"value": "x" * 60000})
        for number in range(100):
            if daemon.request("PUT", f"/v1/secrets/fill{number}", body)[0] == 500:
                break
        checker.send("/v1/secrets/{name}", "put", 500, "new", body=body)
        checker.send("/v1/secrets/{name}", "patch", 500, body=body)
        checker.send("/v1/secrets/{name}", "get", 200)
        checker.send("/v1/status", "get", 200)


def other_user_is_forbidden(checks):
    if os.geteuid() != 0:
        print("# only root can become another user: 403 not tried")
        return
    with Daemon() as daemon:
        os.chmod(daemon.directory, 0o711)
        os.chmod(daemon.socket, 0o666)
        checker = Checker(checks, daemon)
        os.seteuid(OTHER_USER)
        try:
            for path, method in OPERATIONS:
                checker.send(path, method, 403)
        finally:
            os.seteuid(0)


class OverTcp:
    """What Checker uses in place of a daemon: it asks over TCP, without the token."""

    def __init__(self, daemon):
        self.daemon = daemon

    def request(self, method, target, body=None, headers=()):
        pairs = list(headers.items() if hasattr(headers, "items") else headers)
        answer = self.daemon.ask(method, target, body, [self.daemon.host(), *pairs])
        return answer.status, {n.lower(): v for n, v in answer.headers}, answer.body


def clients_without_a_token_are_refused(checks):
    with start_tcp() as daemon:
        checker = Checker(checks, OverTcp(daemon))
        for path, method in OPERATIONS:
            if path == "/v1/page-code":
                checker.send(path, method, 403)
            else:
                checker.send(path, method, 401, body=GOOD_BODIES[path] if path == "/v1/page-token" else None)


if __name__ == "__main__":
    sys.exit(tap.run(document_is_well_formed, schemas_agree_with_fixtures,
                     every_documented_answer_is_given, the_machines_clock_cannot_be_moved,
                     store_that_cannot_write_answers_500, other_user_is_forbidden,
                     clients_without_a_token_are_refused))
