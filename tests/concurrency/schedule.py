"""A fixed schedule: a seed or a script decides, step by step, which client sends how much or hangs up, and
when the clock moves. The machine decides nothing.

A step is a burst. The daemon is stopped (SIGSTOP), the burst's clients send into their sockets one
after another, the daemon goes on and finds it all at once: so it is one turn of its loop, however
fast or busy the machine is. A step is over when the daemon has read every byte that was sent, has
answered every request that is whole, and has asked the kernel for more (wait_until_idle). The answers
then go into the transcript, in the order of the clients.

Only HTTP's own Date header is dropped from the transcript."""

import json
import os
import random
import select
import signal
import subprocess
import time
from collections import namedtuple

import client
import register
from stream import Stream
from wire import Client, parse

SETTLE_S = 20
LETTERS = "abcdefghijkl"
NAMES = ("n0", "n1", "n2")
ROLES = ("writer", "rotator", "reader", "deleter", "mover", "writer", "stager", "lister",
         "follower", "exporter", "undoer", "stager")
# events: since the last reset; past: those before each reset; streamed: lines of the stream
Played = namedtuple("Played", "transcript history events streamed past")
EVENTS_PAGE = 1000
RESET_SHARE = 0.006  # of the steps
ROUNDS, ROUNDS_AFTER_A_HANG_UP = 2, 4


class Schedule:
    def __init__(self, daemon, count):
        self.daemon = daemon
        self.clients = [Client(letter, daemon.socket) for letter in LETTERS[:count]]
        self.connect()
        self.follower = self.follow()
        self.lines, self.history, self.step, self.hung_up = [], [], 0, False
        self.resetting, self.past = None, []
        self.wait_until_idle()

    def connect(self):
        """The scheduler's own connections. The daemon may not have forgotten yet that the first was
        ready, so what is to have its place in a burst comes on the other."""
        self.control, self.resetter = self.daemon.connect(), self.daemon.connect()

    def follow(self):
        return Stream(self.daemon.connect(), "/v1/events?after=0")

    # ---- a burst ----------------------------------------------------------------------------------

    def burst(self, actions, slow=()):
        """actions: functions that are called while the daemon stands still. slow: the letters of
        clients that leave their answers where they are."""
        self.step += 1
        self.hung_up = False
        self.daemon.kill(signal.SIGSTOP)
        os.waitid(os.P_PID, self.daemon.pid, os.WSTOPPED)
        try:
            for act in actions:
                act()
        finally:
            self.daemon.kill(signal.SIGCONT)
        self.wait_until_idle()
        if self.resetting:
            self.begin_anew()
        for each in self.clients:
            for operation in each.asked[:len(each.asked) - bool(each.unsent)]:
                operation.setdefault("end", 2 * self.step + 1)
            if each.letter not in slow:
                for operation, data in each.take_answers():
                    self.answered(each, operation, data)

    def wait_until_idle(self):
        """Waits until the daemon has nothing left to do, and epoll's list is empty.

        What epoll has reported stays on its list, in its old place, until the next epoll_wait finds
        nothing there. A daemon stopped before that would be told of the next burst in the order of
        this one. A request that is sent when all else is answered comes by a later epoll_wait,
        which has cleared the list; once a second one is answered, the turn of the first is over,
        too.
        A client that hangs up may cause three turns: accept, read, and see the end. The first request may
        have come with the first of them."""
        end = time.monotonic() + SETTLE_S
        while True:
            busy = [each for each in self.clients if not each.is_settled()]
            if not busy:
                break
            if time.monotonic() > end:
                raise TimeoutError(f"step {self.step}: no answer to {[b.letter for b in busy]}")
            select.select([], [], [], 0.0001)
        if self.resetting:
            self.resetting["out"] = client.answer_of(self.resetting, self.resetter.answer())
        for _ in range(ROUNDS_AFTER_A_HANG_UP if self.hung_up else ROUNDS):
            self.control.request("GET", "/v1/status")

    def answered(self, each, operation, data):
        answer = parse(data)
        operation["out"] = client.answer_of(operation, answer)
        self.history.append(operation)
        headers = [f"{n}: {v}" for n, v in answer.headers if n.lower() != "date"]
        self.say(each, " | ".join([answer.reason, *headers, answer.body.decode()]))

    def say(self, each, text):
        self.lines.append(f"{self.step:4} {each.letter} {text}")

    # ---- what a client can do -----------------------------------------------------------------------

    def ask(self, each, operation, part=None):
        """part: how many bytes of it at first; None: all."""
        operation["client"] = each.letter
        each.ask(operation)
        self.say(each, "asks " + " ".join(str(p) for p in client.request_of(operation) if p))
        self.go_on(each, part)

    def go_on(self, each, part=None):
        operation = each.asked[-1]
        sent = each.send(part or len(each.unsent))
        if each.unsent:
            self.say(each, f"sent {sent} bytes, {len(each.unsent)} are left")
        operation["start"] = 2 * self.step

    def hang_up(self, each):
        self.hung_up = True
        self.say(each, "hangs up")
        half_sent = bool(each.unsent)
        lost = each.hang_up()
        for operation in lost[:-1] if half_sent else lost:
            self.history.append({**operation, "end": None, "out": None})

    def reset(self):
        self.resetting = {"client": "*", "op": "reset", "in": {}, "start": 2 * self.step,
                          "end": 2 * self.step + 1}
        self.lines.append(f"{self.step:4} * asks reset")
        self.resetter.send(client.bytes_of(self.resetting))

    def begin_anew(self):
        """After a reset: the reader of the stream has been told, and comes back."""
        operation, self.resetting = self.resetting, None
        self.history.append(operation)
        told = self.follower.read_to_reset()
        self.past.append([json.loads(line[len("data: "):]) for line in told[1::2]])
        self.lines.append(f"{self.step:4} * {operation['out']['status']}")
        self.lines += told
        self.follower.close()
        self.follower = self.follow()

    # ---- the end ------------------------------------------------------------------------------------

    def finish(self):
        """Sends the rest of all requests, then writes down everything that can be read."""
        for each in self.clients:
            if each.unsent:
                self.burst([lambda each=each: self.go_on(each)])
        self.burst([])
        targets = ["/v1/secrets?values=true&limit=1000", "/v1/clock"]
        hidden = "/v1/secrets?deleted=only&limit=1000"
        secrets = json.loads(self.get(targets[0]))["secrets"]
        deleted = json.loads(self.get(hidden))["secrets"]
        targets += [hidden] * bool(deleted)
        targets += [f"/v1/metadata/{each['name']}" for each in secrets + deleted]
        self.lines += [f"{target} {self.get(target)}" for target in targets]
        events, page = [], True
        while page:
            page = json.loads(self.get(f"/v1/events?after={len(events)}&limit={EVENTS_PAGE}"))[
                "events"]
            events += page
        self.lines += [json.dumps(each) for each in events]
        self.lines.append(subprocess.run(
            [os.environ["GHOSTCTL"], "--socket", self.daemon.socket, "export", "--stdout"],
            capture_output=True, text=True, check=True).stdout)
        streamed = self.follower.read_to(len(events))
        self.lines += streamed
        for each in self.clients:
            each.hang_up()
        self.follower.close()
        self.control.close()
        self.resetter.close()
        return Played("\n".join(self.lines) + "\n", self.history, events, streamed, self.past)

    def get(self, target):
        return self.control.request("GET", target).body.decode()


