#!/usr/bin/env python3
"""ghostctl env: the variables by which an app finds the daemon."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import tempfile

import ctl

OTHERS = ["AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_REGION",
          "AWS_SECRET_ACCESS_KEY", "VAULT_ADDR", "VAULT_TOKEN"]


class Tcp(ctl.Ctl):
    """A daemon with TCP, in a folder whose name a shell would take apart."""

    def __init__(self, *options):
        super().__init__("--tcp", "127.0.0.1:0", *options)

    def environment(self, **more):
        kept = super().environment(**more)
        return {name: value for name, value in kept.items() if "proxy" not in name.lower()} | more


def read_by(shell, text):
    """What a shell makes of the lines -> {name: value}"""
    done = subprocess.run([shell, "-c", 'eval "$1"; env -0', "x", text], env={"PATH": os.environ["PATH"]},
                          capture_output=True, check=True)
    pairs = dict(each.split("=", 1) for each in done.stdout.decode().split("\0") if each)
    return {name: value for name, value in pairs.items() if name not in ("PATH", "PWD", "SHLVL", "_", "OLDPWD")}


def tcp_is_found(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey env's-") as folder:
        with Tcp("--token-file", f"{folder}/token", "--aws-region", "eu-west-1") as it:
            status = json.loads(it.run("status", "--json").out)
            said = it.run("env")
            found = json.loads(it.run("env", "--json").out)
            token = open(f"{folder}/token", encoding="ascii").read().strip()
            key = base64.b32encode(hmac.digest(token.encode(), b"ghostkey aws key", hashlib.sha256)[:20]).decode()
            url = f"http://{status['tcp']}"
            check.equal(found, {
                "GHOSTKEY_SOCKET": os.path.realpath(it.socket), "VAULT_ADDR": url, "VAULT_TOKEN": token,
                "AWS_ENDPOINT_URL_SECRETS_MANAGER": url, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "ghostkey",
                "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "all of them")
            for shell in ("sh", "bash"):
                check.equal(read_by(shell, said.out.decode()), found, f"{shell} reads them")
            as_is = it.run("--socket", os.path.relpath(it.socket, it.directory), "env", "--api", "ghostkey")
            check.equal(as_is.out.decode(), f"export GHOSTKEY_SOCKET='{os.path.realpath(it.socket)}'\n",
                        "a socket that was named by a relative path is absolute")
            for apis, wanted in (("vault", OTHERS[5:]), ("aws", OTHERS[:5]), ("vault,aws", OTHERS), ("aws,vault", OTHERS)):
                names = json.loads(it.run("env", "--json", "--api", apis).out)
                check.equal(sorted(names), sorted([*wanted, "GHOSTKEY_SOCKET"]), f"--api {apis}")
            said = it.run("env", "--api", "vault,azure")
            check.ok(said.status == 2 and said.out == b"" and "'--api vault,azure'" in said.err, "an API that is not known", said)


def a_url_is_passed_on(check):
    with tempfile.TemporaryDirectory() as folder, Tcp("--token-file", f"{folder}/token") as it:
        tcp = json.loads(it.run("status", "--json").out)["tcp"]
        said = it.run("--url", f"http://{tcp}", "--token-file", f"{folder}/./token", "env", "--json")
        found = json.loads(said.out)
        check.equal((found["GHOSTKEY_URL"], found["GHOSTKEY_TOKEN_FILE"], "GHOSTKEY_SOCKET" in found),
                    (f"http://{tcp}", os.path.realpath(f"{folder}/token"), False), "with the absolute path of its token")
        check.equal(found["VAULT_ADDR"], f"http://{tcp}", "Vault's are the same")
        env = {name: value for name, value in it.environment().items() if name != "GHOSTKEY_SOCKET"}
        check.equal(it.run("list", env=env | found).status, 0, "ghostctl works with them")


def without_tcp(check):
    with ctl.Ctl() as it:
        alone = f"export GHOSTKEY_SOCKET='{os.path.realpath(it.socket)}'\n"
        for apis, warning in (((), ""), (("--api", "ghostkey"), ""),
                              (("--api", "vault"), "ghostctl: warning: the daemon has no TCP, so there are no variables for '--api vault'\n")):
            said = it.run("env", *apis)
            check.equal((said.status, said.out.decode(), said.err), (0, alone, warning), f"the socket alone: {apis}")
        said = it.run("--socket", "/missing/s", "env")
        check.ok(said.status == 5 and said.out == b"", "no daemon: 5", said)


def a_proxy_is_kept_away(check):
    with tempfile.TemporaryDirectory() as folder, Tcp("--token-file", f"{folder}/token") as it:
        def proxies(**more):
            found = json.loads(it.run("env", "--json", env=it.environment(**more)).out)
            return found.get("NO_PROXY"), found.get("no_proxy")
        check.equal(proxies(), (None, None), "no proxy, nothing to say")
        check.equal(proxies(NO_PROXY="a"), (None, None), "nor with NO_PROXY alone")
        check.equal(proxies(https_proxy="http://p"), ("127.0.0.1",) * 2, "a proxy")
        check.equal(proxies(HTTP_PROXY="http://p", NO_PROXY="a,b"), ("a,b,127.0.0.1",) * 2, "what is there stays")
        latin = it.environment(HTTP_PROXY="http://p", NO_PROXY=os.fsdecode(b"\xe9"))
        said = it.run("env", "--json", env=latin)
        check.equal((said.status, said.out, said.err), (1, b"", "ghostctl: NO_PROXY is not UTF-8, so JSON cannot hold it; leave out --json\n"),
                    "bytes that JSON cannot hold: 1")
        check.ok(b"export NO_PROXY='\xe9,127.0.0.1'\n" in it.run("env", env=latin).out, "a shell can")


def a_token_that_is_gone_is_said(check):
    with tempfile.TemporaryDirectory() as folder, Tcp("--token-file", f"{folder}/token") as it:
        os.unlink(f"{folder}/token")
        said = it.run("env")
        check.ok(said.status == 1 and said.out == b"" and f"{folder}/token" in said.err, "with its path", said)


ctl.main(tcp_is_found, a_url_is_passed_on, without_tcp, a_proxy_is_kept_away, a_token_that_is_gone_is_said)
