"""Values that can be told anywhere: each is one unit again and again, so that a piece of it is
enough; a unit in base64 is again such a unit. And where they are looked for: a process's memory."""

import base64
import os
import pathlib
import re

UNIT_NAME = 9  # so that a unit has 24 bytes, a multiple of three
MARK = b"<Canary-4e1b7"
UNIT = re.compile(re.escape(MARK) + rb"-([a-z0-9.]{%d})>" % UNIT_NAME)
MARK_BASE64 = base64.b64encode(MARK + b"-x")[:16]
READ_BYTES = 1 << 20
UNREADABLE = ("[vvar]", "[vsyscall]", "[vvar_vclock]")


def value(name, units=4):
    """A value that says where it was used; name: lower case, at most nine bytes."""
    assert re.fullmatch(r"[a-z0-9]{1,%d}" % UNIT_NAME, name), name
    return (MARK.decode() + f"-{name:.<{UNIT_NAME}}>") * units


def as_base64(name, units=4):
    return base64.b64encode(value(name, units).encode()).decode()


def names_in(data):
    """The canaries in these bytes: each one's name and how many units of it."""
    found = {}
    for match in UNIT.finditer(data):
        name = match[1].decode().rstrip(".")
        found[name] = found.get(name, 0) + 1
    whole = sum(found.values())
    for what, more in [("a piece", data.count(MARK) - whole),
                       ("base64", data.count(MARK_BASE64))]:
        if more > 0:
            found[what] = more
    return found


def merge(into, found):
    for name, count in found.items():
        into[name] = into.get(name, 0) + count


def regions(pid):
    """(from, to, what) of what the process can read of its own memory."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
        fields = line.split(None, 5)
        what = fields[5] if len(fields) == 6 else "anonymous"
        if fields[1].startswith("r") and what not in UNREADABLE:
            begin, end = (int(number, 16) for number in fields[0].split("-"))
            yield begin, end, what


def is_state(what):
    """The mapping of the state's file, which is larger than what is in it."""
    return what.startswith("/memfd:") or what.endswith("/store")


def in_memory(pid, left_out=is_state):
    """{region: {canary: units}} of a process; root only, since the daemon is not dumpable."""
    found = {}
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        for begin, end, what in regions(pid):
            if left_out(what):
                continue
            names = {}
            for data in pieces(memory, begin, end):
                merge(names, names_in(data))
            if names:
                merge(found.setdefault(what, {}), names)
    finally:
        os.close(memory)
    return found


def pieces(memory, begin, end):
    """What can be read between two addresses, in pieces that overlap by less than a unit."""
    overlap = b""
    while begin < end:
        try:
            data = os.pread(memory, min(READ_BYTES, end - begin), begin)
        except OSError:
            return
        if not data:
            return
        yield overlap + data
        overlap = data[-(len(MARK) - 1):]
        begin += len(data)


def in_memfd(pid):
    """{canary: units} in the daemon's memfd, the pages that LMDB has given back included."""
    found = {}
    folder = f"/proc/{pid}/fd"
    for fd in os.listdir(folder):
        path = os.path.join(folder, fd)
        try:
            is_memfd = os.readlink(path).startswith("/memfd:")
        except FileNotFoundError:
            continue  # of a connection that has just ended
        if is_memfd:
            with open(path, "rb") as file:
                merge(found, names_in(file.read()))
    return found
