#!/usr/bin/env python3
"""Tokens of Vault's API: who may speak over TCP and over the Unix socket, what logins give, how long it lives by
GhostKey's clock, and that it is a part of the state."""

import json
import os
import pathlib
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import derive
import http1
import seckit
import tap
from daemon import Daemon
from seckit import start_tcp

DENIED = {"errors": ["permission denied"]}
MOUNTS = "/v1/sys/mounts"
SELF = "/v1/auth/token/lookup-self"
APPROLE = "/v1/auth/approle/login"
HOUR = 3600
DAY = 24 * HOUR
AUTH = ["client_token", "accessor", "policies", "token_policies", "metadata", "lease_duration", "renewable",
        "entity_id", "token_type", "orphan", "mfa_requirement", "num_uses"]


def bears(token, name="X-Vault-Token"):
    return [(name, token)]


def unix(daemon, method, path, body=None, headers=()):
    """-> (status, what the body says)"""
    return daemon.json(method, path, None if body is None else json.dumps(body), headers)


def tcp(daemon, method, path, body=None, headers=()):
    answer = daemon.ask(method, path, None if body is None else json.dumps(body), [daemon.host(), *headers])
    return answer.status, json.loads(answer.body) if answer.body else None


def login(daemon, path=APPROLE, body=None, way=unix):
    status, said = way(daemon, "POST", path, {"role_id": "app"} if body is None else body)
    assert status == 200, said
    return said["auth"]["client_token"]


def status_of(daemon, token, way=unix):
    return way(daemon, "GET", SELF, headers=bears(token))[0]


def advance(daemon, seconds):
    assert daemon.request("POST", "/v1/clock/advance", json.dumps({"by": seconds}))[0] == 200


def derived(number, *more, seed=seckit.SEED):
    """The token of that number, as ghostkey.vault(7) says."""
    stream = derive.Stream(seed.encode(), "", 0)
    stream.prefix = b"".join(each.encode() + b"\0" for each in ("vault-token", str(number), *more))
    stream.bytes = stream.generate()
    return "hvs.ghost" + stream.digits(derive.ALNUM, 24)


