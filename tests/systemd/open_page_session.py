"""The inside of test_open_page.sh: an ordinary user opens the page of a daemon that systemd starts."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import http1
import tap

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/#([A-Za-z0-9_-]{43})")
HOME = pathlib.Path(os.environ["HOME"])
RUNTIME = pathlib.Path(os.environ["XDG_RUNTIME_DIR"])
DROP_IN = HOME / ".config/systemd/user/ghostkey-tcp.socket.d/port.conf"
OPENER = """#!/bin/sh
stat -c %a "$1" >"$HOME/mode"
address=$(sed -n 's/.*url=\\(http[^"]*\\)".*/\\1/p' "$1")
echo "$address" >"$HOME/address"
exec /usr/bin/python3 -c 'import sys, urllib.request as u
u.urlopen(u.Request(sys.argv[1].partition("#")[0], headers={"Accept": "text/html"}))' "$address"
"""


def systemctl(*arguments):
    done = subprocess.run(["systemctl", "--user", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"systemctl {arguments}: {done.returncode} {done.stderr}")
    return done.stdout.strip()


def ctl(*arguments, stdin="", **variables):
    """ghostctl, where no browser is to be had but by these variables."""
    env = {name: text for name, text in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")}
    return subprocess.run(["ghostctl", *arguments], capture_output=True, text=True, input=stdin, env=env | variables, check=False)


class Tcp(http1.Connection):
    """A connection over TCP; `path` is the port."""

    def __init__(self, port, timeout=http1.ANSWER_TIMEOUT_S):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.rest = b""


class Tab:
    """What the page's script does in a browser."""

    def __init__(self, address):
        port, self.code = ADDRESS.fullmatch(address).groups()
        self.port = int(port)
        self.token = None

    def ask(self, method, target, body=None, *headers):
        with Tcp(self.port) as connection:
            return connection.request(method, target, body, [("Host", f"127.0.0.1:{self.port}"), *headers])

    def enter(self):
        answer = self.ask("POST", "/v1/page-token", json.dumps({"code": self.code}), ("Content-Type", "application/json"))
        if answer.status == 200:
            self.token = json.loads(answer.body)["token"]
        return answer.status

    def get(self, name):
        return self.ask("GET", f"/v1/secrets/{name}", None, ("Authorization", f"Bearer {self.token}"))


def printed():
    said = ctl("page")
    if said.returncode != 0 or not ADDRESS.fullmatch(said.stdout.strip()):
        raise AssertionError(said)
    return Tab(said.stdout.strip())


def the_socket_to_enable_is_named(check):
    systemctl("start", "ghostkey.socket")
    said = ctl("page")
    check.ok(said.returncode == 1 and "systemctl --user stop ghostkey.service" in said.stderr and
             "systemctl --user enable --now ghostkey-tcp.socket" in said.stderr, "without TCP, ghostctl page names the socket", said)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    DROP_IN.parent.mkdir(parents=True)
    DROP_IN.write_text(f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{port}\n", "utf-8")
    systemctl("daemon-reload")
    systemctl("stop", "ghostkey.service")
    systemctl("enable", "--now", "ghostkey-tcp.socket")
    check.equal(systemctl("show", "-P", "MainPID", "ghostkey.service"), "0", "with that socket enabled, no daemon runs")
    tab = printed()
    check.equal(tab.port, port, "but ghostctl page starts one, and prints an address of that socket")
    page = tab.ask("GET", "/", None, ("Accept", "text/html"))
    check.ok(page.status == 200 and b"/page/app.js" in page.body, "where the page is", page)
    check.equal((tab.enter(), tab.enter()), (200, 401), "which lets one tab in, once")


def a_tab_ends_with_its_daemon(check):
    ctl("put", "a", stdin="kept")
    for what, end in (("a restart", lambda: systemctl("restart", "ghostkey.service")),
                      ("a kill", lambda: systemctl("kill", "--signal", signal.SIGKILL.name, "ghostkey.service"))):
        tab, late = printed(), printed()
        check.equal((tab.enter(), json.loads(tab.get("a").body)["value"]), (200, "kept"), f"before {what}, a tab reads")
        before = systemctl("show", "-P", "MainPID", "ghostkey.service")
        end()
        check.equal(tab.get("a").status, 401, f"after {what}, its token is none")
        check.ok(systemctl("show", "-P", "MainPID", "ghostkey.service") != before, "since another daemon answers")
        check.equal(late.enter(), 401, f"after {what}, a code from before is none")
        tab = printed()
        check.equal((tab.enter(), json.loads(tab.get("a").body)["value"]), (200, "kept"), f"after {what}, a new tab reads what was kept")


def a_browser_is_opened(check):
    (HOME / "bin").mkdir()
    (HOME / "bin/xdg-open").write_text(OPENER, "utf-8")
    (HOME / "bin/xdg-open").chmod(0o755)
    systemctl("stop", "ghostkey.service")
    said = ctl("page", DISPLAY=":9", PATH=f"{HOME}/bin:{os.environ['PATH']}")
    check.equal((said.returncode, said.stdout, said.stderr), (0, "", ""), "a browser is opened on a daemon that was not there")
    check.equal((HOME / "mode").read_text("ascii"), "600\n", "by a file that nobody else can read")
    check.equal(list(RUNTIME.glob("ghostkey-page-*")), [], "which is gone")
    tab = Tab((HOME / "address").read_text("ascii").strip())
    check.equal((tab.enter(), tab.get("a").status), (200, 404), "its code is good, and what a stop forgot is not there")
    systemctl("disable", "--now", "ghostkey-tcp.socket")
    systemctl("stop", "ghostkey.socket", "ghostkey.service")


if __name__ == "__main__":
    sys.exit(tap.run(the_socket_to_enable_is_named, a_tab_ends_with_its_daemon, a_browser_is_opened))
