#!/usr/bin/env python3
"""The stores in fixtures/stores, which earlier versions of GhostKey made, are opened with all that was in them;
those of formats 1 to 3, which were kept in another way, are refused with what to do, and left as they are.

    test_stores.py FOLDER        tests them all
    test_stores.py FOLDER make   makes those of a new format or layout; refuses to make any anew"""

import ast
import base64
import json
import os
import pathlib
import re
import signal
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
import tap
from statekit import Daemon, Place, ask, dump, put, versions

FOLDER = pathlib.Path(sys.argv[1])
KINDS = ("closed", "killed", "sealed", "memfd")
SEED = ("--seed", "fixture", "--clock", "virtual", "--keep-versions", "3")
KEY = bytes(range(32))


def fill(connection):
    """Something of each kind that a store can hold."""
    def change(method, target, body=None):
        answer = ask(connection, method, target, body)
        assert answer[0] == 200, (method, target, answer)

    def put_secret(name, value, **more):
        change("PUT", f"/v1/secrets/{name}", put(value, **more))

    hexes = {"strategy": "hex", "length": 12, "on_expiry": True}
    put_secret("plain", "one value")
    for number in range(5):
        put_secret("versions", f"value {number}")
    put_secret("labelled", "x", labels={"team": "core", "tier": "1"}, env="LABELLED_ENV")
    change("PUT", "/v1/secrets/binary",
           json.dumps({"value_base64": base64.b64encode(b"\x00\xff\r\n").decode()}))
    put_secret("large", "large " * 700)
    put_secret("due", "x", ttl=3600)
    put_secret("fired", "x", ttl=60)
    put_secret("rotating", "x", ttl=100, rotation=hexes)
    put_secret("by/cycle", "x", rotation={"strategy": "cycle", "values": ["a", "b", "c"]})
    put_secret("by/template", "x", rotation={"strategy": "template", "template": "t-{alnum:9}"})
    for name in ("rotating", "by/cycle", "by/template"):
        change("POST", f"/v1/rotate/{name}")
    put_secret("gone", "never to be seen")
    change("DELETE", "/v1/secrets/gone")
    put_secret("back", "the first")
    change("DELETE", "/v1/secrets/back")
    put_secret("back", "the second")
    change("PATCH", "/v1/secrets/plain", json.dumps({"labels": {"patched": "yes"}}))
    put_secret("cleaned", "x", ttl=10)
    change("POST", "/v1/clock/advance", '{"by":250}')
    change("POST", "/v1/cleanup")
    put_secret("fired-again", "x", ttl=30)
    change("POST", "/v1/clock/advance", '{"by":31}')


def fill_stages(connection):
    """What layout 2 of a record has besides: stages, deletions that can be undone, descriptions."""
    def change(method, target, body=None):
        answer = ask(connection, method, target, body)
        assert answer[0] == 200, (method, target, answer)

    hexes = {"strategy": "hex", "length": 12, "grace": 90}
    for name in ("pending", "promoted", "rolled-back", "discarded"):
        change("PUT", f"/v1/secrets/{name}", put("first", rotation=hexes))
        change("POST", f"/v1/rotate/{name}", '{"pending":true}')
    change("POST", "/v1/clock/advance", '{"by":40}')
    change("POST", "/v1/promote/promoted")
    change("POST", "/v1/promote/rolled-back")
    change("POST", "/v1/promote/rolled-back", '{"version":1}')
    change("POST", "/v1/discard/discarded")
    change("POST", "/v1/rotate/discarded")
    change("PUT", "/v1/secrets/100%25!", put("x", description="names, too", labels={"long": "v" * 512}))
    for name in ("hidden", "brought-back", "over"):
        change("PUT", f"/v1/secrets/{name}", put("x", ttl=100))
        change("DELETE", f"/v1/secrets/{name}?recover={70 if name == 'over' else 7000}")
    change("POST", "/v1/restore/brought-back")
    change("POST", "/v1/clock/advance", '{"by":80}')


def ask_vault(connection, method, path, body=None):
    """-> what matters of the answer: not the number of the request"""
    answer = connection.request(method, f"/v1/{path}", None if body is None else json.dumps(body))
    said = json.loads(answer.body) if answer.body else {}
    return answer.status, said.get("data"), said.get("errors")


def ask_aws(connection, operation, **body):
    answer = connection.request("POST", "/", json.dumps(body), [
        ("X-Amz-Target", f"secretsmanager.{operation}"), ("Content-Type", "application/x-amz-json-1.1")])
    return answer.status, json.loads(answer.body)


