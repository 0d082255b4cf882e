#!/usr/bin/env python3
"""GET /v1/requests: what the daemon was asked (contract, section 12).

The program is $GHOSTKEYD."""

import datetime
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("support", "security")]

# pylint: disable=wrong-import-position
import aws
import tap
from app import App
from daemon import Daemon, wait_for
from http1 import encode
from seckit import start_tcp

CANARY = "canary-9a2b"
VIRTUAL = ("--seed", "test", "--clock", "virtual")
KEPT = 1000
CLIENTS = 64
EACH = 25
OWN = f"{pathlib.Path('/proc/self/comm').read_text('utf-8').strip()}[{os.getpid()}]"
PUT = ("PUT", "/v1/secrets/a", json.dumps({"value": CANARY, "ttl": "1h", "rotation": {"strategy": "hex"}}))


def page(daemon, query=""):
    status, said = daemon.json("GET", f"/v1/requests{query}")
    assert status == 200 and list(said) == ["requests", "next"], said
    return said["requests"], said["next"]


def shown(daemon, *members):
    return [tuple(each[member] for member in members) for each in page(daemon)[0]]


def the_answer_is_as_the_contract_shows_it(check):
    with Daemon(*VIRTUAL) as daemon:
        check.equal(daemon.request("GET", "/v1/requests")[2], b'{"requests":[],"next":0}', "nothing was asked yet")
        daemon.request(*PUT)
        daemon.request("POST", "/v1/clock/advance", '{"by":"1h"}')
        daemon.request("GET", "/v1/secrets/a")
        text = daemon.request("GET", "/v1/requests")[2].decode()
        said, after = page(daemon)
        check.ok(all(type(each.pop("us")) is int and True for each in said), "us: a whole number", text)
        common = {"peer": OWN, "api": "ghostkey", "status": 200, "fault": None}
        check.equal(said, [
            {"seq": 1, "at": "2000-01-01T00:00:00.000Z", "operation": "put", "name": "a"} | common,
            {"seq": 2, "at": "2000-01-01T01:00:00.000Z", "operation": None, "name": None} | common,
            {"seq": 3, "at": "2000-01-01T01:00:00.000Z", "operation": "get", "name": "a"} | common], "in order, at GhostKey's time")
        check.equal(list(json.loads(text)["requests"][0]),
                    ["seq", "at", "peer", "api", "operation", "name", "status", "us", "fault"], "members in this order")
        check.equal(after, 3, "next")
        check.ok(CANARY not in text, "no value")
        check.ok(text.startswith('{"requests":[{"seq":1,"at":"') and " " not in text.replace(OWN, ""), "compact", text)


def the_list_has_not_itself(check):
    with Daemon(*VIRTUAL) as daemon:
        for method, target, status in (("GET", "/v1/requests", 200), ("HEAD", "/v1/requests", 200), ("POST", "/v1/requests", 405),
                                       ("GET", "/v1/requests?limit=0", 400), ("GET", "/v1/requests?after=x", 400),
                                       ("GET", "/v1/requests?after=1&after=2", 400), ("GET", "/v1/requests?limit=1001", 400),
                                       ("GET", "/v1/requests?prefix=a", 400)):
            check.equal(daemon.request(method, target)[0], status, f"{method} {target}: {status}")
        check.equal(page(daemon), ([], 0), "none of these is in it")
        daemon.request("GET", "/v1/requests/a")
        check.equal(shown(daemon, "status", "operation"), [(404, None)], "a path that is not it is")


