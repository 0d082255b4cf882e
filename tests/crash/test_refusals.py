#!/usr/bin/env python3
"""Stores that cannot be used, or cannot grow: a line that names the file and says what to do, the
right exit status, and nothing written."""

import json
import os
import resource
import stat
import subprocess
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import statekit
from daemon import LIBC, Daemon, preloaded
from statekit import OPTIONS, Place, ask, dump, put
import mounts

NOBODY = 65534
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


def content(path):
    return pathlib_bytes(path), os.stat(path).st_mtime_ns


def pathlib_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def made(place, *values):
    """A store with some secrets in it, and no daemon on it."""
    with place.start(*OPTIONS).connect() as connection:
        for number, value in enumerate(values or ("one", "two")):
            ask(connection, "PUT", f"/v1/secrets/s{number}", put(value))
        seen = dump(connection)
    place.daemon.stop()
    return seen


def is_refused(check, place, what, words, path=None, **how):
    path = path or place.store
    before = sorted(os.listdir(place.directory))
    status, said = place.refused("--store", path, **how)
    check.equal(status, 1, f"{what}: exit status 1")
    check.ok(said.count("\n") == 1 and path in said and all(word in said for word in words),
             f"{what}: one line says what and what to do", said)
    check.equal(sorted(os.listdir(place.directory)), before, f"{what}: nothing is made or removed")


def a_second_daemon_names_the_first(check):
    with Place() as place:
        daemon = place.start(*OPTIONS)
        daemon.request("PUT", "/v1/secrets/a", put("x"))
        is_refused(check, place, "a store in use", [f"process {daemon.pid} ", "stop it"])
        check.equal(daemon.request("GET", "/v1/secrets/a")[0], 200, "the first one goes on")
        link = place.path("other-name")
        os.link(place.store, link)
        is_refused(check, place, "the same under another name", [str(daemon.pid)], path=link)


def what_is_no_store_is_left_alone(check):
    with Place() as place:
        os.mkfifo(place.path("fifo"))
        os.mkdir(place.path("folder"))
        os.symlink("nowhere", place.path("link"))
        with open(place.path("text"), "w", encoding="ascii") as text:
            text.write("I am a letter, no store.\n" * 4000)
        with open(place.path("empty"), "wb"):
            pass
        rows = (("fifo", ["no regular file"]), ("folder", ["Is a directory"]),
                ("link", ["link to nothing"]), ("text", ["does not begin as a store", "copy"]),
                ("empty", ["it is empty", "copy"]), ("missing/store", ["No such file"]),
                ("text/store", ["Not a directory"]))
        os.chmod(place.path("text"), 0o755)
        before = content(place.path("text"))
        for name, words in rows:
            is_refused(check, place, name, words, path=place.path(name))
        is_refused(check, place, "/dev/zero", ["no regular file"], path="/dev/zero")
        check.ok(content(place.path("text")) == before, "the letter is as it was")
        check.equal(oct(os.stat(place.path("text")).st_mode)[-3:], "755", "with its mode")
        forbidden = "/sys/store" if os.geteuid() == 0 else place.path("closed/store")
        os.mkdir(place.path("closed"), 0o500)
        status, said = place.refused("--store", forbidden)
        check.ok(status == 1 and "cannot be made" in said and forbidden in said,
                 "a folder that may not be written in", said)


def a_link_to_a_store_is_followed(check):
    with Place() as place:
        seen = made(place)
        os.rename(place.store, place.path("real"))
        os.symlink("real", place.store)
        with place.start().connect() as connection:
            check.ok(dump(connection) == seen, "a link to a store is followed")


def a_link_is_not_replaced(check):
    """The store is written anew beside the real file."""
    with Place() as place:
        os.mkdir(place.path("real"))
        made(place)
        os.rename(place.store, place.path("real/store"))
        os.symlink("real/store", place.store)
        with place.start().connect() as connection:
            ask(connection, "PUT", "/v1/secrets/s0", put("another"))
            seen = dump(connection)
        before = os.stat(place.path("real/store")).st_ino
        check.equal(place.daemon.stop(), 0, "a link to a store: it is written anew at the stop")
        check.ok(os.path.islink(place.store), "and the link is still one")
        check.ok(os.stat(place.path("real/store")).st_ino != before, "the real file was replaced")
        with place.start().connect() as connection:
            check.ok(dump(connection) == seen, "and has all of it")


class WithoutOverride(Daemon):
    """To root, too, the modes of folders apply."""

    def become(self, arguments, environment, passed, limits, err):
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # who is not root has none
        super().become(arguments, environment, passed, limits, err)


