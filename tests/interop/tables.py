"""The tables of a run, as matrix.md beside this file has them."""

import collections
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
MATRIX = HERE / "matrix.md"
SHORT = "## In short"

GROUPS = {  # of classes of values, for the short table
    "plain": ("plain", "blanks", "comment", "equals", "globs", "operators", "url", "unicode", "control"),
    "one kind of quote": ("single-quote", "double-quote", "backquote"),
    "several kinds": ("both-quotes", "all-quotes"),
    "`$`": ("dollar", "expansion"),
    "commands": ("command",),
    "backslashes": ("backslash", "quote-escape", "backslash-end"),
    "newlines": ("newline", "pem", "assignment"),
    "JSON": ("json",),
    "all of it": ("hot-mix", "random", "long"),
}

Total = collections.namedtuple("Total", "format reader right read refused")


def cell(right, read):
    if not read:
        return "–"
    return "all" if right == read else f"{100 * right // read} %"


def row(*cells):
    return "| " + " | ".join(str(each) for each in cells) + " |"


def head(*cells):
    return [row(*cells), "|---" * len(cells) + "|"]


class Tables:
    """count: values in all; matrix: {(class, reader): [right, read]}; totals: [Total]"""

    def __init__(self, count, kinds, readers, matrix, totals):
        self.count = count
        self.kinds = kinds
        self.readers = readers
        self.matrix = matrix
        self.totals = totals

    def of_group(self, reader, kinds):
        right, read = (sum(self.matrix[kind, reader][at] for kind in kinds if (kind, reader) in self.matrix)
                       for at in (0, 1))
        return cell(right, read)

    def short(self):
        lines = [f"How many of {self.count} difficult values, exported in the default format, each reader reads "
                 "back unchanged. For a shell, and for a", "reader that starts programs, values for which the "
                 "export warned about that reader are not counted.", "", *head("reader", *GROUPS)]
        lines += [row(name, *(self.of_group(name, kinds) for kinds in GROUPS.values()))
                  for name in self.readers]
        lines += ["", "Which readers read back every value of a format unchanged, and how many values the format "
                  "refuses. In the default format, values", "for which the export warned about a reader are not "
                  "counted for that reader.", "", *head("format", "read back unchanged by", "refused")]
        for name in dict.fromkeys(total.format for total in self.totals):
            totals = [total for total in self.totals if total.format == name]
            good = ", ".join(total.reader for total in totals if total.right == total.read)
            lines.append(row(f"`{name}`", good, f"{totals[0].refused} of {self.count}"))
        return lines

    def whole(self):
        lines = ["# How real parsers read what GhostKey writes", "", "Written by `interop.py --write`. Docker "
                 "Compose v2 is not among the readers: no package of Debian 12 or npm has it, nor", "the library "
                 "it reads `env_file` with; see README.md beside this file.", "", SHORT, "", *self.short(), "",
                 "## By class", "",
                 f"How many of each class of the {self.count} values, exported in the default format, each reader "
                 "reads back unchanged: `all`, or a", "percentage. Values that the format refuses are not exported "
                 "and not counted. – means that no value was counted: the format", "refuses the whole class, or "
                 "the export warned about a reader that starts programs.", "", *head("values", *self.readers)]
        lines += [row(kind, *(cell(*self.matrix.get((kind, name), (0, 0))) for name in self.readers))
                  for kind in self.kinds]
        lines += ["", "## By format", "", "Each format with the readers that it is for. In the default format, "
                  "values for which the export warned about a reader", "are not counted for that reader.", "",
                  *head("format", "reader", "read back unchanged", "refused")]
        lines += [row(f"`{each.format}`", each.reader, f"{cell(each.right, each.read)} of {each.read}",
                      each.refused) for each in self.totals]
        return "\n".join(lines) + "\n"

    def write(self):
        MATRIX.write_text(self.whole(), "utf-8")

    def compare(self, check):
        """What GhostKey alone decides must be what was written; a parser of another version may read
        something else, which is noted."""
        told = MATRIX.read_text("utf-8")
        for each in self.totals:
            line = re.search(rf"^\| `{re.escape(each.format)}` \| {re.escape(each.reader)} \| .*? of (\d+) \| "
                             r"(\d+) \|$", told, re.M)
            check.ok(line and (int(line[1]), int(line[2])) == (each.read, each.refused),
                     f"{each.format}: {each.reader}: matrix.md tells of this run", line and line[0], each)
        if told != self.whole():
            check.note("matrix.md differs from this run: other versions of the parsers, or write it anew")
