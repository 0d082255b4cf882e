#!/usr/bin/env python3
"""One damaged record: a request for that secret gets a 500 that names it. Everything else works: lists
that do not need it, cleanup, rotation and expiry of the other secrets."""

import json
import os
import sys
import zlib

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
import tap
from statekit import OPTIONS, Place, ask, put

DAMAGED = "b-damaged"
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


def damage(path, is_sound):
    """Changes the last byte of each record of DAMAGED; is_sound: its checksum, too."""
    with open(path, "r+b") as store:
        content, found = store.read(), 0
        for start, length in records_of(content, DAMAGED.encode()):
            record = content[start + 4:start + length - 1] + bytes([content[start + length - 1] ^ 1])
            checksum = zlib.crc32(DAMAGED.encode() + record) ^ (0 if is_sound else 1)
            store.seek(start)
            store.write(checksum.to_bytes(4, "little") + record)
            found += 1
        return found


def damage_in_the_tree(place):
    """Waits until what was put has moved from the log into the tree."""
    statekit.wait_for(lambda: damage(place.store, is_sound=False), "the record to be in the tree")


def fill(connection, **ttl):
    for name, body in (("a-due", put("x", ttl=60, rotation=POLICY)), (DAMAGED, put("y", **ttl)),
                       ("c-due", put("x", ttl=60, rotation=POLICY)), ("d-ends", put("x", ttl=90)),
                       ("e-stays", put("canary-of-e"))):
        assert ask(connection, "PUT", f"/v1/secrets/{name}", body)[0] == 200


def asked(connection, method, target, body=None):
    status, answer = ask(connection, method, target, body)
    return status, json.loads(answer)


def names_it(check, what, answer):
    status, problem = answer
    check.ok(status == 500 and f"'{DAMAGED}'" in problem.get("detail", ""), f"{what}: 500 names it",
             answer)


def itself_answers_500(check, connection):
    for method, target, body in (
            ("GET", f"/v1/secrets/{DAMAGED}", None), ("GET", f"/v1/metadata/{DAMAGED}", None),
            ("PUT", f"/v1/secrets/{DAMAGED}", put("z")), ("POST", f"/v1/rotate/{DAMAGED}", None),
            ("PATCH", f"/v1/secrets/{DAMAGED}", "{}"), ("DELETE", f"/v1/secrets/{DAMAGED}", None),
            ("GET", "/v1/secrets", None), ("GET", "/v1/secrets?values=true&expired=include", None),
            ("GET", "/v1/secrets?prefix=b-", None)):
        names_it(check, f"{method} {target}", asked(connection, method, target, body))


def the_others_go_on(check, connection):
    status, page = asked(connection, "GET", "/v1/secrets?limit=1")
    check.equal((status, page["next"]), (200, "a-due"), "a page before it is shown")
    status, page = asked(connection, "GET", f"/v1/secrets?after={DAMAGED}")
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
    names_it(check, "after all that, it", asked(connection, "GET", f"/v1/secrets/{DAMAGED}"))


def while_the_daemon_runs(check):
    for ttl in ({}, {"ttl": 30}, {"ttl": 30, "rotation": POLICY}):
        check.note(f"a damaged record with {ttl or 'no ttl'}")
        with Place() as place, place.start(*OPTIONS).connect() as connection:
            fill(connection, **ttl)
            damage_in_the_tree(place)
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
    """The checksum is right, so the file is not refused, and each daemon on it finds the damage."""
    for ttl in ({}, {"ttl": 30, "rotation": POLICY}):
        check.note(f"a seal that does not open, with {ttl or 'no ttl'}")
        with Place() as place:
            with open(place.path("key"), "wb") as key:
                key.write(os.urandom(32))
            options = ("--store-key", key.name, *OPTIONS)
            with place.start(*options).connect() as connection:
                fill(connection, **ttl)
            place.daemon.stop()
            check.ok(damage(place.store, is_sound=True) > 0, "a sealed value was changed")
            with place.start(*options).connect() as connection:
                itself_answers_500(check, connection)
                the_others_go_on(check, connection)
            check.equal(place.daemon.stop(), 0, "the daemon ends as ever")
            with place.start(*options).connect() as connection:
                names_it(check, "for the next daemon, it",
                         asked(connection, "GET", f"/v1/secrets/{DAMAGED}"))
                check.equal(asked(connection, "POST", "/v1/clock/advance", '{"by":60}')[0], 200,
                            "whose clock moves on")


def on_the_machines_clock(check):
    """A damaged secret that is due must not wake the daemon again and again."""
    with Place() as place, place.start("--seed", "damaged").connect() as connection:
        for name in (DAMAGED, "other"):
            ask(connection, "PUT", f"/v1/secrets/{name}", put("x", ttl=5, rotation=POLICY))
        damage_in_the_tree(place)
        ask(connection, "PUT", "/v1/secrets/other", put("x", ttl=1, rotation=POLICY))

        def versions():
            return asked(connection, "GET", "/v1/secrets/other")[1]["metadata"]["version"]

        statekit.wait_for(lambda: versions() > 2, "the other one to rotate")
        names_it(check, "meanwhile, it", asked(connection, "GET", f"/v1/secrets/{DAMAGED}"))
        said = place.daemon.stderr().count("cannot be read")
        check.ok(said < 20, "its damage is not said again and again", f"{said} times")


if __name__ == "__main__":
    sys.exit(tap.run(while_the_daemon_runs, a_seal_that_does_not_open, on_the_machines_clock))
