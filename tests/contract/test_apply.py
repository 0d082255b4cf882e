#!/usr/bin/env python3
"""POST /v1/apply: the state agrees with a document, at once or not at all; and ghostkeyd --apply, which begins with it."""

import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon, program, wait_for

OPTIONS = ("--seed", "test", "--clock", "virtual")
MIB = 1 << 20
MANY = 10000
NOTHING = {"made": [], "changed": [], "deleted": [], "faults": {"made": [], "changed": [], "deleted": []}}


def start(*more):
    return Daemon(*OPTIONS, *more)


def apply(daemon, secrets, query=""):
    """-> (status, what was answered)"""
    body = secrets if isinstance(secrets, str) else json.dumps({"secrets": secrets})
    status, _, answer = daemon.request("POST", "/v1/apply" + query, body)
    return status, json.loads(answer)


def changes(**lists):
    return 200, NOTHING | lists


def events(daemon):
    return [(each["event"], each["name"], each["version"], each["cause"])
            for each in daemon.json("GET", "/v1/events?limit=1000")[1]["events"]]


def shown(daemon, name):
    return daemon.json("GET", f"/v1/secrets/{name}")[1]


def a_document_is_made_changed_and_left_alone(check):
    wanted = {"b": {"value": "two", "labels": {"t": "x"}}, "a": {"ttl": "1h"}, "c/%2F": {"value_base64": "AAE="},
              "d": {"rotation": {"strategy": "cycle", "values": ["one", "more"]}}}
    with start() as daemon:
        check.equal(apply(daemon, wanted), changes(made=["a", "b", "c/%2F", "d"]), "made, in byte order")
        check.equal(events(daemon), [("created", name, 1, "put") for name in ("a", "b", "c/%2F", "d")], "its events")
        value = shown(daemon, "a")["value"]
        check.ok(value.startswith("ghost_"), "a value that is not given is generated")
        before = daemon.request("GET", "/v1/secrets?values=true")[2]
        check.equal(apply(daemon, wanted), changes(), "a second time nothing is done")
        check.equal(daemon.request("GET", "/v1/secrets?values=true")[2], before, "no revision has changed")
        wanted["d"] = {"rotation": {"strategy": "cycle"}}
        wanted["a"]["generate"] = True
        check.equal(apply(daemon, wanted), changes(), "a list that is not given stays, generate: true says no value")
        wanted["a"] = {"ttl": "2h", "env": "X", "description": "d", "rotation": {"grace": 5}}
        wanted["b"] = {"value": "three", "labels": {"t": "x"}}
        check.equal(apply(daemon, wanted, "?dry_run=true"), changes(changed=["a", "b"]), "a dry run says what is changed")
        check.equal(len(events(daemon)), 4, "and does nothing")
        check.equal(apply(daemon, wanted), changes(changed=["a", "b"]), "it is changed")
        check.equal(events(daemon)[4:], [("updated", "a", 1, "put"), ("updated", "b", 2, "put")],
                    "a definition without a new version")
        check.equal(shown(daemon, "a")["value"], value, "whose value stays")
        check.equal(shown(daemon, "a")["metadata"]["description"], "d", "and whose definition is new")
        wanted["a"] = {}
        check.equal(apply(daemon, {"a": {}}), changes(changed=["a"]), "what is left out is the default")
        check.equal([shown(daemon, "a")["metadata"][each] for each in ("ttl", "env", "labels")], [None, "A", {}], "again")


