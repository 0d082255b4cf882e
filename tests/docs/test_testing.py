#!/usr/bin/env python3
"""test_testing.py GHOSTKEY.TESTING.7.scd GHOSTCTL GHOSTKEYD: the examples of the page run as they stand, and fail
without a broker; the walk from a red app to a green one goes as it says."""

import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402

PAGE = pathlib.Path(sys.argv[1]).read_text("utf-8")
GHOSTCTL, GHOSTKEYD = (pathlib.Path(path).resolve() for path in sys.argv[2:4])
FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures/drill"
LINES_MAX = 10
TIMEOUT_S = 200
AT_ONCE = 4  # pytest-xdist
TESTS = 20   # copies of the example for pytest
FENCE = "```\n"


def examples():
    """-> {file: its text} of what all share, {title: (file, command or None, text)}"""
    part = PAGE.split("# EXAMPLES\n", 1)[1].split("\n# ", 1)[0].replace("\\\\", "\\")
    first, *rest = re.split(r"^## ", part, flags=re.M)
    found = {}
    for each in rest:
        title, text = each.split("\n", 1)
        before, block, _ = text.split(FENCE)
        name = re.match(r"\s*_(\S+)_", before)[1]
        command = re.search(r"run by \*(.+?)\*[.:,]", before, re.S)
        found[title] = (name, command and command[1], block)
    return dict(zip(re.findall(r"_(test\.\w+)_", first), first.split(FENCE)[1::2])), found


SHARED, EXAMPLES = examples()


def tool(path):
    """The folder of a program that is not beside the others, such as pytest."""
    return os.path.dirname(path) if path else None


