#!/usr/bin/env python3
"""What the `vault` command line sends, command by command, over TCP and over the Unix socket: the requests of its Go
client, with its headers, and what it looks at in the answers."""

import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from seckit import start_tcp

PATCH_TYPE = "application/merge-patch+json"


class Cli:
    """The Go client: a PUT has no Content-Type, a list is a GET, and each request says where it comes from."""

    def __init__(self, daemon, is_tcp, token):
        self.daemon = daemon
        self.is_tcp = is_tcp
        self.token = token

    def send(self, method, path, body=None, media=None):
        headers = [("User-Agent", "Go-http-client/1.1"), ("X-Vault-Request", "true"), ("Accept-Encoding", "gzip")]
        headers += [("X-Vault-Token", self.token)] if self.token else []
        headers += [("Content-Type", media)] if media else []
        text = None if body is None else json.dumps(body)
        if self.is_tcp:
            answer = self.daemon.ask(method, f"/v1/{path}", text, [self.daemon.host(), *headers])
        else:
            answer = self.daemon.answer(method, f"/v1/{path}", text, headers)
        assert answer.body or answer.status == 204, (method, path, answer)
        if answer.status != 204:
            assert http1.header(answer.headers, "content-type") == "application/json", answer
        return answer.status, json.loads(answer.body) if answer.body else None

    def preflight(self, path):
        """Each `vault kv` asks which mount a path has, and takes options.version for a string."""
        status, said = self.send("GET", f"sys/internal/ui/mounts/{path}")
        assert status == 200, said
        data = said["data"]
        assert isinstance(data["options"]["version"], str) and data["options"]["version"] == "2", data
        return data["path"]

    def put(self, mount, path, data, cas=None):
        assert self.preflight(f"{mount}{path}") == mount
        options = {} if cas is None else {"cas": cas}
        return self.send("PUT", f"{mount}data/{path}", {"data": data, "options": options})

    def get(self, mount, path, version=None):
        assert self.preflight(f"{mount}{path}") == mount
        return self.send("GET", f"{mount}data/{path}" + (f"?version={version}" if version else ""))

    def on_versions(self, what, mount, path, *versions):
        """The command line sends their numbers as strings."""
        assert self.preflight(f"{mount}{path}") == mount
        return self.send("PUT", f"{mount}{what}/{path}", {"versions": list(versions)})[0]


def kv_data(check, cli, mount):
    check.equal(cli.get(mount, "app/db"), (404, {"errors": []}), "kv get of nothing")
    status, said = cli.put(mount, "app/db", {"user": "u", "pw": "one"}, cas=0)
    check.equal((status, said["data"]["version"], said["data"]["deletion_time"], said["data"]["destroyed"]), (200, 1, "", False), "kv put -cas=0")
    check.equal(cli.put(mount, "app/db", {"pw": "x"}, cas=0),
                (400, {"errors": ["check-and-set parameter did not match the current version"]}), "kv put -cas=0 again")
    check.equal(cli.put(mount, "app/db", {"user": "u", "pw": "two"})[1]["data"]["version"], 2, "kv put")
    data = cli.get(mount, "app/db")[1]["data"]
    check.equal((data["data"], data["metadata"]["version"]), ({"user": "u", "pw": "two"}, 2), "kv get")
    check.equal(cli.get(mount, "app/db", 1)[1]["data"]["data"]["pw"], "one", "kv get -version=1")
    status, said = cli.send("PATCH", f"{mount}data/app/db", {"data": {"pw": "three", "more": "m"}, "options": {"cas": 2}}, PATCH_TYPE)
    check.equal((status, said["data"]["version"]), (200, 3), "kv patch")
    read = cli.get(mount, "app/db")[1]["data"]
    status, said = cli.send("PUT", f"{mount}data/app/db", {"data": read["data"] | {"rw": "r"}, "options": {"cas": read["metadata"]["version"]}})
    check.equal((status, cli.get(mount, "app/db")[1]["data"]["data"]),
                (200, {"user": "u", "pw": "three", "more": "m", "rw": "r"}), "kv patch -method=rw")
    current = cli.get(mount, "app/db")[1]["data"]["metadata"]["version"]
    old = cli.send("GET", f"{mount}data/app/db?version=1")[1]["data"]["data"]
    status, said = cli.send("PUT", f"{mount}data/app/db", {"data": old, "options": {"cas": current}})
    check.equal((status, said["data"]["version"], cli.get(mount, "app/db")[1]["data"]["data"]), (200, 5, {"user": "u", "pw": "one"}), "kv rollback -version=1")
    for path in ("app/", "app"):
        check.equal(cli.send("GET", f"{mount}metadata/{path}?list=true")[1]["data"]["keys"], ["db"], f"kv list {path}")
    check.equal(cli.send("GET", f"{mount}metadata?list=true")[1]["data"]["keys"], ["app/"], "kv list of the mount")


