#!/usr/bin/env python3
"""GET /v1/dump: a document of all there is; what is dumped with values and applied to an empty broker is dumped again."""

import json
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon

OPTIONS = ("--seed", "test", "--clock", "virtual", "--log", "warnings")
STATES = 40
STEPS = 60
NAMES = ["a", "a/b", "a%2Fb", "%", "b=c", "x+y", "ä".encode().hex(), "vault/kv", "aws-one", "n" * 255, "Z", "_", "0"]
STRATEGIES = [None, {"strategy": "token"}, {"strategy": "hex", "length": 9, "grace": "1m"}, {"strategy": "uuid"},
              {"strategy": "none"}, {"strategy": "cycle", "values": ["", "two", "d\u00e9"]},
              {"strategy": "template", "template": "{name}-{version}-{alnum:3}"}]
VALUES = [{"value": ""}, {"value": "plain"}, {"value": "\u00e9\u20ac\n\"\\\x7f"}, {"value_base64": "AAEC/w=="},
          {"value_base64": ""}, {"value": "long" * 500}]


def encoded(name):
    return "".join(byte if byte.isalnum() else f"%{ord(byte):02X}" for byte in name)


def dump(daemon, values):
    status, _, body = daemon.request("GET", f"/v1/dump?values={'true' if values else 'false'}")
    assert status == 200, body
    return body


def definition(chance):
    policy = chance.choice(STRATEGIES)
    ttl = chance.choice([None, 60, "1h"])
    made = dict(chance.choice(VALUES + [{"generate": True}] * 3))
    if policy and policy["strategy"] == "none" and "generate" in made:
        made = {"value": "given"}
    if ttl:
        made["ttl"] = ttl
    if policy:
        made["rotation"] = policy | ({"on_expiry": True} if ttl and policy["strategy"] != "none" and chance.random() < .5 else {})
    for member, values in (("env", [False, "NAMED", "x_1"]), ("labels", [{}, {"b": "", "a": "\u00e9"}]),
                           ("description", ["", "two\nlines"])):
        if chance.random() < .4:
            made[member] = chance.choice(values)
    return json.dumps(made)


def fault_rule(chance):
    """Any that PUT takes, for a name that no step asks for."""
    match = {"api": chance.choice(["ghostkey", "vault", "aws", "credential"]), "operation": chance.choice(["read", "kv-list"])}
    name = chance.choice(["zz/**", "zz/\u00e9?", "zz\"\\", "z" * 255])
    effect = chance.choice([{"error": "sealed"}, {"error": "unavailable"}, {"status": 418}, {"drop": "before"}, {"drop": "after"},
                            {"truncate": 0}, {"truncate": 2**63 - 1}, {"stale": True}, {}])
    if not effect or chance.random() < .5:
        effect = effect | {"delay": chance.choice(["1ms", "2s", "1500ms", "10m"])}
    when = {"skip": 3, "times": chance.choice([1, 2**63 - 1]), "every": 2, "percent": 100, "from": "2000-01-01T00:00:00.5Z",
            "until": "2100-01-01T00:00:00Z"}
    rule = {"effect": effect}
    for name, part in (("match", match), ("when", when)):
        rule[name] = {member: value for member, value in part.items() if chance.random() < .5}
    rule["match"]["name"] = name
    return json.dumps(rule)


def vault(daemon, chance, name):
    data = chance.choice([{"k": "v"}, {"k": 1.0, "n": None}, {}])
    path = chance.choice(["data", "delete", "undelete", "destroy"])
    body = {"data": data} if path == "data" else {"versions": [1]}
    daemon.request("POST", f"/v1/secret/{path}/{encoded(name)}", json.dumps(body), {"X-Vault-Token": "any"})


