#!/usr/bin/env python3
"""A store that is full, by each limit that there is: what would make it larger is a 500 that changes nothing, reads
go on, all can be deleted, then there is room again, and the next daemon finds all of it."""

import json
import os
import resource
import subprocess
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
from statekit import OPTIONS, Daemon, Place, ask, dump, put
import mounts

MIB = 1 << 20
CGROUPS = "/sys/fs/cgroup"
FULL = "the store is full, so nothing was changed"


def is_full(answer):
    return answer[0] == 500 and FULL in json.loads(answer[1])["detail"]


def fill(connection, size, most=100000):
    """Puts until one is refused -> (how many were not, the refusal)"""
    for number in range(most):
        answer = ask(connection, "PUT", f"/v1/secrets/f{number:05}", put(f"{number} " + "x" * size))
        if answer[0] != 200:
            return number, answer
    raise AssertionError(f"{most} values of {size} bytes fit")


def loses_nothing(check, what, daemon, again, size):
    """again(): ends the daemon and starts the next one on the same state."""
    with daemon.connect() as connection:
        count, answer = fill(connection, size)
        check.ok(is_full(answer) and count > 3, f"{what}: full after {count} values of {size} bytes", answer)
        before = dump(connection)
        check.ok(before.count('"name": "f') == 2 * count, f"{what}: all of them can be read")
        refused = [ask(connection, "PUT", f"/v1/secrets/late{n}", put("y" * size)) for n in range(20)]
        check.ok(all(map(is_full, refused)), f"{what}: it stays full", refused)
        check.ok(dump(connection) == before, f"{what}: which changes nothing")
        check.equal(daemon.stderr().count("store is full, and refuses"), 1, f"{what}: the log says it once")
    daemon = again()
    with daemon.connect() as connection:
        check.ok(dump(connection) == before, f"{what}: the next daemon finds all of it")
        deleted = [ask(connection, "DELETE", f"/v1/secrets/f{n:05}")[0] for n in range(count)]
        check.equal(deleted, [200] * count, f"{what}: and deletes all of it")
        fitting, answer = fill(connection, size)
        check.ok(is_full(answer) and fitting > count * 0.5, f"{what}: then there is room for {fitting} again", answer)
        before = dump(connection)
    daemon = again()
    with daemon.connect() as connection:
        check.ok(dump(connection) == before, f"{what}: which are there after another start")
        check.equal(ask(connection, "POST", "/v1/clock/advance", '{"by":"1h"}')[0], 200, f"{what}: the clock moves")
    check.ok(daemon.runs(), f"{what}: no daemon died")


def in_a_file(check, what, size, base=None, **how):
    with Place(base) as place:
        loses_nothing(check, what, place.start(*OPTIONS, **how), lambda: place.start(**how), size)
        check.equal(place.daemon.stop(), 0, f"{what}: it ends as ever")


class Kept:
    """Daemons, one after another, whose memfds are kept."""

    def __init__(self, **how):
        self.memory = [open(os.memfd_create("ghostkey"), "w+b", buffering=0) for _ in range(2)]
        self.how = how
        self.daemon = None

    def start(self, *options):
        self.close()
        self.daemon = Daemon(*options, state=self.memory, **self.how)
        return self.daemon

    def close(self):
        if self.daemon:
            self.daemon.stop(9)
            self.daemon.close()
            self.daemon = None


def in_memory(check, what, size, **how):
    kept = Kept(**how)
    try:
        loses_nothing(check, what, kept.start(*OPTIONS), kept.start, size)
    finally:
        kept.close()


class Cgroup:
    """One of its own, with a limit of memory; v1 or v2, as the machine has it."""

    def __init__(self, limit):
        self.folder = None
        for top, name in ((f"{CGROUPS}/memory", "memory.limit_in_bytes"), (CGROUPS, "memory.max")):
            folder = f"{top}/ghostkey-{os.getpid()}"
            try:
                os.mkdir(folder)
            except OSError:
                continue
            self.folder = folder
            try:
                for each, value in ((name, limit), ("memory.swap.max", 0)):
                    if os.path.exists(f"{folder}/{each}") or each == name:
                        with open(f"{folder}/{each}", "w", encoding="ascii") as file:
                            file.write(str(value))
                return
            except OSError:
                self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.folder:
            statekit.wait_for(self.is_empty, "the cgroup's processes to end")
            os.rmdir(self.folder)
            self.folder = None

    def is_empty(self):
        with open(f"{self.folder}/cgroup.procs", encoding="ascii") as file:
            return not file.read()

    def under(self):
        """A command that runs another one in it."""
        return ["/bin/sh", "-c", f"echo $$ >{self.folder}/cgroup.procs && exec \"$@\"", "sh"]