def each_member_alone_makes_a_change(check):
    """What differs in one member alone is changed to what a first apply of it would have made, by one event, and only once."""
    whole = {"value": "v", "ttl": "1h", "env": "X", "description": "d", "labels": {"a": "1", "b": "2"},
             "rotation": {"strategy": "hex", "length": 34, "on_expiry": True, "grace": "5m"}}
    cycle = {"value": "v", "rotation": {"strategy": "cycle", "values": ["x", "y"]}}
    template = {"value": "v", "rotation": {"strategy": "template", "template": "a{hex:8}"}}
    unset = object()
    cases = [(whole, member, other) for member, other in (
        ("value", "w"), ("ttl", "2h"), ("env", "Y"), ("env", False), ("env", unset), ("description", "e"),
        ("description", unset), ("labels", {"a": "1", "b": "3"}), ("labels", {"a": "1", "c": "2"}), ("labels", {"a": "1"}),
        ("labels", {"a": "1", "b": "2", "c": "3"}), ("labels", unset), ("rotation", unset))]
    cases += [(whole, "rotation", {key: value for key, value in (whole["rotation"] | other).items() if value is not unset})
              for other in ({"strategy": "uuid", "length": unset}, {"length": 36}, {"length": unset}, {"on_expiry": False},
                            {"on_expiry": unset}, {"grace": "6m"}, {"grace": unset})]
    cases += [(cycle, "rotation", {"strategy": "cycle", "values": values}) for values in (["x", "z"], ["xy", ""], ["x", "y", "z"])]
    cases += [(cycle, "rotation", {"strategy": "none"}), (template, "rotation", {"strategy": "template", "template": "b{hex:8}"}),
              (whole | {"env": False}, "env", unset), (whole | {"env": False}, "env", "X"), (cycle, "env", False),
              (cycle, "labels", {"a": "1"}), ({"value": "ab"}, "value_base64", "YWI="),
              ({"value": "v", "ttl": "1h"}, "ttl", unset),
              ({"value": "v", "ttl": "1h"}, "rotation", {"on_expiry": True, "strategy": "hex"})]
    with start() as daemon, start() as fresh:
        for number, (before, member, other) in enumerate(cases):
            name = f"s{number}"
            after = {key: value for key, value in before.items() if (member, key) != ("value_base64", "value")} | {member: other}
            after = {key: value for key, value in after.items() if value is not unset}
            what = f"{member}: {json.dumps(before.get(member))} to {json.dumps(after.get(member))}"
            wanted = changes(made=[name])
            check.equal([apply(daemon, {name: before}), apply(fresh, {name: after})], [wanted, wanted], f"{what}: made")
            last = daemon.json("GET", "/v1/status")[1]["last_event"]
            check.equal(apply(daemon, {name: after}), changes(changed=[name]), "changed")
            check.equal(apply(daemon, {name: after}), changes(), "agrees")
            check.equal(daemon.json("GET", "/v1/status")[1]["last_event"], last + 1, "by one event")
            check.equal(*[each.json("GET", "/v1/dump?values=true")[1]["secrets"][name] for each in (daemon, fresh)],
                        "to what a first apply makes")
        for before in (template, whole):
            apply(daemon, {"t": before})
            wanted = apply(fresh, {"t": {"rotation": {"strategy": "cycle"}}})
            check.equal((wanted[0], apply(daemon, {"t": {"rotation": {"strategy": "cycle"}}})), (400, wanted),
                        "no strategy takes another one's parameter for its list")


def what_is_expired_gets_a_value(check):
    with start() as daemon:
        apply(daemon, {"a": {"ttl": 60}, "b": {"value": "x", "ttl": 60}, "c": {}, "d": {"ttl": 60}})
        daemon.json("POST", "/v1/clock/advance", '{"by":"1h"}')
        count = len(events(daemon))
        check.equal(apply(daemon, {"a": {"ttl": 60}, "b": {"value": "x", "ttl": 60}, "c": {"ttl": 60}, "d": {}}),
                    changes(changed=["a", "b", "c", "d"]), "each is put again, also one that its new TTL has ended")
        check.equal(events(daemon)[count:], [("updated", name, 2, "put") for name in "abcd"], "as a put does")
        check.ok(not any(shown(daemon, name)["expired"] for name in "abcd"), "none is expired")
        check.equal(apply(daemon, {"a": {"ttl": 60}, "c": {"ttl": 60}, "d": {}}), changes(), "and all agrees")


def prune_deletes_what_is_not_named(check):
    with start() as daemon:
        apply(daemon, {name: {} for name in "abcde"})
        daemon.request("DELETE", "/v1/secrets/e?recover=1d")
        check.equal(apply(daemon, {"b": {}}, "?prune=true&dry_run=true"), changes(deleted=["a", "c", "d"]), "a dry run")
        check.equal(apply(daemon, {"b": {}}, "?prune=false"), changes(), "without it nothing is deleted")
        check.equal(apply(daemon, '{}', "?prune=true"), changes(), "nor what a document without secrets names")
        check.equal(apply(daemon, {"b": {}}, "?prune=true"), changes(deleted=["a", "c", "d"]), "they are deleted")
        check.equal(events(daemon)[-3:], [("deleted", name, 1, "delete") for name in "acd"], "for good, each an event")
        check.equal(daemon.request("POST", "/v1/restore/e")[0], 200, "one that can be restored is not touched")


