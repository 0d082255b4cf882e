#!/usr/bin/env python3
"""test_aws.py GHOSTKEY.AWS.7.scd README.md GHOSTCTL GHOSTKEYD: the examples of ghostkey.aws(7), and the session of the
README's section about AWS Secrets Manager, run as they stand and print what they say. Where the AWS CLI is not installed,
aws_stand_in.py sends its requests."""

import pathlib
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import page_examples  # noqa: E402
import tap  # noqa: E402

STAND_IN = pathlib.Path(__file__).resolve().parent / "aws_stand_in.py"
TITLES = ["The command line", "Any other client", "The AWS Secrets Manager Agent"]


def home():
    made = page_examples.Home("aws", shutil.which("aws", path=page_examples.SYSTEM_PATH) or STAND_IN)
    made.environment |= {"AWS_PAGER": "", "NO_PROXY": "127.0.0.1"}
    return made


def the_page(check):
    page_examples.the_page_follows(check, TITLES, home)


def the_readme(check):
    shown = page_examples.the_readme_follows(check, "An app that speaks AWS Secrets Manager", home())
    check.ok(re.search(r'"SecretString": "ghost_\w+"', shown), "README: the value has rotated", shown)


sys.exit(tap.run(the_page, the_readme))
