#!/usr/bin/env python3
"""Fault rules: what they match, what happens to the answer in each API, when they fire, and that they are kept."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("support", "security")]

# pylint: disable=wrong-import-position
import http1
import tap as taps
from daemon import Daemon, wait_for
from seckit import start_tcp

HELD = 60
STREAMS_MAX = 512  # GK_STREAMS_MAX
VIRTUAL = ("--seed", "test", "--clock", "virtual")
ERRORS = {"unavailable": (503, 503, "ServiceUnavailableException"), "internal": (500, 500, "InternalServiceError"),
          "throttled": (429, 400, "ThrottlingException"), "forbidden": (403, 400, "AccessDeniedException"),
          "sealed": (503, 503, "ServiceUnavailableException"), "not_found": (404, 400, "ResourceNotFoundException")}
VAULT_WORDS = {"internal": ["internal error"], "throttled": ["rate limit quota exceeded"],
               "forbidden": ["permission denied"], "sealed": ["Vault is sealed"], "not_found": []}


def put(daemon, fault, rule):
    status, _, body = daemon.request("PUT", f"/v1/faults/{fault}", json.dumps(rule))
    assert status == 200, body
    return json.loads(body)


def clear(daemon):
    daemon.request("DELETE", "/v1/faults")


def aws(daemon, operation="GetSecretValue", **members):
    return daemon.request("POST", "/", json.dumps(members or {"SecretId": "a"}),
                          {"X-Amz-Target": f"secretsmanager.{operation}", "Content-Type": "application/x-amz-json-1.1"})


def ask(daemon, api, name="a"):
    """A read of the secret through an API: status, headers with names in lower case, body."""
    if api == "aws":
        answer = aws(daemon, SecretId=name)
    else:
        answer = daemon.request("GET", f"/v1/secrets/{name}" if api == "ghostkey" else f"/v1/secret/data/{name}")
    status, headers, body = answer
    return status, {key.lower(): value for key, value in dict(headers).items()}, body


def value_of(api, body):
    document = json.loads(body)
    return {"ghostkey": lambda: document["value"], "vault": lambda: document["data"]["data"]["value"],
            "aws": lambda: document["SecretString"]}[api]()


def closes(daemon, send):
    """Whether the connection is closed without an answer."""
    try:
        send()
    except (http1.Closed, OSError):
        return True
    return False


def rules(tap, daemon):
    rule = {"match": {"api": "vault", "operation": "read", "name": "app/**"},
            "effect": {"delay": "1000ms", "error": "throttled"},
            "when": {"skip": 1, "times": 3, "every": 2, "percent": 50, "from": "2000-01-01T00:00:00Z"}}
    shown = put(daemon, "b", rule)
    tap.ok(list(shown) == ["id", "match", "effect", "when", "matched", "fired"] and shown["matched"] == 0
           and shown["effect"] == {"delay": "1s", "error": "throttled"}
           and shown["when"]["from"] == "2000-01-01T00:00:00.000Z", "a rule is shown as it was put", shown)
    put(daemon, "a", {"effect": {"stale": True}})
    listed = json.loads(daemon.request("GET", "/v1/faults")[2])["faults"]
    tap.ok([each["id"] for each in listed] == ["a", "b"] and listed[1] == shown, "rules are listed by their ids", listed)
    tap.ok(json.loads(daemon.request("GET", "/v1/status")[2])["faults"] == 2, "the status counts them")
    tap.ok(json.loads(daemon.request("DELETE", "/v1/faults/a")[2])["id"] == "a"
           and daemon.request("GET", "/v1/faults/a")[0] == 404
           and daemon.request("DELETE", "/v1/faults/a")[0] == 404, "one is removed")
    tap.ok(json.loads(daemon.request("DELETE", "/v1/faults")[2]) == {"removed": ["b"]}, "and all")
    for bad in ('{}', '{"effect":{}}', '{"effect":{"error":"odd"}}', '{"effect":{"status":399}}',
                '{"effect":{"status":600}}', '{"effect":{"delay":"11m"}}', '{"effect":{"delay":"0s"}}',
                '{"effect":{"delay":5}}', '{"effect":{"drop":"never"}}', '{"effect":{"stale":false}}',
                '{"effect":{"truncate":-1}}', '{"effect":{"stale":true,"status":500}}',
                '{"effect":{"stale":true},"match":{"api":"odd"}}',
                '{"effect":{"stale":true},"match":{"operation":"odd"}}',
                '{"effect":{"stale":true},"match":{"name":"a b"}}', '{"effect":{"stale":true},"match":[]}',
                '{"effect":{"stale":true},"when":{"percent":0}}', '{"effect":{"stale":true},"when":{"percent":101}}',
                '{"effect":{"stale":true},"when":{"every":0}}', '{"effect":{"stale":true},"when":{"from":"now"}}',
                '{"effect":{"stale":true},"odd":1}', '[]', 'x'):
        status, _, body = daemon.request("PUT", "/v1/faults/bad", bad)
        tap.ok(status == 400 and b"detail" in body, f"refused: {bad}", (status, body))
    for bad in ("%2E", "..", "a" * 65, "a%20b", "%C3%A9", ""):
        tap.ok(daemon.request("PUT", f"/v1/faults/{bad}", '{"effect":{"stale":true}}')[0] in (400, 404),
               f"refused as an id: {bad}")


def refusals(tap, daemon):
    for api in ("ghostkey", "vault", "aws"):
        for kind, (status, aws_status, code) in ERRORS.items():
            put(daemon, "e", {"match": {"api": api}, "effect": {"error": kind}})
            got, headers, body = ask(daemon, api)
            document = json.loads(body)
            wanted = aws_status if api == "aws" else status
            form = {"ghostkey": lambda d, s=status: d["status"] == s and headers["content-type"] == "application/problem+json",
                    "vault": lambda d, k=kind: d["errors"] == VAULT_WORDS.get(k, d["errors"]),
                    "aws": lambda d, c=code: d["__type"] == c}[api]
            tap.ok(got == wanted and form(document) and headers["ghostkey-fault"] == "e"
                   and (headers.get("retry-after") == "1") == (got == 429), f"{api}: {kind}", (got, headers, body))
        put(daemon, "e", {"match": {"api": api}, "effect": {"status": 418}})
        got, headers, body = ask(daemon, api)
        tap.ok(got == 418 and b"'e'" in body and json.loads(body), f"{api}: a status, whose text names the rule", body)
        clear(daemon)
        tap.ok(ask(daemon, api)[0] == 200 and "ghostkey-fault" not in ask(daemon, api)[1], f"{api}: no rule, no fault")


def before_and_after(tap, daemon):
    put(daemon, "d", {"match": {"operation": "put"}, "effect": {"error": "internal"}})
    daemon.request("PUT", "/v1/secrets/a", '{"value":"three"}')
    clear(daemon)
    tap.ok(value_of("ghostkey", ask(daemon, "ghostkey")[2]) == "two", "an error comes before anything is done")
    for when, value in (("before", "two"), ("after", "three")):
        put(daemon, "d", {"match": {"operation": "write"}, "effect": {"drop": when}})
        tap.ok(closes(daemon, lambda: daemon.request("PUT", "/v1/secrets/a", '{"value":"three"}')),
               f"drop {when}: no answer")
        clear(daemon)
        tap.ok(value_of("ghostkey", ask(daemon, "ghostkey")[2]) == value, f"drop {when}: the value is {value}")
    for api in ("vault", "aws"):
        put(daemon, "d", {"match": {"api": api}, "effect": {"drop": "after"}})
        tap.ok(closes(daemon, lambda api=api: ask(daemon, api)), f"{api}: dropped")
        clear(daemon)


def raw(daemon, request):
    """All that comes until the end."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(daemon.socket)
        client.sendall(request)
        got = b""
        while chunk := client.recv(65536):
            got += chunk
        return got