def by_a_cgroup(check):
    with Cgroup(64 * MIB) as cgroup:
        if cgroup.folder is None or statekit.is_sanitized():
            check.skip("a cgroup's limit", "no cgroup can be made here, or AddressSanitizer takes its memory")
            return
        for size in (60000, 2000):
            in_memory(check, "a cgroup's limit of 64 MiB, memfds", size, under=cgroup.under())


def by_a_cgroup_on_a_tmpfs(check):
    with Cgroup(64 * MIB) as cgroup:
        if cgroup.folder is None or statekit.MEMORY is None or statekit.is_sanitized():
            check.skip("a cgroup's limit, a file on a tmpfs", "none can be made here")
            return
        with Place(statekit.MEMORY) as place:
            with Daemon(*OPTIONS, "--store", place.store, under=cgroup.under()) as daemon:
                with daemon.connect() as connection:
                    count, answer = fill(connection, 60000)
                    check.ok(is_full(answer), f"a cgroup's limit, a file on a tmpfs: full after {count}", answer)
                check.ok(daemon.runs(), "a cgroup's limit, a file on a tmpfs: the daemon goes on")


def by_addresses(check):
    if statekit.is_sanitized():
        check.skip("RLIMIT_AS", "AddressSanitizer takes terabytes of addresses")
        return
    limits = [(resource.RLIMIT_AS, 72 * MIB)]
    in_a_file(check, "RLIMIT_AS of 72 MiB, a file", 60000, statekit.MEMORY, limits=limits)
    in_memory(check, "RLIMIT_AS of 72 MiB, memfds", 4000, limits=limits)


def by_the_size_of_a_file(check):
    for size in (1 * MIB, 8 * MIB):
        limits = [(resource.RLIMIT_FSIZE, size)]
        in_a_file(check, f"RLIMIT_FSIZE of {size}, a file", size // 200, statekit.MEMORY, limits=limits)
        in_memory(check, f"RLIMIT_FSIZE of {size}, memfds", size // 200, limits=limits)


def counts_do_not_hold_up_a_deletion(check):
    """Those of fault rules, which a read changes and the next change is to keep."""
    with Place(statekit.MEMORY) as place:
        daemon = place.start(*OPTIONS, limits=[(resource.RLIMIT_FSIZE, 1 * MIB)])
        with daemon.connect() as connection:
            for number in range(500):
                rule = {"match": {"operation": "get"}, "effect": {"delay": "1ms"}, "when": {"skip": 1000000}}
                ask(connection, "PUT", f"/v1/faults/rule-{number:03}", json.dumps(rule))
            count, answer = fill(connection, 200)
            check.ok(is_full(answer), f"full after {count} values, with 500 fault rules", answer)
            check.equal(ask(connection, "GET", "/v1/secrets/f00000")[0], 200, "a read, which all rules count")
            deleted = [ask(connection, "DELETE", f"/v1/secrets/f{n:05}")[0] for n in range(count)]
            check.equal(set(deleted), {200}, "all of them can be deleted")
            counts = json.loads(ask(connection, "GET", "/v1/faults/rule-499")[1])
            check.equal((counts["matched"], counts["fired"]), (1, 0), "and the counts are there")


def by_a_disk(check):
    mounts.in_a_namespace(check, "a full disk", on_a_small_disk)


def on_a_small_disk(check):
    for size, value in (("2m", 20000), ("24m", 60000)):
        with Place() as place:
            folder = place.path("disk")
            os.mkdir(folder)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
            try:
                place.store = os.path.join(folder, "store")
                loses_nothing(check, f"a disk of {size}", place.start(*OPTIONS), place.start, value)
            finally:
                place.end()
                subprocess.run(["umount", folder], check=True)


if __name__ == "__main__":
    sys.exit(mounts.run(by_a_cgroup, by_a_cgroup_on_a_tmpfs, by_addresses, by_the_size_of_a_file, counts_do_not_hold_up_a_deletion, by_a_disk,
                        mounting=[on_a_small_disk]))