def a_folder_that_cannot_be_read_will_do(check):
    """Its names are synced with the whole file system."""
    with Place() as place:
        folder = place.path("unread")
        os.mkdir(folder, 0o300)
        options = ("--store", f"{folder}/store", "--tcp", "127.0.0.1:0", "--token-file", f"{folder}/token", *OPTIONS)
        with WithoutOverride(*options) as daemon, daemon.connect() as connection:
            check.equal(ask(connection, "PUT", "/v1/secrets/s0", put("one"))[0], 200, "a new store in a folder that cannot be read")
            before = os.stat(f"{folder}/store").st_ino
            for number in range(400):
                assert ask(connection, "PUT", "/v1/secrets/big", put(str(number % 10) * 60000))[0] == 200
                assert ask(connection, "DELETE", "/v1/secrets/big")[0] == 200
            statekit.wait_for(lambda: os.stat(f"{folder}/store").st_ino != before, "the journal to be written anew")
            check.equal(ask(connection, "PUT", "/v1/secrets/s1", put("two"))[0], 200, "it goes on once the store was written anew")
            seen = dump(connection)
        with WithoutOverride(*options) as daemon, daemon.connect() as connection:
            check.ok(dump(connection) == seen, "and has all of it")


def a_file_that_cannot_be_replaced_is_refused(check):
    if os.geteuid() != 0:
        with Place() as place:
            made(place)
            folder = place.path("closed")
            os.mkdir(folder)
            os.rename(place.store, f"{folder}/store")
            os.chmod(folder, 0o500)
            status, said = place.refused("--store", f"{folder}/store")
            os.chmod(folder, 0o700)
            check.ok(status == 1 and f"{folder}/store" in said and "cannot be written" in said,
                     "in a folder that cannot be written: refused", status, said)
    mounts.in_a_namespace(check, "a file that is a mount", on_a_mounted_file)


def on_a_mounted_file(check):
    with Place() as place:
        folder = place.path("folder")
        os.mkdir(folder)
        place.store = os.path.join(folder, "store")
        made(place)
        subprocess.run(["mount", "--bind", place.store, place.store], check=True)
        try:
            is_refused(check, place, "a file that is a mount of its own", ["mounted by itself", "mount its folder"])
        finally:
            subprocess.run(["umount", place.store], check=True)
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "--bind", place.store, place.store], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        try:
            is_refused(check, place, "a file in a folder for reading only", ["folder", "move it"])
        finally:
            subprocess.run(["umount", place.store], check=True)
            subprocess.run(["umount", folder], check=True)
        with place.start().connect() as connection:
            check.ok(dump(connection), "without the mounts it starts")
        place.end()


def a_file_of_somebody_else_is_refused(check):
    if os.geteuid() != 0:
        check.skip("a file of somebody else", "only root can make one")
        return
    with Place() as place:
        made(place)
        os.chown(place.store, NOBODY, NOBODY)
        is_refused(check, place, "a file of somebody else", ["another user"])


def its_mode_is_0600(check):
    with Place() as place:
        made(place)
        mode = stat.S_IMODE(os.stat(place.store).st_mode)
        check.equal(oct(mode), "0o600", "a new store has mode 0600")
        os.chmod(place.store, 0o644)
        place.start()
        mode = stat.S_IMODE(os.stat(place.store).st_mode)
        check.equal(oct(mode), "0o600", "one that was open to others is closed to them")


def what_lies_beside_it_stays(check):
    for env in (None, preloaded(os.environ["FAULT_LIB"], FAULT_NAMED="1")):
        with Place() as place:
            with open(place.store + ".new", "wb") as new:
                new.write(b"my only copy")
            place.start(*OPTIONS, env=env)
            place.end()
            check.equal(sorted(name for name in os.listdir(place.directory) if "store" in name),
                        ["store", "store.new"],
                        f"a NAME.new stays, and nothing is left beside it ({bool(env)})")
            check.equal(pathlib_bytes(place.store + ".new"), b"my only copy", "as it was")


def another_format_is_refused(check):
    with Place() as place:
        made(place)
        own = pathlib_bytes(place.store)
        others = [(f"format {number}", statekit.patch_format(own, number))
                  for number in (1, 2, 3, statekit.FORMAT + 1, 4294967295)]
        others += [(f"an older store, {order}-endian", statekit.older_store(order))
                   for order in ("little", "big")]
        for what, content_bytes in others:
            with open(place.store, "wb") as store:
                store.write(content_bytes)
            is_refused(check, place, what, ["older version" if "older" in what else "another version"])
            check.ok(pathlib_bytes(place.store) == content_bytes, "and left as it is")
        with open(place.store, "wb") as store:
            store.write(statekit.patch_format(own, statekit.FORMAT))
        place.start()
        check.ok(place.daemon.runs(), "its own format is accepted, patched as well")


