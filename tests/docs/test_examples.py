#!/usr/bin/env python3
"""test_examples.py README.md GHOSTCTL GHOSTKEYD: the sessions of the README print what it says, on a terminal."""

import os
import pathlib
import pty
import re
import shlex
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402

README = pathlib.Path(sys.argv[1]).read_text("utf-8")
GHOSTCTL, GHOSTKEYD = (pathlib.Path(path).resolve() for path in sys.argv[2:4])
END = "--end of the command--"
TIMEOUT_S = 60
# What differs from run to run where the clock is the machine's and the seed is random.
CHANGING = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME"),
    (r"\b1[45]m(\d+s)?(?= )", "14m59s"),
    (r"\b[0-9A-Za-z]{32}\b", "VALUE"),
]


def section(title):
    return re.split(r"^## ", README.split(f"## {title}\n", 1)[1], flags=re.M)[0]


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def steps(text):
    """-> [(command, what the README says that it prints)]"""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def environment():
    return {"PATH": os.pathsep.join([str(GHOSTCTL.parent), str(GHOSTKEYD.parent), "/usr/bin:/bin"]),
            "LANG": "C.UTF-8", "TERM": "xterm", "NO_COLOR": "1"}


def on_a_terminal(script, directory):
    """Runs a bash script on a terminal -> all that it printed."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(directory)
        os.execvpe("bash", ["bash", "-c", "stty cols 100\n" + script], environment())
    shown = b""
    try:
        while True:
            shown += os.read(terminal, 65536)
    except OSError:  # the last process on the terminal has ended
        pass
    os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode("utf-8").replace("\r", "")


def play(commands, before, directory, under=""):
    """-> what each of the commands printed; under: a command that runs the shell"""
    script = "".join(f"{command}\necho '{END}'\n" for command in commands)
    script = f"trap 'kill $(jobs -p)' EXIT\n{before}\necho '{END}'\n{script}"
    shown = on_a_terminal(f"{under} bash -c {shlex.quote(script)}" if under else script, directory)
    return shown.split(f"{END}\n")[1:-1]


def alike(text, changing):
    for pattern, replacement in changing:
        text = re.sub(pattern, replacement, text)
    return text


def is_drill(step):
    return step[0].startswith("ghostctl drill ")


def the_table_of_a_drill(check):
    """It is the one of ghostkey.testing(7), whose sessions have a test of their own."""
    page = (pathlib.Path(sys.argv[1]).parent / "daemon/ghostkey.testing.7.scd").read_text("utf-8")
    (drill,) = filter(is_drill, steps(blocks(section("In tests"), "console")[-1]))
    command = drill[0].split(" -- ")[1]
    check.ok(f"-- {command}\n{drill[1]}" in page, "the README shows the drill that the page ends with", drill)


def follows(check, title, before, changing, under=""):
    session = [step for block in blocks(section(title), "console") for step in steps(block) if not is_drill(step)]
    with tempfile.TemporaryDirectory() as directory:
        printed = play([command for command, _ in session], before, directory, under)
    check.equal(len(printed), len(session), f"each command of \"{title}\" ran")
    for (command, told), said in zip(session, printed):
        check.equal(alike(said, changing), alike(told, changing), command)


def the_first_session(check):
    """The README has it with the daemon that systemd starts; here one is started by hand."""
    follows(check, "A first session", """
        export GHOSTKEY_SOCKET="$PWD/ghost.sock"
        ghostkeyd --socket "$GHOSTKEY_SOCKET" >log 2>&1 &
        ghostctl status --wait=60s >said""", CHANGING)


def the_session_of_a_test(check):
    """Here all bytes are those of the README: that is its point."""
    (start,) = blocks(section("In tests"), "sh")
    follows(check, "In tests", "", [], under=start.split("sh  ")[0])


signal.alarm(2 * TIMEOUT_S)
sys.exit(tap.run(the_first_session, the_session_of_a_test, the_table_of_a_drill))