def apply_faults(daemon, faults, query="", **parts):
    """-> (status, what was answered)"""
    return apply(daemon, json.dumps({"faults": faults} | parts), query)


def rules(**lists):
    return changes(faults=NOTHING["faults"] | lists)


def faults_of(daemon):
    """-> {id: (matched, fired)}"""
    return {each["id"]: (each["matched"], each["fired"]) for each in daemon.json("GET", "/v1/faults")[1]["faults"]}


def fault_rules_are_made_changed_and_left_alone(check):
    wanted = {"b": {"match": {"name": "a", "operation": "read"}, "effect": {"error": "throttled"}, "when": {"times": 1}},
              "A-1": {"effect": {"delay": "1500ms"}, "match": {"name": "none"}},
              "c.": {"match": {"api": "vault"}, "effect": {"status": 418, "delay": "1m"},
                     "when": {"skip": 2, "every": 3, "percent": 50, "from": "2030-01-01T00:00:00+01:00"}}}
    with start() as daemon:
        check.equal(apply_faults(daemon, wanted, "?dry_run=true"), rules(made=["A-1", "b", "c."]), "a dry run says what is made")
        check.equal(faults_of(daemon), {}, "and does nothing")
        check.equal(apply_faults(daemon, wanted, secrets={"a": {"value": "x"}}),
                    (200, {"made": ["a"], "changed": [], "deleted": [],
                           "faults": {"made": ["A-1", "b", "c."], "changed": [], "deleted": []}}), "made, in byte order")
        check.equal(events(daemon), [("created", "a", 1, "put")], "rules are no events")
        check.equal([daemon.request("GET", "/v1/secrets/a")[0] for _ in range(3)], [429, 200, 200], "the rule is in force")
        counts = faults_of(daemon)
        check.equal(counts, {"A-1": (0, 0), "b": (3, 1), "c.": (0, 0)}, "and counts")
        said_otherwise = wanted | {"c.": {"match": {"api": "vault"}, "effect": {"delay": "60s", "status": 418},
                                          "when": {"skip": 2, "every": 3, "percent": 50, "from": "2029-12-31T23:00:00Z"}}}
        check.equal(apply_faults(daemon, said_otherwise), rules(), "what agrees is not touched, however it is said")
        check.equal(apply(daemon, {"a": {"value": "x"}}, "?prune=true"), changes(), "nor by a document without faults")
        check.equal(faults_of(daemon), counts, "the counts stay")
        once = {"times": 1}
        each_is_seen = (("match", {"name": "b", "operation": "read"}), ("match", {"name": "a", "operation": "write"}),
                        ("match", {"name": "a", "operation": "read", "api": "aws"}), ("effect", {"error": "sealed"}),
                        ("effect", {"error": "throttled", "delay": "1ms"}), ("effect", {"drop": "after"}),
                        ("when", {"times": 2}), ("when", once | {"skip": 1}), ("when", once | {"every": 2}),
                        ("when", once | {"percent": 9}),
                        ("when", once | {"from": "2000-01-01T00:00:00Z"}),
                        ("when", once | {"until": "2099-01-01T00:00:00Z"}), ("when", {}))
        for member, value in each_is_seen:
            changed = {"b": wanted["b"] | {member: value}}
            check.equal(apply_faults(daemon, changed, "?dry_run=true"), rules(changed=["b"]), f"{member} {value}: it is another")
        check.equal(faults_of(daemon), counts, "a dry run keeps counts")
        wanted["b"] = {"match": {"name": "a"}, "effect": {"error": "sealed"}}
        check.equal(apply_faults(daemon, wanted), rules(changed=["b"]), "one is changed")
        check.equal(faults_of(daemon)["b"], (0, 0), "and counts from 0")
        check.equal(daemon.request("GET", "/v1/secrets/a")[0], 503, "as it says now")
        daemon.request("DELETE", "/v1/faults")
        daemon.json("PUT", "/v1/faults/kept", '{"effect":{"stale":true}}')
        check.equal(apply_faults(daemon, {}), rules(), "without prune no rule is deleted")
        check.equal(apply_faults(daemon, {"b": wanted["b"]}, "?prune=true&dry_run=true"), rules(made=["b"], deleted=["kept"]),
                    "prune, dry")
        check.equal(list(faults_of(daemon)), ["kept"], "which does nothing")
        check.equal(apply_faults(daemon, {"b": wanted["b"]}, "?prune=true"), rules(made=["b"], deleted=["kept"]), "prune")
        check.equal(list(faults_of(daemon)), ["b"], "deletes the rules that are not named")
        check.equal(daemon.json("GET", "/v1/status")[1]["secrets"], 1, "but no secret, without the part 'secrets'")
        check.equal(apply_faults(daemon, {}, "?prune=true"), rules(deleted=["b"]), "none is named")


