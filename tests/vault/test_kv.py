#!/usr/bin/env python3
"""The KV engine of Vault's API, rule by rule (ghostkey.vault(7)), over HTTP written by hand."""

import json
import os
import subprocess
import sys

import vaultkit
from vaultkit import ENVELOPE, MERGE_PATCH, MISSING, START, Vault

import tap  # pylint: disable=wrong-import-order


# what Go's unicode.IsPrint refuses, and what it takes beside it
UNPRINTABLE = (0xa0, 0xad, 0x200b, 0x2028, 0x2029, 0x202e, 0xfeff, 0x61c, 0x1680, 0x2003, 0x202f, 0x2066, 0x3000, 0xe000,
               0xf8ff, 0xfdd0, 0xfffe, 0x1d173, 0x1ffff, 0xe0001, 0xe0020, 0xf0000, 0x10fffd)
UNPRINTABLE_RANGES = (
    (0x0, 0x1f), (0x7f, 0xa0), (0xad, 0xad), (0x600, 0x605), (0x61c, 0x61c), (0x6dd, 0x6dd), (0x70f, 0x70f), (0x890, 0x891), (0x8e2, 0x8e2),
    (0x1680, 0x1680), (0x180e, 0x180e), (0x2000, 0x200f), (0x2028, 0x202f), (0x205f, 0x206f), (0x3000, 0x3000), (0xd800, 0xf8ff),
    (0xfdd0, 0xfdef), (0xfeff, 0xfeff), (0xfff9, 0xfffb), (0xfffe, 0xffff), (0x110bd, 0x110bd), (0x110cd, 0x110cd), (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3), (0x1d173, 0x1d17a), (0x1fffe, 0x1ffff), (0x2fffe, 0x2ffff), (0x3fffe, 0xe007f), (0xefffe, 0x10ffff))
PRINTABLE = (0x20, 0x7e, 0xa1, 0xac, 0xae, 0x606, 0x2010, 0x2027, 0x2030, 0x3001, 0xd7a3, 0xf900, 0xfffc, 0xfffd, 0x1f511,
             0x20000, 0xe0100, 0xe01ef)


def version_of(number, custom=None, **more):
    return {"created_time": START, "deletion_time": "", "destroyed": False, "version": number,
            "custom_metadata": custom, **more}


def the_envelope(check):
    with Vault() as vault:
        vault.write("a", {"x": 1})
        status, headers, body = vault.request("GET", "/v1/secret/data/a")
        document = json.loads(body)
        check.equal(status, 200, "a read")
        check.equal(list(document), ENVELOPE, "the envelope has these members")
        check.equal({name: document[name] for name in ENVELOPE if name not in ("request_id", "data")},
                    {"lease_id": "", "renewable": False, "lease_duration": 0, "wrap_info": None, "warnings": None,
                     "auth": None}, "with these values")
        check.ok(len(document["request_id"]) == 36 and document["request_id"][14] == "4" and document["request_id"][19] in "89ab",
                 "and an id, a UUID", document["request_id"])
        again = json.loads(vault.request("GET", "/v1/secret/data/a")[2])
        check.equal(again["request_id"], document["request_id"], "which is made of what is asked and the state")
        other = json.loads(vault.request("GET", "/v1/secret/data/a?version=1")[2])
        check.ok(other["request_id"] != document["request_id"], "other questions have others")
        check.equal((headers["content-type"], headers["cache-control"]), ("application/json", "no-store"),
                    "the headers")
        status, headers, body = vault.request("HEAD", "/v1/secret/data/a")
        check.equal((status, body), (200, b""), "HEAD")
        status, headers, body = vault.request("DELETE", "/v1/secret/data/a")
        check.equal((status, body, "content-type" in headers, "content-length" in headers),
                    (204, b"", False, False), "a 204 has no body, nor says that it has one")


def reads_and_writes(check):
    with Vault() as vault:
        check.equal(vault.raw("GET", "secret/data/a"), (404, MISSING), "nothing is there")
        check.equal(vault.write("a", {"k": "1"}), (200, version_of(1)), "a write says its version")
        check.equal(vault.read("a"), (200, {"data": {"k": "1"}, "metadata": version_of(1)}), "which is read")
        vault.call("PUT", "secret/data/a", {"data": {"k": "2"}})
        check.equal(vault.read("a")[1]["data"], {"k": "2"}, "PUT writes, too")
        check.equal(vault.read("a", 1)[1]["data"], {"k": "1"}, "an older version")
        check.equal(vault.read("a", 0)[1]["data"], {"k": "2"}, "version 0 is the latest")
        check.equal(vault.call("GET", "secret/data/a?version=")[0], 200, "so is none")
        check.equal(vault.raw("GET", "secret/data/a?version=3"), (404, MISSING), "one that is not there")
        check.equal(vault.raw("GET", "secret/data/a?version=18446744073709551615"), (404, MISSING), "the largest that there could be")
        for given in ("x", "%zz", "1%zz", "18446744073709551616"):
            check.equal(vault.read("a", given)[0], 400, f"one that is no number: {given}")
        check.equal(vault.call("GET", "secret/data/a?other=1&version=1")[1]["data"], {"k": "1"},
                    "other parameters do not matter")
        for body in ({}, {"data": None}, {"options": {}}, "null", None):
            check.equal(vault.call("POST", "secret/data/a", body), (400, ["no data provided"]), f"a write of {body}")
        for body in ('{"data":[]}', '{"data":"x"}', '{"data":1}', "{", '{"data":{}', "[]", '{"data":{}}x', '{"data":{"a":}}'):
            status, errors = vault.call("POST", "secret/data/a", body)
            check.ok(status == 400 and len(errors) == 1, f"a write of {body}", (status, errors))
        deep = '{"data":' + '{"a":' * 300 + "1" + "}" * 301
        check.equal(vault.call("POST", "secret/data/a", deep),
                    (400, ["failed to parse JSON input: objects and arrays are nested too deep"]), "one that is too deep")
        for method, path in (("POST", "data/a"), ("PUT", "data/a"), ("PATCH", "data/a"), ("POST", "metadata/a"), ("PUT", "destroy/a")):
            check.equal(vault.call(method, f"secret/{path}/", {"data": {}, "versions": [1]}, MERGE_PATCH),
                        (400, ["cannot write to a path ending in '/'"]), f"{method} of {path}/")
        check.equal(vault.write("e", {})[1]["version"], 1, "an empty object is data")
        check.equal(vault.read("e")[1]["data"], {}, "and read so")
        check.equal(vault.call("POST", "secret/data/form", '{"data":{"x":"y"}}',
                               [("Content-Type", "application/x-www-form-urlencoded")])[0], 200,
                    "JSON that curl -d calls a form")
        check.equal(vault.call("LIST", "secret/data/a")[0], 405, "no LIST of data")
        check.equal(vault.call("LIST", "secret/data/a")[1], ["unsupported operation"], "says so")
        for method, path, allowed in (("LIST", "secret/data/a", "GET, HEAD, POST, PUT, PATCH, DELETE"), ("POST", "sys/health", "GET, HEAD"),
                                      ("GET", "secret/delete/a", "POST, PUT")):
            check.equal(dict(vault.answer(method, f"/v1/{path}").headers).get("allow"), allowed, f"{method} {path}: what there is")


