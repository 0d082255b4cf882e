"""Histories: what clients asked, when, and what was answered; and the rules that every history keeps."""

import bisect
import itertools
import json
import math
from collections import Counter

import client
import linearize
import register
from life import Life

NAMES_ALL = ("list", "export", "cleanup", "advance", "reset")  # of every name, at one instant
# a change -> its events. What it did is told with its revision, but for the last two.
EVENTS = {"put": ("created", "updated"), "patch": ("updated",), "rotate": ("rotated",),
          "pending": ("pending",), "promote": ("promoted",), "restore": ("restored",),
          "discard": ("discarded",), "delete": ("deleted",)}
COUNTED = ("discard", "delete")


def part(operation, name):
    """The part of an operation on all names that is about one of them, as an operation on that one."""
    out, kind = operation["out"], operation["op"]
    if out is None or out["status"] == 500:
        pass
    elif kind in ("list", "export"):
        out = out["secrets"].get(name, {"status": 404})
    elif kind == "cleanup":
        out = {"status": 200, "removed": name in out["removed"]}
    return {**operation, "out": out}


def of_name(history, name):
    return [part(each, name) if each["op"] in NAMES_ALL else each for each in history
            if each["op"] in NAMES_ALL or each.get("name") == name]


def names_of(history):
    return sorted({each["name"] for each in history if "name" in each})


def secrets_of(operation):
    """(name, its document) of each secret in an answer"""
    out = operation["out"]
    shown = out.get("secrets", {operation.get("name"): out})
    return [(name, each) for name, each in shown.items() if "revision" in each]


def check_linearizable(history):
    """-> what is wrong, a text per name"""
    verdicts = [linearize.check(name, of_name(history, name)) for name in names_of(history)]
    return [str(verdict) for verdict in verdicts if not verdict]


def kind_of(operation):
    return "pending" if operation["in"].get("pending") else operation["op"]


def may_be_idle(operation):
    """Whether what it asks for may be so already: then nothing changes."""
    return operation["op"] == "restore" or (operation["op"] == "promote" and
                                            "version" in operation["in"])


def succeeded(operation):
    return bool(operation["out"]) and operation["out"]["status"] == 200


