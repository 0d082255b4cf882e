#!/usr/bin/env python3
"""The life of versions: random sequences of changes on a few names, each answer compared byte by byte with that of
a model (life_model.py). After each step the versions that are kept, their numbers, ids and stages are looked at, too.

    test_life_property.py SEQUENCES [SEED]    that many; a seed plays a failure again

A daemon gets SEQUENCES_PER_DAEMON of them, one after another, with a seed of its own for what is drawn. The program is
$GHOSTKEYD.
"""

import functools
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import tap
from daemon import Daemon
from life_model import STAGES, Broker

SEQUENCES_PER_DAEMON = 50
ALL_SEEN_AFTER = 1000
STEPS_MAX = 30
NAMES = ("app/db", "key%1!", "z")
MAX_VALUE = 40  # so that some policies make what is too large
KEEPS = (1, 2, 3, 4, 10)
TTLS = (1, 2, 5, 20, 60)
VALUES = ("", "a", "b", "value", "v" * MAX_VALUE, "v" * (MAX_VALUE + 1))
POLICIES = (
    {"strategy": "hex", "length": 8}, {"strategy": "hex", "length": MAX_VALUE + 1},
    {"strategy": "uuid"}, {"strategy": "cycle", "values": ["a", "b"]}, {"strategy": "none"},
    {"strategy": "template", "template": "v{version}"},
    {"strategy": "template", "template": "x" * (MAX_VALUE - 1) + "{version}"},  # up to version 9
)
WEIGHTS = {"put": 10, "patch": 5, "rotate": 6, "rotate_pending": 7, "promote": 7, "discard": 5,
           "restore": 7, "delete": 1, "recover": 3, "cleanup": 0.5, "advance": 5, "verify": 12, "get": 4,
           "get_stage": 4, "list": 1}
SEEN_WANTED = {  # (event, cause), and statuses by operation
    *((event, "expiry") for event in ("rotated", "expired", "failed", "deleted")),
    ("created", "put"), ("updated", "put"), ("updated", "patch"), ("rotated", "rotate"),
    ("failed", "rotate"), ("deleted", "delete"), ("restored", "restore"), ("pending", "rotate"),
    ("promoted", "promote"), ("discarded", "discard"), ("cleaned", "cleanup"),
    *(("put", status) for status in (200, 400, 409, 412, 413)),
    *(("patch", status) for status in (200, 400, 404, 409, 412, 413)),
    *((operation, status) for operation in ("rotate", "rotate_pending", "promote")
      for status in (200, 404, 409)),
    *((operation, status) for operation in ("discard", "restore", "verify", "get", "get_stage", "delete",
                                            "recover") for status in (200, 404)),
    "a restart"}


def compact(document):
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def path_of(route, name):
    return f"/v1/{route}/{name.replace('%', '%25')}"


class Draw:
    """What is asked next, by the state of the model."""

    def __init__(self, rng, model):
        self.rng = rng
        self.model = model

    def often(self, share):
        return self.rng.random() < share

    def policy(self):
        policy = dict(self.rng.choice(POLICIES))
        if policy["strategy"] != "none" or self.often(0.1):
            policy["on_expiry"] = self.often(0.5)
        return policy | ({"grace": self.rng.choice((0, 2, 30))} if self.often(0.5) else {})

    def if_match(self, name):
        secret = self.model.secrets.get(name)
        if not self.often(0.2):
            return None
        return (secret.revision if secret else 1) - self.often(0.3)

    def number(self, name):
        """Of a version, kept or not; None: none is named."""
        secret = self.model.secrets.get(name)
        newest = secret.newest if secret else 1
        staged = [getattr(secret, stage) for stage in STAGES if secret and getattr(secret, stage)]
        if self.often(0.4):
            return None
        return self.rng.choice(staged or [1]) if self.often(0.5) else \
            self.rng.randint(max(1, newest - 5), newest + 1)

    def value(self, name):
        """One to verify: more often than not it is that of a version."""
        secret = self.model.secrets.get(name)
        if secret is None or self.often(0.2):
            return self.rng.choice(VALUES)
        return secret.versions[self.rng.choice(list(secret.versions))].value

    def put(self, name):
        body = {"value": self.rng.choice(VALUES)} if self.often(0.7) else {"generate": True}
        body |= {"ttl": self.rng.choice(TTLS)} if self.often(0.6) else {}
        body |= {"rotation": self.policy()} if self.often(0.8) else {}
        body |= {"labels": {"team": "core"}} if self.often(0.2) else {}
        body |= {"description": "what it is for"} if self.often(0.2) else {}
        return body

    def patch(self, name):
        body = {}
        if self.often(0.4):
            body = {"value": self.rng.choice(VALUES)} if self.often(0.7) else {"generate": True}
        body |= {"ttl": self.rng.choice((*TTLS, None))} if self.often(0.5) else {}
        if self.often(0.4):
            body["rotation"] = self.rng.choice((
                self.policy(), {"on_expiry": self.often(0.5)}, {"grace": self.rng.choice((0, 10))}, None))
        body |= {"labels": {"team": None, "tier": "1"}} if self.often(0.1) else {}
        return body | ({"description": self.rng.choice(("another", None, ""))} if self.often(0.2) else {})