def check_and_set(check):
    no_match = (400, ["check-and-set parameter did not match the current version"])
    with Vault() as vault:
        check.equal(vault.write("c", {}, cas=1), no_match, "version 1 of nothing")
        check.equal(vault.write("c", {}, cas=0)[0], 200, "0 of nothing")
        check.equal(vault.write("c", {}, cas=0), no_match, "0 of something")
        check.equal(vault.write("c", {}, cas=1)[1]["version"], 2, "its version")
        check.equal(vault.write("c", {}, cas="2")[1]["version"], 3, "as a string")
        check.equal(vault.write("c", {}, cas=2), no_match, "an old one")
        check.equal(vault.write("c", {}, cas=-1), no_match, "a number that no version has")
        check.equal(vault.write("c", {}, cas=-3), no_match, "the current one's, negative")
        for cas in ("x", 1.5, [], {}, "-", True):
            check.equal(vault.write("c", {}, cas=cas), (400, ["error parsing check-and-set parameter"]), f"cas {cas}")
        for options in (1, [], "x", [{"cas": 1}]):
            check.equal(vault.call("POST", "secret/data/c", {"data": {}, "options": options}), (400, ['the member "options" must be an object']),
                        f"options {options}")
        for options in ('{"c\\u0061s":99}', '{"cas":"\\u0039"}', '{"c\\u0061s":"\\u0039"}'):
            check.equal(vault.call("POST", "secret/data/c", '{"data":{},"options":' + options + "}"), no_match,
                        f"escapes in {options}")
        check.equal(vault.call("POST", "secret/data/c", '{"data":{},"options":{"c\\u0061s":"\\u0033"}}')[0], 200,
                    "and what they stand for")
        check.equal(vault.write("c", {}, cas=4)[0], 200, "is what counts")
        vault.call("DELETE", "secret/data/c")
        check.equal(vault.write("c", {}, cas=0), no_match, "a deleted version is there all the same")
        check.equal(vault.write("c", {}, cas=5)[1]["version"], 6, "and has a number")
        vault.call("POST", "secret/metadata/c", {"cas_required": True})
        check.equal(vault.write("c", {}), (400, ["check-and-set parameter required for this call"]), "it is required")
        check.equal(vault.patch("c", {"x": 1})[0], 400, "of a patch, too")
        check.equal(vault.patch("c", {"x": 1}, cas=3), no_match, "which compares it")
        check.equal(vault.patch("c", {"x": 1}, cas=6)[1]["version"], 7, "and then works")
        vault.call("POST", "secret/metadata/new", {"cas_required": True})
        check.equal(vault.write("new", {}), (400, ["check-and-set parameter required for this call"]), "required of a key without a version")
        check.equal(vault.write("new", {}, cas=0)[1]["version"], 1, "0 of a key without a version")


def many_members(numbers, text="old", every=1, others=()):
    """The object of these members: each n-th with the text, the others "old"; then others, with the text."""
    members = [(number, text if number % every == 0 else "old") for number in numbers] + [(number, text) for number in others]
    return "{" + ",".join(f'"k{number}":"{value}"' for number, value in members) + "}"


