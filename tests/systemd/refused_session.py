"""The inside of test_refused_start.sh: an ordinary user with a manager of their own, who gives the
daemon options that it refuses, and then accepted ones: the secrets are still there."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

import http1
import tap

SOCKET = os.path.join(os.environ["XDG_RUNTIME_DIR"], "ghostkey/ghostkey.sock")
HOME = pathlib.Path(os.environ["HOME"])
GHOSTKEYD = shutil.which("ghostkeyd")
DROP_IN = HOME / ".config/systemd/user/ghostkey.service.d/options.conf"
DEADLINE_S = 40
WAIT_S = 5
TCP = ("PrivateNetwork=no", "RestrictAddressFamilies=AF_INET AF_INET6")


OLDER = HOME / "older.py"
# What an older version did: it kept its state in one memfd, in another form.
OLDER_PROGRAM = """
import os, signal, socket
STATE = bytes(16) + 0xBEEFC0DE.to_bytes(4, "little") + bytes(8172)
names = os.environ["LISTEN_FDNAMES"].split(":")
kept = [3 + at for at, name in enumerate(names) if name == "state"]
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
    manager.connect(os.environ["NOTIFY_SOCKET"])
    if not kept:
        fd = os.memfd_create("ghostkey")
        os.pwrite(fd, STATE, 0)
        socket.send_fds(manager, [b"FDSTORE=1\\nFDNAME=state"], [fd])
    whole = [os.pread(fd, len(STATE) + 1, 0) == STATE for fd in kept]
    manager.send(f"READY=1\\nSTATUS=found: {whole}".encode())
