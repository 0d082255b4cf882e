#!/usr/bin/env python3
"""Every call that reaches the store's file fails once: the state is then the one before the operation or
the one after it, nothing between. An error is answered with 500, and reads and writes go on.

    test_faults.py [DEATHS [ERRORS [OPERATIONS]]]

kills the daemon in every DEATHS-th operation of the run, and returns errors in every ERRORS-th
(default 1). A kill needs two daemons; test_deaths.py tries all of them without.

The calls are made to fail by tests/support/fault.c. What is right is learned from a run without
faults, which is the same each time: a seed, and a virtual clock."""

import os
import shutil
import signal
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
import tap
from statekit import MEMORY, OPTIONS, Fault, Place, ask, dump, look, versions

DEATHS_EVERY = int(sys.argv[1]) if len(sys.argv) > 1 else 1
ERRORS_EVERY = int(sys.argv[2]) if len(sys.argv) > 2 else 1
OPERATIONS = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
POINTS_MAX = 60  # of one operation
REWRITES_EVERY = max(1, DEATHS_EVERY // 5)  # of the calls while the journal is written anew
PUTS_MAX, PUTS_AFTER = 10000, 15  # the disk may be busy with others' work while the journal is synced
ERRORS = ("EIO", "ENOSPC", "short", "lie", "dead")
DEATHS = ("kill", "torn", "done")
# Errors that the daemon does not outlive, so that nothing is mended after them. It tries a write
# that failed once more: what fails once may be done.
LAST_WORDS = ("EIO", "lie", "once")
WRONG_MAX = 10  # shown


class Run:
    """The run without faults: what can be read after each operation, and the file before some."""

    def __init__(self, place, keep_every):
        self.place = place
        self.operations = list(statekit.operations(OPERATIONS))
        self.answers, self.looks, self.seqs = [], [], []
        daemon = place.start(*OPTIONS)
        with daemon.connect() as connection:
            self.note(connection, None, 0)
            for at, operation in enumerate(self.operations):
                if keep_every and at % keep_every == 0:
                    self.keep(place.store, at)
                self.note(connection, ask(connection, *operation), self.seqs[-1])
            self.last = dump(connection)
            self.versions = versions(connection)

    def note(self, connection, answer, seq):
        self.answers.append(answer)
        self.looks.append(look(connection, seq))
        self.seqs.append(statekit.last_seq(connection))

    def kept(self, at):
        return self.place.path(f"kept-{at}")

    def keep(self, store, at):
        shutil.copyfile(store, self.kept(at))


class Verdicts:
    """Counts, and keeps the first that are wrong."""

    def __init__(self):
        self.points, self.before, self.after, self.wrong = 0, 0, 0, []

    def point(self, good, note):
        self.points += 1
        if not good and len(self.wrong) < WRONG_MAX:
            self.wrong.append(note)


def has_come_to(connection, run, at):
    """Whether what can be read is the state after operation `at`."""
    return look(connection, run.seqs[at]) == run.looks[at + 1]


def state_is(connection, run, at):
    """Whether what can be read is the state before operation `at` ("before"), after it, or neither."""
    seen = look(connection, run.seqs[at - 1] if at else 0)
    if seen == run.looks[at]:
        return "before"
    if has_come_to(connection, run, at):
        return "after"
    return "neither"


def errors_change_nothing(check):
    """One daemon gets all errors of a run."""
    with Place(MEMORY) as place, Place(MEMORY) as ideal:
        run = Run(ideal, None)
        fault = Fault(place)
        verdicts = Verdicts()
        daemon = place.start(*OPTIONS, env=fault.env)
        with daemon.connect() as connection:
            for at, operation in enumerate(run.operations):
                done = at % ERRORS_EVERY == 0 and fail_each_call(connection, fault, run, at, verdicts)
                if not done:
                    check_answer(ask(connection, *operation), run, at, verdicts)
            good = dump(connection) == run.last
            check.equal(versions(connection), run.versions, "older values are as they should be")
        check.note(f"{verdicts.points} points of {len(run.operations[::ERRORS_EVERY])} operations")
        check.ok(verdicts.points > len(run.operations[::ERRORS_EVERY]) * 3, "there are points to fail at")
        check.ok(not verdicts.wrong, f"{verdicts.points} errors are a 500 each, and change nothing",
                 *verdicts.wrong)
        check.ok(good, "at the end of the run all is as in a run without faults")
        check.equal(daemon.stop(), 0, "the daemon ends as ever")
        with place.start().connect() as connection:
            check.ok(dump(connection) == run.last, "and so it is for the next daemon")


def check_answer(answer, run, at, verdicts):
    if answer != run.answers[at + 1]:
        verdicts.wrong.append(f"operation {at} {run.operations[at][:2]}: {answer}, "
                              f"not {run.answers[at + 1]}")


def fail_each_call(connection, fault, run, at, verdicts):
    """Every call that the operation makes fails in every way -> whether it was done in the end"""
    ahead = 0
    while ahead < POINTS_MAX:
        ahead += 1
        for kind in ERRORS:
            fault.arm(kind, ahead)
            answer = ask(connection, *run.operations[at])
            hits = fault.hits()
            seen = state_is(connection, run, at) if hits else None
            is_after = has_come_to(connection, run, at)
            fault.disarm()
            if not hits:
                check_answer(answer, run, at, verdicts)
                return True
            # Room that cannot be allocated ahead is no error by itself; after what changes nothing the state is
            # the one before as well.
            done = answer == run.answers[at + 1] and is_after
            verdicts.point(done or answer[0] == 500 and seen == "before",
                           f"operation {at} {run.operations[at][:2]}, {kind} at {ahead}: "
                           f"{answer[0]}, {seen}")
            if done:
                return True
    return False


def deaths_leave_one_of_two_states(check):
    """A daemon dies at every call; another one finds the state before the operation, or after."""
    with Place(MEMORY) as place, Place(MEMORY) as ideal:
        run = Run(ideal, DEATHS_EVERY)
        fault = Fault(place)
        verdicts = Verdicts()
        for at in range(0, len(run.operations), DEATHS_EVERY):
            for ahead in range(1, POINTS_MAX):
                kinds = [die(place, fault, run, at, ahead, kind, verdicts)
                         for kind in DEATHS + LAST_WORDS]
                if not any(kinds):
                    break
        check.note(f"{verdicts.points} points of {len(run.operations[::DEATHS_EVERY])} operations: "
                   f"{verdicts.before} before, {verdicts.after} after")
        check.ok(verdicts.before > 0 and verdicts.after > 0, "both states are met")
        check.ok(not verdicts.wrong, f"{verdicts.points} deaths leave a whole state each",
                 *verdicts.wrong)


def die(place, fault, run, at, ahead, kind, verdicts):
    """-> whether the daemon died: the operation makes so many calls"""
    place.end()
    shutil.copyfile(run.kept(at), place.store)
    os.chmod(place.store, 0o600)
    fault.disarm()
    daemon = place.start(env=fault.env)
    connection = daemon.connect()
    fault.arm(kind, ahead)
    answer = None
    try:
        answer = ask(connection, *run.operations[at])
    except (ConnectionError, statekit.http1.Closed):
        pass
    connection.close()
    if kind in LAST_WORDS and fault.hits():
        verdicts.point(answer == run.answers[at + 1] or kind != "once" and answer[0] == 500,
                       f"operation {at}, {kind} at {ahead}: {answer}")
        daemon.kill(signal.SIGKILL)
    elif answer is not None:
        check_answer(answer, run, at, verdicts)
        fault.disarm()
        return False
    daemon.wait()
    daemon.sent.add(signal.SIGKILL)  # by the fault, if not from here
    fault.disarm()
    with place.start(env=fault.env).connect() as connection:
        seen = state_is(connection, run, at)
        again = ask(connection, *run.operations[at]) if seen == "before" else None
    verdicts.before += seen == "before"
    verdicts.after += seen == "after"
    is_kept = answer is None or answer[0] != 200 or seen == "after"
    verdicts.point(is_kept and seen != "neither" and again in (None, run.answers[at + 1]),
                   f"operation {at} {run.operations[at][:2]}, {kind} at {ahead}: {seen}, {again}")
    return True


def each_answer_comes_after_a_sync(check):
    """One client waits for each answer, so each write is a commit of its own."""
    with Place(MEMORY) as place:
        fault, unsynced = Fault(place), []
        with place.start(*OPTIONS, env=fault.env).connect() as connection:
            for number in range(100):
                before = fault.syncs()
                answer = ask(connection, "PUT", f"/v1/secrets/s{number % 7}", statekit.put("x"))
                if answer[0] != 200 or fault.syncs() == before:
                    unsynced.append(number)
            check.equal(unsynced, [], "each acknowledged write was synced")
            before = fault.calls()
            dump(connection)
            check.equal(fault.calls(), before, "a read touches the disk with no call at all")


class Rewriting:
    """A store whose journal is nearly long enough to be written anew, and a client that puts to it."""

    def __init__(self, place, fault):
        self.place, self.fault = place, fault
        self.known, self.doubt, self.number = {}, None, 0
        self.inode = os.stat(place.store).st_ino

    def is_written_anew(self):
        return os.stat(self.place.store).st_ino != self.inode

    def put(self, connection):
        """-> the status, or None if the daemon died"""
        name, value = f"p{self.number % 30}", f"{self.number}".ljust(statekit.SMALL_BYTES, "w")
        self.number += 1
        try:
            answer = ask(connection, "PUT", f"/v1/secrets/{name}", statekit.put(value))
        except (ConnectionError, statekit.http1.Closed):
            self.doubt = name, value
            return None
        if answer[0] == 200:
            self.known[name] = value
        return answer[0]

    def put_until(self, connection, is_done):
        """-> what the puts were answered with"""
        statuses = set()
        for _ in range(PUTS_MAX):
            if is_done() or None in statuses:
                return statuses
            statuses.add(self.put(connection))
        return statuses | {"no end"}

    def put_some(self, connection, count):
        end = self.number + count
        return self.put_until(connection, lambda: self.number == end)

    def wrong_with(self, connection):
        """-> what is not as it was acknowledged"""
        secrets = {each["name"]: each["value"] for each in statekit.pages(
            connection, "/v1/secrets?values=true&limit=1000", "secrets")}
        if self.doubt and secrets.get(self.doubt[0]) == self.doubt[1]:
            self.known[self.doubt[0]] = self.doubt[1]
        self.doubt = None
        events = [each["seq"] for each in statekit.pages(connection, "/v1/events?limit=1000", "events")]
        wrong = [name for name, value in self.known.items() if secrets.get(name) != value]
        wrong += [name for name in secrets if name[0] == "p" and name not in self.known]
        wrong += [f"large-{n}" for n in range(statekit.LARGE_NAMES) if f"large-{n}" not in secrets]
        return wrong + ([] if events == list(range(1, len(events) + 1)) else ["a gap in the events"])


def fail_rewrite(place, kept, fault, kind, ahead):
    """Fails the ahead-th call of a daemon -> (whether it was met, what is wrong)"""
    place.end()
    shutil.copyfile(kept, place.store)
    fault.disarm()
    before = fault.calls()
    daemon = place.start(env=fault.env)
    rewriting = Rewriting(place, fault)
    wrong = []
    with daemon.connect() as connection:
        fault.arm(kind, before + ahead - fault.calls())
        said = rewriting.put_until(connection, lambda: fault.hits() or rewriting.is_written_anew())
        said |= rewriting.put_some(connection, PUTS_AFTER) if None not in said else set()
        met = bool(fault.hits())
        fault.disarm()
        if None not in said:
            said |= {"then"} | rewriting.put_some(connection, PUTS_AFTER)
        if None not in said:  # the call may also have come after the answer to the last put
            wrong += [] if said <= {200, 500, "then"} else [f"{said}"]
            wrong += rewriting.wrong_with(connection)
    daemon.kill(signal.SIGKILL)
    daemon.sent.add(signal.SIGKILL)  # by the fault, if not from here
    daemon.wait()
    with place.start(env=fault.env).connect() as connection:
        wrong += rewriting.wrong_with(connection)
        rewriting.inode = os.stat(place.store).st_ino
        if statekit.journal_length(place.store) > statekit.REWRITE_MIN_BYTES // 2:
            said = rewriting.put_until(connection, rewriting.is_written_anew)
            wrong += [] if said <= {200} else [f"then it is not written anew: {said}"]
        elif os.path.exists(place.store + ".rewrite"):
            wrong.append("the new file is left")
        wrong += rewriting.wrong_with(connection)
    return met, wrong


def a_rewrite_that_fails_loses_nothing(check):
    """Each call while the journal is written anew fails, or is the last one."""
    with Place(MEMORY) as place:
        with place.start(*OPTIONS, "--keep-versions", "2").connect() as connection:
            statekit.fill_journal(connection, lambda: statekit.journal_length(place.store), 32 << 10)
        place.daemon.kill(signal.SIGKILL)
        place.daemon.wait()
        kept = place.path("kept")
        shutil.copyfile(place.store, kept)
        fault = Fault(place)
        before = fault.calls()
        daemon = place.start(env=fault.env)
        rewriting = Rewriting(place, fault)
        with daemon.connect() as connection:
            rewriting.put_until(connection, lambda: os.path.exists(place.store + ".rewrite"))
            first = fault.calls() - before
            rewriting.put_until(connection, rewriting.is_written_anew)
            last = fault.calls() - before
        check.ok(rewriting.is_written_anew(), f"it is written anew, from call {first} to {last}")
        points, wrong = 0, []
        for ahead in range(first - 4, last + 3, REWRITES_EVERY):
            for kind in ERRORS + DEATHS:
                met, found = fail_rewrite(place, kept, fault, kind, ahead)
                points += met
                wrong += [f"{kind} at {ahead}: {found}"] if found else []
        check.ok(points > (last - first) * 4 // REWRITES_EVERY, f"{points} points were met")
        check.ok(not wrong, f"{points} errors and deaths lose nothing, and the next daemon writes it anew",
                 *wrong[:WRONG_MAX])


def start_with(place, fault, kind, ahead, *options):
    """Starts a daemon whose start fails -> whether the fault happened, its exit status"""
    fault.disarm()
    fault.arm(kind, ahead)
    status, said = None, ""
    try:
        place.start(*options, env=fault.env)
        with place.daemon.connect() as connection:
            assert ask(connection, "GET", "/v1/status")[0] == 200
        status = place.daemon.stop()
    except RuntimeError as error:  # it ended before it was ready
        said = str(error)
        status = int(said.split("ended with ")[1].split(":")[0])
    hits = fault.hits()
    fault.disarm()
    place.daemon = None
    return bool(hits), status, said


def a_start_that_fails_leaves_a_store_or_none(check):
    with Place(MEMORY) as place, Place(MEMORY) as ideal:
        fault = Fault(place)
        wanted = first_state(ideal)
        points = fail_start(check, place, fault, lambda: clear(place), wanted, *OPTIONS)
        check.ok(points > 10, f"{points} points while a store is made")
        clear(place)
        place.start(*OPTIONS).request("PUT", "/v1/secrets/a", statekit.put("one"))
        with place.daemon.connect() as connection:
            wanted = dump(connection)
        place.daemon.stop()
        shutil.copyfile(place.store, place.path("kept"))
        points = fail_start(check, place, fault,
                            lambda: shutil.copyfile(place.path("kept"), place.store), wanted)
        check.ok(points > 5, f"{points} points while one is opened")


def first_state(place):
    with place.start(*OPTIONS).connect() as connection:
        return dump(connection)


def clear(place):
    if os.path.exists(place.store):
        os.unlink(place.store)


def fail_start(check, place, fault, prepare, wanted, *options):
    points, wrong = 0, []
    for kind in ERRORS + DEATHS:
        for ahead in range(1, POINTS_MAX):
            prepare()
            met, status, said = start_with(place, fault, kind, ahead, *options)
            if not met:
                break
            points += 1
            if kind in ERRORS and status not in (0, 1) or status == 1 and "\n" not in said:
                wrong.append(f"{kind} at {ahead}: exit {status} {said}")
            try:
                with place.start(*OPTIONS).connect() as connection:
                    if dump(connection) != wanted:
                        wrong.append(f"{kind} at {ahead}: another state")
            except RuntimeError as error:
                wrong.append(f"{kind} at {ahead}, then: {error}")
            place.daemon = place.daemon and place.daemon.close()
            beside = [name for name in os.listdir(place.directory) if name.startswith("store.")]
            if beside:
                wrong.append(f"{kind} at {ahead}: {beside} is left")
    check.ok(not wrong, f"{points} failed starts lose nothing", *wrong[:WRONG_MAX])
    return points


if __name__ == "__main__":
    sys.exit(tap.run(each_answer_comes_after_a_sync, errors_change_nothing, deaths_leave_one_of_two_states,
                     a_rewrite_that_fails_loses_nothing, a_start_that_fails_leaves_a_store_or_none))