def aws(daemon, chance, name):
    ask = chance.choice([("CreateSecret", {"Name": name, "SecretString": "s"}), ("CreateSecret", {"Name": name}),
                         ("PutSecretValue", {"SecretId": name, "SecretBinary": "AAE="}),
                         ("PutSecretValue", {"SecretId": name, "SecretString": "t", "VersionStages": ["OTHER"]}),
                         ("DeleteSecret", {"SecretId": name})])
    daemon.request("POST", "/", json.dumps(ask[1]), {"X-Amz-Target": f"secretsmanager.{ask[0]}",
                                                     "Content-Type": "application/x-amz-json-1.1"})


def step(daemon, chance):
    name = chance.choice(NAMES)
    place = encoded(name)
    act = chance.choice(["put"] * 4 + ["rotate", "pending", "promote", "delete", "recover", "restore", "advance", "vault", "aws"] +
                        ["fault"] * 2)
    if act == "put":
        daemon.request("PUT", f"/v1/secrets/{place}", definition(chance))
    elif act in ("rotate", "promote", "restore"):
        daemon.request("POST", f"/v1/{act}/{place}")
    elif act == "pending":
        daemon.request("POST", f"/v1/rotate/{place}", '{"pending":true}')
    elif act in ("delete", "recover"):
        daemon.request("DELETE", f"/v1/secrets/{place}" + ("?recover=1h" if act == "recover" else ""))
    elif act == "fault":
        daemon.request("PUT", f"/v1/faults/{chance.choice(['f', 'G', '-', '1.2'])}", fault_rule(chance))
    elif act == "advance":
        daemon.request("POST", "/v1/clock/advance", '{"by":"40s"}')
    else:
        {"vault": vault, "aws": aws}[act](daemon, chance, name)


def what_is_dumped_is_dumped_again(check):
    kinds = set()
    for seed in range(STATES):
        chance = random.Random(seed)
        with Daemon(*OPTIONS) as daemon:
            for _ in range(STEPS):
                step(daemon, chance)
            whole, names = dump(daemon, True), dump(daemon, False)
            listed = daemon.json("GET", "/v1/secrets?limit=1000")[1]["secrets"]
            kinds |= {("expired", each["expired"]) for each in listed}
        for rule in json.loads(whole)["faults"].values():
            kinds |= {(part, member) for part, members in rule.items() for member in members}
        for each in json.loads(whole)["secrets"].values():
            kinds |= {("strategy", each["rotation"]["strategy"])} | {("member", member) for member in each}
        check.equal([each["name"] for each in listed], list(json.loads(whole)["secrets"]), f"state {seed}: all, in order")
        with Daemon(*OPTIONS) as other:
            status, _, answer = other.request("POST", "/v1/apply", whole)
            check.equal((status, json.loads(answer).get("made")), (200, [each["name"] for each in listed]), "all are made")
            check.equal(dump(other, True), whole, "the same dump with values")
            check.equal(dump(other, False), names, "and without")
            for body in (whole, names):
                answer = other.json("POST", "/v1/apply?prune=true", body)[1]
                check.equal(answer, {"made": [], "changed": [], "deleted": [],
                                     "faults": {"made": [], "changed": [], "deleted": []}}, "which agree")
    wanted = {("expired", True), ("expired", False)} | {("strategy", name) for name in (
        "token", "hex", "uuid", "none", "cycle", "template")} | {("member", name) for name in (
            "value", "value_base64", "ttl", "rotation", "env", "labels", "description")}
    wanted |= {("match", name) for name in ("api", "operation", "name")} | {("when", name) for name in (
        "skip", "times", "every", "percent", "from", "until")} | {("effect", name) for name in (
            "delay", "error", "status", "drop", "truncate", "stale")}
    check.equal(wanted - kinds, set(), "states of every kind were tried")


