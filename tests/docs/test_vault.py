#!/usr/bin/env python3
"""test_vault.py GHOSTKEY.VAULT.7.scd README.md GHOSTCTL GHOSTKEYD: the examples of ghostkey.vault(7), and the session of
the README's section about Vault, run as they stand and print what they say. Where the command line of Vault is not
installed, vault_stand_in.py sends its requests."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402

PAGE = pathlib.Path(sys.argv[1]).read_text("utf-8")
README = pathlib.Path(sys.argv[2]).read_text("utf-8")
GHOSTCTL, GHOSTKEYD = (pathlib.Path(path).resolve() for path in sys.argv[3:5])
STAND_IN = pathlib.Path(__file__).resolve().parent / "vault_stand_in.py"
TIMEOUT_S = 60
EXAMPLES = re.split(r"^## ", PAGE.split("# EXAMPLES\n", 1)[1].split("\n# ", 1)[0], flags=re.M)[1:]


class Session:
    """A home with programs and a runtime folder, and a daemon at its usual place."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="gk-")
        for name in ("bin", "run", "run/ghostkey", "tmp", "app"):
            pathlib.Path(self.top, name).mkdir(mode=0o700)
        vault = shutil.which("vault")
        for program in (GHOSTCTL, GHOSTKEYD):
            os.symlink(program, f"{self.top}/bin/{program.name}")
        os.symlink(vault or STAND_IN, f"{self.top}/bin/vault")
        self.environment = {"PATH": f"{self.top}/bin:/usr/bin:/bin", "HOME": f"{self.top}/app", "XDG_RUNTIME_DIR": f"{self.top}/run",
                            "TMPDIR": f"{self.top}/tmp", "LANG": "C.UTF-8", "SHELL": "/bin/bash"}
        self.daemon = subprocess.Popen([GHOSTKEYD, "--socket", f"{self.top}/run/ghostkey/ghostkey.sock", "--clock", "virtual", "--exit-with-parent"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.daemon.stdout.readline(), "the daemon does not start"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.terminate()
        self.daemon.wait(TIMEOUT_S)
        self.daemon.stdout.close()
        shutil.rmtree(self.top, ignore_errors=True)

    def run(self, script):
        """The shell reads its commands from a pipe, so that one that a command starts reads the rest of them."""
        return subprocess.run(["bash", "-e"], cwd=f"{self.top}/app", env=self.environment, input=script, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=TIMEOUT_S)


def told(block):
    """What the comments that begin with `# prints TEXT` say, in order."""
    return re.findall(r"# prints (.+?)(?:;|$)", block, re.M)


def follows(check, title, block):
    """All commands succeed, and what is told stands in the output, in this order, each in a line of its own."""
    with Session() as session:
        done = session.run(block)
        check.equal(done.returncode, 0, f"{title}: runs") or check.note(done.stdout)
        lines = iter(done.stdout.splitlines())
        for text in told(block):
            check.ok(text in lines, f"{title}: prints {text}", done.stdout)
        check.equal((os.listdir(f"{session.top}/tmp"), os.listdir(f"{session.top}/run")), ([], ["ghostkey"]), f"{title}: leaves nothing")


def the_page(check):
    check.equal([each.split("\n", 1)[0] for each in EXAMPLES], ["The command line", "Any other client", "An app whose token ends", "A Vault in trouble"],
                "the examples of the page")
    for each in EXAMPLES:
        title, text = each.split("\n", 1)
        for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S):
            block = block.replace("\\\\", "\\")
            if "curl" in block and not shutil.which("curl", path="/usr/bin:/bin"):
                check.skip(title, "curl is not installed")
                continue
            check.ok(told(block), f"{title}: says what is printed")
            follows(check, title, block)


def the_readme(check):
    section = README.split("## An app that speaks Vault\n", 1)[1].split("\n## ", 1)[0]
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)
    check.ok(len(block.splitlines()) <= 10, "the README's session has at most ten lines")
    follows(check, "README", block)


sys.exit(tap.run(the_page, the_readme))