FAULT_MISTAKES = {
    "a/b": ({"effect": {"stale": True}}, ["1 to 64"]),
    "..": ({"effect": {"stale": True}}, ["1 to 64"]),
    "i" * 65: ({"effect": {"stale": True}}, ["1 to 64"]),
    "none": ({}, ["member 'effect' must say one thing"]),
    "two": ({"effect": {"stale": True, "status": 500}}, ["member 'effect' must say one thing"]),
    "text": ("x", ["must be an object"]),
    "many": ({"match": {"api": "x", "operation": "y", "nope": 1}, "effect": {"delay": "1h", "error": "z"}, "when": [], "why": 1},
             ["'match.api'", "'match.operation'", "'match.nope'", "'effect.delay'", "'effect.error'", "member 'when' must be",
              "unknown member 'why'"]),
}


def every_mistake_in_a_rule_is_named(check):
    with start() as daemon:
        wanted = {fault: rule for fault, (rule, _) in FAULT_MISTAKES.items()} | {"fine": {"effect": {"stale": True}}}
        status, problem = apply_faults(daemon, wanted, "?prune=true", secrets={"a": {"ttl": 0}, "b": {}})
        lines = problem["detail"].split("\n")
        check.equal((status, len(lines)), (400, 1 + sum(len(said) for _, said in FAULT_MISTAKES.values())), "each has a line")
        check.ok(lines[0].startswith("secret 'a': member 'ttl'"), "those of secrets as well", *lines)
        for fault, (_, said) in FAULT_MISTAKES.items():
            for each in said:
                check.ok(any(line.startswith(f"fault '{fault[:64]}") and each in line for line in lines), f"{fault}: {each}", *lines)
        check.equal((faults_of(daemon), events(daemon)), ({}, []), "nothing is done")
        detail = apply(daemon, '{"faults":{"a":{"effect":{"stale":true}},"\\u0061":{},"b":{"match":{},"match":{}}}}')[1]["detail"]
        check.equal(detail.split("\n"), ["fault 'a': it is given more than once",
                                         "fault 'b': member 'match' is given more than once (line 1, column 76)"], "repeated")
        for body, said in (('{"faults":[]}', "member 'faults' must be an object"),
                           ('{"faults":{},"faults":{}}', "member 'faults' is given more than once")):
            status, problem = apply(daemon, body)
            check.ok(status == 400 and said in problem["detail"], body, problem)


def a_thousand_rules_are_the_most(check):
    def some(prefix, count):
        return {f"{prefix}{at:04}": {"match": {"name": f"n{at}/*"}, "effect": {"stale": True}} for at in range(count)}

    with start("--log", "warnings") as daemon:
        status, problem = apply_faults(daemon, some("a", 1001), secrets={"s": {}})
        check.equal((status, problem["detail"]), (400, "there would be 1001 fault rules, and there can be 1000 at most"), "1,001")
        check.equal((faults_of(daemon), events(daemon)), ({}, []), "nothing is done")
        check.equal(apply_faults(daemon, some("a", 1000)), rules(made=sorted(some("a", 1000))), "1,000 are made")
        check.equal(apply_faults(daemon, some("a", 1000)), rules(), "and agree")
        status, problem = apply_faults(daemon, some("b", 1))
        check.ok(status == 400 and problem["detail"].startswith("there would be 1001 "), "those that are there count", problem)
        check.equal(apply_faults(daemon, some("b", 1000), "?prune=true"),
                    rules(made=sorted(some("b", 1000)), deleted=sorted(some("a", 1000))), "but for those that prune deletes")
        check.equal(list(faults_of(daemon)), sorted(some("b", 1000)), "so all can be others")