def a_document_is_short(check):
    with Daemon(*OPTIONS) as daemon:
        check.equal(dump(daemon, True), b'{"secrets":{},"faults":{}}', "of an empty broker")
        daemon.json("PUT", "/v1/faults/f", '{"effect":{"delay":"90s"}}')
        daemon.json("PUT", "/v1/faults/F", '{"match":{"api":"aws"},"effect":{"status":500},"when":{"skip":1}}')
        faults = b'"faults":{"F":{"match":{"api":"aws"},"effect":{"status":500},"when":{"skip":1}},' \
            b'"f":{"match":{},"effect":{"delay":"90s"},"when":{}}}}'
        check.equal(dump(daemon, True), b'{"secrets":{},' + faults, "fault rules, in byte order, without counts")
        daemon.request("DELETE", "/v1/faults/f")
        one = b'"faults":{"F":{"match":{"api":"aws"},"effect":{"status":500},"when":{"skip":1}}}}'
        daemon.request("PUT", "/v1/secrets/a", '{"value":"x","rotation":{"strategy":"cycle","values":["l","m"]}}')
        daemon.request("PUT", "/v1/secrets/b", '{"value_base64":"AA==","ttl":"1m","env":false,"labels":{"l":""},"description":"d"}')
        check.equal(dump(daemon, True), b'{"secrets":{"a":{"value":"x","rotation":{"strategy":"cycle","values":["l","m"],'
                    b'"on_expiry":false}},"b":{"value_base64":"AA==","ttl":60,"rotation":{"strategy":"token","on_expiry":false},'
                    b'"env":false,"labels":{"l":""},"description":"d"}},' + one, "with values")
        check.equal(dump(daemon, False), b'{"secrets":{"a":{"rotation":{"strategy":"cycle","on_expiry":false}},"b":{"ttl":60,'
                    b'"rotation":{"strategy":"token","on_expiry":false},"env":false,"labels":{"l":""},"description":"d"}},' + one,
                    "without: no value, and no list")
        check.equal(daemon.request("HEAD", "/v1/dump")[2], b"", "HEAD")


def a_long_dump_comes_in_pieces(check):
    count, size = 300, 20000
    with Daemon(*OPTIONS) as daemon:
        for at in range(count):
            daemon.request("PUT", f"/v1/secrets/n{at:04}", json.dumps({"value": f"{at:04}" + "v" * size}))
        with daemon.connect() as connection:
            connection.send(http1.encode("GET", "/v1/dump?values=true"))
            while b"n0001" not in connection.rest:
                connection.more()
            daemon.request("PUT", f"/v1/secrets/n{count - 1:04}", '{"value":"later"}')
            daemon.request("DELETE", f"/v1/secrets/n{count - 2:04}")
            answer = connection.answer()
            check.equal(answer.status, 200, "a long dump")
            found = json.loads(answer.body)["secrets"]
            check.equal(len(found), count - 1, "while which the state changes")
            check.equal(found[f"n{count - 1:04}"]["value"], "later", "each piece is as it is when it is sent")
            check.equal(connection.request("GET", "/v1/status").status, 200, "and the connection goes on")
        with daemon.connect() as connection:
            connection.send(http1.encode("GET", "/v1/dump?values=true", version="1.0"))
            check.equal(len(json.loads(connection.take_to_end().split(b"\r\n\r\n", 1)[1])["secrets"]), count - 1, "HTTP/1.0")
        with daemon.connect() as connection:
            head = connection.request("HEAD", "/v1/dump?values=true")
            check.ok(head.status == 200 and not head.body, "the head alone")
            check.equal(connection.request("GET", "/v1/status").status, 200, "of which nothing is left")
        for _ in range(20):
            with daemon.connect() as connection:
                connection.send(http1.encode("GET", "/v1/dump?values=true"))
                connection.more()
        check.equal(daemon.json("GET", "/v1/status")[0], 200, "clients that go away in the middle harm nothing")
        with daemon.connect() as connection:
            connection.send(http1.encode("GET", "/v1/dump?values=true"))
            connection.more()
            daemon.request("POST", "/v1/reset")
            found = json.loads(connection.answer().body)["secrets"]
            check.ok(0 < len(found) < count - 1, "a reset ends it early", len(found))


sys.exit(tap.run(a_document_is_short, a_long_dump_comes_in_pieces, what_is_dumped_is_dumped_again))