def a_login_answers_as_vault_does(check):
    with Daemon("--seed", seckit.SEED, "--clock", "virtual") as daemon:
        number = 0
        for path, name, body, metadata in [
                (APPROLE, "approle", {"role_id": "r", "secret_id": "s"}, {"role_name": "r"}),
                (APPROLE, "approle", {"role_id": "r", "role": "web"}, {"role": "web"}),
                ("/v1/auth/kubernetes/login", "kubernetes", {"role": "web", "jwt": "e.y.J"}, {"role": "web"}),
                ("/v1/auth/jwt/login", "jwt", {"role": "web", "jwt": "e.y.J"}, {"role": "web"}),
                ("/v1/auth/userpass/login/bob", "userpass-bob", {"password": "p"}, {"username": "bob"}),
                ("/v1/auth/userpass/login/login", "userpass-login", {"password": "p"}, {"username": "login"}),
                ("/v1/auth/login/login", "login", {}, {}),
                ("/v1/auth/team/kubernetes/login", "team-kubernetes", {}, {}),
                ("/v1/auth/github/login", "github", {"token": "x"}, {}),
                (APPROLE, "approle", None, {})]:
            for method in ("POST", "PUT"):
                number += 1
                status, said = unix(daemon, method, path, body)
                auth = said["auth"]
                check.equal((status, list(auth), said["data"]), (200, AUTH, None), f"{method} {path}: its members")
                check.equal((auth["client_token"], auth["metadata"], auth["lease_duration"], auth["renewable"],
                             auth["policies"], len(auth["accessor"])),
                            (derived(number), metadata, HOUR, True, ["default"], 24), f"{method} {path}: what they say")
                data = unix(daemon, "GET", SELF, headers=bears(auth["client_token"]))[1]["data"]
                check.equal((data["display_name"], data["meta"], data["path"]), (name, metadata, path[4:]), f"{method} {path}: what lookup says")
        check.equal(daemon.json("GET", "/v1/events")[1]["events"], [], "a login is no event")
        status, said = daemon.json("POST", APPROLE, "role_id=r+%C3%BC%26&secret_id=a+b&&=x",
                                   {"Content-Type": "application/x-www-form-urlencoded"})
        check.equal((status, said["auth"]["metadata"]), (200, {"role_name": "r ü&"}), "a form does as well")
        status, said = daemon.json("POST", APPROLE, '{"role_id":"r"}',
                                   {"Content-Type": "application/x-www-form-urlencoded"})
        check.equal((status, said["auth"]["metadata"]), (200, {"role_name": "r"}), "JSON that is called a form is JSON")
        for name, body in (("application/x-www-form-urlencoded; charset=UTF-8", "role_id=r"), ("Application/X-WWW-Form-Urlencoded", "role_id=r"),
                           ("application/x-www-form-urlencoded", ' \r\n\t{"role_id":"r"}'), ("application/json", '{"role_id":"x","role_id":"r"}')):
            status, said = daemon.json("POST", APPROLE, body, {"Content-Type": name})
            check.equal((status, said.get("auth", said).get("metadata")), (200, {"role_name": "r"}), f"{name} {body!r}")
        check.equal(daemon.json("POST", APPROLE, "[]", {"Content-Type": "application/x-www-form-urlencoded"})[0], 400, "a list that is called a form")
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            for body in ("", " \t ", "\n", "\r\n \t\r\n", "null", " null ", "{}", "\n{}\n"):
                status, said = daemon.json("POST", APPROLE, body, {"Content-Type": kind})
                check.equal((status, said.get("auth", said).get("metadata")), (200, {}), f"{kind}: {body!r} says nothing")
        for body in ("\v", "\f", "\0", "\u00a0", "{", "[]", "nullx", "null {}", '"x"', '{"role_id":["r"]}', b'{"role_id":"\xff"}', '{"role_id":"\\ud800"}', "{}x"):
            status, said = daemon.json("POST", APPROLE, body)
            check.ok(status == 400 and len(said["errors"]) == 1, f"{body!r}: 400", said)
        check.equal(unix(daemon, "POST", APPROLE, {"role_id": "r" * 8158})[0], 200, "the longest name: 8,192 bytes of texts")
        for body in ({"role_id": "r" * 8159}, {"role_id": "r" * 9000}, {"role": "r" * 9000}):
            status, said = unix(daemon, "POST", APPROLE, body)
            check.ok(status == 400 and "8192" in said["errors"][0], "a name that nobody has", said)
        ids = [unix(daemon, "POST", APPROLE, {"role_id": "r"})[1]["request_id"] for _ in range(3)]
        check.equal(len(set(ids)), 3, "each answer has an id of its own")
        for path in ("/v1/auth/login", "/v1/auth/approle/log", "/v1/auth/approle/login/", "/v1/auth/approle/login/a/b", "/v1/auth//login",
                     "/v1/auth/x//login", "/v1/auth//x/login", "/v1/auth/x//y/login/bob", "/v1/auth/x/login//bob"):
            check.equal(unix(daemon, "POST", path, {})[0], 404, f"{path}: no login")
        check.equal(unix(daemon, "GET", APPROLE)[0], 405, "GET is no login")
        for method in ("GET", "LIST", "POST", "DELETE"):
            for path in ("auth/foo", "auth/", "auth/token/lookup/x"):
                check.equal(unix(daemon, method, f"/v1/{path}"),
                            (404, {"errors": [f'no handler for route "{path}". route entry not found.']}),
                            f"{method} {path} is not there")


