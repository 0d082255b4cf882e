#!/usr/bin/env python3
"""Vault's API: what clients ask of the server itself, the mounts that they see, make and remove, and M/config."""

import json
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon

JSON_TYPE = "application/json"
KV = {"type": "kv", "options": {"version": "2"}}
ENVELOPE = ["request_id", "lease_id", "renewable", "lease_duration", "data", "wrap_info", "warnings", "auth"]
HEALTH = ["initialized", "sealed", "standby", "performance_standby", "replication_performance_mode",
          "replication_dr_mode", "server_time_utc", "version", "enterprise", "cluster_name", "cluster_id",
          "echo_duration_ms", "clock_skew_ms"]
NO_VERSION_1 = "GhostKey has version 2 of the KV engine alone: \"options\": {\"version\": \"2\"}"


def start(*options):
    return Daemon("--seed", "test", "--clock", "virtual", *options)


def ask(daemon, method, path, body=None):
    """-> (status, what the body says)"""
    return daemon.json(method, f"/v1/{path}", None if body is None else json.dumps(body))


def errors(daemon, method, path, body=None):
    """-> (status, the one error)"""
    status, said = ask(daemon, method, path, body)
    return status, said["errors"][0] if len(said["errors"]) == 1 else said


def names(daemon):
    return [each["name"] for each in daemon.json("GET", "/v1/secrets?deleted=include")[1]["secrets"]]


def the_server_tells_of_itself(check):
    with start() as daemon:
        for path, members in [("health", HEALTH), ("init", ["initialized"]),
                              ("seal-status", ["type", "initialized", "sealed", "t", "n", "progress", "nonce", "version",
                                               "build_date", "migration", "cluster_name", "cluster_id", "recovery_seal",
                                               "storage_type"]),
                              ("leader", ["ha_enabled", "is_self", "active_time", "leader_address", "leader_cluster_address",
                                          "performance_standby", "performance_standby_last_remote_wal"])]:
            answer = daemon.answer("GET", f"/v1/sys/{path}")
            check.equal((answer.status, list(json.loads(answer.body))), (200, members), f"sys/{path}: a bare object")
            check.equal((http1.header(answer.headers, "content-type"), http1.header(answer.headers, "cache-control")),
                        (JSON_TYPE, "no-store"), f"sys/{path}: its headers")
            head = daemon.answer("HEAD", f"/v1/sys/{path}")
            check.equal((head.status, head.body), (200, b""), f"sys/{path}: HEAD")
            for method in ("POST", "PUT", "DELETE", "PATCH", "LIST"):
                check.equal(ask(daemon, method, f"sys/{path}"), (405, {"errors": []}), f"sys/{path}: {method}")
        said = ask(daemon, "GET", "sys/health")[1]
        check.equal((said["initialized"], said["sealed"], said["standby"], said["server_time_utc"], said["replication_dr_mode"]),
                    (True, False, False, 946684800, "disabled"), "sys/health: healthy, at GhostKey's time")
        check.equal((ask(daemon, "GET", "sys/init")[1]["initialized"], ask(daemon, "GET", "sys/seal-status")[1]["sealed"],
                     ask(daemon, "GET", "sys/leader")[1]["ha_enabled"]), (True, False, False), "initialized, not sealed, alone")


def health_has_the_status_that_is_asked_for(check):
    with start() as daemon:
        for query, status in [("?standbyok", 200), ("?standbyok=true&perfstandbyok=true", 200), ("?activecode=299", 299), ("?activecode=503", 503), ("?activecode=599", 599),
                              ("?standbycode=299", 200), ("?sealedcode=299&uninitcode=299", 200), ("?activecode=204", 204)]:
            for method in ("GET", "HEAD"):
                answer = daemon.answer(method, f"/v1/sys/health{query}")
                check.equal((answer.status, bool(answer.body)), (status, method == "GET" and status != 204), f"{method} {query}")
        for code in ("", "x", "99", "100", "199", "600", "-200", "2000", "200.0", "99999999999999999999"):
            check.equal(ask(daemon, "GET", f"sys/health?activecode={code}")[0], 400, f"activecode={code}: 400")


