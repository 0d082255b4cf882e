"""The model of one secret, from sections 2 to 5 of the contract: its versions with their stages, a
revision, a generation, and a clock that moves only when it is told to.

An operation is a dict: `client`, `op`, `in` (what was asked), `out` (what was answered, None if no
answer came), `start` and `end` (numbers that order them by the time at which the client began and ended them)."""

import functools
import math
import pathlib
import sys
from collections import namedtuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import derive  # pylint: disable=wrong-import-position

SEED = "test"
EPOCH_MS = 946684800000
POLICY = {"strategy": "hex", "length": 16}
KEEP_VERSIONS = 10  # the default of --keep-versions
STAGES = ("current", "previous", "pending")

CHANGES = ("put", "patch", "rotate", "promote", "discard", "restore", "delete", "cleanup", "advance",
           "reset")
# revision: that in which it came to be, which makes its id
Version = namedtuple("Version", "number value revision cause made")
# versions: those that are kept, oldest first. current, previous, pending: their numbers, or 0.
# newest: the last number that was given. in_force: when the current version came into force.
# armed: it has a TTL, and its expiry has not fired. deleted, gone: of a deletion that can be undone.
State = namedtuple("State", "now exists versions current previous pending newest revision generation "
                   "ttl on_expiry grace in_force armed deleted gone")
EMPTY = State(EPOCH_MS, False, (), 0, 0, 0, 0, 0, 0, 0, False, 0, 0, False, None, None)


@functools.lru_cache(maxsize=None)
def generated(name, generation):
    return derive.derive(SEED, name, generation, 0, POLICY)


@functools.lru_cache(maxsize=None)
def version_id(name, revision):
    return derive.version_id(SEED, name, revision)


def expires_at(state):
    return state.in_force + state.ttl * 1000 if state.ttl else None


def is_expired(state):
    return state.ttl != 0 and state.now >= expires_at(state)


def has_value(state):
    return state.exists and state.gone is None


def version_of(state, number):
    return next((each for each in state.versions if each.number == number), None)


def shown(state, number=None):
    """The document, with the value of the current version or of that one."""
    version = version_of(state, number or state.current)
    return {"status": 200, "value": version.value if has_value(state) else None,
            "version": version.number, "revision": state.revision, "expired": is_expired(state),
            "expires": expires_at(state), "deleted": state.deleted, "gone": state.gone}


def agrees(out, wanted):
    """Whether the answer is the expected one; also if there was none (None)."""
    return out is None or (out["status"] == wanted["status"] and
                           all(wanted.get(k) == v for k, v in out.items() if k in wanted))


def refusal(state, asked):
    """The status with which a precondition refuses it, or None."""
    if asked.get("if_none") and state.exists:
        return 412
    if "if_match" in asked and (not state.exists or asked["if_match"] != state.revision):
        return 412
    return None


# ---- versions and their stages ------------------------------------------------------------------

def prune(state):
    """Without the versions that are neither among the newest nor bear a stage."""
    staged = (state.current, state.previous, state.pending)
    kept = tuple(each for each in state.versions[:-KEEP_VERSIONS] if each.number in staged)
    return state._replace(versions=kept + state.versions[-KEEP_VERSIONS:])


def add(state, name, value, now, cause):
    """The next version, which bears no stage yet; None: its value is generated."""
    if value is None:
        state = state._replace(generation=state.generation + 1)
        value = generated(name, state.generation)
    made = Version(state.newest + 1, value, state.revision + 1, cause, now)
    return state._replace(exists=True, versions=(*state.versions, made), newest=made.number,
                          revision=made.revision)


def put_in_force(state, number, now):
    return prune(state._replace(current=number, previous=state.current, in_force=now,
                                pending=state.pending if state.pending != number else 0,
                                armed=state.ttl != 0))


def make(state, name, value, now, cause):
    """The next version, which is current."""
    state = add(state, name, value, now, cause)
    return put_in_force(state, state.newest, now)


# ---- what clients ask ---------------------------------------------------------------------------

def put(state, name, asked):
    status = refusal(state, asked) or (409 if state.gone is not None else None)
    if status:
        return state, {"status": status}
    state = state._replace(ttl=asked.get("ttl", 0), on_expiry=asked.get("on_expiry", False),
                           grace=asked.get("grace", 0))
    state = make(state, name, asked.get("value"), state.now, "put")
    return state, shown(state)


def patch(state, name, asked):
    status = 404 if not state.exists else refusal(state, asked)
    if status or state.gone is not None:
        return state, {"status": status or 409}
    state = state._replace(revision=state.revision + 1)
    return state, shown(state)


def get(state, name, asked):
    if not has_value(state):
        return state, {"status": 404}
    if asked.get("if_none_match") == state.revision:
        return state, {"status": 304}
    number = getattr(state, asked["stage"]) if "stage" in asked else (
        asked.get("version", state.current))
    if version_of(state, number) is None:
        return state, {"status": 404}
    return state, shown(state, number)