class Log:
    """The event list at the end: each change is one event, and each event one change.

    unsure: operations beside a reset, of which nobody knows whether they came before it."""

    def __init__(self, events, history, unsure=()):
        self.events = events
        self.history = history
        self.by_name = {}
        for event in events:
            self.by_name.setdefault(event["name"], []).append(event)
        self.lives = {name: Life(told) for name, told in self.by_name.items()}
        # what was perhaps done, without an answer that tells it
        self.lost = [each for each in history if each["out"] is None] + [
            each for each in unsure if each["out"] is None or succeeded(each)]
        self.changes = [(each, event) for each, event in self.told_changes() if event]

    def of_revision(self, name, revision):
        events = self.by_name.get(name, [])
        return events[revision - 1] if 0 < revision <= len(events) else None

    def event_of(self, operation):
        """The event that an answered change should have by the revision in its answer."""
        name, revision = operation["name"], operation["out"]["revision"]
        event = self.of_revision(name, revision)
        if kind_of(operation) == "restore" and event and event["cause"] == "expiry":
            return self.of_revision(name, revision - 1)  # what had fallen due fired at once
        return event

    def fits(self, operation, event):
        """Whether the event is that of this change, by all that the answer says."""
        kind = kind_of(operation)
        return event is not None and event["event"] in EVENTS[kind] and (
            kind == "restore" or event["version"] == operation["out"]["version"])

    def lost_ones(self, kind, name):
        return [each for each in self.lost if kind_of(each) == kind and each["name"] == name]

    def told_changes(self):
        """(operation, its event, or None: it has none that fits) of each answered change whose answer
        has a revision. One that perhaps changed nothing is among them only if no other can have
        that event."""
        asked = [each for each in self.history if kind_of(each) in EVENTS and succeeded(each) and
                 "revision" in each["out"]]
        events = [self.event_of(each) for each in asked]
        claims = Counter((each["op"], event["name"], event["seq"])
                         for each, event in zip(asked, events) if event)
        for each, event in zip(asked, events):
            event = event if self.fits(each, event) else None
            if not may_be_idle(each) or (event and not self.lost_ones(each["op"], each["name"]) and
                                         claims[each["op"], event["name"], event["seq"]] == 1):
                yield each, event

    def wrong_order(self):
        wrong = []
        if [each["seq"] for each in self.events] != list(range(1, len(self.events) + 1)):
            wrong.append("the numbers of the events have gaps")
        times = [each["at"] for each in self.events]
        if times != sorted(times):
            wrong.append("time goes back in the events")
        return wrong

    def wrong_changes(self):
        """Acknowledged changes without their event, or whose events are in another order."""
        wrong = [f"this change has the event {self.event_of(each)}: {each}"
                 for each, event in self.told_changes() if event is None]
        ended = [(each["start"], each["end"], event["seq"]) for each, event in self.changes]
        by_end = sorted((end, seq) for _, end, seq in ended)
        highest = [0]
        for _, seq in by_end:
            highest.append(max(highest[-1], seq))
        ends = [end for end, _ in by_end]
        for start, _, seq in ended:
            before = highest[bisect.bisect_left(ends, start)]
            if before > seq:
                wrong.append(f"event {before} was acknowledged before the change of {seq} began")
        return wrong

    def wrong_owners(self):
        """Events that are nobody's: each that a client caused is told in an answer."""
        owned = {(each["name"], self.event_of(each)["seq"]) for each in self.history
                 if kind_of(each) in EVENTS and succeeded(each) and "revision" in each["out"] and
                 self.fits(each, self.event_of(each))}
        wrong = []
        for event in self.events:
            kinds = [kind for kind, kinds in EVENTS.items()
                     if event["event"] in kinds and kind not in COUNTED]
            if event["cause"] != "expiry" and kinds and (event["name"], event["seq"]) not in owned:
                if not any(self.lost_ones(kind, event["name"]) for kind in kinds):
                    wrong.append(f"nobody's answer tells of {event}")
        return wrong

    def wrong_programs(self):
        """A client's changes are in the order in which it asked for them, whatever their names."""
        wrong, last = [], {}
        for each, event in self.changes:
            if event["seq"] < last.get(each["client"], 0):
                wrong.append(f"its client asked for this after {last[each['client']]}: {event}")
            last[each["client"]] = event["seq"]
        return wrong

    def wrong_instants(self):
        """A rotation or expiry has the time at which the value before it expired, or at which the
        secret was restored, if that was later."""
        expiries = {(name, secret["revision"]): secret["expires"] for each in self.history
                    if each["out"] for name, secret in secrets_of(each) if "expires" in secret}
        wrong = []
        for name, events in self.by_name.items():
            for revision, event in enumerate(events[1:], 1):
                if event["cause"] != "expiry" or event["event"] == "deleted" or (
                        (name, revision) not in expiries):
                    continue
                due, before = expiries[name, revision], events[revision - 1]
                if before["event"] == "restored" and due is not None:
                    due = max(due, client.milliseconds(before["at"]))
                if client.milliseconds(event["at"]) != due:
                    wrong.append(f"due at {expiries[name, revision]} ms was {event}")
        return wrong

    def wrong_counts(self):
        """The answers to deletions and discards have no revision, so only their number is
        compared. What a client caused counts: a deletion also becomes final by itself."""
        wrong = []
        for kind in COUNTED:
            done = sum(1 for each in self.history if each["op"] == kind and succeeded(each))
            most = done + sum(1 for each in self.lost if each["op"] == kind)
            reported = sum(1 for each in self.events
                           if each["event"] in EVENTS[kind] and each["cause"] == kind)
            if not done <= reported <= most:
                wrong.append(f"{done} to {most} of {kind} were answered, {reported} are events")
        return wrong

    def wrong_lives(self):
        """The events of each name are a life that versions can have: life.py."""
        return [f"{name}: {wrong}" for name, told in self.lives.items() for wrong in told.wrong]

    def wrong_stages(self):
        """The versions that an answer shows have the stages that the events gave them."""
        return [f"{wrong}: {each}" for each in self.history
                if each["op"] == "metadata" and succeeded(each) for wrong in self.wrong_shown(each)]

    def wrong_shown(self, operation):
        versions = operation["out"]["versions"]
        bearers = {stage: [number for number, *_, stages in versions if stage in stages]
                   for stage in register.STAGES}
        numbers = [number for number, *_ in versions]
        told, revision = self.lives.get(operation["name"]), operation["out"]["revision"]
        wrong = []
        if numbers != sorted(set(numbers)):
            wrong.append("its numbers are not in order")
        if len(bearers["current"]) != 1:
            wrong.append("it has not one current version")
        wrong += [f"more than one version is {stage}" for stage in register.STAGES[1:]
                  if len(bearers[stage]) > 1]
        if not told or revision > len(told.stages):
            wrong.append(f"no event tells of revision {revision}")
        elif not wrong and tuple((bearers[each] or [0])[0] for each in register.STAGES) != (
                told.stages[revision - 1]):
            wrong.append(f"by the events the stages are on {told.stages[revision - 1]}")
        return wrong

    def wrong_ids(self):
        """An id is that of one version for ever, and a version keeps its id."""
        versions, ids, wrong = {}, {}, []
        for each in self.history:
            if each["op"] != "metadata" or not succeeded(each):
                continue
            name, revision = each["name"], each["out"]["revision"]
            births = self.lives[name].births if name in self.lives else []
            for number, identity, *_ in each["out"]["versions"]:
                version = (births[revision - 1] if revision <= len(births) else None, number)
                if versions.setdefault((name, identity), version) != version or (
                        ids.setdefault((name, version), identity) != identity):
                    wrong.append(f"{identity} is not the id of version {number} alone: {each}")
        return wrong

    def presence(self, name):
        """(seq, "there", "hidden" or "gone") at each of its changes"""
        return [(each["seq"], state) for each, state in zip(self.by_name.get(name, []),
                                                            self.lives[name].presence)]

    def wrong_snapshots(self):
        """A list shows all names as they were at one instant."""
        return [wrong for each in self.history if each["op"] == "list" and succeeded(each)
                for wrong in self.wrong_snapshot(each)]

    def wrong_snapshot(self, listing):
        low, high, missing = 0, len(self.events), []
        left_out = LEFT_OUT[listing["in"].get("deleted", "exclude")]
        for name, secret in listing["out"]["secrets"].items():
            changes = self.by_name.get(name, [])
            revision = secret["revision"]
            if revision > len(changes):
                return [f"no event tells of revision {revision} of {name}: {listing}"]
            low = max(low, changes[revision - 1]["seq"])
            high = min(high, changes[revision]["seq"] - 1 if revision < len(changes) else high)
        for name in self.by_name.keys() - listing["out"]["secrets"].keys():
            changes = [(0, "gone")] + self.presence(name) + [(len(self.events) + 1, "there")]
            gaps = [(a[0], b[0] - 1) for a, b in zip(changes, changes[1:]) if a[1] in left_out]
            if not any(start <= high and low <= end for start, end in gaps):
                missing.append(name)
        if low > high or missing:
            return [f"no instant between {low} and {high} explains it ({missing}): {listing}"]
        return []

    def wrong_pages(self):
        """Readers of events saw what the list says at the end, without a gap."""
        wrong, ended = [], sorted((each["end"], event["seq"]) for each, event in self.changes)
        for each in self.history:
            if each["op"] != "events" or not succeeded(each):
                continue
            after, seen = each["in"]["after"], each["out"]["events"]
            due = max((seq for end, seq in ended if end < each["start"]), default=0)
            if seen != self.events[after:after + len(seen)]:
                wrong.append(f"the events past {after} were others at the end")
            elif after + len(seen) < due and len(seen) < each["in"]["limit"]:
                wrong.append(f"event {due} was acknowledged, the reader saw {after + len(seen)}")
        return wrong

    def check(self):
        return [wrong for rule in (
            self.wrong_order, self.wrong_changes, self.wrong_owners, self.wrong_counts,
            self.wrong_lives, self.wrong_stages, self.wrong_ids, self.wrong_snapshots,
            self.wrong_pages, self.wrong_programs, self.wrong_instants) for wrong in rule()]


