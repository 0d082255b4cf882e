"""Requests that must be refused, as a table: what is sent, the status, and what the detail must
name. The value in every body is CANARY, which no answer may repeat."""

import itertools
import json
from collections import namedtuple

CANARY = "canary-2c9f41d7"
SECRET = "/v1/secrets/db_pass"
JSON = (("Content-Type", "application/json"),)
BODY_MAX_BYTES = 65536 * 12 + 320 * 1024

# names: texts that the detail must contain
Case = namedtuple("Case", "what method target headers body status names")


def bad(what, method, target, status, *names, body=None, headers=()):
    return Case(what, method, target, headers, body, status, names)


def put(what, status, *names, target=SECRET, method="PUT", **members):
    """A PUT whose body is a value and these members."""
    body = {"value": CANARY, **members}
    return bad(what, method, target, status, *names, body=json.dumps(body), headers=JSON)


NAMES = [
    "", "/", "a/", "/a", "a//b", ".", "..", "a/.", "a/..", "./a", "../a", "a/../b", "%2e", "%2E%2E",
    "a/%2e%2e/b", "a%2F", "%2Fa", "a%2f%2Fb", "a" * 256, "a/" * 127 + "bb", "%61" * 256, "a%20b",
    "a%00", "%00", "a%0A", "a%0d%0a", "a%7F", "a%1b[2J", "ä", "%C3%A4", "%ff", "a%80", "a~b",
    "a*b", "a(b)", "a'b", "a,b", "a;b", "a:b", "a&b", "a$b", 'a"b', "a<b", "a>b",
    "a|b", "a^b", "a`b", "a{b}", "a[b]", "a\\b", "a%3Fb", "a%23b", "a%", "a%4", "a%zz",
    "a%4g", "%", "%%", "a%2", "a%u0041", b"a\xffb",
]

USES = [("GET", "/v1/secrets/"), ("PUT", "/v1/secrets/"), ("PATCH", "/v1/secrets/"),
        ("DELETE", "/v1/secrets/"), ("GET", "/v1/metadata/"), ("POST", "/v1/rotate/")]


def names():
    for name, (method, route) in itertools.product(NAMES, USES):
        body = json.dumps({"value": CANARY}) if method in ("PUT", "PATCH") else None
        target = route.encode() + (name if isinstance(name, bytes) else name.encode())
        yield bad(f"{method} {route} name {name!r:.40}", method, target, 400, "name", body=body)


V = f'"value":"{CANARY}"'
TEXTS = [  # not JSON, or not one object: the message says where
    ("blanks", " \n"), ("a brace", "{"), ("a closing brace", "}"), ("a cut object", "{" + V),
    ("a cut member", '{"value":'), ("a cut text", f'{{"value":"{CANARY}'),
    ("a comma at the end", "{" + V + ",}"), ("two commas", "{" + V + ',,"ttl":1}'),
    ("no colon", f'{{"value" "{CANARY}"}}'), ("single quotes", f"{{'value':'{CANARY}'}}"),
    ("a bare member", f'{{value:"{CANARY}"}}'), ("two objects", "{" + V + "}{}"),
    ("text behind it", "{" + V + "} x"), ("a NUL behind it", "{" + V + "}\0"),
    ("a byte order mark", "\ufeff{" + V + "}"), ("a comment", "{" + V + "/*x*/}"),
    ("NaN", "{" + V + ',"ttl":NaN}'), ("a leading zero", "{" + V + ',"ttl":01}'),
    ("a plus", "{" + V + ',"ttl":+1}'), ("hexadecimal", "{" + V + ',"ttl":0x10}'),
    ("a capital True", '{"generate":True}'),
    ("a raw newline", f'{{"value":"{CANARY}\n"}}'), ("a raw tab", f'{{"value":"{CANARY}\t"}}'),
    ("a raw NUL", f'{{"value":"{CANARY}\0"}}'), ("a bad escape", f'{{"value":"{CANARY}\\x41"}}'),
    ("a short escape", f'{{"value":"{CANARY}\\u12"}}'),
    ("half a surrogate pair", f'{{"value":"{CANARY}\\ud800"}}'),
    ("its other half", f'{{"value":"{CANARY}\\udc00"}}'),
    ("two first halves", f'{{"value":"{CANARY}\\ud800\\ud800"}}'),
    ("a NUL in a member's name", "{" + V + ',"a\\u0000b":1}'),
    ("deep nesting", '{"labels":' + "[" * 5000 + "]" * 5000 + "," + V + "}"),
    ("UTF-16", ("{" + V + "}").encode("utf-16-le")),
    ("a stray byte", b'{"value":"' + CANARY.encode() + b'\xff"}'),
    ("an overlong byte", b'{"value":"' + CANARY.encode() + b'\xc0\xaf"}'),
    ("a surrogate in UTF-8", b'{"value":"' + CANARY.encode() + b'\xed\xa0\x80"}'),
    ("a cut character", b'{"value":"' + CANARY.encode() + b'\xc3"}'),
    ("past Unicode", b'{"value":"' + CANARY.encode() + b'\xf4\x90\x80\x80"}'),
    ("a stray byte in a name", b'{"\xff":1,' + V.encode() + b"}"),
]
NO_OBJECTS = [("an array", f'["{CANARY}"]'), ("a text", f'"{CANARY}"'), ("a number", "1"),
              ("null", "null"), ("true", "true")]