signal.pause()
"""


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def systemctl(*arguments):
    done = run("systemctl", "--user", *arguments)
    if done.returncode != 0:
        raise AssertionError(f"systemctl {arguments}: {done.returncode} {done.stderr}")
    return done.stdout.strip()


def shown(*names):
    return [systemctl("show", "-P", name, "ghostkey.service") for name in names]


def configure(*options, more=(), program=GHOSTKEYD):
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    words = " ".join(map(str, (program, *options)))
    DROP_IN.write_text("\n".join(["[Service]", "ExecStart=", f"ExecStart={words}", *more, ""]),
                       "utf-8")
    systemctl("daemon-reload")


def get(name):
    with http1.Connection(SOCKET, DEADLINE_S) as connection:
        answer = connection.request("GET", f"/v1/secrets/{name}")
    return json.loads(answer.body).get("value"), answer.status


def wait_until(what, condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited for {what}: {shown('ActiveState', 'SubState', 'Result')}")
        time.sleep(0.05)


def is_waiting():
    """Whether the manager knows why the start is refused: then the daemon waits."""
    return shown("StatusText")[0].startswith("not started: ")


def begin(check):
    systemctl("daemon-reload")
    systemctl("start", "ghostkey.socket")
    with http1.Connection(SOCKET) as connection:
        connection.request("PUT", "/v1/secrets/a", '{"value":"kept"}')
        there = json.loads(connection.request("GET", "/v1/status").body)
    check.equal(there["state"], "fdstore", "a secret is in memory that the manager keeps")


def is_refused_and_kept(check, what, *options, more=()):
    configure(*options, more=more)
    begun = time.monotonic()
    said = run("systemctl", "--user", "restart", "ghostkey.service")
    took = time.monotonic() - begun
    check.ok(said.returncode != 0 and "status ghostkey.service" in said.stderr,
             f"{what}: systemctl says that the start failed, and where to look", said)
    check.ok(took >= WAIT_S - 1, f"{what}: which takes as long as the daemon waits ({took:.1f} s)")
    check.equal(shown("ActiveState", "NFileDescriptorStore"), ["activating", "2"],
                f"{what}: the next start is under way, and the manager keeps the state")


def each_refusal_keeps_the_state(check):
    (HOME / "short").write_bytes(b"x")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for what, options, more in (
                ("a typo", ["--bogus"], ()),
                ("another seed", ["--seed", "other"], ()),
                ("another clock", ["--clock", "virtual"], ()),
                ("a bad audit log", ["--audit-log", "/nonexistent/audit"], ()),
                ("a bad key", ["--store", "/nonexistent/store", "--store-key", HOME / "short"], ()),
                ("a TCP port in use", ["--tcp", f"127.0.0.1:{port}"], TCP),
                ("too few files", [], ("LimitNOFILE=16",))):
            is_refused_and_kept(check, what, *options, more=more)
    configure()
    systemctl("restart", "ghostkey.service")
    check.equal(get("a"), ("kept", 200), "with right options the secret is there")


def who_calls_meanwhile_is_told_and_served(check):
    configure("--bogus")
    restart = subprocess.Popen(["systemctl", "--user", "restart", "ghostkey.service"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until("the refusal", is_waiting)
    check.ok("unknown option '--bogus'" in shown("StatusText")[0],
             "systemctl status shows why the start is refused", shown("StatusText"))
    with subprocess.Popen(["ghostctl", "get", "a"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as asking:
        said = asking.stderr.readline()
        check.ok("systemctl --user status ghostkey.service" in said,
                 "who calls meanwhile is told where to look", said)
        restart.wait()
        configure()
        systemctl("restart", "ghostkey.service")
        out = asking.stdout.read()
        check.equal((asking.wait(), out), (0, "kept\n"),
                    "and gets the secret once the options are right")


def the_wait_ends_when_it_is_told_to(check):
    configure("--clock", "virtual")
    restart = subprocess.Popen(["systemctl", "--user", "restart", "ghostkey.service"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until("the refusal", is_waiting)
    configure()
    begun = time.monotonic()
    systemctl("restart", "ghostkey.service")
    took = time.monotonic() - begun
    restart.wait()
    check.ok(took < WAIT_S, f"a restart within the wait does not wait for its end ({took:.1f} s)")
    check.equal(get("a"), ("kept", 200), "and keeps the secret")


def an_older_version_finds_its_state_again(check):
    """An upgrade from a version whose state this one cannot read, and back."""
    OLDER.write_text(OLDER_PROGRAM, "utf-8")
    systemctl("stop", "ghostkey.service")
    configure(OLDER, program="/usr/bin/python3")
    systemctl("start", "ghostkey.service")
    check.equal(shown("StatusText", "NFileDescriptorStore"), ["found: []", "1"], "an older version keeps its state")
    configure()
    said = run("systemctl", "--user", "restart", "ghostkey.service")
    check.ok(said.returncode != 0, "an upgrade: the new version refuses to start", said)
    wait_until("what to do", lambda: "install that version to use it" in shown("StatusText")[0])
    configure(OLDER, program="/usr/bin/python3")
    systemctl("restart", "ghostkey.service")
    check.equal(shown("StatusText")[0], "found: [True]", "the older version finds its state as it was")
    systemctl("stop", "ghostkey.service")


def a_stop_forgets_all(check):
    configure("--bogus")
    run("systemctl", "--user", "restart", "ghostkey.service")
    systemctl("stop", "ghostkey.service")
    check.equal(shown("NFileDescriptorStore"), ["0"], "a stop while the start is refused forgets all")
    configure()
    check.equal(get("a")[1], 404, "the secret is gone")
    configure("--bogus")
    systemctl("stop", "ghostkey.service")
    begun = time.monotonic()
    run("systemctl", "--user", "start", "ghostkey.service")
    check.equal((shown("ExecMainStatus", "ActiveState"), time.monotonic() - begun < WAIT_S),
                (["2", "failed"], True), "where nothing is kept a bad option ends it at once")
    systemctl("stop", "ghostkey.service", "ghostkey.socket")


if __name__ == "__main__":
    sys.exit(tap.run(begin, each_refusal_keeps_the_state, who_calls_meanwhile_is_told_and_served,
                     the_wait_ends_when_it_is_told_to, an_older_version_finds_its_state_again,
                     a_stop_forgets_all))