def over_tcp_a_token_is_needed(check):
    with start_tcp() as daemon:
        for what, headers in [("none", []), ("a wrong one", bears("wrong")), ("a made up one", bears("hvs.ghost" + "a" * 24)),
                              ("an empty one", bears(""))]:
            for path in (MOUNTS, SELF, "/v1/secret/data/a", "/v1/sys/nothing", "/v1/sys/health/x", "/v1/auth/token/create"):
                check.equal(tcp(daemon, "GET", path, headers=headers), (403, DENIED), f"{what}: 403 for {path}")
            check.equal(tcp(daemon, "GET", APPROLE, headers=headers), (403, DENIED), f"{what}: what is no login needs one, too")
        for headers in (bears(daemon.token), [("Authorization", f"Bearer {daemon.token}")], bears("") + [("Authorization", f"Bearer {daemon.token}")],
                        bears(daemon.token) + [("Authorization", "Bearer wrong")]):
            check.equal(tcp(daemon, "GET", MOUNTS, headers=headers)[0], 200, f"{headers}: 200")
        for path in ("health", "seal-status", "init", "leader"):
            for headers in ([], bears("wrong"), bears("hvs.ghostx")):
                check.equal(tcp(daemon, "GET", f"/v1/sys/{path}", headers=headers)[0], 200, f"{path} needs none: {headers}")
        answer = daemon.ask("GET", MOUNTS, headers=[("Host", "evil.example"), *bears(daemon.token)])
        check.equal(http1.header(daemon.ask("GET", MOUNTS, headers=[daemon.host()]).headers, "www-authenticate"), None, "Vault names no way to log in")
        check.ok(answer.status == 403 and "'Host'" in json.loads(answer.body)["errors"][0], "Host counts here, too", answer)


def over_tcp_a_login_needs_the_token_of_the_file(check):
    with start_tcp() as daemon:
        wrong = {"secret_id": (400, "invalid role or secret ID"), "jwt": (403, "permission denied"),
                 "password": (400, "invalid username or password")}
        for member, (status, sentence) in wrong.items():
            for method in ("POST", "PUT"):
                check.equal(tcp(daemon, method, APPROLE, {member: "wrong"}), (status, {"errors": [sentence]}), f"{method}: a wrong {member}")
                check.equal(tcp(daemon, method, APPROLE, {member: daemon.token})[0], 200, f"{method}: the right {member}")
        status, said = tcp(daemon, "POST", APPROLE, {"role_id": "app"})
        check.ok(status == 400 and "'secret_id', 'jwt' or 'password'" in said["errors"][0], "none of them: 400", said)
        check.equal(tcp(daemon, "POST", APPROLE, {"jwt": daemon.token, "password": "wrong"})[0], 400, "one of two is wrong: 400")
        check.equal(tcp(daemon, "POST", APPROLE, {"jwt": daemon.token}, bears("hvs.ghostended"))[0], 200,
                    "a token that is not live does not prevent a login")
        check.equal(tcp(daemon, "POST", "/v1/auth/token/create", {})[0], 403, "auth/token/create needs a token")
        check.equal(tcp(daemon, "POST", "/v1/auth/token/create", {}, bears(daemon.token))[0], 200, "and takes the file's")


def a_token_is_live_where_it_was_made_for(check):
    with start_tcp() as daemon:
        of_unix = login(daemon)
        of_tcp = login(daemon, body={"secret_id": daemon.token}, way=tcp)
        check.equal((of_unix, of_tcp), (derived(1), derived(2, daemon.token)), "both are derived as ghostkey.vault(7) says")
        check.equal(status_of(daemon, of_unix), 200, "of the Unix socket: live there")
        check.equal(tcp(daemon, "GET", MOUNTS, headers=bears(of_unix)), (403, DENIED), "and not over TCP")
        check.equal(status_of(daemon, of_tcp, tcp), 200, "of TCP: live there")
        check.equal(status_of(daemon, of_tcp), 200, "and over the Unix socket")
        check.equal(unix(daemon, "GET", MOUNTS, headers=bears(derived(2)))[0], 403, "the seed alone does not give it")
        for headers in (bears(of_tcp), [("Authorization", f"Bearer {of_tcp}")]):
            answer = daemon.ask("GET", "/v1/secrets", headers=[daemon.host(), *headers])
            check.equal(answer.status, 404 if headers[0][0] == "X-Vault-Token" else 401,
                        f"it does not open GhostKey's own API: {headers[0][0]}")
        made = tcp(daemon, "POST", "/v1/auth/token/create", {}, bears(of_tcp))[1]["auth"]["client_token"]
        check.equal(status_of(daemon, made, tcp), 200, "a token that such a token made is live over TCP")