def syntax():
    for method in ("PUT", "PATCH"):
        yield bad(f"{method}: no body", method, SECRET, 400, "body")
        yield bad(f"{method}: an empty body", method, SECRET, 400, "body", body="", headers=JSON)
        for what, body in TEXTS:
            yield bad(f"{method}: {what}", method, SECRET, 400, "body", "line", body=body,
                      headers=JSON)
        for what, body in NO_OBJECTS:
            yield bad(f"{method}: {what}", method, SECRET, 400, "body", "object", body=body,
                      headers=JSON)
    for target in ("promote", "discard", "restore"):
        for body in ("[]", "null", "{", "x", f'"{CANARY}"', '{"version":0}', '{"version":"1"}', '{"version":1.5}',
                     '{"version":-1}', '{"version":1,"version":1}', '{"number":1}'):
            yield bad(f"{target}: {body}", "POST", f"/v1/{target}/db_pass", 400, "", body=body)
    for body in ("", "{}", "[]", '{"value":1}', '{"value":"a","value_base64":"YQ=="}', '{"value_base64":"x"}',
                 '{"generate":true}', f'{{"value":"{CANARY}","ttl":1}}'):
        yield bad(f"verify: {body}", "POST", "/v1/verify/db_pass", 400, "", body=body)
    for body in ('{"pending":1}', '{"pending":"true"}', '{"pending":null}', '{"later":true}'):
        yield bad(f"rotate: {body}", "POST", "/v1/rotate/db_pass", 400, "member", body=body)
    for target in ("/v1/rotate/db_pass", "/v1/cleanup"):
        for body in ("[]", "null", "{", "x", f'"{CANARY}"'):
            yield bad(f"{target}: {body}", "POST", target, 400, "body", body=body)
        yield bad(f"{target}: a member", "POST", target, 400, "value", body="{" + V + "}")


def members():
    for method in ("PUT", "PATCH"):
        for member in ("Value", "VALUE", "values", "name", "version", "expires", "ttl ", "ключ",
                       "metadata"):
            yield put(f"{method}: unknown member {member!r}", 400, member.strip(), method=method,
                      **{member: 1})
        yield put(f"{method}: a member without a name", 400, method=method, **{"": 1})
        repeated = [
            ("value", "{" + V + "," + V + "}"),
            ("value", f'{{{V},"val\\u0075e":"{CANARY}"}}'),
            ("ttl", "{" + V + ',"ttl":1,"ttl":1}'),
            ("strategy", "{" + V + ',"rotation":{"strategy":"hex","strategy":"hex"}}'),
            ("team", "{" + V + ',"labels":{"team":"a","team":"b"}}'),
            ("other", "{" + V + ',"other":1,"other":1}'),
        ]
        for member, body in repeated:
            yield bad(f"{method}: repeated {member}", method, SECRET, 400, member, body=body,
                      headers=JSON)
        yield put(f"{method}: unknown in rotation", 400, "rotation.interval", method=method,
                  rotation={"interval": 1})
        for extra in ({"generate": True}, {"value_base64": "AA=="},
                      {"generate": True, "value_base64": "AA=="}):
            yield put(f"{method}: value and {', '.join(extra)}", 400, "'value'", "'value_base64'",
                      "'generate'", method=method, **extra)
        yield bad(f"{method}: value_base64 and generate", method, SECRET, 400, "'generate'",
                  body='{"value_base64":"AA==","generate":true}')
        for number in ("99999999999999999999", "1e999"):
            yield bad(f"{method}: the number {number}", method, SECRET, 400, "'ttl'",
                      body="{" + V + f',"ttl":{number}}}', headers=JSON)
    for body in ("{}", '{"ttl":60}', '{"rotation":{"strategy":"hex"}}'):
        yield bad(f"PUT: no value in {body}", "PUT", SECRET, 400, "'value'", body=body)


ANY = [1, 1.5, True, [], [CANARY], {}, {"a": CANARY}]
DURATIONS = ["", "x", "1", "1 h", "1H", "h", "s1", "1h1h", "1m1h", "1s1d", "-1s", "+1s", "1.5h",
             " 1s", "1s ", "1w", "1ms", "0s", "0d0h", "3650d1s", "315360001s",
             "99999999999999999999s", "9223372036854775807d", "1s\0", "१s", "PT1H", "1h 30m",
             "null"]
BASE64 = ["A", "AA", "AAA", "AA=", "A===", "=", "====", "AA==AA==", "AA=A", "AA==\n", " AA==",
          "AA-_", "AA__", "AAAA\0", "AA%3D", "ÄÄÄÄ", "AAAAA"]
ENVS = ["", "1A", "A-B", "a b", "ä", "A\0", "A=B", "A.B", " A", "A\n", *ANY]