class Dice:
    """Decides by a seed. A client in the middle of a request sends more of it or hangs up; one that waits for
    no answer begins a request, and sends all of it or a part."""

    def __init__(self, schedule, seed):
        self.schedule = schedule
        self.rng = random.Random(f"schedule/{seed}")
        self.seen = {each.letter: {} for each in schedule.clients}
        self.count = 0

    def part(self, whole):
        return None if self.rng.random() < 0.6 else self.rng.randrange(1, whole)

    def action(self, each):
        schedule, rng = self.schedule, self.rng
        if each.unsent and rng.random() < 0.06:
            return lambda: schedule.hang_up(each)
        if each.unsent:
            part = self.part(len(each.unsent) + 1)
            return lambda: schedule.go_on(each, part)
        if each.asked:
            return lambda: None  # a slow client: its answer is not read yet
        self.count += 1
        role = ROLES[LETTERS.index(each.letter) % len(ROLES)]
        operation = client.choose(rng, role, NAMES, self.seen[each.letter], self.count)
        part = self.part(len(client.bytes_of({**operation, "client": each.letter})))
        pipelined = None
        if part is None and rng.random() < 0.15:
            self.count += 1
            pipelined = client.choose(rng, role, NAMES, {}, self.count)
        quits = part is None and rng.random() < 0.03

        def act():
            schedule.ask(each, operation, part)
            if pipelined is not None:
                schedule.ask(each, pipelined)
            if quits:
                schedule.hang_up(each)
        return act

    def step(self):
        chosen = self.rng.sample(self.schedule.clients, self.rng.choice((1, 1, 2, 2, 3, 4, 6)))
        answered = len(self.schedule.history)
        slow = [each.letter for each in self.schedule.clients if self.rng.random() < 0.1]
        actions = [self.action(each) for each in chosen]
        if self.rng.random() < RESET_SHARE:
            actions.insert(self.rng.randint(0, len(actions)), self.schedule.reset)
        self.schedule.burst(actions, slow)
        for operation in self.schedule.history[answered:]:
            if operation["op"] != "reset":
                client.remember(self.seen[operation["client"]], operation)


def options():
    return ["--seed", register.SEED, "--clock", "virtual"]


def play_seed(daemon, seed, steps, clients=len(ROLES)):
    """-> Played"""
    schedule = Schedule(daemon, clients)
    dice = Dice(schedule, seed)
    for _ in range(steps):
        dice.step()
    return schedule.finish()


def play_script(daemon, text):
    """A line is a burst; its actions are joined by '&', each a client's letter and then

        OPERATION [NAME] [MEMBER=VALUE...] [~BYTES]   asks; ~: sends so many bytes of it at first
        go [~BYTES]                                   sends the rest, or more of it
        hangup

    or `* reset`."""
    schedule = Schedule(daemon, len(LETTERS))
    by_letter = {each.letter: each for each in schedule.clients}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            schedule.lines.append(f"# {line}")
            schedule.burst([scripted(schedule, by_letter, each.split())
                            for each in line.split("&")])
    return schedule.finish()


def scripted(schedule, by_letter, words):
    if words == ["*", "reset"]:
        return schedule.reset
    each, kind = by_letter[words[0]], words[1]
    part = next((int(word[1:]) for word in words[2:] if word[0] == "~"), None)
    if kind == "go":
        return lambda: schedule.go_on(each, part)
    if kind == "hangup":
        return lambda: schedule.hang_up(each)
    pairs = [word.split("=", 1) for word in words[2:] if "=" in word]
    asked = {name: value if name in ("value", "stage", "deleted") else json.loads(value)
             for name, value in pairs}
    plain = [word for word in words[2:] if "=" not in word and word[0] != "~"]
    operation = {"op": kind, "in": asked, **({"name": plain[0]} if plain else {})}
    return lambda: schedule.ask(each, operation, part)
