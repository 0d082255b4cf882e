#!/usr/bin/env python3
"""What an app does with hvac: vault.py runs this against a daemon."""

import http.client
import json
import os
import socket
import sys

import hvac
import http1
import requests
import tap
import urllib3
from hvac import exceptions

ADDRESS, TOKEN = os.environ["VAULT_ADDR"], os.environ["VAULT_TOKEN"]
VALUES = [{"value": "x"}, {"user": "u", "n": 1, "list": [1, None, {"a": True}]}, {}, {"value": "ü\u0000", "b": "\U0001f600"},
          {"long": "x" * 60000}, {"value_base64": "AAEC"}, {"value": "{\"a\":1}"}]


def own(method, path, body=None):
    """A request to GhostKey's own API."""
    with http1.Connection(os.environ["GHOSTKEY_SOCKET"]) as connection:
        answer = connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
    return json.loads(answer.body)


def advance(seconds):
    own("POST", "/v1/clock/advance", {"by": seconds})


def client(token=TOKEN, **more):
    return hvac.Client(url=ADDRESS, token=token, **more)


def raises(kind, function, *arguments, **more):
    try:
        function(*arguments, **more)
    except kind as error:
        return str(error)
    return None


def the_server(check):
    vault = client()
    check.ok(vault.is_authenticated() and vault.sys.is_initialized() and not vault.sys.is_sealed(), "it is there, and the token is right")
    check.ok(not client("wrong").is_authenticated(), "a wrong token is not")
    check.equal(vault.sys.read_health_status(method="HEAD").status_code, 200, "health")
    check.equal(vault.sys.read_leader_status()["ha_enabled"], False, "leader")
    check.equal(list(vault.sys.list_mounted_secrets_engines()["data"]), ["secret/"], "mounts")
    vault.sys.enable_secrets_engine("kv", path="team", options={"version": "2"})
    check.equal(vault.sys.list_mounted_secrets_engines()["data"]["team/"]["options"], {"version": "2"}, "another mount")
    check.ok(raises(exceptions.InvalidRequest, vault.sys.enable_secrets_engine, "transit"), "no other engine")
    vault.secrets.kv.v2.create_or_update_secret("a", {"k": "v"}, mount_point="team")
    check.equal(vault.secrets.kv.v2.read_secret_version("a", mount_point="team")["data"]["data"], {"k": "v"}, "a secret of it")
    vault.sys.disable_secrets_engine("team")
    check.ok(raises(exceptions.InvalidPath, vault.secrets.kv.v2.read_secret_version, "a", mount_point="team"), "it is gone with its mount")


def secrets(check):
    kv = client().secrets.kv.v2
    for number, value in enumerate(VALUES):
        kv.create_or_update_secret(f"v/{number}", value)
        check.equal(kv.read_secret_version(f"v/{number}")["data"]["data"], value, f"value {number} comes back")
    check.equal(kv.list_secrets("v")["data"]["keys"], [str(number) for number in range(len(VALUES))], "list")
    check.ok("did not match" in raises(exceptions.InvalidRequest, kv.create_or_update_secret, "v/0", {"a": "b"}, cas=0), "cas=0: it is there")
    kv.patch("v/0", {"more": "m"})
    check.equal(kv.read_secret_version("v/0")["data"]["data"], {"value": "x", "more": "m"}, "patch")
    check.equal(kv.read_secret_version("v/0", version=1)["data"]["data"], {"value": "x"}, "an older version")
    kv.delete_latest_version_of_secret("v/0")
    check.ok(raises(exceptions.InvalidPath, kv.read_secret_version, "v/0"), "deleted")
    kv.undelete_secret_versions("v/0", [2])
    kv.destroy_secret_versions("v/0", [1])
    data = kv.read_secret_metadata("v/0")["data"]
    check.equal((data["current_version"], data["versions"]["1"]["destroyed"], data["versions"]["2"]["deletion_time"]), (2, True, ""), "undeleted, destroyed")
    kv.update_metadata("v/0", max_versions=2, delete_version_after="30s")
    kv.configure(max_versions=5)
    check.equal((kv.read_secret_metadata("v/0")["data"]["delete_version_after"], kv.read_configuration()["data"]["max_versions"]), ("30s", 5), "metadata, configuration")
    kv.create_or_update_secret("v/0", {"a": "b"})
    advance(30)
    check.ok(raises(exceptions.InvalidPath, kv.read_secret_version, "v/0"), "a version that has expired is not there")
    kv.delete_metadata_and_all_versions("v/0")
    check.ok(raises(exceptions.InvalidPath, kv.read_secret_metadata, "v/0"), "deleted for good")
    own("PUT", "/v1/secrets/plain", {"value": "p"})
    check.equal(kv.read_secret_version("plain")["data"]["data"], {"value": "p"}, "what GhostKey's own API wrote")
    kv.create_or_update_secret("plain", {"value": "q"})
    check.equal(own("GET", "/v1/secrets/plain")["value"], "q", "and the other way round")