def the_first_mount_is_told(check):
    with start() as daemon:
        status, said = ask(daemon, "GET", "sys/mounts")
        mount = said["secret/"]
        check.equal((status, list(said)), (200, ENVELOPE + ["secret/"]), "sys/mounts: in an envelope, and beside it")
        check.equal(said["data"], {"secret/": mount}, "the same under data")
        check.equal((mount["type"], mount["options"], mount["local"], mount["config"]["max_lease_ttl"]),
                    ("kv", {"version": "2"}, False, 0), "what it says")
        said = ask(daemon, "GET", "sys/internal/ui/mounts")[1]["data"]
        check.equal((said["secret"], list(said["auth"])), ({"secret/": mount}, ["token/"]), "sys/internal/ui/mounts")
        said = ask(daemon, "GET", "sys/auth")[1]
        check.equal((list(said["data"]), said["token/"]["type"]), (["token/"], "token"), "sys/auth")
        for path in ("secret", "secret/", "secret/app", "secret/app/db/", "secret/metadata/x", "secret/tune"):
            status, said = ask(daemon, "GET", f"sys/internal/ui/mounts/{path}")
            check.equal((status, list(said), said["data"]), (200, ENVELOPE, mount | {"path": "secret/"}), f"preflight of {path}")
        for path, named in (("other", "other/"), ("other/x", "other/x/"), ("secre", "secre/"), ("secrets", "secrets/"), ("auth/token", "auth/token/")):
            check.equal(errors(daemon, "GET", f"sys/internal/ui/mounts/{path}"),
                        (403, "preflight capability check returned 403, please ensure client's policies grant access to "
                              f'path "{named}"'), f"preflight of {path}")
        answer = daemon.answer("GET", "/v1/other/data/x", headers=[("X-Vault-Request", "true")])
        check.equal((answer.status, json.loads(answer.body)),
                    (404, {"errors": ['no handler for route "other/data/x". route entry not found.']}), "an unknown mount")


def mounts_are_made_and_removed(check):
    with start() as daemon:
        daemon.request("PUT", "/v1/secrets/team/old", '{"value":"o"}')
        daemon.request("PUT", "/v1/secrets/teams", '{"value":"t"}')
        check.equal(ask(daemon, "POST", "sys/mounts/team", KV | {"description": "of the team"}), (204, None), "made")
        said = ask(daemon, "GET", "sys/mounts")[1]
        check.equal((list(said["data"]), said["team/"]["description"]), (["secret/", "team/"], "of the team"), "it is told")
        check.ok(said["team/"]["accessor"] != said["secret/"]["accessor"] and said["team/"]["uuid"] != said["secret/"]["uuid"],
                 "with an accessor and a uuid of its own")
        for path in ("team", "team/", "team//"):
            check.equal(ask(daemon, "GET", f"sys/mounts/{path}")[1]["data"]["description"], "of the team", f"by itself, too: {path}")
        for path in ("team", "team/", "team/x/y"):
            check.equal(ask(daemon, "GET", f"sys/internal/ui/mounts/{path}")[1]["data"]["path"], "team/", f"preflight of {path}")
        check.equal(ask(daemon, "GET", "sys/mounts/")[1]["data"], ask(daemon, "GET", "sys/mounts")[1]["data"], "sys/mounts/ is sys/mounts")
        for body in (KV, {"type": "kv-v2"}, {"type": "kv", "options": {"version": 2}}):
            path = f"other{len(json.dumps(body))}/kv"
            check.equal(ask(daemon, "PUT", f"sys/mounts/{path}/", body)[0], 204, f"{body}")
            check.equal(ask(daemon, "GET", f"sys/internal/ui/mounts/{path}/x")[1]["data"]["path"], f"{path}/", "of two segments")
        daemon.request("PUT", "/v1/secrets/team/new", '{"value":"n"}')
        daemon.request("DELETE", "/v1/secrets/team/old?recover=1d")
        check.equal(ask(daemon, "DELETE", "sys/mounts/team"), (204, None), "removed, with its secrets, deleted ones too")
        check.equal(names(daemon), ["teams"], "and no others")
        events = [(each["event"], each["name"]) for each in daemon.json("GET", "/v1/events")[1]["events"]][-2:]
        check.equal(events, [("deleted", "team/new"), ("deleted", "team/old")], "each is an event")
        check.equal(ask(daemon, "DELETE", "sys/mounts/team"), (204, None), "again: 204")
        check.ok("team/" not in ask(daemon, "GET", "sys/mounts")[1], "it is gone")
        check.equal(ask(daemon, "POST", "sys/mounts/team", KV)[0], 204, "and can be made again")


