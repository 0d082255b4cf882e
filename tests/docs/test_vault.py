#!/usr/bin/env python3
"""test_vault.py GHOSTKEY.VAULT.7.scd README.md GHOSTCTL GHOSTKEYD: the examples of ghostkey.vault(7), and the session of
the README's section about Vault, run as they stand and print what they say. Where the command line of Vault is not
installed, vault_stand_in.py sends its requests."""

import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import page_examples  # noqa: E402
import tap  # noqa: E402

STAND_IN = pathlib.Path(__file__).resolve().parent / "vault_stand_in.py"
TITLES = ["The command line", "Any other client", "An app whose token ends", "A Vault in trouble"]


class Home(page_examples.Home):
    """With a runtime folder, and a daemon at its usual place."""

    def __init__(self):
        super().__init__("vault", shutil.which("vault") or STAND_IN)
        self.runtime = f"{self.top}/run"
        pathlib.Path(self.runtime, "ghostkey").mkdir(parents=True, mode=0o700)
        self.environment["XDG_RUNTIME_DIR"] = self.runtime
        self.daemon = subprocess.Popen(
            [page_examples.GHOSTKEYD, "--socket", f"{self.runtime}/ghostkey/ghostkey.sock", "--clock", "virtual", "--exit-with-parent"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.daemon.stdout.readline(), "the daemon does not start"

    def __exit__(self, *_):
        self.daemon.terminate()
        self.daemon.wait(page_examples.TIMEOUT_S)
        self.daemon.stdout.close()
        super().__exit__()

    def left(self):
        return super().left() + [each for each in os.listdir(self.runtime) if each != "ghostkey"]


def the_page(check):
    page_examples.the_page_follows(check, TITLES, Home)


def the_readme(check):
    page_examples.the_readme_follows(check, "An app that speaks Vault", Home())


sys.exit(tap.run(the_page, the_readme))
