"""Decides whether a history is linearizable: whether the operations have an order that one register could
have done one after another. In this order an operation that had ended comes before those that began
later, and the requests of one client come as it sent them.

Wing and Gong's search: of the operations that are not placed yet, any that began before the first
end among them may be next; a set of placed operations with the state they led to is visited
once (Lowe). The search is bounded: past the bound the result is "undecided", which is a failure."""

import math

import register

CONFIGURATIONS_MAX = 400_000


class Verdict:
    def __init__(self, reason, placed=(), stuck=()):
        self.reason = reason  # "": linearizable
        self.placed = placed
        self.stuck = stuck

    def __bool__(self):
        return not self.reason

    def __str__(self):
        tail = [f"   placed {each}" for each in self.placed[-3:]]
        return "\n".join([self.reason, *tail, *(f"cannot be {each}" for each in self.stuck)])


def predecessors(operations):
    """For each operation the number of the one that the same client sent before it, or -1. A client that
    does not wait for an answer has its requests done in its order, too."""
    found, last = [], {}
    for number, each in enumerate(operations):
        found.append(last.get(each["client"], -1))
        if each["out"] is not None:
            last[each["client"]] = number
    return found


def next_ones(operations, before, low, done):
    """The numbers of the operations that may come next."""
    found, first_end = [], math.inf
    for number in range(low, len(operations)):
        if operations[number]["start"] > first_end:
            break
        if not done >> number & 1:
            found.append(number)
            first_end = min(first_end, end_of(operations[number]))
    return [n for n in found if operations[n]["start"] <= first_end and
            (before[n] < 0 or done >> before[n] & 1)]


def end_of(operation):
    return math.inf if operation["out"] is None else operation["end"]


def changes_nothing(operation):
    """In no state that fits its answer: a read, or a change that was refused."""
    out = operation["out"]
    return operation["op"] not in register.CHANGES or (out is not None and out["status"] != 200)


def check(name, history, most=CONFIGURATIONS_MAX):
    """-> Verdict on the operations of one name."""
    operations = sorted(history, key=lambda each: each["start"])
    before = predecessors(operations)
    must = sum(1 << n for n, each in enumerate(operations) if each["out"] is not None)
    stack, seen, best = [(0, 0, register.EMPTY, None)], set(), (-1, None, ())
    while stack:
        done, low, state, path = stack.pop()
        if done & must == must:
            return Verdict("")
        if (done, state) in seen:
            continue
        seen.add((done, state))
        if len(seen) > most:
            return Verdict(f"{name}: undecided after {most} configurations")
        while done >> low & 1:
            low += 1
        numbers = next_ones(operations, before, low, done)
        placed = done.bit_count()
        if placed > best[0]:
            best = (placed, path, numbers)
        # What ended first is tried first, so that it is pushed last.
        numbers.sort(key=lambda n: -end_of(operations[n]))
        found = [(n, register.apply(state, name, operations[n])) for n in numbers]
        # What never changes anything might as well come now, if it fits: wherever else it fits, the order
        # without it is the same.
        idle = [(n, after) for n, after in found if after is not None and changes_nothing(operations[n])]
        for number, after in idle[-1:] or found:
            if after is not None:
                stack.append((done | 1 << number, low, after, (number, path)))
    return failure(name, operations, best)


def failure(name, operations, best):
    order, path = [], best[1]
    while path is not None:
        order.append(operations[path[0]])
        path = path[1]
    return Verdict(f"{name}: no order of its {len(operations)} operations explains them "
                   f"({best[0]} could be placed)", order[::-1], [operations[n] for n in best[2]])