def a_mount_with_many_secrets_is_removed(check):
    with start() as daemon:
        ask(daemon, "POST", "sys/mounts/team", KV)
        with daemon.connect() as connection:
            for number in range(2100):
                connection.send(http1.encode("PUT", f"/v1/secrets/team/{number}", '{"value":"x"}'))
                connection.answer()
        check.equal(ask(daemon, "DELETE", "sys/mounts/team"), (204, None), "with 2,100 secrets")
        check.equal(daemon.json("GET", "/v1/status")[1]["secrets"], 0, "none is left")


def what_cannot_be_mounted_is_refused(check):
    with start() as daemon:
        ask(daemon, "POST", "sys/mounts/team/kv", KV)
        for body, sentence in [
                ({}, "backend type must be specified as a string"), ({"type": ""}, "backend type must be specified as a string"),
                ({"type": "pki"}, 'GhostKey has no secrets engine of the type "pki": it has "kv"'), ({"type": "kv"}, NO_VERSION_1),
                ({"type": "kv", "options": {"version": "1"}}, NO_VERSION_1), ({"type": "kv", "options": None}, NO_VERSION_1),
                ({"type": "kv", "options": {"version": "22"}}, NO_VERSION_1), ({"type": "kv-v2", "options": {"version": "1"}}, NO_VERSION_1),
                (KV | {"description": "x" * 2049}, '"description" is longer than 2048 bytes')]:
            check.equal(errors(daemon, "POST", "sys/mounts/new", body), (400, sentence), f"{str(body)[:60]}: 400")
        for path, in_use in [("secret", "secret/"), ("secret/x", "secret/"), ("team/kv", "team/kv/"), ("team/kv/x", "team/kv/"), ("team", "team/kv/")]:
            check.equal(errors(daemon, "POST", f"sys/mounts/{path}", KV), (400, f"path is already in use at {in_use}"), f"{path}: in use")
        for path in ("sys", "sys/x", "auth", "auth/x", "secrets", "metadata/x", "rotate", "promote", "discard", "restore", "verify",
                     "cleanup", "reset", "clock", "events", "status", "openapi.json", "faults", "a%20b", "%C3%BC",
                     "", "a//b", "a/./b", "..", "x" * 129, "%25" * 100):
            status, sentence = errors(daemon, "POST", f"sys/mounts/{path}", KV)
            check.ok(status == 400 and sentence.startswith("cannot mount "), f"{path[:20]!r}: 400", status, sentence)
        for path, shown in (("a%00b%01", "a?b?/"), ("x" * 2000, "x" * 64 + "...")):
            status, sentence = errors(daemon, "POST", f"sys/mounts/{path}", KV)
            check.ok(status == 400 and sentence.startswith(f'cannot mount "{shown}": the path '), f"{shown}: named, with what is wrong", status, sentence)
        check.equal(list(ask(daemon, "GET", "sys/mounts")[1]["data"]), ["secret/", "team/kv/"], "nothing was mounted")
        ask(daemon, "POST", "sys/mounts/team/a", KV)
        check.equal(errors(daemon, "POST", "sys/mounts/team", KV), (400, "path is already in use at team/a/"), "the first of two is named")
        ask(daemon, "DELETE", "sys/mounts/team/a")
        status, sentence = errors(daemon, "DELETE", "sys/mounts/secret")
        check.equal((status, sentence), (400, '"secret/" is the mount of --vault-mount and cannot be unmounted'), "the first one stays")
        check.equal(ask(daemon, "DELETE", "sys/mounts/team/kv/tune")[0], 204, "a path below a mount: 204")
        check.ok("team/kv/" in ask(daemon, "GET", "sys/mounts")[1], "which removes nothing")
        check.equal(errors(daemon, "GET", "sys/mounts/nothing"), (400, "No secret engine mount at nothing/"), "none there")


