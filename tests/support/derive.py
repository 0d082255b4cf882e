#!/usr/bin/env python3
"""GhostKey's generated values, computed a second time.

Written from the contract's section "Rotation" alone and from RFC 5869, with nothing but Python's
standard library, so that it and the daemon agree only if both are right.

    tests/support/derive.py fixtures/derivation    writes the published vectors anew
"""

import hmac
import json
import pathlib
import re
import sys
import uuid
import zlib

BLOCK_BYTES = 8160
HASH_BYTES = 32

HEX = "0123456789abcdef"
DIGIT = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
ALNUM = DIGIT + UPPER + LOWER
BASE64URL = UPPER + LOWER + DIGIT + "-_"

LENGTHS = {"hex": (HEX, 32), "alphanumeric": (ALNUM, 32), "base64url": (BASE64URL, 43)}
FIELDS = {
    "hex": HEX,
    "alnum": ALNUM,
    "upper": UPPER,
    "lower": LOWER,
    "digit": DIGIT,
    "base64url": BASE64URL,
}
PIECE = re.compile(
    r"(?P<text>[^{}]+)|(?P<brace>\{\{|\}\})|"
    r"\{(?P<kind>hex|alnum|upper|lower|digit|base64url):(?P<count>[1-9][0-9]{0,3})\}|"
    r"\{(?P<bare>uuid|version|name)\}"
)


