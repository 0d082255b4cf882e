"""What GhostKey must answer about its secrets, from sections 2, 3, 5 and 6 of the contract alone: a small broker
in memory whose clock moves only when it is told to.

Each operation of Broker returns (status, the document as a dict, or None where the answer is a refusal)."""

import collections
import datetime
import functools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import derive  # pylint: disable=wrong-import-position

EPOCH_MS = 946684800000
REASON = "the value would be larger than the largest allowed"
DEFAULT_POLICY = {"strategy": "token", "on_expiry": False, "grace": 0}
STAGES = ("current", "previous", "pending")


@functools.lru_cache(maxsize=4096)
def rfc3339(milliseconds):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=milliseconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


class Version:
    """One value of a secret."""

    def __init__(self, number, revision, made_at, cause, value):
        self.number = number
        self.revision = revision
        self.made_at = made_at
        self.cause = cause
        self.value = value


class Secret:  # pylint: disable=too-many-instance-attributes
    """All that is known of one secret. Versions are named by their numbers; 0 is none."""

    def __init__(self, name, now, revision, generation):
        self.name = name
        self.versions = {}
        self.current = self.previous = self.pending = self.newest = 0
        self.revision = revision
        self.generation = generation
        self.created_at = self.updated_at = self.in_force_at = now
        self.deleted_at = self.gone_at = None
        self.armed = False
        self.ttl = 0
        self.policy = dict(DEFAULT_POLICY)
        self.labels = {}
        self.description = ""

    def expires_at(self):
        return self.in_force_at + self.ttl * 1000 if self.ttl else None

    def due_at(self):
        if self.gone_at is not None:
            return self.gone_at
        return self.expires_at() if self.armed else None

    def is_expired(self, now):
        return self.ttl != 0 and now >= self.expires_at()

    def stages_of(self, number):
        return [stage for stage in STAGES if getattr(self, stage) == number]


def resolve(change, base):
    """A policy that a body asks for, without what is only shown; None: none could be meant by it."""
    if change is None:
        return dict(DEFAULT_POLICY)
    policy = dict(base)
    if change.get("strategy", policy["strategy"]) != policy["strategy"]:
        policy = {name: policy[name] for name in ("on_expiry", "grace")}
    policy |= change
    if policy["strategy"] in derive.LENGTHS:
        policy.setdefault("length", derive.LENGTHS[policy["strategy"]][1])
    return policy


def shown_policy(policy):
    shown = {"strategy": policy["strategy"]}
    shown |= {name: policy[name] for name in ("length", "template") if name in policy}
    if "values" in policy:
        shown["count"] = len(policy["values"])
    shown["on_expiry"] = policy["on_expiry"]
    return shown | ({"grace": policy["grace"]} if policy["grace"] else {})