def cut_short(check):
    with Place() as place:
        made(place, *["v" * 3000] * 30)
        whole = pathlib_bytes(place.store)
        for length in (1, 40, 95, 96, 97, 512, 4096, len(whole) // 2, len(whole) - 1):
            with open(place.store, "wb") as store:
                store.write(whole[:length])
            status, said = place.refused("--store", place.store)
            check.ok(status == 1 and place.store in said and "copy" in said,
                     f"cut to {length} of {len(whole)} bytes: refused", status, said)


def no_room_for_a_new_store(check):
    for limit in (0, 64, 128, 160):
        with Place() as place:
            # stdout and stderr are files, too, and stay below these limits
            status, said = place.refused("--store", place.store,
                                         limits=[(resource.RLIMIT_FSIZE, limit)])
            check.equal(status, 1, f"room for {limit} bytes: exit status 1")
            check.ok(limit == 0 or said, "with a message", said)
            check.equal(os.listdir(place.directory), [], "and nothing left behind")


def fill(connection, size):
    for number in range(20000):
        answer = ask(connection, "PUT", f"/v1/secrets/f{number:05}", put(f"{number} " + "x" * size))
        if answer[0] != 200:
            return number, answer
    raise AssertionError("it was never full")


def goes_on_when_full(check, place, what, **how):
    made(place)
    with place.start(**how).connect() as connection:
        count, answer = fill(connection, 20000)
        check.ok(answer[0] == 500 and count > 3, f"{what}: 500 after {count} writes", answer)
        before = dump(connection)
        check.ok({ask(connection, "PUT", "/v1/secrets/s0", put("y" * 20000))[0]
                  for _ in range(20)} <= {500}, f"{what}: 500 each time")
        check.ok(dump(connection) == before, f"{what}: reads go on, and nothing changed")
        deleted = [ask(connection, "DELETE", f"/v1/secrets/f{n:05}")[0] for n in range(count)]
        check.ok(set(deleted) <= {200, 500}, f"{what}: a deletion is done or is a 500")
        if 200 in deleted:
            check.equal(ask(connection, "PUT", "/v1/secrets/small", put("z"))[0], 200,
                        f"{what}: there is room again")
        before = dump(connection)
    check.equal(place.daemon.stop(), 0, f"{what}: the daemon ends as ever")
    with place.start().connect() as connection:
        check.ok(dump(connection) == before, f"{what}: the next daemon finds the same")
        check.equal(ask(connection, "PUT", "/v1/secrets/s0", put("y" * 20000))[0], 200,
                    f"{what}: with room all goes on")


# With room for what its log holds, at first; and without from the beginning.
SIZES = (20 << 20, 1 << 20)


def a_full_file(check):
    for size in SIZES:
        with Place() as place:
            goes_on_when_full(check, place, f"a limit of {size}",
                              limits=[(resource.RLIMIT_FSIZE, size)])


def a_full_disk(check):
    mounts.in_a_namespace(check, "a full disk", on_a_small_disk)


def on_a_small_disk(check):
    with Place() as place:
        folder = place.path("disk")
        os.mkdir(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
        try:
            place.store = os.path.join(folder, "store")
            filler = os.path.join(folder, "filler")
            with open(filler, "wb") as file:
                file.write(bytes(1 << 18))
            with place.start(*OPTIONS).connect() as connection:
                count, answer = fill(connection, 20000)
                check.equal(answer[0], 500, f"a full disk: 500 after {count} writes")
                before = dump(connection)
                check.equal(ask(connection, "PUT", "/v1/secrets/a", put("y" * 20000))[0], 500,
                            "again")
                check.ok(dump(connection) == before, "reads go on, and nothing changed")
                os.unlink(filler)
                check.equal(ask(connection, "PUT", "/v1/secrets/a", put("y" * 20000))[0], 200,
                            "with room again the same daemon goes on")
                before = dump(connection)
            place.daemon.stop()
            with place.start().connect() as connection:
                check.ok(dump(connection) == before, "and the next one finds all of it")
            place.daemon.stop()
        finally:
            place.end()
            subprocess.run(["umount", folder], check=True)


def a_damaged_store_is_not_half_served(check):
    """A few dozen with the real daemon; tests/crash/damage does thousands."""
    with Place() as place:
        seen = made(place, *[f"value {n} " * 40 for n in range(60)])
        whole = pathlib_bytes(place.store)
        written = [at for at, byte in enumerate(whole) if byte]
        refused = 0
        for number in range(40):
            at = written[(number * 7919 * 13 + 11) % len(written)]
            with open(place.store, "wb") as store:
                store.write(whole[:at] + bytes([whole[at] ^ 1 << number % 8]) + whole[at + 1:])
            try:
                with place.start().connect() as connection:
                    good = dump(connection) == seen
                good = place.daemon.stop() == 0 and good
            except RuntimeError as error:
                refused += 1
                good = "ended with 1:" in str(error) and place.store in str(error)
            if not good:
                check.ok(False, f"bit {number % 8} of byte {at}")
        check.equal(refused, 40, "each of 40 files with one bit changed is refused")
        check.ok(json.loads(seen), "and the one before was sound")


if __name__ == "__main__":
    sys.exit(mounts.run(a_second_daemon_names_the_first, what_is_no_store_is_left_alone,
                        a_link_to_a_store_is_followed, a_link_is_not_replaced,
                        a_folder_that_cannot_be_read_will_do, a_file_that_cannot_be_replaced_is_refused, a_file_of_somebody_else_is_refused,
                        its_mode_is_0600, what_lies_beside_it_stays, another_format_is_refused,
                        cut_short, no_room_for_a_new_store, a_full_file, a_full_disk,
                        a_damaged_store_is_not_half_served,
                        mounting=[on_a_small_disk, on_a_mounted_file]))
