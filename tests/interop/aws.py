#!/usr/bin/env python3
"""The clients of AWS Secrets Manager that people use, against a real daemon: boto3, the AWS CLI, Ansible's lookup, and those of npm.

    aws.py [--all]

--all: a client that `install` can install, but that is missing, is a failure and not skipped. $GHOSTKEYD names the
program. Each client is a program of its own, which prints TAP; it gets the daemon's address and access key as AWS's
clients do (AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ACCESS_KEY_ID), and its Unix socket (GHOSTKEY_SOCKET), over which it
moves the clock.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import readers  # noqa: E402
import tap  # noqa: E402
from daemon import Daemon  # noqa: E402
from vault import results_of  # noqa: E402

NPM_CLIENTS = ["@aws-sdk/client-secrets-manager", "@aws-lambda-powertools/parameters"]
CLIENT_TIMEOUT_S = 400
NOTE_LINES = 20


def python_with_boto3():
    """Debian's, for which its package is, else the one that runs this."""
    for python in ("/usr/bin/python3", sys.executable):
        if os.path.exists(python) and subprocess.run([python, "-c", "import boto3"], check=False, capture_output=True).returncode == 0:
            return python
    return None


def command_of(client):
    """The command that runs the client's program, or None: the client is not installed."""
    modules = pathlib.Path(readers.npm_directory()) / "node_modules"
    if client == "boto3":
        python = python_with_boto3()
        return [python, HERE / "aws_boto3.py"] if python else None
    if client == "the AWS CLI":
        program = shutil.which("aws", path="/usr/bin") or shutil.which("aws")
        return [sys.executable, HERE / "aws_cli.py", program] if program else None
    if client == "ansible":
        program = shutil.which("ansible-playbook")
        return [program, "-i", "localhost,", HERE / "aws_ansible.yml"] if program and python_with_boto3() else None
    node = shutil.which("node")
    return [node, HERE / "aws_npm.js", client] if node and (modules / client).is_dir() else None


def access_key(token):
    """What `ghostctl env` prints."""
    return base64.b32encode(hmac.new(token.encode(), b"ghostkey aws key", hashlib.sha256).digest()[:20]).decode()


def teach_endpoint(folder, endpoint):
    """Where a client takes no endpoint, as Ansible's lookup, botocore's data can name it."""
    place = pathlib.Path(folder, "data/secretsmanager/2017-10-17")
    place.mkdir(parents=True)
    flags = {name: {"builtIn": f"AWS::{name}", "required": True, "default": False, "documentation": "", "type": "Boolean"}
             for name in ("UseDualStack", "UseFIPS")}
    texts = {name: {"builtIn": built_in, "required": False, "documentation": "", "type": "String"}
             for name, built_in in (("Region", "AWS::Region"), ("Endpoint", "SDK::Endpoint"))}
    rule = {"conditions": [], "type": "endpoint", "endpoint": {"url": endpoint, "properties": {}, "headers": {}}}
    place.joinpath("endpoint-rule-set-1.json").write_text(
        json.dumps({"version": "1.0", "parameters": flags | texts, "rules": [rule]}), "utf-8")


def run_client(check, client, command):
    with tempfile.TemporaryDirectory(prefix="ghostkey-aws-") as folder:
        token_file = pathlib.Path(folder, "token")
        with Daemon("--seed", "test", "--clock", "virtual", "--tcp", "127.0.0.1:0", "--token-file", str(token_file)) as daemon:
            port = re.search(r"^listening on tcp:127\.0\.0\.1:(\d+)$", daemon.stdout(), re.M)[1]
            endpoint = f"http://127.0.0.1:{port}"
            teach_endpoint(folder, endpoint)
            clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=CLIENT_TIMEOUT_S, check=False, cwd=folder, env=clean | {
                                      "AWS_ENDPOINT_URL_SECRETS_MANAGER": endpoint, "AWS_REGION": "us-east-1",
                                      "AWS_DEFAULT_REGION": "us-east-1", "AWS_SECRET_ACCESS_KEY": "any",
                                      "AWS_ACCESS_KEY_ID": access_key(token_file.read_text("ascii").strip()),
                                      "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "NO_PROXY": "127.0.0.1",
                                      "GHOSTKEY_SOCKET": daemon.socket, "NODE_PATH": str(pathlib.Path(readers.npm_directory()) / "node_modules"),
                                      "HOME": folder, "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_LOCAL_TEMP": folder, "ANSIBLE_NOCOLOR": "1",
                                      "PYTHONPATH": str(HERE.parent / "support"), "PYTHONDONTWRITEBYTECODE": "1"} | (
                                          {"AWS_DATA_PATH": str(pathlib.Path(folder, "data"))} if client == "ansible" else {}))
    results = results_of(client, done.stdout, done.returncode)
    for is_right, what in results:
        check.ok(is_right, f"{client}: {what}")
    if not check.ok(done.returncode == 0 and results, f"{client}: its program ran to its end"):
        check.note("\n".join(done.stdout.splitlines()[-NOTE_LINES:]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", default=bool(os.environ.get("GHOSTKEY_INTEROP_ALL")))
    is_all = parser.parse_args().all

    def each(check):
        for client in ["boto3", "the AWS CLI", "ansible", *NPM_CLIENTS]:
            command = command_of(client)
            if command:
                run_client(check, client, command)
            elif is_all:
                check.ok(False, f"{client} is installed")
            else:
                check.skip(client, "it is not installed")

    return tap.run(each)


if __name__ == "__main__":
    sys.exit(main())