def a_first_state_begins_with_faults(check):
    with start() as place:
        file = pathlib.Path(place.directory) / "first.json"
        file.write_text('{"faults":{"f":{"match":{"name":"a"},"effect":{"error":"forbidden"},"when":{"times":1}}},"secrets":{"a":{}}}')
        with start("--apply", str(file)) as daemon:
            for when in ("at once", "after a reset"):
                check.equal([daemon.request("GET", "/v1/secrets/a")[0] for _ in range(2)], [403, 200], f"the rule is there {when}")
                daemon.request("POST", "/v1/reset")
        file.write_text('{"faults":{"f f":{},"g":{"effect":{"delay":"1s","status":1}}}}')
        done = refused(place, "--apply", str(file))
        check.equal((done.returncode, done.stderr.count(f"--apply: {file}: fault '")), (1, 2), "mistakes refuse the start")


MISTAKES = {
    "ttl": ({"ttl": 0}, "member 'ttl'"),
    "two": ({"ttl": "x", "labels": {"": "a", "n": 1}, "nope": 1}, "unknown member 'nope'"),
    "b b": ({}, "the name"),
    "none": ({"rotation": {"strategy": "none"}}, "strategy 'none'"),
    "cycle": ({"rotation": {"strategy": "cycle"}}, "rotation.values"),
    "both": ({"value": "secret-canary", "generate": True}, "at most one"),
    "long": ({"value": "v" * 65537}, "65536"),
    "made": ({"rotation": {"strategy": "template", "template": "{hex:4096}" * 17}}, "generated value"),
    "static": ({"rotation": {"on_expiry": True}}, "rotation.on_expiry"),
    "text": ("secret-canary", "must be an object"),
    "gone": ({}, "restored"),
    "known": ({"value": "x", "rotation": {"strategy": "what", "nope": 1}}, "rotation.nope"),
}


def every_mistake_is_named_and_nothing_is_done(check):
    with start() as daemon:
        apply(daemon, {"gone": {}, "ok": {}})
        daemon.request("DELETE", "/v1/secrets/gone?recover=1d")
        count = len(events(daemon))
        wanted = {name: definition for name, (definition, _) in MISTAKES.items()} | {"fine": {}}
        status, problem = apply(daemon, wanted, "?prune=true")
        lines = problem["detail"].split("\n")
        check.equal((status, len(lines)), (400, len(MISTAKES) + 3), "each mistake has a line")
        for name, (_, said) in MISTAKES.items():
            check.ok(any(line.startswith(f"secret '{name}': ") and said in line for line in lines), f"{name}: {said}", *lines)
        check.ok("canary" not in problem["detail"], "and no value is told")
        check.equal(len(events(daemon)), count, "nothing is done")
        repeated = '{"secrets":{"a":{},"b":{"ttl":1,"ttl":2},"a":{},"\\u0061":{},"c":{"value":"\\ud800"}}}'
        detail = apply(daemon, repeated)[1]["detail"]
        check.equal(detail.count("secret 'a': it is given more than once"), 2, "names that are repeated")
        check.ok("member 'ttl' is given more than once (line 1, column 37)" in detail, "and members", detail)
        check.ok("secret 'c': the body has a text with half of a surrogate pair: line 1, column" in detail, "places", detail)
        for body, said in (('{"secrets":[]}', "member 'secrets' must be an object"), ("[]", "not a JSON object"),
                           ('{"secret":{}}', "unknown member 'secret'"), ("", "empty"), ('{"secrets":{}', "ends before"),
                           ('{"secrets":{},"secrets":{}}', "more than once"), ('{"secrets":{}} x', "goes on")):
            status, problem = apply(daemon, body)
            check.ok(status == 400 and said in problem["detail"], f"{body}: {said}", problem)
        for query, said in (("?prune=yes", "prune"), ("?dry_run=", "dry_run"), ("?values=true", "values")):
            status, problem = apply(daemon, {}, query)
            check.ok(status == 400 and said in problem["detail"], query, problem)


def mistakes_without_number_are_bounded(check):
    with start() as daemon:
        status, problem = apply(daemon, '{"secrets":{' + ",".join(['"a":1'] * 300000) + "}}")
        check.ok(status == 400 and problem["detail"].endswith(" more"), "those past 8 MiB are counted", problem["detail"][-60:])