def spoilt(tap, daemon):
    request = b"GET /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\n\r\n"
    whole = ask(daemon, "ghostkey")[2]
    for length in (0, 1, 10, len(whole) + 5):
        put(daemon, "t", {"effect": {"truncate": length}})
        head, _, body = raw(daemon, request).partition(b"\r\n\r\n")
        tap.ok(f"content-length: {len(whole)}".encode() in head.lower() and body == whole[:length]
               and b"ghostkey-fault: t" in head.lower(), f"truncated to {length}", (head, body))
    clear(daemon)
    for api, previous in (("ghostkey", "two"), ("vault", "two"), ("aws", "two")):
        put(daemon, "s", {"effect": {"stale": True}})
        tap.ok(value_of(api, ask(daemon, api)[2]) == previous, f"{api}: stale")
        tap.ok(value_of("ghostkey", ask(daemon, "ghostkey", "once")[2]) == "x", "no previous version: the current one")
        clear(daemon)
        tap.ok(value_of(api, ask(daemon, api)[2]) == "three", f"{api}: not stale any more")
    put(daemon, "s", {"effect": {"stale": True}})
    for api, answer in (("ghostkey", daemon.request("GET", "/v1/secrets/a?version=3")), ("vault", daemon.request("GET", "/v1/secret/data/a?version=3")),
                        ("aws", aws(daemon, SecretId="a", VersionStage="AWSCURRENT"))):
        tap.ok(value_of(api, answer[2]) == "three", f"{api}: a version that is named is that version", answer)
    clear(daemon)


