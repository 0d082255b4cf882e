"""What the benches found: a table to read, JSON to compute with, a picture to look at."""

import dataclasses
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass, field

VERSIONS = {
    "nginx": ["nginx", "-v"],
    "Redis": ["redis-benchmark", "--version"],
    "h2load": ["h2load", "--version"],
    "curl": ["curl", "--version"],
    "hyperfine": ["hyperfine", "--version"],
    "compiler": ["cc", "--version"],
}


def figure(number):
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number < 100 else f"{number:.0f}"


@dataclass
class Row:
    """One line of the table: rounds of ours, and of the peer's if there is one."""

    name: str
    what: str
    beside: str | None
    unit: str
    target: float
    at_most: bool = False
    ours: list = field(default_factory=list)
    theirs: list = field(default_factory=list)

    def take(self, sides):
        self.ours = sides[0]
        self.theirs = sides[1] if self.beside else []

    @property
    def result(self):
        """What is held against the target: the ratio of the medians, or the median."""
        ours = statistics.median(self.ours)
        return ours / statistics.median(self.theirs) if self.theirs else ours

    @property
    def single(self):
        """The same of each round."""
        return [a / b for a, b in zip(self.ours, self.theirs)] if self.theirs else self.ours

    @property
    def reached(self):
        return self.result <= self.target if self.at_most else self.result >= self.target

    def cells(self):
        theirs = f"{figure(statistics.median(self.theirs))} {self.unit}" if self.theirs else "–"
        unit = "" if self.theirs else f" {self.unit}"
        return [self.what, f"{figure(statistics.median(self.ours))} {self.unit}",
                self.beside or "–", theirs,
                f"{self.result:.2f}{unit} ({min(self.single):.2f}–{max(self.single):.2f})",
                f"{'≤' if self.at_most else '≥'} {self.target:g}{unit}",
                "reached" if self.reached else "**missed**"]

    def label(self):
        peer = (self.beside or "").replace("`", "").partition(" ")[0]
        return self.what.replace("`", "") + (f" / {peer}" if peer not in ("", "at") else "")

    def line(self):
        return " | ".join(self.cells())


HEAD = ["what", "median", "beside", "its median", "result (rounds)", "to reach", "verdict"]


def table(rows):
    lines = [HEAD] + [row.cells() for row in rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
        for line in lines)


def first_line(command):
    if not shutil.which(command[0]):
        return None
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    line = (said.stdout + said.stderr).splitlines()[0]
    return re.sub(r"^h2load |^nginx version: |^redis-benchmark |^hyperfine | \(.*$", "", line)


def machine():
    """What it ran on: no name of it, no path."""
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text("utf-8"))
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text("utf-8"))
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return {
        "processor": cpu[1] if cpu else platform.machine(),
        "processors": os.cpu_count(),
        "memory": f"{int(memory[1]) / (1 << 20):.0f} GiB",
        "kernel": platform.release().split("-")[0],
        "system": system,
        **{name: first_line(command) for name, command in VERSIONS.items()},
    }


PLOT = """
set terminal svg size 900,{height} font "sans-serif,13" background "white"
set output "{name}.svg"
set title "What to reach = 1; right of it: reached. Bars: the rounds"
set logscale x 2
set yrange [{last}.7:-0.7]
set ytics ({tics})
set grid x
set key off
set arrow from 1, graph 0 to 1, graph 1 nohead lw 2 lc rgb "#c04020"
plot "{name}.data" using 2:1:3:4 with xerrorbars pt 7 ps 1.2 lw 2 lc rgb "#2060a0"
"""


def plot(place, name, rows):
    """Each result as a multiple of its target, turned so that more is better."""
    lines = []
    for at, row in enumerate(rows):
        of_target = [row.target / each if row.at_most else each / row.target
                     for each in [row.result, *row.single]]
        lines.append(f"{at} {of_target[0]:.4f} {min(of_target):.4f} {max(of_target):.4f}\n")
    tics = ", ".join(f'"{row.label()}" {at}' for at, row in enumerate(rows))
    (place / f"{name}.data").write_text("".join(lines), "ascii")
    subprocess.run(["gnuplot"], check=True, cwd=place, text=True,
                   input=PLOT.format(height=120 + 32 * len(rows), name=name, last=len(rows) - 1,
                                     tics=tics))


def write(run, rows):
    """Prints the table; leaves result.json and result.svg in run.place."""
    if not rows:
        return
    place = pathlib.Path(run.place)
    known = machine()
    print(f"\n{table(rows)}\n")
    for note in run.notes:
        print(note)
    print(", ".join(f"{name}: {what}" for name, what in known.items() if what))
    found = {"machine": known, "rounds": run.rounds, "seconds": run.seconds, "notes": run.notes,
             "rows": [dataclasses.asdict(row) | {"result": row.result, "reached": row.reached}
                      for row in rows]}
    (place / "result.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n",
                                       "utf-8")
    plot(place, "result", rows)
    print(f"{place.name}/result.json and {place.name}/result.svg have it, too")