class Stream:
    """The byte stream of one value, or with another purpose that of one version's id."""

    def __init__(self, seed, name, number, purpose=b"value"):
        self.prk = hmac.digest(b"ghostkey/1", seed, "sha256")
        self.prefix = purpose + b"\0" + name.encode() + b"\0" + str(number).encode() + b"\0"
        self.bytes = self.generate()

    def expand(self, info):
        """HKDF-Expand of BLOCK_BYTES, in the pieces of which it is joined."""
        piece = b""
        for step in range(1, BLOCK_BYTES // HASH_BYTES + 1):
            piece = hmac.digest(self.prk, piece + info + bytes([step]), "sha256")
            yield from piece

    def generate(self):
        block = 0
        while True:
            yield from self.expand(self.prefix + str(block).encode())
            block += 1

    def digits(self, alphabet, count):
        limit = 256 - 256 % len(alphabet)
        digits = []
        while len(digits) < count:
            byte = next(self.bytes)
            if byte < limit:
                digits.append(alphabet[byte % len(alphabet)])
        return "".join(digits)

    def uuid(self):
        return str(uuid.UUID(bytes=bytes(next(self.bytes) for _ in range(16)), version=4))


def checksum(text):
    crc = zlib.crc32(text.encode())
    digits = ""
    for _ in range(6):
        crc, digit = divmod(crc, 62)
        digits = ALNUM[digit] + digits
    return digits


def fill_template(template, stream, name, version):
    """The text that a template makes; ValueError if the template is malformed."""
    made = []
    at = 0
    while at < len(template):
        piece = PIECE.match(template, at)
        if piece is None:
            raise ValueError(f"no template at {at}")
        if piece["text"] is not None:
            made.append(piece["text"])
        elif piece["brace"] is not None:
            made.append(piece["brace"][0])
        elif piece["kind"] is not None:
            count = int(piece["count"])
            if count > 4096:
                raise ValueError(f"no number of characters at {at}")
            made.append(stream.digits(FIELDS[piece["kind"]], count))
        elif piece["bare"] == "uuid":
            made.append(stream.uuid())
        else:
            made.append(name if piece["bare"] == "name" else str(version))
        at = piece.end()
    return "".join(made)


def derive(seed, name, generation, version, policy):
    """The value, or None if the policy makes none."""
    stream = Stream(seed.encode(), name, generation)
    strategy = policy["strategy"]
    if strategy == "token":
        body = "ghost_" + stream.digits(ALNUM, 30)
        return body + checksum(body)
    if strategy in LENGTHS:
        alphabet, default = LENGTHS[strategy]
        return stream.digits(alphabet, policy.get("length", default))
    if strategy == "uuid":
        return stream.uuid()
    if strategy == "template":
        return fill_template(policy["template"], stream, name, version)
    if strategy == "cycle":
        return policy["values"][(generation - 1) % len(policy["values"])]
    if strategy == "none":
        return None
    raise ValueError(f"no strategy {strategy}")


def version_id(seed, name, revision):
    """The id of the version that came to be in that revision of the secret."""
    return Stream(seed.encode(), name, revision, b"version-id").uuid()


def of(policy, name="db_pass", generation=1, version=None, seed="fixture"):
    version = generation if version is None else version
    return {"seed": seed, "name": name, "generation": generation, "version": version,
            "policy": policy}


LONG_NAME = "/".join(["segment.of_a+long=name@host-0"] * 8 + ["0123456"])
ACCOUNTS = [
    {"name": "app/db-pass"},
    {"name": "a"},
    {"name": "UPPER.lower_0+1=2@3-4"},
    {"name": LONG_NAME},
    {"generation": 2},
    {"generation": 2, "version": 7},
    {"generation": 9},
    {"generation": 10},
    {"generation": 365000},
    {"generation": 2**53},
    {"seed": ""},
    {"seed": "another"},
    {"seed": "s" * 64},
    {"seed": "s" * 65},
    {"seed": "Schlüssel 🗝"},
]


def vectors():
    """The inputs that are published, per strategy."""
    token = {"strategy": "token"}
    published = {"token": [of(token)] + [of(token, **account) for account in ACCOUNTS]}
    for strategy in LENGTHS:
        policies = [{"strategy": strategy}]
        policies += [{"strategy": strategy, "length": n} for n in (2, 31, 32, 33, 64, 65, 4096)]
        published[strategy] = [of(policy) for policy in policies]
        published[strategy] += [of(policies[0], **account) for account in ACCOUNTS]
    published["uuid"] = [of({"strategy": "uuid"}, **a) for a in [{}] + ACCOUNTS]
    templates = [
        ("postgres://app:{alnum:24}@localhost/app", {}),
        ("{hex:1}{alnum:1}{upper:1}{lower:1}{digit:1}{base64url:1}", {}),
        ("{hex:8}-{alnum:8}-{upper:8}-{lower:8}-{digit:8}-{base64url:8}-{uuid}", {"generation": 3}),
        ("{name} v{version} of {name}", {"name": "app/db-pass", "generation": 4, "version": 12}),
        ("{version}", {"generation": 4, "version": 4}),
        ("{{{hex:4}}}", {}),
        ("{{hex:4}}", {}),
        ("{{}}", {}),
        ("", {}),
        ("no field at all", {}),
        ('{{"user":"é","key":"{base64url:43}"}}', {}),
        ("line one\nline two {digit:6}\n", {}),
        ("{hex:31}{uuid}{hex:17}{alnum:3}", {}),
        ("{hex:4096}{hex:4056}{uuid}{upper:9}", {}),
        ("{hex:4096}{hex:4064}{uuid}", {}),
        ("{alnum:4096}{alnum:4096}", {"generation": 11}),
    ]
    published["template"] = [
        of({"strategy": "template", "template": template}, **account)
        for template, account in templates
    ]
    three = {"strategy": "cycle", "values": ["first", "", "third ‡"]}
    many = {"strategy": "cycle", "values": [f"key-{i:02}" for i in range(64)]}
    published["cycle"] = [of(three, generation=g) for g in (1, 2, 3, 4, 5, 365000)]
    published["cycle"] += [of(many, generation=g) for g in (1, 64, 65, 128, 2**53)]
    published["cycle"] += [of({"strategy": "cycle", "values": ["same", "same"]}, generation=2)]
    published["none"] = [of({"strategy": "none"})]
    return published


def fixtures():
    """The text of every published file, by its name."""
    texts = {}
    for strategy, inputs in vectors().items():
        rows = [dict(given, value=derive(**given)) for given in inputs]
        texts[f"{strategy}.json"] = json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    return texts


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: derive.py FOLDER")
    for name, text in fixtures().items():
        (pathlib.Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