def environment(folder, programs):
    folders = [programs, str(GHOSTKEYD.parent), "/usr/bin", "/bin", tool(shutil.which("go")), tool(shutil.which("node"))]
    return {"PATH": os.pathsep.join(each for each in folders if each), "LANG": "C.UTF-8", "HOME": f"{folder}/home",
            "TMPDIR": f"{folder}/tmp", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOCACHE": f"{folder}/go-cache"}


class Folder:
    """A project with the files of all examples."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="gk-")
        self.project = pathlib.Path(self.top, "app")
        for name in ("tmp", "home", "app", "none"):
            pathlib.Path(self.top, name).mkdir()
        self.write_shared()
        (self.project / "go.mod").write_text("module app\n")
        for name, _, text in EXAMPLES.values():
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            (self.project / name).write_text(text)
        self.stub = pathlib.Path(self.top, "none")
        (self.stub / "ghostctl").write_text("#!/bin/sh\nexit 5\n")
        (self.stub / "ghostctl").chmod(0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def write_shared(self, password="not-a-real-password"):
        for name, text in SHARED.items():
            (self.project / name).write_text(text.replace("not-a-real-password", password))

    def run(self, command, programs=GHOSTCTL.parent):
        return subprocess.run(["sh", "-c", command], cwd=self.project, capture_output=True, text=True, check=False,
                              env=environment(self.top, str(programs)), timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)

    def left(self):
        return sorted(os.listdir(f"{self.top}/tmp"))


def commands_of(title):
    _, command, text = EXAMPLES[title]
    return [command] if command else re.findall(r"- run: (.+)", text)


def is_there(program):
    return shutil.which(program, path=environment("", "/usr/bin")["PATH"])


def each_runs(check):
    check.equal(list(SHARED), ["test.env", "test.json"], "the files that they share")
    check.equal(list(EXAMPLES), ["A shell script", "pytest", "Node's test runner", "Go", "make", "GitHub Actions"],
                "the examples of the page")
    with Folder() as folder:
        for title, (_, _, text) in EXAMPLES.items():
            check.ok(len(text.splitlines()) <= LINES_MAX, f"{title}: at most {LINES_MAX} lines")
            for command in commands_of(title):
                program = {"pytest": "pytest", "Go": "go", "Node's test runner": "node"}.get(title, "make")
                if not is_there(program):
                    check.skip(command, f"{program} is not installed")
                    continue
                done = folder.run(command)
                ran = {"pytest": "1 passed", "Go": "ok", "Node's test runner": "# pass 1"}.get(title, "")
                check.ok(done.returncode == 0 and ran in done.stdout, command, done.stdout, done.stderr)
                check.equal([each for each in folder.left() if each.startswith("ghostkey-")], [], "and nothing is left")
                done = folder.run(command, folder.stub)
                check.ok(done.returncode != 0, f"{command}: it fails without a broker", done.stdout, done.stderr)
                if title != "Node's test runner":  # which compares two values of its own
                    folder.write_shared("other")
                    done = folder.run(command)
                    check.ok(done.returncode != 0, f"{command}: it fails with another password", done.stdout, done.stderr)
                    folder.write_shared()


def pytest_runs_side_by_side(check):
    if not is_there("pytest") or subprocess.run(["/usr/bin/python3", "-c", "import xdist"], check=False,
                                                capture_output=True).returncode != 0:
        check.skip("pytest -n", "pytest-xdist is not installed")
        return
    with Folder() as folder:
        name, _, text = EXAMPLES["pytest"]
        for number in range(TESTS):
            (folder.project / f"test_{number}.py").write_text(text)
        (folder.project / name).unlink()
        done = folder.run(f"pytest -n {AT_ONCE}")
        check.ok(done.returncode == 0 and f"{TESTS} passed" in done.stdout, f"{TESTS} tests, {AT_ONCE} at once", done.stdout,
                 done.stderr)
        check.equal([each for each in folder.left() if each.startswith("ghostkey-")], [], "and nothing is left")


def walk():
    """-> {name: text of a file}, [(command, what it prints)]"""
    part = PAGE.split("# AN APP FROM RED TO GREEN\n", 1)[1].split("\n# ", 1)[0].replace("\\\\", "\\")
    files, sessions = {}, []
    for before, block in zip(part.split(FENCE)[0::2], part.split(FENCE)[1::2]):
        if block.startswith("$ "):
            pieces = re.split(r"^\$ ((?:.*\\\n)*.*)\n", block, flags=re.M)
            sessions += zip(pieces[1::2], pieces[2::2])
        else:
            files[re.findall(r"_(\S+\.\w+)_", before)[-1]] = block
    return files, sessions


def on_a_terminal(script, folder):
    """-> all that it prints on a terminal of 100 columns"""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder.project)
        os.execvpe("sh", ["sh", "-c", "stty cols 100; " + script],
                   environment(folder.top, str(GHOSTCTL.parent)) | {"TERM": "xterm", "NO_COLOR": "1"})
    shown = b""
    try:
        while True:
            shown += os.read(terminal, 65536)
    except OSError:  # the last process on the terminal has ended
        pass
    os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode("utf-8").replace("\r", "")


def alike(text):
    """Without what differs from run to run, and without the notes on standard error."""
    kept = [line for line in text.splitlines() if not re.match(r"ghostctl: ", line)]
    return re.sub(r"\[\d+\]", "[N]", re.sub(r"\d+\.\ds +", "TIME ", "\n".join(kept)))


def the_walk_goes_as_it_says(check):
    files, sessions = walk()
    check.equal(list(files), ["reads_once.py", "secrets.json", "reads_once_mended.py"], "the files of the walk")
    for name, text in files.items():
        check.equal(text, (FIXTURES / name).read_text("utf-8"), f"{name} is that of fixtures/drill")
    setting, *drills = sessions
    check.equal(len(drills), 2, "two drills, after a setting")
    with Folder() as folder:
        for name, text in files.items():
            (folder.project / name).write_text(text)
        for command, told in drills:
            said = alike(on_a_terminal(f"{setting[0]}\n{command} 2>/dev/null", folder))
            told = alike(told)
            is_same = said.startswith(told[:-len("[...]")]) if told.endswith("[...]") else said == told
            check.ok(is_same, " ".join(command.split()), said, "the page:", told)


sys.exit(tap.run(each_runs, pytest_runs_side_by_side, the_walk_goes_as_it_says))
