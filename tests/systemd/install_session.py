"""The inside of test_install.sh: the README's own lines, from a fresh clone to a daemon that serves,
and what they left in the account."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import tap

HOME = pathlib.Path(os.environ["HOME"])
CLONE = HOME / "ghostkey"
README = (CLONE / "README.md").read_text("utf-8")
PAGES = ("ghostctl.1", "ghostkeyd.8", "ghostkey.contract.7", "ghostkey.testing.7", "ghostkey.vault.7",
         "ghostkey.aws.7", "ghostkey.containers.7")
UNITS = HOME / ".local/share/systemd/user"
RESTART = "systemctl --user restart ghostkey.service"


def block(text):
    """The README's one block of shell lines with that text in it."""
    found = [each for each in re.findall(r"^```sh\n(.*?)^```$", README, re.M | re.S) if text in each]
    assert len(found) == 1, found
    return found[0]


def shell(script):
    """Runs the lines one after another; the first that fails ends it."""
    return subprocess.run(["bash", "-ec", script], cwd=CLONE if CLONE.exists() else HOME,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def show(unit, what):
    return shell(f"systemctl --user show -P {what} {unit}").stdout.strip()


def quickstart(check):
    """Comes first, as in the README: what it leaves must not disturb what follows."""
    (line,) = [line for line in block("ci/quickstart").splitlines() if line.startswith("ci/quickstart")]
    said = shell(line)
    check.ok(said.returncode == 0 and "DB_PASS=" in said.stdout, "ci/quickstart ends well",
             said.stdout[-2000:])
    check.ok(not (HOME / ".local").exists(), "and installs nothing")


def install(check):
    said = shell(block("ci/install") + "command -v ghostctl ghostkeyd\n" +
                 (f"man -w {' '.join(page[:-2] for page in PAGES)}\n" if shutil.which("man") else ""))
    check.equal(said.returncode, 0, "the README's lines end well")
    check.ok("state" in said.stdout, "with the daemon's answer", said.stdout[-2000:])
    check.ok(RESTART not in said.stdout, "where nothing ran, nothing is to be restarted", said.stdout[-2000:])
    for program in ("ghostctl", "ghostkeyd"):
        check.ok(f"\n{HOME}/.local/bin/{program}\n" in said.stdout, f"{program} is found by its name",
                 said.stdout[-2000:])
    if shutil.which("man") is None:
        check.skip("man finds the pages", "there is no man here")
        return
    shown = shell("PATH=$HOME/.local/bin:$PATH; for columns in 70 80 90 100; do MANWIDTH=$columns man ghostctl; done").stdout
    hyphenated = re.findall(r"ghostctl\W+[a-z]+[-‐]$|--[a-z]+[-‐]$|\b(?:ex|ac|ter|vari)[-‐]$", shown, re.M)
    check.ok("ghostctl" in shown and hyphenated == [], "no word is hyphenated in them", hyphenated)
    for page in PAGES:
        check.ok(f"/man{page[-1]}/{page}" in said.stdout, f"man finds {page}", said.stdout[-2000:])


def units(check):
    for unit in ("ghostkey.socket", "ghostkey.service", "ghostkey-tcp.socket", "ghostkey-credential.socket"):
        check.equal(show(unit, "FragmentPath"), str(UNITS / unit), f"the manager finds {unit}")
    check.equal(show("ghostkey.socket", "UnitFileState"), "enabled", "the socket comes at each login")
    check.ok(f"path={HOME}/.local/bin/ghostkeyd " in show("ghostkey.service", "ExecStart"),
             "the service runs what was installed")


def without_the_clone(check):
    CLONE.rename(HOME / "put-away")
    said = shell("PATH=$HOME/.local/bin:$PATH; printf kept | ghostctl put a - && "
                 "systemctl --user restart ghostkey.service && ghostctl get a")
    check.equal((said.returncode, said.stdout.splitlines()[-1:]), (0, ["kept"]),
                "what was installed needs nothing of the clone")
    (HOME / "put-away").rename(CLONE)


def again(check):
    said = shell("ci/install")
    check.ok(said.returncode == 0 and RESTART in said.stdout,
             "installed again, it says how the new version comes to run", said.stdout[-2000:])


def remove(check):
    """With a file of somebody else beside what was installed."""
    other = HOME / ".local/bin/other"
    other.touch()
    runtime = pathlib.Path(os.environ["XDG_RUNTIME_DIR"], "ghostkey")
    (runtime / "token").write_text("as ghostkey-tcp.socket leaves it", "utf-8")
    (line,) = re.findall(r"`(ci/install --remove)`", README)
    said = shell(line)
    check.equal(said.returncode, 0, "what was installed is removed")
    left = [str(path.relative_to(HOME)) for path in (HOME / ".local").rglob("*") if not path.is_dir()]
    check.ok(left == [".local/bin/other"], "all of it, and nothing else", left, said.stdout[-2000:])
    check.equal([path.name for path in (HOME / ".local").iterdir()], ["bin"], "its folders, too")
    check.equal([show(unit, "ActiveState") for unit in ("ghostkey.socket", "ghostkey.service")], ["inactive"] * 2,
                "nothing of it runs")
    check.equal(list((HOME / ".config/systemd/user").rglob("*ghostkey*")), [], "nothing of it is enabled")
    check.ok(not runtime.exists(), "the socket's folder is gone, and the token in it")
    said = shell(line)
    check.ok(said.returncode == 0, "where nothing is installed, nothing is removed", said.stdout)


if __name__ == "__main__":
    sys.exit(tap.run(quickstart, install, units, without_the_clone, again, remove))