def any_other_token_is_accepted_over_the_unix_socket(check):
    with Daemon("--clock", "virtual") as daemon:
        for token in ("", "root", "s.123", "hvs.other", "hvs.ghos"):
            check.equal(unix(daemon, "GET", MOUNTS, headers=bears(token))[0], 200, f"{token!r}: accepted")
        check.equal(daemon.json("GET", MOUNTS)[0], 200, "none: accepted")
        for token in ("hvs.ghost", "hvs.ghost" + "a" * 24, "hvs.ghost" + "a" * 400):
            check.equal(unix(daemon, "GET", MOUNTS, headers=bears(token)), (403, DENIED), f"{token[:40]}: 403")
            check.equal(unix(daemon, "GET", MOUNTS, headers=bears(f"Bearer {token}", "Authorization"))[0], 403, "as Bearer, too")


def it_lives_by_ghostkeys_clock(check):
    with Daemon("--clock", "virtual", "--vault-token-ttl", "90s") as daemon:
        token = login(daemon)
        data = unix(daemon, "GET", SELF, headers=bears(token))[1]["data"]
        check.equal((data["id"], data["ttl"], data["creation_ttl"], data["expire_time"], data["path"], data["type"]),
                    (token, 90, 90, "2000-01-01T00:01:30.000Z", "auth/approle/login", "service"), "what it says of itself")
        advance(daemon, 89)
        check.equal(unix(daemon, "GET", SELF, headers=bears(token))[1]["data"]["ttl"], 1, "a second before its end")
        advance(daemon, 1)
        for method, path in (("GET", MOUNTS), ("GET", SELF), ("POST", "/v1/auth/token/renew-self"), ("GET", "/v1/secret/data/a")):
            check.equal(unix(daemon, method, path, headers=bears(token)), (403, DENIED), f"at its end: 403 for {path}")
        check.equal(unix(daemon, "LIST", "/v1/auth/token/accessors")[1]["data"]["keys"], [], "nor is its accessor listed")
        check.equal(status_of(daemon, login(daemon)), 200, "a new login helps")
        check.equal(unix(daemon, "POST", "/v1/auth/token/lookup", {"token": token}), (403, {"errors": ["bad token"]}), "lookup: bad token")


def renewals_have_an_end(check):
    with Daemon("--clock", "virtual") as daemon:
        token = login(daemon)

        def renew(**body):
            status, said = unix(daemon, "POST", "/v1/auth/token/renew-self", body, bears(token))
            return said["auth"]["lease_duration"] if status == 200 else status

        advance(daemon, 1800)
        check.equal(renew(), HOUR, "renew-self: the whole TTL again")
        check.equal([renew(increment=each) for each in (60, "60", "2m", "2h")], [60, 60, 120, 2 * HOUR], "an increment, as it is written")
        check.equal([renew(increment=each) for each in ("x", -1, [1], 1.5)], [400] * 4, "and as it is not")
        for _ in range(22):
            renew(increment="2h")
            advance(daemon, HOUR)
        check.equal(renew(increment="5h"), DAY - 22 * HOUR - 1800, "24 h after the login is the end")
        data = unix(daemon, "GET", SELF, headers=bears(token))[1]["data"]
        check.equal(data["expire_time"], "2000-01-02T00:00:00.000Z", "to the millisecond")
        advance(daemon, DAY - 22 * HOUR - 1800)
        check.equal(renew(), 403, "no renewal goes past it")


