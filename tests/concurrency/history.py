"""Histories: what clients asked, when, and what was answered; and the rules that every history keeps."""

import bisect
import itertools
import json

import client
import linearize
import register

NAMES_ALL = ("list", "export", "cleanup", "advance")  # of every name, at one instant
CHANGES = {"put": ("created", "updated"), "patch": ("updated",), "rotate": ("rotated",)}


def part(operation, name):
    """The part of an operation on all names that is about one of them, as an operation on that one."""
    out, kind = operation["out"], operation["op"]
    if out is None or out["status"] == 500:
        pass
    elif kind in ("list", "export"):
        out = out["secrets"].get(name, {"status": 404})
    elif kind == "cleanup":
        out = {"status": 200, "removed": name in out["removed"]}
    return {**operation, "op": "get" if kind == "list" else kind, "out": out}


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


class Log:
    """The event list at the end: each change is one event, and each event one change."""

    def __init__(self, events):
        self.events = events
        self.by_name = {}
        for event in events:
            self.by_name.setdefault(event["name"], []).append(event)

    def of_revision(self, name, revision):
        events = self.by_name.get(name, [])
        return events[revision - 1] if 0 < revision <= len(events) else None

    def wrong_order(self):
        wrong = []
        if [each["seq"] for each in self.events] != list(range(1, len(self.events) + 1)):
            wrong.append("the numbers of the events have gaps")
        times = [each["at"] for each in self.events]
        if times != sorted(times):
            wrong.append("time goes back in the events")
        return wrong

    def wrong_changes(self, history):
        """Acknowledged changes without their event, or whose events are in another order."""
        wrong, ended = [], []
        for each in history:
            if each["op"] not in CHANGES or not each["out"] or each["out"]["status"] != 200:
                continue
            event = self.of_revision(each["name"], each["out"]["revision"])
            if event is None or event["event"] not in CHANGES[each["op"]] or (
                    event["version"] != each["out"]["version"]):
                wrong.append(f"this change has the event {event}: {each}")
            else:
                ended.append((each["start"], each["end"], event["seq"]))
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

    def wrong_programs(self, history):
        """A client's changes are in the order in which it asked for them, whatever their names."""
        wrong, last = [], {}
        for each in history:
            if each["op"] in CHANGES and each["out"] and each["out"]["status"] == 200:
                event = self.of_revision(each["name"], each["out"]["revision"])
                if event and event["seq"] < last.get(each["client"], 0):
                    wrong.append(f"its client asked for this after {last[each['client']]}: {event}")
                if event:
                    last[each["client"]] = event["seq"]
        return wrong

    def wrong_instants(self, history):
        """A rotation or expiry has the time at which the value before it expired."""
        expiries = {(name, secret["revision"]): secret["expires"] for each in history
                    if each["out"] for name, secret in secrets_of(each) if "expires" in secret}
        wrong = []
        for name, events in self.by_name.items():
            for revision, event in enumerate(events[1:], 1):
                if event["cause"] == "expiry" and (name, revision) in expiries and (
                        client.milliseconds(event["at"]) != expiries[name, revision]):
                    wrong.append(f"due at {expiries[name, revision]} ms was {event}")
        return wrong

    def wrong_counts(self, history):
        """The answer to a deletion has no revision, so only the number of deletions is compared."""
        done = sum(1 for each in history if each["op"] == "delete" and each["out"] and
                   each["out"]["status"] == 200)
        reported = sum(1 for each in self.events if each["event"] == "deleted")
        return [] if done == reported else [f"{done} deletions were answered, {reported} are events"]

    def life(self, name):
        """(seq, whether it is there) at each of its changes"""
        return [(each["seq"], each["event"] not in ("deleted", "cleaned"))
                for each in self.by_name.get(name, [])]

    def wrong_snapshots(self, history):
        """A list shows all names as they were at one instant."""
        return [wrong for each in history
                if each["op"] == "list" and each["out"] and each["out"]["status"] == 200
                for wrong in self.wrong_snapshot(each)]

    def wrong_snapshot(self, listing):
        low, high, missing = 0, len(self.events), []
        for name, secret in listing["out"]["secrets"].items():
            changes = self.life(name)
            revision = secret["revision"]
            if revision > len(changes):
                return [f"no event tells of revision {revision} of {name}: {listing}"]
            low = max(low, changes[revision - 1][0])
            high = min(high, changes[revision][0] - 1 if revision < len(changes) else high)
        for name in self.by_name.keys() - listing["out"]["secrets"].keys():
            changes = [(0, False)] + self.life(name) + [(len(self.events) + 1, True)]
            gaps = [(a[0], b[0] - 1) for a, b in zip(changes, changes[1:]) if not a[1]]
            if not any(start <= high and low <= end for start, end in gaps):
                missing.append(name)
        if low > high or missing:
            return [f"no instant between {low} and {high} explains it ({missing}): {listing}"]
        return []

    def wrong_pages(self, history):
        """Readers of events saw what the list says at the end, without a gap."""
        wrong, ended = [], sorted(
            (each["end"], self.of_revision(each["name"], each["out"]["revision"])["seq"])
            for each in history if each["op"] in CHANGES and each["out"] and
            each["out"]["status"] == 200 and
            self.of_revision(each["name"], each["out"]["revision"]))
        for each in history:
            if each["op"] != "events" or not each["out"] or each["out"]["status"] != 200:
                continue
            after, seen = each["in"]["after"], each["out"]["events"]
            due = max((seq for end, seq in ended if end < each["start"]), default=0)
            if seen != self.events[after:after + len(seen)]:
                wrong.append(f"the events past {after} were others at the end")
            elif after + len(seen) < due and len(seen) < each["in"]["limit"]:
                wrong.append(f"event {due} was acknowledged, the reader saw {after + len(seen)}")
        return wrong

    def wrong_stream(self, lines):
        """The events of the live stream, from the first one on, are those of the list."""
        wanted = [line for event in self.events for line in (
            f"id: {event['seq']}",
            "data: " + json.dumps(event, separators=(",", ":"), ensure_ascii=False))]
        other = next((pair for pair in itertools.zip_longest(lines, wanted) if pair[0] != pair[1]),
                     None)
        return [f"the stream has {other[0]}, the list {other[1]}"] if other else []

    def check(self, history):
        return (self.wrong_order() + self.wrong_changes(history) + self.wrong_counts(history) +
                self.wrong_snapshots(history) + self.wrong_pages(history) +
                self.wrong_programs(history) + self.wrong_instants(history))


def failures(history):
    """The operations that were answered with 500."""
    return [each for each in history if each["out"] and each["out"]["status"] == 500]


def wrong_failures(history, full):
    """Only a change may fail, and only on a store that is full."""
    return [f"this had no reason to fail: {each}" for each in failures(history)
            if not full or each["op"] not in register.CHANGES]


def check(history, events, streamed=None, full=False):
    """-> what is wrong with a history, the event list at its end, and the lines that a reader of the
    stream got. full: whether the store was full, so that changes could fail."""
    log = Log(events)
    return (check_linearizable(history) + wrong_failures(history, full) + log.check(history) +
            (log.wrong_stream(streamed) if streamed is not None else []))


def load(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def save(path, history):
    path.write_text("".join(json.dumps(each) + "\n" for each in history), "utf-8")