def a_mount_is_tuned(check):
    with start() as daemon:
        data = ask(daemon, "GET", "sys/mounts/secret/tune")[1]["data"]
        check.equal((data["options"], data["default_lease_ttl"], data["max_lease_ttl"]), ({"version": "2"}, 2764800, 2764800), "read")
        check.equal(ask(daemon, "POST", "sys/mounts/secret/tune", {"description": "new", "options": {"version": "2"}}), (204, None), "written")
        check.equal((ask(daemon, "GET", "sys/mounts/secret/tune")[1]["description"], ask(daemon, "GET", "sys/mounts")[1]["secret/"]["description"]),
                    ("new", "new"), "it has another description")
        ask(daemon, "POST", "sys/mounts/team", KV | {"description": "of the team"})
        ask(daemon, "POST", "team/config", {"max_versions": 3, "cas_required": True, "delete_version_after": "90s"})
        config = ask(daemon, "GET", "team/config")[1]["data"]
        for body, description in (({}, "of the team"), ({"options": {"version": "2"}}, "of the team"), ({"description": "ours"}, "ours"), ({"description": ""}, "")):
            check.equal(ask(daemon, "POST", "sys/mounts/team/tune", body), (204, None), f"with {body}")
            check.equal((ask(daemon, "GET", "sys/mounts/team")[1]["description"], ask(daemon, "GET", "team/config")[1]["data"]), (description, config),
                        "all else stays")
        ask(daemon, "PUT", "sys/mounts/team/tune", {"description": "x" * 2048})
        check.equal(errors(daemon, "POST", "sys/mounts/team/tune", {"description": "x" * 2049}), (400, '"description" is longer than 2048 bytes'), "too long")
        ask(daemon, "POST", "team/config", {"max_versions": 4})
        check.equal(ask(daemon, "GET", "sys/mounts/team")[1]["description"], "x" * 2048, "the longest, which stays when the mount is configured")
        check.equal(errors(daemon, "POST", "sys/mounts/secret/tune", {"options": {"version": "1"}}), (400, NO_VERSION_1), "not another version")
        check.equal(errors(daemon, "GET", "sys/mounts/x/tune"), (400, "No secret engine mount at x/"), "of none: 400")
        check.equal(errors(daemon, "GET", "sys/mounts//tune"), (400, "No secret engine mount at /tune/"), "a path that begins so is none")


def a_life_that_is_taken_back(check):
    def write(daemon):
        return ask(daemon, "POST", "secret/data/a", {"data": {"value": "x"}})[0]
    with start() as daemon:
        ask(daemon, "PUT", "secrets/a", {"value": "x", "rotation": {"strategy": "token"}})
        ask(daemon, "POST", "secret/metadata/a", {"delete_version_after": "1h"})
        check.equal((write(daemon), ask(daemon, "GET", "secrets/a")[1]["metadata"]["ttl"]), (200, 3600), "delete_version_after is the TTL")
        ask(daemon, "POST", "secret/metadata/a", {"delete_version_after": "0s"})
        check.equal((write(daemon), ask(daemon, "GET", "secrets/a")[1]["metadata"]["mode"]), (200, "static"), "without it, a static secret is one again")
        ask(daemon, "POST", "secret/metadata/a", {"delete_version_after": "1h"})
        write(daemon)
        check.equal(daemon.request("PATCH", "/v1/secrets/a", '{"rotation":{"on_expiry":true}}')[0], 200, "another API has it rotate when it expires")
        ask(daemon, "POST", "secret/metadata/a", {"delete_version_after": "0s"})
        check.equal((write(daemon), ask(daemon, "GET", "secrets/a")[1]["metadata"]["ttl"]), (200, 3600), "then it keeps its TTL, and can be written")