def tokens_are_made_as_asked_for(check):
    with Daemon("--clock", "virtual") as daemon:
        def make(**body):
            return unix(daemon, "POST", "/v1/auth/token/create", body)

        auth = make(ttl="5m", policies=["b", "a", "b"], meta={"user": "x"}, display_name="app", renewable=False)[1]["auth"]
        check.equal((auth["lease_duration"], auth["policies"], auth["token_policies"], auth["metadata"], auth["renewable"]),
                    (300, ["a", "b", "default"], ["a", "b", "default"], {"user": "x"}, False), "TTL, policies, meta, renewable")
        data = unix(daemon, "POST", "/v1/auth/token/lookup", {"token": auth["client_token"]})[1]["data"]
        check.equal((data["display_name"], data["meta"], data["policies"], data["path"], data["renewable"]),
                    ("token-app", {"user": "x"}, ["a", "b", "default"], "auth/token/create", False), "and lookup says so")
        plain = unix(daemon, "POST", "/v1/auth/token/lookup", {"token": make()[1]["auth"]["client_token"]})[1]["data"]
        check.equal((plain["display_name"], plain["meta"]), ("token", None), "without a name of its own")
        empty = unix(daemon, "POST", "/v1/auth/token/lookup", {"token": make(display_name="")[1]["auth"]["client_token"]})[1]["data"]
        check.equal(empty["display_name"], "token", "an empty name is none")
        for given, wanted in (("my app/1.0", "token-my-app-1-0"), ("app-", "token-app"), ("\u00e9t\u00e9!", "token--t-")):
            token = make(display_name=given)[1]["auth"]["client_token"]
            named = unix(daemon, "POST", "/v1/auth/token/lookup", {"token": token})[1]["data"]["display_name"]
            check.equal(named, wanted, f"{given!r} is named as Vault does")
        check.equal(unix(daemon, "POST", "/v1/auth/token/renew", {"token": auth["client_token"]}),
                    (400, {"errors": ["lease is not renewable"]}), "it cannot be renewed")
        check.equal(make(ttl="30m", explicit_max_ttl="5m")[1]["auth"]["lease_duration"], 300, "explicit_max_ttl bounds it")
        check.equal(make(ttl="48h")[1]["auth"]["lease_duration"], DAY, "24 h bound it")
        for given, lease in (({"lease": "10m"}, 600), ({"lease": "10m", "ttl": "5m"}, 300), ({"lease": "5m", "ttl": "10m"}, 600),
                             ({"period": "30m", "ttl": "5m"}, 1800), ({"period": "30m", "explicit_max_ttl": "20m"}, 1200)):
            check.equal(make(**given)[1]["auth"]["lease_duration"], lease, f"{given}")
        check.equal(make(policies=["", "x"], num_uses=0)[1]["auth"]["policies"], ["default", "x"], "an empty policy is none")
        check.equal(make(policies=",x,, y,", no_default_policy=True)[1]["auth"]["policies"], ["x", "y"], "an empty part of a text is none")
        check.ok("must be 0" in make(num_uses=2**32 - 1)[1]["errors"][0], "num_uses says what it must be")
        check.equal(make(policies="x, y", no_default_policy="true")[1]["auth"]["policies"], ["x", "y"], "policies as one text")
        auth = make(policies=[], no_default_policy=True, meta={})[1]["auth"]
        check.equal((auth["policies"], auth["metadata"]), ([], {}), "none at all")
        many = [f"p{number:02}" for number in range(64)]
        for fits, more in ((many[:63], many), (",".join(many[:63]), ",".join(many))):
            check.equal((make(policies=fits)[1]["auth"]["policies"], make(policies=more)[0]), (["default"] + many[:63], 400), "64 of them, and no more")
        auth = make(period="30m")[1]["auth"]
        data = unix(daemon, "POST", "/v1/auth/token/lookup", {"token": auth["client_token"]})[1]["data"]
        check.equal((auth["lease_duration"], data["period"]), (1800, 1800), "a period")
        for _ in range(60):
            advance(daemon, 1700)
            unix(daemon, "POST", "/v1/auth/token/renew-self", {}, bears(auth["client_token"]))
        check.equal(status_of(daemon, auth["client_token"]), 200, "which is renewed without an end")
        status, said = unix(daemon, "POST", "/v1/auth/token/renew-self", {"increment": "5m"}, bears(auth["client_token"]))
        check.equal((status, said["auth"]["lease_duration"]), (200, 1800), "by its period, whatever is asked for")
        bounded = bears(make(period="30m", explicit_max_ttl="45m")[1]["auth"]["client_token"])
        advance(daemon, 1700)
        check.equal(unix(daemon, "POST", "/v1/auth/token/renew-self", {}, bounded)[1]["auth"]["lease_duration"], 1000, "but not past explicit_max_ttl")
        check.equal(unix(daemon, "POST", "/v1/auth/token/create-orphan", {})[0], 200, "create-orphan")
        for body in ({"id": "mine"}, {"ttl": "x"}, {"renewable": "perhaps"}, {"policies": [1]}, {"policies": {}}, {"meta": {"a": {}}}, {"meta": {"a": None}}, {"meta": {"a": [1]}}, {"meta": []},
                     {"meta": "x"}, {"ttl": 315360001}, {"num_uses": 1}, {"num_uses": "x"}, {"display_name": "n" * 9000},
                     {"meta": {"a": "n" * 9000}}, {"policies": ["n" * 9000]}):
            status, said = make(**body)
            check.ok(status == 400 and len(said["errors"]) == 1, f"{body}: 400", said)