def ten_thousand_at_once(check):
    wanted = {f"n{at:05}": {"value": f"value {at}", "ttl": "1h", "labels": {"team": "core"}} for at in range(MANY)}
    with start("--log", "warnings") as daemon:
        check.equal(apply(daemon, wanted), changes(made=sorted(wanted)), "all are made")
        before = daemon.request("GET", "/v1/dump?values=true")[2]
        last = daemon.json("GET", "/v1/status")[1]["last_event"]
        check.equal(apply(daemon, wanted), changes(), "and agree")
        check.equal(daemon.json("GET", "/v1/status")[1]["last_event"], last, "without an event")
        check.equal(daemon.request("GET", "/v1/dump?values=true")[2], before, "the same dump")


def a_body_may_have_64_mib(check):
    with start("--log", "warnings") as daemon:
        text = json.dumps({"secrets": {f"a{at}": {"value": "v" * 60000} for at in range(40)}})
        for how in ("a length", "chunks"):
            with daemon.connect() as connection:
                check.equal(connection.request("GET", "/v1/status").status, 200, "a request before it")
                daemon.json("GET", "/v1/status")
                if how == "a length":
                    connection.send(http1.encode("POST", "/v1/apply?dry_run=true", text))
                else:
                    connection.send(http1.encode("POST", "/v1/apply?dry_run=true", headers={"Transfer-Encoding": "chunked"}))
                    data = text.encode()
                    for at in range(0, len(data), 65000):
                        piece = data[at:at + 65000]
                        connection.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                    connection.send(b"0\r\n\r\n")
                check.equal(connection.answer().status, 200, f"{len(text)} bytes with {how}")
        for path, length, status in (("/v1/apply", 64 * MIB + 2, 413), ("/v1/applyx", 2 * MIB, 404),
                                     ("/v1/secrets/a", 2 * MIB, 413), ("/v1/apply", 2 * MIB, 415)):
            method = "PUT" if "secrets" in path else "POST"
            headers = {"Content-Length": str(length)} if status != 415 else {"Content-Type": "text/plain"}
            with daemon.connect() as connection:
                answer = connection.request(method, path, " " * length if status == 415 else None, headers)
                check.equal(answer.status, status, f"{method} {path} of {length} bytes: {status}")


def a_first_state_begins_with_a_file(check):
    document = {"secrets": {"a": {"value": "x", "ttl": "1h"}, "b": {}}}
    with start() as place:
        file = pathlib.Path(place.directory) / "first.json"
        file.write_text(json.dumps(document))
        with start("--apply", str(file)) as daemon:
            check.equal(events(daemon), [("created", "a", 1, "put"), ("created", "b", 1, "put")], "it is there at once")
            check.equal(daemon.stderr().count('"event":"created"'), 2, "and in the log")
            first = daemon.request("GET", "/v1/secrets?values=true")[2]
            daemon.json("POST", "/v1/clock/advance", '{"by":"2h"}')
            apply(daemon, {"c": {}}, "?prune=true")
            check.equal(daemon.request("POST", "/v1/reset")[0], 200, "a reset")
            check.equal(daemon.request("GET", "/v1/secrets?values=true")[2], first, "begins with the same bytes")
            check.equal(events(daemon), [("created", "a", 1, "put"), ("created", "b", 1, "put")], "and events")
            wait_for(lambda: daemon.stderr().count('"event":"created"') == 5, "the events of the reset in the log")
        store = str(pathlib.Path(place.directory) / "store")
        with start("--apply", str(file), "--store", store) as daemon:
            daemon.request("DELETE", "/v1/secrets/a")
        with start("--apply", str(file), "--store", store) as daemon:
            check.equal(len(events(daemon)), 3, "a state that is not new is left alone")
            daemon.request("POST", "/v1/reset")
            check.equal(daemon.request("GET", "/v1/secrets?values=true")[2], first, "until a reset")
            daemon.request("PUT", "/v1/secrets/kept", '{"value":"k"}')
        document["secrets"] = {"a": {"value": "y"}, "new": {"value": "n"}}
        document["faults"] = {"f": {"effect": {"stale": True}}}
        file.write_text(json.dumps(document))
        with start("--apply", str(file), "--store", store) as daemon:
            check.equal((shown(daemon, "a")["value"], shown(daemon, "kept")["value"], daemon.request("GET", "/v1/secrets/new")[0],
                         list(faults_of(daemon))), ("x", "k", 404, []), "a changed document changes no state that is not new")
            daemon.request("POST", "/v1/reset")
            check.equal((shown(daemon, "a")["value"], shown(daemon, "new")["value"], daemon.request("GET", "/v1/secrets/kept")[0],
                         list(faults_of(daemon))), ("y", "n", 404, ["f"]), "until a reset, which takes the document of this start")
        with start("--store", store) as daemon:
            check.equal((shown(daemon, "a")["value"], list(faults_of(daemon))), ("y", ["f"]), "without the option the state stays")
            daemon.request("POST", "/v1/reset")
            check.equal(daemon.json("GET", "/v1/status")[1]["secrets"], 0, "and a reset begins with nothing")