def patches(check):
    rows = [  # (stored, patch, then)
        ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
        ('{"a":"b"}', '{"a":null}', "{}"),
        ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
        ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
        ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
        ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
        ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
        ('{"b":0}', '{"z":1,"a":2,"m":{"y":3,"b":4}}', '{"b":0,"z":1,"a":2,"m":{"y":3,"b":4}}'),
        ('{"a":"c","b":[{"x":1}],"c":1,"d":null}', '{"a":{"y":1},"b":{"y":1},"c":{"y":null},"d":{"y":1}}', '{"a":{"y":1},"b":{"y":1},"c":{},"d":{"y":1}}'),
        ('{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
        ('{"n":1.50,"m":9007199254740993,"h":1e400}', '{"x":-0.10}', '{"n":1.50,"m":9007199254740993,"h":1e400,"x":-0.10}'),
        ('{"z":1,"a":2,"z":3,"b":4}', '{"a":5}', '{"a":5,"z":3,"b":4}'),
        ('{"a":1}', '{"b":1,"b":2}', '{"a":1,"b":2}'),
        ('{"a":1}', '{"a":2,"a":null}', '{}'),
        ('{"\\u0061":1}', '{"a":2}', '{"\\u0061":2}'),
        ('{"s":"\\ud800"}', '{"t":"\\u00fc"}', '{"s":"\\ud800","t":"\\u00fc"}'),
        ('{"a": {"b": 1, "c": 2}}', '{ "a" : { "b" : null } }', '{"a":{"c":2}}'),
        (many_members(range(60)), many_members(range(0, 90, 3), "new"), many_members(range(60), "new", 3, range(60, 90, 3))),
    ]
    with Vault() as vault:
        for stored, patch, wanted in rows:
            vault.raw("POST", "secret/data/p", f'{{"data":{stored}}}')
            status, _ = vault.raw("PATCH", "secret/data/p", f'{{"data":{patch}}}', MERGE_PATCH)
            got = vault.raw("GET", "secret/data/p")[1].decode()
            shown = got[got.index('"data":{"data":') + 15:got.index(',"metadata":')]
            check.equal((status, shown), (200, wanted), f"{stored} with {patch}")
        check.equal(vault.patch("none", {"a": 1}), (404, []), "a patch of nothing")
        for headers in ((), [("Content-Type", "application/json")], [("Content-Type", "application/merge-patch")]):
            status, errors = vault.call("PATCH", "secret/data/p", {"data": {}}, headers)
            check.ok(status == 415 and len(errors) == 1, f"a patch that is {headers}", (status, errors))
        check.equal(vault.call("PATCH", "secret/data/p", {"data": {}},
                               [("Content-Type", "Application/merge-patch+JSON; charset=utf-8")])[0], 200, "its type")
        check.equal(vault.call("PATCH", "secret/data/p", {"data": {}},
                               [("Content-Type", "application/merge-patch+json ; charset=utf-8")])[0], 200, "with a blank behind it")
        check.equal(vault.call("PATCH", "secret/data/p", {}, MERGE_PATCH), (400, ["no data provided"]), "no data")
        vault.write("t", {"value": "plain"})
        vault.patch("t", {"value": "other"})
        check.equal(vault.own("t")["value"], "other", "a text stays one")
        vault.write("d", {"a": 1})
        vault.call("DELETE", "secret/data/d")
        check.equal(vault.patch("d", {"a": 2}), (404, version_of(1, deletion_time=START)), "a deleted version")
        check.equal(vault.patch("d", {"a": 2}, cas=1)[0], 404, "also with its number")
        check.equal(vault.patch("d", {"a": 2}, cas=2)[0], 400, "with another one that is what is wrong")
        vault.call("POST", "secret/metadata/bare", {"cas_required": True})
        check.equal(vault.patch("bare", {"a": 1})[0], 400, "a key without a version, and no number where one is needed")
        check.equal(vault.patch("bare", {"a": 1}, cas=0), (404, []), "with it nothing is there")
        check.equal([each[3] for each in vault.events() if each[1] == "t"], ["put", "patch"], "the events say which")


def versions(check):
    with Vault() as vault:
        for number in range(1, 5):
            vault.write("v", {"n": number})
        check.equal(vault.call("DELETE", "secret/data/v"), (204, None), "deletes the latest")
        status, body = vault.raw("GET", "secret/data/v")
        document = json.loads(body)
        check.equal((status, list(document)), (404, ENVELOPE), "which is a 404 with the whole envelope")
        check.equal(document["data"], {"data": None, "metadata": version_of(4, deletion_time=START)}, "and no data")
        check.equal(vault.read("v", 3)[1]["data"], {"n": 3}, "others are there")
        check.equal(vault.call("DELETE", "secret/data/v")[0], 204, "deleting it again changes nothing")
        check.equal(vault.call("PUT", "secret/delete/v", {"versions": [1, "2"]}), (204, None), "by number and string")
        check.equal(vault.states("v"), {"1": "deleted", "2": "deleted", "3": "live", "4": "deleted"}, "which are these")
        vault.call("POST", "secret/undelete/v", {"versions": "1,4"})
        check.equal(vault.states("v"), {"1": "live", "2": "deleted", "3": "live", "4": "live"}, "undeleted by a list")
        check.equal(vault.read("v")[1], {"data": {"n": 4}, "metadata": version_of(4)}, "and read")
        vault.call("POST", "secret/destroy/v", '{"versions":["\\u0031","2"]}')
        check.equal(vault.read("v", 1), (404, {"data": None, "metadata": version_of(1, destroyed=True)}), "destroyed")
        vault.call("POST", "secret/undelete/v", {"versions": [1, 2]})
        check.equal(vault.metadata("v")[1]["versions"]["1"]["destroyed"], True, "which nothing undoes")
        vault.call("POST", "secret/delete/v", {"versions": 3})
        check.equal(vault.states("v")["3"], "deleted", "one number")
        check.equal(vault.call("POST", "secret/delete/v", {"versions": [9, 0, 99999999999999999999]})[0], 400,
                    "a number that is none")
        for verb in ("delete", "undelete", "destroy"):
            for body in ({}, {"versions": []}, None, {"versions": ""}, {"versions": None}):
                status, errors = vault.call("POST", f"secret/{verb}/v", body)
                check.ok(status == 400 and errors == ["No version number provided"], f"{verb} with {body}",
                         (status, errors))
            for body in ({"versions": ["x"]}, {"versions": "1,"}, {"versions": ",1"}, {"versions": [1.5]},
                         {"versions": [[1]]}, {"versions": {"a": 1}}, {"versions": True}, {"versions": [-1]}):
                check.equal(vault.call("POST", f"secret/{verb}/v", body),
                            (400, ['error converting input for field "versions": it must be a list of numbers']), f"{verb} with {body}")
            check.equal(vault.call("POST", f"secret/{verb}/v", {"versions": [77]})[0], 204, f"{verb} of none")
            check.equal(vault.call("POST", f"secret/{verb}/nothing", {"versions": [1]})[0], 204, f"{verb} of no key")
            check.equal(vault.call("GET", f"secret/{verb}/v")[0], 405, f"{verb} is not read")
        form = [("Content-Type", "application/x-www-form-urlencoded")]
        check.equal(vault.call("POST", "secret/delete/v", "versions=4&versions=3", form),
                    (400, ['the form has "versions" more than once: write a list as versions=1,2']), "a repeated field of a form")
        check.equal(vault.call("POST", "secret/delete/v", "versions=77,78&x=1&x=2", form)[0], 204, "a list in a form")
        check.equal(vault.call("DELETE", "secret/data/nothing")[0], 204, "deleting nothing")
        check.equal([each for each in vault.events() if each[0] != "created" and each[3] != "put"],
                    [("updated", "v", 4, "delete"), ("updated", "v", 4, "delete"), ("restored", "v", 4, "restore"),
                     ("updated", "v", 4, "delete"), ("updated", "v", 4, "delete")],
                    "one event for what changes something")
        vault.call("DELETE", "secret/data/v")
        check.equal(vault.json("GET", "/v1/secrets/v")[0], 404, "GhostKey's own API tells no deleted value, either")
        vault.json("POST", "/v1/restore/v")
        check.equal(vault.read("v")[1]["metadata"], version_of(4), "what it restores is undeleted here")


def repeated_numbers(check):
    with Vault() as vault:
        for _ in range(3):
            vault.write("r", {})
        for verb, versions_, states in (("delete", [1, 1, 2], ["deleted", "deleted", "live"]), ("delete", "3, 1,3 ", ["deleted"] * 3),
                                        ("undelete", [2, 1, 2, 2], ["live", "live", "deleted"]), ("undelete", ["3", 3], ["live"] * 3),
                                        ("delete", [77, 3, 1], ["deleted", "live", "deleted"]), ("undelete", "9,3,1", ["live"] * 3),
                                        ("destroy", [2, "2,1", 1], ["destroyed", "destroyed", "live"])):
            before = len(vault.events())
            check.equal(vault.call("POST", f"secret/{verb}/r", {"versions": versions_}), (204, None), f"{verb} of {versions_}")
            check.equal(list(vault.states("r").values()), states, "each counts once")
            check.equal(len(vault.events()), before + 1, "and all are one event")
        vault.advance("1h")
        vault.call("POST", "secret/delete/r", {"versions": [3]})
        vault.advance("1h")
        vault.call("POST", "secret/destroy/r", {"versions": [3]})
        shown = vault.metadata("r")[1]["versions"]
        check.equal([(each["destroyed"], each["deletion_time"]) for each in shown.values()],
                    [(True, ""), (True, ""), (True, "2000-01-01T01:00:00.000Z")], "a destroyed one says when it was deleted, if it was")
        vault.write("r", {})
        check.equal(vault.call("POST", "secret/delete/r", {"versions": list(range(20000))}), (204, None), "many numbers that no version has")
        check.equal(list(vault.states("r").values()), ["destroyed"] * 3 + ["deleted"], "beside one that a version has")


def pruning(check):
    with Vault() as vault:
        for number in range(12):
            vault.write("many", {"n": number})
            if number == 8:
                check.equal(vault.metadata("many")[1]["oldest_version"], 0, "below ten the oldest one is 0")
        document = vault.metadata("many")[1]
        check.equal((document["current_version"], document["oldest_version"], len(document["versions"])), (12, 3, 10),
                    "ten of twelve are kept")
        vault.call("POST", "secret/metadata/many", {"max_versions": 2})
        check.equal(len(vault.metadata("many")[1]["versions"]), 10, "fewer are kept from the next write on")
        vault.write("many", {})
        check.equal(sorted(vault.metadata("many")[1]["versions"]), ["12", "13"], "two")
        check.equal(vault.raw("GET", "secret/data/many?version=11"), (404, MISSING), "an older one is gone")
        vault.call("POST", "secret/metadata/many", {"max_versions": 15})
        for _ in range(20):
            vault.write("many", {})
        check.equal(len(vault.metadata("many")[1]["versions"]), 15, "and more than ten")
        vault.call("POST", "secret/metadata/many", {"max_versions": 0})
        vault.write("many", {})
        check.equal(len(vault.metadata("many")[1]["versions"]), 10, "0 is ten again")
        check.equal(vault.call("POST", "secret/metadata/many", {"max_versions": -1})[0], 400, "never fewer")
        vault.write("s", {"n": 1})
        vault.call("POST", "secret/metadata/s", {"max_versions": 1})
        vault.write("s", {"n": 2})
        check.equal(vault.json("GET", "/v1/secrets/s?stage=previous")[0], 200, "a version kept for its stage")
        check.equal(vault.raw("GET", "secret/data/s?version=1"), (404, MISSING), "is not told to Vault's clients")
        check.equal(list(vault.metadata("s")[1]["versions"]), ["2"], "in no place")
        vault.json("POST", "/v1/rotate/s", '{"pending":true}')
        check.equal(vault.raw("GET", "secret/data/s?version=3"), (404, MISSING), "nor is a pending one")
        check.equal(vault.read("s")[1]["metadata"]["version"], 2, "the latest is the current one")
        check.equal(list(vault.metadata("s")[1]["versions"]), ["2"], "in no place, either")
        vault.json("POST", "/v1/discard/s")
        vault.json("POST", "/v1/promote/s", '{"version":1}')
        check.equal((vault.read("s")[1]["data"], list(vault.metadata("s")[1]["versions"])), ({"n": 1}, ["1", "2"]), "an older one that is current again is told")
        vault.call("POST", "secret/delete/s", {"versions": [2]})
        check.equal(vault.states("s"), {"1": "live", "2": "deleted"}, "and a newer one can be deleted")


def metadata(check):
    with Vault() as vault:
        empty = {"cas_required": False, "created_time": START, "current_version": 0, "custom_metadata": None,
                 "delete_version_after": "0s", "max_versions": 0, "oldest_version": 0, "updated_time": START,
                 "versions": {}}
        check.equal(vault.raw("GET", "secret/metadata/m"), (404, MISSING), "of nothing")
        check.equal(vault.call("POST", "secret/metadata/m", {}), (204, None), "a key without a version")
        check.equal(vault.metadata("m"), (200, empty), "has these")
        check.equal(vault.raw("GET", "secret/data/m"), (404, MISSING), "and no data")
        check.equal(vault.events(), [("created", "m", 0, "put")], "it is an event")
        vault.call("PUT", "secret/metadata/m", {"max_versions": "5", "cas_required": "true",
                                                "delete_version_after": "1h", "custom_metadata": {"a": "b"}})
        changed = empty | {"max_versions": 5, "cas_required": True, "delete_version_after": "1h0m0s",
                           "custom_metadata": {"a": "b"}}
        check.equal(vault.metadata("m")[1], changed, "all of them are set")
        vault.call("POST", "secret/metadata/m", {"cas_required": False})
        changed["cas_required"] = False
        check.equal(vault.metadata("m")[1], changed, "what is not given stays")
        vault.call("POST", "secret/metadata/m", {"custom_metadata": {"n": 1.50, "t": True, "f": False, "s": "x"}})
        changed["custom_metadata"] = {"n": "1.5", "t": "1", "f": "0", "s": "x"}
        check.equal(vault.metadata("m")[1], changed, "custom_metadata is replaced as a whole, and becomes text")
        check.equal(vault.own("m")["detail"][:5], "'m' h", "GhostKey's own API has no value, either")
        nothing = {name: None for name in ("max_versions", "cas_required", "delete_version_after", "custom_metadata")}
        check.equal(vault.call("POST", "secret/metadata/m", nothing), (204, None), "null")
        check.equal(vault.metadata("m")[1], changed, "is the same as not given")
        for given in ("1", "t", "T", "true", "TRUE", "True", 1, True, "0", "f", "F", "false", "FALSE", "False", "", 0, False):
            vault.call("POST", "secret/metadata/m", {"cas_required": not given})
            check.equal(vault.call("POST", "secret/metadata/m", {"cas_required": given}), (204, None), f"cas_required {given!r}")
            check.equal(vault.metadata("m")[1]["cas_required"], given in (1, True) or str(given)[:1] in ("1", "t", "T"), "is so")
        vault.call("POST", "secret/metadata/m", {"max_versions": 1000000, "cas_required": False})
        check.equal(vault.metadata("m")[1]["max_versions"], 1000000, "the most that max_versions may be")
        vault.call("POST", "secret/metadata/m", {"max_versions": 5})
        vault.write("m", {"k": 1})
        check.equal(vault.read("m")[1]["metadata"]["custom_metadata"], changed["custom_metadata"], "it stays")
        check.equal(vault.own("m")["metadata"]["labels"], changed["custom_metadata"], "and is the labels")
        vault.json("PATCH", "/v1/secrets/m", '{"labels":{"s":null,"own":"y"}}')
        check.equal(vault.metadata("m")[1]["custom_metadata"], {"f": "0", "n": "1.5", "own": "y", "t": "1"},
                    "the other way round, too")
        check.equal(vault.metadata("m")[1]["delete_version_after"], "1h0m0s", "all else stays through both")
        vault.advance("1m")
        vault.write("m", {"k": 2})
        check.equal([vault.metadata("m")[1][name] for name in ("created_time", "updated_time")], [START, "2000-01-01T00:01:00.000Z"], "its times")
        vault.json("PUT", "/v1/secrets/m", '{"value":"v"}')
        check.equal(vault.metadata("m")[1]["max_versions"], 5, "also when the secret is put anew")
        check.equal(vault.call("DELETE", "secret/metadata/m"), (204, None), "deletes all of it")
        check.equal(vault.raw("GET", "secret/metadata/m"), (404, MISSING), "for good")
        check.equal(vault.call("DELETE", "secret/metadata/m")[0], 204, "nothing is deleted again")
        check.equal(vault.write("m", {})[1]["version"], 1, "the next write is version 1")


def durations(check):
    rows = [("30s", "30s"), (90, "1m30s"), ("3600", "1h0m0s"), ("1h0m0s", "1h0m0s"), ("90m", "1h30m0s"), ("0s", "0s"),
            (0, "0s"), ("24h", "24h0m0s"), ("61s", "1m1s"), ("", "0s"), ("2d", "48h0m0s"), ("87600h", "87600h0m0s"),
            # as Go's programs may write them; what is below a second is cut
            ("1.5h", "1h30m0s"), (".5m", "30s"), ("2.s", "2s"), ("0.29h", "17m24s"), ("1m1h", "1h1m0s"), ("1h1h", "2h0m0s"),
            ("1500ms", "1s"), ("999ms", "0s"), ("90000000us", "1m30s"), ("1000000\u00b5s1000000\u03bcs", "2s"),
            ("3000000000ns", "3s"), ("0.999999999s", "0s")]
    with Vault() as vault:
        for given, shown in rows:
            status, errors = vault.call("POST", "secret/metadata/d", {"delete_version_after": given})
            check.equal((status, vault.metadata("d")[1]["delete_version_after"]), (204, shown), f"{given!r}")
        for given in ("x", "1x", "-1s", -1, [], {}, "1.5.5s", 1.0, "1.0", "1.5", "h", ".h", ".", "1h-1m", "1e3s", "1 h", "1h ", "1\u00b5"):
            status, errors = vault.call("POST", "secret/metadata/d", {"delete_version_after": given})
            check.ok(status == 400 and "must be a duration" in errors[0], f"{given!r}", (status, errors))
        for given in ("999999999999h", "87601h", 315360001, "9" * 400 + "h", "0." + "9" * 400 + "h87600h", "9999999999999999999"):
            status, errors = vault.call("POST", "secret/metadata/d", {"delete_version_after": given})
            check.ok(status == 400 and ("at most 87600h" in errors[0] or len(given) == 19), f"{str(given)[:20]!r}", (status, errors))


def ends_of_versions(check):
    with Vault() as vault:
        vault.call("POST", "secret/metadata/e", {"delete_version_after": "1m"})
        written = vault.write("e", {"n": 1})[1]
        check.equal(written["deletion_time"], "2000-01-01T00:01:00.000Z", "a version says when it ends")
        check.equal(vault.read("e")[0], 200, "until then it is read")
        vault.advance("30s")
        check.equal(vault.write("e", {"n": 2})[1]["deletion_time"], "2000-01-01T00:01:30.000Z", "each has its own end")
        vault.advance("30s")
        status, data = vault.read("e", 1)
        check.equal((status, data["data"], data["metadata"]["deletion_time"]),
                    (404, None, "2000-01-01T00:01:00.000Z"), "then it is like a deleted one")
        check.equal(vault.read("e")[0], 200, "the next one is still there")
        vault.advance("30s")
        check.equal(vault.read("e")[0], 404, "and ends, too")
        check.equal(vault.own("e")["expired"], True, "GhostKey's own API says expired")
        check.equal(vault.patch("e", {"x": 1})[0], 404, "it cannot be patched")
        check.equal(vault.write("e", {}, cas=2)[0], 200, "its number counts")
        vault.advance("1h")
        vault.call("PUT", "secret/undelete/e", {"versions": [1, 3]})
        check.equal((vault.read("e", 1)[0], vault.read("e")[0]), (200, 200), "undelete takes the end away")
        check.equal(vault.read("e")[1]["metadata"]["deletion_time"], "", "for good")
        vault.json("PUT", "/v1/secrets/own", '{"value":"x","ttl":"10s"}')
        check.equal(vault.read("own")[1]["metadata"]["deletion_time"], "2000-01-01T01:01:40.000Z", "a TTL is the same")
        vault.write("own", {"value": "y"})
        check.equal(vault.own("own")["metadata"]["ttl"], 10, "a write keeps it")
        vault.json("PUT", "/v1/secrets/spin", '{"generate":true,"ttl":"10s","rotation":{"on_expiry":true}}')
        vault.advance("10s")
        check.equal(vault.read("spin")[1]["metadata"]["version"], 2, "what rotates shows its new version")


def an_end_that_is_taken_back(check):
    def end(vault, path, **data):
        return vault.write(path, data)[1]["deletion_time"]

    with Vault() as vault:
        for what, path, without in (("key", "secret/metadata/z", {"delete_version_after": 0}),
                                    ("mount", "secret/config", {"delete_version_after": "0s"})):
            vault.call("POST", path, {"delete_version_after": "30s"})
            check.equal(end(vault, "z"), "2000-01-01T00:00:30.000Z", f"that of the {what}")
            vault.call("POST", path, without)
            check.equal((end(vault, "z"), vault.own("z")["metadata"]["ttl"]), ("", None), "and no more")
        vault.json("PUT", "/v1/secrets/own", '{"value":"x","ttl":"10s","rotation":{"on_expiry":true}}')
        vault.call("POST", "secret/metadata/own", {"delete_version_after": "30s"})
        check.equal(end(vault, "own"), "2000-01-01T00:00:30.000Z", "in the place of a TTL")
        check.equal(end(vault, "own"), "2000-01-01T00:00:30.000Z", "twice")
        vault.call("POST", "secret/metadata/own", {"delete_version_after": "20s"})
        check.equal(end(vault, "own"), "2000-01-01T00:00:20.000Z", "another one")
        vault.call("POST", "secret/metadata/own", {"delete_version_after": 0})
        check.equal((end(vault, "own"), end(vault, "own")), ("2000-01-01T00:00:10.000Z",) * 2, "which then comes back")
        vault.call("POST", "secret/metadata/own", {"delete_version_after": "30s"})
        end(vault, "own")
        vault.json("PATCH", "/v1/secrets/own", '{"ttl":"5s"}')
        vault.call("POST", "secret/metadata/own", {"delete_version_after": 0})
        check.equal(end(vault, "own"), "2000-01-01T00:00:05.000Z", "one that was set since then stays")


def versions_that_any_api_writes(check):
    def put(vault, name, times):
        for number in range(times):
            vault.json("PUT", f"/v1/secrets/{name}", json.dumps({"value": str(number)}))

    def kept(vault, name):
        return len(vault.metadata(name)[1]["versions"])

    with Vault() as vault:
        vault.write("more", {})
        vault.call("POST", "secret/metadata/more", {"max_versions": 20})
        put(vault, "more", 30)
        check.equal(kept(vault, "more"), 20, "a key's max_versions")
        vault.call("POST", "secret/metadata/few", {"max_versions": 3})
        put(vault, "few", 6)
        check.equal(kept(vault, "few"), 3, "a small one")
        vault.call("POST", "sys/mounts/team", {"type": "kv-v2"})
        vault.call("POST", "secret/config", {"max_versions": 12})
        vault.call("POST", "team/config", {"max_versions": 14})
        vault.call("POST", "sys/mounts/less", {"type": "kv-v2"})
        vault.call("POST", "less/config", {"max_versions": 11})
        for name, count in (("few", 12), ("more", 20), ("new", 12), ("team/x", 14), ("less/x", 12), ("100%25", 10)):
            put(vault, name, 25)
            if name != "100%25":
                check.equal(kept(vault, name), count, f"{name}: the larger of key and mount")
        versions = vault.json("GET", "/v1/metadata/100%25")[1]["metadata"]["versions"]
        check.equal(len(versions), 10, "a secret that is no key of Vault's")
        vault.json("PUT", "/v1/secrets/spin", '{"generate":true,"ttl":"10s","rotation":{"on_expiry":true}}')
        vault.advance("1h")
        check.equal(kept(vault, "spin"), 12, "rotations, too")
        vault.call("POST", "secret/config", {"max_versions": 0})
        put(vault, "new", 1)
        check.equal(kept(vault, "new"), 10, "and no more")


def writes_that_prune(check):
    def aws_writes(vault):
        for operation, value in (("UpdateSecret", {"SecretString": "u"}), ("PutSecretValue", {"SecretBinary": "/w=="})):
            answer = vault.answer("POST", "/", json.dumps({"SecretId": "few", **value}), [
                ("X-Amz-Target", f"secretsmanager.{operation}"), ("Content-Type", "application/x-amz-json-1.1")])
            assert answer.status == 200, answer

    def ctl_writes(vault):
        for _ in range(2):
            subprocess.run([os.environ["GHOSTCTL"], "--socket", vault.socket, "put", "few"], input=b"x", check=True, timeout=30,
                           stdout=subprocess.DEVNULL)

    def many(write):
        return lambda vault: [write(vault, number) for number in range(2)]

    writes = [("a write", many(lambda vault, n: vault.write("few", {"n": n}))),
              ("a patch", many(lambda vault, n: vault.patch("few", {"m": n}))),
              ("GhostKey's own patch", many(lambda vault, n: vault.json("PATCH", "/v1/secrets/few", json.dumps({"value": str(n)})))),
              ("a rotation", many(lambda vault, n: vault.json("POST", "/v1/rotate/few"))),
              ("AWS", aws_writes), ("ghostctl", ctl_writes)]
    with Vault() as vault:
        vault.write("few", {"a": 1})
        vault.call("POST", "secret/metadata/few", {"max_versions": 2})
        for number, (what, write) in enumerate(writes):
            write(vault)
            last = 3 + 2 * number
            check.equal(list(vault.metadata("few")[1]["versions"]), [str(last - 1), str(last)], f"{what} leaves two")
            check.equal(len(vault.json("GET", "/v1/metadata/few")[1]["metadata"]["versions"]), 2, "and GhostKey's own API tells no more")


def whole_numbers(check):
    with Vault() as vault:
        vault.write("n", {})
        for given in (1.0, "1.0", 1e1, "x", True, [], {}, 1000001, 2**64):
            body = {"max_versions": given}
            check.equal((vault.call("POST", "secret/metadata/n", body)[0], vault.call("POST", "secret/config", body)[0]), (400, 400),
                        f"max_versions {given!r}")
        check.equal(vault.write("n", {}, cas=1.0), (400, ["error parsing check-and-set parameter"]), "cas 1.0")
        check.equal(vault.read("n", "1.0")[0], 400, "version 1.0")
        for verb in ("delete", "undelete", "destroy"):
            check.equal(vault.call("POST", f"secret/{verb}/n", {"versions": [1.0]})[0], 400, f"{verb} of version 1.0")


def settings_of_the_mount(check):
    with Vault() as vault:
        for mount, key, ends in (("1m", "0s", "01:00"), ("0s", "2m", "02:00"), ("1m", "2m", "01:00"), ("2m", "30s", "00:30")):
            vault.call("POST", "secret/config", {"delete_version_after": mount})
            vault.call("POST", "secret/metadata/d", {"delete_version_after": key})
            check.equal(vault.write("d", {})[1]["deletion_time"], f"2000-01-01T00:{ends}.000Z", f"{mount} and {key}")
        for mount, key, kept in ((2, 0, 2), (2, 3, 3), (4, 3, 4), (0, 0, 10)):
            vault.call("POST", "secret/config", {"max_versions": mount})
            vault.call("POST", "secret/metadata/m", {"max_versions": key})
            for _ in range(12):
                vault.write("m", {})
            check.equal(len(vault.metadata("m")[1]["versions"]), kept, f"{mount} and {key} versions")
        vault.call("POST", "secret/config", {"cas_required": True})
        check.equal(vault.write("m", {})[0], 400, "check-and-set that the mount requires")


def patched_metadata(check):
    with Vault() as vault:
        def patch(body, headers=MERGE_PATCH):
            return vault.call("PATCH", "secret/metadata/m", body, headers)

        check.equal(patch({}), (404, []), "of nothing")
        vault.call("POST", "secret/metadata/m", {"custom_metadata": {"a": "1", "b": "2"}, "max_versions": 3,
                                                 "cas_required": True, "delete_version_after": "1m"})
        check.equal(patch({"custom_metadata": {"a": None, "c": 3}}), (204, None), "a key less, and one more")
        check.equal(vault.metadata("m")[1]["custom_metadata"], {"b": "2", "c": "3"}, "all else stays")
        check.equal(patch({}, [("Content-Type", "application/json")])[0], 415, "its type")
        patch({"max_versions": 4})
        check.equal(vault.metadata("m")[1]["custom_metadata"], {"b": "2", "c": "3"}, "what is not given stays")
        patch({"custom_metadata": None, "max_versions": None, "cas_required": None, "delete_version_after": None})
        document = vault.metadata("m")[1]
        check.equal([document[name] for name in ("custom_metadata", "max_versions", "cas_required",
                                                 "delete_version_after")], [None, 0, False, "0s"], "null is the default")
        check.equal(patch({"custom_metadata": {f"k{n}": "v" for n in range(65)}})[0], 400, "65 keys")
        check.equal(patch({"custom_metadata": {f"k{n}": "v" for n in range(64)}})[0], 204, "64")
        check.equal(patch({"custom_metadata": {"one": "more"}})[0], 400, "and one more")
        exchanged = {f"k{n}": None for n in range(64)} | {f"m{n}": "v" for n in range(64)}
        check.equal(patch({"custom_metadata": exchanged | {"one": "more"}})[0], 400, "65 in the place of 64")
        check.equal(patch({"custom_metadata": exchanged})[0], 204, "64 in their place")
        check.equal(sorted(vault.metadata("m")[1]["custom_metadata"]), sorted(f"m{n}" for n in range(64)), "are there then")


def custom_metadata(check):
    bad = [({"a": ""}, "an empty value"), ({"": "a"}, "an empty name"), ({"n" * 129: "v"}, "a long name"),
           ({"a": "v" * 513}, "a long value"), ({f"k{n}": "v" for n in range(65)}, "65 keys"), ({"a": {}}, "an object"),
           ({"a": [1]}, "a list"), ({"a": "\x01"}, "a control character"), ({"a\n": "x"}, "one in a name"),
           ({"a": None}, "null"), ({"a": "\u0085"}, "a control character of two bytes"), ("x", "a string"), ([], "a list"),
           ({"a": "\ud800"}, "half of a surrogate pair"),
           *(({"a": f"x{chr(code)}"}, f"U+{code:04X}") for code in UNPRINTABLE),
           *(({f"x{chr(code)}": "a"}, f"U+{code:04X} in a name") for code in UNPRINTABLE[:4])]
    with Vault() as vault:
        for custom, what in bad:
            status, errors = vault.call("POST", "secret/metadata/c", json.dumps({"custom_metadata": custom}))
            check.ok(status == 400 and "custom_metadata validation failed" in errors[0], what, (status, errors))
        check.ok("is 0" in vault.call("POST", "secret/metadata/c", {"custom_metadata": {"a": None}})[1][0], "null is a text without a character")
        check.equal(vault.raw("GET", "secret/metadata/c"), (404, MISSING), "none of them makes a key")
        for first, last in UNPRINTABLE_RANGES:
            for code in {first, last} - set(range(0xd800, 0xe000)):
                status, errors = vault.call("POST", "secret/metadata/c", json.dumps({"custom_metadata": {"a": chr(code)}}))
                check.ok(status == 400 and "unprintable" in errors[0], f"U+{code:04X}", (status, errors))
            for code in {first - 1, last + 1} - {-1, 0x110000, 0xfffe, 0xfdfb}:
                check.equal(vault.call("POST", "secret/metadata/c", {"custom_metadata": {"a": chr(code)}})[0], 204, f"U+{code:04X} beside it")
        for code in PRINTABLE:
            check.equal(vault.call("POST", "secret/metadata/c", {"custom_metadata": {"a": chr(code)}})[0], 204, f"U+{code:04X}")
        good = {"n" * 128: "v" * 512, "ü": "é" * 256, **{f"k{n}": "v" for n in range(62)}}
        check.equal(vault.call("POST", "secret/metadata/c", {"custom_metadata": good})[0], 204, "the most that there may be")
        check.equal(vault.metadata("c")[1]["custom_metadata"], good, "is shown so")
        for times in (2, 300):
            repeated = ",".join(f'"a":"{number}"' for number in range(times))
            check.equal(vault.call("POST", "secret/metadata/c", f'{{"custom_metadata":{{{repeated}}}}}')[0], 204, f"a name {times} times")
            check.equal(vault.metadata("c")[1]["custom_metadata"], {"a": str(times - 1)}, "the last one counts")


def lists(check):
    with Vault() as vault:
        check.equal(vault.raw("LIST", "secret/metadata"), (404, MISSING), "of nothing")
        for path in ("b", "a", "a/x", "a/y/z", "c%20d/e", "%C3%BC", "a//w", "%25", "a0", "z/1", "z/2"):
            vault.write(path, {})
        keys = ["%", "a", "a/", "a0", "b", "c d/", "z/", "ü"]
        for method, path in (("LIST", "secret/metadata"), ("LIST", "secret/metadata/"), ("GET", "secret/metadata?list=true"),
                             ("GET", "secret/metadata/?list=1")):
            check.equal(vault.call(method, path), (200, {"keys": keys}), f"{method} {path}")
        check.equal(vault.call("LIST", "secret/metadata/a")[1], {"keys": ["/", "x", "y/"]}, "a folder")
        check.equal(vault.call("LIST", "secret/metadata/a/")[1], {"keys": ["/", "x", "y/"]}, "with its slash")
        check.equal(vault.call("LIST", "secret/metadata/c%20d")[1], {"keys": ["e"]}, "one with a blank")
        check.equal(vault.raw("LIST", "secret/metadata/b"), (404, MISSING), "a leaf")
        check.equal(vault.request("HEAD", "/v1/secret/metadata/a?list=true")[0], 200, "HEAD")
        for value in ("true", "1", "t", "T", "TRUE", "True"):
            check.equal(vault.call("GET", f"secret/metadata?list={value}")[1], {"keys": keys}, f"list={value}")
        for value in ("false", "0", "f", "F", "FALSE", "False", "", "0&list=true"):
            check.equal(vault.call("GET", f"secret/metadata/b?list={value}")[1]["current_version"], 1, f"list={value} is no list")
        check.equal(vault.call("POST", "secret/metadata/b?list=true", {}), (204, None), "nor is a write")
        for value in ("yes", "tRUE", "2", "%zz", "true,true", "falsehood", "x" * 1000):
            check.equal(vault.raw("GET", f"secret/metadata/b?list={value}"), (400, MISSING), f"list={value:.20} is no boolean")
        for path in ("secret/metadata", "secret/data/b", "secret/b", "secret/config", "sys/mounts", "auth/token/lookup-self"):
            check.equal(vault.raw("GET", f"{path}?list=yes"), (400, MISSING), f"list=yes of {path}")
        check.equal(vault.request("HEAD", "/v1/secret/metadata/b?list=yes")[0], 400, "list=yes of HEAD")
        check.equal(vault.call("LIST", "secret/metadata?list=yes"), (200, {"keys": keys}), "LIST does not look at it")
        check.equal(vault.call("POST", "secret/metadata/b?list=yes", {}), (204, None), "nor does a write")
        check.equal(vault.request("GET", "/v1/sys/health?list=yes")[0], 200, "nor does what needs no token")
        check.equal(vault.raw("LIST", "secret/metadata/" + "n" * 300), (404, MISSING), "what no secret can be below")
        vault.call("DELETE", "secret/data/b")
        check.equal(vault.call("LIST", "secret/metadata")[1]["keys"], keys, "deleted versions are listed")
        vault.json("DELETE", "/v1/secrets/b?recover=1h")
        check.ok("b" not in vault.call("LIST", "secret/metadata")[1]["keys"], "a deleted secret is not")
        vault.json("PUT", "/v1/secrets/100%25", '{"value":"x"}')
        vault.json("PUT", "/v1/secrets/h%25C3", '{"value":"x"}')
        check.equal(vault.call("LIST", "secret/metadata")[1]["keys"], [k for k in keys if k != "b"],
                    "nor one that no path means")
        vault.json("PUT", "/v1/secrets/ends", '{"value":"x","ttl":"10s"}')
        vault.advance("20s")
        check.ok("ends" in vault.call("LIST", "secret/metadata")[1]["keys"], "one whose version has ended is")
        check.equal(vault.json("GET", "/v1/secrets/c%2520d/e")[1]["name"], "c%20d/e", "how GhostKey names them")


def folders_of_slashes(check):
    with Vault() as vault:
        vault.call("POST", "sys/mounts/team", {"type": "kv-v2"})
        for path in ("/q", "/r/s", "//t", "b", "c//d"):
            vault.write(path, {})
            vault.call("POST", f"team/data/{path}", {"data": {}})
        for mount in ("team", "secret"):
            keys = ["/", "b", "c/"] + (["team/"] if mount == "secret" else [])
            check.equal(vault.call("LIST", f"{mount}/metadata/")[1]["keys"], keys, f"of all of {mount}")
            for path, keys in (("/", ["/", "q", "r/"]), ("/r/", ["s"]), ("//", ["t"]), ("c/", ["/"]), ("c//", ["d"])):
                check.equal(vault.call("LIST", f"{mount}/metadata/{path}")[1], {"keys": keys}, f"of {mount}/{path}")
            check.equal(vault.raw("LIST", f"{mount}/metadata////"), (404, MISSING), "of nothing")
        vault.json("PUT", "/v1/secrets/team%252F", '{"value":"x"}')
        check.equal(vault.call("LIST", "team/metadata/")[1]["keys"], ["/", "b", "c/"], "a secret that has the mount's path is no key")
        vault.json("DELETE", "/v1/secrets/team%252F")
        check.equal(vault.call("DELETE", "sys/mounts/team")[0], 204, "unmounted")
        check.equal(vault.json("GET", "/v1/secrets?prefix=team")[1]["secrets"], [], "nothing of it is left")
        check.equal(vault.call("LIST", "secret/metadata/")[1]["keys"], ["/", "b", "c/"], "all else is")


def deleted_secrets(check):
    with Vault() as vault:
        vault.write("gone", {"k": 1})
        vault.json("DELETE", "/v1/secrets/gone?recover=7d")
        check.equal(vault.raw("GET", "secret/data/gone"), (404, MISSING), "it is not there")
        check.equal(vault.raw("GET", "secret/metadata/gone"), (404, MISSING), "nor its metadata")
        for method, path in (("POST", "data"), ("POST", "metadata")):
            status, errors = vault.call(method, f"secret/{path}/gone", {"data": {}})
            check.ok(status == 400 and "2000-01-08T00:00:00.000Z" in errors[0], f"a write to {path} says until when",
                     (status, errors))
        check.equal(vault.call("DELETE", "secret/data/gone")[0], 204, "deleting it changes nothing")
        check.equal(vault.patch("gone", {})[0], 404, "nor a patch")
        vault.json("POST", "/v1/restore/gone")
        check.equal(vault.read("gone")[1]["data"], {"k": 1}, "restored it is there again")


def subkeys(check):
    with Vault() as vault:
        vault.raw("POST", "secret/data/s", '{"data":{"a":1,"b":{"c":[1],"d":{"e":null}},"f":{},"g":"x"}}')
        for depth, wanted in ((None, {"a": None, "b": {"c": None, "d": {"e": None}}, "f": {}, "g": None}),
                              (0, {"a": None, "b": {"c": None, "d": {"e": None}}, "f": {}, "g": None}),
                              (1, {"a": None, "b": None, "f": None, "g": None}),
                              (2, {"a": None, "b": {"c": None, "d": None}, "f": {}, "g": None})):
            query = "" if depth is None else f"?depth={depth}"
            check.equal(vault.call("GET", f"secret/subkeys/s{query}")[1],
                        {"subkeys": wanted, "metadata": version_of(1)}, f"depth {depth}")
        check.equal(vault.call("GET", "secret/subkeys/s?depth=x")[0], 400, "a depth that is none")
        vault.write("s", {"value": "x"})
        check.equal(vault.call("GET", "secret/subkeys/s?version=2")[1]["subkeys"], {"value": None}, "a text")
        vault.call("DELETE", "secret/data/s")
        check.equal(vault.call("GET", "secret/subkeys/s"),
                    (404, {"subkeys": None, "metadata": version_of(2, deletion_time=START)}), "a deleted one")
        check.equal(vault.raw("GET", "secret/subkeys/none"), (404, MISSING), "nothing")


def other_paths(check):
    commands = {"GET": "get", "LIST": "list", "POST": "put", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}
    with Vault() as vault:
        for method, command in commands.items():
            answer = vault.answer(method, "/v1/secret/app/db")
            document = json.loads(answer.body)
            check.ok(answer.status == 404 and document["data"] is None and
                     document["warnings"][0].startswith("Invalid path for a versioned K/V secrets engine") and
                     f"'vault kv {command}'" in document["warnings"][0], f"{method} without data/", answer)
        vault.call("POST", "sys/mounts/team", {"type": "kv-v2"})
        for method, path, command in (("GET", "secret", "get"), ("LIST", "secret/", "list"), ("GET", "secret?list=true", "list"),
                                      ("POST", "team", "put"), ("LIST", "team", "list")):
            warning = json.loads(vault.answer(method, f"/v1/{path}").body)["warnings"][0]
            check.ok(f"'vault kv {command}'" in warning, f"{method} of a mount itself: {path}", warning)
        for path in ("secret/data", "secret/data/", "team/metadata"):
            answer = vault.answer("GET", f"/v1/{path}")
            check.equal((answer.status, json.loads(answer.body)["warnings"]),
                        (404, ["Non-listing operations on the root of a K/V v2 mount are not supported."]), f"the root: {path}")
        header = [("X-Vault-Token", "t")]
        check.equal(vault.call("GET", "nowhere/x", headers=header),
                    (404, ['no handler for route "nowhere/x". route entry not found.']), "another mount")
        check.equal(vault.answer("GET", "/v1/nowhere/x").headers and vault.json("GET", "/v1/nowhere/x")[1]["status"], 404,
                    "without a header of Vault's it is GhostKey's own 404")
        check.equal(vault.json("GET", "/v1/secrets")[1], {"secrets": [], "next": None}, "so is its list of secrets")
        for path in ("secrets", "secrets/a", "status", "events"):
            for name in ("X-Vault-Token", "X-Vault-Request"):
                check.equal(vault.call("GET", path, headers=[(name, "true")]),
                            (404, [f'no handler for route "{path}". route entry not found.']),
                            f"with {name} {path} is no path")
        check.equal(vault.call("GET", "secrets", headers=[("X-Vault-Token", "hvs.ghostended")]),
                    (403, ["permission denied"]), "nor does a token that has ended open it")
        check.equal(vault.call("GET", "secret/data/a%zz")[0], 400, "no valid escape")
        check.equal(vault.call("GET", "secret/data/%ff")[0], 400, "no UTF-8")
        vault.write("plain", {"k": 1})
        check.equal(vault.call("GET", "%73ecret/d%61ta/pl%61in?version=%31")[1]["data"], {"k": 1}, "escapes of what needs none")
        check.equal(vault.call("GET", "secret/data/" + "n" * 5000), (400, ["the path is longer than 4096 bytes"]), "a path that none can have")
        check.equal(vault.call("POST", "secret/data/" + "n" * 256, {"data": {}})[0], 400, "a long name")
        check.equal(vault.call("POST", "secret/data/" + "n" * 255, {"data": {}})[0], 200, "the longest")
        check.equal(vault.call("POST", "secret/data/" + "%C3%BC" * 43, {"data": {}})[0], 400, "one that grows too long")
        check.equal(vault.write("big", {"value": "x" * 65537})[0], 400, "a large value")
        check.ok("65536" in vault.write("big", {"value": "x" * 65537})[1][0], "says how large one may be")
        check.equal(vault.write("big", {"value": "x" * 65536})[0], 200, "the largest")
        check.equal(vault.call("POST", "secret/data/big", "x" * 2000000)[0], 413, "a body that nothing needs")


if __name__ == "__main__":
    sys.exit(tap.run(the_envelope, reads_and_writes, check_and_set, patches, versions, repeated_numbers, pruning, metadata, durations,
                     ends_of_versions, an_end_that_is_taken_back, versions_that_any_api_writes, writes_that_prune, whole_numbers, settings_of_the_mount,
                     patched_metadata, custom_metadata, lists, folders_of_slashes, deleted_secrets, subkeys, other_paths))
