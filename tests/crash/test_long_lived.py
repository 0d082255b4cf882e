#!/usr/bin/env python3
"""What once made a state worse for as long as it lived: much that was put and deleted in random order, and memory that
nothing was in any more. And an address space that is not much larger than what is kept."""

import itertools
import os
import random
import resource
import sys
import time

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from statekit import OPTIONS, Place, ask, http1, put, wait_for
from daemon import Daemon, is_sanitized
from service_manager import ServiceManager
import tap

MIB = 1 << 20
WINDOW = 50
GIVEN_BACK_S = 60
TICKS_EACH_S = os.sysconf("SC_CLK_TCK")


def send(connection, requests):
    """Many requests at once; all must succeed."""
    while some := list(itertools.islice(requests, WINDOW)):
        connection.send(b"".join(http1.encode(*each) for each in some))
        for each in some:
            status = connection.answer().status
            assert status == 200, (each[:2], status)


def puts(names, size):
    return (("PUT", f"/v1/secrets/{name}", put("v" * size)) for name in names)


def deletes(names):
    return (("DELETE", f"/v1/secrets/{name}") for name in names)


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_EACH_S


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def large_puts(daemon, connection):
    """What 1,500 puts of 60 KB cost the daemon; time of the processor, so that a busy machine does not count."""
    before = cpu_s(daemon.pid)
    send(connection, puts([f"large-{n % 50}" for n in range(1500)], 60000))
    return cpu_s(daemon.pid) - before


def what_was_deleted_at_random_slows_nothing(check):
    names = [f"n{n:05}" for n in range(40000)]
    with ServiceManager() as manager, manager.start(*OPTIONS) as daemon, daemon.connect(60) as connection:
        fresh = large_puts(daemon, connection)
        for _ in range(2):
            send(connection, puts(names, 1500))
        random.Random(1).shuffle(names)
        send(connection, deletes(names[:len(names) * 9 // 10]))
        after = [large_puts(daemon, connection) for _ in range(3)]
        check.ok(min(after) < 3 * fresh + 0.1, f"large values cost as little as at first: {fresh:.2f} s, "
                 f"then {', '.join(f'{each:.2f}' for each in after)} s")


def memory_is_given_back(check):
    if is_sanitized():
        check.skip("memory is given back", "AddressSanitizer keeps what is freed, and takes address space of its own")
        return
    names = [f"n{n:04}" for n in range(4000)]

    def journals():
        return sum(os.fstat(kept.fileno()).st_blocks * 512 for kept in manager.kept)

    with ServiceManager() as manager, manager.start(*OPTIONS) as daemon:
        with daemon.connect(60) as connection:
            send(connection, puts(names, 30000))
            full = rss_bytes(daemon.pid) + journals()
            check.ok(full > 200 * MIB, f"{full // MIB} MiB are taken, a copy in the journal included")
            send(connection, deletes(names))
            begun = time.monotonic()
            wait_for(lambda: rss_bytes(daemon.pid) + journals() < 40 * MIB, "memory that is given back",
                     GIVEN_BACK_S)
            check.ok(True, f"all but {(rss_bytes(daemon.pid) + journals()) // MIB} MiB are given back "
                     f"after {time.monotonic() - begun:.1f} s, while a client is connected")


def small_values_leave_no_gaps(check):
    """What stays of deleted names, and the events of the deletions, came while the secrets went."""
    if is_sanitized():
        check.skip("small values leave no gaps", "AddressSanitizer keeps what is freed, and takes address space of its own")
        return
    names = [f"n{n:05}" for n in range(40000)]
    with Daemon(*OPTIONS) as daemon, daemon.connect(60) as connection:
        pid = daemon.pid
        first = rss_bytes(pid)
        send(connection, puts(names, 1000))
        full = rss_bytes(pid)
        random.Random(2).shuffle(names)
        send(connection, deletes(names))
        begun = time.monotonic()
        wait_for(lambda: rss_bytes(pid) - first < (full - first) / 2, "memory that is given back", GIVEN_BACK_S)
        check.ok(True, f"of {(full - first) // MIB} MiB {(rss_bytes(pid) - first) // MIB} are left after "
                 f"{time.monotonic() - begun:.1f} s")


def an_address_space_of_its_own_is_enough(check):
    """`ulimit -v` of 8 GB, which was too little for stores of formats 1 to 3, and of 200 MiB."""
    if is_sanitized():
        check.skip("a small address space is enough", "AddressSanitizer keeps what is freed, and takes address space of its own")
        return
    for limit in (8000000 << 10, 200 * MIB):
        with Place() as place:
            with place.start(*OPTIONS, limits=[(resource.RLIMIT_AS, limit)]).connect() as connection:
                send(connection, puts([f"n{n}" for n in range(500)], 8000))
                check.equal(ask(connection, "GET", "/v1/secrets/n499")[0], 200, f"{limit // MIB} MiB are enough")
            with place.start(limits=[(resource.RLIMIT_AS, limit)]).connect() as connection:
                check.equal(ask(connection, "GET", "/v1/secrets/n499")[0], 200, "and for the next start")


if __name__ == "__main__":
    sys.exit(tap.run(what_was_deleted_at_random_slows_nothing, memory_is_given_back,
                     small_values_leave_no_gaps, an_address_space_of_its_own_is_enough))