def metadata(state, name, asked):
    if not state.exists:
        return state, {"status": 404}
    versions = [[each.number, version_id(name, each.revision), each.cause, each.made, "live",
                 [stage for stage in STAGES if getattr(state, stage) == each.number]]
                for each in state.versions]
    return state, {**shown(state), "versions": versions}


def listed(state, name, asked):
    deleted = asked.get("deleted", "exclude")
    if not state.exists or deleted == ("exclude" if state.gone is not None else "only"):
        return state, {"status": 404}
    return state, shown(state)


def export(state, name, asked):
    if not has_value(state) or is_expired(state):
        return state, {"status": 404}
    return state, shown(state)


def verify(state, name, asked):
    if not has_value(state):
        return state, {"status": 404}
    holders = [each.number for each in state.versions if each.value == asked["value"]]
    stage = next((each for each in STAGES if getattr(state, each) in holders), None)
    in_grace = state.now < state.in_force + state.grace * 1000
    return state, {"status": 200, "stage": stage, "expired": is_expired(state),
                   "version": getattr(state, stage) if stage else max(holders, default=None),
                   "accepted": (state.current in holders and not is_expired(state)) or
                               (state.previous in holders and in_grace)}


def rotate(state, name, asked):
    pending = asked.get("pending", False)
    if not state.exists:
        return state, {"status": 404}
    if state.gone is not None or (pending and state.pending):
        return state, {"status": 409}
    if not pending:
        state = make(state, name, None, state.now, "rotate")
        return state, shown(state)
    state = add(state, name, None, state.now, "rotate")
    state = prune(state._replace(pending=state.newest))
    return state, shown(state, state.pending)


def promote(state, name, asked):
    number = asked.get("version", state.pending)
    if state.gone is not None:
        return state, {"status": 409}
    if version_of(state, number) is None:
        return state, {"status": 404}
    if number != state.current:
        state = put_in_force(state._replace(revision=state.revision + 1), number, state.now)
    return state, shown(state)


def discard(state, name, asked):
    number = asked.get("version", state.pending)
    if not state.pending or number != state.pending:
        return state, {"status": 404}
    kept = tuple(each for each in state.versions if each.number != number)
    state = state._replace(versions=kept, pending=0, revision=state.revision + 1)
    return state, {"status": 200, "discarded": number}


def restore(state, name, asked):
    if not state.exists or (state.gone is not None and "version" in asked):
        return state, {"status": 404}
    if state.gone is not None:
        state = state._replace(deleted=None, gone=None, revision=state.revision + 1)
        if due_at(state) <= state.now:
            state = fire(state, name, state.now)
    elif version_of(state, asked.get("version", state.current)) is None:
        return state, {"status": 404}
    return state, shown(state)


def remove(state):
    return EMPTY._replace(now=state.now, revision=state.revision + 1, generation=state.generation)


def delete(state, name, asked):
    status = 404 if not state.exists else refusal(state, asked)
    if status:
        return state, {"status": status}
    if "recover" not in asked:
        return remove(state), {"status": 200, "gone": None}
    state = state._replace(deleted=state.deleted if state.gone is not None else state.now,
                           gone=state.now + asked["recover"] * 1000, revision=state.revision + 1)
    return state, {"status": 200, "gone": state.gone}


def cleanup(state, name, asked):
    goes = has_value(state) and is_expired(state) and not state.armed
    return (remove(state) if goes else state), {"status": 200, "removed": goes}


# ---- the clock ----------------------------------------------------------------------------------

def due_at(state):
    if state.gone is not None:
        return state.gone
    return expires_at(state) if state.armed else math.inf


def fire(state, name, now):
    if state.gone is not None:
        return remove(state)
    if state.on_expiry:
        return make(state, name, None, now, "expiry")
    return state._replace(armed=False, revision=state.revision + 1)


def advance(state, name, asked):
    now = state.now + asked["by"] * 1000
    while due_at(state) <= now:
        state = fire(state, name, due_at(state))
    return state._replace(now=now), {"status": 200, "now": now}


def reset(state, name, asked):
    return EMPTY, {"status": 200}


OPERATIONS = {"put": put, "patch": patch, "get": get, "metadata": metadata, "list": listed,
              "export": export, "verify": verify, "rotate": rotate, "promote": promote,
              "discard": discard, "restore": restore, "delete": delete, "cleanup": cleanup,
              "advance": advance, "reset": reset}


def apply(state, name, operation):
    """The state after it, or None if it cannot have been answered like that in this state."""
    if operation["out"] and operation["out"]["status"] == 500:
        # what could not be stored did not happen; what stores nothing cannot fail
        return state if operation["op"] in CHANGES else None
    after, wanted = OPERATIONS[operation["op"]](state, name, operation["in"])
    return after if agrees(operation["out"], wanted) else None