def kv_versions(check, cli, mount):
    check.equal(cli.on_versions("delete", mount, "app/db", "1", "2"), 204, "kv delete -versions=1,2")
    status, said = cli.get(mount, "app/db", 2)
    check.equal((status, said["data"]["data"], bool(said["data"]["metadata"]["deletion_time"])), (404, None, True), "kv get of a deleted version")
    check.equal(cli.on_versions("undelete", mount, "app/db", "2"), 204, "kv undelete -versions=2")
    check.equal(cli.get(mount, "app/db", 2)[1]["data"]["data"]["pw"], "two", "it is there again")
    check.equal(cli.on_versions("destroy", mount, "app/db", "3"), 204, "kv destroy -versions=3")
    check.equal(cli.get(mount, "app/db", 3)[1]["data"]["metadata"]["destroyed"], True, "it is destroyed")
    check.equal(cli.send("DELETE", f"{mount}data/app/db"), (204, None), "kv delete")
    check.equal(cli.get(mount, "app/db")[0], 404, "the latest one is deleted")
    check.equal(cli.on_versions("undelete", mount, "app/db", "5"), 204, "kv undelete of it")


def kv_metadata(check, cli, mount):
    check.equal(cli.send("PUT", f"{mount}metadata/app/db", {"max_versions": 3, "custom_metadata": {"team": "core"}, "delete_version_after": "90s"})[0],
                204, "kv metadata put")
    data = cli.send("GET", f"{mount}metadata/app/db")[1]["data"]
    check.equal((data["max_versions"], data["custom_metadata"], data["delete_version_after"], data["current_version"], sorted(data["versions"])),
                (3, {"team": "core"}, "1m30s", 5, ["1", "2", "3", "4", "5"]), "kv metadata get")
    check.equal(cli.send("PATCH", f"{mount}metadata/app/db", {"custom_metadata": {"team": None, "of": "x"}}, PATCH_TYPE)[0], 204, "kv metadata patch")
    check.equal(cli.send("GET", f"{mount}metadata/app/db")[1]["data"]["custom_metadata"], {"of": "x"}, "a null takes a name away")
    check.equal(cli.send("DELETE", f"{mount}metadata/app/db"), (204, None), "kv metadata delete")
    check.equal(cli.send("GET", f"{mount}metadata/app/db"), (404, {"errors": []}), "nothing is left")


def the_rest(check, cli):
    check.equal((cli.send("GET", "sys/seal-status")[1]["sealed"], cli.send("GET", "sys/leader")[1]["ha_enabled"]), (False, False), "status")
    status, said = cli.send("GET", "auth/token/lookup-self")
    check.equal((status, said["data"]["id"], said["data"]["policies"]), (200, cli.token, ["root"]), "login with a token")
    check.equal(list(cli.send("GET", "sys/mounts")[1]["data"]), ["secret/"], "secrets list")
    check.equal(list(cli.send("GET", "sys/auth")[1]["data"]), ["token/"], "auth list")
    check.equal(cli.send("POST", "sys/mounts/team", {"type": "kv", "description": "", "config": {"options": None}, "local": False, "seal_wrap": False,
                                                     "external_entropy_access": False, "options": {"version": "2"}}), (204, None), "secrets enable -path=team -version=2 kv")
    status, said = cli.send("GET", "sys/internal/ui/mounts/nothing/x")
    check.ok(status == 403 and "preflight capability check returned 403" in said["errors"][0], "kv get of a path without a mount", said)
    status, said = cli.send("GET", "secret/app")
    check.ok(status == 404 and "use 'vault kv get' for this operation" in said["warnings"][0], "read secret/app: what to do instead", said)


def logins(check, cli):
    secret = cli.token
    for path, body in [("userpass/login/bob", {"password": secret}), ("approle/login", {"role_id": "r", "secret_id": secret})]:
        status, said = cli.send("PUT", f"auth/{path}", body)
        logged_in = Cli(cli.daemon, cli.is_tcp, said["auth"]["client_token"])
        check.equal((status, logged_in.put("secret/", "by-token", {"a": "b"})[0], logged_in.get("secret/", "by-token")[0]), (200, 200, 200), f"login: {path}")
        check.equal(logged_in.send("PUT", "auth/token/renew-self", {"increment": 7200})[1]["auth"]["lease_duration"], 7200, "token renew")
        cli.daemon.request("POST", "/v1/clock/advance", '{"by":"2h"}')
        check.equal(logged_in.send("GET", "sys/internal/ui/mounts/secret/by-token"), (403, {"errors": ["permission denied"]}), "its end: permission denied")
        check.equal(logged_in.send("PUT", f"auth/{path}", body)[0], 200, "and the way back")
    made = cli.send("POST", "auth/token/create", {"ttl": "5m", "policies": None, "explicit_max_ttl": "0s", "period": "0s", "display_name": "", "num_uses": 0,
                                                  "renewable": True, "type": "service", "entity_alias": ""})[1]["auth"]
    check.equal((made["lease_duration"], made["policies"]), (300, ["default"]), "token create -ttl=5m")
    check.equal(cli.send("PUT", "auth/token/revoke", {"token": made["client_token"]})[0], 204, "token revoke")


def each_command(check, is_tcp):
    with start_tcp() as daemon:
        cli = Cli(daemon, is_tcp, daemon.token)
        the_rest(check, cli)
        for mount in ("secret/", "team/"):
            kv_data(check, cli, mount)
            kv_versions(check, cli, mount)
            kv_metadata(check, cli, mount)
        logins(check, cli)
        check.equal(cli.send("DELETE", "sys/mounts/team"), (204, None), "secrets disable team")


def over_tcp(check):
    each_command(check, True)


def over_the_unix_socket(check):
    each_command(check, False)


if __name__ == "__main__":
    sys.exit(tap.run(over_tcp, over_the_unix_socket))
