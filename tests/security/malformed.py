"""Malformed requests, made from a seed: number N is the same in each run."""

import json
import random

HEAD_MAX_BYTES = 16 * 1024
BODY = json.dumps({"value": "malformed"}).encode()
GOOD = b"PUT /v1/secrets/m HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY), BODY)
READ = b"GET /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\n\r\n"


def flip(rng, data):
    """Changes some bytes of it."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.choice([0, 10, 13, 32, 58, 127, 255,
                                                          rng.randrange(256)])
    return bytes(changed)


def cut(rng, data):
    return data[:rng.randrange(1, len(data))]


def insert(rng, data):
    at = rng.randrange(len(data))
    piece = rng.choice([b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b"\xff\xfe", b"%00",
                        b"../", b"//", b":", b"HTTP/1.1", b"\r\n ", b"\x80" * 9])
    return data[:at] + piece + data[at:]


def bad_request_line(rng):
    method = rng.choice([b"GET", b"", b"G T", b"get", b"PUT\0", b"X" * 300, b"\x7f", b"PRI"])
    target = rng.choice([b"*", b"", b"v1/status", b"/v1/secrets/%", b"/v1/secrets/%zz", b"/%00",
                         b"/v1/secrets/" + b"n" * 300, b"http://", b"http:///", b"//", b"?", b"/?" * 99,
                         b"/v1/secrets/a\0b", b"/v1/../v1/status", b"localhost:80", b"\xff\xff"])
    version = rng.choice([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.", b"http/1.1",
                          b"HTTP/1.1 x", b"", b"HTTP/99999999999.1"])
    return b" ".join([method, target, version]) + b"\r\nHost: x\r\n\r\n"


def bad_headers(rng):
    lines = [rng.choice([b"Host: x", b": x", b"no colon", b"A\0: b", b"A: b\0c", b" folded: x",
                         b"X-\xff: y", b"Expect: 100-continue", b"Expect: gifts", b"Connection: close",
                         b"Connection: upgrade", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk",
                         b"Content-Length: 5", b"If-Match: \"", b"If-Match: *, *", b"A : b",
                         b"Content-Type: \0", b"Host: y", b"Range: bytes=0-", b"TE: trailers"])
             for _ in range(rng.randint(1, 12))]
    return b"PUT /v1/secrets/m HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + BODY


def many_headers(rng):
    count = rng.choice([99, 100, 101, 400])
    return READ[:-2] + b"".join(b"h%d: %d\r\n" % (n, n) for n in range(count)) + b"\r\n"


def huge_head(rng):
    size = rng.choice([HEAD_MAX_BYTES - 40, HEAD_MAX_BYTES, 40000, 420000, 600000])
    return rng.choice([READ[:-2] + b"A: " + b"x" * size + b"\r\n\r\n", b"GET /" + b"x" * size,
                       b"X" * size, READ[:-2] + b"a:b\r\n" * (size // 5)])


def two_lengths(rng):
    """Requests of which a proxy and the daemon could read different lengths."""
    smuggled = b"DELETE /v1/secrets/a HTTP/1.1\r\nHost: localhost\r\n\r\n"
    first, second = rng.choice([
        (b"Content-Length: 0", b"Content-Length: %d" % len(smuggled)),
        (b"Content-Length: %d" % len(smuggled), b"Content-Length: 0"),
        (b"Content-Length: 4", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 4"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
        (b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"),
        (b"Content-Length: 0, %d" % len(smuggled), b"X: y"),
        (b"Transfer-Encoding : chunked", b"Content-Length: 0"),
        (b"Transfer-Encoding:\tchunked", b"Content-length: 5"),
        (b"Transfer-Encoding: xchunked", b"Content-Length: 5"),
        (b"Transfer-Encoding: chunked, identity", b"X: y"),
        (b"X: y\r\n Transfer-Encoding: chunked", b"Content-Length: 0"),
        (b"Content-Length: +0", b"X: y"), (b"Content-Length: 0x0", b"X: y"),
        (b"Content-Length: -1", b"X: y"), (b"Content-Length: 18446744073709551616", b"X: y"),
        (b"Content-Length: 18446744073709551615", b"X: y"), (b"Content-Length: ", b"X: y")])
    return (rng.choice([b"", b"", b"\r\n", b"\n"])
            + b"PUT /v1/secrets/m HTTP/1.1\r\nHost: localhost\r\n" + first + b"\r\n" + second
            + b"\r\n\r\n" + rng.choice([b"0\r\n\r\n", b""]) + smuggled)


def bad_chunks(rng):
    head = b"PUT /v1/secrets/m HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    size = b"%x" % len(BODY)
    return head + rng.choice([
        b"zz\r\n", b"-5\r\n", b"\r\n\r\n", b"fffffffffffffffff\r\n", b"7fffffffffffffff\r\n", b"0x5\r\n",
        size + b"\r\n" + BODY + b"0\r\n\r\n", size + b"\n" + BODY + b"\n0\n\n",
        size + b"\r\n" + BODY + b"\r\n", size + b";" + b"x" * 5000, size + b"\r\n" + BODY + b"XX0\r\n\r\n",
        b"1\r\n{\r\n" * 50, b"0\r\nA: " + b"x" * 30000 + b"\r\n\r\n", b"5 \r\n12345\r\n0\r\n\r\n",
        b"00000000000000005\r\n12345\r\n0\r\n\r\n", b"5\r\n1234", b"0\r\n", b"0\r\n\r", b"\0\0\0\0"])


def bad_body(rng):
    body = rng.choice([b"\0" * 50, b"{" * 3000, b"[" * 100000, b'{"value":"' + b"\\" * 99,
                       flip(rng, BODY), cut(rng, BODY), b'{"value":"\xed\xa0\x80"}', b"\xef\xbb\xbf{}",
                       b'{"ttl":1e400,"value":""}', b'{"value":"x","ttl":' + b"9" * 5000 + b"}"])
    return b"PUT /v1/secrets/m HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body), body)


def noise(rng):
    return rng.randbytes(rng.choice([1, 7, 64, 1500, 9000]))


def pipeline(rng):
    """Good requests, with something malformed after or between them."""
    kinds = [bad_request_line, bad_headers, two_lengths, bad_chunks, bad_body, noise]
    return READ * rng.randint(0, 30) + rng.choice(kinds)(rng) + READ * rng.randint(0, 3)


def damaged(rng):
    return rng.choice([flip, cut, insert])(rng, rng.choice([GOOD, READ, GOOD + READ]))


KINDS = [bad_request_line, bad_headers, many_headers, huge_head, two_lengths, bad_chunks, bad_body,
         noise, pipeline, damaged, damaged]


def requests(count, seed):
    """(kind, the pieces in which it is sent, how it ends) of each"""
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        kind = rng.choice(KINDS)
        data = kind(rng)
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([0, 0, 1, 3, 12])))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]
        yield kind.__name__, [piece for piece in pieces if piece], rng.choice(
            ["close", "half-close", "reset", "read", "read", "stay"])
