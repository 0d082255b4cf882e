"""The examples of a man page, and the session of a section of the README: they run as they stand, and print what their
comments say. Shared by test_aws.py and test_vault.py."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAGE, README = (pathlib.Path(path).read_text("utf-8") for path in sys.argv[1:3])
GHOSTCTL, GHOSTKEYD = (pathlib.Path(path).resolve() for path in sys.argv[3:5])
SYSTEM_PATH = "/usr/bin:/bin"
README_LINES_MAX = 10
TIMEOUT_S = 300


class Home:
    """A home with nothing but GhostKey's programs and one more, by name and path."""

    def __init__(self, name, path):
        self.top = tempfile.mkdtemp(prefix="gk-")
        for folder in ("bin", "tmp", "app"):
            pathlib.Path(self.top, folder).mkdir(mode=0o700)
        for program in (GHOSTCTL, GHOSTKEYD):
            os.symlink(program, f"{self.top}/bin/{program.name}")
        os.symlink(path, f"{self.top}/bin/{name}")
        self.environment = {"PATH": f"{self.top}/bin:{SYSTEM_PATH}", "HOME": f"{self.top}/app", "TMPDIR": f"{self.top}/tmp",
                            "LANG": "C.UTF-8", "SHELL": "/bin/bash"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def left(self):
        return os.listdir(f"{self.top}/tmp")

    def run(self, script):
        """The shell reads its commands from a pipe, so that one that a command starts reads the rest of them."""
        return subprocess.run(["bash", "-e"], cwd=f"{self.top}/app", env=self.environment, input=script, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=TIMEOUT_S)


def told(block):
    """What the comments that begin with `# prints TEXT` say, in order; after a semicolon they may say more."""
    return re.findall(r"# prints (.+?)(?:;|$)", block, re.M)


def follows(check, title, block, home):
    """All commands succeed, and what is told stands in the output, in this order, each in a line of its own. -> the output"""
    with home:
        done = home.run(block.replace("ghostctl sandbox\n", "ghostctl sandbox\nset -e\n"))
        check.equal(done.returncode, 0, f"{title}: runs") or check.note(done.stdout)
        lines = iter(done.stdout.splitlines())
        for text in told(block):
            check.ok(text in lines, f"{title}: prints {text}", done.stdout)
        check.equal(home.left(), [], f"{title}: leaves nothing")
    return done.stdout


def the_page_follows(check, titles, make_home):
    examples = re.split(r"^## ", PAGE.split("# EXAMPLES\n", 1)[1].split("\n# ", 1)[0], flags=re.M)[1:]
    check.equal([each.split("\n", 1)[0] for each in examples], titles, "the examples of the page")
    for each in examples:
        title, text = each.split("\n", 1)
        blocks = re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)
        check.ok(blocks, f"{title}: has commands")
        for block in blocks:
            block = block.replace("\\\\", "\\")
            if "curl" in block and not shutil.which("curl", path=SYSTEM_PATH):
                check.skip(title, "curl is not installed")
                continue
            check.ok(told(block), f"{title}: says what is printed")
            follows(check, title, block, make_home())


def the_readme_follows(check, section, home):
    """-> what its session printed"""
    (block,) = re.findall(r"^```sh\n(.*?)^```$", README.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0], re.M | re.S)
    check.ok(len(block.splitlines()) <= README_LINES_MAX, f"the README's session has at most {README_LINES_MAX} lines")
    return follows(check, "README", block, home)
