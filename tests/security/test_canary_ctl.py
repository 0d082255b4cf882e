#!/usr/bin/env python3
"""ghostctl leaves no value where it must not be: each command, good and failing, shows it on no stream and in
no file or log but where it is meant to."""

import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import canary
import tap
from seckit import start_tcp

SHOWS = {"get", "--print", "--stdout", "run"}
DEADLINE_S = 20


def files(folder):
    """What commands read."""
    value = canary.value
    made = {
        "whole": value("file"), "bad.env": f"GOOD={value('badenv1')}\nBAD\"{value('badenv2')}\n"
        f"ALSO='{value('badenv3')}\n", "good.env": f"IMPORTED={value('dotenv')}\n",
        "good.json": json.dumps({"imported/json": value("json")}),
        "bad.json": '{"imported/bad":"' + value("badjson") + '",',
        "foreign.env": f"NOT_OURS={value('foreign')}\n", "large": value("toolarge", 3000),
    }
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "binary").write_bytes(value("binary").encode() + b"\xff\0")


def good():
    """(arguments, standard input)"""
    value = canary.value
    yield ["put", "stdin"], value("stdin")
    yield ["put", "dash", "-", "--ttl", "1h"], value("dash")
    yield ["put", "file", "@whole"], ""
    yield ["put", "binary", "@binary"], ""
    yield ["put", "argument", value("argument"), "--label", "a=b"], ""
    yield ["--json", "put", "stdin"], value("stdinjson")
    yield ["put", "made", "--generate", "--strategy", "hex"], ""
    yield ["get", "stdin"], ""
    yield ["get", "-n", "stdin"], ""
    yield ["get", "--version", "1", "stdin"], ""
    yield ["--json", "get", "stdin"], ""
    yield ["rotate", "argument"], ""
    yield ["rotate", "--print", "file"], ""
    yield ["--json", "list"], ""
    yield ["list"], ""
    yield ["describe", "stdin"], ""
    yield ["--json", "describe", "stdin"], ""
    yield ["import", "good.env"], ""
    yield ["import", "good.json"], ""
    yield ["export"], ""
    yield ["export", "--check"], ""
    yield ["export", "--stdout"], ""
    yield ["rotate", "dash", "--export"], ""
    yield ["run", "--", "/usr/bin/env"], ""
    yield ["events"], ""
    yield ["clock"], ""
    yield ["clock", "advance", "2h"], ""
    yield ["status"], ""
    yield ["--json", "status"], ""
    yield ["delete", "binary"], ""
    yield ["cleanup"], ""


def failing():
    value = canary.value
    yield ["put", "large", "@large"], ""
    yield ["put", "large"], value("toolarge2", 3000)
    yield ["put", "stdin", "--create"], value("create")
    yield ["put", "stdin", "--if-match", "99"], value("ifmatch")
    yield ["put", "stdin", "--ttl", "soon"], value("badttl")
    yield ["put", "stdin", "--ttl", "0"], value("zerottl")
    yield ["put", "bad//name"], value("badname")
    yield ["put", "stdin", value("surplus1"), value("surplus2")], ""
    yield ["put", "stdin", "--bogus"], value("badoption")
    yield ["put", "stdin", "--strategy", "nope"], value("badstrat")
    yield ["put", "stdin", "--template", "{nope}"], value("badtempl")
    yield ["import", "bad.env"], ""
    yield ["import", "bad.json"], ""
    yield ["export", "-o", "foreign.env"], ""
    yield ["run", "--", "/nonexistent"], ""
    yield ["get", "nothing"], ""
    yield ["rotate", "nothing"], ""


def run(ways, folder, arguments, stdin):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("GHOSTKEY_") and name != "XDG_RUNTIME_DIR"}
    return subprocess.run([os.environ["GHOSTCTL"], *arguments], env=kept | ways, cwd=folder,
                          input=stdin.encode(), capture_output=True, timeout=DEADLINE_S, check=False)


def shows(arguments):
    return any(word in SHOWS for word in arguments)


def look(check, what, arguments, said):
    place = " ".join(word if not canary.names_in(word.encode()) else "VALUE" for word in arguments)
    if shows(arguments):
        return check.ok(not canary.names_in(said.stderr), f"{what}: {place}: nothing on stderr",
                        said.stderr)
    return check.ok(not canary.names_in(said.stdout) and not canary.names_in(said.stderr),
                    f"{what}: {place}", said.stdout, said.stderr)


def every_command(check):
    with start_tcp() as daemon:
        folder = pathlib.Path(daemon.directory) / "work"
        folder.mkdir()
        files(folder)
        ways = {"unix": {"GHOSTKEY_SOCKET": daemon.socket},
                "tcp": {"GHOSTKEY_URL": f"http://localhost:{daemon.port}",
                        "GHOSTKEY_TOKEN_FILE": f"{daemon.directory}/token"}}
        for what, way in ways.items():
            statuses = []
            for arguments, stdin in good():
                said = run(way, folder, arguments, stdin)
                look(check, what, arguments, said)
                statuses.append((arguments[:2], said.returncode, said.stderr[:200]))
            failed = [one for one in statuses if one[1] not in (0, 3)]
            check.equal(failed, [], f"{what}: all of them are done")
            for arguments, stdin in failing():
                said = run(way, folder, arguments, stdin)
                look(check, f"{what}, failing", arguments, said)
                check.ok(said.returncode not in (0, 3), "and it does fail", said)
        shown = run(ways["unix"], folder, ["get", "stdin"], "").stdout
        check.ok(canary.names_in(shown), "get shows what there is: this test can see", shown)
        for name in ("stdout", "stderr"):
            data = pathlib.Path(daemon.directory, name).read_bytes()
            check.equal(canary.names_in(data), {}, f"nothing in the daemon's {name}")
        check.equal(sorted(path.name for path in folder.iterdir()), sorted(
            ["whole", "bad.env", "good.env", "good.json", "bad.json", "foreign.env", "large",
             "binary", ".env.ghost"]), "no file is left but the env file")


def nobody_there(check):
    """A value that is typed while the daemon cannot be reached is shown nowhere."""
    folder = pathlib.Path(os.getcwd())
    for arguments, stdin in [(["put", "a"], canary.value("nodaemon")),
                             (["put", "a", canary.value("nodaemon2")], "")]:
        said = run({"GHOSTKEY_SOCKET": "/nonexistent/s"}, folder, arguments, stdin)
        check.equal(said.returncode, 5, "without a daemon it fails")
        look(check, "no daemon", arguments, said)


if __name__ == "__main__":
    sys.exit(tap.run(every_command, nobody_there))
