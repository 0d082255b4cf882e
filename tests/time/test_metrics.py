#!/usr/bin/env python3
"""GET /metrics: read by Prometheus' own Python parser where there is one (Debian's
python3-prometheus-client), and every count is compared with what was done.

The program is $GHOSTKEYD."""

import json
import re
import sys

import timekit
from stream import Stream
from timekit import Daemon, tap, tight_daemon

VIRTUAL = ("--seed", "metrics", "--clock", "virtual", "--max-value", "40000")
STORE_BYTES = 1 << 20
CANARY = "canary"
REQUESTS = "ghostkey_http_requests_total"
DURATION = "ghostkey_http_request_duration_seconds"
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"]*",?)*)\})? ([0-9.]+(?:e[+-]?[0-9]+)?)')


def parse_by_hand(text):
    """{(name, labels): number}; labels are sorted pairs. Strict about what there may be."""
    found, typed, helped = {}, {}, set()
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            helped.add(line.split(" ")[2])
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed and name in helped, line
            typed[name] = kind
            continue
        name, labels, number = SAMPLE.fullmatch(line).groups()
        family = next(each for each in typed if name == each or typed[each] == "histogram" and
                      name in (f"{each}_bucket", f"{each}_sum", f"{each}_count"))
        assert family == list(typed)[-1], f"{line} is not beside its family"
        key = name, tuple(sorted(re.findall(r'([a-z]+)="([^"]*)"', labels or "")))
        assert key not in found, f"{line} comes twice"
        found[key] = float(number)
    assert text.endswith("\n") and set(typed) == helped
    return found


def parse_by_prometheus(text):
    """The same by the real parser; None where there is none."""
    try:
        from prometheus_client import parser  # pylint: disable=import-outside-toplevel
    except ImportError:
        return None
    return {(s.name, tuple(sorted(s.labels.items()))): s.value
            for family in parser.text_string_to_metric_families(text) for s in family.samples}


def scrape(connection):
    answer = connection.request("GET", "/metrics")
    assert answer.status == 200, answer
    return answer.body.decode()


def requests_of(found):
    return {(dict(labels)["route"], int(dict(labels)["status"])): int(number)
            for (name, labels), number in found.items() if name == REQUESTS}


def labelled(found, name):
    return {dict(labels).popitem()[1]: int(number)
            for (known, labels), number in found.items() if known == name and labels}


def plain(found, name):
    return found[(name, ())]


def play(connection):
    """Requests -> how often each (route, status) was answered."""
    done = {}
    for method, path, body, route in [
            ("PUT", f"/v1/secrets/{CANARY}-name", {"value": CANARY, "ttl": 60}, "/v1/secrets/{name}"),
            ("PUT", "/v1/secrets/key", {"generate": True, "ttl": 60, "rotation": {
                "strategy": "hex", "length": 8, "on_expiry": True}}, "/v1/secrets/{name}"),
            ("PUT", "/v1/secrets/none", {"value": "x", "rotation": {"strategy": "none"}},
             "/v1/secrets/{name}"),
            ("PUT", "/v1/secrets/bad", {"nope": 1}, "/v1/secrets/{name}"),
            ("PUT", "/v1/secrets/big", {"value": "x" * 40001}, "/v1/secrets/{name}"),
            ("PATCH", "/v1/secrets/key", {}, "/v1/secrets/{name}"),
            ("GET", f"/v1/secrets/{CANARY}-name", None, "/v1/secrets/{name}"),
            ("HEAD", f"/v1/secrets/{CANARY}-name", None, "/v1/secrets/{name}"),
            ("GET", "/v1/secrets/missing", None, "/v1/secrets/{name}"),
            ("GET", "/v1/secrets/a%2f..", None, "/v1/secrets/{name}"),
            ("GET", "/v1/metadata/key", None, "/v1/metadata/{name}"),
            ("GET", "/v1/secrets?values=true", None, "/v1/secrets"),
            ("POST", "/v1/rotate/key", None, "/v1/rotate/{name}"),
            ("POST", "/v1/rotate/key", None, "/v1/rotate/{name}"),
            ("POST", "/v1/rotate/none", None, "/v1/rotate/{name}"),
            ("POST", "/v1/rotate/key", {"pending": True}, "/v1/rotate/{name}"),
            ("POST", "/v1/promote/key", None, "/v1/promote/{name}"),
            ("POST", "/v1/rotate/key", {"pending": True}, "/v1/rotate/{name}"),
            ("POST", "/v1/discard/key", None, "/v1/discard/{name}"),
            ("DELETE", "/v1/secrets/key?recover=1d", None, "/v1/secrets/{name}"),
            ("POST", "/v1/restore/key", None, "/v1/restore/{name}"),
            ("POST", "/v1/clock/advance", {"by": 200}, "/v1/clock/advance"),
            ("PUT", "/v1/clock", {"now": "1999-01-01T00:00:00Z"}, "/v1/clock"),
            ("GET", "/v1/clock", None, "/v1/clock"), ("GET", "/v1/status", None, "/v1/status"),
            ("GET", "/v1/events", None, "/v1/events"),
            ("GET", "/v1/openapi.json", None, "/v1/openapi.json"),
            ("POST", "/v1/cleanup", None, "/v1/cleanup"),
            ("DELETE", "/v1/secrets/none", None, "/v1/secrets/{name}"),
            ("DELETE", "/v1/status", None, "/v1/status"),
            ("GET", f"/v1/{CANARY}", None, "none"), ("GET", "/", None, "none")]:
        answer = connection.request(method, path, None if body is None else json.dumps(body))
        done[route, answer.status] = done.get((route, answer.status), 0) + 1
    return done


