#!/usr/bin/env python3
"""One secret is one secret: what Vault's API wrote, GhostKey's own API, ghostctl get and export read, and the other way
round."""

import base64
import json
import os
import subprocess
import sys

import vaultkit
from vaultkit import Vault

import tap  # pylint: disable=wrong-import-order

GHOSTCTL = os.environ["GHOSTCTL"]

# (what, data as it is sent, the value that is kept; None: the same text)
WRITTEN = [
    ("a text", '{"value":"plain"}', "plain"),
    ("an empty text", '{"value":""}', ""),
    ("blanks around it", '{ "value" : "a b" }', "a b"),
    ("escapes", '{"value":"\\u00fc\\n\\"\\\\\\ud83d\\ude00"}', 'ü\n"\\😀'),
    ("an escape in the name", '{"v\\u0061lue":"x"}', "x"),
    ("two members", '{"value":"x","other":"y"}', None),
    ("the member twice", '{"value":"x","value":"y"}', None),
    ("a number", '{"value":1.50}', None),
    ("null", '{"value":null}', None),
    ("an object in a text", '{"value":"{\\"a\\":1}"}', None),
    ("one with blanks around it", '{"value":" {\\"a\\":1} "}', None),
    ("what only looks like one", '{"value":"{a}"}', "{a}"),
    ("a list in a text", '{"value":"[1]"}', "[1]"),
    ("a NUL", '{"value":"a\\u0000b"}', None),
    ("half of a surrogate pair", '{"value":"\\ud800"}', None),
    ("the other half", '{"x":"\\udc00","\\ud800":1}', None),
    ("no members", "{}", None),
    ("numbers", '{"a":1.50,"b":9007199254740993,"c":1e400,"d":-0.0,"e":1E+2,"f":0.10}', None),
    ("order", '{"z":1,"a":2,"m":3}', None),
    ("repeated members", '{"a":1,"a":2,"a":{"b":1,"b":2}}', None),
    ("letters as sent", '{"a":"\\u00fc","b":"ü","c":"\\/"}', None),
    ("nested", '{"a":{"b":[1,{"c":null}]},"d":[]}', None),
    ("a quote and blanks", '{"a":"x\\" y \\\\", "b":" z"}', None),
    ("blanks in texts only", '{"a b":"c  d\\te"}', None),
    ("base64 of a text", '{"value_base64":"aGVsbG8="}', None),
    ("base64 of bytes under another name", '{"key":"/w=="}', None),
    ("base64 of nothing", '{"value_base64":""}', None),
    ("no base64", '{"value_base64":"/w"}', None),
    ("base64 that has bits left over", '{"value_base64":"/x=="}', None),
    ("each blank", '{\t"a"\r:\n1 }', None),
    ("each blank around a text", '{\t"value"\r:\n"x" }', "x"),
    ("128 deep", '{"a":' * 127 + "{}" + "}" * 127, None),
    ("128 deep in lists", '{"a":' + "[" * 127 + "]" * 127 + "}", None),
    ("many beside each other", '{"a":[' + "[],{}," * 200 + "1]}", None),
    ("what only looks deep", '{"a":"' + "{[" * 100 + '","b":"\\"' + "{[" * 100 + '","c\\\\":"\\\\' + "{[" * 100 + '"}', None),
    ("64 KiB", json.dumps({"value": "x" * 65536}), "x" * 65536),
]
BINARY = [b"\xff", b"\x00", b"a\x00b", bytes(range(256)), b"\xc3", b"\xed\xa0\x80"]

# (what, the value, data that is shown)
OWN = [
    ("a text", "plain", '{"value":"plain"}'),
    ("an empty text", "", '{"value":""}'),
    ("an object", '{"a":1.50,"a":1e400}', '{"a":1.50,"a":1e400}'),
    ("one with blanks", ' {"a" : 1}\n', None),
    ("one with all blanks", '\t\r\n {"a":1}\r\t\n', None),
    ("one that is cut", '{"a":1', '{"value":"{\\"a\\":1"}'),
    ("one and more", '{"a":1}x', '{"value":"{\\"a\\":1}x"}'),
    ("a list", "[1]", '{"value":"[1]"}'),
    ("a number", "1", '{"value":"1"}'),
    ("letters", "üß\n\t", '{"value":"üß\\n\\t"}'),
    ("128 deep", '{"a":' * 127 + "{}" + "}" * 127, '{"a":' * 127 + "{}" + "}" * 127),
]


