"""The second half of bad_input.py's table: requests that are wrong outside of the body, and which fault is
answered if a request has several."""

import itertools
import json

from bad_input import BODY_MAX_BYTES, CANARY, JSON, SECRET, USES, bad, put

VALUE = json.dumps({"value": CANARY})

QUERIES = {
    "/v1/secrets": [
        ("x=1", "x"), ("Prefix=a", "Prefix"), ("version=1", "version"), ("limit", "limit"),
        ("limit=", "limit"), ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=-1", "limit"),
        ("limit=+1", "limit"), ("limit=1.5", "limit"), ("limit=ten", "limit"),
        ("limit=0x1", "limit"), ("limit=1%", "limit"), ("limit=%31%3", "limit"),
        ("limit=18446744073709551617", "limit"),
        ("limit=1&limit=1", "limit"), ("lim%69t=0", "limit"), ("limit=1&lim%69t=1", "limit"),
        ("limit==1", "limit"), ("limit=1;values=true", "limit"), ("limit=1%00", "limit"),
        ("values=yes", "values"), ("values=TRUE", "values"), ("values=1", "values"),
        ("values=", "values"), ("values", "values"), ("values=true&values=true", "values"),
        ("expired=true", "expired"), ("expired=", "expired"), ("expired=Only", "expired"),
        ("expired=only&expired=only", "expired"), ("prefix=a%20b", "prefix"),
        ("prefix=%ff", "prefix"), ("prefix=a%", "prefix"), ("prefix=ä", "prefix"),
        ("prefix=a&prefix=a", "prefix"), ("prefix=a?b", "prefix"), ("after=a%00", "after"),
        ("after=%c3%28", "after"), ("after=a&after=b", "after"), ("&", "parameter"),
        ("limit=1&", "parameter"), ("&limit=1", "parameter"), ("limit=1&&values=true", "parameter"),
        ("=1", "parameter"), ("limit=1&x", "x"), ("x%00=1", "parameter"), ("%zz=1", "parameter"),
    ],
    "/v1/events": [
        ("after=", "after"), ("after", "after"), ("after=-1", "after"), ("after=x", "after"),
        ("after=1.0", "after"), ("after=18446744073709551616", "after"), ("after=%2b1", "after"),
        ("after=1&after=2", "after"), ("limit=0", "limit"), ("limit=1001", "limit"),
        ("prefix=a", "prefix"), ("values=true", "values"),
    ],
    "/v1/secrets/db_pass": [
        ("version=", "version"), ("version", "version"), ("version=0", "version"),
        ("version=-1", "version"), ("version=x", "version"), ("version=1&version=1", "version"),
        ("version=99999999999999999999999", "version"), ("v=1", "v"), ("values=true", "values"),
        ("version=1%20", "version"),
    ],
    "/v1/metadata/db_pass": [("version=1", "version"), ("x", "x")],
    "/v1/clock": [("x=1", "x")],
    "/v1/status": [("verbose=1", "verbose")],
    "/v1/openapi.json": [("x=1", "x")],
}


def queries():
    for target, cases in QUERIES.items():
        for query, name in cases:
            yield bad(f"{target}?{query}", "GET", f"{target}?{query}", 400, name)
    for method, target, body in (("PUT", SECRET, VALUE), ("PATCH", SECRET, "{}"),
                                 ("DELETE", SECRET, None), ("POST", "/v1/rotate/db_pass", None),
                                 ("POST", "/v1/cleanup", None)):
        for query, name in (("force=1", "force"), ("version=1", "version"), ("x", "x")):
            yield bad(f"{method} {target}?{query}", method, f"{target}?{query}", 400, name,
                      body=body)


ALLOWED = {
    "/v1/secrets": "GET, HEAD", "/v1/secrets/db_pass": "GET, HEAD, PUT, PATCH, DELETE",
    "/v1/metadata/db_pass": "GET, HEAD", "/v1/rotate/db_pass": "POST", "/v1/cleanup": "POST",
    "/v1/events": "GET, HEAD", "/v1/status": "GET, HEAD", "/v1/openapi.json": "GET, HEAD",
}
METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE", "LOCK", "get", "X"]
NO_PATHS = ["/", "/v1", "/v1/", "/v2/secrets", "/v1/secre/x", "/V1/secrets", "/v1/secretsx",
            "/v1/clock/", "/v1/clock/x", "/v1/status/", "/v1/statuses", "/v1/events/1",
            "/v1/cleanup/", "/v1/cleanup/x", "/v1/rotate", "/v1/metadata", "/v1//secrets",
            "//v1/secrets", "/v1/openapi.json/", "/v1/openapi", "/favicon.ico",
            "/v1/secrets%3Flimit=1", "/v1/secrets%2fdb_pass", "/secrets/db_pass", "/v1/\xff",
            "/v1/secrets;x=1", "/?limit=0"]


