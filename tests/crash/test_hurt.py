#!/usr/bin/env python3
"""One hurt record: that secret answers 500 by name, and nothing else is kept from its work: lists
that do not need it, cleanup, rotation and expiry of the others."""

import json
import os
import sys
import zlib

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
import tap
from statekit import OPTIONS, Place, ask, put

HURT = "b-hurt"
POLICY = {"strategy": "hex", "on_expiry": True}


def records_of(content, name):
    """Where sound records under the name are, and their lengths, by LMDB's node headers."""
    at = -1
    while (at := content.find(name, at + 1)) >= 0:
        low, high, flags, key_bytes = (int.from_bytes(content[at - 8 + 2 * i:at - 6 + 2 * i],
                                                      "little") for i in range(4))
        length, start = low | high << 16, at + len(name)
        record = content[start:start + length]
        if flags == 0 and key_bytes == len(name) and length > 60 and zlib.crc32(
                name + record[4:]) == int.from_bytes(record[:4], "little"):
            yield start, length


def hurt(path, is_sound):
    """Changes the last byte of each record of HURT; is_sound: and its checksum with it."""
    with open(path, "r+b") as store:
        content, found = store.read(), 0
        for start, length in records_of(content, HURT.encode()):
            record = content[start + 4:start + length - 1] + bytes([content[start + length - 1] ^ 1])
            checksum = zlib.crc32(HURT.encode() + record) ^ (0 if is_sound else 1)
            store.seek(start)
            store.write(checksum.to_bytes(4, "little") + record)
            found += 1
        return found


def hurt_when_settled(place):
    """Till then what was put stands in the log alone."""
    statekit.wait_for(lambda: hurt(place.store, is_sound=False), "the record to be in the tree")


def fill(connection, **ttl):
    for name, body in (("a-due", put("x", ttl=60, rotation=POLICY)), (HURT, put("y", **ttl)),
                       ("c-due", put("x", ttl=60, rotation=POLICY)), ("d-ends", put("x", ttl=90)),
                       ("e-stays", put("canary-of-e"))):
        assert ask(connection, "PUT", f"/v1/secrets/{name}", body)[0] == 200


def asked(connection, method, target, body=None):
    status, answer = ask(connection, method, target, body)
    return status, json.loads(answer)


def names_it(check, what, answer):
    status, problem = answer
    check.ok(status == 500 and f"'{HURT}'" in problem.get("detail", ""), f"{what}: 500 names it",
             answer)


def itself_answers_500(check, connection):
    for method, target, body in (
            ("GET", f"/v1/secrets/{HURT}", None), ("GET", f"/v1/metadata/{HURT}", None),
            ("PUT", f"/v1/secrets/{HURT}", put("z")), ("POST", f"/v1/rotate/{HURT}", None),
            ("PATCH", f"/v1/secrets/{HURT}", "{}"), ("DELETE", f"/v1/secrets/{HURT}", None),
            ("GET", "/v1/secrets", None), ("GET", "/v1/secrets?values=true&expired=include", None),
            ("GET", "/v1/secrets?prefix=b-", None)):
        names_it(check, f"{method} {target}", asked(connection, method, target, body))


def the_others_go_on(check, connection):
    status, page = asked(connection, "GET", "/v1/secrets?limit=1")
    check.equal((status, page["next"]), (200, "a-due"), "a page before it is shown")
    status, page = asked(connection, "GET", f"/v1/secrets?after={HURT}")
    check.equal([secret["name"] for secret in page["secrets"]], ["c-due", "d-ends", "e-stays"],
                "and the page behind it")
    status, moved = asked(connection, "POST", "/v1/clock/advance", '{"by":"2m"}')
    check.equal((status, moved.get("rotated"), moved.get("expired")), (200, 4, 1),
                "an advance rotates and expires the others")
    status, clock = asked(connection, "GET", "/v1/clock")
    check.ok(status == 200 and clock["next_due"] > clock["now"],
             "what is due next lies ahead", clock)
    check.equal(asked(connection, "POST", "/v1/cleanup"), (200, {"removed": ["d-ends"]}),
                "cleanup removes what has ended")
    check.equal(asked(connection, "PUT", "/v1/secrets/f-new", put("x"))[0], 200, "writes go on")
    check.equal(asked(connection, "GET", "/v1/secrets/e-stays")[1]["value"], "canary-of-e",
                "and so do reads")
    names_it(check, "after all that, it", asked(connection, "GET", f"/v1/secrets/{HURT}"))


def while_the_daemon_runs(check):
    for ttl in ({}, {"ttl": 30}, {"ttl": 30, "rotation": POLICY}):
        check.note(f"a record that is hurt with {ttl or 'no ttl'}")
        with Place() as place, place.start(*OPTIONS).connect() as connection:
            fill(connection, **ttl)
            hurt_when_settled(place)
            itself_answers_500(check, connection)
            the_others_go_on(check, connection)
            answer = asked(connection, "GET", "/v1/secrets?expired=only")
            if ttl:
                names_it(check, "a list of what is expired, when it is,", answer)
            else:
                check.equal(answer, (200, {"secrets": [], "next": None}),
                            "a list of what is expired does without it")
            check.equal(place.daemon.stop(), 0, "the daemon ends as ever")
            check.ok("canary" not in place.daemon.stderr(), "no value is in the log")


def a_seal_that_does_not_open(check):
    """The checksum is right, so the file is not refused; and it is met at each start."""
    for ttl in ({}, {"ttl": 30, "rotation": POLICY}):
        check.note(f"a seal that does not open, with {ttl or 'no ttl'}")
        with Place() as place:
            with open(place.path("key"), "wb") as key:
                key.write(os.urandom(32))
            options = ("--store-key", key.name, *OPTIONS)
            with place.start(*options).connect() as connection:
                fill(connection, **ttl)
            place.daemon.stop()
            check.ok(hurt(place.store, is_sound=True) > 0, "a sealed value was changed")
            with place.start(*options).connect() as connection:
                itself_answers_500(check, connection)
                the_others_go_on(check, connection)
            check.equal(place.daemon.stop(), 0, "the daemon ends as ever")
            with place.start(*options).connect() as connection:
                names_it(check, "for the next daemon, it",
                         asked(connection, "GET", f"/v1/secrets/{HURT}"))
                check.equal(asked(connection, "POST", "/v1/clock/advance", '{"by":60}')[0], 200,
                            "whose clock moves on")


def on_the_machines_clock(check):
    """What is due and hurt must not ring for ever."""
    with Place() as place, place.start("--seed", "hurt").connect() as connection:
        for name in (HURT, "other"):
            ask(connection, "PUT", f"/v1/secrets/{name}", put("x", ttl=5, rotation=POLICY))
        hurt_when_settled(place)
        ask(connection, "PUT", "/v1/secrets/other", put("x", ttl=1, rotation=POLICY))

        def versions():
            return asked(connection, "GET", "/v1/secrets/other")[1]["metadata"]["version"]

        statekit.wait_for(lambda: versions() > 2, "the other one to rotate")
        names_it(check, "meanwhile, it", asked(connection, "GET", f"/v1/secrets/{HURT}"))
        said = place.daemon.stderr().count("cannot be read")
        check.ok(said < 20, "its damage is not said again and again", f"{said} times")


if __name__ == "__main__":
    sys.exit(tap.run(while_the_daemon_runs, a_seal_that_does_not_open, on_the_machines_clock))
