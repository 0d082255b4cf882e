"""The inside of test_tcp_socket.sh: an ordinary user with a manager of their own, who starts
ghostkey-tcp.socket beside ghostkey.socket."""

import json
import os
import pathlib
import socket
import stat
import subprocess
import sys
import time

import http1
import tap

DEADLINE_S = 20
RUNTIME = pathlib.Path(os.environ["XDG_RUNTIME_DIR"])
UNIX = str(RUNTIME / "ghostkey/ghostkey.sock")
TOKEN = RUNTIME / "ghostkey/token"
DROP_IN = pathlib.Path(os.environ["HOME"]) / ".config/systemd/user/ghostkey-tcp.socket.d/port.conf"


def systemctl(*arguments):
    done = subprocess.run(["systemctl", "--user", *arguments], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"systemctl {arguments}: {done.returncode} {done.stderr}")
    return done.stdout.strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listen_on(address):
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    DROP_IN.write_text(f"[Socket]\nListenStream=\nListenStream={address}\n", "utf-8")
    systemctl("daemon-reload")


class Tcp(http1.Connection):
    """A connection over TCP; `path` is the port."""

    def __init__(self, port, timeout=http1.ANSWER_TIMEOUT_S):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.rest = b""


def ask(port, method, target, *headers, body=None):
    with Tcp(port) as connection:
        host = [] if any(name == "Host" for name, _ in headers) else [("Host", f"localhost:{port}")]
        return connection.request(method, target, body, [*host, *headers])


def ctl(*arguments, stdin=""):
    return subprocess.run(["ghostctl", *arguments], capture_output=True, text=True, input=stdin,
                          check=False)


def units_are_sound(check):
    systemctl("daemon-reload")
    said = subprocess.run(["systemd-analyze", "--user", "--man=no", "verify", "ghostkey-tcp.socket",
                           "ghostkey.socket", "ghostkey.service"], capture_output=True, text=True,
                          check=False)
    check.ok(said.returncode == 0 and not said.stdout + said.stderr, "the units verify silently",
             said)
    state = subprocess.run(["systemctl", "--user", "is-enabled", "ghostkey-tcp.socket"],
                           capture_output=True, text=True, check=False)
    check.equal(state.stdout.strip(), "disabled", "the TCP socket is not enabled")
    # Newer versions of systemd do as ProtectSystem= says, and it_serves() would see it there; others ignore it.
    check.equal(systemctl("show", "--property=ReadWritePaths", "--value", "ghostkey.service"), f"-{TOKEN.parent}",
                "where all is read-only, the token can be made")
    systemctl("start", "ghostkey.socket")
    check.ok("inactive" in subprocess.run(["systemctl", "--user", "is-active", "ghostkey-tcp.socket"],
                                          capture_output=True, text=True, check=False).stdout,
             "nor started with the other")
    shown = systemctl("cat", "ghostkey-tcp.socket")
    check.ok("ListenStream=127.0.0.1:" in shown, "and it is on loopback", shown)


def it_serves(check):
    port = free_port()
    listen_on(f"127.0.0.1:{port}")
    systemctl("start", "ghostkey-tcp.socket")
    check.ok(not TOKEN.exists(), "there is no token yet")
    said = ctl("--url", f"http://127.0.0.1:{port}", "put", "first", stdin="of all")
    check.equal((said.returncode, said.stderr), (0, ""),
                "the first call of ghostctl over TCP starts the daemon, and is answered")
    first = ask(port, "GET", "/v1/status")
    check.equal(first.status, 401, "a connection over TCP needs a token")
    check.equal(http1.header(first.headers, "www-authenticate"), "Bearer", "which it says")
    check.equal(oct(stat.S_IMODE(os.stat(TOKEN).st_mode)), "0o600",
                "the daemon made the token file, under the unit's hardening")
    token = ("Authorization", "Bearer " + TOKEN.read_text("ascii").strip())
    answer = ask(port, "PUT", "/v1/secrets/a", token, body='{"value":"over tcp"}')
    check.equal(answer.status, 200, "with the token a write is taken")
    with http1.Connection(UNIX) as connection:
        answer = connection.request("GET", "/v1/secrets/a")
    check.equal(json.loads(answer.body)["value"], "over tcp",
                "the same daemon serves the Unix socket, without a token")
    check.equal(ask(port, "GET", "/v1/secrets/a", token, ("Host", "rebound.example")).status, 403,
                "a foreign host is refused")
    check.equal(ask(port, "GET", "/v1/secrets/a", token, ("Origin", "http://localhost:1")).status,
                403, "so is a foreign page")
    said = ctl("--url", f"http://127.0.0.1:{port}", "get", "a")
    check.equal((said.returncode, said.stdout), (0, "over tcp\n"),
                "ghostctl --url finds the token where the daemon put it")


def it_outlives_a_restart(check):
    port = int(systemctl("show", "-P", "Listen", "ghostkey-tcp.socket").split()[0].rsplit(":", 1)[1])
    before = TOKEN.read_text("ascii")
    systemctl("restart", "ghostkey.service")
    said = ctl("--url", f"http://127.0.0.1:{port}", "get", "a")
    check.equal((said.returncode, said.stdout), (0, "over tcp\n"),
                "a restart keeps the sockets, the token and the secret")
    check.equal(TOKEN.read_text("ascii"), before, "the token is the same")
    systemctl("stop", "ghostkey-tcp.socket", "ghostkey.socket", "ghostkey.service")


def a_network_address_is_refused(check):
    listen_on(f"0.0.0.0:{free_port()}")
    systemctl("start", "ghostkey-tcp.socket")
    said = subprocess.run(["systemctl", "--user", "start", "ghostkey.service"], capture_output=True,
                          check=False)
    check.ok(said.returncode != 0, "a unit that listens on a network does not start")
    end = time.monotonic() + DEADLINE_S
    status = "0"  # as long as the next start of a unit that is restarted is under way
    while status == "0" and time.monotonic() < end:
        status = systemctl("show", "-P", "ExecMainStatus", "ghostkey.service")
    check.equal(status, "1", "since the daemon refuses it")
    systemctl("stop", "ghostkey-tcp.socket", "ghostkey.socket", "ghostkey.service")


if __name__ == "__main__":
    sys.exit(tap.run(units_are_sound, it_serves, it_outlives_a_restart,
                     a_network_address_is_refused))