class Broker:  # pylint: disable=too-many-public-methods
    """Answers as the daemon must. keep: --keep-versions; most: --max-value."""

    def __init__(self, seed, keep, most):
        self.seed = seed
        self.keep = keep
        self.most = most
        self.now = EPOCH_MS
        self.secrets = {}
        self.traces = {}  # name: (revision, generation) of one that is gone for good
        self.events = []
        self.events_about = collections.Counter()

    # ---- what is shown ------------------------------------------------------------------------

    def document(self, secret, number=None, with_value=False, deletion=False):
        version = secret.versions[number or secret.current]
        expires_at = secret.expires_at()
        metadata = {
            "version": version.number, "revision": secret.revision,
            "mode": "ttl" if secret.ttl else "static", "ttl": secret.ttl or None,
            "created_at": rfc3339(secret.created_at), "updated_at": rfc3339(secret.updated_at),
            "expires_at": rfc3339(expires_at) if secret.ttl else None,
            "rotation": shown_policy(secret.policy),
            "env": "".join(c if c.isalnum() else "_" for c in secret.name.upper()),
            "labels": dict(sorted(secret.labels.items()))}
        if secret.description:
            metadata["description"] = secret.description
        if deletion and secret.gone_at is not None:
            metadata |= {"deleted_at": rfc3339(secret.deleted_at), "gone_at": rfc3339(secret.gone_at)}
        value = {"value": version.value} if with_value else {}
        return {"name": secret.name, **value, "expired": secret.is_expired(self.now),
                "metadata": metadata}

    def id_of(self, secret, version):
        return derive.version_id(self.seed, secret.name, version.revision)

    def kept(self, secret):
        """The numbers of the versions that are kept, oldest first."""
        numbers = sorted(secret.versions)
        return [number for number in numbers
                if number in numbers[-self.keep:] or secret.stages_of(number)]

    def metadata(self, name):
        secret = self.secrets.get(name)
        if secret is None:
            return 404, None
        document = self.document(secret, deletion=True)
        document["metadata"]["versions"] = [
            {"version": number, "id": self.id_of(secret, secret.versions[number]),
             "created_at": rfc3339(secret.versions[number].made_at),
             "cause": secret.versions[number].cause, "state": "live",
             "stages": secret.stages_of(number)} for number in self.kept(secret)]
        return 200, document

    def has_value(self, name):
        return name in self.secrets and self.secrets[name].gone_at is None

    def get(self, name, version=None, stage=None):
        if not self.has_value(name):
            return 404, None
        secret = self.secrets[name]
        number = version or (getattr(secret, stage) if stage else secret.current)
        if number not in self.kept(secret):
            return 404, None
        return 200, self.document(secret, number, with_value=True)

    def list(self, values, expired, deleted):
        def wanted(which, is_so):
            return which == "include" or (which == "only") == is_so

        listed = [secret for _, secret in sorted(self.secrets.items())
                  if wanted(expired, secret.is_expired(self.now)) and
                  wanted(deleted, secret.gone_at is not None)]
        return 200, {"secrets": [self.document(each, with_value=values and each.gone_at is None,
                                               deletion=True) for each in listed], "next": None}

    def verify(self, name, value):
        if not self.has_value(name):
            return 404, None
        secret = self.secrets[name]
        holders = [n for n in self.kept(secret) if secret.versions[n].value == value]
        staged = [getattr(secret, stage) for stage in STAGES if getattr(secret, stage) in holders]
        found = (staged + sorted(holders, reverse=True) + [None])[0]
        expired = secret.is_expired(self.now)
        in_grace = self.now < secret.in_force_at + secret.policy["grace"] * 1000
        accepted = (secret.current in holders and not expired or
                    secret.previous in holders and in_grace)
        stages = secret.stages_of(found) if found else []
        return 200, {"name": name, "accepted": accepted, "version": found,
                     "stage": stages[0] if stages else None, "expired": expired}

    def next_due(self):
        return min(((secret.due_at(), name) for name, secret in self.secrets.items()
                    if secret.due_at() is not None), default=(None, None))

    def count_with_value(self):
        return sum(secret.gone_at is None for secret in self.secrets.values())

    # ---- steps --------------------------------------------------------------------------------

    def note(self, at, event, secret, cause, version=None, **more):
        self.events_about[secret.name] += 1
        self.events.append({
            "seq": len(self.events) + 1, "at": rfc3339(at), "event": event, "name": secret.name,
            "version": version or secret.current, "cause": cause, **more})

    def makes(self, secret, policy):
        """The next value by the policy; None: it makes none, or one that is too large."""
        value = derive.derive(self.seed, secret.name, secret.generation + 1, secret.newest + 1, policy)
        return None if value is None or len(value.encode()) > self.most else value

    def prune(self, secret):
        kept = self.kept(secret)
        secret.versions = {number: secret.versions[number] for number in kept}

    def add_version(self, secret, value, cause, at):
        """-> its number. It has no stage yet."""
        secret.revision += 1
        secret.newest += 1
        secret.versions[secret.newest] = Version(secret.newest, secret.revision, at, cause, value)
        return secret.newest

    def put_in_force(self, secret, number, at):
        if secret.current:
            secret.previous = secret.current
        if secret.pending in (number, secret.current):
            secret.pending = 0
        secret.current = number
        secret.updated_at = secret.in_force_at = at
        secret.armed = secret.ttl != 0
        self.prune(secret)

    def rotate_at(self, secret, cause, at):
        """-> whether it could be done"""
        value = self.makes(secret, secret.policy)
        if value is None:
            return False
        secret.generation += 1
        self.put_in_force(secret, self.add_version(secret, value, cause, at), at)
        self.note(at, "rotated", secret, cause)
        return True

    def remove(self, secret, event, cause, at):
        self.traces[secret.name] = (secret.revision + 1, secret.generation)
        self.note(at, event, secret, cause)
        del self.secrets[secret.name]

    def fire(self, secret, at):
        """-> the event that came of it"""
        if secret.gone_at is not None:
            self.remove(secret, "deleted", "expiry", at)
            return "deleted"
        if secret.policy["on_expiry"] and self.rotate_at(secret, "expiry", at):
            return "rotated"
        secret.armed = False
        secret.revision += 1
        if secret.policy["on_expiry"]:
            self.note(at, "failed", secret, "expiry", reason=REASON)
            return "failed"
        self.note(at, "expired", secret, "expiry")
        return "expired"

    def fire_if_due(self, secret):
        if secret.armed and secret.is_expired(self.now):
            self.fire(secret, self.now)

    def refused(self, name, if_match):
        """Whether a precondition refuses it."""
        return if_match is not None and (
            name not in self.secrets or self.secrets[name].revision != if_match)

    # ---- what is changed ----------------------------------------------------------------------

    def put(self, name, body, if_match=None):
        before = self.secrets.get(name)
        secret = Secret(name, self.now, *self.traces.get(name, (0, 0)))
        if before is not None:
            kept = ("versions", "current", "previous", "pending", "newest", "revision", "generation",
                    "created_at")
            vars(secret).update({each: getattr(before, each) for each in kept})
        secret.ttl = body.get("ttl", 0)
        secret.policy = resolve(body.get("rotation"), DEFAULT_POLICY) if "rotation" in body \
            else dict(DEFAULT_POLICY)
        secret.labels = body.get("labels", {})
        secret.description = body.get("description", "")
        status, value = self.new_value(secret, body)
        if status == 200 and self.refused(name, if_match):
            status = 412
        if status == 200 and before is not None and before.gone_at is not None:
            status = 409
        if status != 200:
            return status, None
        secret.generation += "generate" in body
        secret.versions = dict(secret.versions)
        self.put_in_force(secret, self.add_version(secret, value, "put", self.now), self.now)
        self.secrets[name] = secret
        self.note(self.now, "updated" if before else "created", secret, "put")
        return 200, self.document(secret)

    def new_value(self, secret, body):
        """-> (status, the value that a body gives or asks for)"""
        policy, value = secret.policy, body.get("value")
        if value is not None and len(value.encode()) > self.most:
            return 413, None
        if policy["on_expiry"] and (not secret.ttl or policy["strategy"] == "none"):
            return 400, None
        if "generate" not in body:
            return 200, value
        if policy["strategy"] == "none":
            return 400, None
        value = self.makes(secret, policy)
        return (413 if value is None else 200), value

    def patch(self, name, body, if_match=None):
        before = self.secrets.get(name)
        secret = Secret(name, self.now, 0, 0)
        if before is not None:
            vars(secret).update(vars(before))
            secret.versions = dict(before.versions)
        if "ttl" in body or before is None:
            secret.ttl = (body.get("ttl") or 0) if "ttl" in body else 1
        if "rotation" in body:
            secret.policy = resolve(body["rotation"], secret.policy)
        secret.description = body.get("description", secret.description) or ""
        secret.labels = dict(secret.labels)
        for label, value in body.get("labels", {}).items():
            secret.labels.pop(label, None)
            secret.labels |= {} if value is None else {label: value}
        status, value = self.new_value(secret, body)
        if before is None:
            return (404 if status == 413 and "generate" in body or status == 200 else status), None
        if status == 200 and self.refused(name, if_match):
            status = 412
        if status == 200 and before.gone_at is not None:
            status = 409
        if status != 200:
            return status, None
        if value is None:
            had_fired = before.is_expired(self.now) and not before.armed
            secret.revision += 1
            secret.updated_at = self.now
            secret.armed = secret.ttl != 0 and (
                not secret.is_expired(self.now) or not had_fired or secret.policy["on_expiry"])
        else:
            secret.generation += "generate" in body
            self.put_in_force(secret, self.add_version(secret, value, "patch", self.now), self.now)
        self.secrets[name] = secret
        self.note(self.now, "updated", secret, "patch")
        self.fire_if_due(secret)
        return 200, self.document(secret)

    def rotate(self, name, pending=False):
        secret = self.secrets.get(name)
        if secret is None:
            return 404, None
        if secret.gone_at is not None or pending and secret.pending:
            return 409, None
        value = self.makes(secret, secret.policy)
        if value is None:
            if secret.policy["strategy"] != "none":
                secret.revision += 1
                self.note(self.now, "failed", secret, "rotate", reason=REASON)
            return 409, None
        if not pending:
            self.rotate_at(secret, "rotate", self.now)
            return 200, self.document(secret, with_value=True)
        secret.generation += 1
        secret.pending = self.add_version(secret, value, "rotate", self.now)
        self.prune(secret)
        self.note(self.now, "pending", secret, "rotate", secret.pending)
        return 200, self.document(secret, secret.pending, with_value=True)

    def promote(self, name, number=None):
        secret = self.secrets.get(name)
        if secret is not None and secret.gone_at is not None:
            return 409, None
        if secret is None or (number or secret.pending) not in self.kept(secret):
            return 404, None
        number = number or secret.pending
        if number != secret.current:
            secret.revision += 1
            self.put_in_force(secret, number, self.now)
            self.note(self.now, "promoted", secret, "promote")
        return 200, self.document(secret)

    def discard(self, name, number=None):
        secret = self.secrets.get(name)
        if secret is None or not secret.pending or number not in (None, secret.pending):
            return 404, None
        discarded, secret.pending = secret.pending, 0
        del secret.versions[discarded]
        secret.revision += 1
        self.note(self.now, "discarded", secret, "discard", discarded)
        return 200, {"name": name, "discarded": discarded}

    def restore(self, name, number=None):
        secret = self.secrets.get(name)
        if secret is None or number and (secret.gone_at is not None or
                                         number not in self.kept(secret)):
            return 404, None
        if secret.gone_at is not None:
            secret.deleted_at = secret.gone_at = None
            secret.revision += 1
            self.note(self.now, "restored", secret, "restore")
            self.fire_if_due(secret)
        return 200, self.document(secret)

    def delete(self, name, recover=None, if_match=None):
        secret = self.secrets.get(name)
        if secret is None:
            return 404, None
        if self.refused(name, if_match):
            return 412, None
        if recover is None:
            self.remove(secret, "deleted", "delete", self.now)
            return 200, {"name": name, "deleted": True}
        if secret.gone_at is None:
            secret.deleted_at = self.now
        secret.gone_at = self.now + recover * 1000
        secret.revision += 1
        self.note(self.now, "deleted", secret, "delete", gone_at=rfc3339(secret.gone_at))
        return 200, {"name": name, "deleted": True, "gone_at": rfc3339(secret.gone_at)}

    def cleanup(self):
        removed = [name for name, secret in sorted(self.secrets.items())
                   if secret.gone_at is None and secret.is_expired(self.now) and not secret.armed]
        for name in removed:
            self.remove(self.secrets[name], "cleaned", "cleanup", self.now)
        return 200, {"removed": removed}

    def advance(self, seconds):
        to = self.now + seconds * 1000
        fired = {"rotated": 0, "expired": 0, "deleted": 0, "failed": 0}
        due, name = self.next_due()
        while due is not None and due <= to:
            self.now = due
            fired[self.fire(self.secrets[name], due)] += 1
            due, name = self.next_due()
        self.now = to
        del fired["failed"]
        return 200, {"mode": "virtual", "now": rfc3339(to),
                     "next_due": None if due is None else rfc3339(due), **fired}
