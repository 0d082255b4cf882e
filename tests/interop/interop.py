#!/usr/bin/env python3
"""Exports 10,000 nasty values in every format, and reads the files with the parsers that people
use: TAP for what must hold, and a table of all of it.

    interop.py [--write FILE]     the table goes to FILE; else it is only compared with matrix.md

$GHOSTKEYD and $GHOSTCTL name the programs; `install` beside this file installs the parsers.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import corpus  # noqa: E402
import readers  # noqa: E402
import tap  # noqa: E402
from daemon import Daemon  # noqa: E402

FORMATS = {  # whom each is for; of the default one: for whom it must be right unless it warns
    "portable": [*readers.SHELLS, "systemd", "node", "node --env-file", "dotenv", "python-dotenv"],
    "shell": [*readers.SHELLS],
    "systemd": ["systemd"],
    "docker": ["docker rules", "docker"],
    "compose": ["just"],
    "js": ["dotenv", "node", "node --env-file"],
    "js-expand": ["dotenv-expand"],
    "python": ["python-dotenv"],
    "json": ["json"],
    "nul": ["nul"],
}
OTHERS = ["dotenv-expand", "ruby-dotenv", "docker rules"]  # shown for the default format
PROCESS_BLOCK_BYTES = 400_000  # of a file that a process is to have in its environment
PARSER_BLOCK_BYTES = 60_000  # some parsers take the square of it in time
SHOWN = 5

Entry = collections.namedtuple("Entry", "kind name value")


class Export:
    """What ghostctl made of the corpus in one format."""

    def __init__(self, name, entries, file, said):
        self.format = name
        self.text = file.read_bytes() if file.exists() else b""
        self.refused = set(re.findall(r"^ghostctl: '[^']*' \((\w+)\) cannot be written", said, re.M))
        self.warnings = collections.defaultdict(list)
        for name, warning in re.findall(r"^(\w+): ([a-z-]+: .*)$", said, re.M):
            self.warnings[name].append(warning)
        self.accepted = [entry for entry in entries if entry.name not in self.refused]

    def pieces(self):
        """{name: its lines}, of a format that has lines; in the file they are in order of names."""
        mark, _, rest = self.text.partition(b"\n")
        names = sorted(entry.name for entry in self.accepted)
        places = []
        at = 0
        for name in names:
            at = rest.index(b"\n" + name.encode() + b"=", at) + 1 if at or not rest.startswith(
                name.encode() + b"=") else 0
            places.append(at)
        places.append(len(rest))
        return mark + b"\n", {name: rest[start:end]
                              for name, start, end in zip(names, places, places[1:])}


class Bench:
    """A daemon with the corpus in it, and files to be read."""

    def __init__(self, check):
        self.check = check
        self.values = corpus.values()
        names = corpus.names(len(self.values))
        self.entries = [Entry(kind, name, value) for (kind, value), name in zip(self.values, names)]
        self.by_name = {entry.name: entry for entry in self.entries}
        self.scratch = tempfile.TemporaryDirectory(prefix="ghostkey-interop-")
        self.directory = pathlib.Path(self.scratch.name)
        self.empty = self.directory / "cwd"  # where readers run: nothing may appear there
        self.empty.mkdir()
        self.readers, self.missing = readers.find(readers.npm_directory(), str(self.empty))
        self.matrix = collections.defaultdict(lambda: [0, 0])  # (class, reader) -> right, read
        self.totals = []  # (format, reader, right, read, refused)

    def export_all(self):
        exports = {}
        with Daemon("--seed", "x", "--clock", "virtual", "--max-value", "200000") as daemon:
            with daemon.connect() as connection:
                for number, entry in enumerate(self.entries):
                    answer = connection.request("PUT", f"/v1/secrets/n{number}",
                                                json.dumps({"value": entry.value, "env": entry.name}))
                    assert answer.status == 200, answer
            for name in FORMATS:
                file = self.directory / f"export-{name}"
                done = subprocess.run([os.environ["GHOSTCTL"], "--socket", daemon.socket, "export",
                                       "--format", name, "--skip-refused", "-o", str(file)],
                                      capture_output=True, check=False)
                said = done.stderr.decode()
                self.check.ok(done.returncode == 0, f"export as {name}", said[-500:])
                exports[name] = Export(name, self.entries, file, said)
        return exports

    def write(self, name, content):
        path = self.directory / name
        path.write_bytes(content)
        return str(path)

    def wrong(self, reader, found, entries):
        """-> [what is not as it was exported, in words]"""
        faults = [f"{entry.kind} {entry.value!r:.200} as {found.get(entry.name)!r:.200}"
                  for entry in entries if found.get(entry.name) != entry.value]
        wanted = {entry.name for entry in entries}
        faults += [f"{name} out of nowhere: {found[name]!r:.200}" for name in found if name not in wanted]
        return faults

    def alone(self, export, name):
        """Each value in a file of its own; what is wrong with those that no warning covers."""
        reader = self.readers[name]
        mark, pieces = export.pieces()
        paths = [self.write(f"alone-{index}", mark + pieces[entry.name])
                 for index, entry in enumerate(export.accepted)]
        faults = []
        for entry, found in zip(export.accepted, reader.read(paths)):
            wrong = self.wrong(reader, found, [entry])
            self.matrix[entry.kind, name][0] += not wrong
            self.matrix[entry.kind, name][1] += 1
            if wrong and not any(map(reader.is_named, export.warnings[entry.name])):
                faults += wrong
        return faults

    def together(self, export, name, count_kinds=False):
        """All values for which no warning names the reader, in few files."""
        reader = self.readers[name]
        mark, pieces = export.pieces()
        entries = [entry for entry in sorted(export.accepted, key=lambda each: each.name)
                   if not any(map(reader.is_named, export.warnings[entry.name]))]
        blocks = [[]]
        size = 0
        most = PROCESS_BLOCK_BYTES if reader.is_process else PARSER_BLOCK_BYTES
        for entry in entries:
            long = len(entry.value.encode()) > 100_000 and reader.is_process
            if not long:
                size += len(pieces[entry.name])
                if size > most:
                    blocks.append([])
                    size = len(pieces[entry.name])
                blocks[-1].append(entry)
        paths = [self.write(f"together-{index}", mark + b"".join(pieces[each.name] for each in block))
                 for index, block in enumerate(blocks)]
        faults = []
        for block, found in zip(blocks, reader.read(paths)):
            faults += self.wrong(reader, found, block)
            for entry in block if count_kinds else ():
                self.matrix[entry.kind, name][0] += found.get(entry.name) == entry.value
                self.matrix[entry.kind, name][1] += 1
        return faults, len(entries)

    def judge(self, export, name):
        if name not in self.readers:
            self.check.skip(f"{export.format}: {name}", "not installed")
            return
        reader = self.readers[name]
        if export.format in ("json", "nul"):
            found = reader.read([str(self.directory / f"export-{export.format}")])[0]
            faults, count = self.wrong(reader, found, export.accepted), len(export.accepted)
        else:
            faults, count = self.together(export, name,
                                          export.format == "portable" and reader.is_process)
        if export.format == "portable" and not reader.is_process:
            faults += self.alone(export, name)
        self.totals.append((export.format, name, count - min(count, len(faults)), count,
                            len(export.refused)))
        self.check.ok(not faults, f"{export.format}: {name} reads {count} values byte for byte",
                      f"{len(faults)} faults", *faults[:SHOWN])
        self.nothing_ran(f"{export.format}: {name}")

    def nothing_ran(self, what):
        left = os.listdir(self.empty)
        self.check.ok(not left, f"{what} runs nothing", left)
        for name in left:
            os.unlink(self.empty / name)

    def table(self):
        """-> the tables as Markdown"""
        columns = [name for name in FORMATS["portable"] + OTHERS
                   if name in self.readers and ("plain", name) in self.matrix]
        lines = [f"Of {len(self.entries)} values, in the default format, how many of each class a reader "
                 "reads byte for byte", "(`all`, or a percentage; values that the format refuses are not "
                 "written at all):", "", "| values | " + " | ".join(columns) + " |",
                 "|---" * (len(columns) + 1) + "|"]
        for kind in [*corpus.CLASSES, "long"]:
            cells = [cell(*self.matrix[kind, name]) for name in columns]
            lines.append(f"| {kind} | " + " | ".join(cells) + " |")
        lines += ["", "Each format by those it is for (of the default one, without the values that a "
                  "warning names that reader for):", "", "| format | reader | read byte for byte | refused |",
                  "|---|---|---|---|"]
        lines += [f"| `{form}` | {name} | {cell(right, count)} of {count} | {refused} |"
                  for form, name, right, count, refused in self.totals]
        return "\n".join(lines) + "\n"


def cell(right, read):
    if not read:
        return "–"
    return "all" if right == read else f"{100 * right // read} %"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", type=pathlib.Path)
    options = parser.parse_args()
    check = tap.Tap()
    bench = Bench(check)
    exports = bench.export_all()
    for name in FORMATS:
        for reader in FORMATS[name]:
            bench.judge(exports[name], reader)
    for name in OTHERS:
        if name in bench.readers and not bench.readers[name].is_process:
            bench.alone(exports["portable"], name)
            if name != "dotenv-expand":  # which a warning names for what it runs
                bench.nothing_ran(f"portable: {name}")
            for left in os.listdir(bench.empty):
                os.unlink(bench.empty / left)
        elif name in bench.readers:
            bench.together(exports["portable"], name, True)
    table = bench.table()
    if options.write:
        options.write.write_text(table, "utf-8")
    elif (HERE / "matrix.md").read_text("utf-8") != table:
        check.note("matrix.md differs from this run: other versions of the parsers, or write it anew")
    bench.scratch.cleanup()
    return check.leave()


sys.exit(main())
