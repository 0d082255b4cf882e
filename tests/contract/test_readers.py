#!/usr/bin/env python3
"""GET /v1/readers/{name}: who read which version of a secret last (contract, section 12).

The program is $GHOSTKEYD."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("support", "security")]

# pylint: disable=wrong-import-position
import aws
import tap
from app import App
from daemon import Daemon, tight_daemon
from seckit import start_tcp

CANARY = "canary-3f1e"
VIRTUAL = ("--seed", "test", "--clock", "virtual")
START = "2000-01-01T00:00:00.000Z"
OF_A_SECRET = 64
AGENT = "/secretsmanager/get?secretId=a"
OWN = f"{pathlib.Path('/proc/self/comm').read_text('utf-8').strip()}[{os.getpid()}]"


def put(daemon, name="a", **members):
    status, said = daemon.json("PUT", f"/v1/secrets/{name}", json.dumps({"value": CANARY} | members))
    assert status == 200, said


def readers(daemon, name="a"):
    status, said = daemon.json("GET", f"/v1/readers/{name}")
    assert status == 200, said
    assert said["name"] == name and list(said) == ["name", "current", "readers"], said
    return said["readers"]


def brief(daemon, name="a"):
    """(peer, API, version, stage, reads) of each."""
    return [tuple(each[member] for member in ("peer", "api", "version", "stage", "reads"))
            for each in readers(daemon, name)]


def read(daemon, *more, name="a"):
    return daemon.request("GET", f"/v1/secrets/{name}" + "".join(more))[0]


def the_answer_is_as_the_contract_shows_it(check):
    with Daemon(*VIRTUAL) as daemon:
        put(daemon)
        check.equal(daemon.request("GET", "/v1/readers/a")[2], b'{"name":"a","current":1,"readers":[]}', "nobody yet")
        daemon.json("POST", "/v1/clock/advance", '{"by":1}')
        read(daemon)
        daemon.json("POST", "/v1/clock/advance", '{"by":1}')
        read(daemon)
        wanted = (f'{{"name":"a","current":1,"readers":[{{"peer":"{OWN}","api":"ghostkey","version":1,"stage":"current",'
                  '"at":"2000-01-01T00:00:02.000Z","reads":2}]}')
        answer = daemon.answer("GET", "/v1/readers/a")
        check.equal(answer.body.decode(), wanted, "members in this order, and GhostKey's time")
        head = daemon.answer("HEAD", "/v1/readers/a")
        check.equal((head.status, head.body), (200, b""), "HEAD")
        for target, status in (("/v1/readers/nobody", 404), ("/v1/readers/", 400), ("/v1/readers/a%2", 400), ("/v1/readers", 404),
                               ("/v1/readers/a?limit=1", 400)):
            check.equal(daemon.request("GET", target)[0], status, f"{target}: {status}")
        check.equal(daemon.request("POST", "/v1/readers/a")[0], 405, "only GET")


def aws_ask(daemon, operation, **members):
    with daemon.connect() as connection:
        return aws.Aws(connection)(operation, **members)


def what_tells_a_value_is_a_read(check):
    agent = [("X-Aws-Parameters-Secrets-Token", "any")]
    reads = [
        ("GET", "ghostkey", 1, lambda daemon: read(daemon)),
        ("GET of a version", "ghostkey", 1, lambda daemon: read(daemon, "?version=1")),
        ("GET of a stage", "ghostkey", 1, lambda daemon: read(daemon, "?stage=current")),
        ("a list with values", "ghostkey", 1, lambda daemon: daemon.request("GET", "/v1/secrets?values=true")),
        ("rotate", "ghostkey", 2, lambda daemon: daemon.request("POST", "/v1/rotate/a")),
        ("a pending value", "ghostkey", 2, lambda daemon: daemon.request("POST", "/v1/rotate/a", '{"pending":true}')),
        ("Vault's kv-read", "vault", 1, lambda daemon: daemon.request("GET", "/v1/secret/data/a")),
        ("kv-read of a version", "vault", 1, lambda daemon: daemon.request("GET", "/v1/secret/data/a?version=1")),
        ("GetSecretValue", "aws", 1, lambda daemon: aws_ask(daemon, "GetSecretValue", SecretId="a")),
        ("BatchGetSecretValue", "aws", 1, lambda daemon: aws_ask(daemon, "BatchGetSecretValue", SecretIdList=["a", "nobody"])),
        ("a batch by a filter", "aws", 1, lambda daemon: aws_ask(daemon, "BatchGetSecretValue",
                                                                 Filters=[{"Key": "name", "Values": ["a"]}])),
        ("the agent", "aws", 1, lambda daemon: daemon.request("GET", AGENT, headers=agent)),
    ]
    for what, api, version, ask in reads:
        with Daemon(*VIRTUAL) as daemon:
            put(daemon)
            ask(daemon)
            stage = "pending" if what == "a pending value" else "current"
            check.equal(brief(daemon), [(OWN, api, version, stage, 1)], f"{what}: once")


def what_tells_none_is_no_read(check):
    with Daemon(*VIRTUAL) as daemon:
        put(daemon, ttl="1h")
        put(daemon, "other")
        revision = daemon.json("GET", "/v1/metadata/a")[1]["metadata"]["revision"]
        asked = [daemon.request(*each)[0] for each in (
            ("HEAD", "/v1/secrets/a"), ("GET", "/v1/secrets/a", None, [("If-None-Match", f'"{revision}"')]),
            ("GET", "/v1/metadata/a"), ("POST", "/v1/verify/a", json.dumps({"value": CANARY})),
            ("GET", "/v1/secrets"), ("GET", "/v1/secrets?values=false"), ("HEAD", "/v1/secrets?values=true"),
            ("GET", "/v1/secrets?values=true&prefix=other"), ("GET", "/v1/secrets/a?version=9"),
            ("GET", "/v1/secrets/a?stage=pending"), ("GET", "/v1/secrets/other"), ("GET", "/v1/events"),
            ("HEAD", "/v1/secret/data/a"), ("GET", "/v1/secret/subkeys/a"), ("GET", "/v1/secret/metadata/a"),
            ("PATCH", "/v1/secrets/a", '{"labels":{"a":"b"}}'), ("PUT", "/v1/secrets/a", '{"value":"x"}'))]
        check.equal(asked, [200, 304, 200, 200, 200, 200, 200, 200, 404, 404, 200, 200, 200, 200, 200, 200, 200], "each is answered")
        for operation in ("DescribeSecret", "ListSecretVersionIds"):
            aws_ask(daemon, operation, SecretId="a")
        aws_ask(daemon, "PutSecretValue", SecretId="a", SecretString="new")
        check.equal(readers(daemon), [], "nobody has read it")
        check.equal(len(readers(daemon, "other")), 1, "but another one")


def each_peer_and_api_has_one_entry(check):
    with Daemon(*VIRTUAL) as daemon, App(daemon.socket, "node") as node, App(daemon.socket, "node") as second:
        put(daemon)
        for _ in range(3):
            node.ask("GET", "/v1/secrets/a")
        second.ask("GET", "/v1/secrets/a")
        node.ask("GET", "/v1/secret/data/a")
        check.equal(brief(daemon), [(node.peer, "vault", 1, "current", 1), (second.peer, "ghostkey", 1, "current", 1),
                                    (node.peer, "ghostkey", 1, "current", 3)], "newest first, with the reads of each")
        node.ask("GET", "/v1/secrets/a")
        check.equal(brief(daemon)[0], (node.peer, "ghostkey", 1, "current", 4), "who reads again is the newest")
        for _ in range(3):
            read(daemon)
        check.equal([each for each in brief(daemon) if each[0] == OWN], [(OWN, "ghostkey", 1, "current", 3)],
                    "several connections of one process are one")


def it_shows_who_holds_an_old_value(check):
    with Daemon(*VIRTUAL, "--keep-versions", "2") as daemon, App(daemon.socket, "slow") as slow, App(daemon.socket, "fast") as fast:
        put(daemon)
        slow.ask("GET", "/v1/secrets/a")
        fast.ask("GET", "/v1/secrets/a")
        daemon.request("PUT", "/v1/secrets/a", '{"value":"two"}')
        check.equal(brief(daemon), [(fast.peer, "ghostkey", 1, "previous", 1), (slow.peer, "ghostkey", 1, "previous", 1)],
                    "after a change both hold the previous one")
        fast.ask("GET", "/v1/secrets/a")
        check.equal([each[2:4] for each in brief(daemon)], [(2, "current"), (1, "previous")], "until one reads again")
        daemon.request("POST", "/v1/promote/a", '{"version":1}')
        check.equal([each[2:4] for each in brief(daemon)], [(2, "previous"), (1, "current")], "a roll back changes the stages")
        for value in "345":
            daemon.request("PUT", "/v1/secrets/a", json.dumps({"value": value}))
        check.equal([each[2:4] for each in brief(daemon)], [(2, None), (1, None)], "versions that are gone have none")
        daemon.request("POST", "/v1/rotate/a", '{"pending":true}')
        slow.ask("GET", "/v1/secrets/a?stage=pending")
        fast.ask("GET", "/v1/secrets/a?stage=previous")
        check.equal([each[2:4] for each in brief(daemon) if each[0] != OWN], [(4, "previous"), (6, "pending")],
                    "the one that was read last")
        check.equal(daemon.json("GET", "/v1/readers/a")[1]["current"], 5, "and which is current")


def labels_of_aws_are_stages(check):
    with Daemon(*VIRTUAL) as daemon, App(daemon.socket) as app:
        put(daemon)
        app.ask("GET", "/v1/secrets/a")
        one = daemon.json("GET", "/v1/metadata/a")[1]["metadata"]["versions"][0]["id"]
        aws_ask(daemon, "UpdateSecretVersionStage", SecretId="a", VersionStage="GREEN", MoveToVersionId=one)
        for value in "23":
            daemon.request("PUT", "/v1/secrets/a", json.dumps({"value": value}))
        check.equal(brief(daemon), [(app.peer, "ghostkey", 1, "GREEN", 1)], "the label of a version that bears no other stage")


def a_secret_that_is_made_again_is_another(check):
    with Daemon(*VIRTUAL) as daemon, App(daemon.socket) as app:
        put(daemon)
        app.ask("GET", "/v1/secrets/a")
        daemon.request("DELETE", "/v1/secrets/a?recover=1h")
        answer = daemon.answer("GET", "/v1/readers/a")
        check.ok(answer.status == 404 and b"restored" in answer.body, "a deleted one: 404 that says what brings it back", answer)
        daemon.request("POST", "/v1/restore/a")
        check.equal(brief(daemon), [(app.peer, "ghostkey", 1, "current", 1)], "restored: as before")
        daemon.request("DELETE", "/v1/secrets/a")
        put(daemon)
        check.equal(brief(daemon), [(app.peer, "ghostkey", 1, None, 1)], "version 1 of before is not version 1 of now")


def a_process_that_ended_leaves_the_list(check):
    with Daemon(*VIRTUAL) as daemon, App(daemon.socket, "lives") as lives, App(daemon.socket, "ends") as ends, \
            App(daemon.socket, "dies") as dies:
        put(daemon)
        for app in (lives, ends, dies):
            app.ask("GET", "/v1/secrets/a")
        check.equal(len(readers(daemon)), 3, "all three")
        ends.end()
        dies.die()
        check.equal([each[0] for each in brief(daemon)], [lives.peer], "one that ended leaves it, also before anybody waits for it")
        client = subprocess.run([os.environ["GHOSTCTL"], "--socket", daemon.socket, "get", "a"], check=True, capture_output=True)
        check.equal(client.stdout.decode().strip(), CANARY, "ghostctl has read it")
        check.equal([each[0] for each in brief(daemon)], [lives.peer], "and is no reader any more")


def scripts_do_not_drive_out_an_app(check):
    with Daemon(*VIRTUAL) as daemon, App(daemon.socket, "server") as server:
        put(daemon)
        server.ask("GET", "/v1/secrets/a")
        for _ in range(OF_A_SECRET + 6):
            with App(daemon.socket, "script") as script:
                script.ask("GET", "/v1/secrets/a")
        check.equal([each[0] for each in brief(daemon)], [server.peer], "that read once, long ago")


def ask_over_tcp(daemon, agent, target="/v1/secrets/a"):
    headers = [daemon.host(), daemon.bearer()] + ([] if agent is None else [("User-Agent", agent)])
    return daemon.ask("GET", target, None, headers).status


def over_tcp_a_peer_is_what_it_says(check):
    with start_tcp() as daemon:
        put(daemon)
        said = [(None, "-"), ("", "-"), ("curl/8.5", "curl/8.5"), ("a\tb", "a\tb"), ("x" * 255, "x" * 255), ("y" * 300, "y" * 255),
                ("z" * 254 + "é", "z" * 254), (b"caf\xe9", "caf?"), ("ü \x9b31m", "ü \x9b31m"), ('"\\', '"\\')]
        check.equal([ask_over_tcp(daemon, agent) for agent, _ in said], [200] * len(said), "each is answered")
        check.equal([each[0] for each in brief(daemon)], list(dict.fromkeys([peer for _, peer in reversed(said)])),
                    "none, long ones, blanks, what is no text")
        check.equal([each[4] for each in brief(daemon) if each[0] == "-"], [2], "those who say nothing are one")
        ask_over_tcp(daemon, "curl/8.5")
        check.equal(brief(daemon)[0], ("curl/8.5", "ghostkey", 1, "current", 2), "all that say the same are one")
        ask_over_tcp(daemon, OWN)
        read(daemon)
        check.equal([each[:1] + each[4:] for each in brief(daemon)[:2]], [(OWN, 1), (OWN, 1)], "who claims to be a program is not it")
        with daemon.tcp() as connection:
            for agent in ("one", "two", "one"):
                connection.request("GET", "/v1/secrets/a", None, [daemon.host(), daemon.bearer(), ("User-Agent", agent)])
        check.equal([each[:1] + each[4:] for each in brief(daemon)[:2]], [("one", 2), ("two", 1)], "each request says it anew")


def a_secret_has_64_readers(check):
    with start_tcp() as daemon:
        put(daemon)
        put(daemon, "b")
        ask_over_tcp(daemon, "app-0", "/v1/secrets/b")
        for number in range(OF_A_SECRET):
            ask_over_tcp(daemon, f"app-{number}")
        check.equal([each[0] for each in brief(daemon)], [f"app-{number}" for number in reversed(range(OF_A_SECRET))], "64")
        ask_over_tcp(daemon, "app-0")
        ask_over_tcp(daemon, "app-64")
        wanted = ["app-64", "app-0"] + [f"app-{number}" for number in reversed(range(2, OF_A_SECRET))]
        check.equal([each[0] for each in brief(daemon)], wanted, "the 65th takes the place of the one that read longest ago")
        check.equal(len(readers(daemon, "b")), 1, "another secret has its own")


def it_is_in_memory_alone(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey-readers-") as folder:
        store = ("--store", f"{folder}/store")
        with Daemon(*VIRTUAL, *store) as daemon:
            put(daemon)
            before = pathlib.Path(f"{folder}/store").read_bytes()
            read(daemon)
            check.equal(pathlib.Path(f"{folder}/store").read_bytes(), before, "a read writes nothing")
            check.equal(len(readers(daemon)), 1, "a reader")
            daemon.request("POST", "/v1/reset")
            put(daemon)
            check.equal(readers(daemon), [], "a reset forgets it")
            read(daemon)
        with Daemon(*store) as daemon:
            check.equal(readers(daemon), [], "so does a restart")


def a_change_that_failed_told_nothing(check):
    with tight_daemon(1 << 20, *VIRTUAL, "--max-value", "200000") as daemon:
        put(daemon, rotation={"strategy": "template", "template": "x" * 150000 + "{hex:8}"})
        statuses = []
        while 500 not in statuses and len(statuses) < 20:
            statuses.append(daemon.request("POST", "/v1/rotate/a")[0])
        done = statuses.count(200)
        check.ok(statuses[-1] == 500 and done > 0, "the store is full", statuses)
        check.equal(brief(daemon), [(OWN, "ghostkey", done + 1, "current", done)], "what was answered with 500 is no read")


def no_value_is_shown(check):
    with Daemon(*VIRTUAL) as daemon:
        put(daemon)
        read(daemon)
        check.ok(CANARY.encode() not in daemon.request("GET", "/v1/readers/a")[2], "no value")


if __name__ == "__main__":
    sys.exit(tap.run(
        the_answer_is_as_the_contract_shows_it, what_tells_a_value_is_a_read, what_tells_none_is_no_read,
        each_peer_and_api_has_one_entry, it_shows_who_holds_an_old_value, labels_of_aws_are_stages,
        a_secret_that_is_made_again_is_another, a_process_that_ended_leaves_the_list, scripts_do_not_drive_out_an_app,
        over_tcp_a_peer_is_what_it_says, a_secret_has_64_readers, it_is_in_memory_alone, a_change_that_failed_told_nothing,
        no_value_is_shown))
