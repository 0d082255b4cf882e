"""Writers that note which writes were acknowledged, and compare that with the state later."""

import json
import random
import threading

import http1

WRITERS = 8
NAMES_EACH = 8
ANSWER_S = 30


def put(value, **more):
    return json.dumps({"value": value, **more})


def ask(connection, method, target, body=None):
    answer = connection.request(method, target, body)
    return answer.status, answer.body


def pages(connection, target, member):
    """All that a list has, page by page."""
    after, found = None, []
    while True:
        more = "" if after in (None, 0) else f"&after={after}"
        status, body = ask(connection, "GET", f"{target}{more}")
        if status != 200:
            raise AssertionError(f"GET {target}: {status} {body[:200]}")
        page = json.loads(body)
        found += page[member]
        after = page["next"]
        if not page[member] or (member == "secrets" and after is None):
            return found


class Writer(threading.Thread):
    """Writes to names of its own until the daemon is gone. With stay it goes on until stop() is called: it
    connects again whenever the connection breaks, and looks what became of the write under way.

    known: name -> (version, value); doubt: the write that was not answered: it may have happened;
    done: how many writes happened, those included that were found later without an answer;
    refused: how often no daemon listened."""

    def __init__(self, number, seed=46):
        super().__init__(daemon=True)
        self.number, self.rng = number, random.Random(seed * 100 + number)
        self.known, self.doubt, self.wrong = {}, None, []
        self.acknowledged, self.done = 0, 0
        self.stays, self.stopping, self.refused, self.broken, self.path = False, False, 0, 0, None

    def again(self, path, stays=False):
        """A thread can be started only once: makes the next one, which goes on where this one stopped."""
        other = Writer(self.number)
        other.__dict__.update({name: self.__dict__[name] for name in (
            "rng", "known", "acknowledged", "done", "wrong")})
        other.path, other.stays = path, stays
        other.start()
        return other

    def stop(self):
        self.stopping = True

    def run(self):
        while not self.stopping:
            try:
                connection = http1.Connection(self.path, ANSWER_S)
            except (ConnectionError, FileNotFoundError):
                self.refused += 1
                if not self.stays:
                    return
                continue
            with connection:
                self.talk(connection)
            if not self.stays:
                return

    def talk(self, connection):
        try:
            self.resolve_doubt(connection)
            while not self.stopping:
                self.write(connection)
        except (ConnectionError, http1.Closed):
            self.broken += 1

    def resolve_doubt(self, connection):
        """After a broken connection: reads what is there now."""
        if not self.doubt or not self.stays:
            return
        name = self.doubt[0]
        status, body = ask(connection, "GET", f"/v1/secrets/{name}")
        document = json.loads(body)
        there = (document["metadata"]["version"], document["value"]) if status == 200 else (0, None)
        self.learn(name, there)
        self.doubt = None

    def write(self, connection):
        name = f"w{self.number}/{self.rng.randrange(NAMES_EACH)}"
        version, _ = self.known.get(name, (0, None))
        kind = self.rng.random()
        if version and kind < 0.1:
            self.doubt = name, 0, None
            answer = ask(connection, "DELETE", f"/v1/secrets/{name}")
        elif version and kind < 0.3:
            self.doubt = name, version + 1, None
            answer = ask(connection, "POST", f"/v1/rotate/{name}")
        else:
            value = f"{name} {version + 1} " + "x" * self.rng.choice((0, 100, 6000))
            self.doubt = name, version + 1, value
            answer = ask(connection, "PUT", f"/v1/secrets/{name}", put(value))
        self.resolve(answer)

    def resolve(self, answer):
        name, version, value = self.doubt
        document = json.loads(answer[1])
        if answer[0] != 200:
            self.wrong.append(f"{self.doubt[:2]}: {answer}")
        elif version and document["metadata"]["version"] != version:
            self.wrong.append(f"{name}: version {document['metadata']['version']}, not {version}")
        elif version:
            self.known[name] = version, document.get("value", value)
        else:
            self.known[name] = 0, None
        self.acknowledged += 1
        self.done += 1
        self.doubt = None

    def may_be(self, name, there):
        """What the name may have: the known value, or the one in doubt."""
        may = [self.known.get(name, (0, None))]
        if self.doubt and self.doubt[0] == name:
            _, version, value = self.doubt
            may.append((version, there[1] if version and value is None else value))
        return may

    def compare_one(self, name, there):
        may = self.may_be(name, there)
        if there not in may:
            self.wrong.append(f"{name}: there is {str(there)[:80]}, it may be {str(may)[:160]}")

    def learn(self, name, there):
        """Takes what is there now as known: if it is the value in doubt, that write has happened."""
        self.compare_one(name, there)
        self.done += there != self.known.get(name, (0, None))
        self.known[name] = there

    def compare(self, secrets, events):
        """Compares what is there with what is known; a write in doubt may or may not have happened."""
        names = set(self.known) | ({self.doubt[0]} if self.doubt else set())
        for name in names:
            there = secrets.get(name, (0, None))
            self.learn(name, there)
            last = events.get(name, ("deleted", 0))
            if there[0] and last[1] != there[0] or not there[0] and last[0] != "deleted":
                self.wrong.append(f"{name}: {there[0]}, but its last event is {last}")
        self.doubt = None


class Log:
    """Reads the events as they come, page by page, as the daemon keeps only the newest 100,000.

    seq: the last event that was read; last: name -> its last event; gaps: where a number is missing."""

    def __init__(self):
        self.seq, self.last, self.gaps = 0, {}, []

    def read_on(self, connection):
        """Reads up to the event that is the last one now, while more are made."""
        end = json.loads(ask(connection, "GET", "/v1/status")[1])["last_event"]
        while self.seq < end:
            page = json.loads(ask(
                connection, "GET", f"/v1/events?after={self.seq}&limit=1000")[1])["events"]
            for event in page:
                if event["seq"] != self.seq + 1:
                    self.gaps.append((self.seq, event["seq"]))
                self.seq = event["seq"]
                self.last[event["name"]] = event["event"], event["version"]
            if not page:
                self.gaps.append((self.seq, end))
                return


def look(connection, log):
    """-> name: (version, value); name: its last event"""
    secrets = {s["name"]: (s["metadata"]["version"], s["value"]) for s in pages(
        connection, "/v1/secrets?values=true&limit=1000", "secrets")}
    log.read_on(connection)
    return secrets, log.last