def tokens(check):
    vault = client(None)
    for what, login in [("approle", lambda: vault.auth.approle.login("role", TOKEN)), ("userpass", lambda: vault.auth.userpass.login("bob", TOKEN)),
                        ("kubernetes", lambda: vault.auth.kubernetes.login("role", TOKEN)), ("jwt", lambda: vault.auth.jwt.jwt_login("role", TOKEN))]:
        login()
        check.ok(vault.is_authenticated(), f"a login by {what}")
        check.equal(vault.auth.token.renew_self(increment="90m")["auth"]["lease_duration"], 5400, "which is renewed")
        advance(5400)
        check.ok(not vault.is_authenticated() and "permission denied" in raises(exceptions.Forbidden, vault.secrets.kv.v2.list_secrets, "v"), "and ends")
        login()
        check.ok(vault.is_authenticated(), "a login with the ended token in hand helps")
    vault.logout(revoke_token=True)
    vault = client()
    made = vault.auth.token.create(ttl="5m", policies=["a"])["auth"]
    check.equal((made["lease_duration"], made["policies"], vault.lookup_token(made["client_token"])["data"]["id"]), (300, ["a", "default"], made["client_token"]), "a token as asked for")
    vault.revoke_token(made["client_token"])
    check.ok(raises(exceptions.Forbidden, vault.lookup_token, made["client_token"]), "revoked")


class SocketAdapter(requests.adapters.HTTPAdapter):
    """How a session of requests is told to use a Unix socket."""

    class Pool(urllib3.connectionpool.HTTPConnectionPool):
        def _new_conn(self):
            class Connection(http.client.HTTPConnection):
                def connect(self):
                    self.sock = socket.socket(socket.AF_UNIX)
                    self.sock.connect(os.environ["GHOSTKEY_SOCKET"])
            return Connection("localhost")

    def get_connection(self, url, proxies=None):
        return self.Pool("localhost")


def the_unix_socket(check):
    session = requests.Session()
    session.mount("http://", SocketAdapter())
    vault = hvac.Client(url="http://localhost", token="any", session=session)
    check.ok(vault.is_authenticated(), "over the Unix socket any token is right")
    vault.secrets.kv.v2.create_or_update_secret("local", {"a": "b"})
    check.equal(vault.secrets.kv.v2.read_secret_version("local")["data"]["data"], {"a": "b"}, "it writes and reads there")
    vault.auth.approle.login("role", "no secret")
    advance(3600)
    check.ok(raises(exceptions.Forbidden, vault.secrets.kv.v2.list_secrets, ""), "a token that a login gave ends there, too")
    vault.auth.approle.login("role", "no secret")
    check.ok("local" in vault.secrets.kv.v2.list_secrets("")["data"]["keys"], "and a new login helps")


def retries(check):
    """hvac's way to try again: a session with urllib3's Retry, and a login where a token has ended."""
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=urllib3.util.Retry(total=3, status_forcelist=[412, 500, 502, 503], backoff_factor=0)))
    vault = client(None, session=session)
    vault.auth.approle.login("role", TOKEN)
    seen = []
    for _ in range(5):
        advance(1801)
        try:
            vault.secrets.kv.v2.list_secrets("v")
        except exceptions.Forbidden:
            seen.append("login")
            vault.auth.approle.login("role", TOKEN)
            vault.secrets.kv.v2.list_secrets("v")
    check.equal(seen, ["login"] * 2, "in five half hours it logs in twice again")
    own("PUT", "/v1/faults/down", {"match": {"api": "vault"}, "effect": {"error": "unavailable"}, "when": {"times": 3}})
    check.ok(raises(exceptions.VaultDown, client().secrets.kv.v2.read_secret_version, "v/1"), "a 503 is an error without Retry")
    check.equal((vault.secrets.kv.v2.read_secret_version("v/1")["data"]["data"], own("GET", "/v1/faults")["faults"][0]["fired"]), (VALUES[1], 3),
                "with it hvac asks until it has an answer")


if __name__ == "__main__":
    sys.exit(tap.run(the_server, secrets, tokens, the_unix_socket, retries))