LEFT_OUT = {"exclude": ("gone", "hidden"), "include": ("gone",), "only": ("gone", "there")}


def wrong_stream(events, lines):
    """The events of the live stream, from the first one on, are those of the list."""
    wanted = [line for event in events for line in (
        f"id: {event['seq']}",
        "data: " + json.dumps(event, separators=(",", ":"), ensure_ascii=False))]
    other = next((pair for pair in itertools.zip_longest(lines, wanted) if pair[0] != pair[1]), None)
    return [f"the stream has {other[0]}, the list {other[1]}"] if other else []


def failures(history):
    """The operations that were answered with 500."""
    return [each for each in history if each["out"] and each["out"]["status"] == 500]


def wrong_failures(history, full):
    """Only a change may fail, and only on a store that is full."""
    return [f"this had no reason to fail: {each}" for each in failures(history)
            if not full or each["op"] not in register.CHANGES]


def split(history, number):
    """The operations after that many resets and before the next, and those that may be, since they were
    under way during one of the two."""
    resets = sorted((each["start"], each["end"]) for each in history
                    if each["op"] == "reset" and succeeded(each))
    begun = resets[number - 1] if number > 0 else (-math.inf, -math.inf)
    ended = resets[number] if number < len(resets) else (math.inf, math.inf)
    sure, unsure = [], []
    for each in history:
        end = linearize.end_of(each)
        if each["op"] == "reset" or each["start"] > ended[1] or end < begun[0]:
            continue
        is_sure = each["start"] > begun[1] and (end < ended[0] or number == len(resets))
        (sure if is_sure else unsure).append(each)
    return sure, unsure


def check(history, events, streamed=None, full=False, past=()):
    """-> what is wrong with a history, the event list at its end, and the lines that a reader of the
    stream got. full: whether the store was full, so that changes could fail. past: for each reset the
    events before it, but for what came last, beside it."""
    wrong = check_linearizable(history) + wrong_failures(history, full)
    for number, told in enumerate([*past, events]):
        wrong += Log(told, *split(history, number)).check()
    return wrong + (wrong_stream(events, streamed) if streamed is not None else [])


def load(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def save(path, history):
    path.write_text("".join(json.dumps(each) + "\n" for each in history), "utf-8")
