"""The inside of test_credential.sh: an ordinary user with a manager of their own, whose units take secrets from
GhostKey by LoadCredential= and nothing else."""

import json
import os
import pathlib
import subprocess
import sys

import tap

UNITS = pathlib.Path(os.environ["HOME"]) / ".config/systemd/user"
TAKEN = pathlib.Path(os.environ["HOME"]) / "taken"
BINARY = bytes(range(256))
REFUSED = "243"  # EXIT_CREDENTIALS of systemd.exec(5)


def systemctl(*arguments):
    return subprocess.run(["systemctl", "--user", *arguments], capture_output=True, text=True, check=False)


def ghostctl(*arguments, stdin=b""):
    done = subprocess.run(["ghostctl", *arguments], capture_output=True, input=stdin, check=False)
    assert done.returncode == 0, (arguments, done)
    return done.stdout


def start(credential, unit="app"):
    """-> what the unit found in the credential's file, or systemd's exit status: it did not start"""
    TAKEN.unlink(missing_ok=True)
    UNITS.mkdir(parents=True, exist_ok=True)
    (UNITS / f"{unit}.service").write_text(
        "[Unit]\nStartLimitIntervalSec=0\n"  # it is started more often than a unit may be
        "[Service]\nType=oneshot\n"
        f"LoadCredential={credential}:%t/ghostkey/credential.sock\n"
        f"ExecStart=/bin/sh -c 'cat \"$CREDENTIALS_DIRECTORY/{credential}\" >{TAKEN}'\n", "utf-8")
    systemctl("daemon-reload")
    done = systemctl("start", f"{unit}.service")
    if done.returncode != 0:
        return systemctl("show", "-P", "ExecMainStatus", f"{unit}.service").stdout.strip()
    return TAKEN.read_bytes()


def units_are_sound(check):
    said = subprocess.run(["systemd-analyze", "--user", "--man=no", "verify", "ghostkey-credential.socket"],
                          capture_output=True, text=True, check=False)
    check.ok(said.returncode == 0 and not said.stdout + said.stderr, "the unit verifies silently", said)
    check.equal(systemctl("is-enabled", "ghostkey-credential.socket").stdout.strip(), "disabled",
                "it is not enabled")
    done = systemctl("start", "ghostkey.socket", "ghostkey-credential.socket")
    check.equal((done.returncode, done.stderr), (0, ""), "it starts beside ghostkey.socket")


def credentials(check):
    check.equal(start("db_pass"), REFUSED,
                "the first reader starts the daemon; a unit whose secret is missing does not start")
    ghostctl("put", "db_pass", "-", stdin=b"hunter2")
    ghostctl("put", "app/key", "-", stdin=BINARY)
    check.equal(start("db_pass"), b"hunter2", "with its secret it starts, and has it")
    check.equal(start("app.key"), BINARY, "bytes are what they were, and a dot stands for the slash")
    ghostctl("rotate", "db_pass")
    check.equal(start("db_pass"), ghostctl("get", "-n", "db_pass"), "after a rotation the next start has the new value")
    ghostctl("put", "short", "-", "--ttl", "1s", "--no-rotate-on-expiry", stdin=b"x")
    check.equal(start("short"), b"x", "one with a TTL is there")
    wait_expired()
    check.equal(start("short"), REFUSED, "until it has expired")
    ghostctl("delete", "db_pass")
    check.equal(start("db_pass"), REFUSED, "one that was deleted keeps the unit from starting")


def faults(check):
    ghostctl("put", "tried", "-", stdin=b"one")
    ghostctl("put", "tried", "-", stdin=b"two")
    for effect in (["--error", "unavailable"], ["--error", "forbidden"], ["--status", "500"], ["--drop", "before"]):
        ghostctl("fault", "add", "f", "--api", "credential", *effect)
        check.equal(start("tried"), REFUSED, f"a fault rule keeps the unit from starting: {' '.join(effect)}")
    for effect, value in ((["--delay", "300ms"], b"two"), (["--stale"], b"one"), (["--truncate", "1"], b"t")):
        ghostctl("fault", "add", "f", "--api", "credential", *effect)
        check.equal(start("tried"), value, f"or not: {' '.join(effect)}")
    ghostctl("fault", "remove", "f")
    check.equal(start("tried"), b"two", "without it, all is as before")
    known = json.loads(ghostctl("--json", "readers", "tried"))["readers"]
    check.equal([(each["peer"], each["api"], each["version"]) for each in known], [("app.service", "credential", 2)],
                "the readers of a secret have the unit")


def wait_expired():
    with subprocess.Popen(["ghostctl", "events", "--follow"], stdout=subprocess.PIPE, text=True) as events:
        for line in events.stdout:
            if "expired" in line:
                break
        events.terminate()


def restart(check):
    ghostctl("put", "kept", "-", stdin=b"still")
    done = systemctl("restart", "ghostkey.service")
    check.equal(done.returncode, 0, "the service is restarted")
    check.equal(start("kept"), b"still", "the socket outlives that, and so does the secret")
    systemctl("stop", "ghostkey-credential.socket", "ghostkey.socket", "ghostkey.service")


if __name__ == "__main__":
    sys.exit(tap.run(units_are_sound, credentials, faults, restart))