def a_mount_is_configured(check):
    default = {"cas_required": False, "delete_version_after": "0s", "max_versions": 0}
    with tempfile.TemporaryDirectory() as folder:
        store = ("--store", os.path.join(folder, "store"))
        with start(*store) as daemon:
            ask(daemon, "POST", "sys/mounts/team", KV)
            for mount in ("secret", "team"):
                check.equal(ask(daemon, "GET", f"{mount}/config")[1]["data"], default, f"{mount}: the defaults")
            check.equal(ask(daemon, "POST", "secret/config", {"max_versions": 5, "cas_required": True}), (204, None), "written")
            check.equal(ask(daemon, "PUT", "secret/config", {"delete_version_after": "90s"}), (204, None), "in parts")
            changed = {"cas_required": True, "delete_version_after": "1m30s", "max_versions": 5}
            check.equal(ask(daemon, "GET", "secret/config")[1]["data"], changed, "only what is given changes")
            check.equal(daemon.request("GET", "/v1/sys/internal/ui/mounts")[2].count(b'"secret/":'), 1, "the mount is told once, as before")
            check.equal(ask(daemon, "GET", "team/config")[1]["data"], default, "of that mount")
            for most in (1000000, 0):
                check.equal(ask(daemon, "POST", "team/config", {"max_versions": most}), (204, None), f"max_versions {most}")
                check.equal(ask(daemon, "GET", "team/config")[1]["data"]["max_versions"], most, "is told")
            for given, told in [("30s", "30s"), ("1h0m0s", "1h0m0s"), (3600, "1h0m0s"), ("3600", "1h0m0s"), ("61m", "1h1m0s"), ("0", "0s"), ("", "0s"), (0, "0s")]:
                ask(daemon, "POST", "team/config", {"delete_version_after": given})
                check.equal(ask(daemon, "GET", "team/config")[1]["data"]["delete_version_after"], told, f"{given!r} is told as {told}")
            for body in ({"max_versions": -1}, {"max_versions": "x"}, {"max_versions": 1.5}, {"max_versions": [1]}, {"cas_required": "perhaps"},
                         {"delete_version_after": "soon"}, {"delete_version_after": "-1s"}, {"delete_version_after": True}):
                status, sentence = errors(daemon, "POST", "secret/config", body)
                check.ok(status == 400 and next(iter(body)) in sentence, f"{body}: 400", status, sentence)
            check.equal(daemon.json("GET", "/v1/events")[1]["events"], [], "neither mounts nor their configuration are events")
        with start(*store) as daemon:
            check.equal(ask(daemon, "GET", "secret/config")[1]["data"], changed, "a restart keeps it")
            check.equal(list(ask(daemon, "GET", "sys/mounts")[1]["data"]), ["secret/", "team/"], "and the mounts")
            daemon.request("POST", "/v1/reset")
            check.equal((list(ask(daemon, "GET", "sys/mounts")[1]["data"]), ask(daemon, "GET", "secret/config")[1]["data"]), (["secret/"], default),
                        "a reset forgets both")


def a_namespace_is_echoed(check):
    with start() as daemon:
        for path, status in [("sys/mounts", 200), ("sys/health", 200), ("secret/data/a", 404), ("sys/nothing", 404)]:
            answer = daemon.answer("GET", f"/v1/{path}", headers=[("X-Vault-Namespace", "team/a/")])
            check.equal((answer.status, http1.header(answer.headers, "x-vault-namespace")), (status, "team/a/"), f"{path}: it has no other meaning")
            answer = daemon.answer("GET", f"/v1/{path}")
            check.equal(http1.header(answer.headers, "x-vault-namespace"), None, f"{path}: none is told if none came")


