"""The model of one secret, from sections 2, 4 and 5 of the contract: a register with a value, a version, a
revision and a generation, and a clock that moves only when it is told to.

An operation is a dict: `client`, `op`, `in` (what was asked), `out` (what was answered, None if no
answer came), `start` and `end` (numbers that order them by the time at which the client began and ended them)."""

import functools
import pathlib
import sys
from collections import namedtuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import derive  # pylint: disable=wrong-import-position

SEED = "test"
EPOCH_MS = 946684800000
POLICY = {"strategy": "hex", "length": 16}

CHANGES = ("put", "patch", "rotate", "delete", "cleanup", "advance")
State = namedtuple("State", "now exists value version revision generation ttl on_expiry made armed")
EMPTY = State(EPOCH_MS, False, None, 0, 0, 0, 0, False, 0, False)


@functools.lru_cache(maxsize=None)
def generated(name, generation):
    return derive.derive(SEED, name, generation, 0, POLICY)


def is_expired(state):
    return state.ttl != 0 and state.now >= state.made + state.ttl * 1000


def shown(state):
    return {"status": 200, "value": state.value, "version": state.version,
            "revision": state.revision, "expired": is_expired(state),
            "expires": state.made + state.ttl * 1000 if state.ttl else None}


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


def make(state, name, value, now):
    """The next version, with that value; None: a generated one."""
    if value is None:
        state = state._replace(generation=state.generation + 1)
        value = generated(name, state.generation)
    return state._replace(exists=True, value=value, version=state.version + 1,
                          revision=state.revision + 1, made=now, armed=state.ttl != 0)


def put(state, name, asked):
    status = refusal(state, asked)
    if status:
        return state, {"status": status}
    state = state._replace(ttl=asked.get("ttl", 0), on_expiry=asked.get("on_expiry", False))
    state = make(state, name, asked.get("value"), state.now)
    return state, shown(state)


def patch(state, name, asked):
    status = 404 if not state.exists else refusal(state, asked)
    if status:
        return state, {"status": status}
    state = state._replace(revision=state.revision + 1)
    return state, shown(state)


def get(state, name, asked):
    if not state.exists:
        return state, {"status": 404}
    if asked.get("if_none_match") == state.revision:
        return state, {"status": 304}
    return state, shown(state)


def rotate(state, name, asked):
    if not state.exists:
        return state, {"status": 404}
    state = make(state, name, None, state.now)
    return state, shown(state)


def remove(state):
    return EMPTY._replace(now=state.now, revision=state.revision + 1, generation=state.generation)


def delete(state, name, asked):
    status = 404 if not state.exists else refusal(state, asked)
    return (state, {"status": status}) if status else (remove(state), {"status": 200})


def cleanup(state, name, asked):
    goes = state.exists and is_expired(state) and not state.armed
    return (remove(state) if goes else state), {"status": 200, "removed": goes}


def advance(state, name, asked):
    now = state.now + asked["by"] * 1000
    while state.exists and state.armed and state.made + state.ttl * 1000 <= now:
        due = state.made + state.ttl * 1000
        if state.on_expiry:
            state = make(state, name, None, due)
        else:
            state = state._replace(armed=False, revision=state.revision + 1)
    return state._replace(now=now), {"status": 200, "now": now}


def export(state, name, asked):
    if not state.exists or is_expired(state):
        return state, {"status": 404}
    return state, shown(state)


OPERATIONS = {"put": put, "patch": patch, "get": get, "rotate": rotate, "delete": delete,
              "cleanup": cleanup, "advance": advance, "export": export}


def apply(state, name, operation):
    """The state after it, or None if it cannot have been answered like that in this state."""
    if operation["out"] and operation["out"]["status"] == 500:
        # what could not be stored did not happen; what stores nothing cannot fail
        return state if operation["op"] in CHANGES else None
    after, wanted = OPERATIONS[operation["op"]](state, name, operation["in"])
    return after if agrees(operation["out"], wanted) else None