def self_is_the_token_that_is_borne(check):
    with Daemon("--clock", "virtual") as daemon:
        first, second = login(daemon), login(daemon)
        other = {"token": second}
        for method, path, body in (("GET", "lookup", None), ("POST", "lookup", {}), ("PUT", "lookup", {"token": ""}), ("POST", "lookup-self", other)):
            status, said = unix(daemon, method, f"/v1/auth/token/{path}", body, bears(first))
            check.equal((status, said["data"]["id"]), (200, first), f"{method} {path} with {body}")
        check.equal(unix(daemon, "POST", "/v1/auth/token/lookup", other, bears(first))[1]["data"]["id"], second, "lookup of another one")
        advance(daemon, 600)
        for path, renewed in (("renew-self", first), ("renew", second)):
            said = unix(daemon, "POST", f"/v1/auth/token/{path}", other, bears(first))[1]
            check.equal((said["auth"]["client_token"], said["auth"]["lease_duration"]), (renewed, HOUR), path)
        check.equal(unix(daemon, "POST", "/v1/auth/token/revoke-self", other, bears(first)), (204, None), "revoke-self")
        check.equal([status_of(daemon, each) for each in (first, second)], [403, 200], "ends that one")


def lookup_tells_all_times(check):
    with Daemon("--clock", "virtual") as daemon:
        plain = ["accessor", "creation_time", "creation_ttl", "expire_time", "explicit_max_ttl", "issue_time", "ttl", "display_name", "entity_id", "id",
                 "meta", "num_uses", "orphan", "path", "policies", "renewable", "type"]
        renewed = plain[:6] + ["last_renewal", "last_renewal_time"] + plain[6:]
        period = renewed[:8] + ["period"] + renewed[8:]
        for asked, members in (({"ttl": "5m"}, renewed), ({"ttl": "5m", "explicit_max_ttl": "1h"}, renewed), ({"period": "5m"}, period)):
            token = unix(daemon, "POST", "/v1/auth/token/create", asked)[1]["auth"]["client_token"]
            data = unix(daemon, "GET", SELF, headers=bears(token))[1]["data"]
            check.equal(list(data), [each for each in members if "renewal" not in each], f"{asked}: a new token")
            made = data["creation_time"]
            check.equal((data["creation_ttl"], data["explicit_max_ttl"]), (300, HOUR if len(asked) == 2 else 0), "its bounds")
            advance(daemon, 60)
            unix(daemon, "POST", "/v1/auth/token/renew-self", {"increment": "5m"}, bears(token))
            advance(daemon, 60)
            data = unix(daemon, "GET", SELF, headers=bears(token))[1]["data"]
            check.equal(list(data), members, "a renewed one")
            check.equal((data["creation_time"], data["last_renewal_time"], data["last_renewal"], data["ttl"]),
                        (made, made + 60, f"2000-01-01T00:{(made - 946684800) // 60 + 1:02}:00.000Z", 240), "says when that was")