def every_count_is_right(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        done = play(connection)
        text = scrape(connection)
        found = parse_by_hand(text)
        check.equal(requests_of(found), done, "requests, by route and status")
        check.equal(requests_of(parse_by_hand(scrape(connection)))["/metrics", 200], 1,
                    "a scrape counts from the next one on")
        check.equal(labelled(found, "ghostkey_rotations_total"), {"rotate": 2, "expiry": 3},
                    "rotations, by cause")
        listed = timekit.events(connection)
        kinds = {kind: sum(e["event"] == kind for e in listed) for kind in
                 ("created", "updated", "rotated", "expired", "deleted", "cleaned", "failed",
                  "restored", "pending", "promoted", "discarded")}
        check.equal(labelled(found, "ghostkey_events_total"), kinds, "events, by kind")
        check.ok(all(kinds[kind] for kind in ("restored", "pending", "promoted", "discarded")),
                 "the life of versions is counted", kinds)
        check.equal(plain(found, "ghostkey_secrets"), 1, "the secrets that are left")
        for name in ("commit_failures_total", "log_lost_total", "event_streams"):
            check.equal(plain(found, f"ghostkey_{name}"), 0, f"{name}: none")
        check_latency(check, found, sum(done.values()))
        check.ok(CANARY not in text, "no name and no value is in it")
        real = parse_by_prometheus(text)
        if real is None:
            check.skip("Prometheus' parser reads the same", "there is no prometheus_client here")
        else:
            check.equal(real, found, "Prometheus' parser reads the same")


def check_latency(check, found, count):
    buckets = [(float(dict(labels)["le"]), number) for (name, labels), number in found.items()
               if name == f"{DURATION}_bucket"]
    check.ok(buckets == sorted(buckets) and len({le for le, _ in buckets}) == len(buckets),
             "the buckets' bounds and counts only grow", buckets)
    check.equal(buckets[-1], (float("inf"), count), "the last holds every request")
    check.equal(plain(found, f"{DURATION}_count"), count, "which is the count")
    mean = plain(found, f"{DURATION}_sum") / count
    check.ok(0.000001 < mean < 1, "their sum is of that order", mean)


def a_commit_is_a_turn(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        commits = []
        for request in [None, ("PUT", "/v1/secrets/a", '{"value":"x"}'), ("GET", "/v1/secrets/a", None),
                        ("DELETE", "/v1/secrets/a", None)]:
            if request:
                connection.request(*request)
            commits.append(plain(parse_by_hand(scrape(connection)), "ghostkey_commits_total"))
        steps = [b - a for a, b in zip(commits, commits[1:])]
        check.equal(steps, [1, 0, 1], "what writes commits once, what reads does not")


def failed_commits_are_counted(check):
    with tight_daemon(STORE_BYTES, *VIRTUAL) as daemon, daemon.connect() as connection:
        body = json.dumps({"value": "x" * 40000})
        statuses = [connection.request("PUT", f"/v1/secrets/fill{n}", body).status for n in range(60)]
        found = parse_by_hand(scrape(connection))
        good, bad = statuses.count(200), statuses.count(500)
        check.ok(good > 3 and bad > 3, f"{good} puts are kept, {bad} are not", statuses)
        check.equal({status: number for (route, status), number in requests_of(found).items()
                     if route == "/v1/secrets/{name}"}, {200: good, 500: bad}, "counted by status")
        failures = plain(found, "ghostkey_commit_failures_total")
        check.ok(bad <= failures <= 2 * bad, "each failed commit, and each second try", failures)
        check.equal((plain(found, "ghostkey_secrets"),
                     labelled(found, "ghostkey_events_total")["created"]), (good, good),
                    "what was not kept is neither a secret nor an event")
        length = plain(found, "ghostkey_journal_bytes")
        check.ok(good * 40000 < length <= STORE_BYTES, "the length of the journal", length)


def head_and_type(check):
    with Daemon(*VIRTUAL) as daemon, Stream(daemon.socket) as stream:
        stream.head()
        status, headers, body = daemon.request("HEAD", "/metrics")
        check.equal((status, body), (200, b""), "HEAD")
        check.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8",
                    "the type that Prometheus asks for")
        found = parse_by_hand(daemon.request("GET", "/metrics")[2].decode())
        check.equal(plain(found, "ghostkey_event_streams"), 1, "who reads the stream")
        check.equal(requests_of(found)["/v1/events", 200], 1, "its request is counted when it begins")


def the_system_clock_counts_as_well(check):
    with Daemon("--seed", "metrics") as daemon, daemon.connect() as connection:
        timekit.put(connection, "key", generate=True, ttl=1, rotation={
            "strategy": "hex", "length": 8, "on_expiry": True})
        timekit.put(connection, "once", value="x", ttl=1)
        timekit.wait_for(lambda: timekit.counted(daemon, 'ghostkey_events_total{event="expired"}') == 1,
                         "the expiry")
        check.ok(timekit.counted(daemon, 'ghostkey_rotations_total{cause="expiry"}') >= 1,
                 "rotations by the alarm")


if __name__ == "__main__":
    sys.exit(tap.run(every_count_is_right, a_commit_is_a_turn, failed_commits_are_counted,
                     head_and_type, the_system_clock_counts_as_well))