def shown_data(vault, path):
    """The bytes of data as a read shows them."""
    status, body = vault.raw("GET", f"secret/data/{path}")
    assert status == 200, body
    text = body.decode()
    return text[text.index('"data":{"data":') + 15:text.rindex(',"metadata":{"created_time"')]


def ctl(vault, *arguments, text=None):
    run = subprocess.run([GHOSTCTL, *arguments], env=dict(os.environ) | {"GHOSTKEY_SOCKET": vault.socket}, check=False,
                         input=text, stdin=subprocess.DEVNULL if text is None else None, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, cwd=vault.directory)
    assert run.returncode == 0, run.stderr
    return run.stdout


def without_blanks(text):
    """JSON without the blanks between its tokens, all else as it is."""
    out, at, inside = "", 0, False
    while at < len(text):
        char = text[at]
        if inside and char == "\\":
            out += text[at:at + 2]
            at += 2
            continue
        inside ^= char == '"'
        out += char if inside or char not in " \t\r\n" else ""
        at += 1
    return out


def vault_writes(check):
    with Vault() as vault:
        for what, data, kept in WRITTEN:
            status, body = vault.raw("POST", "secret/data/v", f'{{"data":{data}}}')
            check.equal(status, 200, f"{what} is written") or check.note(body)
            kept = without_blanks(data) if kept is None else kept
            check.equal(vault.own("v")["value"], kept, f"{what}: what GhostKey keeps")
            check.equal(ctl(vault, "get", "-n", "v"), kept.encode(), f"{what}: ghostctl get")
            check.equal(json.loads(shown_data(vault, "v")), json.loads(data), f"{what}: reads back unchanged")
            if kept == without_blanks(data):
                check.equal(shown_data(vault, "v"), kept, f"{what}: to the byte")
        for value in BINARY:
            text = base64.b64encode(value).decode()
            vault.write("b", {"value_base64": text})
            check.equal(vault.own("b").get("value_base64"), text, f"{value[:8]} is binary")
            check.equal(vault.read("b")[1]["data"], {"value_base64": text}, f"{value[:8]} is read back")
        for deep in ('{"a":' * 128 + "{}" + "}" * 128, '{"a":' + "[" * 128 + "]" * 128 + "}", '{"a":' * 128 + "{}" + "}" * 127 + ',"b":{}}'):
            check.equal(vault.raw("POST", "secret/data/v", f'{{"data":{deep}}}')[0], 400, "129 deep is refused")


def ghostkey_writes(check):
    with Vault() as vault:
        for what, value, data in OWN:
            vault.json("PUT", "/v1/secrets/o", json.dumps({"value": value}))
            data = value if data is None else data
            check.equal(json.loads(shown_data(vault, "o")), json.loads(data), f"{what} is shown")
            vault.raw("POST", "secret/data/o", f'{{"data":{shown_data(vault, "o")}}}')
            check.equal(json.loads(shown_data(vault, "o")), json.loads(data), f"{what}: what is shown can be written")
        for value in BINARY + [b"hello"]:
            text = base64.b64encode(value).decode()
            vault.json("PUT", "/v1/secrets/o", json.dumps({"value_base64": text}))
            check.equal(vault.read("o")[1]["data"], {"value_base64": text}, f"{value[:8]}, put as binary")
        deep = '{"a":' * 128 + "{}" + "}" * 128
        vault.json("PUT", "/v1/secrets/o", json.dumps({"value": deep}))
        check.equal(vault.read("o")[1]["data"], {"value": deep}, "what is 129 deep is a text")
        ctl(vault, "put", "db_pass", text=b"s3cr3t")
        check.equal(vault.read("db_pass")[1]["data"], {"value": "s3cr3t"}, "ghostctl put")
        vault.write("db_pass", {"value": "n3w"})
        check.equal(ctl(vault, "export", "--stdout").decode().count("DB_PASS=n3w"), 1, "ghostctl export")
        ctl(vault, "put", "db_pass", text=b"again")
        check.equal(vault.read("db_pass")[1]["metadata"]["version"], 3, "versions count through both")


if __name__ == "__main__":
    sys.exit(tap.run(vault_writes, ghostkey_writes))