def fill_apis(connection):
    """What layout 3 of a record has besides, made by clients of Vault and AWS; and what these APIs keep."""
    def vault(*request):
        answer = ask_vault(connection, *request)
        assert answer[0] in (200, 204), (request, answer)

    def aws(operation, **body):
        answer = ask_aws(connection, operation, **body)
        assert answer[0] == 200, (operation, answer)

    vault("POST", "secret/metadata/vault/bare", {"custom_metadata": {"team": "core"}})
    vault("POST", "secret/metadata/vault/kept", {"max_versions": 5, "cas_required": True,
                                                 "delete_version_after": "90s"})
    for number in range(6):
        vault("PUT", "secret/data/vault/kept", {"data": {"value": str(number)}, "options": {"cas": number}})
    vault("POST", "secret/destroy/vault/kept", {"versions": [3]})
    vault("DELETE", "secret/data/vault/kept")
    vault("POST", "sys/mounts/team", {"type": "kv", "options": {"version": "2"}})
    vault("PUT", "team/data/a%20b", {"data": {"value": "x"}})
    tokens = [str(number) * 32 for number in range(3)]
    aws("CreateSecret", Name="/aws/labels", SecretString="one", ClientRequestToken=tokens[0],
        Tags=[{"Key": "team", "Value": "core"}], KmsKeyId="alias/own")
    aws("PutSecretValue", SecretId="/aws/labels", SecretString="two", ClientRequestToken=tokens[1])
    aws("PutSecretValue", SecretId="/aws/labels", SecretString="three", ClientRequestToken=tokens[2],
        VersionStages=["AWSPENDING", "CUSTOM"])


def fill_rotations(connection):
    """What layout 4 of a record has besides: the last rotation, and that a client gave a version its id."""
    for number in range(3):
        answer = ask_aws(connection, *(("RotateSecret",) if number else ("CreateSecret",)),
                         **({"SecretId": "rotated/last"} if number else {"Name": "rotated/last", "SecretString": "x"}),
                         ClientRequestToken=str(number) * 32)
        assert answer[0] == 200, answer
    for number in range(4):
        ask_aws(connection, "PutSecretValue", SecretId="rotated/last", SecretString=str(number))


def rotations_go_on(connection):
    return json.dumps([ask_aws(connection, "DescribeSecret", SecretId="rotated/last")], indent=1)


def apis_go_on(connection):
    return json.dumps([
        ask_vault(connection, "GET", "secret/metadata/vault/kept"),
        ask_vault(connection, "PUT", "secret/data/vault/kept", {"data": {"value": "x"}}),
        ask_vault(connection, "PUT", "secret/data/vault/kept", {"data": {"value": "x"}, "options": {"cas": 6}}),
        ask_vault(connection, "GET", "secret/metadata/vault/bare"),
        ask_vault(connection, "GET", "team/data/a%20b"),
        ask_aws(connection, "DescribeSecret", SecretId="/aws/labels"),
        ask_aws(connection, "GetSecretValue", SecretId="/aws/labels", VersionStage="CUSTOM")], indent=1)


def everything(connection):
    return json.dumps({"all": json.loads(dump(connection)), "versions": versions(connection)}, indent=1)