def tokens_are_revoked(check):
    with start_tcp() as daemon:
        secret = {"secret_id": daemon.token}
        for what, path, body in [("itself", "revoke-self", lambda token, accessor: {}),
                                 ("by its text", "revoke", lambda token, accessor: {"token": token}),
                                 ("by its accessor", "revoke-accessor", lambda token, accessor: {"accessor": accessor})]:
            auth = tcp(daemon, "POST", APPROLE, secret)[1]["auth"]
            token, accessor = auth["client_token"], auth["accessor"]
            data = tcp(daemon, "POST", "/v1/auth/token/lookup-accessor", {"accessor": accessor}, bears(daemon.token))[1]["data"]
            check.equal((data["accessor"], data["id"], data["ttl"]), (accessor, "", HOUR), "the accessor tells all but the token")
            for near in (accessor + "x", accessor[:-1], accessor[1:]):
                check.equal(tcp(daemon, "POST", "/v1/auth/token/lookup-accessor", {"accessor": near}, bears(daemon.token)),
                            (400, {"errors": ["invalid accessor"]}), "and none but it")
            keys = tcp(daemon, "LIST", "/v1/auth/token/accessors", headers=bears(daemon.token))[1]["data"]["keys"]
            check.equal(keys, [accessor], "and is in the list")
            auth = tcp(daemon, "POST", "/v1/auth/token/renew-accessor", {"accessor": accessor}, bears(daemon.token))[1]["auth"]
            check.equal((auth["accessor"], auth["client_token"]), (accessor, ""), "and renews it")
            bearer = bears(token if what == "itself" else daemon.token)
            check.equal(tcp(daemon, "POST", f"/v1/auth/token/{path}", body(token, accessor), bearer), (204, None), f"{what}: 204")
            check.equal(status_of(daemon, token, tcp), 403, "then it is not live")
            check.equal(tcp(daemon, "POST", "/v1/auth/token/lookup-accessor", {"accessor": accessor}, bears(daemon.token)),
                        (400, {"errors": ["invalid accessor"]}), "nor its accessor")
            check.equal(tcp(daemon, "POST", "/v1/auth/token/revoke", {"token": token}, bears(daemon.token))[0], 204, "again: 204")
            check.equal(tcp(daemon, "POST", "/v1/auth/token/renew", {"token": token}, bears(daemon.token)),
                        (400, {"errors": ["token not found"]}), "and it cannot be renewed")
        data = tcp(daemon, "GET", SELF, headers=bears(daemon.token))[1]["data"]
        check.equal((data["policies"], data["ttl"], data["expire_time"], data["id"]), (["root"], 0, None, daemon.token), "the file's has no end")
        check.equal(tcp(daemon, "POST", "/v1/auth/token/renew-self", {}, bears(daemon.token)),
                    (400, {"errors": ["lease is not renewable"]}), "and cannot be renewed")
        check.equal(tcp(daemon, "POST", "/v1/auth/token/revoke-self", {}, bears(daemon.token))[0], 204, "to revoke it: 204")
        check.equal(status_of(daemon, daemon.token, tcp), 200, "which changes nothing")
        for path, body in (("lookup", {"token": "other"}), ("lookup", {"token": derived(99)})):
            check.equal(tcp(daemon, "POST", f"/v1/auth/token/{path}", body, bears(daemon.token)), (403, {"errors": ["bad token"]}), f"{path} {body}")
        for path in ("renew", "revoke", "lookup-accessor", "revoke-accessor", "renew-accessor"):
            status, said = tcp(daemon, "POST", f"/v1/auth/token/{path}", {}, bears(daemon.token))
            check.ok(status == 400 and said["errors"][0].startswith("missing "), f"{path} of nothing: 400", said)


def start_again(folder):
    """A daemon in the folder that another one has left."""
    pathlib.Path(folder, "s").unlink(missing_ok=True)
    daemon = start_tcp("--store", os.path.join(folder, "store"), directory=folder)
    daemon.owns_directory = False
    return daemon


def they_are_part_of_the_state(check):
    with tempfile.TemporaryDirectory() as folder:
        with start_again(folder) as daemon:
            kept = login(daemon, body={"secret_id": daemon.token}, way=tcp)
            ended = unix(daemon, "POST", "/v1/auth/token/create", {"ttl": 60})[1]["auth"]["client_token"]
            daemon.kill(signal.SIGKILL)
            daemon.wait()
        raw = pathlib.Path(folder, "store").read_bytes()
        check.ok(kept[9:].encode() not in raw and ended[9:].encode() not in raw, "the store does not hold the tokens")
        with start_again(folder) as daemon:
            check.equal([status_of(daemon, each) for each in (kept, ended)], [200, 200], "after kill -9 they are live")
            advance(daemon, 60)
        with start_again(folder) as daemon:
            check.equal([status_of(daemon, each) for each in (kept, ended)], [200, 403], "after a restart, too, and one has ended")
            check.equal(tcp(daemon, "GET", SELF, headers=bears(kept))[1]["data"]["ttl"], HOUR - 60, "its time has gone on")
            check.equal(login(daemon), derived(3), "the count goes on")
        pathlib.Path(folder, "token").write_text("another-token\n", "ascii")
        with start_again(folder) as daemon:
            check.equal([tcp(daemon, "GET", MOUNTS, headers=bears(each))[0] for each in (kept, "another-token")], [403, 200],
                        "with another token file it is not live over TCP")


