#!/usr/bin/env python3
"""Exports 10,000 difficult values in every format, and reads the files with the parsers that people
use: TAP for what must hold, and a table of all of it.

    interop.py [--write] [--all]

--write: writes the tables to matrix.md beside this file; else they are compared with it. --all: a reader
that `install` can install, but that is missing, is a failure and not skipped. $GHOSTKEYD and $GHOSTCTL
name the programs; `install` beside this file installs the parsers.
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
import tables  # noqa: E402
import tap  # noqa: E402
from daemon import Daemon  # noqa: E402

FORMATS = {  # the readers of each format; for the default one: those that must be right unless it warns
    "portable": [*readers.SHELLS, "systemd", "node", "node --env-file", "dotenv", "python-dotenv"],
    "shell": [*readers.SHELLS],
    "systemd": ["systemd"],
    "docker": ["docker rules", "docker", "kubectl"],
    "compose": ["just", "compose-go"],
    "js": ["dotenv", "node", "node --env-file", "deno"],
    "js-expand": ["dotenv-expand", "Vite", "Next", "dotenv-cli"],
    "python": ["python-dotenv", "phpdotenv"],
    "fish": ["fish"],
    "make": ["make"],
    "json": ["json"],
    "nul": ["nul"],
}
# Other readers of the default format. What they misread is only shown, but without a warning that names
# them nothing may run, and no other variable may appear.
OTHERS = ["dotenv-expand", "Vite", "Next", "phpdotenv", "ruby-dotenv", "docker rules"]
BY_OTHER_MEANS = {"docker", "kubectl", "compose-go"}  # not what `install` installs
SHOWN = 5

Entry = collections.namedtuple("Entry", "kind name value")


class Export:
    """The export of the corpus in one format."""

    def __init__(self, name, entries, file, said):
        self.format = name
        self.text = file.read_bytes() if file.exists() else b""
        self.refused = set(re.findall(r"^ghostctl: '[^']*' \((\w+)\) cannot be written", said, re.M))
        self.warnings = collections.defaultdict(list)
        for name, warning in re.findall(r"^ghostctl: warning: (\w+): ([a-z-]+: .*)$", said, re.M):
            self.warnings[name].append(warning)
        self.accepted = [entry for entry in entries if entry.name not in self.refused]

    def warns(self, entry, reader):
        """Whether a warning about this value names the reader."""
        return any(map(reader.is_named, self.warnings[entry.name]))

    def pieces(self):
        """{name: its lines}, of a format that has lines; in the file they are in order of names."""
        mark, _, rest = self.text.partition(b"\n")
        before, after = {"fish": (b"set -gx ", b" '"), "make": (b"", b" := ")}.get(self.format, (b"", b"="))
        names = sorted(entry.name for entry in self.accepted)
        places = []
        at = 0
        for name in names:
            begin = before + name.encode() + after
            at = rest.index(b"\n" + begin, at) + 1 if at or not rest.startswith(begin) else 0
            places.append(at)
        places.append(len(rest))
        return mark + b"\n", {name: rest[start:end]
                              for name, start, end in zip(names, places, places[1:])}


class Bench:
    """A daemon with the corpus in it, and files to be read."""

    def __init__(self, check, want_all):
        self.check = check
        self.want_all = want_all
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

    @staticmethod
    def wrong(found, entries):
        """-> [a sentence for each value that is not as it was exported]"""
        faults = [f"{entry.kind} {entry.value!r:.200} as {found.get(entry.name)!r:.200}"
                  for entry in entries if found.get(entry.name) != entry.value]
        wanted = {entry.name for entry in entries}
        faults += [f"{name} out of nowhere: {found[name]!r:.200}" for name in found if name not in wanted]
        return faults

    def read_alone(self, export, name, entries):
        """Each value in a file of its own -> [(entry, what is wrong)]"""
        reader = self.readers[name]
        mark, pieces = export.pieces()
        paths = [self.write(f"alone-{index}", mark + pieces[entry.name])
                 for index, entry in enumerate(entries)]
        wrong = [(entry, self.wrong(found, [entry])) for entry, found in zip(entries, reader.read(paths))]
        for entry, faults in wrong:
            self.matrix[entry.kind, name][0] += not faults
            self.matrix[entry.kind, name][1] += 1
        return wrong

    def alone(self, export, name):
        """Reads values, each in a file of its own -> what is wrong with those that no warning covers. The others
        are read for the table, and may do what the warning says."""
        covered = [entry for entry in export.accepted if export.warns(entry, self.readers[name])]
        faults = self.read_alone(export, name, [entry for entry in export.accepted
                                                if entry not in set(covered)])
        self.nothing_ran(f"{export.format}: {name}")
        self.read_alone(export, name, covered)
        for left in os.listdir(self.empty):
            os.unlink(self.empty / left)
        return faults

    def together(self, export, name, count_kinds=False):
        """All values for which no warning names the reader, in few files."""
        reader = self.readers[name]
        mark, pieces = export.pieces()
        entries = [entry for entry in sorted(export.accepted, key=lambda each: each.name)
                   if not export.warns(entry, reader)]
        blocks = [[]]
        size = 0
        for entry in entries:
            long = len(entry.value.encode()) > 100_000 and reader.is_process
            if not long:
                size += len(pieces[entry.name])
                if size > reader.block_bytes:
                    blocks.append([])
                    size = len(pieces[entry.name])
                blocks[-1].append(entry)
        paths = [self.write(f"together-{index}", mark + b"".join(pieces[each.name] for each in block))
                 for index, block in enumerate(blocks)]
        faults = []
        for block, found in zip(blocks, reader.read(paths)):
            faults += self.wrong(found, block)
            for entry in block if count_kinds else ():
                self.matrix[entry.kind, name][0] += found.get(entry.name) == entry.value
                self.matrix[entry.kind, name][1] += 1
        return faults, len(entries)

    def judge(self, export, name):
        if name not in self.readers:
            if self.want_all and name not in BY_OTHER_MEANS:
                self.check.ok(False, f"{export.format}: {name} is installed")
            else:
                self.check.skip(f"{export.format}: {name}", "not installed")
            return
        reader = self.readers[name]
        if export.format in ("json", "nul"):
            found = reader.read([str(self.directory / f"export-{export.format}")])[0]
            faults, count = self.wrong(found, export.accepted), len(export.accepted)
        else:
            faults, count = self.together(export, name,
                                          export.format == "portable" and reader.is_process)
        self.nothing_ran(f"{export.format}: {name}")
        if export.format == "portable" and not reader.is_process:
            faults += [fault for _, found in self.alone(export, name) for fault in found]
        self.totals.append(tables.Total(export.format, name, count - min(count, len(faults)), count,
                                        len(export.refused)))
        self.check.ok(not faults, f"{export.format}: {name} reads {count} values byte for byte",
                      f"{len(faults)} faults", *faults[:SHOWN])

    def look_at(self, export, name):
        """Reads with a reader that the default format is not for."""
        if name not in self.readers:
            self.check.skip(f"{export.format}: {name}", "not installed")
            return
        intruders = [fault for _, faults in self.alone(export, name) for fault in faults
                     if "out of nowhere" in fault and not fault.startswith("error ")]
        self.check.ok(not intruders, f"{export.format}: {name} makes up no variable", *intruders[:SHOWN])

    def nothing_ran(self, what):
        left = os.listdir(self.empty)
        self.check.ok(not left, f"{what} runs nothing", left)
        for name in left:
            os.unlink(self.empty / name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--all", action="store_true", default=bool(os.environ.get("GHOSTKEY_INTEROP_ALL")))
    options = parser.parse_args()
    check = tap.Tap()
    bench = Bench(check, options.all)
    exports = bench.export_all()
    for name in FORMATS:
        for reader in FORMATS[name]:
            bench.judge(exports[name], reader)
    for name in OTHERS:
        bench.look_at(exports["portable"], name)
    columns = [name for name in FORMATS["portable"] + OTHERS if ("plain", name) in bench.matrix]
    made = tables.Tables(len(bench.entries), [*corpus.CLASSES, "long"], columns, bench.matrix,
                         bench.totals)
    if options.write:
        made.write()
    else:
        made.compare(check)
    bench.scratch.cleanup()
    return check.leave()


if __name__ == "__main__":
    sys.exit(main())