def holds_all(seen, wanted):
    """Whether all that an earlier version told is told still; each document may have grown since."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return all(name in seen and holds_all(seen[name], value) for name, value in wanted.items())
    if isinstance(wanted, (list, tuple)) and isinstance(seen, (list, tuple)):
        return len(seen) == len(wanted) and all(map(holds_all, seen, wanted))
    if isinstance(wanted, (bytes, str)) and isinstance(seen, type(wanted)) and wanted[:1] in (b"{", "{"):
        return holds_all(json.loads(seen), json.loads(wanted))
    return seen == wanted


def holds_everything(seen, wanted):
    seen, wanted = json.loads(seen), json.loads(wanted)
    return holds_all(seen["all"], wanted["all"]) and \
        holds_all(ast.literal_eval(seen["versions"]), ast.literal_eval(wanted["versions"]))


def goes_on(connection):
    """Revisions, generations and versions are counted on, also of names that were deleted."""
    seen = []
    for method, target, body in (
            ("PUT", "/v1/secrets/gone", put("again")), ("POST", "/v1/rotate/rotating", None),
            ("POST", "/v1/rotate/by/template", None), ("DELETE", "/v1/secrets/versions", None),
            ("POST", "/v1/clock/advance", '{"by":4000}')):
        seen.append([method, target, *ask(connection, method, target, body)])
    return json.dumps([[*each[:3], each[3].decode()] for each in seen], indent=1)


def stages_go_on(connection):
    seen = []
    for method, target, body in (
            ("GET", "/v1/secrets?deleted=only", None), ("GET", "/v1/metadata/hidden", None),
            ("GET", "/v1/secrets/pending?stage=pending", None),
            ("POST", "/v1/verify/promoted", '{"value":"first"}'),
            ("POST", "/v1/promote/pending", None), ("POST", "/v1/rotate/rolled-back", None),
            ("POST", "/v1/rotate/discarded", None), ("GET", "/v1/metadata/discarded", None),
            ("POST", "/v1/restore/hidden", None), ("GET", "/v1/secrets/brought-back", None),
            ("PUT", "/v1/secrets/over", put("again")), ("POST", "/v1/clock/advance", '{"by":7000}'),
            ("POST", "/v1/reset", None), ("GET", "/v1/clock", None), ("GET", "/v1/secrets", None)):
        seen.append([method, target, *ask(connection, method, target, body)])
    return json.dumps([[*each[:3], each[3].decode()] for each in seen], indent=1)


STEPS = {"rotations": rotations_go_on, "then": goes_on, "apis": apis_go_on, "stages": stages_go_on}  # in this order


def now():
    """What the stores of this version are called: the formats of the file and of a record."""
    source = pathlib.Path(__file__).resolve().parent.parent.parent / "daemon/store"
    found = (re.search(r"^#define LAYOUT (\d+)", path.read_text("utf-8"), re.MULTILINE)
             for path in source.glob("*.[ch]"))
    return f"{statekit.FORMAT}.{next(match[1] for match in found if match)}"


class Store:
    """A daemon on one of the stores, at a place of its own."""

    def __init__(self, kind, content):
        self.kind, self.place, self.memfd = kind, Place(), None
        if kind == "memfd":
            self.memfd = open(os.memfd_create("ghostkey"), "w+b", buffering=0)
            self.memfd.write(content or b"")
        elif content is not None:
            with open(self.place.store, "wb") as store:
                store.write(content)
        with open(self.place.path("key"), "wb") as key:
            key.write(KEY)
        os.chmod(self.place.path("key"), 0o600)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.place.__exit__()
        if self.memfd:
            self.memfd.close()

    def start(self, *options):
        if self.memfd:
            self.place.end()
            self.place.daemon = Daemon(*options, state=self.memfd)
            return self.place.daemon
        return self.place.start(*options, *(["--store-key", self.place.path("key")]
                                            if self.kind == "sealed" else []))

    def content(self):
        if self.memfd:
            return os.pread(self.memfd.fileno(), os.fstat(self.memfd.fileno()).st_size, 0)
        return pathlib.Path(self.place.store).read_bytes()


def each_opens_with_all_that_was_in_it(check):
    names = [path.stem for path in sorted(FOLDER.glob("*.json"))]
    check.ok(now() in names, "there are those that are made now",
             f"{names}, not {now()}: make them, with README.md")
    for name in names:
        wanted = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
        for kind in KINDS:
            content = (FOLDER / f"{name}-{kind}").read_bytes()
            with Store(kind, content) as store:
                with store.start("--keep-versions", "3").connect() as connection:
                    seen = everything(connection)
                    check.ok(holds_everything(seen, wanted["holds"]),
                             f"{name}, {kind}: all that was in it is there", seen)
                    for step, then in STEPS.items():
                        if step not in wanted:
                            continue
                        if step in wanted:
                            seen = then(connection)
                            check.ok(holds_all(json.loads(seen), json.loads(wanted[step])),
                                     f"{name}, {kind}: and it goes on from there, {step}", seen)
                    end = everything(connection)
                store.place.daemon.stop()
                if kind != "memfd":
                    with store.start("--keep-versions", "3").connect() as connection:
                        check.ok(everything(connection) == end,
                                 f"{name}, {kind}: what was written then is kept")


def older_ones_are_refused_and_left(check):
    """Formats 1 to 3 differ in a record, and all begin with this page."""
    content = (FOLDER / "older-head").read_bytes() + bytes(8192)
    with Store("closed", content) as store:
        status, said = store.place.refused("--store", store.place.store)
        check.ok(status == 1 and "an older version of GhostKey" in said and store.place.store in said,
                 "a file is refused, with what to do", status, said)
        check.ok(store.content() == content, "and left as it is")
    with Store("memfd", content) as store:
        try:
            store.start()
            said = "it came up"
        except RuntimeError as error:
            said = str(error)
        check.ok("another version of GhostKey" in said, "a memfd is refused", said)
        check.ok(store.content() == content, "and left as it is")


def make(name):
    assert not (FOLDER / f"{name}.json").exists(), f"{name} is there, and is never made anew"
    for kind in KINDS:
        with Store(kind, None) as store:
            with store.start(*SEED).connect() as connection:
                fill(connection)
                fill_stages(connection)
                fill_apis(connection)
                fill_rotations(connection)
                holds = everything(connection)
            if kind == "closed":
                assert store.place.daemon.stop() == 0
            else:
                store.place.daemon.kill(signal.SIGKILL)
                store.place.daemon.wait()
            content = store.content()
            if kind in ("killed", "sealed"):  # most of the room that was allocated is left out
                content = content.rstrip(b"\0") + bytes(100)
            (FOLDER / f"{name}-{kind}").write_bytes(content)
            with store.start("--keep-versions", "3").connect() as connection:
                wanted = {"holds": everything(connection)}
                assert wanted["holds"] == holds
                wanted |= {step: then(connection) for step, then in STEPS.items()}
    (FOLDER / f"{name}.json").write_text(json.dumps(wanted, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    if sys.argv[2:3] == ["make"]:
        sys.exit(make(now()))
    sys.exit(tap.run(each_opens_with_all_that_was_in_it, older_ones_are_refused_and_left))