def pages_go_on_where_the_last_one_ended(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        for _ in range(5):
            connection.request("GET", "/v1/status")
        check.equal([each["seq"] for each in page(daemon, "?limit=2")[0]], [1, 2], "limit: the oldest")
        check.equal([each["seq"] for each in page(daemon, "?after=2&limit=2")[0]], [3, 4], "after: the next")
        check.equal(page(daemon, "?after=5"), ([], 5), "nothing new")
        check.equal([each["seq"] for each in page(daemon, "?after=6")[0]], [1, 2, 3, 4, 5], "a seq of before a restart: all")
        connection.request("GET", "/v1/status")
        check.equal([each["seq"] for each in page(daemon, "?after=5")[0]], [6], "what came since")


def the_newest_1000_are_kept(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        connection.send(encode("GET", "/v1/status") * (KEPT + 7))
        for _ in range(KEPT + 7):
            connection.answer()
        said, after = page(daemon)
        check.equal((len(said), said[0]["seq"], said[-1]["seq"], after), (KEPT, 8, KEPT + 7, KEPT + 7), "1000, without a limit")
        check.equal([each["seq"] for each in page(daemon, "?after=3&limit=1")[0]], [8], "those before them are passed over")
        check.equal([each["seq"] for each in page(daemon, f"?after={KEPT}")[0]], list(range(KEPT + 1, KEPT + 8)), "the last ones")


def each_api_names_its_operations(check):
    agent = [("X-Aws-Parameters-Secrets-Token", "any")]
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        own = [PUT, ("PATCH", "/v1/secrets/a", '{"ttl":"2h"}'), ("GET", "/v1/secrets/a"), ("HEAD", "/v1/secrets/a"),
               ("GET", "/v1/metadata/a"), ("POST", "/v1/rotate/a"), ("POST", "/v1/promote/a", '{"version":1}'),
               ("POST", "/v1/rotate/a", '{"pending":true}'), ("POST", "/v1/discard/a"), ("GET", "/v1/secrets"),
               ("DELETE", "/v1/secrets/a?recover=1h"), ("POST", "/v1/restore/a"), ("POST", "/v1/cleanup"), ("GET", "/v1/status"),
               ("GET", "/v1/secrets/nobody"), ("GET", "/v1/secrets/a%20b"), ("GET", "/nothing"), ("POST", "/v1/secrets/a")]
        for each in own:
            connection.request(*each)
        check.equal(shown(daemon, "api", "operation", "name", "status"), [("ghostkey", *each) for each in (
            ("put", "a", 200), ("patch", "a", 200), ("get", "a", 200), ("get", "a", 200), ("metadata", "a", 200), ("rotate", "a", 200),
            ("promote", "a", 200), ("rotate", "a", 200), ("discard", "a", 200), ("list", None, 200), ("delete", "a", 200),
            ("restore", "a", 200), ("cleanup", None, 200), (None, None, 200), ("get", "nobody", 404), ("get", None, 400),
            (None, None, 404))] + [("ghostkey", *shown(daemon, "operation", "name", "status")[-1])], "its own")
        check.equal(shown(daemon, "name", "status")[-1], (None, 405), "a method that a path has not: no name")
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        connection.request(*PUT)
        for method, path, body in (("GET", "data/a", None), ("GET", "subkeys/a", None), ("LIST", "metadata", None),
                                   ("POST", "data/b", '{"data":{"k":"v"}}'), ("GET", "data/nobody", None)):
            connection.request(method, f"/v1/secret/{path}", body)
        connection.request("GET", "/v1/sys/health")
        connection.request("POST", "/v1/auth/approle/login", '{"role_id":"app"}')
        asked = aws.Aws(connection)
        asked("GetSecretValue", SecretId="a")
        asked("BatchGetSecretValue", SecretIdList=["nobody", "a"])
        asked("ListSecrets")
        asked.refusal("DescribeSecret", SecretId="arn:aws:secretsmanager:us-east-1:123456789012:secret:x/y-abcdef")
        asked.refusal("Nothing")
        connection.request("GET", "/secretsmanager/get?secretId=a", None, agent)
        check.equal(shown(daemon, "api", "operation", "name", "status")[1:], [
            ("vault", "kv-read", "a", 200), ("vault", "kv-subkeys", "a", 200), ("vault", "kv-list", None, 200),
            ("vault", "kv-write", "b", 200), ("vault", "kv-read", "nobody", 404), ("vault", "sys", None, 200),
            ("vault", "login", None, 200), ("aws", "GetSecretValue", "a", 200), ("aws", "BatchGetSecretValue", "nobody", 200),
            ("aws", "ListSecrets", None, 200), ("aws", "DescribeSecret", "x/y", 400), ("aws", None, None, 400),
            ("aws", "GetSecretValue", "a", 200)], "Vault's and AWS's")


def awss_ids_name_the_secret_that_is_read(check):
    with Daemon(*VIRTUAL) as daemon, daemon.connect() as connection:
        here, there = aws.Aws(connection), aws.Aws(connection, "eu-west-1")

        def named(ask, operation, **members):
            ask.raw(operation, json.dumps(members))
            return shown(daemon, "name")[-1][0]

        first = here("CreateSecret", Name="db", SecretString="1")["ARN"]
        second = here("CreateSecret", Name="db-abcdef", SecretString="2")["ARN"]
        for secret_id, name in ((first, "db"), (first[:-7], "db"), (second, "db-abcdef"), (second[:-7], "db-abcdef"),
                                (first[:-7] + "-ABCDEF", "db")):
            check.equal(named(here, "GetSecretValue", SecretId=secret_id), name, secret_id)
        here("CreateSecret", Name="copied", SecretString="1", AddReplicaRegions=[{"Region": "eu-west-1"}])
        check.equal(named(there, "GetSecretValue", SecretId="copied"), "copied", "a replica is its primary")
        connection.request("DELETE", "/v1/secrets/copied")
        check.equal(named(there, "CreateSecret", Name="copied", SecretString="own"), "aws.eu-west-1/copied",
                    "a replica whose primary is gone is none")
        here("CreateSecret", Name="copied", SecretString="2")
        check.equal(named(there, "GetSecretValue", SecretId="copied"), "aws.eu-west-1/copied", "a new primary changes nothing")


def each_peer_is_named(check):
    with start_tcp() as daemon, App(daemon.socket, "node") as node:
        node.ask("GET", "/v1/status")
        daemon.request("GET", "/v1/status")
        for agent in ("boto3/1.2", None, "x" * 500):
            daemon.ask("GET", "/v1/status", None,
                       [daemon.host(), daemon.bearer()] + ([("User-Agent", agent)] if agent else []))
        daemon.ask("GET", "/v1/status", None, [daemon.host(), ("User-Agent", "no token")])
        check.equal(shown(daemon, "peer", "status"), [(node.peer, 200), (OWN, 200), ("boto3/1.2", 200), ("-", 200),
                                                      ("x" * 255, 200), ("no token", 401)], "programs, and what they say over TCP")
        node.end()
        check.equal(shown(daemon, "peer")[0], (node.peer,), "one that has ended stays")


def what_http_refuses_is_there_too(check):
    with Daemon(*VIRTUAL) as daemon:
        with daemon.connect() as connection:
            connection.send(b"PUT /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
            status = connection.answer().status
        check.equal(shown(daemon, "status"), [(status,)], "a body that is too large")
    with Daemon() as daemon, daemon.connect() as connection:
        daemon.request("GET", "/v1/status")
        wait_for(lambda begun=time.time(): time.time() > begun + 0.01, "the clock to go on")
        sent = int(time.time() * 1000)
        connection.send(b"PUT /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
        connection.answer()
        at = datetime.datetime.fromisoformat(shown(daemon, "at")[1][0].replace("Z", "+00:00")).timestamp()
        check.ok(at * 1000 >= sent - 0.5, "with the time when it came", at, sent)


def a_reset_forgets_all(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey-requests-") as folder:
        with Daemon(*VIRTUAL, "--store", f"{folder}/store") as daemon, daemon.connect() as connection:
            for _ in range(3):
                connection.request(*PUT)
            check.equal(len(page(daemon)[0]), 3, "three requests")
            connection.send(encode("GET", "/v1/status") + encode("POST", "/v1/reset") + encode("GET", "/v1/status"))
            for _ in range(3):
                connection.answer()
            check.equal(shown(daemon, "seq", "operation", "status"), [(1, None, 200)], "what came after it is the first")
            check.equal([each["seq"] for each in page(daemon, "?after=3")[0]], [1], "who goes on behind an old one gets it")
            connection.request("POST", "/v1/reset")
            check.equal(page(daemon), ([], 0), "as after a start")
            connection.request(*PUT)
        with Daemon("--store", f"{folder}/store") as daemon:
            check.equal(page(daemon), ([], 0), "a restart forgets it, too")


def an_answer_that_nobody_waits_for_is_closed(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey-requests-") as folder:
        with Daemon(*VIRTUAL, "--store", f"{folder}/store") as daemon:
            seen = set()
            for _ in range(200):
                connection = daemon.connect()
                connection.send(encode(*PUT))
                connection.close()
            wait_for(lambda: daemon.json("GET", "/v1/status")[1]["last_event"] == 200, "all of them")
            puts = [each for each in page(daemon)[0] if each["operation"] == "put"]
            seen = {each["status"] for each in puts}
            check.equal((len(puts), seen <= {200, None}), (200, True), f"each is there, with {seen}")


def many_clients_at_once(check):
    with start_tcp() as daemon:
        daemon.request(*PUT)
        failed = []

        def ask(number):
            try:
                with daemon.tcp() as connection:
                    headers = [daemon.host(), daemon.bearer(), ("User-Agent", f"client-{number}")]
                    for step in range(EACH):
                        target = ("GET", "/v1/secrets/a") if step % 5 else ("POST", "/v1/rotate/a")
                        answer = connection.request(*target, None, headers)
                        assert answer.status == 200, answer
            except Exception as error:  # pylint: disable=broad-except
                failed.append(error)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        seqs = set()
        while any(thread.is_alive() for thread in threads):
            said = [each["seq"] for each in page(daemon)[0]]
            check.ok(said == list(range(said[0], said[0] + len(said))), "no gap in a page", said) if said != sorted(said) else None
            seqs |= set(said)
        for thread in threads:
            thread.join()
        check.equal(failed, [], "all were answered")
        last, after = page(daemon)
        check.equal((after, len(last)), (CLIENTS * EACH + 1, KEPT), "each has its own seq")
        found = daemon.json("GET", "/v1/readers/a")[1]
        check.equal(sorted((each["peer"], each["reads"]) for each in found["readers"]),
                    sorted((f"client-{number}", EACH) for number in range(CLIENTS)), "and each reader its reads")
        check.ok(found["current"] == 1 + CLIENTS * EACH // 5 and found["readers"][0]["version"] <= found["current"],
                 "the version is one that there was", found)


if __name__ == "__main__":
    sys.exit(tap.run(
        the_answer_is_as_the_contract_shows_it, the_list_has_not_itself, pages_go_on_where_the_last_one_ended,
        the_newest_1000_are_kept, each_api_names_its_operations,
        awss_ids_name_the_secret_that_is_read, each_peer_is_named, what_http_refuses_is_there_too,
        a_reset_forgets_all, an_answer_that_nobody_waits_for_is_closed, many_clients_at_once))
