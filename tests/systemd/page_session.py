"""The inside of test_page.sh: what ghostkeyd(8) tells an ordinary user to do with the units, to the
letter, in a manager of their own."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

import http1
import tap

PAGE = pathlib.Path(__file__).with_name("ghostkeyd.8.scd").read_text("utf-8")
HOME = pathlib.Path(os.environ["HOME"])
RUNTIME = pathlib.Path(os.environ["XDG_RUNTIME_DIR"])
UNIX = str(RUNTIME / "ghostkey/ghostkey.sock")
UNITS = HOME / ".config/systemd/user"
EXPOSURE_MAX = 4.5
ENDS_S = 20


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode} {done.stdout} {done.stderr}")
    return done.stdout.strip()


def block(text):
    """The page's one example with that text in it."""
    found = [each for each in re.findall(r"^```\n(.*?)^```$", PAGE, re.M | re.S) if text in each]
    assert len(found) == 1, found
    return found[0].replace("\\\\", "\\")


def ask(method, target, body=None):
    with http1.Connection(UNIX) as connection:
        answer = connection.request(method, target, body)
    return answer.status, json.loads(answer.body)


def exposure():
    said = run("systemd-analyze", "--user", "security", "--no-pager", "ghostkey.service")
    return float(re.search(r"Overall exposure level for ghostkey\.service: ([0-9.]+)", said)[1])


def pid():
    return run("systemctl", "--user", "show", "-P", "MainPID", "ghostkey.service")


def locked_kib():
    text = pathlib.Path(f"/proc/{pid()}/status").read_text("ascii")
    return int(re.search(r"^VmLck:\s*([0-9]+) kB$", text, re.M)[1])


def edit(text):
    """As `systemctl --user edit ghostkey.service` saves it."""
    place = UNITS / "ghostkey.service.d/override.conf"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, "utf-8")
    run("systemctl", "--user", "daemon-reload")


def no_swap(check):
    run("systemctl", "--user", "start", "ghostkey.socket")
    check.equal(ask("GET", "/v1/status")[1]["state"], "fdstore", "the unit as it is serves")
    limit = run("systemctl", "--user", "show", "-P", "LimitMEMLOCK", "ghostkey.service")
    check.ok(locked_kib() > 0, f"and locks memory, where the limit is {limit} ({locked_kib()} KiB)")


def installed_at_home(check):
    """As the README says, and as the drop-ins of the page have it."""
    (HOME / ".local/bin").mkdir(parents=True)
    shutil.copy(shutil.which("ghostkeyd"), HOME / ".local/bin/ghostkeyd")
    (HOME / ".config").mkdir(exist_ok=True)
    run("sh", "-ec", block("/dev/urandom"))
    key = HOME / ".config/ghostkey.key"
    check.equal((key.stat().st_size, oct(key.stat().st_mode)[-3:]), (32, "600"), "the key is made")


def a_store(check):
    keeps(check, block("ghostkeyd --store %S/ghostkey/state"), "state")


def a_store_with_a_key(check):
    keeps(check, block("LoadCredential=ghostkey.key"), "db")
    (store,) = HOME.glob(".*/**/ghostkey/db")
    check.ok(b"kept" not in store.read_bytes(), "the value is encrypted")


def keeps(check, drop_in, name):
    edit(drop_in)
    said = subprocess.run(["systemd-analyze", "--user", "--man=no", "verify", "ghostkey.service"],
                          capture_output=True, text=True, check=False)
    check.equal((said.returncode, said.stdout + said.stderr), (0, ""), "the drop-in verifies silently")
    run("systemctl", "--user", "stop", "ghostkey.service")
    check.equal(ask("PUT", "/v1/secrets/a", '{"value":"kept"}')[0], 200,
                "with the page's drop-in a write is taken")
    check.equal(ask("GET", "/v1/status")[1]["state"], "file", "into a file")
    check.equal(os.readlink(f"/proc/{pid()}/exe") if os.access(f"/proc/{pid()}/exe", os.R_OK) else
                run("systemctl", "--user", "show", "-P", "ExecStart", "--value", "ghostkey.service")
                .split("path=")[1].split(" ")[0], str(HOME / ".local/bin/ghostkeyd"),
                "by the daemon that it names")
    run("systemctl", "--user", "stop", "ghostkey.service")
    check.equal(ask("GET", "/v1/secrets/a")[1]["value"], "kept", "which a stop does not forget")
    (store,) = HOME.glob(f".*/**/ghostkey/{name}")
    check.equal(oct(store.stat().st_mode)[-3:], "600", "the file is 0600")
    level = exposure()
    check.ok(level <= EXPOSURE_MAX, f"and the unit is no more exposed ({level})")
    (UNITS / "ghostkey.service.d/override.conf").unlink()
    run("systemctl", "--user", "daemon-reload")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def over_tcp(check):
    """The page's commands, on another port than the unit's, which may be in use."""
    port = free_port()
    place = UNITS / "ghostkey-tcp.socket.d/port.conf"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{port}\n", "utf-8")
    run("systemctl", "--user", "daemon-reload")
    run("sh", "-ec", block("enable --now ghostkey-tcp.socket"))
    first, second = block("Authorization: Bearer").rstrip().split("\n", 1)
    for _ in range(2):  # the first call makes the token, which the second needs
        said = subprocess.run(["bash", "-c", first.replace("PORT", str(port))], capture_output=True,
                              text=True, check=False)
    check.ok(said.returncode == 0 and "ok" in said.stdout, "ghostctl --url, as the page has it", said)
    if shutil.which("curl") is None:
        check.skip("curl, as the page has it", "there is none here")
    else:
        said = run("bash", "-ec", second.replace("PORT", str(port)) + " --silent")
        check.equal(json.loads(said)["status"], "ok", "curl, as the page has it")
    run("systemctl", "--user", "disable", "--now", "ghostkey-tcp.socket")


def leave(check):
    run("systemctl", "--user", "stop", "ghostkey.socket", "ghostkey.service")
    end = time.monotonic() + ENDS_S
    while pid() != "0" and time.monotonic() < end:
        time.sleep(0.05)
    check.equal(pid(), "0", "it ends")


if __name__ == "__main__":
    sys.exit(tap.run(no_swap, installed_at_home, a_store, a_store_with_a_key, over_tcp, leave))