def routes():
    for target, allow in ALLOWED.items():
        for method in METHODS:
            if method not in allow.split(", "):
                yield bad(f"{method} {target}", method, target, 405, *allow.split(", "))
    for target, method in itertools.product(NO_PATHS, ("GET", "PUT", "POST")):
        yield bad(f"{method} {target}", method, target, 404, "path",
                  body=VALUE if method == "PUT" else None)


TAGS = ["1", '"1', '1"', '"1" "2"', ",", '"1"x', '*, "1"', '"1", *', "W/1", 'w/"1"', "**", "'1'",
        '"1";q=1']


def preconditions():
    for method, tag in itertools.product(("PUT", "PATCH", "DELETE"), TAGS):
        body = None if method == "DELETE" else VALUE
        for header in ("If-Match", "If-None-Match"):
            yield bad(f"{method} {header}: {tag}", method, SECRET, 400, header, body=body,
                      headers=((header, tag),))
    for tag in TAGS:
        yield bad(f"GET If-None-Match: {tag}", "GET", SECRET, 400, "If-None-Match",
                  headers=(("If-None-Match", tag),))
    unmet = [("If-Match", '"99"'), ("If-Match", 'W/"1"'), ("If-Match", '"01"'), ("If-Match", '"x"'),
             ("If-Match", '"2", "3"'), ("If-None-Match", "*"), ("If-None-Match", '"1"'),
             ("If-Match", '"18446744073709551617"')]
    for method, (header, tag) in itertools.product(("PUT", "PATCH", "DELETE"), unmet):
        body = None if method == "DELETE" else VALUE
        yield bad(f"{method} {header}: {tag}", method, SECRET, 412, "db_pass", body=body,
                  headers=((header, tag),))
    for tag in ("*", '"1"'):
        yield bad(f"PUT If-Match: {tag} where there is none", "PUT", "/v1/secrets/nothing", 412,
                  "nothing", body=VALUE, headers=(("If-Match", tag),))


MEDIA = ["text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonx",
         "application/json-seq", "text/json", "json", "application/", "application", "*/*", "x",
         "multipart/form-data; boundary=x", "application/octet-stream",
         "application/json, text/plain", "text/plain; x=application/json", "application/x json",
         "image/svg+xml", "text/x+json"]


CODINGS = ["gzip", "x-gzip", "br", "deflate", "zstd", "identity, gzip", "gzip, identity", "identit",
           "identity;q=1", "aws-chunked"]


def codings():
    """A body with a Content-Encoding is refused, whether or not it really has that encoding."""
    for coding in CODINGS:
        name = next(each for each in coding.split(", ") if each != "identity")
        for method, target, body in (("PUT", SECRET, VALUE), ("PATCH", SECRET, "{}"),
                                     ("POST", "/v1/rotate/db_pass", "{}"),
                                     ("POST", "/v1/cleanup", "\x1f\x8b\x08")):
            yield bad(f"{method} {target} in {coding}", method, target, 415, f"'Content-Encoding: {name}'",
                      body=body, headers=(("Content-Encoding", coding),))
    yield bad("two lines of codings", "PUT", SECRET, 415, "'Content-Encoding: br'", body=VALUE,
              headers=(("Content-Encoding", "identity"), ("Content-Encoding", "br")))


def media():
    for media_type in MEDIA:
        for method, target, body in (("PUT", SECRET, VALUE), ("PATCH", SECRET, "{}"),
                                     ("POST", "/v1/rotate/db_pass", "{}"),
                                     ("POST", "/v1/cleanup", "{}")):
            yield bad(f"{method} {target} of {media_type}", method, target, 415, "JSON", body=body,
                      headers=(("Content-Type", media_type),))


def absences():
    for method, route in USES:
        if method != "PUT":
            yield bad(f"{method} {route}nothing", method, f"{route}nothing", 404, "nothing",
                      body="{}" if method in ("PATCH", "POST") else None)
    yield bad("HEAD of nothing", "HEAD", "/v1/secrets/nothing", 404)
    yield bad("a version that is not kept", "GET", f"{SECRET}?version=2", 404, "db_pass", "2")
    yield bad("rotating what cannot be", "POST", "/v1/rotate/fixed", 409, "fixed", "none")