def answers_are_not_wrapped(check):
    refusal = ["GhostKey does not wrap responses: send the request without X-Vault-Wrap-TTL"]
    with start() as daemon:
        for ttl, status in (("60s", 400), ("1", 400), ("x", 400), ("0", 204), ("0s", 204), ("", 204)):
            answer = daemon.answer("POST", "/v1/secret/metadata/a", "{}", [("X-Vault-Wrap-TTL", ttl)])
            said = json.loads(answer.body)["errors"] if answer.body else refusal
            check.equal((answer.status, said), (status, refusal), f"wrapped for {ttl!r}")
        for method, path in (("POST", "auth/approle/login"), ("GET", "secret/metadata/a"), ("LIST", "secret/metadata"), ("GET", "sys/mounts")):
            answer = daemon.answer(method, f"/v1/{path}", headers=[("X-Vault-Wrap-TTL", "60s")])
            check.equal((answer.status, json.loads(answer.body)["errors"]), (400, refusal), f"{method} {path}")
        check.equal(daemon.answer("GET", "/v1/sys/health", headers=[("X-Vault-Wrap-TTL", "60s")]).status, 200, "what has no envelope is not asked")


def times_at_and_before_1970(check):
    for now, seconds in (("1970-01-01T00:00:00.000Z", 0), ("1969-12-31T23:59:58.500Z", -2), ("1969-12-31T23:59:58.000Z", -2)):
        with Daemon("--seed", "test", "--clock", f"virtual:{now}") as daemon:
            check.equal(ask(daemon, "GET", "sys/health")[1]["server_time_utc"], seconds, f"{now}: sys/health")
            token = ask(daemon, "POST", "auth/approle/login", {})[1]["auth"]["client_token"]
            answer = daemon.answer("GET", "/v1/auth/token/lookup-self", headers=[("X-Vault-Token", token)])
            data = json.loads(answer.body)["data"]
            check.equal((data["creation_time"], data["issue_time"]), (seconds, now), "a token")
            written = ask(daemon, "POST", "secret/data/a", {"data": {}})[1]["data"]
            check.equal((written["created_time"], written["deletion_time"]), (now, ""), "a version")
            ask(daemon, "DELETE", "secret/data/a")
            deleted = ask(daemon, "GET", "secret/data/a")[1]["data"]["metadata"]
            check.equal(deleted["deletion_time"], now, "one that is deleted")
            said = ask(daemon, "GET", "secret/metadata/a")[1]["data"]
            check.equal((said["created_time"], said["updated_time"], said["versions"]["1"]["deletion_time"]), (now, now, now), "its key")


def another_first_mount(check):
    with start("--vault-mount", "kv") as daemon:
        check.equal(list(ask(daemon, "GET", "sys/mounts")[1]["data"]), ["kv/"], "--vault-mount names it")
        check.equal(ask(daemon, "GET", "sys/internal/ui/mounts/kv/x")[1]["data"]["path"], "kv/", "preflight")
        check.equal(ask(daemon, "POST", "sys/mounts/secret", KV)[0], 204, "then 'secret' is free")
        check.equal(errors(daemon, "DELETE", "sys/mounts/kv")[0], 400, "and 'kv' stays")


if __name__ == "__main__":
    sys.exit(tap.run(the_server_tells_of_itself, health_has_the_status_that_is_asked_for, the_first_mount_is_told, mounts_are_made_and_removed,
                     a_mount_with_many_secrets_is_removed, what_cannot_be_mounted_is_refused, a_mount_is_tuned, a_life_that_is_taken_back, a_mount_is_configured,
                     a_namespace_is_echoed, answers_are_not_wrapped, times_at_and_before_1970, another_first_mount))