def types():
    for method in ("PUT", "PATCH"):
        for value in [None, False, *ANY]:
            yield put(f"{method}: value {value!r}", 400, "'value'", method=method, value=value)
        yield put(f"{method}: a NUL in value", 400, "'value'", method=method, value=CANARY + "\0x")
        for value in [None, False, *ANY, *BASE64]:
            yield bad(f"{method}: value_base64 {value!r}", method, SECRET, 400, "'value_base64'",
                      body=json.dumps({"value_base64": value}))
        for value in (False, None, 1, 0, "true", [], {}):
            yield bad(f"{method}: generate {value!r}", method, SECRET, 400, "'generate'",
                      body=json.dumps({"generate": value}))
        for value in (True, [], {}, 0, -1, 1.5, 315360001, 2**62, *DURATIONS):
            yield put(f"{method}: ttl {value!r}", 400, "'ttl'", method=method, ttl=value)
        for value in (1, True, "hex", [], ["hex"]):
            yield put(f"{method}: rotation {value!r}", 400, "'rotation'", method=method,
                      rotation=value)
        for value in ENVS:
            yield put(f"{method}: env {value!r}", 400, "'env'", method=method, env=value)
        for value in (1, True, "x", [], ["a"]):
            yield put(f"{method}: labels {value!r}", 400, "'labels'", method=method, labels=value)
        for value in (1, True, [], {}, "x" * 513, "ä" * 257):
            yield put(f"{method}: a label {value!r:.30}", 400, "labels.team", method=method,
                      labels={"team": value})
        for value in (1, True, [], {}, "x" * 2049, "ä" * 1025, "a\0b"):
            yield put(f"{method}: description {value!r:.30}", 400, "'description'", method=method,
                      description=value)
        for value in (-1, 1.5, True, "0s", "1x", [], 315360001):
            yield put(f"{method}: grace {value!r}", 400, "'rotation.grace'", method=method,
                      rotation={"grace": value})
        for name in ("x" * 129, "ä" * 65):
            yield put(f"{method}: a label named {name!r:.30}", 400, "labels", method=method,
                      labels={name: "x"})
        yield put(f"{method}: 65 labels", 400, "labels", "64", method=method,
                  labels={f"l{i}": "x" for i in range(65)})
    for member in ("ttl", "rotation", "env", "labels"):
        yield put(f"PUT: {member} null", 400, member, **{member: None})
    yield put("PUT: a label null", 400, "labels.team", labels={"team": None})


TEMPLATES = ["{", "}", "{}", "{x}", "{hex}", "{hex:}", "{hex:0}", "{hex:-1}", "{hex:4097}",
             "{hex:1", "{hex:1.5}", "{hex: 1}", "{HEX:1}", "{version:1}", "{uuid:1}", "a}b",
             "{{hex:1}"]
CYCLES = [[], [CANARY], [CANARY] * 65, [1, 2], [CANARY, None], CANARY, 2, {}, True,
          [CANARY * 2500, CANARY * 2500]]


def policies():
    for method in ("PUT", "PATCH"):
        def rotation(what, *names, policy_method=method, **policy):
            return put(f"{policy_method}: {what}", 400, *names, method=policy_method,
                       rotation=policy)

        for value in (1, True, [], {}, "", "HEX", "dice", "hex ", "hex\0"):
            yield rotation(f"strategy {value!r}", "rotation.strategy", strategy=value)
        for value in (0, 1, -1, 4097, 2**40, 2.5, "32", True, [], {}):
            for strategy in ("hex", "alphanumeric", "base64url"):
                yield rotation(f"{strategy} of length {value!r}", "rotation.length",
                               strategy=strategy, length=value)
        for strategy in ("token", "uuid", "none"):
            yield rotation(f"{strategy} with a length", "rotation.length", strategy=strategy,
                           length=8)
        yield rotation("hex with a template", "rotation.template", strategy="hex", template="x")
        for value in (1, "true", [], {}):
            yield rotation(f"on_expiry {value!r}", "rotation.on_expiry", strategy="hex",
                           on_expiry=value)
        yield rotation("rotating on expiry without a TTL", "on_expiry", strategy="hex",
                       on_expiry=True)
        yield put(f"{method}: none on expiry", 400, "on_expiry", method=method, ttl=60,
                  rotation={"strategy": "none", "on_expiry": True})
        yield bad(f"{method}: none generated", method, SECRET, 400, "generate",
                  body='{"generate":true,"rotation":{"strategy":"none"}}')
        for value in (1, None, [], *TEMPLATES):
            yield rotation(f"template {value!r}", "rotation.template", strategy="template",
                           template=value)
        yield rotation("template without one", "rotation.template", strategy="template")
        for value in CYCLES:
            yield rotation(f"cycle of {value!r:.30}", "rotation.values", strategy="cycle",
                           values=value)
        yield rotation("cycle without values", "rotation.values", strategy="cycle")
    for member in ("strategy", "length", "on_expiry"):
        yield put(f"PUT: rotation.{member} null", 400, f"rotation.{member}",
                  rotation={"strategy": "hex", member: None})
