#!/usr/bin/env python3
"""test_aws.py GHOSTKEY.AWS.7.scd README.md GHOSTCTL GHOSTKEYD: the examples of ghostkey.aws(7), and the session of the
README's section about AWS Secrets Manager, run as they stand and print what they say. Where the AWS CLI is not installed,
aws_stand_in.py sends its requests."""

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
STAND_IN = pathlib.Path(__file__).resolve().parent / "aws_stand_in.py"
TIMEOUT_S = 300
EXAMPLES = re.split(r"^## ", PAGE.split("# EXAMPLES\n", 1)[1].split("\n# ", 1)[0], flags=re.M)[1:]


def told(block):
    """What the comments `# prints TEXT` say, in order."""
    return re.findall(r"# prints (.+)$", block, re.M)


def run(top, script):
    """In a home with nothing but the programs. The shell reads its commands from a pipe, so that the shell of a sandbox
    reads the rest of them."""
    for name in ("bin", "tmp", "app"):
        pathlib.Path(top, name).mkdir(mode=0o700)
    for program in (GHOSTCTL, GHOSTKEYD):
        os.symlink(program, f"{top}/bin/{program.name}")
    os.symlink(shutil.which("aws", path="/usr/bin:/bin") or STAND_IN, f"{top}/bin/aws")
    environment = {"PATH": f"{top}/bin:/usr/bin:/bin", "HOME": f"{top}/app", "TMPDIR": f"{top}/tmp", "LANG": "C.UTF-8",
                   "SHELL": "/bin/bash", "AWS_PAGER": "", "NO_PROXY": "127.0.0.1"}
    return subprocess.run(["bash", "-e"], cwd=f"{top}/app", env=environment, input=script, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=TIMEOUT_S)


def follows(check, title, block):
    """All commands succeed, and what is told stands in the output, in this order, each in a line of its own."""
    with tempfile.TemporaryDirectory(prefix="gk-") as top:
        done = run(top, block.replace("ghostctl sandbox\n", "ghostctl sandbox\nset -e\n"))
        check.equal(done.returncode, 0, f"{title}: runs") or check.note(done.stdout)
        lines = iter(done.stdout.splitlines())
        for text in told(block):
            check.ok(text in lines, f"{title}: prints {text}", done.stdout)
        check.equal(os.listdir(f"{top}/tmp"), [], f"{title}: leaves nothing")
    return done.stdout


def the_page(check):
    check.equal([each.split("\n", 1)[0] for each in EXAMPLES],
                ["The command line", "Any other client", "The AWS Secrets Manager Agent"], "the examples of the page")
    for each in EXAMPLES:
        title, text = each.split("\n", 1)
        (block,) = re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)
        block = block.replace("\\\\", "\\")
        if "curl" in block and not shutil.which("curl", path="/usr/bin:/bin"):
            check.skip(title, "curl is not installed")
            continue
        check.ok(told(block), f"{title}: says what is printed")
        follows(check, title, block)


def the_readme(check):
    section = README.split("## An app that speaks AWS Secrets Manager\n", 1)[1].split("\n## ", 1)[0]
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)
    check.ok(len(block.splitlines()) <= 10, "the README's session has at most ten lines")
    shown = follows(check, "README", block)
    check.ok(re.search(r'"SecretString": "ghost_\w+"', shown), "README: the value has rotated", shown)


sys.exit(tap.run(the_page, the_readme))