def refused_before_its_body(tap, daemon):
    """What h2o refuses by itself counts as a match, and the rule's effect is seen on it, too."""
    for headers, status in (("Content-Length: 4000000", 413), ("Transfer-Encoding: chunked\r\n\r\nzz", 400),
                            ("Content-Length: 9\r\nExpect: a-gift", 417)):
        request = f"PUT /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n".encode()
        head, _, whole = raw(daemon, request).partition(b"\r\n\r\n")
        tap.ok(head.startswith(f"HTTP/1.1 {status} ".encode()) and json.loads(whole)["status"] == status, f"{status}: it is refused", head)
        for effect in ({"drop": "before"}, {"drop": "after"}, {"truncate": 10}, {"delay": "300ms"}, {"delay": "300ms", "drop": "after"}):
            put(daemon, "r", {"match": {"operation": "put"}, "effect": effect})
            begun = time.monotonic()
            got = raw(daemon, request)
            took = time.monotonic() - begun
            head, _, body = got.partition(b"\r\n\r\n")
            wanted = b"" if "drop" in effect else whole[:effect.get("truncate")]
            tap.ok(body == wanted and ("drop" in effect or f"content-length: {len(whole)}".encode() in head.lower()), f"{status}: {effect}", got)
            tap.ok(took >= 0.3 or "delay" not in effect, f"{status}: {effect}: it waits", took)
            counted = json.loads(daemon.request("GET", "/v1/faults/r")[2])
            tap.ok((counted["matched"], counted["fired"]) == (1, 1), f"{status}: {effect}: it is counted", counted)
        put(daemon, "r", {"match": {"operation": "put"}, "effect": {"delay": "10m"}})
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(daemon.socket)
            client.sendall(request)
            wait_for(lambda: delayed_count(daemon) == 1, "a delayed answer")
        wait_for(lambda: delayed_count(daemon) == 0, "the end of its client")
        clear(daemon)


