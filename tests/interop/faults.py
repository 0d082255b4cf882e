#!/usr/bin/env python3
"""What clients do when their broker fails by fault rules: boto3, hvac, requests' Retry, the AWS JavaScript SDK, node-vault.

    faults.py [--all]

--all: a client that `install` can install, but that is missing, is a failure and not skipped. $GHOSTKEYD names the
program. Each client is a program of its own, which prints TAP; it gets the daemon's address as its users give it, and its
Unix socket (GHOSTKEY_SOCKET), over which it sets the rules and counts the requests.
"""

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

import aws  # noqa: E402
import readers  # noqa: E402
import tap  # noqa: E402
import vault  # noqa: E402
from daemon import Daemon  # noqa: E402

CLIENTS = ["boto3", "python3-hvac", "requests", "@aws-sdk/client-secrets-manager", "node-vault"]
CLIENT_TIMEOUT_S = 240
NOTE_LINES = 20


def command_of(client):
    """The command that runs the client's program, or None: the client is not installed."""
    modules = pathlib.Path(readers.npm_directory()) / "node_modules"
    if client in ("boto3", "python3-hvac", "requests"):
        has_hvac = readers.works([vault.PYTHON, "-c", "import hvac, requests"])
        python = aws.python_with_boto3() if client == "boto3" else vault.PYTHON if has_hvac else None
        return [python, HERE / "faults_python.py", client] if python else None
    node = shutil.which("node")
    return [node, HERE / "faults_npm.js", client] if node and (modules / client).is_dir() else None


def run_client(check, client, command):
    with tempfile.TemporaryDirectory(prefix="ghostkey-faults-") as folder:
        token_file = pathlib.Path(folder, "token")
        with Daemon("--seed", "test", "--clock", "virtual", "--tcp", "127.0.0.1:0", "--token-file", str(token_file)) as daemon:
            address = "http://" + re.search(r"^listening on tcp:(127\.0\.0\.1:\d+)$", daemon.stdout(), re.M)[1]
            token = token_file.read_text("ascii").strip()
            clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VAULT_"))}
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=CLIENT_TIMEOUT_S, check=False, cwd=folder, env=clean | {
                                      "VAULT_ADDR": address, "VAULT_TOKEN": token, "AWS_ENDPOINT_URL_SECRETS_MANAGER": address,
                                      "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                                      "AWS_SECRET_ACCESS_KEY": "any", "AWS_ACCESS_KEY_ID": aws.access_key(token), "NO_PROXY": "127.0.0.1",
                                      "AWS_EC2_METADATA_DISABLED": "true", "GHOSTKEY_SOCKET": daemon.socket, "HOME": folder,
                                      "NODE_PATH": str(pathlib.Path(readers.npm_directory()) / "node_modules"),
                                      "PYTHONPATH": str(HERE.parent / "support"), "PYTHONDONTWRITEBYTECODE": "1"})
    results = vault.results_of(client, done.stdout, done.returncode)
    for is_right, what in results:
        check.ok(is_right, f"{client}: {what}")
    if not check.ok(done.returncode == 0 and results, f"{client}: its program ran to its end"):
        check.note("\n".join(done.stdout.splitlines()[-NOTE_LINES:]))


def each(check):
    is_all = "--all" in sys.argv or bool(os.environ.get("GHOSTKEY_INTEROP_ALL"))
    for client in CLIENTS:
        command = command_of(client)
        if command:
            run_client(check, client, command)
        elif is_all:
            check.ok(False, f"{client} is installed")
        else:
            check.skip(client, "it is not installed")


if __name__ == "__main__":
    sys.exit(tap.run(each))