LONG = CANARY + "x" * (65537 - len(CANARY))
BASE64_LONG = "AAAA" * (65536 // 3) + "AAA="  # 65538 bytes; `=` leaves one byte off a group


def sizes():
    for method in ("PUT", "PATCH"):
        yield put(f"{method}: a value of 65537 bytes", 413, "65536", method=method, value=LONG)
        yield put(f"{method}: one of as many in two-byte characters", 413, "65536", method=method,
                  value=CANARY + "ä" * 32768)
        yield bad(f"{method}: more bytes in base64", method, SECRET, 413, "65536",
                  body=json.dumps({"value_base64": BASE64_LONG}))
        padding = " " * (BODY_MAX_BYTES + 1 - len(VALUE))
        yield bad(f"{method}: a body one byte too large", method, SECRET, 413, body=VALUE + padding)
    yield bad("POST: too large a body", "POST", "/v1/cleanup", 413, body=" " * (BODY_MAX_BYTES + 1))
    yield bad("GET: too large a body", "GET", SECRET, 413, body=" " * (BODY_MAX_BYTES + 1))


TEXT = ("Content-Type", "text/plain")
UNMET = ("If-Match", '"99"')


def precedence():
    """The contract's order of faults: each case has the fault of its row and every fault of the rows below."""
    large = " " * (BODY_MAX_BYTES + 1)
    yield bad("404 of a path, then all else", "LOCK", "/v1/nothing?x=1", 404, "path", body=large,
              headers=(TEXT, UNMET))
    yield bad("405, then name, query, size", "LOCK", "/v1/secrets/a//b?x=1", 405, "GET", body=large,
              headers=(TEXT, UNMET))
    yield bad("405 of a list, then query", "DELETE", "/v1/secrets?x=1", 405, "GET", body=large)
    yield bad("400 of a name, then size", "PUT", "/v1/secrets/a//b", 400, "name", body=large,
              headers=(TEXT, UNMET))
    yield bad("400 of a query, then size", "PUT", "/v1/secrets/nothing?x=1", 400, "'x'", body=large,
              headers=(TEXT, UNMET))
    yield bad("413 of a body, then type", "PUT", "/v1/secrets/nothing", 413, body=large,
              headers=(TEXT, UNMET))
    yield bad("415, then JSON, secret", "PATCH", "/v1/secrets/nothing", 415, "JSON", body="{",
              headers=(TEXT, UNMET))
    yield bad("415 of a rotation, then body, secret", "POST", "/v1/rotate/nothing", 415, "JSON",
              body="{", headers=(TEXT,))
    yield bad("413 of a value, then wrong members", "PUT", "/v1/secrets/nothing", 413, "65536",
              body=json.dumps({"value": LONG, "x": 1}), headers=(UNMET,))
    yield bad("413 of a verified value, then wrong members, secret", "POST", "/v1/verify/nothing", 413, "65536",
              body=json.dumps({"x": 1, "value": LONG}))
    yield bad("400 of a body, then secret", "PATCH", "/v1/secrets/nothing", 400, "'ttl'",
              body='{"ttl":0}', headers=(UNMET,))
    yield bad("400 of a rotation's body, then secret", "POST", "/v1/rotate/nothing", 400, "'x'",
              body='{"x":1}')
    yield bad("400 of a body, then 412", "PUT", SECRET, 400, "'ttl'",
              body=json.dumps({"value": CANARY, "ttl": 0}), headers=(UNMET,))
    yield bad("400 of a policy, then 412", "PUT", SECRET, 400, "on_expiry",
              body=json.dumps({"value": CANARY, "rotation": {"on_expiry": True}}), headers=(UNMET,))
    yield bad("400 of a patch's policy, then 412", "PATCH", SECRET, 400, "on_expiry",
              body='{"rotation":{"on_expiry":true}}', headers=(UNMET,))
    yield bad("404 of a secret, then 412", "DELETE", "/v1/secrets/nothing", 404, "nothing",
              headers=(UNMET,))
    yield bad("404 of a patch's secret, then 412", "PATCH", "/v1/secrets/nothing", 404, "nothing",
              body="{}", headers=(*JSON, UNMET))
