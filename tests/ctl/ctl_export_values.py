#!/usr/bin/env python3
"""ghostctl export: real shells read every accepted value byte for byte, and nothing is run."""

import random
import shutil
import subprocess

import ctl

SEED = 2
RANDOM_VALUES = 400
PIECES = ["'", '"', "`", "\\", "$", "$(", "${", "\n", " ", "=", "#", "\t", "a", "B", "0", "~", "*",
          ";", "&", "|", "!", "<", "%", "ä", "\x01", "\x7f", "\u2028", "export ", "X=", "touch ran"]
DIFFICULT = ["", " ", "a b", "$HOME", "${HOME}", "$(touch ran)", "`touch ran`", "a;touch ran", "it's",
         "it's `touch ran`", "\"", "'\"'", "\\", "\\\\", "a\\", "\\'", "\\n", "\n", "a\nb", "\n\n",
         "a\nB=c", "#x", "x #y", "=x", "x=y", "~", "~/x", "*", "{a,b}", "!!", "-----BEGIN KEY-----\n"
         "MIIB/+==\n-----END KEY-----\n", '{"a":"b\\n","c":["$d"]}', "p@ss:w0rd/%20?x=1&y=2",
         "\t", "grün \U0001f600", "x" * 65536, "\x01\x02\x1b[31m", "'" * 50, "\\\"" * 20]

# Prints each variable named, each ended by a NUL.
READER = 'set -a; . ./.env.ghost; for n in "$@"; do eval "printf \'%s\\0\' \\"\\$$n\\""; done'


def values():
    chance = random.Random(SEED)
    made = ["".join(chance.choices(PIECES, k=chance.randint(1, 12))) for _ in range(RANDOM_VALUES)]
    return DIFFICULT + made


def is_refused(value):
    return "'" in value and "$(" in value


def shells_read_what_was_put(check):
    shells = [shell for shell in ("sh", "dash", "bash", "ksh", "zsh", "busybox")
              if shutil.which(shell)]
    with ctl.Ctl() as it:
        wanted = values()
        for number, value in enumerate(wanted):
            it.put(f"v{number}", value)
        said = it.run("export", "--skip-refused", "--quiet")
        check.equal(said.status, 0, "the export")
        accepted = [n for n, value in enumerate(wanted) if not is_refused(value)]
        names = [f"V{number}" for number in accepted]
        for shell in shells:
            command = [shell, "sh"] if shell == "busybox" else [shell]
            read = subprocess.run([*command, "-c", READER, "reader", *names], cwd=it.directory,
                                  capture_output=True, check=False, timeout=ctl.DEADLINE_S,
                                  env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "LC_ALL": "C"})
            got = read.stdout.decode("utf-8", "replace").split("\0")[:-1]
            wrong = [wanted[n] for n, value in zip(accepted, got) if wanted[n] != value]
            check.ok(len(got) == len(names) and not wrong, f"{shell} reads {len(names)} values",
                     [value[:60] for value in wrong[:3]], read.stderr[:300])
        check.ok(not (it.directory / "ran").exists(), "and runs none")
        check.ok(shells, "there was a shell to ask")


ctl.main(shells_read_what_was_put)
