"""Values that can be recognised anywhere by a piece of them: each repeats one unit, as text, in base64 (where
the unit repeats, too) or in JSON's escapes. Also the search for them in a process's memory."""

import base64
import os
import pathlib
import re

from daemon import open_files

UNIT_NAME = 9  # so that a unit has 24 bytes, a multiple of three
MARK = b"<Canary-4e1b7"
UNIT = re.compile(re.escape(MARK) + rb"-([a-z0-9.]{%d})>" % UNIT_NAME)
MARK_BASE64 = base64.b64encode(MARK + b"-x")[:16]
MARK_ESCAPED = "".join(f"\\u{byte:04x}" for byte in MARK).encode()
PIECE_BYTES = 8
ESCAPED_BYTES = 12  # two letters at least: `\u006e\u00` alone is too common
READ_BYTES = 1 << 20
PAGE_BYTES = 4096
UNWIPED = "[stack]"  # where pieces of values may stay (README, Security)
UNREADABLE = ("[vvar]", "[vsyscall]", "[vvar_vclock]")


def value(name, units=4):
    """A value that bears the name of its use: lower case, at most nine bytes."""
    assert re.fullmatch(r"[a-z0-9]{1,%d}" % UNIT_NAME, name), name
    return (MARK.decode() + f"-{name:.<{UNIT_NAME}}>") * units


def as_base64(name, units=4):
    return base64.b64encode(value(name, units).encode()).decode()


def windows(text, size):
    """A pattern for each piece of that size, longer ones taken whole."""
    pieces = {text[at:at + size] for at in range(len(text) - size + 1)}
    return re.compile(b"|".join(re.escape(piece) for piece in sorted(pieces)))


KINDS = {"a piece": windows(MARK, PIECE_BYTES), "base64": windows(MARK_BASE64, PIECE_BYTES),
         "escaped": windows(MARK_ESCAPED, ESCAPED_BYTES)}


def places_in(data):
    """(where, name or kind) of each canary in these bytes, and of each piece of one."""
    taken = []
    for match in UNIT.finditer(data):
        taken.append(match.start())
        yield match.start(), match[1].decode().rstrip(".")
    whole = set(taken)
    for kind, pattern in KINDS.items():
        for match in pattern.finditer(data):
            if kind != "a piece" or match.start() not in whole:
                yield match.start(), kind


def names_in(data):
    """The canaries in these bytes: {name: how many units}."""
    found = {}
    for _, name in places_in(data):
        found[name] = found.get(name, 0) + 1
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


def in_memory(pid):
    """{region: {canary: units}} of a process that this one may read, its stack left out."""
    found = {}
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        for begin, end, what in regions(pid):
            names = {} if what == UNWIPED else names_in(contents(memory, begin, end))
            if names:
                merge(found.setdefault(what, {}), names)
    finally:
        os.close(memory)
    return found


def contents(memory, begin, end):
    """What can be read between two addresses; NULs for what cannot."""
    data = bytearray()
    while begin + len(data) < end:
        try:
            piece = os.pread(memory, min(READ_BYTES, end - begin - len(data)), begin + len(data))
        except OSError:
            piece = b""
        data += piece or bytes(min(PAGE_BYTES, end - begin - len(data)))
    return bytes(data)


def in_memfds(pid):
    """{canary: units} in the process's memfds."""
    found = {}
    for fd, what in open_files(pid).items():
        if what.startswith("/memfd:"):
            with open(f"/proc/{pid}/fd/{fd}", "rb") as file:
                merge(found, names_in(file.read()))
    return found
