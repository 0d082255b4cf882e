#!/usr/bin/env python3
"""The clients of Vault that people use, against a real daemon: python3-hvac, Ansible's lookups, and those of npm.

    vault.py [--all]

--all: a client that `install` can install, but that is missing, is a failure and not skipped. $GHOSTKEYD names the
program. Each client is a program of its own, which prints TAP; it gets the daemon's address and token as Vault's
clients do (VAULT_ADDR, VAULT_TOKEN), and its Unix socket (GHOSTKEY_SOCKET), over which it moves the clock.
"""

import argparse
import datetime
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

PYTHON = "/usr/bin/python3"  # which has Debian's packages
NPM_CLIENTS = ["node-vault", "@litehex/node-vault", "hashi-vault-js", "node-vault-client"]
CLIENT_TIMEOUT_S = 240
NOTE_LINES = 20


def command_of(client):
    """The command that runs the client's program, or None: the client is not installed."""
    modules = pathlib.Path(readers.npm_directory()) / "node_modules"
    if client == "python3-hvac":
        return [PYTHON, HERE / "vault_hvac.py"] if readers.works([PYTHON, "-c", "import hvac"]) else None
    if client == "ansible":
        program = shutil.which("ansible-playbook")
        return [program, "-i", "localhost,", HERE / "vault_ansible.yml"] if program else None
    node = shutil.which("node")
    return [node, HERE / "vault_npm.js", client] if node and (modules / client).is_dir() else None


def results_of(client, output, status):
    """-> [(whether it is right, what)]"""
    if client == "ansible":
        recap = re.search(r"^localhost +: ok=(\d+) .*failed=0 ", output, re.M)
        tasks = re.findall(r"^TASK \[(.*)\]", output, re.M)
        return [(bool(recap) and status == 0, f"{len(tasks)} tasks")] if tasks else []
    return [(not line.startswith("not"), line.split(" - ", 1)[1])
            for line in output.splitlines() if re.match(r"(not )?ok \d+ - ", line)]


def run_client(check, client, command):
    with tempfile.TemporaryDirectory(prefix="ghostkey-vault-") as folder:
        token_file = pathlib.Path(folder, "token")
        # some clients compare the end of a token with the machine's clock
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        with Daemon("--seed", "test", "--clock", f"virtual:{now}", "--tcp", "127.0.0.1:0", "--token-file", str(token_file)) as daemon:
            port = re.search(r"^listening on tcp:127\.0\.0\.1:(\d+)$", daemon.stdout(), re.M)[1]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=CLIENT_TIMEOUT_S, check=False, cwd=folder, env=os.environ | {
                                      "VAULT_ADDR": f"http://127.0.0.1:{port}", "VAULT_TOKEN": token_file.read_text("ascii").strip(),
                                      "GHOSTKEY_SOCKET": daemon.socket, "NODE_PATH": str(pathlib.Path(readers.npm_directory()) / "node_modules"),
                                      "HOME": folder, "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_LOCAL_TEMP": folder, "ANSIBLE_NOCOLOR": "1",
                                      "PYTHONPATH": str(HERE.parent / "support")})
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
        for client in ["python3-hvac", "ansible", *NPM_CLIENTS]:
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