class Player:
    """One daemon, and the model that says what it must answer."""

    def __init__(self, seed, sequences, store, seen):
        self.rng = random.Random(seed)
        self.sequences = sequences
        self.seen = seen
        self.model = Broker("life", self.rng.choice(KEEPS), MAX_VALUE)
        self.draw = Draw(self.rng, self.model)
        self.folder = tempfile.mkdtemp(prefix="ghostkey-life-")
        self.options = ["--seed", "life", "--clock", "virtual", "--max-value", str(MAX_VALUE)]
        self.options += ["--store", f"{self.folder}/store"] if store else []
        self.store = store
        self.daemon = self.connection = None
        self.asked = []  # (request, wanted status, wanted body or None, what it is)
        self.told = []  # of this sequence: what was asked, for the one who has to find a fault
        self.highest = {}  # name: the highest number that a version ever had in this life of it
        self.ids = {name: {} for name in NAMES}  # id: the revision that it belongs to
        self.events_read = 0

    def start(self):
        self.daemon = Daemon(*self.options, "--keep-versions", str(self.model.keep))
        self.connection = self.daemon.connect()

    def stop(self):
        self.connection.close()
        self.daemon.close()

    def restart(self):
        """An end by SIGTERM, or a sudden one; fewer versions may be kept afterwards."""
        if self.rng.random() < 0.5:
            self.daemon.stop(signal.SIGKILL)
        self.stop()
        self.model.keep = min(self.model.keep, self.rng.choice(KEEPS))
        self.seen.add("a restart")
        self.start()

    # ---- one step -------------------------------------------------------------------------------

    def ask(self, wanted, method, path, body=None, if_match=None, check=None):
        status, document = wanted
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        text = None if body is None else compact(body)
        self.asked.append((http1.encode(method, path, text, headers), status,
                           None if document is None else compact(document), check))

    def change(self, operation, name):  # pylint: disable=too-many-branches
        draw, model = self.draw, self.model
        if operation in ("put", "patch"):
            body, if_match = getattr(draw, operation)(name), draw.if_match(name)
            wanted = getattr(model, operation)(name, body, if_match)
            self.ask(wanted, operation.upper(), path_of("secrets", name), body, if_match)
        elif operation == "rotate":
            wanted = model.rotate(name)
            self.ask(wanted, "POST", path_of("rotate", name))
        elif operation == "rotate_pending":
            wanted = model.rotate(name, pending=True)
            self.ask(wanted, "POST", path_of("rotate", name), {"pending": True})
        elif operation in ("promote", "discard", "restore"):
            number = draw.number(name)
            wanted = getattr(model, operation)(name, number)
            body = {"version": number} if number else self.rng.choice((None, {}))
            self.ask(wanted, "POST", path_of(operation, name), body)
        elif operation in ("delete", "recover"):
            recover = self.rng.choice((1, 3, 10, 60)) if operation == "recover" else None
            if_match = draw.if_match(name)
            wanted = model.delete(name, recover, if_match)
            self.ask(wanted, "DELETE", path_of("secrets", name) + (f"?recover={recover}" if recover else ""),
                     None, if_match)
        elif operation == "verify":
            value = draw.value(name)
            wanted = model.verify(name, value) if len(value) <= MAX_VALUE else (413, None)
            self.ask(wanted, "POST", path_of("verify", name), {"value": value})
        elif operation == "get":
            number = draw.number(name)
            wanted = model.get(name, version=number)
            self.ask(wanted, "GET", path_of("secrets", name) + (f"?version={number}" if number else ""))
        elif operation == "get_stage":
            stage = self.rng.choice(STAGES)
            wanted = model.get(name, stage=stage)
            self.ask(wanted, "GET", path_of("secrets", name) + f"?stage={stage}")
        return wanted[0]

    def change_all(self, operation):
        if operation == "advance":
            by = self.rng.choice((1, 1, 2, 3, 7, 30))
            wanted = self.model.advance(by)
            self.ask(wanted, "POST", "/v1/clock/advance", {"by": by})
        elif operation == "cleanup":
            wanted = self.model.cleanup()
            self.ask(wanted, "POST", "/v1/cleanup")
        else:
            values, expired, deleted = (self.rng.choice(choice) for choice in (
                (True, False), *[("include", "exclude", "only")] * 2))
            wanted = self.model.list(values, expired, deleted)
            self.ask(wanted, "GET", f"/v1/secrets?values={str(values).lower()}&expired={expired}"
                                    f"&deleted={deleted}")
        return wanted[0]

    def step(self, names):
        operation = self.rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
        if operation in ("advance", "cleanup", "list"):
            status, touched = self.change_all(operation), NAMES
        else:
            name = self.rng.choice(names)
            status, touched = self.change(operation, name), [name]
        self.seen.add((operation, status))
        for name in touched:
            self.ask(self.model.metadata(name), "GET", path_of("metadata", name),
                     check=functools.partial(self.look, name, self.model.events_about[name]))
        secrets, last = self.model.count_with_value(), len(self.model.events)
        self.ask((200, None), "GET", "/v1/status", check=lambda body: counts(body, secrets, last))

    # ---- what is answered -----------------------------------------------------------------------

    def flush(self):
        """Sends all that is to be asked, and compares the answers. -> what is wrong, or None"""
        asked, self.asked = self.asked, []
        self.connection.send(b"".join(request for request, *_ in asked))
        for request, status, body, check in asked:
            answer = self.connection.answer()
            self.told.append(f"{request.decode().splitlines()[0]} -> {answer.status}")
            wrong = None
            if answer.status != status:
                wrong = f"status {answer.status}, wanted {status}"
            elif body is not None and answer.body != body:
                wrong = "another answer than that of the model"
            elif check is not None:
                wrong = check(answer.body)
            if wrong:
                return "\n".join([wrong, request.decode(), f"got    {answer.body.decode()}",
                                  f"wanted {(body or b'').decode()}", *self.told[-40:]])
        return None

    def look(self, name, changes, body):
        """What is wrong with the versions that a document of metadata shows."""
        document = json.loads(body)
        if "metadata" not in document:
            self.highest.pop(name, None)
            return None
        versions = document["metadata"]["versions"]
        numbers = [each["version"] for each in versions]
        staged = {stage: [each["version"] for each in versions if stage in each["stages"]]
                  for stage in STAGES}
        highest = self.highest.get(name, 0)
        fresh = [number for number in numbers if number > highest]
        # what was made and dropped again in one step cannot be seen
        least = max(highest + 1, numbers[-1] - self.model.keep + 1)
        self.highest[name] = max(highest, numbers[-1])
        for each in versions:
            known = self.ids[name].setdefault(each["id"], (each["version"], each["created_at"]))
            if known != (each["version"], each["created_at"]):
                return f"the id {each['id']} belongs to two versions"
        if len(staged["current"]) != 1 or staged["current"] != [document["metadata"]["version"]]:
            return "not exactly one current version"
        if len(staged["previous"]) > 1 or len(staged["pending"]) > 1:
            return "more than one previous or pending version"
        if document["metadata"]["revision"] != changes:
            return f"not the revision {changes}, the number of its events"
        if numbers != sorted(set(numbers)):
            return "numbers out of order"
        if not set(range(least, numbers[-1] + 1)) <= set(fresh):
            return f"a gap in the numbers from {least} on"
        bare = [each["version"] for each in versions if not each["stages"]]
        return "too many versions are kept" if len(bare) > self.model.keep else None

    def read_events(self):
        """Those that came since the last time."""
        events = self.model.events[self.events_read:]
        for start in range(0, max(1, len(events)), 1000):
            page = events[start:start + 1000]
            after = self.events_read + start
            self.ask((200, {"events": page, "next": after + len(page)}), "GET",
                     f"/v1/events?after={after}&limit=1000")
        self.seen.update((event["event"], event["cause"]) for event in events)
        self.events_read = len(self.model.events)

    def play(self):
        """-> what is wrong, or None"""
        self.start()
        try:
            for _ in range(self.sequences):
                self.told = []
                names = self.rng.sample(NAMES, self.rng.randint(1, 2))
                for _ in range(self.rng.randint(5, STEPS_MAX)):
                    self.step(names)
                self.read_events()
                wrong = self.flush()
                if wrong:
                    return wrong
                if self.store and self.rng.random() < 0.1:
                    self.restart()
            return None
        finally:
            self.stop()
            shutil.rmtree(self.folder)


def counts(body, secrets, last):
    status = json.loads(body)
    got = (status["secrets"], status["last_event"])
    return None if got == (secrets, last) else f"secrets and last event: {got}, wanted {(secrets, last)}"


def sequences_agree(check):
    left = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)
    seen = set()
    while left > 0:
        count = min(left, SEQUENCES_PER_DAEMON)
        store = seed % 4 == 3
        wrong = Player(seed, count, store, seen).play()
        check.ok(wrong is None, f"seed {seed}: {count} sequences{' on a store' if store else ''}",
                 f"play it again with: test_life_property.py {count} {seed}", wrong)
        left -= count
        seed += 1
    if int(sys.argv[1]) >= ALL_SEEN_AFTER:
        check.ok(SEEN_WANTED <= seen, "each operation was done and refused in each way",
                 SEEN_WANTED - seen)


if __name__ == "__main__":
    sys.exit(tap.run(sequences_agree))
