"""What the events of one name tell of its versions: which numbers there are, and which bear a stage.

Only the events are looked at, no answer: an event that no secret could have in its place is wrong."""


class Life:
    """After each event: `stages` has (current, previous, pending), 0 for none; `presence` is "there",
    "hidden" (its deletion can be undone) or "gone"; `births`: how often the name was made so far."""

    def __init__(self, events):
        self.stages, self.presence, self.births, self.wrong = [], [], [], []
        self.born, self.state = 0, "gone"
        self.forget()
        for event in events:
            self.take(event)
            self.stages.append((self.current, self.previous, self.pending))
            self.presence.append(self.state)
            self.births.append(self.born)

    def forget(self):
        self.newest, self.current, self.previous, self.pending = 0, 0, 0, 0
        self.discarded, self.gone_at = set(), None

    def expect(self, condition, what, event):
        if not condition:
            self.wrong.append(f"{what}: {event}")

    def take(self, event):
        kind = event["event"]
        self.expect((self.state == "gone") == (kind == "created"), f"it was {self.state}", event)
        if self.state == "hidden":
            self.expect(kind in ("deleted", "restored", "discarded"), "it was hidden", event)
            is_end = kind == "deleted" and event["cause"] == "expiry"
            self.expect(event["at"] == self.gone_at if is_end else event["at"] < self.gone_at,
                        f"its time ends at {self.gone_at}", event)
        TAKEN.get(kind if event["cause"] != "patch" else "patched", Life.about_current)(self, event)

    def about_current(self, event):
        self.expect(event["version"] == self.current, f"version {self.current} is current", event)

    def next_number(self, event):
        self.expect(event["version"] == self.newest + 1, f"the last number was {self.newest}", event)
        self.newest = max(self.newest, event["version"])

    def put_in_force(self, version):
        self.previous, self.current = self.current, version
        self.pending = self.pending if self.pending != version else 0

    def created(self, event):
        self.born, self.state = self.born + 1, "there"
        self.new_value(event)

    def new_value(self, event):
        self.next_number(event)
        self.put_in_force(event["version"])

    def made_pending(self, event):
        self.expect(not self.pending, f"version {self.pending} is pending", event)
        self.next_number(event)
        self.pending = event["version"]

    def promoted(self, event):
        version = event["version"]
        self.expect(0 < version <= self.newest and version not in {self.current, *self.discarded},
                    f"of {self.newest} versions {self.current} is current, "
                    f"{sorted(self.discarded)} are discarded", event)
        self.put_in_force(version)

    def discard(self, event):
        self.expect(event["version"] == self.pending, f"version {self.pending} is pending", event)
        self.discarded.add(event["version"])
        self.pending = 0

    def deleted(self, event):
        self.about_current(event)
        self.state, self.gone_at = ("hidden" if "gone_at" in event else "gone"), event.get("gone_at")
        if self.state == "gone":
            self.forget()

    def restored(self, event):
        self.about_current(event)
        self.expect(self.state == "hidden", "it was not deleted", event)
        self.state, self.gone_at = "there", None


# what an event does; by default it only has the number of the current version
TAKEN = {"created": Life.created, "updated": Life.new_value, "rotated": Life.new_value,
         "pending": Life.made_pending, "promoted": Life.promoted, "discarded": Life.discard,
         "deleted": Life.deleted, "cleaned": Life.deleted, "restored": Life.restored}