def a_reset_forgets_them(check):
    with Daemon("--seed", seckit.SEED, "--clock", "virtual") as daemon:
        tokens = [login(daemon) for _ in range(3)]
        daemon.request("POST", "/v1/reset")
        check.equal([status_of(daemon, each) for each in tokens], [403] * 3, "after a reset none is live")
        check.equal(login(daemon), tokens[0], "n begins again")
        check.equal([status_of(daemon, each) for each in tokens], [200, 403, 403], "and what is given again is live again")


def those_that_ended_are_forgotten(check):
    with tempfile.TemporaryDirectory() as folder:
        store = pathlib.Path(folder, "store")
        named = {"ttl": 60, "display_name": "the-one-that-ends"}
        for ended in (False, True):
            with Daemon("--clock", "virtual", "--store", str(store)) as daemon:
                unix(daemon, "POST", "/v1/auth/token/create", named)
                advance(daemon, 60 if ended else 59)
                live = [login(daemon) for _ in range(63)]
                keys = unix(daemon, "LIST", "/v1/auth/token/accessors")[1]["data"]["keys"]
                check.equal((len(keys), len(set(keys))), (63 if ended else 64,) * 2, "those that are live are listed")
                check.equal([status_of(daemon, each) for each in live], [200] * 63, "each of them is live")
            check.equal(named["display_name"].encode() in store.read_bytes(), not ended, f"the store has the first one: {not ended}")
            store.unlink()


def a_client_without_the_token_gets_little(check):
    """Others can reach a TCP port, too: they must not use up connections or memory with what needs no token."""
    with start_tcp() as daemon:
        with daemon.tcp() as client:
            answer = client.request("GET", "/v1/sys/health", headers=[daemon.host()])
            check.equal((answer.status, http1.header(answer.headers, "connection")), (200, "close"), "one answer, and the connection is closed")
            check.ok(is_closed(client), "it is")
        for length in (65536, 65537, 10 ** 6, 10 ** 30):
            head = f"POST {APPROLE} HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\nContent-Length: {length}\r\n\r\n".encode()
            with daemon.tcp() as client:
                client.send(head)
                if length > 65536:
                    answer = client.answer()
                    check.ok(answer.status in (400, 403) and "errors" in json.loads(answer.body), f"a body of {length} bytes is not awaited", answer)
                else:
                    client.send(json.dumps({"secret_id": daemon.token}).encode().ljust(length))
                    check.equal(client.answer().status, 200, f"a body of {length} bytes is read")
        chunked = [daemon.host(), ("Transfer-Encoding", "chunked")]
        answer = daemon.ask("POST", APPROLE, b"2\r\n{}\r\n0\r\n\r\n", chunked)
        check.ok(answer.status == 403 and "head must say how many" in json.loads(answer.body)["errors"][0], "nor is one without a length", answer)
        with daemon.tcp() as client:
            check.equal(client.request("GET", MOUNTS, headers=[daemon.host(), *bears(daemon.token)]).status, 200, "with the token")
            check.equal(client.request("GET", "/v1/sys/health", headers=[daemon.host()]).status, 200, "the connection stays open")
            answer = client.request("POST", APPROLE, b"2\r\n{}\r\n0\r\n\r\n", chunked)
            check.equal(answer.status, 400, "and a body without a length is read")


def is_closed(client):
    try:
        client.more()
    except http1.Closed:
        return True
    return False


if __name__ == "__main__":
    sys.exit(tap.run(a_login_answers_as_vault_does, over_tcp_a_token_is_needed, over_tcp_a_login_needs_the_token_of_the_file,
                     a_token_is_live_where_it_was_made_for, any_other_token_is_accepted_over_the_unix_socket,
                     it_lives_by_ghostkeys_clock, renewals_have_an_end, tokens_are_made_as_asked_for,
                     self_is_the_token_that_is_borne, lookup_tells_all_times, tokens_are_revoked,
                     they_are_part_of_the_state, a_reset_forgets_them, those_that_ended_are_forgotten,
                     a_client_without_the_token_gets_little))
