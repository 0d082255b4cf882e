#!/usr/bin/env python3
"""ghostctl page: opens the page in the browser. The browser is a script that is found as xdg-open."""

import json
import os
import pathlib
import re
import signal
import stat
import tempfile
import time
import urllib.request

import ctl
from proxy import Proxy

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/#([A-Za-z0-9_-]{43})")


class Desktop(ctl.Ctl):
    """A daemon with TCP, and a session in which `opener`, a shell script, is xdg-open."""

    def __init__(self, opener, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="ghostkey-page-")
        self.runtime = pathlib.Path(self.folder.name, "run")
        self.runtime.mkdir(0o700)
        self.bin = pathlib.Path(self.folder.name, "bin")
        self.bin.mkdir()
        if opener is not None:
            (self.bin / "xdg-open").write_text(f"#!/bin/sh\n{opener}\n", "ascii")
            (self.bin / "xdg-open").chmod(0o755)
        super().__init__("--tcp", "127.0.0.1:0", "--token-file", f"{self.folder.name}/token", *options)

    def environment(self, **more):
        kept = super().environment()
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
            kept.pop(name, None)
        path = f"{self.bin}:/usr/bin:/bin" if (self.bin / "xdg-open").exists() else str(self.bin)
        return kept | {"XDG_RUNTIME_DIR": str(self.runtime), "PATH": path, "HERE": self.folder.name} | more

    def __exit__(self, *more):
        super().__exit__(*more)
        self.folder.cleanup()

    def files(self):
        return sorted(self.runtime.glob("ghostkey-page-*"))


def token_by(address):
    port, code = ADDRESS.fullmatch(address).groups()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/page-token", json.dumps({"code": code}).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["token"]


def the_browser_is_led_to_the_page(check):
    opener = ('stat -c %a "$1" >"$HERE/mode"; echo "$1" >"$HERE/arguments"; cat "$1" >"$HERE/file"; '
              'address=$(sed -n \'s/.*url=\\(http[^#]*\\)#.*/\\1/p\' "$1"); '
              f'{sys_python()} -c \'import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], headers={{"Accept": "text/html"}}))\' '
              '"$address"')
    with Desktop(opener) as it:
        said = it.run("page", env=it.environment(DISPLAY=":9"))
        check.ok(said.status == 0 and said.out == b"" and said.err == "", "it is opened, and nothing is printed", said)
        here = pathlib.Path(it.folder.name)
        check.equal((here / "mode").read_text("ascii"), "600\n", "by a file that nobody else can read")
        path = (here / "arguments").read_text("ascii").strip()
        check.ok(path.startswith(f"{it.runtime}/ghostkey-page-") and path.endswith(".html"), "the argument is its name alone", path)
        address = ADDRESS.search((here / "file").read_text("ascii"))
        check.ok(address and len(token_by(address[0])) == 43, "the address in it holds a good code")
        check.equal(it.files(), [], "and the file is gone")


def sys_python():
    return "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"


def without_a_browser_the_address_is_printed(check):
    for what, opener, variables in (("no desktop", "exit 0", {}), ("no xdg-open", None, {"DISPLAY": ":9"}),
                                    ("an opener that fails", "exit 3", {"DISPLAY": ":9"}), ("an empty variable", "exit 0", {"DISPLAY": ""})):
        with Desktop(opener) as it:
            said = it.run("page", env=it.environment(**variables))
            address = said.out.decode().rstrip("\n")
            check.ok(said.status == 0 and ADDRESS.fullmatch(address) and said.err == "", f"{what}: the address", said)
            check.equal(len(token_by(address)), 43, f"{what}: it lets a browser in")
            check.equal(it.files(), [], f"{what}: no file is left")


def an_interrupt_leaves_no_file(check):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with Desktop(':>"$HERE/started"') as it:
            with it.begin("page", env=it.environment(DISPLAY=":9")) as running:
                ctl.wait_for(lambda it=it: pathlib.Path(it.folder.name, "started").exists() and it.files(), "the file")
                check.equal([stat.S_IMODE(each.stat().st_mode) for each in it.files()], [0o600], f"{number.name}: it waits")
                running.signal(number)
                said = running.end()
            check.ok(said.status == 128 + number, f"{number.name}: ended", said)
            check.equal(it.files(), [], f"{number.name}: no file is left")


def an_interrupt_does_not_wait_for_the_daemon(check):
    with Desktop(':>"$HERE/started"') as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        with it.begin("--socket", proxy.path, "page", env=it.environment(DISPLAY=":9")) as running:
            ctl.wait_for(lambda: pathlib.Path(it.folder.name, "started").exists(), "the opener")
            proxy.down()
            proxy.silence()
            proxy.up()
            ctl.wait_for(lambda: proxy.unanswered, "a question that gets no answer")
            running.signal(signal.SIGINT)
            said = running.end()
        check.ok((said.status, said.out, said.err) == (128 + signal.SIGINT, b"", ""), "it ends also if the daemon says nothing", said)
        check.equal(it.files(), [], "and no file is left")


def what_is_missing_is_named(check):
    with ctl.Ctl() as it:
        said = it.run("page")
        check.ok(said.status == 1 and "no TCP" in said.err and "--tcp 127.0.0.1:0" in said.err and
                 "ghostkey-tcp.socket" in said.err, "a daemon without TCP", said)
        said = it.run("page", "x")
        check.equal(said.status, 2, "it takes no argument")
    with Desktop(None) as it:
        port = json.loads(it.run("status", "--json").out)["tcp"]
        said = it.run("--url", f"http://{port}", "--token-file", f"{it.folder.name}/token", "page")
        check.ok(said.status == 2 and "Unix socket" in said.err and "--url" in said.err, "not by --url", said)
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        with ctl.Ctl() as it:
            said = it.run("--socket", f"{folder}/none", "page")
        check.ok(said.status == 5 and time.monotonic() - start < 30, "no daemon", said)


ctl.main(the_browser_is_led_to_the_page, without_a_browser_the_address_is_printed, an_interrupt_leaves_no_file,
         an_interrupt_does_not_wait_for_the_daemon, what_is_missing_is_named)