def place_of(place):
    return pathlib.Path(place.directory) / "another.sock"


def refused(place, *options):
    """A daemon that does not start: what it printed."""
    return subprocess.run([program(), "--socket", str(place_of(place)), *OPTIONS, *options], capture_output=True, text=True,
                          check=False, timeout=60)


def a_mistake_refuses_the_start(check):
    with start() as place:
        file = pathlib.Path(place.directory) / "first.json"
        store = pathlib.Path(place.directory) / "store"
        for text, count, status in (('{"secrets":{"a b":{},"c":{"ttl":0}}}', 2, 1), ("{", 1, 1),
                                    ('{"secrets":{"c":{"rotation":{"strategy":"cycle"}}}}', 1, 1)):
            file.write_text(text)
            done = refused(place, "--apply", str(file), "--store", str(store), "--audit-log", str(store) + ".log")
            check.equal(done.returncode, status, f"{text}: exit status {status}")
            check.equal(done.stderr.count(f"--apply: {file}: "), count, "each mistake has a line")
            check.ok(not store.exists() and not pathlib.Path(str(store) + ".log").exists(), "nothing was made")
            check.ok(done.stdout == "" and not place_of(place).exists(), "nothing is listened on")
        done = refused(place, "--apply", str(file) + ".not")
        check.ok(done.returncode == 2 and "--apply: that file cannot be read" in done.stderr, "a file that is not there: 2",
                 done.stderr)
        file.write_text('{"secrets":{"c":{}}}')
        with start("--store", str(store)) as daemon:
            daemon.request("PUT", "/v1/secrets/mine", '{"value":"x"}')
        file.write_text('{"secrets":{"c":{"ttl":0}}}')
        done = refused(place, "--apply", str(file), "--store", str(store))
        check.equal(done.returncode, 1, "also if the state is not new, since a reset needs it")


def the_limit_of_values_holds_for_made_ones(check):
    """Lengths at the limit of --max-value, and one more."""
    with start("--max-value", "20") as daemon:
        def made(length):
            return {"a": {"rotation": {"strategy": "template", "template": "{hex:%d}" % length}}}

        status, problem = apply(daemon, made(21))
        check.ok(status == 400 and problem["detail"] == "secret 'a': the generated value would be larger than the largest "
                 "allowed, 20 bytes", "a value that would be longer is a mistake with its line", problem)
        check.equal(apply(daemon, made(20)), changes(made=["a"]), "one as long is made")
        check.equal(len(shown(daemon, "a")["value"]), 20, "whole")
        apply(daemon, {"a": {"value": "x", "ttl": "1h"}})
        daemon.json("POST", "/v1/clock/advance", '{"by":"2h"}')
        status, problem = apply(daemon, made(21))
        check.ok(status == 400 and "secret 'a': the generated value" in problem["detail"],
                 "also for one that has expired", problem)
        file = pathlib.Path(daemon.directory) / "first.json"
        file.write_text(json.dumps({"secrets": made(21)}))
        done = refused(daemon, "--max-value", "20", "--apply", str(file))
        check.ok(done.returncode == 1 and "secret 'a': the generated value" in done.stderr, "and at a start", done.stderr)


sys.exit(tap.run(a_document_is_made_changed_and_left_alone, each_member_alone_makes_a_change, what_is_expired_gets_a_value,
                 prune_deletes_what_is_not_named, every_mistake_is_named_and_nothing_is_done, mistakes_without_number_are_bounded,
                 ten_thousand_at_once, a_body_may_have_64_mib, a_first_state_begins_with_a_file, a_mistake_refuses_the_start,
                 fault_rules_are_made_changed_and_left_alone, every_mistake_in_a_rule_is_named, a_thousand_rules_are_the_most,
                 a_first_state_begins_with_faults, the_limit_of_values_holds_for_made_ones))
