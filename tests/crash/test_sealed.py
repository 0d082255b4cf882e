#!/usr/bin/env python3
"""--store-key: nothing private can be found in the file, only the right key decrypts it, and a value
that is moved to another place cannot be decrypted."""

import base64
import json
import os
import pathlib
import sys
import zlib

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from statekit import Fault, Place, ask, dump, put
import tap

SEED = "canary-seed"
CANARIES = [b"canary-" + each for each in (
    b"seed", b"text", b"older", b"large", b"template", b"cycle", b"binary", b"gone", b"patched")]
OPEN = [b"open-name", b"open-label"]


def key_file(place, name="key", content=None):
    with open(place.path(name), "wb") as key:
        key.write(os.urandom(32) if content is None else content)
    return place.path(name)


def fill(connection):
    template = {"strategy": "template", "template": "canary-template{alnum:9}"}
    cycle = {"strategy": "cycle", "values": ["canary-cycle-1", "canary-cycle-2"]}
    binary = base64.b64encode(b"\xffcanary-binary").decode()
    for name, body in (
            ("open-name", put("canary-older")), ("open-name", put("canary-text")),
            ("labelled", put("x", labels={"open-label": "y"})),
            ("large", put("canary-large" * 2000)), ("template", put("x", rotation=template)),
            ("cycle", put("x", rotation=cycle)), ("binary", json.dumps({"value_base64": binary})),
            ("gone", put("canary-gone"))):
        assert ask(connection, "PUT", f"/v1/secrets/{name}", body)[0] == 200
    assert ask(connection, "POST", "/v1/rotate/template")[0] == 200
    assert ask(connection, "POST", "/v1/rotate/cycle")[0] == 200
    assert ask(connection, "PATCH", "/v1/secrets/labelled", put("canary-patched"))[0] == 200
    assert ask(connection, "DELETE", "/v1/secrets/gone")[0] == 200


def read(path):
    with open(path, "rb") as file:
        return file.read()


def nothing_private_is_in_the_file(check):
    with Place() as place:
        key = key_file(place)
        options = ("--store-key", key, "--seed", SEED, "--clock", "virtual")
        with place.start(*options).connect() as connection:
            fill(connection)
            seen = dump(connection)
            found = [canary for canary in CANARIES if canary in read(place.store)]
            check.equal(found, [], "no value, policy or seed is in a sealed file")
            check.equal([each for each in OPEN if each in read(place.store)], [],
                        "nor is any name or label")
        check.equal(place.daemon.stop(), 0, "the daemon ends")
        check.equal([canary for canary in CANARIES if canary in read(place.store)], [],
                    "nor are they after its end")
        check.ok(read(key) not in read(place.store), "nor is the key")
        with place.start("--store-key", key).connect() as connection:
            check.ok(dump(connection) == seen, "with the key all is there")
            check.ok("canary-text" in seen and "canary-large" in seen, "in clear")
            older = json.loads(ask(connection, "GET", "/v1/secrets/open-name?version=1")[1])
            check.equal(older["value"], "canary-older", "older values as well")
        check.ok("canary" not in place.daemon.stderr(), "and none of it in the log")
    with Place() as place:
        with place.start("--seed", SEED).connect() as connection:
            fill(connection)
        missing = [canary for canary in CANARIES if canary not in read(place.store)]
        check.equal(missing, [], "in a file that is not sealed all of them are found")


def nor_in_one_that_was_not_finished(check):
    with Place() as place:
        fault, found, seen = Fault(place), [], 0
        key = key_file(place)
        for ahead in range(1, 40):
            fault.disarm()
            fault.arm("kill", ahead)
            try:
                place.start("--store-key", key, "--seed", SEED,
                            env=fault.env | {"FAULT_NAMED": "1"})
            except RuntimeError:
                pass
            for draft in pathlib.Path(place.directory).glob("store.new-*"):
                content = draft.read_bytes()
                seen = max(seen, len(content))
                found += [canary for canary in CANARIES if canary in content]
                draft.unlink()
            if os.path.exists(place.store):
                break
        check.ok(seen > 96, f"a file that is being made was seen, {seen} bytes of it")
        check.equal(found, [], "the seed is in none of them")


def only_its_own_key_opens_it(check):
    with Place() as place:
        key = key_file(place)
        with place.start("--store-key", key, "--seed", SEED).connect() as connection:
            fill(connection)
        place.daemon.stop()
        before = read(place.store)
        for what, options in (("another key", ("--store-key", key_file(place, "other"))),
                              ("no key", ())):
            status, said = place.refused("--store", place.store, *options)
            check.equal(status, 2, f"{what}: exit status 2")
            check.ok("--store-key" in said and said.count("\n") == 1 and "canary" not in said,
                     f"{what}: one line names the option", said)
        for size in (0, 31, 33, 64):
            short = key_file(place, "short", bytes(size))
            status, said = place.refused("--store", place.store, "--store-key", short)
            check.ok(status == 2 and "32 bytes" in said, f"a key of {size} bytes: exit 2", said)
        status, said = place.refused("--store-key", key)
        check.ok(status == 2 and "--store" in said, "a key and no store: exit status 2", said)
        check.ok(read(place.store) == before, "nothing was written")
        credentials = {"CREDENTIALS_DIRECTORY": place.path("credentials")}
        os.mkdir(credentials["CREDENTIALS_DIRECTORY"])
        os.link(key, os.path.join(credentials["CREDENTIALS_DIRECTORY"], "ghostkey.key"))
        place.start(env=dict(os.environ, **credentials))
        check.ok(place.daemon.runs(), "the credential ghostkey.key is taken for it")
    with Place() as place:
        place.start("--seed", SEED).stop()
        status, said = place.refused("--store", place.store, "--store-key", key_file(place))
        check.ok(status == 2 and "--store-key" in said, "a key for a store without: exit 2", said)


def frames(content):
    """Where each frame begins and ends: daemon/store/frame.h."""
    at, places = 96, []
    while at + 24 <= len(content) and (length := int.from_bytes(content[at:at + 4], "little")):
        places.append((at, at + 24 + length))
        at += 24 + length
    return places


def a_frame_in_another_place_does_not_open(check):
    """What is moved gets the number of its new place, and a right checksum."""
    with Place() as place:
        key = key_file(place)
        with place.start("--store-key", key, "--seed", SEED).connect() as connection:
            for number in range(4):
                ask(connection, "PUT", f"/v1/secrets/n{number}", put(f"canary of {number}"))
            whole = bytearray(read(place.store))
        place.end()
        one, other = [(start, end) for start, end in frames(whole)
                      if end - start == frames(whole)[-1][1] - frames(whole)[-1][0]][-2:]
        moved = bytes(whole[other[0] + 24:other[1]])
        whole[one[0] + 24:one[1]] = moved
        body = bytes(whole[one[0]:one[0] + 4] + whole[one[0] + 8:one[1]])
        whole[one[0] + 4:one[0] + 8] = zlib.crc32(body).to_bytes(4, "little")
        with open(place.store, "wb") as store:
            store.write(whole)
        status, said = place.refused("--store", place.store, "--store-key", key)
        check.ok(status == 1 and place.store in said and "copy" in said,
                 "a store with a sealed frame in another's place is refused", status, said)
        check.ok("canary" not in said, "no value is in the message")


if __name__ == "__main__":
    sys.exit(tap.run(nothing_private_is_in_the_file, nor_in_one_that_was_not_finished,
                     only_its_own_key_opens_it, a_frame_in_another_place_does_not_open))