def worked_s(daemon):
    """The processor's time that the daemon has taken."""
    fields = pathlib.Path(f"/proc/{daemon.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sleeps_meanwhile(tap, daemon):
    put(daemon, "slow", {"match": {"name": "a"}, "effect": {"delay": "2s"}})
    before = worked_s(daemon)
    status = ask(daemon, "ghostkey")[0]
    worked = worked_s(daemon) - before
    tap.ok(status == 200 and worked <= 0.1, f"the daemon sleeps while an answer is delayed: {worked:.2f} s of work")
    clear(daemon)


def delayed(tap, daemon):
    put(daemon, "slow", {"match": {"name": "a"}, "effect": {"delay": "600ms"}})
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(daemon.socket)
        begun = time.monotonic()
        client.sendall(b"GET /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        other = ask(daemon, "ghostkey", "once")
        took_other = time.monotonic() - begun
        answer = client.recv(65536)
        took = time.monotonic() - begun
    tap.ok(b" 200 " in answer and took >= 0.6, "the answer comes later", took)
    tap.ok(other[0] == 200 and took_other < 0.6, "others are not held up", took_other)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(daemon.socket)
        client.sendall(b"GET /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        deadline = time.monotonic() + 10
        while b"delayed_answers 1" not in daemon.request("GET", "/metrics")[2] and time.monotonic() < deadline:
            time.sleep(0.01)
    put(daemon, "slow", {"match": {"name": "a"}, "effect": {"delay": "10m"}})
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(daemon.socket)
        client.sendall(b"GET /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while b"delayed_answers 1" not in daemon.request("GET", "/metrics")[2] and time.monotonic() < deadline + 10:
            time.sleep(0.01)
    while b"delayed_answers 0" not in daemon.request("GET", "/metrics")[2] and time.monotonic() < deadline + 20:
        time.sleep(0.01)
    tap.ok(b"delayed_answers 0" in daemon.request("GET", "/metrics")[2], "one whose client has gone is given up")


def matches(tap, daemon):
    def fires(match, api, name="a"):
        put(daemon, "m", {"match": match, "effect": {"status": 499}})
        got = ask(daemon, api, name)[0] == 499
        clear(daemon)
        return got
    tap.ok([fires({"api": "aws"}, api) for api in ("ghostkey", "vault", "aws")] == [False, False, True], "api")
    tap.ok([fires({"operation": each}, "vault") for each in ("read", "kv-read", "get", "write", "kv-write")]
           == [True, True, False, False, False], "operation")
    tap.ok([fires({"name": each}, "ghostkey", "app/db/x") for each in ("app/**", "app/*", "**", "app/db/?", "app")]
           == [True, False, True, True, False], "name")
    put(daemon, "m", {"match": {"name": "once"}, "effect": {"status": 499}})
    tap.ok(aws(daemon, "BatchGetSecretValue", SecretIdList=["a", "once"])[0] == 499
           and aws(daemon, "BatchGetSecretValue", SecretIdList=["a"])[0] == 200, "one of several names is enough")
    put(daemon, "m", {"effect": {"status": 499}})
    ways_out = [("GET", "/v1/faults"), ("GET", "/v1/status"), ("GET", "/v1/clock"), ("GET", "/metrics"),
                ("GET", "/v1/events"), ("GET", "/v1/openapi.json")]
    tap.ok([daemon.request(*each)[0] for each in ways_out] == [200] * 6
           and daemon.request("POST", "/v1/verify/a", '{"value":"three"}')[0] == 200, "never on the ways out")
    tap.ok(daemon.request("GET", "/v1/secrets/a?odd=1")[0] == 400 and daemon.request("GET", "/v1/nowhere")[0] == 404
           and daemon.request("PUT", "/v1/secrets/a", "x" * 20)[0] == 499, "a fault stands behind 400 of name and query")
    shown = json.loads(daemon.request("GET", "/v1/faults/m")[2])
    tap.ok((shown["matched"], shown["fired"]) == (1, 1), "and counts what it may touch", shown)
    clear(daemon)


def as_regex(pattern):
    return "".join({"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*|\?)", pattern))


def alike(tap, daemon):
    """Rules and names that begin alike, end alike, or both, by seven to seventeen bytes: each matches what its pattern says."""
    names = [one + other for one in ("team/service-a", "team/service-b", "team/service", "b")
             for other in ("/db_password", "/db_passport", "-db_password", "")]
    patterns = {"**", *names}
    for name in names:
        for length in (7, 8, 9, 16, 17):
            patterns |= {name[:length] + "*", name[:length] + "**", "*" + name[-length:], "**" + name[-length:],
                         name[:length] + "?" + name[length + 1:], "**" + name[4:length] + "**"}
    patterns = sorted(patterns)
    for number, pattern in enumerate(patterns):
        put(daemon, f"r{number}", {"match": {"name": pattern}, "effect": {"stale": True}, "when": {"from": "2999-01-01T00:00:00Z"}})
    for name in names:
        daemon.request("GET", f"/v1/secrets/{name}")
    found = {each["match"]["name"]: each["matched"] for each in json.loads(daemon.request("GET", "/v1/faults")[2])["faults"]}
    wanted = {pattern: sum(re.fullmatch(as_regex(pattern), name) is not None for name in names) for pattern in patterns}
    tap.equal(found, wanted, f"{len(patterns)} rules that have much in common")
    clear(daemon)


def choices(tap, daemon):
    def pattern(when, count=12):
        put(daemon, "w", {"effect": {"status": 499}, "when": when})
        got = [ask(daemon, "ghostkey")[0] == 499 for _ in range(count)]
        clear(daemon)
        return [number + 1 for number, each in enumerate(got) if each]
    tap.ok(pattern({"skip": 3, "times": 2}) == [4, 5], "skip and times")
    tap.ok(pattern({"every": 4}) == [4, 8, 12], "every")
    first = pattern({"percent": 30}, 40)
    tap.ok(3 < len(first) < 25 and first == pattern({"percent": 30}, 40), "percent depends on the seed alone", first)
    daemon.request("PUT", "/v1/clock", '{"now":"2000-01-01T01:00:00Z"}')
    tap.ok(pattern({"from": "2000-01-01T00:00:00Z", "until": "2000-01-01T01:00:00Z"}, 1) == []
           and pattern({"from": "2000-01-01T01:00:00Z"}, 1) == [1], "from and until")
    put(daemon, "a", {"effect": {"status": 498}, "when": {"times": 1}})
    put(daemon, "b", {"effect": {"status": 499}, "when": {"times": 1}})
    tap.ok([ask(daemon, "ghostkey")[0] for _ in range(3)] == [498, 499, 200], "the first in the order of ids fires")
    counts = [(each["matched"], each["fired"]) for each in json.loads(daemon.request("GET", "/v1/faults")[2])["faults"]]
    tap.ok(counts == [(3, 1), (2, 1)], "a rule counts what no rule before it took", counts)
    clear(daemon)


def kept(tap, folder):
    """A restart in the middle changes nothing."""
    def sequence(store, stop_at):
        got = []
        rule = {"effect": {"status": 499}, "when": {"percent": 40, "times": 20}}
        daemon = Daemon(*VIRTUAL, "--store", store)
        with daemon:
            put(daemon, "w", rule)
            daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')
            got += [ask(daemon, "ghostkey")[0] for _ in range(stop_at)]
        with Daemon(*VIRTUAL, "--store", store) as daemon:
            got += [ask(daemon, "ghostkey")[0] for _ in range(40 - stop_at)]
            shown = json.loads(daemon.request("GET", "/v1/faults/w")[2])
            daemon.request("POST", "/v1/reset")
            gone = daemon.request("GET", "/v1/faults/w")[0] == 404
        return got, shown, gone
    whole = sequence(f"{folder}/whole", 0)
    tap.ok(sequence(f"{folder}/parts", 17) == whole, "a restart changes nothing", whole)
    tap.ok(whole[2], "a reset forgets the rules")


def many(tap, daemon):
    for number in range(1000):
        put(daemon, f"r{number}", {"match": {"name": f"x{number}"}, "effect": {"stale": True}})
    tap.ok(daemon.request("PUT", "/v1/faults/more", '{"effect":{"stale":true}}')[0] == 409
           and daemon.request("PUT", "/v1/faults/r5", '{"effect":{"stale":true}}')[0] == 200, "at most 1,000 rules")
    clear(daemon)


GET_A = b"GET /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\n\r\n"


def delayed_count(daemon):
    return int(re.search(rb"^\w*delayed_answers (\d+)$", daemon.request("GET", "/metrics")[2], re.M)[1])


def waiting(tap, daemon):
    """Delayed answers and streams together leave half of the connections to others."""
    put(daemon, "slow", {"match": {"name": "a"}, "effect": {"delay": "10m"}})
    with contextlib.ExitStack() as stack:
        for _ in range(STREAMS_MAX):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(daemon.socket)
            client.sendall(GET_A)
        wait_for(lambda: delayed_count(daemon) == STREAMS_MAX, "delayed answers")
        status, headers, _ = ask(daemon, "ghostkey")
        tap.ok(status == 503 and headers["ghostkey-fault"] == "slow", "one more answer does not wait: 503", (status, headers))
        status, _, body = daemon.request("GET", "/v1/events", None, {"Accept": "text/event-stream"})
        tap.ok(status == 503, "nor is there a place for a stream", (status, body))
        tap.ok(daemon.request("GET", "/v1/secrets/once")[0] == 200, "what waits for nothing is served")
    wait_for(lambda: delayed_count(daemon) == 0, "the end of the clients")


def over_the_apis(tap):
    with Daemon(*VIRTUAL) as daemon:
        rules(tap, daemon)
        for name, values in (("a", ("one", "two")), ("once", ("x",)), ("app/db/x", ("y",))):
            for value in values:
                daemon.request("PUT", f"/v1/secrets/{name}", json.dumps({"value": value}))
        for part in (refusals, before_and_after, spoilt, refused_before_its_body, sleeps_meanwhile, delayed, matches, alike, choices, many, waiting):
            part(tap, daemon)
            clear(daemon)


def over_restarts(tap):
    with tempfile.TemporaryDirectory() as folder:
        kept(tap, folder)


def stopped(tap):
    """SIGTERM while answers are held: they go out at once, and what they tell is kept."""
    with tempfile.TemporaryDirectory() as folder:
        with Daemon(*VIRTUAL, "--store", f"{folder}/store") as daemon, contextlib.ExitStack() as stack:
            daemon.request("PUT", "/v1/secrets/a", '{"value":"before"}')
            put(daemon, "slow", {"match": {"name": "*"}, "effect": {"delay": "10m"}})
            put(daemon, "zcut", {"match": {"name": "*"}, "effect": {"drop": "after"}})
            held = [stack.enter_context(daemon.connect()) for _ in range(HELD)]
            for number, connection in enumerate(held):
                if number % 3 == 0:
                    connection.send(http1.encode("GET", "/v1/secrets/a"))
                else:
                    connection.send(http1.encode("PUT", f"/v1/secrets/n{number}", '{"value":"%d"}' % number))
            wait_for(lambda: delayed_count(daemon) == HELD, "delayed answers")
            begun = time.monotonic()
            tap.ok(daemon.stop() == 0, "SIGTERM while answers are delayed: a clean end")
            tap.ok(time.monotonic() - begun < 10, "soon", time.monotonic() - begun)
            answers = [connection.answer() for connection in held]
            tap.ok(all(each.status == 200 and json.loads(each.body)["name"] for each in answers), "each of them is answered, whole",
                   {each.status for each in answers})
            tap.ok(all(http1.header(each.headers, "GhostKey-Fault") == "slow" for each in answers), "by that rule")
        with Daemon(*VIRTUAL, "--store", f"{folder}/store") as daemon:
            shown = json.loads(daemon.request("GET", "/v1/faults/slow")[2])
            tap.ok((shown["matched"], shown["fired"]) == (HELD, HELD), "the counts are kept", shown)
            daemon.request("DELETE", "/v1/faults")
            values = {number: json.loads(daemon.request("GET", f"/v1/secrets/n{number}")[2]).get("value")
                      for number in range(HELD) if number % 3 != 0}
            tap.ok(all(value == str(number) for number, value in values.items()), "and so is each change", values)


def counts_are_kept(tap):
    """By a second at the latest, or by the next change: also where the daemon is killed then."""
    def commits(daemon):
        return int(re.search(rb"^ghostkey_commits_total (\d+)$", daemon.request("GET", "/metrics")[2], re.M)[1])

    def counts(daemon):
        shown = json.loads(daemon.request("GET", "/v1/faults/f")[2])
        return shown["matched"], shown["fired"]

    with tempfile.TemporaryDirectory() as folder:
        with Daemon(*VIRTUAL, "--store", f"{folder}/store") as daemon:
            daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')
            put(daemon, "f", {"effect": {"status": 499}, "when": {"every": 2}})
            before = commits(daemon)
            for _ in range(5):
                ask(daemon, "ghostkey")
            begun = time.monotonic()
            wait_for(lambda: commits(daemon) > before, "the counts to be kept")
            tap.ok(time.monotonic() - begun < 5, "without a change they are kept soon", time.monotonic() - begun)
            tap.ok(commits(daemon) == before + 1, "at once", commits(daemon))
            daemon.kill(signal.SIGKILL)
            daemon.wait()
        with Daemon(*VIRTUAL, "--store", f"{folder}/store") as daemon:
            tap.ok(counts(daemon) == (5, 2), "a kill loses none of them", counts(daemon))
            ask(daemon, "ghostkey")
            daemon.request("POST", "/v1/clock/advance", '{"by":"1h"}')
            daemon.kill(signal.SIGKILL)
            daemon.wait()
        with Daemon(*VIRTUAL, "--store", f"{folder}/store") as daemon:
            tap.ok(counts(daemon) == (6, 3), "with a change they are kept", counts(daemon))


def over_tcp(tap):
    def ask_tcp(method, path, body=None, **headers):
        return daemon.ask(method, path, body, {"Host": f"127.0.0.1:{daemon.port}"} | headers)

    with start_tcp() as daemon:
        token = {"Authorization": f"Bearer {daemon.token}"}
        daemon.request("PUT", "/v1/secrets/a", '{"value":"one"}')
        put(daemon, "f", {"effect": {"error": "unavailable"}})
        answer = ask_tcp("GET", "/v1/secrets/a", **token)
        tap.ok(answer.status == 503 and http1.header(answer.headers, "GhostKey-Fault") == "f", "TCP: an error", answer)
        answer = ask_tcp("GET", "/v1/secret/data/a", **{"X-Vault-Token": daemon.token})
        tap.ok(answer.status == 503 and "errors" in json.loads(answer.body), "TCP: in Vault's form", answer)
        for headers in ({}, {"Authorization": "Bearer wrong"}, token | {"Host": "example.com"}):
            tap.ok(ask_tcp("GET", "/v1/secrets/a", **headers).status in (401, 403), f"TCP: a refusal of access comes first: {len(headers)}")
        shown = json.loads(daemon.request("GET", "/v1/faults/f")[2])
        tap.ok((shown["matched"], shown["fired"]) == (2, 2), "TCP: and is not counted", shown)
        for when in ("before", "after"):
            put(daemon, "f", {"effect": {"drop": when}})
            tap.ok(closes(daemon, lambda: ask_tcp("GET", "/v1/secrets/a", **token)), f"TCP: drop {when}")
        put(daemon, "f", {"effect": {"truncate": 3}})
        tap.ok(closes(daemon, lambda: ask_tcp("GET", "/v1/secrets/a", **token)), "TCP: truncated")
        put(daemon, "f", {"effect": {"delay": "300ms"}})
        begun = time.monotonic()
        tap.ok(ask_tcp("GET", "/v1/secrets/a", **token).status == 200 and time.monotonic() - begun >= 0.3, "TCP: a delay")
        put(daemon, "f", {"effect": {"delay": "10m"}})
        with daemon.tcp() as connection:
            connection.send(http1.encode("GET", "/v1/secrets/a", None, {"Host": f"127.0.0.1:{daemon.port}"} | token))
            wait_for(lambda: delayed_count(daemon) == 1, "a delayed answer")
        wait_for(lambda: delayed_count(daemon) == 0, "its end")
        tap.ok(True, "TCP: a delayed answer whose client has gone is given up")


if __name__ == "__main__":
    sys.exit(taps.run(over_the_apis, over_restarts, stopped, counts_are_kept, over_tcp))
